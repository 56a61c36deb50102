"""What the archive had seen of records by a moment, out of the index (:mod:`archiver.records.moments`)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from archiver.records import stored
from archiver.records.moments import Sight, named_as_now, seen_in, states_at, versions_at
from archiver.records.states import Interval
from archiver.records.stored import OCCURRENCE, chunks
from archiver.records.versions import Occurrence, Version, shows
from archiver.records.withheld import open_among
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
    intervals, sights = stored.intervals(connection, record_ids), _sights(connection, record_ids, at)
    found = {
        record_id: Known(
            _versions(record_id, placed.get(record_id, ()), at),
            states_at(intervals.get(record_id, ()), _seen(sights[record_id], at), at),
        )
        for record_id in record_ids
    }
    return _public(connection, found, sights, at) if public else found


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


def _public(
    connection: Connection, found: Mapping[str, Known], sights: Mapping[str, Sequence[Row[Any]]], at: datetime
) -> dict[str, Known]:
    """Of each what everybody could see, counted as it is shown; and of its evidence no exchange that is closed."""
    ids = {row.exchange_id for rows in sights.values() for row in rows}
    ids |= {each for one in found.values() for state in one.states for each in state.evidence}
    open_ids = open_among(connection, ids)
    shown = {key: [*_seen_in_public(rows, open_ids, at)] for key, rows in sights.items()}
    return {key: _seen_by_all(one, open_ids, shown.get(key, [])) for key, one in found.items()}


def _seen_in_public(rows: Iterable[Row[Any]], open_ids: Collection[str], at: datetime) -> Iterable[Sight]:
    for row in rows:
        if row.exchange_id in open_ids:
            times = (one for one in (row.observed_at, row.seen_in_public_at) if one is not None and one <= at)
            yield from (Sight(row.state, one) for one in times)


def _seen_by_all(one: Known, open_ids: Collection[str], sights: Sequence[Sight]) -> Known:
    shown = {sight.state for sight in sights}
    versions = [each for each in one.versions if _said_to_all(each, open_ids)]
    states = [
        replace(each, evidence=named)
        for each in one.states
        for named in [tuple(name for name in each.evidence if name in open_ids)]
        if named or each.state in shown or each.state == State.VISIBLE.value
    ]
    versions = [_as_all_saw(each, open_ids) for each in versions]  # times, too: of what everybody saw
    return Known(
        tuple(replace(each, number=number) for number, each in enumerate(versions, 1)), seen_in(states, sights)
    )


def _said_to_all(version: Version, open_ids: Collection[str]) -> list[Occurrence]:
    """The occurrences that everybody could see of what a version says."""
    public = (each for each in version.members if each.exchange_id in open_ids)
    return [each for each in public if shows(each, version.scheme, version.content)]


def _as_all_saw(version: Version, open_ids: Collection[str]) -> Version:
    seen = (each for each in version.members if each.exchange_id in open_ids)
    members = tuple(replace(each, last_seen_at=each.seen_in_public_at) for each in seen)
    live = [each for each in members if not each.retrospective and shows(each, version.scheme, version.content)]
    first = min((each.observed_at for each in live), default=None)
    last = max((each.seen_until for each in live), default=None)
    return replace(version, members=members, first_seen_at=first, last_seen_at=last)
