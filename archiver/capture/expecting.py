"""Which known records a look should have come upon, as far as the index knows."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, Row, Select, and_, case, func, select

from archiver.database import among, key_text, safe_text
from archiver.records.models import Record, RecordState
from archiver.records.stored import RECORD, chunks
from connectors.contract import RecordKind, RecordRef, State

_THREAD = Record.__table__.alias("thread")
_GONE = State.NOT_RETURNED.value
_AT_ONCE = 2000
_Found = Row[str, str, str, str | None, str | None, str | None, datetime, str | None]


@dataclass(frozen=True, slots=True)
class _Place:
    """Where a record stands in its thread."""

    parent: str | None
    gone: bool


def in_listing(connection: Connection, account: str, listing: str, since: datetime | None) -> Iterator[tuple[str, str]]:
    """Ids and keys of the records that belong to a listing and have not gone, one by one: a list may be as long as the
    account, and few of them are missing from it (:func:`refs`)."""
    query = _names(account).where(Record.listing == key_text(listing))
    if since is not None:
        query = query.where(Record.created_at > since)
    yield from map(tuple, connection.execute(query.execution_options(yield_per=_AT_ONCE)))


def in_thread(
    connection: Connection, account: str, listing: str, since: datetime | None, gone: Collection[str]
) -> dict[str, RecordRef]:
    """As :func:`in_listing`, for the list of a thread, without what was cut off from it: a platform that no longer
    returns a comment does not show what answers it either. ``gone``: ids that this run found gone."""
    query = _visible(account).where(Record.listing == key_text(listing))
    if since is not None:
        query = query.where(Record.created_at > since)
    found = {row.id: row for row in connection.execute(query)}
    places = {row.id: _Place(row.parent_id, row.id in gone) for row in found.values()}
    _climb(connection, places, gone)
    return {number: _ref(row) for number, row in found.items() if not _is_cut_off(number, places)}


def others(connection: Connection, account: str, seen: Collection[str]) -> list[RecordRef]:
    """Records that have not gone, without those whose keys are given."""
    rows = connection.execute(_names(account).execution_options(yield_per=_AT_ONCE))
    return refs(connection, [record_id for record_id, key in rows if key not in seen])


def refs(connection: Connection, record_ids: Sequence[str]) -> list[RecordRef]:
    """These records, in the order of their ids as given."""
    found = {
        row.id: _ref(row)
        for chunk in chunks(record_ids)
        for row in connection.execute(_refs().where(among(connection, RECORD.c.id, chunk)))
    }
    return [found[record_id] for record_id in record_ids if record_id in found]


def gone(connection: Connection, account: str) -> list[tuple[RecordRef, datetime, datetime]]:
    """Records that have gone, each with when it was first and when it was last found so."""
    last = select(func.max(RecordState.number)).where(RecordState.record_id == Record.id).correlate(Record)
    query = (
        _refs()
        .add_columns(RecordState.from_at, RecordState.last_at)
        .join(RecordState, and_(RecordState.record_id == Record.id, RecordState.number == last.scalar_subquery()))
        .where(Record.account_id == account, Record.state == _GONE, RecordState.state == _GONE)
    )
    return [(_ref(row), row.from_at, row.last_at) for row in connection.execute(query)]


def with_keys(connection: Connection, account: str, keys: Collection[str]) -> list[RecordRef]:
    """Those of the named records that have not gone."""
    query = _visible(account).where(Record.key.in_([safe_text(key) for key in keys]))
    return [_ref(row) for row in connection.execute(query)]


def standing(connection: Connection, account: str, own: str, most: int) -> list[RecordRef]:
    """Records that everybody saw when they were last seen, those that were seen last first, each with its author: of
    every kind at most so many that ``own`` wrote, and as many of other people."""
    mine = case((Record.author_id == own, 1), else_=0)
    place = func.row_number().over(partition_by=(Record.kind, mine), order_by=(Record.last_seen_at.desc(), Record.id))
    inner = (
        select(Record.id, place.label("place"))
        .where(Record.account_id == account, Record.state == State.VISIBLE.value)
        .subquery()
    )
    query = (
        _refs()
        .join(inner, inner.c.id == Record.id)
        .where(inner.c.place <= most)
        .order_by(Record.last_seen_at.desc(), Record.id)
    )
    return [_ref(row) for row in connection.execute(query)]


def settings_of_gone(
    connection: Connection, account: str, records: Iterable[RecordRef], gone: Collection[str]
) -> set[str]:
    """Keys of those records that are settings of what has gone. ``gone``: ids that this run found gone."""
    keys = [safe_text(ref.key) for ref in records if ref.kind is RecordKind.SETTINGS]
    of = Record.__table__.alias("of")
    query = (
        select(Record.key, of.c.id, of.c.state)
        .join(of, of.c.id == Record.parent_id)
        .where(Record.account_id == account, Record.kind == RecordKind.SETTINGS.value)
    )
    rows = [row for chunk in chunks(keys) for row in connection.execute(query.where(Record.key.in_(chunk)))]
    return {key for key, subject, state in rows if state == _GONE or subject in gone}


def last_seen(connection: Connection, account: str, keys: Collection[str]) -> dict[str, datetime]:
    """When each of the named records was last seen, those that have gone included."""
    query = select(Record.key, Record.last_seen_at).where(Record.account_id == account)
    found: dict[str, datetime] = {}
    for chunk in chunks(sorted({safe_text(key) for key in keys})):
        found |= {row.key: row.last_seen_at for row in connection.execute(query.where(Record.key.in_(chunk)))}
    return {key: found[safe_text(key)] for key in keys if safe_text(key) in found}


def profiles(connection: Connection, account: str) -> list[RecordRef]:
    """The account itself, where it is known as a record."""
    query = _visible(account).where(Record.kind == RecordKind.PROFILE.value)
    return [_ref(row) for row in connection.execute(query)]


def _visible(account: str) -> Select[str, str, str, str | None, str | None, str | None, datetime, str | None]:
    return _refs().where(Record.account_id == account, Record.state != _GONE)


def _names(account: str) -> Select[str, str]:
    return select(Record.id, Record.key).where(Record.account_id == account, Record.state != _GONE)


def _refs() -> Select[str, str, str, str | None, str | None, str | None, datetime, str | None]:
    return select(
        Record.id,
        Record.key,
        Record.kind,
        Record.url,
        Record.parent_id,
        _THREAD.c.key.label("thread"),
        Record.last_seen_at,
        Record.author_id,
    ).join(_THREAD, _THREAD.c.id == Record.thread_id, isouter=True)


def _ref(row: _Found) -> RecordRef:
    thread = row.thread if row.thread != row.key else None
    return RecordRef(row.key, RecordKind(row.kind), thread, row.url, row.last_seen_at, row.author_id)


def _climb(connection: Connection, places: dict[str, _Place], gone: Collection[str]) -> None:
    """Complete ``places`` with everything above what is in it."""
    missing = _parents(places.values()) - places.keys()
    while missing:
        query = select(Record.id, Record.parent_id, Record.state)
        rows = [row for part in chunks(missing) for row in connection.execute(query.where(Record.id.in_(part)))]
        places |= {row.id: _Place(row.parent_id, row.state == _GONE or row.id in gone) for row in rows}
        missing = _parents(places[row.id] for row in rows) - places.keys()


def _parents(places: Iterable[_Place]) -> set[str]:
    return {place.parent for place in places if place.parent is not None}


def _is_cut_off(number: str, places: Mapping[str, _Place]) -> bool:
    return any(places[above].gone for above in _above(number, places))


def _above(number: str, places: Mapping[str, _Place]) -> Iterator[str]:
    """What a record answers, what that answers, and so on, as far as it is known."""
    passed = {number}
    parent = places[number].parent
    while parent is not None and parent in places and parent not in passed:
        yield parent
        passed.add(parent)
        parent = places[parent].parent
