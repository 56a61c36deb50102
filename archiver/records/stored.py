"""What the index already holds of the records a batch concerns: a few queries for a whole batch."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from typing import Any, TypeVar

from sqlalchemy import ColumnElement, Connection, Row, Table, and_, select

from archiver import ids
from archiver.capture.models import Exchange, Run, Segment
from archiver.database import among
from archiver.records.models import Medium, Occurrence, Picture, Record, RecordState, Version
from archiver.records.states import Interval, Observation
from archiver.records.versions import Arrival, Current
from archiver.records.versions import Occurrence as Seen
from connectors.contract import AccessClass


def table(model: type[Any]) -> Table:
    """The Core table of a model."""
    found: Table = model.__table__
    return found


RECORD, OCCURRENCE, VERSION = table(Record), table(Occurrence), table(Version)
STATE, MEDIUM, PICTURE = table(RecordState), table(Medium), table(Picture)
_RECORD_COLUMNS = tuple(RECORD.c.keys())
_EXCHANGE, _RUN, _SEGMENT = table(Exchange), table(Run), table(Segment)
#: Segments that everybody may read: public exchanges, and the files of public records.
OPEN = (AccessClass.PUBLIC.value, AccessClass.MEDIA.value)
#: Occurrences, each with the number of the run that saw it, how it asked, and for whom the answer was.
_SEEN = (
    select(OCCURRENCE, _RUN.c.number.label("captured_by"), _EXCHANGE.c.method, _SEGMENT.c.access)
    .join(_EXCHANGE, _EXCHANGE.c.id == OCCURRENCE.c.exchange_id)
    .join(_RUN, _RUN.c.id == _EXCHANGE.c.run_id)
    .join(_SEGMENT, _SEGMENT.c.id == _EXCHANGE.c.segment_id)
)
_V, _LATEST = VERSION.alias("v"), OCCURRENCE.alias("o")
#: Records, each with as much of its version as the common case needs, and where its latest occurrence stands. Made
#: once: an alias makes all columns of its table anew.
_HELD = (
    select(
        RECORD,
        _V.c.scheme.label("v_scheme"),
        _V.c.content.label("v_content"),
        _V.c.as_of.label("v_as_of"),
        _V.c.first_seen_at.label("v_first_seen_at"),
        _V.c.last_seen_at.label("v_last_seen_at"),
        *(_V.c[name].label(f"v_{name}") for name in ("public", "public_first_at", "public_last_at")),
        _LATEST.c.arrival.label("o_arrival"),
        _LATEST.c.ordinal.label("o_ordinal"),
    )
    .join(_V, _V.c.id == RECORD.c.version_id)
    .join(_LATEST, and_(_LATEST.c.exchange_id == RECORD.c.exchange_id, _LATEST.c.position == RECORD.c.position))
)
_CHUNK = 400
_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class Held:
    """A record that is in the index."""

    row: dict[str, Any]
    current: Current
    latest: Arrival
    """Of its occurrence that arrived last."""
    first_seen_at: datetime | None
    """Of its current version."""
    last_seen_at: datetime | None
    """Of its current version."""
    public: bool
    """The same, and its times, of what everybody could see of its current version."""
    public_first_at: datetime | None
    public_last_at: datetime | None


@dataclass(frozen=True, slots=True)
class Reference:
    """A stored occurrence that an unchanged answer repeated."""

    exchange_id: str
    position: int
    record_id: str
    version_id: str
    state: str
    retrospective: bool
    partial: dict[str, Any] | None

    @property
    def shows(self) -> bool:
        """Whether it is a sight of its version (:func:`archiver.records.versions.shows`)."""
        return not self.retrospective and (self.partial is None or bool(self.partial["content"]))


def records(connection: Connection, record_ids: Iterable[str]) -> dict[str, Held]:
    """The rows of records, with as much of their versions as the common case needs."""
    found = {}
    for chunk in chunks(record_ids):
        for row in connection.execute(_HELD.where(among(connection, RECORD.c.id, chunk))):
            found[row.id] = _held(row)
    return found


def _held(row: Row[Any]) -> Held:
    columns = dict(zip(_RECORD_COLUMNS, row, strict=False))
    arrival = (row.o_arrival, row.o_ordinal, row.exchange_id, row.position)
    current = Current(row.v_scheme, row.v_content, row.v_as_of, row.last_seen_at, arrival)
    seen = (row.v_first_seen_at, row.v_last_seen_at, row.v_public, row.v_public_first_at, row.v_public_last_at)
    return Held(columns, current, arrival, *seen)


def references(connection: Connection, wanted: dict[str, set[int]]) -> list[Reference]:
    """The stored occurrences at positions of exchanges; what is not there (any more) is left out."""
    columns = [getattr(OCCURRENCE.c, name) for name in Reference.__slots__]
    found: list[Reference] = []
    for exchange_id, positions in wanted.items():
        for chunk in chunks(sorted(positions)):
            query = select(*columns).where(OCCURRENCE.c.exchange_id == exchange_id, OCCURRENCE.c.position.in_(chunk))
            found.extend(Reference(*row) for row in connection.execute(query))
    return found


def intervals(connection: Connection, record_ids: Collection[str]) -> dict[str, tuple[Interval, ...]]:
    """The state intervals of records."""
    names = ("state", "from_at", "last_at", "evidence", "public_from_at", "public_last_at")
    query = select(STATE.c.record_id, *(STATE.c[name] for name in names))
    found: dict[str, list[Interval]] = {}
    for chunk in chunks(record_ids):
        for row in connection.execute(
            query.where(STATE.c.record_id.in_(chunk)).order_by(STATE.c.record_id, STATE.c.number)
        ):
            found.setdefault(row.record_id, []).append(interval(row))
    return {record_id: tuple(listed) for record_id, listed in found.items()}


def in_public(exchange_id: ColumnElement[str]) -> ColumnElement[bool]:
    """Whether an exchange stands in a segment that everybody may read."""
    exchange, segment = _EXCHANGE.alias(), _SEGMENT.alias()
    joined = exchange.join(segment, segment.c.id == exchange.c.segment_id)
    found = select(exchange.c.id).select_from(joined).where(exchange.c.id == exchange_id, segment.c.access.in_(OPEN))
    return found.exists()


def open_among(connection: Connection, exchange_ids: Collection[str]) -> set[str]:
    """Which of these exchanges stand in segments that everybody may read."""
    if not exchange_ids:
        return set()
    these = among(connection, _EXCHANGE.c.id, [*exchange_ids])
    return set(connection.scalars(select(_EXCHANGE.c.id).where(these, in_public(_EXCHANGE.c.id))))


def interval(row: Row[Any]) -> Interval:
    """What a row of :data:`STATE` says."""
    return Interval(row.state, row.from_at, row.last_at, tuple(row.evidence), row.public_from_at, row.public_last_at)


def observations(connection: Connection, record_id: str) -> list[Observation]:
    """What the stored occurrences of a record show of its state, in order of arrival. One out of the platform's history
    only counts where it came first."""
    names = ("state", "observed_at", "last_seen_at", "seen_in_public_at", "exchange_id", "retrospective")
    query = (
        select(*(OCCURRENCE.c[name] for name in names), _SEGMENT.c.access.in_(OPEN).label("public"))
        .join(_EXCHANGE, _EXCHANGE.c.id == OCCURRENCE.c.exchange_id)
        .join(_SEGMENT, _SEGMENT.c.id == _EXCHANGE.c.segment_id)
        .where(OCCURRENCE.c.record_id == record_id)
        .order_by(OCCURRENCE.c.arrival, OCCURRENCE.c.ordinal, OCCURRENCE.c.exchange_id, OCCURRENCE.c.position)
    )
    found: list[Observation] = []
    for row in connection.execute(query):
        if not (row.retrospective and found):
            times = ((row.observed_at, bool(row.public)), (row.last_seen_at, False), (row.seen_in_public_at, True))
            found.extend(
                Observation(row.state, at, (row.exchange_id,), public) for at, public in times if at is not None
            )
    return found


def version_rows(connection: Connection, record_ids: Collection[str]) -> dict[str, dict[str, dict[str, Any]]]:
    """All version rows of records, by record and id."""
    found: dict[str, dict[str, dict[str, Any]]] = {}
    for chunk in chunks(record_ids):
        for row in connection.execute(select(VERSION).where(VERSION.c.record_id.in_(chunk))).mappings():
            found.setdefault(row["record_id"], {})[row["id"]] = dict(row)
    return found


@dataclass(frozen=True, slots=True)
class Placed:
    """A stored occurrence, and what its row says now."""

    occurrence: Seen
    version_id: str
    partial: dict[str, Any] | None


def occurrences(
    connection: Connection,
    record_ids: Collection[str],
    versions: dict[str, dict[str, dict[str, Any]]],
    seen_by: datetime | None = None,
) -> dict[str, list[Placed]]:
    """All stored occurrences of records, with their own content; or those that had been seen by a moment. ``versions``
    are the records' version rows."""
    found: dict[str, list[Placed]] = {}
    query = _SEEN if seen_by is None else _SEEN.where(OCCURRENCE.c.observed_at <= seen_by)
    for chunk in chunks(record_ids):
        for row in connection.execute(query.where(OCCURRENCE.c.record_id.in_(chunk))):
            found.setdefault(row.record_id, []).append(_placed(row, versions[row.record_id][row.version_id]))
    return {record_id: _carrying(record_id, placed) for record_id, placed in found.items()}


