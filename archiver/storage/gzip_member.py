"""One gzip member per WARC record (RFC 1952), always with the same ten bytes of header.

The fixed header says: deflate, no name, no time, system unknown. A reader that insists on it finds a change even
there. ISA-L is used where it is installed; any inflater reads the result.
"""

from __future__ import annotations

import struct
import zlib
from typing import Any

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


class Deflater:
    """One member, fed piece by piece."""

    def __init__(self) -> None:
        self._deflate = compressor(LEVEL, zlib.DEFLATED, RAW)
        self._crc = 0
        self._size = 0

    def start(self) -> bytes:
        return HEADER

    def add(self, piece: bytes) -> bytes:
        self._crc = crc32(piece, self._crc)
        self._size += len(piece)
        deflated: bytes = self._deflate.compress(piece)
        return deflated

    def finish(self) -> bytes:
        last: bytes = self._deflate.flush()
        return last + TRAILER.pack(self._crc, self._size & 0xFFFFFFFF)


def member(content: bytes) -> bytes:
    """``content`` as one gzip member."""
    deflater = Deflater()
    return b"".join((deflater.start(), deflater.add(content), deflater.finish()))
