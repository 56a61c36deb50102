"""Content codings are removed to the last byte, within limits, or not at all."""

from __future__ import annotations

import contextlib
import gzip
import random
import zlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.capture.codings import Undecodable, decoded, decoded_body
from archiver.capture.masking import decoded as decoded_for_masking
from tests.effort import bounded

TEXT = b'{"text": "Good morning, Springfield"}'
LONG = random.Random(2).randbytes(200_000) + b"road closed " * 60_000


def raw_deflate(plain: bytes) -> bytes:
    deflater = zlib.compressobj(6, zlib.DEFLATED, -15)
    return deflater.compress(plain) + deflater.flush()


def stored(plain: bytes) -> bytes:
    return gzip.compress(plain, 0, mtime=0)


CODINGS: dict[str, tuple[str, Callable[[bytes], bytes]]] = {
    "gzip": ("gzip", gzip.compress),
    "stored gzip": ("gzip", stored),
    "x-gzip in odd case": ("X-GZip", gzip.compress),
    "deflate": ("deflate", zlib.compress),
    "raw deflate": ("deflate", raw_deflate),
    "identity": ("identity", bytes),
    "two upon each other": ("deflate, gzip", lambda plain: gzip.compress(zlib.compress(plain), mtime=0)),
}


def of(coding: str, body: bytes, largest: int = 1 << 21) -> bytes:
    return decoded((("Content-Type", "text/plain"), ("content-ENCODING", coding)), body, largest)


@pytest.mark.parametrize("name", CODINGS)
@pytest.mark.parametrize("plain", [b"", TEXT, LONG], ids=["empty", "short", "long"])
def test_a_body_comes_out_as_it_went_in(name: str, plain: bytes) -> None:
    coding, encode = CODINGS[name]
    assert of(coding, encode(plain)) == plain


@given(st.lists(st.binary(max_size=300), min_size=1, max_size=6), st.sampled_from([gzip.compress, stored]))
def test_the_members_of_a_gzip_body_are_joined(parts: list[bytes], encode: Callable[[bytes], bytes]) -> None:
    assert of("gzip", b"".join(map(encode, parts))) == b"".join(parts)


def test_members_that_end_anywhere_are_joined() -> None:
    sizes = [65_510 + number for number in range(60)]
    body = b"".join(stored(LONG[:size]) for size in sizes)
    assert of("gzip", body, sum(sizes)) == b"".join(LONG[:size] for size in sizes)


@pytest.mark.parametrize("name", [name for name in CODINGS if name != "identity"])
@pytest.mark.parametrize("junk", [b"\x00", b"rubbish", b"\x1f\x8b", gzip.compress(TEXT, mtime=0)[:-1], bytes(70_000)])
def test_what_follows_the_end_is_not_passed_over(name: str, junk: bytes) -> None:
    coding, encode = CODINGS[name]
    with pytest.raises(Undecodable):
        of(coding, encode(TEXT) + junk)
    assert decoded_body((("Content-Encoding", coding),), encode(TEXT) + junk) == encode(TEXT) + junk


def test_one_deflate_stream_after_another_is_refused_since_it_has_no_members() -> None:
    with pytest.raises(Undecodable):
        of("deflate", zlib.compress(TEXT) + zlib.compress(TEXT))


@pytest.mark.parametrize("name", [name for name in CODINGS if name != "identity"])
def test_a_body_cut_off_anywhere_is_refused(name: str) -> None:
    coding, encode = CODINGS[name]
    whole = encode(TEXT)
    for length in range(1, len(whole)):
        with pytest.raises(Undecodable):
            of(coding, whole[:length])


@pytest.mark.parametrize("members", [1, 2, 7])
def test_exactly_the_limit_is_read_and_one_byte_more_is_not(members: int) -> None:
    body = b"".join(gzip.compress(b"x" * 10_000, mtime=0) for _ in range(members))
    assert len(of("gzip", body, 10_000 * members)) == 10_000 * members
    with pytest.raises(Undecodable, match="limit"):
        of("gzip", body, 10_000 * members - 1)


def test_the_limit_holds_for_every_coding_and_layer() -> None:
    for name in ("gzip", "deflate", "raw deflate", "two upon each other"):
        coding, encode = CODINGS[name]
        with pytest.raises(Undecodable):
            of(coding, encode(bytes(5_000_000)), 100_000)


def test_layers_upon_layers_are_refused() -> None:
    body = TEXT
    for _ in range(4):
        body = gzip.compress(body, mtime=0)
    with pytest.raises(Undecodable, match="codings"):
        of("gzip, gzip, gzip, gzip", body)
    with pytest.raises(Undecodable, match="codings"):
        decoded((("Content-Encoding", "gzip"), ("Content-Encoding", ",".join(["gzip"] * 10_000))), body)


@pytest.mark.parametrize("coding", ["br", "zstd", "compress", "gzip;q=1", "gz ip", "\xff"])
def test_a_coding_that_nobody_asked_for_is_refused(coding: str) -> None:
    with pytest.raises(Undecodable, match="nobody asked"):
        of(coding, TEXT)


def test_an_empty_body_is_empty_in_every_coding() -> None:
    assert of("gzip", b"") == of("br", b"") == of("deflate, gzip", b"") == b""


def test_a_body_of_countless_empty_members_costs_little() -> None:
    empty = zlib.compressobj(9, zlib.DEFLATED, 31).flush()
    body = empty * (32 * 2**20 // len(empty))
    with bounded():
        with pytest.raises(Undecodable, match="members"):
            of("gzip", body)
        assert decoded_for_masking(body, "gzip") is None
    assert of("gzip", empty * 10_000) == b""


@given(st.binary(max_size=200), st.sampled_from(["gzip", "deflate", "x-gzip"]))
def test_whatever_is_sent_nothing_but_a_named_error_comes_out(body: bytes, coding: str) -> None:
    with contextlib.suppress(Undecodable):
        of(coding, body)