def _placed(row: Row[Any], version: dict[str, Any]) -> Placed:
    own = version if row.partial is None else row.partial
    occurrence = Seen(
        exchange_id=row.exchange_id,
        position=row.position,
        run_number=row.arrival,
        ordinal=row.ordinal,
        observed_at=row.observed_at,
        as_of=row.as_of,
        retrospective=row.retrospective,
        scheme=row.scheme,
        content=own["content"],
        text=own["text"],
        last_seen_at=row.last_seen_at,
        seen_in_public_at=row.seen_in_public_at,
        public=row.access in OPEN,
        late=row.arrival != row.captured_by or row.method is None,
    )
    return Placed(occurrence, row.version_id, row.partial)


def _carrying(record_id: str, placed: list[Placed]) -> list[Placed]:
    """A version keeps its id after the occurrence that gave it was disposed of: its earliest one left carries it."""
    given = {ids.version_id(record_id, one.occurrence.exchange_id, one.occurrence.position) for one in placed}
    earliest: dict[str, Placed] = {}
    for one in placed:
        first = earliest.get(one.version_id)
        if first is None or one.occurrence.arrival < first.occurrence.arrival:
            earliest[one.version_id] = one
    carriers = {id(one) for version_id, one in earliest.items() if version_id not in given}
    return [
        replace(one, occurrence=replace(one.occurrence, carries=one.version_id)) if id(one) in carriers else one
        for one in placed
    ]


def media(connection: Connection, record_ids: Collection[str]) -> dict[str, dict[str, Any]]:
    """The media rows of records, by id, as far as a sighting may change them."""
    query = select(MEDIUM.c.id, MEDIUM.c.kind, MEDIUM.c.url, MEDIUM.c.alt_text)
    found = {}
    for chunk in chunks(record_ids):
        for row in connection.execute(query.where(MEDIUM.c.record_id.in_(chunk))).mappings():
            found[row["id"]] = dict(row)
    return found


def chunks(values: Iterable[_T], size: int = _CHUNK) -> Iterator[list[_T]]:
    """Lists of at most ``size``: databases limit how many values one statement may name."""
    iterator = iter(values)
    while chunk := list(islice(iterator, size)):
        yield chunk
