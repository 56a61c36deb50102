"""What the archive had seen of records by a moment, out of the index (:mod:`archiver.records.moments`)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from archiver.records import stored
from archiver.records.as_all_saw import public_only
from archiver.records.moments import Sight, named_as_now, states_at, versions_at
from archiver.records.states import Interval, in_public
from archiver.records.stored import OCCURRENCE, chunks, open_among
from archiver.records.versions import Version
from connectors.contract import State


@dataclass(frozen=True, slots=True)
class Known:
    """What was known of one record."""

    versions: tuple[Version, ...]
    states: tuple[Interval, ...]

    @property
    def state(self) -> str:
        """What it was last seen in."""
        return self.states[-1].state if self.states else State.VISIBLE.value

    @property
    def seen_until(self) -> datetime | None:
        """The last sight of it by then that is stored. That it was looked for and not found is no sight."""
        sights = (one for version in self.versions for one in version.members if not one.retrospective)
        return max((one.seen_until for one in sights), default=None)


def known(
    connection: Connection, record_ids: Collection[str], at: datetime, *, public: bool = False
) -> dict[str, Known]:
    """What had been seen of records by ``at``. ``public``: of it what everybody could see, as
    :mod:`archiver.records.withheld` says it."""
    rows = stored.version_rows(connection, record_ids)
    placed = stored.occurrences(connection, record_ids, rows, seen_by=at)
    if public:
        placed = {one: public_only(seen) for one, seen in placed.items()}
    intervals, sights = stored.intervals(connection, record_ids), _sights(connection, record_ids, at)
    versions = {record_id: _versions(record_id, placed.get(record_id, ()), at) for record_id in record_ids}
    if not public:
        return {
            one: Known(versions[one], states_at(intervals.get(one, ()), _seen(sights[one], at), at))
            for one in record_ids
        }
    shown = {one: in_public(intervals.get(one, ())) for one in record_ids}
    open_ids = _open_among(connection, sights, shown)
    return {
        one: Known(
            versions[one],
            _proven(states_at(shown[one], _seen_in_public(sights[one], open_ids, at), at), open_ids),
        )
        for one in record_ids
    }


def _versions(record_id: str, placed: Sequence[stored.Placed], at: datetime) -> tuple[Version, ...]:
    found = versions_at(record_id, (one.occurrence for one in placed), at)
    return named_as_now(record_id, found, {one.occurrence.arrival: one.version_id for one in placed})


def _sights(connection: Connection, record_ids: Collection[str], at: datetime) -> Mapping[str, Sequence[Row[Any]]]:
    names = ("record_id", "exchange_id", "state", "observed_at", "last_seen_at", "seen_in_public_at")
    query = select(*(OCCURRENCE.c[name] for name in names)).where(OCCURRENCE.c.observed_at <= at)
    found: defaultdict[str, list[Row[Any]]] = defaultdict(list)
    for chunk in chunks(record_ids):
        for row in connection.execute(query.where(OCCURRENCE.c.record_id.in_(chunk))):
            found[row.record_id].append(row)
    return found


def _seen(rows: Iterable[Row[Any]], at: datetime) -> Iterable[Sight]:
    for row in rows:
        times = (one for one in (row.observed_at, row.last_seen_at) if one is not None and one <= at)
        yield from (Sight(row.state, one) for one in times)


def _open_among(
    connection: Connection,
    sights: Mapping[str, Sequence[Row[Any]]],
    states: Mapping[str, Sequence[Interval]],
) -> set[str]:
    ids = {row.exchange_id for rows in sights.values() for row in rows}
    return open_among(connection, ids | {each for some in states.values() for one in some for each in one.evidence})


def _proven(states: Iterable[Interval], open_ids: Collection[str]) -> tuple[Interval, ...]:
    """With no exchange among their evidence that is closed."""
    return tuple(replace(one, evidence=tuple(each for each in one.evidence if each in open_ids)) for one in states)


def _seen_in_public(rows: Iterable[Row[Any]], open_ids: Collection[str], at: datetime) -> Iterable[Sight]:
    for row in rows:
        if row.exchange_id in open_ids:
            times = (one for one in (row.observed_at, row.seen_in_public_at) if one is not None and one <= at)
            yield from (Sight(row.state, one) for one in times)
