"""One record as people look at it: what it says and said, its states, its files, its thread, and where it is stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, select

from archiver.capture.models import Exchange, Segment
from archiver.errors import NotFound
from archiver.records.models import Medium, Occurrence, Record, RecordState, Version

#: Most occurrences shown of one record, newest first, and most records of one thread.
MOST_PLACES = 100
MOST_IN_THREAD = 500
_DEEPEST = 12


@dataclass(frozen=True, slots=True)
class VersionView:
    """What a record said, from when to when it was seen so."""

    id: str
    number: int
    text: str
    content: Any
    scheme: int
    as_of: datetime | None
    first_seen_at: datetime | None
    last_seen_at: datetime | None


@dataclass(frozen=True, slots=True)
class StateView:
    number: int
    state: str
    from_at: datetime
    last_at: datetime
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MediumView:
    id: str
    kind: str
    url: str
    alt_text: str | None
    state: str
    reason: str | None
    content_type: str | None
    sha256: str | None
    size: int | None
    exchange_id: str | None


@dataclass(frozen=True, slots=True)
class PlaceView:
    """One occurrence: where in which stored object the record is."""

    exchange_id: str
    place: str
    version_id: str
    observed_at: datetime
    uri: str
    segment: str
    offset: int
    length: int
    block_sha256: str
    body_sha256: str
    commitment: str
    reader: str
    scheme: int
    run_id: str


@dataclass(frozen=True, slots=True)
class RecordView:
    """A record with everything the index knows of it."""

    id: str
    account_id: str
    key: str
    kind: str
    access: str
    word: str | None
    author_name: str | None
    author_handle: str | None
    url: str | None
    created_at: datetime | None
    first_seen_at: datetime
    last_seen_at: datetime
    state: str
    counts: dict[str, int]
    thread_id: str
    parent_id: str | None
    versions: tuple[VersionView, ...]
    states: tuple[StateView, ...]
    media: tuple[MediumView, ...]
    places: tuple[PlaceView, ...]
    """Newest first, at most :data:`MOST_PLACES`."""

    @property
    def text(self) -> str:
        """What it says now, or said last."""
        return self.versions[-1].text if self.versions else ""


@dataclass(frozen=True, slots=True)
class InThread:
    """One record of a thread, as deep as it answers."""

    id: str
    kind: str
    author_name: str | None
    author_handle: str | None
    at: datetime
    state: str
    versions: int
    text: str
    depth: int
    parent_id: str | None


def view(connection: Connection, record_id: str) -> RecordView:
    """One record.

    Raises:
        NotFound: there is none.
    """
    row = connection.execute(select(*Record.__table__.columns).where(Record.id == record_id)).one_or_none()
    if row is None:
        raise NotFound("there is no such record in this archive; `archiver search` finds records and says their ids")
    own = {name: getattr(row, name) for name in _OWN}
    return RecordView(
        **own,
        versions=tuple(_as(VersionView, one) for one in connection.execute(_of(Version, record_id, Version.number))),
        states=tuple(_state(one) for one in connection.execute(_of(RecordState, record_id, RecordState.number))),
        media=tuple(_as(MediumView, one) for one in connection.execute(_of(Medium, record_id, Medium.key))),
        places=tuple(_as(PlaceView, one) for one in connection.execute(_places(record_id))),
    )


def thread(connection: Connection, thread_id: str) -> list[InThread]:
    """The records of a thread: each below what it answers, in order of time; at most :data:`MOST_IN_THREAD`."""
    query = (
        select(*Record.__table__.columns, Version.text)
        .join(Version, Version.id == Record.version_id)
        .where((Record.thread_id == thread_id) | (Record.id == thread_id))
        .order_by(Record.created_at, Record.first_seen_at, Record.id)
        .limit(MOST_IN_THREAD)
    )
    rows = {row.id: row for row in connection.execute(query)}
    parents = {row.id: row.parent_id if row.id != thread_id else None for row in rows.values()}
    return [_in_thread(rows[record_id], min(depth, _DEEPEST)) for record_id, depth in in_order(parents)]


def in_order(parents: Mapping[str, str | None]) -> list[tuple[str, int]]:
    """Ids and depths, each id below its parent, otherwise in the order given. A parent that is not there, or that leads
    in a circle, counts as none. Pure."""
    children: dict[str, list[str]] = {}
    roots = []
    for record_id, parent in parents.items():
        if parent is None or parent not in parents:
            roots.append(record_id)
        else:
            children.setdefault(parent, []).append(record_id)
    found: dict[str, int] = {}
    # Walked with a list of our own: a thread may be deeper than Python's stack. Circles are reached last, by name.
    left = [(record_id, 0) for record_id in reversed([*roots, *parents])]
    while left:
        record_id, depth = left.pop()
        if record_id not in found:
            found[record_id] = depth
            left += [(child, depth + 1) for child in reversed(children.get(record_id, []))]
    return list(found.items())


_OWN = tuple(name for name in RecordView.__dataclass_fields__ if name not in ("versions", "states", "media", "places"))


def _of(table: Any, record_id: str, order: Any) -> Select[Any]:
    return select(*table.__table__.columns).where(table.record_id == record_id).order_by(order)


def _places(record_id: str) -> Select[Any]:
    columns = [getattr(Exchange, name) for name in ("uri", "offset", "length", "block_sha256", "body_sha256")]
    columns += [Exchange.commitment, Exchange.reader, Exchange.run_id, Segment.key.label("segment")]
    return (
        select(*Occurrence.__table__.columns, *columns)
        .join(Exchange, Exchange.id == Occurrence.exchange_id)
        .join(Segment, Segment.id == Exchange.segment_id)
        .where(Occurrence.record_id == record_id)
        .order_by(Occurrence.observed_at.desc(), Occurrence.exchange_id, Occurrence.position)
        .limit(MOST_PLACES)
    )


def _as(kind: Any, row: Row[Any]) -> Any:
    return kind(**{name: getattr(row, name) for name in kind.__dataclass_fields__})


def _state(row: Row[Any]) -> StateView:
    return StateView(row.number, row.state, row.from_at, row.last_at, tuple(row.evidence or ()))


def _in_thread(row: Any, depth: int) -> InThread:
    return InThread(
        id=row.id,
        kind=row.kind,
        author_name=row.author_name,
        author_handle=row.author_handle,
        at=row.created_at or row.first_seen_at,
        state=row.state,
        versions=row.versions,
        text=row.text,
        depth=depth,
        parent_id=row.parent_id,
    )
