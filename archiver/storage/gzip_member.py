"""One gzip member per WARC record (RFC 1952), always with the same ten bytes of header.

The fixed header says: deflate, no name, no time, system unknown. A reader that insists on it finds a change even
there. ISA-L is used where it is installed; any inflater reads the result.
"""

from __future__ import annotations

import struct
import zlib
from typing import Any, BinaryIO

compressor: Any
decompressor: Any
crc32: Any
inflate_error: Any
try:
    from isal import isal_zlib
except ImportError:  # pragma: no cover - the slower way, for machines without ISA-L
    LEVEL = 6
    compressor, decompressor, crc32, inflate_error = zlib.compressobj, zlib.decompressobj, zlib.crc32, (zlib.error,)
else:
    LEVEL = 2
    compressor, decompressor, crc32 = isal_zlib.compressobj, isal_zlib.decompressobj, isal_zlib.crc32
    inflate_error = (isal_zlib.error, zlib.error)

HEADER = bytes.fromhex("1f8b08000000000000ff")
TRAILER = struct.Struct("<II")
RAW = -15
_READ = 1 << 18
_SLICE = 1 << 15


class Deflater:
    """One member, fed piece by piece; in the form of zlib's compressors, so that it can stand in for one."""

    def __init__(self) -> None:
        self._deflate = compressor(LEVEL, zlib.DEFLATED, RAW)
        self._crc = 0
        self._size = 0
        self._start = HEADER

    def compress(self, piece: bytes) -> bytes:
        """Add ``piece``; as much of the member as is ready by then."""
        self._crc = crc32(piece, self._crc)
        self._size += len(piece)
        deflated: bytes = self._deflate.compress(piece)
        return self._begun(deflated)

    def flush(self) -> bytes:
        """The rest of the member; nothing can be added after it."""
        last: bytes = self._deflate.flush()
        return self._begun(last) + TRAILER.pack(self._crc, self._size & 0xFFFFFFFF)

    def _begun(self, content: bytes) -> bytes:
        start, self._start = self._start, b""
        return start + content if start else content


def member(content: bytes) -> bytes:
    """``content`` as one gzip member."""
    deflater = Deflater()
    return deflater.compress(content) + deflater.flush()


class BadMember(ValueError):  # noqa: N818 - named as the cause
    """What stands there is not a whole gzip member as this archive writes them. The text says what is wrong."""


class Source:
    """A stream with a position, from which a few bytes can be given back."""

    def __init__(self, stream: BinaryIO, offset: int = 0) -> None:
        self._stream = stream
        self._buffer = b""
        self._at = 0
        self._offset = offset

    @property
    def offset(self) -> int:
        """Where the next byte stands in the object."""
        return self._offset + self._at

    def slice(self, most: int) -> bytes:
        """At most ``most`` bytes, empty at the end."""
        if self._at == len(self._buffer):
            self._offset += self._at
            self._buffer, self._at = self._stream.read(_READ), 0
        piece = self._buffer[self._at : self._at + most]
        self._at += len(piece)
        return piece

    def exactly(self, count: int) -> bytes:
        """``count`` bytes, fewer only at the end."""
        found = self.slice(count)
        while len(found) < count and (more := self.slice(count - len(found))):
            found += more
        return found

    def give_back(self, count: int) -> None:
        """Undo the last ``count`` bytes of the last slice."""
        self._at -= count


class Inflater:
    """One member of a source, inflated piece by piece. Its checksum and size are checked at its end.

    Raises:
        EOFError: there is no further byte, so no member.
        BadMember: what stands there is not one; also from :meth:`read`.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        header = source.exactly(len(HEADER))
        if not header:
            raise EOFError
        if header != HEADER:
            raise BadMember("cut off in a record" if HEADER.startswith(header) else "no record starts here")
        self._inflate = decompressor(RAW)
        self._waiting = b""
        self._more = False
        self._crc = 0
        self._size = 0
        self._ended = False

    def read(self, most: int) -> bytes:
        """At most ``most`` bytes (1 or more), empty at the end of the member."""
        while not self._ended:
            piece = self._step(most)
            self._crc = crc32(piece, self._crc)
            self._size += len(piece)
            if self._inflate.eof:
                self._end()
            if piece:
                return piece
        return b""

    def _step(self, most: int) -> bytes:
        given = self._waiting
        if not given and not self._more and not (given := self._source.slice(_SLICE)):
            raise BadMember("cut off in a record")
        try:
            piece: bytes = self._inflate.decompress(given, most)
        except inflate_error as error:
            raise BadMember("the compressed bytes are damaged") from error
        self._waiting = self._inflate.unconsumed_tail
        self._more = len(piece) == most  # then the inflater may hold output back without needing input
        return piece

    def _end(self) -> None:
        self._ended = True
        self._source.give_back(len(self._inflate.unused_data))
        trailer = self._source.exactly(TRAILER.size)
        if len(trailer) < TRAILER.size:
            raise BadMember("cut off in a record")
        if trailer != TRAILER.pack(self._crc, self._size & 0xFFFFFFFF):
            raise BadMember("the gzip checksum differs")
