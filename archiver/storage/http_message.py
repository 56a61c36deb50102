"""HTTP/1.1 messages as bytes (RFC 9112): where the head ends, what it says, and the body without chunk framing."""

from __future__ import annotations

import re
from dataclasses import dataclass

_HEAD_END = re.compile(rb"\n\r?\n")
_STATUS = re.compile(rb"HTTP/[0-9.]+[ \t]+([0-9]{3})(?:[ \t]|$)", re.IGNORECASE)
_SIZE_LINE = re.compile(rb"([0-9A-Fa-f]{1,16})[ \t]*(?:;[^\r\n]*)?")
_LONGEST_LINE = 64 * 1024
_LONGEST_TRAILER = 1 << 20


class FramingError(ValueError):
    """The body is not framed as its head says."""


@dataclass(frozen=True, slots=True)
class Head:
    """The head of an answer."""

    status: int
    """0 where there is no status line that could be read."""
    headers: tuple[tuple[str, str], ...]
    """Latin-1, in wire order and case; folded lines joined by one space; lines that are no header left out."""
    end: int
    """Its length, the closing empty line included, interim answers before it too."""

    def chunked(self, method: str) -> bool:
        """Whether the body of this answer to ``method`` is in chunks (RFC 9112 §6.3)."""
        if method.upper() == "HEAD" or self.status in (204, 304):
            return False
        codings = ",".join(value for name, value in self.headers if name.lower() == "transfer-encoding")
        return codings.rpartition(",")[2].strip().lower() == "chunked"


def visible_head_end(message: bytes) -> int | None:
    """Where the first head of a message ends, as every WARC checker sees it; None where it does not end."""
    found = _HEAD_END.search(message)
    return found.end() if found else None


def parse_answer_head(message: bytes) -> Head | None:
    """The head of the final answer, interim ones (1xx but 101) passed over; None where it does not end."""
    start = 0
    while found := _HEAD_END.search(message, start):
        status, headers = _parse(message[start : found.start()])
        if not 100 <= status < 200 or status == 101:
            return Head(status, headers, found.end())
        start = found.end()
    return None


def _parse(head: bytes) -> tuple[int, tuple[tuple[str, str], ...]]:
    first, *lines = head.split(b"\n")
    found = _STATUS.match(first.rstrip(b"\r"))
    unfolded: list[bytes] = []
    for line in lines:
        line = line.rstrip(b"\r")
        if line[:1] in (b" ", b"\t") and unfolded:
            unfolded[-1] += b" " + line.strip(b" \t")
        else:
            unfolded.append(line)
    headers = (line.partition(b":") for line in unfolded if b":" in line)
    return int(found[1]) if found else 0, tuple(
        (name.strip(b" \t").decode("latin-1"), value.strip(b" \t").decode("latin-1")) for name, _, value in headers
    )


class Unchunker:
    """Takes chunk framing away (RFC 9112 §7.1), strictly, piece by piece.

    Extensions and trailers are passed over. Anything else than the grammar raises :class:`FramingError`.
    """

    def __init__(self) -> None:
        self._waiting = b""
        self._left = 0
        self._state = "size"
        self._trailer = 0

    def add(self, piece: bytes) -> bytes:
        """Body bytes that ``piece`` completes."""
        buffer, at, out = self._waiting + piece, 0, []
        while at < len(buffer):
            if self._state == "data":
                taken = buffer[at : at + self._left]
                out.append(taken)
                at += len(taken)
                self._left -= len(taken)
                if not self._left:
                    self._state = "data end"
            elif self._state == "end":
                raise FramingError("bytes after the last chunk")
            else:
                line_end = buffer.find(b"\r\n", at, at + _LONGEST_LINE)
                if line_end < 0:
                    break
                self._line(buffer[at:line_end])
                at = line_end + 2
        self._waiting = buffer[at:]
        self._check_waiting()
        return b"".join(out)

    def finish(self) -> None:
        """Say that there is no more.

        Raises:
            FramingError: the last chunk or the end of its trailer is missing.
        """
        if self._state != "end":
            raise FramingError("the last chunk is missing")

    def _line(self, line: bytes) -> None:
        if self._state == "data end":
            if line:
                raise FramingError("a chunk does not end where its size says")
            self._state = "size"
        elif self._state == "size":
            self._size(line)
        elif line:
            self._trailer += len(line)
            if self._trailer > _LONGEST_TRAILER:
                raise FramingError("trailer too long")
        else:
            self._state = "end"

    def _size(self, line: bytes) -> None:
        found = _SIZE_LINE.fullmatch(line)
        if found is None:
            raise FramingError("not a chunk size")
        self._left = int(found[1], 16)
        self._state = "data" if self._left else "trailer"

    def _check_waiting(self) -> None:
        if len(self._waiting) >= _LONGEST_LINE:
            raise FramingError("a line of the chunk framing is too long")
        if self._state == "data end" and self._waiting not in (b"", b"\r"):
            raise FramingError("a chunk does not end where its size says")


def unchunk(body: bytes) -> bytes:
    """``body`` without chunk framing.

    Raises:
        FramingError: not exactly one chunked body.
    """
    unchunker = Unchunker()
    content = unchunker.add(body)
    unchunker.finish()
    return content


def unchunk_what_is_there(body: bytes) -> bytes:
    """The content of a chunked body that was cut off, as far as its framing can be followed."""
    unchunker, out = Unchunker(), []
    try:
        for start in range(0, len(body), 4096):
            out.append(unchunker.add(body[start : start + 4096]))
    except FramingError:
        pass
    return b"".join(out)
