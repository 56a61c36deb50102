"""Members: what is put in comes out, any gzip reads it, and nothing that is not whole is taken."""

from __future__ import annotations

import gzip
import io
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.storage.gzip_member import HEADER, BadMember, Deflater, Inflater, Source, member


def inflate(content: bytes, most: int = 1 << 20) -> list[bytes]:
    """All members of a stream, read in pieces of ``most`` bytes."""
    source = Source(io.BytesIO(content))
    found: list[bytes] = []
    while True:
        try:
            inflater = Inflater(source)
        except EOFError:
            return found
        pieces = []
        while piece := inflater.read(most):
            assert len(piece) <= most
            pieces.append(piece)
        found.append(b"".join(pieces))


@given(st.lists(st.binary(max_size=400), max_size=5), st.integers(1, 500))
def test_members_come_back_one_by_one(contents: list[bytes], most: int) -> None:
    stored = b"".join(map(member, contents))
    assert inflate(stored, most) == contents
    assert gzip.decompress(stored) == b"".join(contents)


@pytest.mark.parametrize("most", [1 << 20, 65_536, 4_097])
def test_long_members_come_back_whatever_the_pieces(most: int) -> None:
    dice = random.Random(1)
    contents = [bytes(5_000_000), dice.randbytes(700_000), b"abc" * 400_000, b"", dice.randbytes(32_768) * 20]
    assert inflate(b"".join(map(member, contents)), most) == contents


def test_a_member_may_be_written_in_pieces() -> None:
    deflater = Deflater()
    pieces = [*(deflater.compress(bytes([number]) * 9000) for number in range(99)), deflater.flush()]
    assert inflate(b"".join(pieces)) == [b"".join(bytes([number]) * 9000 for number in range(99))]


def test_every_member_starts_with_the_same_bytes_and_knows_no_time() -> None:
    assert {member(content)[:10] for content in (b"", b"a", bytes(9999))} == {HEADER}
    assert member(b"a") == member(b"a")


@pytest.mark.parametrize(
    "other",
    [
        gzip.compress(b"x", mtime=1),
        gzip.compress(b"x", mtime=0),
        b"\x1f\x8b\x08\x08" + bytes(5) + b"\xffname\x00" + member(b"x")[10:],
        b"\x1f\x8b\x08\x04" + bytes(5) + b"\xff\x00\x00" + member(b"x")[10:],
        b"WARC/1.1\r\n\r\n",
        b"\x00",
        bytes(100),
    ],
)
def test_a_member_in_another_form_is_not_taken(other: bytes) -> None:
    with pytest.raises(BadMember):
        inflate(other)
    with pytest.raises(BadMember):
        inflate(member(b"a") + other)


def test_a_member_cut_off_anywhere_is_not_taken() -> None:
    whole = member(b"some words, some words" * 40)
    for length in range(1, len(whole)):
        with pytest.raises(BadMember, match="cut off"):
            inflate(whole[:length])
