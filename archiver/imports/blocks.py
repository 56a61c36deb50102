"""A long list in a file, in blocks of whole elements, so that none has to be held in memory whole. Streamed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import IO

from connectors.exports.elements import Ending, NotAList, opening

BLOCK = 4 * 2**20
"""A block is ended when it has grown to this size, bytes. Never changed: an import that was stopped goes on by where
its blocks begin."""
_PIECE = 1 << 20
_HEAD = 4096
_MOST_ELEMENT = 16 * 2**20
_SPACE = b" \t\r\n,"


def blocks(stream: IO[bytes], size: int = BLOCK) -> Iterator[tuple[int, bytes]]:
    """Where each block begins in the file, and its bytes; together they are the file. The first begins with the
    beginning of the list, the last ends with its end.

    Raises:
        NotAList: it is no list of objects, or breaks off; or has an element that is too large.
    """
    return _Splitter(stream, size).blocks()


class _Splitter:
    def __init__(self, stream: IO[bytes], size: int) -> None:
        self._stream, self._size = stream, size
        self._buffer = b""
        self._start = 0
        self._ended = False

    def blocks(self) -> Iterator[tuple[int, bytes]]:
        self._more(_HEAD)
        position = opening(self._buffer[:_HEAD])
        while True:
            position = self._behind_space(position)
            if position >= len(self._buffer):
                raise NotAList("it breaks off")
            if self._buffer[position : position + 1] == b"]":
                break
            position = self._end_of(position)
            if position >= self._size:
                yield self._start, self._buffer[:position]
                self._start, self._buffer, position = self._start + position, self._buffer[position:], 0
        while not self._ended:
            self._more(_PIECE)
            if len(self._buffer) - position > _PIECE:
                raise NotAList("something follows the list")
        yield self._start, self._buffer

    def _behind_space(self, position: int) -> int:
        while True:
            while position < len(self._buffer) and self._buffer[position] in _SPACE:
                position += 1
            if position < len(self._buffer) or self._ended:
                return position
            if position > _MOST_ELEMENT:
                raise NotAList("it is empty over a long distance")
            self._more(_PIECE)

    def _end_of(self, position: int) -> int:
        ending = Ending(position)
        while (end := ending.find(self._buffer)) is None:
            if self._ended:
                raise NotAList("it breaks off in the middle of an element")
            if len(self._buffer) - position > _MOST_ELEMENT:
                raise NotAList("it has an element that is too large")
            self._more(_PIECE)
        return end

    def _more(self, size: int) -> None:
        piece = self._stream.read(size)
        self._ended = not piece
        self._buffer += piece
