"""HTTP/1.1 messages in segments (RFC 9112): where checkers see the body, and chunk framing taken away piece by piece.

:mod:`archiver.wire.framing` reads whole messages; this is for those too large to hold. Both read the same grammar.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from archiver.wire.framing import FramingError

_HEAD_END = re.compile(rb"\n\r?\n")
_SIZE_LINE = re.compile(rb"([0-9A-Fa-f]{1,20})(;[^\r\n]*)?[ \t]*")
_LONGEST_LINE = 100 * 1024
_LONGEST_TRAILER = 1 << 20


def visible_head_end(message: bytes) -> int | None:
    """Where the first head of a message ends, if every WARC checker sees it there; None where it does not end, or
    where checkers disagree about it (some take bare line feeds for line ends)."""
    found = _HEAD_END.search(message)
    strict = message.find(b"\r\n\r\n")
    return found.end() if found and strict + 4 == found.end() else None


class Unchunker:
    """Takes chunk framing away (RFC 9112 §7.1), strictly, piece by piece. Extensions and trailers are passed over.

    Raises:
        FramingError: from :meth:`add` and :meth:`finish`, for anything but the grammar.
    """

    def __init__(self) -> None:
        self._waiting = b""
        self._left = 0
        self._step: Callable[[bytes, int], int | None] = self._size_line
        self._ended = False
        self._beyond = 0

    def add(self, piece: bytes) -> bytes:
        """Body bytes that ``piece`` completes."""
        buffer, at, out = self._waiting + piece, 0, []
        while at < len(buffer):
            if self._left:
                taken = buffer[at : at + self._left]
                out.append(taken)
                self._left -= len(taken)
                at += len(taken)
            elif (after := self._step(buffer, at)) is None:
                break
            else:
                at = after
        self._waiting = buffer[at:]
        return b"".join(out)

    def finish(self) -> None:
        """Say that there is no more."""
        if not self._ended:
            raise FramingError("the last chunk is missing")
        if self._beyond:
            raise FramingError("bytes after the last chunk")

    # Each step reads one thing at an offset and returns the offset after it, or None where it has not all arrived.

    def _size_line(self, buffer: bytes, at: int) -> int | None:
        end = buffer.find(b"\r\n", at, at + _LONGEST_LINE)
        if end < 0:
            self._require_short(buffer, at, _LONGEST_LINE)
            return None
        found = _SIZE_LINE.fullmatch(buffer, at, end)
        if found is None:
            raise FramingError("not a chunk size")
        self._left = int(found[1], 16)
        self._step = self._data_end if self._left else self._trailer
        return end + 2

    def _data_end(self, buffer: bytes, at: int) -> int | None:
        ending = buffer[at : at + 2]
        if ending != b"\r\n"[: len(ending)]:
            raise FramingError("a chunk longer than its size")
        if len(ending) < 2:
            return None
        self._step = self._size_line
        return at + 2

    def _trailer(self, buffer: bytes, at: int) -> int | None:
        found = None if buffer.startswith(b"\r\n", at) else _HEAD_END.search(buffer, at)
        if found is None and not buffer.startswith(b"\r\n", at):
            self._require_short(buffer, at, _LONGEST_TRAILER)
            return None
        self._ended, self._step = True, self._after_end
        return found.end() if found else at + 2

    def _after_end(self, buffer: bytes, at: int) -> int:
        self._beyond += len(buffer) - at
        return len(buffer)

    def _require_short(self, buffer: bytes, at: int, longest: int) -> None:
        if len(buffer) - at >= longest:
            raise FramingError("a line of the chunk framing that does not end")
