"""HTTP/1.1 message framing as pure functions over received bytes (RFC 9112).

The head is read leniently, because an odd head is still evidence. Chunks are read strictly, because two readers that
disagree about where a body ends read two different bodies. De-framing keeps a map from body offsets back to the wire,
so that what is found in a body can be overwritten where it stood.
"""

from __future__ import annotations

import re
from array import array
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from mmap import mmap
from typing import Literal

#: What framing reads: bytes in memory, or a file mapped into it.
Buffer = bytes | mmap
Header = tuple[str, str]
BodyKind = Literal["none", "length", "chunked", "close"]

#: More chunks than this in one body is an attack on our memory, not an answer.
MOST_CHUNKS = 4_000_000
_LONGEST_CHUNK_LINE = 100 * 1024

_STATUS_LINE = re.compile(rb"HTTP/(\d\.\d)[ \t]+(\d{3})(?:[ \t]([^\r\n]*))?\r?\n")
_BLANK_LINE = re.compile(rb"\n\r?\n")
_CHUNK_LINE = re.compile(rb"([0-9A-Fa-f]{1,20})(;[^\r\n]*)?[ \t]*\r\n")
_HEADER_LINE = re.compile(rb"([^:\r\n]*)(?::[ \t]*([^\r\n]*(?:\r?\n[ \t][^\r\n]*)*))?(?:\r?\n|\r|\Z)")
_FOLD = re.compile(rb"[ \t]*\r?\n[ \t]+")
_NUMBER = re.compile(r"[0-9]{1,20}")


class FramingError(ValueError):
    """The bytes are not an HTTP/1.1 answer. The text names the rule that broke, never the bytes."""


@dataclass(frozen=True, slots=True)
class Head:
    """Status line and headers of an answer; ``start`` and ``end`` are offsets in the buffer, ``end`` is just after
    the closing empty line."""

    start: int
    end: int
    version: str
    status: int
    headers: tuple[Header, ...]

    def all(self, name: str) -> list[str]:
        """Values of every header of that name (lower case), in wire order."""
        return [value for key, value in self.headers if key.lower() == name]


@dataclass(frozen=True, slots=True)
class Body:
    """Where a body stands on the wire, and how its de-framed offsets map to wire offsets."""

    kind: BodyKind
    start: int
    end: int
    """Just after the last byte that belongs to the message, trailers included."""
    complete: bool
    """False: the connection ended before the message did."""
    size: int
    """Bytes of the de-framed body that are there."""
    offsets: Sequence[int] = ()
    """De-framed offset at which each piece starts."""
    places: Sequence[int] = ()
    """Wire offset at which each piece starts."""
    remarks: tuple[tuple[int, int], ...] = field(default=())
    """Wire ranges of chunk extensions and trailers: text that is neither head nor body."""


def read_head(buffer: Buffer, start: int = 0) -> Head | None:
    """The head that begins at ``start``, or None when its closing empty line has not arrived.

    Raises:
        FramingError: what stands there does not begin like an answer.
    """
    line = _STATUS_LINE.match(buffer, start)
    if line is None:
        _refuse_unless_beginning(buffer[start : start + 16])
    blank = _BLANK_LINE.search(buffer, line.end() - 1 if line else start)
    if blank is None:
        return None
    if line is None:
        raise FramingError("the status line is not one")
    headers = tuple(parse_headers(buffer[line.end() : blank.end()]))
    return Head(start, blank.end(), line[1].decode(), int(line[2]), headers)


def _refuse_unless_beginning(received: bytes) -> None:
    if received[:5] != b"HTTP/"[: len(received)]:
        raise FramingError("it does not begin with HTTP/")


def final_head(buffer: Buffer) -> Head | None:
    """The head of the final answer: interim answers (1xx except 101, RFC 9110 §15.2) before it are passed over.

    Raises:
        FramingError: see :func:`read_head`.
    """
    head = read_head(buffer)
    while head is not None and 100 <= head.status < 200 and head.status != 101:
        head = read_head(buffer, head.end)
    return head


def parse_headers(lines: bytes) -> Iterator[Header]:
    """Header lines as Latin-1 text, in order; folded lines are joined by a space, a line without a colon keeps its
    text as the name."""
    for name, start, end in header_spans(lines, 0, len(lines)):
        value = lines[start:end]
        yield name.decode("latin-1"), (_FOLD.sub(b" ", value) if b"\n" in value else value).decode("latin-1")


def header_spans(buffer: bytes, start: int, end: int) -> Iterator[tuple[bytes, int, int]]:
    """Name, and start and end of the value without surrounding white space, of each header line in the range."""
    position = start
    while position < end:
        line = _HEADER_LINE.match(buffer, position, end)
        if line is None or line.end() == position:
            return
        position = line.end()
        if line[1].strip() or line[2] is not None:
            yield line[1].strip(), *_trimmed(line)


def _trimmed(line: re.Match[bytes]) -> tuple[int, int]:
    if line[2] is None:
        return line.end(1), line.end(1)
    return line.start(2), line.start(2) + len(line[2].rstrip(b" \t\r\n"))


