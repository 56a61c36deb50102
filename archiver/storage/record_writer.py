"""Writing WARC records with warcio: each as it is given, a gzip member of its own.

warcio's record object is used without HTTP headers and with its length known, since then the bytes of the block pass
through untouched. Four things warcio leaves to its caller stand here, and ``docs/decisions/0002-warcio.md`` says why:
values that could end a header line are refused, no SHA-1 is added where a record has no payload digest, a body file is
checked against its length and digest on the way, and the gzip member is :class:`Deflater`'s.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from io import BytesIO
from typing import Any, Protocol

from warcio.recordloader import ArcWarcRecord
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import GzippingWrapper, WARCWriter

from archiver.errors import IntegrityError
from archiver.storage.gzip_member import Deflater
from archiver.wire.exchange import BodyFile

VERSION = "WARC/1.1"

Field = tuple[str, str]


class Output(Protocol):
    """Where finished bytes go."""

    def write(self, content: bytes, /) -> object: ...

    def flush(self) -> object:
        """A record is complete."""


class Block(Protocol):
    """What warcio asks of the content of a record."""

    def read(self, size: int, /) -> bytes: ...


class RecordWriter:
    """Appends WARC records to an output, one gzip member each."""

    def __init__(self, output: Output) -> None:
        # Told not to compress, warcio writes to what it is given: here its own wrapper, with our compressor in it.
        self._writer = _Writer(MemberWriter(output), gzip=False, warc_version=VERSION)

    def write(self, record: ArcWarcRecord) -> None:
        """Append one record made by :func:`warc_record`.

        Raises:
            IntegrityError, OSError: from reading its block or from the output; the output is worthless then.
        """
        self._writer.write_record(record)


class MemberWriter(GzippingWrapper):  # type: ignore[misc]
    """warcio's gzip wrapper with our compressor in place of its own (zlib at level 9, a header that says so).

    It serves all records of a file: warcio ends each with one ``flush``, which ends the member.
    """

    def __init__(self, output: Output) -> None:
        self.out = output
        self.compressor = Deflater()

    def flush(self) -> None:
        super().flush()
        self.compressor = Deflater()


class _Writer(WARCWriter):  # type: ignore[misc]
    def ensure_digest(self, record: ArcWarcRecord, block: bool = True, payload: bool = True) -> None:
        """Leave the digests as they are given. Where one is missing warcio would take the SHA-1 of the whole block for
        the payload's."""


def warc_record(fields: Iterable[Field], block: bytes) -> ArcWarcRecord:
    """A record of these header fields (the first is ``WARC-Type``); ``Content-Length`` is added.

    Raises:
        ValueError: a value that cannot stand in a header line.
    """
    return _record(fields, BytesIO(block), len(block))


def long_record(fields: Iterable[Field], block: CheckedBlock) -> ArcWarcRecord:
    """:func:`warc_record` whose content is not held in memory."""
    return _record(fields, block, block.size)


def _record(fields: Iterable[Field], block: Block, length: int) -> ArcWarcRecord:
    headers = StatusAndHeaders("", (), VERSION)
    headers.headers.extend(fields)
    values = "".join([value for _, value in headers.headers])
    if not (values.isascii() and values.isprintable()):
        raise ValueError("a value that cannot stand in a WARC header")
    return ArcWarcRecord("warc", headers.headers[0][1], headers, block, None, None, length)


class CheckedBlock:
    """A block of bytes that are held and a file that follows. Its end is given only if all of it is as it has to be.

    Raises:
        IntegrityError: from :meth:`read`, if length or digest differ.
        OSError: the file cannot be opened or read.
    """

    def __init__(self, held: bytes, file: BodyFile, sha256: str) -> None:
        self.size = len(held) + file.size
        self._file = file
        self._expected = sha256
        self._held = BytesIO(held)
        self._stream = file.path.open("rb", buffering=0)
        self._digest = hashlib.sha256()
        self._left = self.size

    def __enter__(self) -> CheckedBlock:
        return self

    def __exit__(self, *_: Any) -> None:
        self._stream.close()

    def read(self, size: int, /) -> bytes:
        """At most ``size`` bytes, empty at the end."""
        piece = self._held.read(size) or self._stream.read(size)
        self._left -= len(piece)
        self._digest.update(piece)
        if self._left < 0 or (not piece and not self._as_expected()):
            raise IntegrityError(f"{self._file.path} is not what was captured (SHA-256 differs); it was not stored")
        return piece

    def _as_expected(self) -> bool:
        return self._left == 0 and self._digest.hexdigest() == self._expected
