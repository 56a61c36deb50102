"""What the archive knows of the records an answer shows: from the index, and from the batch not yet committed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from sqlalchemy import Connection, and_, bindparam, select

from archiver import ids
from archiver.records.choice import KnownInPublic, KnownRecord, KnownSight, KnownTimed, KnownVersion, learn
from archiver.records.contents import Content
from archiver.records.stored import MEDIUM, OCCURRENCE, RECORD, VERSION, chunks, in_public, open_among
from connectors.contract import AccessClass, Ask, Reading, SeenRecord, State

_QUERY = (
    select(
        RECORD.c.id,
        RECORD.c.state,
        RECORD.c.access,
        RECORD.c.thread_id,
        RECORD.c.counted,
        RECORD.c.exchange_id.label("last_exchange_id"),
        RECORD.c.position.label("last_position"),
        VERSION.c.id.label("version_id"),
        VERSION.c.scheme,
        VERSION.c.content,
        VERSION.c.as_of,
        VERSION.c.first_seen_at,
        VERSION.c.exchange_id,
        VERSION.c.position,
        OCCURRENCE.c.as_of.label("reference_as_of"),
        OCCURRENCE.c.state.label("reference_state"),
        OCCURRENCE.c.partial.label("reference_partial"),
    )
    .join(VERSION, VERSION.c.record_id == RECORD.c.id)
    .join(
        OCCURRENCE,
        and_(OCCURRENCE.c.exchange_id == VERSION.c.exchange_id, OCCURRENCE.c.position == VERSION.c.position),
    )
    .where(RECORD.c.id.in_(bindparam("record_ids", expanding=True)))
    .order_by(RECORD.c.id, VERSION.c.number)
)
_LAST = (
    select(*(OCCURRENCE.c[name] for name in ("record_id", "exchange_id", "position", "version_id", "retrospective")))
    .add_columns(*(OCCURRENCE.c[name] for name in ("scheme", "as_of", "state", "partial")))
    .join(RECORD, and_(RECORD.c.exchange_id == OCCURRENCE.c.exchange_id, RECORD.c.position == OCCURRENCE.c.position))
    .where(RECORD.c.id.in_(bindparam("record_ids", expanding=True)))
)
_IN_PUBLIC = (
    select(*(OCCURRENCE.c[name] for name in ("record_id", "exchange_id", "position", "version_id", "retrospective")))
    .add_columns(*(OCCURRENCE.c[name] for name in ("scheme", "state", "partial", "as_of")))
    .where(OCCURRENCE.c.record_id.in_(bindparam("record_ids", expanding=True)), in_public(OCCURRENCE.c.exchange_id))
    .order_by(OCCURRENCE.c.arrival, OCCURRENCE.c.ordinal, OCCURRENCE.c.exchange_id, OCCURRENCE.c.position)
)
_TIMED = (
    select(*(OCCURRENCE.c[name] for name in ("record_id", "version_id", "exchange_id", "position", "as_of", "state")))
    .add_columns(OCCURRENCE.c.partial)
    .where(OCCURRENCE.c.record_id.in_(bindparam("record_ids", expanding=True)), OCCURRENCE.c.as_of.is_not(None))
    .where(~OCCURRENCE.c.retrospective)
    .order_by(OCCURRENCE.c.arrival, OCCURRENCE.c.ordinal, OCCURRENCE.c.exchange_id, OCCURRENCE.c.position)
)
_MEDIA = select(MEDIUM.c.record_id, MEDIUM.c.id).where(MEDIUM.c.record_id.in_(bindparam("record_ids", expanding=True)))


def known(connection: Connection, account_id: str, keys: Iterable[str]) -> dict[str, KnownRecord]:
    """What the index knows of an account's records, by the connector's key; unknown keys are left out. Three queries
    for a page of keys, and one more each for those whose last occurrence shows less than what they say, for those that
    are shown with a time and without, and for those of which not everybody could see all."""
    names = {ids.record_id(account_id, key): key for key in keys}
    found: dict[str, list[Any]] = {}
    media: dict[str, set[str]] = {}
    for chunk in chunks(names):
        for row in connection.execute(_QUERY, {"record_ids": chunk}):
            found.setdefault(row.id, []).append(row)
        if found:
            for medium in connection.execute(_MEDIA, {"record_ids": chunk}):
                media.setdefault(medium.record_id, set()).add(medium.id)
    last = _last(connection, found)
    timed = _timed(connection, found)
    shown = _shown(connection, found, last, timed)
    return {
        names[record_id]: KnownRecord(
            record_id,
            names[record_id],
            rows[0].state,
            tuple(_version(row, *shown.get(row.version_id, (None, ())), timed.get(row.version_id)) for row in rows),
            frozenset(media.get(record_id, ())),
            rows[0].access == AccessClass.PUBLIC,
            rows[0].thread_id != record_id,
            rows[0].counted,
            last.get(record_id),
        )
        for record_id, rows in found.items()
    }


def _last(connection: Connection, found: Mapping[str, list[Any]]) -> dict[str, KnownSight]:
    """The occurrences that arrived last, of records of which it is not what an unchanged answer repeats: nothing is
    asked of a sight that is. None of those that came out of the platform's history."""
    others = [record_id for record_id, rows in found.items() if not any(map(_is_reference, rows))]
    sights = {}
    for chunk in chunks(others):
        for row in connection.execute(_LAST, {"record_ids": chunk}):
            versions = found[row.record_id]
            index = next((number for number, one in enumerate(versions) if one.version_id == row.version_id), None)
            if index is not None and not row.retrospective:
                sights[row.record_id] = KnownSight(
                    version=index,
                    scheme=row.scheme,
                    content=versions[index].content if row.partial is None else row.partial["content"],
                    exchange_id=row.exchange_id,
                    position=row.position,
                    as_of=row.as_of,
                    state=row.state,
                )
    return sights