def body_kind(method: str, head: Head) -> tuple[BodyKind, int]:
    """How the body of an answer is delimited, and its announced length (RFC 9112 §6.3).

    Raises:
        FramingError: a transfer coding other than chunked, or lengths that contradict each other.
    """
    if method == "HEAD" or head.status in (204, 304) or head.status < 200:
        return "none", 0
    codings = [coding.strip().lower() for value in head.all("transfer-encoding") for coding in value.split(",")]
    if codings:
        if codings != ["chunked"]:
            raise FramingError("a transfer coding other than chunked")
        return "chunked", 0
    lengths = {length.strip() for value in head.all("content-length") for length in value.split(",")}
    if not lengths:
        return "close", 0
    length = lengths.pop()
    if lengths or not _NUMBER.fullmatch(length):
        raise FramingError("a content length that is not one number")
    return "length", int(length)


def read_body(buffer: Buffer, head: Head, method: str, closed: bool) -> Body:
    """The body that follows ``head``. ``closed``: the other side ended the connection in an orderly way, which is
    what completes a body without a length.

    Raises:
        FramingError: the framing is broken; a body that merely stops early is not an error.
    """
    kind, length = body_kind(method, head)
    if kind == "chunked":
        return read_chunks(buffer, head.end)
    return plain_body(kind, head.end, length, len(buffer), closed)


def plain_body(kind: BodyKind, start: int, length: int, received: int, closed: bool = True) -> Body:
    """A body without transfer coding, of which ``received`` is the buffer's length."""
    end = min(start + length, received) if kind in ("length", "none") else received
    complete = end - start == length if kind in ("length", "none") else closed
    return Body(kind, start, end, complete, end - start, (0,), (start,))


def read_chunks(buffer: Buffer, start: int) -> Body:
    """A chunked body (RFC 9112 §7.1), strictly.

    Raises:
        FramingError: anything but the grammar, or more than :data:`MOST_CHUNKS`.
    """
    offsets, places, remarks = array("Q"), array("Q"), list[tuple[int, int]]()
    position, size, received = start, 0, len(buffer)
    while True:
        line = _chunk_line(buffer, position)
        if line is None:
            return Body("chunked", start, received, False, size, offsets, places, tuple(remarks))
        if line[2]:
            remarks.append(line.span(2))
        length = int(line[1], 16)
        if length == 0:
            return _end_of_chunks(buffer, line.end(), start, size, offsets, places, remarks)
        if len(offsets) >= MOST_CHUNKS:
            raise FramingError("too many chunks")
        offsets.append(size)
        places.append(line.end())
        size += min(length, received - line.end())
        position = _after_chunk(buffer, line.end() + length)


def _chunk_line(buffer: Buffer, position: int) -> re.Match[bytes] | None:
    line = _CHUNK_LINE.match(buffer, position)
    if line is None:
        arrived = buffer[position : position + _LONGEST_CHUNK_LINE]
        if b"\n" in arrived or len(arrived) == _LONGEST_CHUNK_LINE or not _may_become_chunk_line(arrived):
            raise FramingError("a chunk size that is not one")
    return line


_CHUNK_LINE_START = re.compile(rb"(?:[0-9A-Fa-f]{1,20}(?:;[^\r\n]*)?[ \t]*\r?)?")


def _may_become_chunk_line(arrived: bytes) -> bool:
    return _CHUNK_LINE_START.fullmatch(arrived) is not None


def _after_chunk(buffer: Buffer, position: int) -> int:
    ending = buffer[position : position + 2] if position < len(buffer) else b""
    if ending != b"\r\n"[: len(ending)]:
        raise FramingError("a chunk longer than its size")
    return min(position + 2, len(buffer))


def _end_of_chunks(
    buffer: Buffer,
    position: int,
    start: int,
    size: int,
    offsets: Sequence[int],
    places: Sequence[int],
    remarks: list[tuple[int, int]],
) -> Body:
    """The trailer section, from just after the last chunk's line."""
    if buffer[position : position + 2] == b"\r\n":
        return Body("chunked", start, position + 2, True, size, offsets, places, tuple(remarks))
    blank = _BLANK_LINE.search(buffer, position)
    end = blank.end() if blank else len(buffer)
    remarks.append((position, end))
    return Body("chunked", start, end, blank is not None, size, offsets, places, tuple(remarks))


def deframed(buffer: Buffer, body: Body) -> bytes:
    """The body without its transfer coding."""
    if body.kind != "chunked":
        return buffer[body.start : body.end]
    return b"".join(pieces(buffer, body))


def pieces(buffer: Buffer, body: Body) -> Iterator[bytes]:
    """The body without its transfer coding, chunk by chunk."""
    for index, place in enumerate(body.places):
        yield buffer[place : place + _length(body, index)]


def wire_ranges(body: Body, start: int, end: int) -> Iterator[tuple[int, int]]:
    """Where the de-framed range ``start`` to ``end`` (exclusive) stands on the wire."""
    index = bisect_right(body.offsets, start) - 1
    while start < end:
        skip = start - body.offsets[index]
        length = min(_length(body, index) - skip, end - start)
        yield body.places[index] + skip, body.places[index] + skip + length
        start += length
        index += 1


def _length(body: Body, index: int) -> int:
    following = body.offsets[index + 1] if index + 1 < len(body.offsets) else body.size
    return following - body.offsets[index]
