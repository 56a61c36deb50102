"""Reading WARC records with limits of our own: whatever the bytes, only :class:`DamagedSegment` comes out.

A record is one gzip member, its header at most 64 KiB, its block as long as it says and no longer, and every digest
it names is checked. A block too large to hold is read past in pieces. (No limit is set on how well it is compressed:
deflate itself cannot do better than 1:1032, and what is inflated is bounded by the length the header states.)
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import BinaryIO, NoReturn

from archiver import clock
from archiver.storage.damage import Code, DamagedSegment
from archiver.storage.gzip_member import BadMember, Inflater, Source
from archiver.storage.http_message import Unchunker, visible_head_end
from archiver.wire.framing import FramingError, Head, body_kind, final_head

HELD = 65 << 20
"""A larger block is read past and not held. An answer of the largest size that the settings allow is held, head and
all: what is not held is not read, and a rebuild would miss the records in it."""
HELD_HEAD = 1 << 20
"""Of a block that is not held, so much is: enough for the head of any answer."""
_LONGEST_HEADER = 64 * 1024
_LONGEST_BLOCK = 1 << 40
_PIECE = 1 << 20
_ENDING = b"\r\n\r\n"
_FIRST_LINE = "WARC/1.1"
_LENGTH = re.compile(r"[0-9]{1,15}")
_DIGEST = re.compile(r"sha256:([0-9a-f]{64})")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")
#: Types of records that hold what was captured, or made of it.
MAIN = ("response", "resource", "conversion")
_REPEATABLE = frozenset({"warc-protocol"})


@dataclass(frozen=True, slots=True)
class BodyDigests:
    """Digests of the body of an answer: as stored, and without transfer coding (None where it cannot be told)."""

    payload: str
    content: str | None
    content_size: int


@dataclass(frozen=True, slots=True)
class WarcRecord:
    """One record whose digests are right."""

    offset: int
    length: int
    """Of its gzip member."""
    fields: Mapping[str, str]
    """Header fields, names in lower case."""
    type: str
    id: str
    date: datetime
    uri: str
    block: bytes
    """Only the first :data:`HELD_HEAD` bytes where it is not ``held``."""
    held: bool
    past: BodyDigests | None
    """Of an answer that is not held."""


class Records:
    """The records of a stream, one after the other. ``offset``: where the stream begins in the object."""

    def __init__(self, stream: BinaryIO, key: str, *, offset: int = 0, hold: int = HELD) -> None:
        self._source = Source(stream, offset)
        self._key = key
        self._hold = hold
        self.offset = offset
        """Where the record under way starts."""
        self.count = 0

    def damaged(self, code: Code, detail: str) -> NoReturn:
        """Say what is wrong with the record under way."""
        raise DamagedSegment(self._key, self.offset, code, detail)

    def next(self) -> WarcRecord | None:
        """The next record, or None at the end of the stream."""
        self.offset = self._source.offset
        try:
            return self._read(Inflater(self._source))
        except EOFError:
            return None
        except BadMember as error:
            self.damaged(Code.CUT_OFF if "cut off" in str(error) else Code.GZIP, str(error))

    def expect(self, *kinds: str) -> WarcRecord:
        """The next record, which has to be of one of these WARC types."""
        record = self.next()
        wanted = " or ".join(kinds)
        if record is None:
            self.damaged(Code.CUT_OFF, f"the file ends where a {wanted} record has to stand")
        if record.type not in kinds:
            self.damaged(Code.ORDER, f"a {record.type} record stands where a {wanted} record has to")
        return record

    def expect_end(self) -> None:
        """There has to be nothing more."""
        self.offset = self._source.offset
        if self._source.exactly(1):
            self.damaged(Code.ORDER, "there are bytes after what should be the end")

    def _read(self, member: Inflater) -> WarcRecord:
        head, rest = self._head(member)
        fields = self._fields(head)
        length = self._block_length(fields)
        held = length <= self._hold or fields["warc-type"] not in MAIN
        if held:
            block, past = self._whole(member, rest, length), None
            self.check_digest(fields["warc-block-digest"], hashlib.sha256(block).hexdigest())
        else:
            block, past = self._pass(member, rest, length, fields)
        self.count += 1
        return WarcRecord(
            offset=self.offset,
            length=self._source.offset - self.offset,
            fields=fields,
            type=fields["warc-type"],
            id=fields["warc-record-id"],
            date=self._date(fields),
            uri=fields.get("warc-target-uri", ""),
            block=block,
            held=held,
            past=past,
        )

    # --- header --------------------------------------------------------------------------------------------------

    def _head(self, member: Inflater) -> tuple[bytes, bytes]:
        """(header, what of the block came with it)."""
        begun = b""
        while (end := begun.find(_ENDING)) < 0:
            if len(begun) > _LONGEST_HEADER:
                self.damaged(Code.HEADER, "a WARC header of more than 64 KiB")
            piece = member.read(_PIECE)
            if not piece:
                self.damaged(Code.HEADER, "a WARC header that does not end")
            begun += piece
        if end > _LONGEST_HEADER:
            self.damaged(Code.HEADER, "a WARC header of more than 64 KiB")
        return begun[:end], begun[end + len(_ENDING) :]

    def _fields(self, head: bytes) -> dict[str, str]:
        try:
            first, *lines = head.decode().split("\r\n")
        except UnicodeDecodeError:
            self.damaged(Code.HEADER, "a WARC header that is not UTF-8")
        if first != _FIRST_LINE:
            self.damaged(Code.HEADER, "not a record of WARC 1.1")
        if _CONTROL.search("".join(lines)):
            self.damaged(Code.HEADER, "a control character in a WARC header")
        fields: dict[str, str] = {}
        for line in lines:
            name, colon, value = line.partition(": ")
            name = name.lower()
            if not colon or not name or (name in fields and name not in _REPEATABLE):
                self.damaged(Code.HEADER, "a line of the WARC header that is not a field, or a field twice")
            fields[name] = f"{fields[name]}, {value}" if name in fields else value
        for name in ("warc-type", "warc-record-id", "warc-date", "warc-block-digest", "content-length"):
            if name not in fields:
                self.damaged(Code.HEADER, f"a WARC header without {name}")
        return fields

    def _block_length(self, fields: Mapping[str, str]) -> int:
        text = fields["content-length"]
        if not _LENGTH.fullmatch(text) or (length := int(text)) > _LONGEST_BLOCK:
            self.damaged(Code.HEADER, "a Content-Length that is no number, or over the limit")
        if length > HELD and fields["warc-type"] not in MAIN:
            self.damaged(Code.HEADER, f"a {fields['warc-type']} record over the limit")
        return length

    def _date(self, fields: Mapping[str, str]) -> datetime:
        text = fields["warc-date"]
        try:
            date = clock.from_text(text)
        except ValueError:
            date = None
        if date is None or clock.to_text(date) != text:
            self.damaged(Code.HEADER, "a WARC-Date that is no UTC time with microseconds")
        return date

    # --- block ---------------------------------------------------------------------------------------------------

    def _whole(self, member: Inflater, rest: bytes, length: int) -> bytes:
        pieces, got = [rest], len(rest)
        while got <= length + len(_ENDING) and (piece := member.read(_PIECE)):
            pieces.append(piece)
            got += len(piece)
        content = b"".join(pieces)
        if got != length + len(_ENDING) or content[length:] != _ENDING:
            self.damaged(Code.LENGTH, "a record longer or shorter than it says")
        return content[:length]

    def _pass(
        self, member: Inflater, rest: bytes, length: int, fields: Mapping[str, str]
    ) -> tuple[bytes, BodyDigests | None]:
        """Read past a block: its first bytes, and the digests of the body in it."""
        start = rest
        while len(start) < min(HELD_HEAD, length) and (piece := member.read(_PIECE)):
            start += piece
        kept = start[: min(HELD_HEAD, length)]
        block = hashlib.sha256()
        body = _PassedBody(kept) if fields["warc-type"] == "response" else None
        left = length
        piece = start
        while piece:
            inside = piece[:left]
            block.update(inside)
            if body:
                body.add(inside)
            left -= len(inside)
            if len(inside) < len(piece):
                self._end_of(member, piece[len(inside) :])
                break
            piece = member.read(_PIECE)
        else:
            self.damaged(Code.LENGTH, "a record shorter than it says")
        self.check_digest(fields["warc-block-digest"], block.hexdigest())
        return kept, body.digests() if body else None

    def _end_of(self, member: Inflater, rest: bytes) -> None:
        while len(rest) <= len(_ENDING) and (piece := member.read(_PIECE)):
            rest += piece
        if rest != _ENDING:
            self.damaged(Code.LENGTH, "a record longer than it says")

    def check_digest(self, noted: str, found: str) -> None:
        """Compare a digest as noted in a header with the one found (hex)."""
        parsed = _DIGEST.fullmatch(noted)
        if parsed is None:
            self.damaged(Code.HEADER, "a digest that is not sha256 in hex")
        if parsed[1] != found:
            self.damaged(Code.DIGEST, "the block or its body does not have the digest noted for it")


class _PassedBody:
    """Digests of a body that is read past."""

    def __init__(self, start: bytes) -> None:
        self._head = _head_of(start)
        self._skip = self._head.end if self._head else visible_head_end(start) or len(start)
        self._payload = hashlib.sha256()
        self._content: hashlib._Hash | None = None
        self._unchunker = Unchunker() if self._head and _is_chunked(self._head) else None
        self._size = 0
        if self._unchunker:
            self._content = hashlib.sha256()

    def add(self, piece: bytes) -> None:
        skipped = min(self._skip, len(piece))
        self._skip -= skipped
        piece = piece[skipped:]
        self._payload.update(piece)
        if self._unchunker is None or self._content is None:
            self._size += len(piece)
            return
        try:
            content = self._unchunker.add(piece)
        except FramingError:
            self._content = None
        else:
            self._content.update(content)
            self._size += len(content)

    def digests(self) -> BodyDigests:
        payload = self._payload.hexdigest()
        if self._unchunker is None:
            return BodyDigests(payload, payload, self._size)
        return BodyDigests(payload, self._content.hexdigest() if self._content else None, self._size)


def _head_of(start: bytes) -> Head | None:
    try:
        return final_head(start)
    except FramingError:
        return None


def _is_chunked(head: Head) -> bool:
    try:
        return body_kind("GET", head)[0] == "chunked"
    except FramingError:
        return False
