"""The blocks in which an export is stored: whole files, and long lists cut between their elements."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from typing import IO, Any, cast
from urllib.parse import quote

from archiver.capture.reading import LISTED, understand
from archiver.clock import Clock, to_text
from archiver.imports.blocks import blocks
from archiver.imports.containers import Member, Unusable
from archiver.imports.foreign import Tally, records
from archiver.imports.planning import READ_WHOLE, Plan, PlannedFile, Watch, pieces
from archiver.records.import_rows import LIST
from archiver.visible import one_line
from archiver.wire.exchange import BodyFile, MaskedRange, WireExchange
from connectors.contract import AccessClass, AccountRef, Ask, Reading, Stream
from connectors.exports.contract import Cuts, ImportReading, Part, Use, Why, context_of
from connectors.exports.elements import NotAList

_IN_MEMORY = 2**20
"""Files up to this size are held in memory while a batch is filled, larger ones wait in the spool."""
_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Block:
    """One block that is ready to be stored."""

    ask: Ask
    at: datetime
    body: bytes | BodyFile
    sha256: str
    size: int
    media_type: str
    reading: Reading
    origin: Mapping[str, Any]
    masked: tuple[MaskedRange, ...] = ()

    def wire(self) -> WireExchange:
        """As something is stored that nobody asked for."""
        held = self.body if isinstance(self.body, bytes) else b""
        return WireExchange(
            method="GET",
            url=self.ask.url,
            sent_at=self.at,
            received_at=self.at,
            status=0,
            headers=(("Content-Type", self.media_type),),
            request=b"",
            response=held,
            response_head=0,
            body=held,
            body_sha256=self.sha256,
            body_size=self.size,
            pushed=self.media_type,
            masked_response=self.masked,
            body_file=None if isinstance(self.body, bytes) else self.body,
        )


@dataclass(slots=True)
class BlockMaker:
    """Makes the blocks of one import, one after the other."""

    plan: Plan
    account: AccountRef
    import_id: str
    clock: Clock
    body_path: Callable[[], Path]
    watch: Watch
    check_stop: Callable[[], None]
    known: Mapping[tuple[str, int], str] = field(default_factory=dict)
    """What of it is stored already, by file and start."""
    tally: Tally = field(default_factory=Tally)
    """Of records of foreign WARC files that were come by."""
    stored_parts: dict[str, list[list[int]]] = field(default_factory=dict)
    """Of files that are stored in part only: from where to where, by name."""

    def files(self) -> Iterator[Block]:
        """What is not stored yet, in the order of the container.

        Raises:
            Unusable: it is not what was looked through before.
        """
        chosen = {one.inside: one for one in self.plan.stored}
        done, total = 0, self.plan.bytes_stored
        for member, stream in self.plan.container.walk(chosen.__contains__):
            file = chosen[member.name]
            self.watch("Storing", done, total)
            if file.planned.use is Use.READ and file.planned.elements:
                yield from self._of_list(file, stream)
            elif file.planned.use is Use.READ and file.planned.warc:
                yield from self._of_warc(file, stream)
            elif file.planned.cut:
                yield from self._of_parts(file, member, stream)
            elif (file.name, 0) not in self.known:
                yield self._block(file, 0, self._body(file, member, stream), 0)
            done += file.size

    def listed(self, counts: Mapping[str, Any]) -> Block:
        """The list of all files, stored or not; with it the import is whole."""
        plan, identity = self.plan, self.plan.identity
        said = {
            "v": 1,
            "import": self.import_id,
            "format": plan.export.name,
            "reader": plan.export.version,
            "sha256": plan.whole.sha256,
            "size": plan.whole.size,
            "identity": {
                "platform_id": identity.platform_id,
                "handle": identity.handle,
                "urls": list(identity.urls),
                "made_at": None if identity.made_at is None else to_text(identity.made_at),
            },
            "counts": dict(counts),
            **({} if plan.package is None else {"package": asdict(plan.package)}),
            "files": [_row(one, self.stored_parts.get(one.name)) for one in plan.files],
        }
        body = json.dumps(said, sort_keys=True, separators=(",", ":")).encode()
        ask = Ask(
            url=f"urn:x-cra:import:{self.import_id}",
            stream=Stream.SETTINGS,
            purpose=LISTED,
            access=AccessClass.PRIVATE,
            authorise="never",
        )
        origin = self._origin("", 0, LIST) | {"counts": dict(counts)}
        return self._read(ask, body, "application/json", origin)

    # Bodies.

    def _of_list(self, file: PlannedFile, stream: IO[bytes]) -> Iterator[Block]:
        """A long list in blocks. Of one that is none, or breaks off, what is left is stored all the same."""
        whole, end, number = sha256(), 0, 0
        try:
            for start, body in blocks(stream):
                self.check_stop()
                whole.update(body)
                if (file.name, start) not in self.known:
                    yield self._block(file, start, body, number)
                end, number = start + len(body), number + 1
        except NotAList:
            yield from self._of_rest(file, end, number)
            return  # it was held against its digest there
        _require_same(file, whole.hexdigest())

    def _of_warc(self, file: PlannedFile, stream: IO[bytes]) -> Iterator[Block]:
        """A foreign WARC, record by record."""
        packed = file.size if file.name.endswith(".gz") else None
        for record in records(stream, packed=packed, check_stop=self.check_stop):
            self.check_stop()
            self.tally.take(record)
            if record.left_out is None and (file.name, record.start) not in self.known:
                block = self._block(file, record.start, record.content, 0)
                said = {"url": record.url, "type": record.kind, "digests": dict(record.digests)}
                if record.date is not None:
                    said["as_of"] = record.date
                yield replace(
                    block, media_type="application/warc", origin={**block.origin, **said}, masked=record.masked
                )

    def _of_parts(self, file: PlannedFile, member: Member, stream: IO[bytes]) -> Iterator[Block]:
        """What may be stored of a file in which something personal stands too; what is hidden in it is overwritten."""
        body = b"".join(pieces(self.plan.container, stream, member))
        _require_same(file, sha256(body).hexdigest())
        try:
            parts = cast(Cuts, self.plan.export).parts(file.name, body)
        except ValueError as error:
            name = one_line(file.name, 80)
            raise Unusable(f"what is personal in {name!r} cannot be told: {one_line(str(error), 80)}") from None
        self.stored_parts[file.name] = [[one.start, one.end] for one in parts]
        for one in parts:
            if (file.name, one.start) not in self.known:
                yield self._part(file, one, body)

    def _part(self, file: PlannedFile, part: Part, body: bytes) -> Block:
        content = bytearray(body[part.start : part.end])
        masked = tuple((start - part.start, end - part.start, what) for start, end, what in part.hidden)
        for start, end, _ in masked:
            content[start:end] = b"*" * (end - start)
        planned = file.planned
        planned = replace(
            planned,
            what=part.what or planned.what,
            stream=part.stream or planned.stream,
            access=part.access if part.access and planned.access is AccessClass.PUBLIC else planned.access,
        )
        block = self._block(replace(file, planned=planned), part.start, bytes(content), 0)
        if block.reading.quarantine and block.ask.access is AccessClass.PUBLIC:
            block = replace(block, ask=replace(block.ask, access=AccessClass.PRIVATE))
            block = replace(block, origin={**block.origin, "public": _public(cast(ImportReading, block.reading))})
        return replace(block, masked=masked)

    def _of_rest(self, file: PlannedFile, start: int, number: int) -> Iterator[Block]:
        """What follows the last whole block of a list. Where it is too large to be read it is kept, and not read."""
        large = file.size - start > READ_WHOLE
        digest, held = sha256(), bytearray()
        path = self.body_path()
        try:
            with path.open("xb") as into:
                for piece in self._from(file, start, digest):
                    into.write(piece)
                    held += b"" if large else piece
            _require_same(file, digest.hexdigest())
            if (file.name, start) in self.known:
                return
            if large:
                kept = replace(file, planned=replace(file.planned, use=Use.KEPT, why=Why.UNREADABLE))
                yield self._block(kept, start, _body_file(path), number)
            else:
                yield self._block(file, start, bytes(held), number)
        finally:
            if not large:
                path.unlink(missing_ok=True)

    def _from(self, file: PlannedFile, start: int, digest: Any) -> Iterator[bytes]:
        """The file from a place on; all of it goes into ``digest``."""
        left = start
        for member, stream in self.plan.container.walk(file.inside.__eq__):
            for piece in pieces(self.plan.container, stream, member):
                self.check_stop()
                digest.update(piece)
                yield piece[left:]
                left = max(left - len(piece), 0)

    def _body(self, file: PlannedFile, member: Member, stream: IO[bytes]) -> bytes | BodyFile:
        """In memory where it is small or is to be read, else in the spool."""
        read = pieces(self.plan.container, stream, member)
        if file.size <= _IN_MEMORY or file.planned.use is Use.READ:
            body = b"".join(read)
            _require_same(file, sha256(body).hexdigest())
            return body
        digest, path = sha256(), self.body_path()
        with path.open("xb") as into:
            for piece in read:
                self.check_stop()
                digest.update(piece)
                into.write(piece)
        _require_same(file, digest.hexdigest())
        return BodyFile(path, file.size, file.sha256)

    # What is said of them.

    def _block(self, file: PlannedFile, start: int, body: bytes | BodyFile, number: int) -> Block:
        planned = file.planned
        read = planned.use is Use.READ
        ask = Ask(
            url=f"urn:x-cra:import:{self.import_id}/{quote(file.name)}" + (f"#bytes={start}-" if start else ""),
            stream=planned.stream,
            purpose=planned.what if read else planned.use.value,
            access=planned.access,
            authorise="never",
            scheme=self.plan.export.scheme,
            context=context_of(self.account, self.plan.identity, block=number) if read else {},
        )
        origin = self._origin(file.name, start, planned.use.value)
        origin |= {"file_sha256": file.sha256, "file_size": file.size}
        if planned.of is not None:
            origin["of"] = planned.of
        return self._read(ask, body, media_type_of(file.name), origin)

    def _origin(self, name: str, start: int, use: str) -> dict[str, Any]:
        """Where a block comes from (WARC profile §2.3)."""
        made_at = self.plan.identity.made_at
        origin = {"import": self.import_id, "format": self.plan.export.name, "name": name, "start": start, "use": use}
        return origin if made_at is None else origin | {"as_of": to_text(made_at)}

    def _read(self, ask: Ask, body: bytes | BodyFile, media_type: str, origin: Mapping[str, Any]) -> Block:
        """What it means, just as a rebuild will read it again. A block with anything private in it is private."""
        at = self.clock.now()
        if not isinstance(body, bytes):
            return Block(ask, at, body, body.sha256, body.size, media_type, ImportReading(), origin)
        reading = understand(
            self.plan.export,
            ask,
            status=0,
            headers=(("Content-Type", media_type),),
            body=body,
            received_at=at,
            url=ask.url,
            truncated=None,
        )
        if isinstance(reading, ImportReading) and reading.private and ask.access is AccessClass.PUBLIC:
            ask = replace(ask, access=AccessClass.PRIVATE)
        if isinstance(reading, ImportReading) and ask.access is AccessClass.PRIVATE and reading.records:
            origin = {**origin, "public": [] if self.plan.identity.protected else _public(reading)}
        return Block(ask, at, body, sha256(body).hexdigest(), len(body), media_type, reading, origin)


def _public(reading: ImportReading) -> list[int]:
    """Positions of the records of a private block that everybody could see. Stored, so that no later reader can make
    anything public that was private when it was brought in."""
    return [position for position, one in enumerate(reading.records) if one.key not in reading.private]


def _body_file(path: Path) -> BodyFile:
    digest, size = sha256(), 0
    with path.open("rb") as stream:
        while piece := stream.read(_PIECE):
            digest.update(piece)
            size += len(piece)
    return BodyFile(path, size, digest.hexdigest())


def _require_same(file: PlannedFile, digest: str) -> None:
    if digest != file.sha256:
        raise Unusable(f"{one_line(file.name, 80)!r} changed while it was read")


def _row(file: PlannedFile, parts: Sequence[Sequence[int]] | None) -> dict[str, Any]:
    row: dict[str, Any] = {"name": file.name, "size": file.size, "sha256": file.sha256, "use": file.planned.use.value}
    row |= {} if parts is None else {"parts": [list(one) for one in parts]}
    return row | ({"why": file.planned.why.value} if file.planned.why is not None else {})


_TYPES = {
    "js": "text/javascript",
    "json": "application/json",
    "csv": "text/csv",
    "html": "text/html",
    "car": "application/vnd.ipld.car",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "png": "image/png",
    "gif": "image/gif",
    "webp": "image/webp",
    "mp4": "video/mp4",
    "webm": "video/webm",
    "mp3": "audio/mpeg",
    "warc": "application/warc",
}


def media_type_of(name: str) -> str:
    """By the end of its name, as exports name their files; the bytes are not looked at."""
    return _TYPES.get(name.rpartition(".")[2].lower(), "application/octet-stream")
