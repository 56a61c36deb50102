"""Chunk framing: strict, the same however the bytes arrive, and the same as the capture side reads it."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from archiver.storage.http_message import Unchunker, visible_head_end
from archiver.wire.framing import FramingError, deframed, read_chunks
from tests.effort import examples

CHUNKS = st.lists(st.binary(min_size=1, max_size=40), max_size=6)
EXTENSIONS = st.sampled_from([b"", b";a", b'; name="v;x"', b";a=b;c", b" ", b"\t "])
TRAILERS = st.lists(st.sampled_from([b"X-A: b", b"Y:", b"Digest: sha-256=abc"]), max_size=3)


def unchunk(body: bytes, *cuts: int) -> bytes:
    """The content of a chunked body that arrives in pieces cut at these offsets."""
    unchunker, start, out = Unchunker(), 0, []
    for end in [*sorted(cuts), len(body)]:
        out.append(unchunker.add(body[start:end]))
        start = max(start, end)
    unchunker.finish()
    return b"".join(out)


def chunked(chunks: list[bytes], extensions: list[bytes], trailers: list[bytes]) -> bytes:
    lines = []
    for number, chunk in enumerate(chunks):
        extension = extensions[number % len(extensions)] if extensions else b""
        size = (b"%x" if number % 2 else b"%04X") % len(chunk)
        lines.append(size + extension + b"\r\n" + chunk + b"\r\n")
    return b"".join([*lines, b"0\r\n", *(trailer + b"\r\n" for trailer in trailers), b"\r\n"])


@given(CHUNKS, st.lists(EXTENSIONS, max_size=3), TRAILERS, st.lists(st.integers(0, 400), max_size=8))
def test_the_content_comes_out_however_the_bytes_arrive(
    chunks: list[bytes], extensions: list[bytes], trailers: list[bytes], cuts: list[int]
) -> None:
    body = chunked(chunks, extensions, trailers)
    assert unchunk(body, *cuts) == b"".join(chunks)
    assert unchunk(body, *range(len(body))) == b"".join(chunks)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"0",
        b"0\r\n",
        b"0\r\nX: y\r\n",
        b"5\r\nhel",
        b"5\r\nhello",
        b"5\r\nhello\r\n",
        b"5\r\nhello\r\n0\r\n",
        b"5\r\nhello!\r\n0\r\n\r\n",
        b"5\r\nhello\n0\r\n\r\n",
        b"5\nhello\r\n0\r\n\r\n",
        b"4\r\nhello\r\n0\r\n\r\n",
        b"6\r\nhello\r\n0\r\n\r\n",
        b"-5\r\nhello\r\n0\r\n\r\n",
        b"+5\r\nhello\r\n0\r\n\r\n",
        b"0x5\r\nhello\r\n0\r\n\r\n",
        b" 5\r\nhello\r\n0\r\n\r\n",
        b"5 5\r\nhello\r\n0\r\n\r\n",
        b"5 ;x\r\nhello\r\n0\r\n\r\n",
        b"g\r\nhello\r\n0\r\n\r\n",
        b"\r\nhello\r\n0\r\n\r\n",
        b"5;a\nb\r\nhello\r\n0\r\n\r\n",
        b"0\r\n\r\nmore",
        b"0\r\n\r\n0\r\n\r\n",
        b"f" * 21 + b"\r\nhello",
        b"5;" + b"x" * 200_000 + b"\r\nhello\r\n0\r\n\r\n",
        b"1" * 200_000,
        b"0\r\n" + b"X: y\r\n" * 300_000,
    ],
)
def test_anything_but_the_grammar_is_refused(body: bytes) -> None:
    for cuts in ([], [1], [len(body) // 2], list(range(min(len(body), 60)))):
        with pytest.raises(FramingError):
            unchunk(body, *cuts)


@given(
    st.lists(st.sampled_from([b"0", b"3", b"a", b"\r\n", b"\n", b"\r", b";x", b" ", b"abc", b"\r\n\r\n"]), max_size=12),
    st.lists(st.integers(0, 30), max_size=4),
)
@settings(max_examples=examples(800), deadline=None)
@example([b"3", b"\r\n", b"abc", b"\r\n", b"0", b"\r\n", b"abc", b"\n", b"\n"], [])
@example([b"0", b"\r\n", b"\r\n", b"abc"], [])
def test_both_readers_of_chunks_agree_on_any_bytes(pieces: list[bytes], cuts: list[int]) -> None:
    body = b"".join(pieces)
    try:
        found = read_chunks(body, 0)
        expected = deframed(body, found) if found.complete and found.end == len(body) else None
    except FramingError:
        expected = None
    try:
        assert unchunk(body, *cuts) == expected
    except FramingError:
        assert expected is None


@pytest.mark.parametrize(
    ("message", "end"),
    [
        (b"HTTP/1.1 200 OK\r\n\r\nbody", 19),
        (b"GET / HTTP/1.1\r\nA: b\r\n\r\n\r\n\r\n", 24),
        (b"", None),
        (b"HTTP/1.1 200 OK\r\n", None),
        (b"HTTP/1.1 200 OK\n\nbody\r\n\r\n", None),
        (b"HTTP/1.1 200 OK\r\nA: b\n\r\nbody\r\n\r\n", None),
    ],
)
def test_the_end_of_a_head_is_where_every_checker_sees_it(message: bytes, end: int | None) -> None:
    assert visible_head_end(message) == end
