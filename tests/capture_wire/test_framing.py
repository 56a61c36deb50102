"""Framing of hostile bytes: only the named error, and a map that always leads back to the wire."""

from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from archiver.wire import framing
from archiver.wire.framing import FramingError, deframed, final_head, read_body, read_chunks, read_head, wire_ranges
from tests.effort import examples

CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

http_like = st.lists(
    st.one_of(
        st.sampled_from(
            [
                *(
                    b"HTTP/1.1 200 OK\r\n",
                    b"HTTP/1.1 103 E\r\n",
                    b"HTTP/1.1 204 \r\n",
                    b"HTTP/9.9 999\r\n",
                    b"HTTP/1.1",
                ),
                *(
                    b"Transfer-Encoding: chunked\r\n",
                    b"Content-Length: 5\r\n",
                    b"content-length:\t7 \r\n",
                    b"A:\r\n b\r\n",
                ),
                *(
                    b"\r\n",
                    b"\n",
                    b"\r",
                    b"5\r\nhello\r\n",
                    b"0\r\n",
                    b'a;x="\r\n',
                    b"FFFFFFFFFFFFFFFF\r\n",
                    b":",
                    b" ",
                ),
            ]
        ),
        st.binary(max_size=6),
    ),
    max_size=14,
).map(b"".join)


@settings(max_examples=examples(600), deadline=None)
@given(http_like, st.sampled_from(["GET", "HEAD"]), st.booleans())
@example(b"HTTP/1.1 200 OK\r\n\r\n", "GET", True)
@example(CHUNKED + b"5\r\nhello\r\n0\r\n\r\n", "GET", False)
def test_any_bytes_end_in_a_message_or_the_named_error(received: bytes, method: str, closed: bool) -> None:
    try:
        head = final_head(received)
        if head is None:
            return
        body = read_body(received, head, method, closed)
    except FramingError:
        return
    assert 0 <= head.start < head.end <= body.start <= body.end <= len(received)
    plain = deframed(received, body)
    assert len(plain) == body.size
    assert b"".join(received[at:stop] for at, stop in wire_ranges(body, 0, body.size)) == plain


@st.composite
def chunkings(draw: st.DrawFn) -> tuple[bytes, bytes]:
    """A body, and the body on the wire with extensions and trailers."""
    pieces = draw(st.lists(st.binary(min_size=1, max_size=30), max_size=8))
    extension = st.sampled_from([b"", b";a", b';a=1;b="x y"', b" ", b";e\t"])
    wire = b""
    for piece in pieces:
        size = draw(st.sampled_from([b"%x", b"%X", b"000%x"])) % len(piece)
        wire += size + draw(extension) + b"\r\n" + piece + b"\r\n"
    trailers = draw(st.sampled_from([b"", b"X-A: b\r\n", b"X-A: b\r\nY:c\r\n"]))
    return b"".join(pieces), wire + b"0" + draw(extension) + b"\r\n" + trailers + b"\r\n"


@settings(max_examples=examples(300), deadline=None)
@given(chunkings(), st.binary(max_size=10), st.data())
def test_chunks_are_removed_and_every_range_leads_back(
    chunking: tuple[bytes, bytes], surplus: bytes, data: st.DataObject
) -> None:
    plain, wire = chunking
    body = read_chunks(wire + surplus, 0)
    assert body.complete
    assert body.end == len(wire)
    assert deframed(wire, body) == plain
    start = data.draw(st.integers(0, len(plain)))
    end = data.draw(st.integers(start, len(plain)))
    assert b"".join(wire[at:stop] for at, stop in wire_ranges(body, start, end)) == plain[start:end]


@settings(max_examples=examples(300), deadline=None)
@given(chunkings(), st.data())
def test_chunks_cut_anywhere_are_incomplete_and_give_a_beginning(
    chunking: tuple[bytes, bytes], data: st.DataObject
) -> None:
    plain, wire = chunking
    body = read_chunks(wire[: data.draw(st.integers(0, len(wire) - 1))], 0)
    assert not body.complete
    assert plain.startswith(deframed(wire, body))


