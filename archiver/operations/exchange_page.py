"""One stored exchange of a record, for people: what was asked and answered, as text; where it stands in the log.

Who may look: whoever sees the record, and, of what stands in no segment that everybody may read, whoever sees what is
private of the account; of an answer about messages, whoever sees all of it. Anything else is not there.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, exists, or_, select

from archiver.archive import Archive
from archiver.capture.codings import Undecodable, decoded
from archiver.capture.models import Exchange, Segment
from archiver.errors import IntegrityError, NotFound
from archiver.evidence.event_types import EventType
from archiver.evidence.models import Anchor, Event, LogCheckpoint
from archiver.records import finding, followed
from archiver.records.models import Medium, Occurrence, RecordState
from archiver.records.stored import open_among
from archiver.storage.protocol import NoSuchObject
from archiver.storage.segment_reader import ReadExchange, read_exchange
from archiver.viewing import Viewer
from connectors.contract import Stream

SHOWN: Final = 24 * 2**10
"""Bytes of a body that are shown as text."""
READ: Final = 16 * 2**20
"""Bytes of a stored exchange that is opened for being shown."""
_PIECE: Final = 2**20
_SECRET: Final = ("seed",)
"""Of the facts, what opens the commitments of everything in the answer."""
NO_SUCH: Final = "there is no such stored answer of this record"


@dataclass(frozen=True, slots=True)
class StoredAt:
    """Where an exchange is stored, and what is known of it there."""

    id: str
    run_id: str
    method: str | None
    uri: str
    status: int | None
    received_at: datetime
    stream: str
    segment_key: str
    segment_sha256: str
    segment_version: str | None
    offset: int
    length: int
    facts_offset: int
    facts_length: int
    body_sha256: str
    commitment: str
    access: str
    place: str | None
    """Of the record in its body; None: it does not show the record."""

    @property
    def size(self) -> int:
        """Bytes as stored, with what is known of it."""
        return self.facts_offset + self.facts_length - self.offset


@dataclass(frozen=True, slots=True)
class InLog:
    """Its entry in the signed log."""

    position: int | None
    """None: it has none yet."""
    checkpoint: int | None
    """Size of the first signed head that covers it."""
    stamps: tuple[tuple[str, datetime], ...]
    """Services whose time-stamps cover it, and the earliest time each states."""


@dataclass(frozen=True, slots=True)
class Shown:
    """An exchange as text."""

    request: str | None
    head: str
    body: str
    body_size: int
    cut: bool
    """More of the body is stored than is shown."""
    part: str | None
    """Of a JSON body, what it says of this record, set out for reading."""
    facts: str
    problem: str | None = None
    """Why it could not be read; nothing else is told then."""


def find(connection: Connection, viewer: Viewer, record_id: str, exchange_id: str) -> StoredAt:
    """An exchange that shows a record, is evidence of its state or of where its short links led, or brought a
    file of it.

    Raises:
        NotFound: there is none, or not for this viewer: the two read the same.
    """
    account_id = finding.one(connection, record_id, viewer).account_id
    here = select(Occurrence.place).where(Occurrence.record_id == record_id, Occurrence.exchange_id == Exchange.id)
    file = exists().where(Medium.record_id == record_id, Medium.exchange_id == Exchange.id)
    query = stored(here.limit(1).scalar_subquery().label("place"))
    query = query.where(Exchange.id == exchange_id, Exchange.account_id == account_id)
    shows_links = exchange_id in followed.evidence(connection, record_id)
    if not shows_links and exchange_id not in _evidence(connection, record_id):
        query = query.where(or_(here.exists(), file))
    row = connection.execute(query).mappings().one_or_none()
    if row is None or not _may(connection, viewer, account_id, row):
        raise NotFound(NO_SUCH)
    return StoredAt(**row)


def stored(*more: ColumnElement[Any]) -> Select[Any]:
    """Exchanges with what :class:`StoredAt` knows of them, but for the place of a record."""
    names = ("id", "run_id", "method", "uri", "status", "received_at", "stream", "offset", "length")
    placed = ("facts_offset", "facts_length", "body_sha256", "commitment")
    columns = (getattr(Exchange, name) for name in (*names, *placed))
    key, sha256 = Segment.key.label("segment_key"), Segment.sha256.label("segment_sha256")
    of_segment = (key, sha256, Segment.version_id.label("segment_version"), Segment.access)
    return select(*columns, *of_segment, *more).join(Segment, Segment.id == Exchange.segment_id)


def _evidence(connection: Connection, record_id: str) -> set[str]:
    named = connection.execute(select(RecordState.evidence).where(RecordState.record_id == record_id)).scalars()
    return {one for some in named for one in some}


def _may(connection: Connection, viewer: Viewer, account_id: str, row: Any) -> bool:
    if row["stream"] == Stream.MESSAGES:
        return viewer.sees_all_of(account_id)
    return bool(open_among(connection, [row["id"]])) or viewer.sees_private_of(account_id)


def in_log(connection: Connection, exchange_id: str) -> InLog:
    """Where it stands in the signed log, and what covers it."""
    entry = select(Event.position).where(
        Event.subject_id == exchange_id, Event.type == EventType.EXCHANGE_ARCHIVED.value
    )
    position = connection.execute(entry.order_by(Event.position).limit(1)).scalar()
    if position is None:
        return InLog(None, None, ())
    sizes = select(LogCheckpoint.size).where(LogCheckpoint.size > position).order_by(LogCheckpoint.size)
    stamps: dict[str, datetime] = {}
    covering = select(Anchor.service, Anchor.time).where(Anchor.size > position).order_by(Anchor.size)
    for service, at in connection.execute(covering):
        stamps[service] = min(at, stamps.get(service, at))
    return InLog(position, connection.execute(sizes.limit(1)).scalar(), tuple(sorted(stamps.items())))


def show(archive: Archive, at: StoredAt) -> Shown:
    """Read an exchange back, checked, and set it out as text. One that is damaged, not there or too large is told as
    that.

    Raises:
        StoreUnavailable: try again later.
    """
    if at.size > READ:
        return _nothing("It is too large to be shown here; take it as a file.")
    place = (at.offset, at.length, at.facts_offset, at.facts_length)
    try:
        read = read_exchange(archive.store, at.segment_key, *place, at.segment_version)
    except (IntegrityError, NoSuchObject):
        return _nothing("It is not there as it was written. Run `archiver verify`; the log says what it was.")
    try:
        body = decoded(read.headers, read.body)
    except Undecodable:
        body = read.body
    facts = {name: value for name, value in read.facts.items() if name not in _SECRET}
    return Shown(
        None if read.request is None else _as_text(read.request),
        _as_text(read.response[: read.response_head]),
        _as_text(body[:SHOWN]),
        len(read.body),
        len(body) > SHOWN,
        _part(read, body, at.place),
        json.dumps(facts, indent=1, sort_keys=True, ensure_ascii=False),
    )


def raw(archive: Archive, at: StoredAt) -> Iterator[bytes]:
    """The exchange as it is stored: its WARC records, each a member of a gzip file."""
    with archive.store.open(at.segment_key, at.offset, at.size, at.segment_version) as stream:
        while piece := stream.read(_PIECE):
            yield piece


def _nothing(problem: str) -> Shown:
    return Shown(None, "", "", 0, False, None, "", problem)


def _as_text(content: bytes) -> str:
    return content.decode(errors="replace")


def _part(read: ReadExchange, body: bytes, place: str | None) -> str | None:
    """What stands at a JSON pointer (RFC 6901) of the body; None where nothing does."""
    if place is None or not place.startswith("/"):
        return None
    try:
        value = json.loads(body)
        for name in place[1:].split("/"):
            name = name.replace("~1", "/").replace("~0", "~")
            value = value[int(name)] if isinstance(value, list) else value[name]
    except (ValueError, LookupError, TypeError, RecursionError):
        return None
    said = json.dumps(value, indent=1, ensure_ascii=False)
    return said if len(said) <= SHOWN else None