_Shown = tuple[Content | None, tuple[KnownInPublic, ...]]


def _timed(connection: Connection, found: Mapping[str, list[Any]]) -> dict[str, KnownTimed]:
    """Of versions that are known with a time and whose reference has none: the latest that has one, by their id."""
    mixed = {record_id for record_id, rows in found.items() for row in rows if _may_be_timed(row)}
    timed = {}
    for chunk in chunks(mixed):
        for row in connection.execute(_TIMED, {"record_ids": chunk}):
            if row.partial is None:
                timed[row.version_id] = KnownTimed(row.exchange_id, row.position, row.as_of, row.state)
    return {row.version_id: timed[row.version_id] for rows in found.values() for row in rows
            if _may_be_timed(row) and row.version_id in timed}  # fmt: skip


def _may_be_timed(row: Any) -> bool:
    return row.reference_as_of is None and row.as_of is not None and row.first_seen_at is not None


def _shown(
    connection: Connection,
    found: Mapping[str, list[Any]],
    last: Mapping[str, KnownSight],
    timed: Mapping[str, KnownTimed],
) -> dict[str, _Shown]:
    """What everybody could see of each version, and where, by its id. Where that is all there is, its reference is
    enough."""
    places = {row.exchange_id for rows in found.values() for row in rows} | {one.exchange_id for one in last.values()}
    open_ids = open_among(connection, places)
    shown: dict[str, _Shown] = {}
    mixed = []
    for record_id, rows in found.items():
        in_part = any(row.exchange_id not in open_ids or row.reference_partial is not None for row in rows)
        if record_id in last or in_part or any(row.version_id in timed for row in rows):
            mixed.append(record_id)
        else:
            shown |= {row.version_id: _reference(row) for row in rows}
    for chunk in chunks(mixed):
        versions = {row.version_id: row for record_id in chunk for row in found[record_id]}
        for row in connection.execute(_IN_PUBLIC, {"record_ids": chunk}):
            shown[row.version_id] = _with(shown.get(row.version_id, (None, ())), row, versions[row.version_id])
    return shown


def _reference(row: Any) -> _Shown:
    """The same of a version whose reference is public and shows all of it."""
    words = row.first_seen_at is not None
    return row.content, (KnownInPublic(row.exchange_id, row.position, row.reference_state, words, row.reference_as_of),)


def _with(shown: _Shown, row: Any, version: Any) -> _Shown:
    """The same with one more occurrence."""
    said, places = shown
    own = version.content if row.partial is None else row.partial["content"]
    if row.scheme == version.scheme and (own or not version.content):
        said = {**(said or {}), **own}
    words = not row.retrospective and (bool(own) or row.partial is None)
    return said, (*places, KnownInPublic(row.exchange_id, row.position, row.state, words, row.as_of))


def _is_reference(row: Any) -> bool:
    """Whether what an unchanged answer repeats of a version that was seen is what arrived last."""
    is_last = row.exchange_id == row.last_exchange_id and row.position == row.last_position
    return bool(is_last and row.first_seen_at is not None)


def _version(
    row: Any, said: Content | None, shown: tuple[KnownInPublic, ...], timed: KnownTimed | None
) -> KnownVersion:
    return KnownVersion(
        scheme=row.scheme,
        content=row.content,
        as_of=row.as_of,
        seen=row.first_seen_at is not None,
        exchange_id=row.exchange_id,
        position=row.position,
        reference_as_of=row.reference_as_of,
        reference_state=row.reference_state,
        said=said,
        shown=shown,
        timed=timed,
    )


#: A sight that the batch will store (the record, its exchange, its place in it, what was asked), and what was known
#: before it from the index.
_Told = tuple[SeenRecord, str, int, Ask, KnownRecord | None]


class Known:
    """What is known while a batch is filled: the index, overlaid with what the batch itself will store. A fresh one is
    made after every commit, and whenever a batch was given up."""

    def __init__(self, account_id: str) -> None:
        self._account_id = account_id
        self._overlay: dict[str, KnownRecord] = {}
        self._told: dict[str, list[_Told]] = {}
        """Not in the overlay yet: most records are never asked for again in their batch."""

    def of(self, connection: Connection, keys: Iterable[str]) -> dict[str, KnownRecord]:
        """What is known of these keys; unknown ones are left out."""
        wanted = dict.fromkeys(keys)
        overlaid = {key: record for key in wanted if (record := self._overlaid(key)) is not None}
        return known(connection, self._account_id, [key for key in wanted if key not in overlaid]) | overlaid

    def learn(self, exchange_id: str, ask: Ask, reading: Reading, before: Mapping[str, KnownRecord]) -> None:
        """The batch will store this answer; ``before`` is what :meth:`of` said of its records."""
        for position, seen in enumerate(reading.records):
            self._told.setdefault(seen.key, []).append((seen, exchange_id, position, ask, before.get(seen.key)))

    def concluded(self, key: str, state: State, before: Mapping[str, KnownRecord]) -> None:
        """The batch will conclude that a record is in this state."""
        record = self._overlaid(key) or before.get(key)
        if record is not None:
            self._overlay[key] = replace(record, state=state.value)

    def _overlaid(self, key: str) -> KnownRecord | None:
        """What is known of a record from the batch, where it says anything."""
        record = self._overlay.get(key)
        for seen, exchange_id, position, ask, before in self._told.pop(key, ()):
            record_id = ids.record_id(self._account_id, key)
            record = self._overlay[key] = learn(record or before, seen, record_id, exchange_id, position, ask)
        return record