@pytest.mark.parametrize(
    "wire",
    [
        *(b"5\nhello\r\n0\r\n\r\n", b"0x5\r\nhello\r\n0\r\n\r\n", b"+5\r\nhello\r\n0\r\n\r\n", b"5\r\nhello0\r\n\r\n"),
        *(b"5\r\nhelloworld\r\n0\r\n\r\n", b"\r\n0\r\n\r\n", b" 5\r\nhello\r\n0\r\n\r\n", b"5\r\nhello\n0\r\n\r\n"),
        *(b"5 ;x\r\nhello\r\n0\r\n\r\n", b"123456789012345678901\r\n", b"five\r\n", b";\r\n"),
    ],
)
def test_loose_chunks_are_refused(wire: bytes) -> None:
    with pytest.raises(FramingError):
        read_chunks(wire, 0)


def test_a_chunk_line_without_end_is_refused() -> None:
    with pytest.raises(FramingError):
        read_chunks(b"5;" + b"x" * 200_000, 0)


def test_too_many_chunks_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(framing, "MOST_CHUNKS", 10)
    assert read_chunks(b"1\r\nx\r\n" * 10 + b"0\r\n\r\n", 0).size == 10
    with pytest.raises(FramingError, match="too many"):
        read_chunks(b"1\r\nx\r\n" * 11 + b"0\r\n\r\n", 0)


def test_an_answer_announcing_more_than_any_memory_is_only_incomplete() -> None:
    body = read_chunks(b"ffffffffffffffff\r\nabc", 0)
    assert (body.complete, body.size) == (False, 3)


@pytest.mark.parametrize(
    ("head", "method", "kind"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", "GET", "length"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n", "HEAD", "none"),
        (b"HTTP/1.1 204 No\r\nContent-Length: 3\r\n\r\n", "GET", "none"),
        (b"HTTP/1.1 304 Not\r\nTransfer-Encoding: chunked\r\n\r\n", "GET", "none"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\ntransfer-encoding: CHUNKED\r\n\r\n", "GET", "chunked"),
        (b"HTTP/1.0 200 OK\r\n\r\n", "GET", "close"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 3, 3\r\n\r\n", "GET", "length"),
    ],
)
def test_the_body_is_delimited_as_the_rfc_says(head: bytes, method: str, kind: str) -> None:
    read = read_head(head)
    assert read is not None
    assert framing.body_kind(method, read)[0] == kind


@pytest.mark.parametrize(
    "lines",
    [
        b"Content-Length: 3\r\nContent-Length: 4\r\n",
        b"Content-Length: -3\r\n",
        b"Content-Length: 3.0\r\n",
        b"Content-Length:\r\n",
        b"Content-Length: \xb2\r\n",
        b"Transfer-Encoding: gzip\r\n",
        b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n",
    ],
)
def test_contradictory_framing_is_refused(lines: bytes) -> None:
    head = read_head(b"HTTP/1.1 200 OK\r\n" + lines + b"\r\n")
    assert head is not None
    with pytest.raises(FramingError):
        framing.body_kind("GET", head)


def test_a_head_is_read_leniently() -> None:
    head = read_head(
        b"HTTP/1.1 200\r\nNo-Colon\r\n: no name\r\nSp ace : v \r\nX: a\r\n\t b\r\n  c\r\nL: \xff\r\n\r\nrest"
    )
    assert head is not None
    assert head.headers == (("No-Colon", ""), ("", "no name"), ("Sp ace", "v"), ("X", "a b c"), ("L", "\xff"))


@pytest.mark.parametrize(
    "received", [b"", b"H", b"HTTP/1.1 200 OK", b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 200 OK\r\nA: b\r\n"]
)
def test_half_a_head_is_none_yet(received: bytes) -> None:
    assert read_head(received) is None


@pytest.mark.parametrize(
    "received", [b"HTTQ", b"\r\nHTTP/1.1 200 OK\r\n\r\n", b"ICY 200 OK\r\n\r\n", b"HTTP/1.1 2OO OK\r\n\r\n"]
)
def test_what_does_not_begin_like_an_answer_is_refused(received: bytes) -> None:
    with pytest.raises(FramingError):
        read_head(received)
