"""A record as it was known at a moment. Pure.

Known at a moment is what the archive had seen by then: the answers it had received, by its own clock. So a version that
the platform dates earlier, and that was seen later, is not known yet; what arrived in the index late (an adopted
segment) counts from when it was seen. The versions are those that :func:`archiver.records.versions.versions` gives for
the sights there were: read as of now, a record is what it is; read as of an earlier moment, it never says more than it
does later.

Of answers that repeated what was stored, only the last is kept. So *seen until* is, as of an earlier moment, the last
sight that is stored: it may have been seen so later, and never earlier.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from archiver.records.states import Interval
from archiver.records.versions import Occurrence, Version, versions


@dataclass(frozen=True, slots=True)
class Sight:
    """That a record was seen in a state."""

    state: str
    at: datetime


def seen_by(occurrences: Iterable[Occurrence], at: datetime) -> list[Occurrence]:
    """The sights there were at a moment."""
    return [_until(one, at) for one in occurrences if one.observed_at <= at]


def versions_at(record_id: str, occurrences: Iterable[Occurrence], at: datetime) -> tuple[Version, ...]:
    """What a record had said by a moment, as far as it was seen; nothing where it had not been seen yet."""
    return versions(record_id, seen_by(occurrences, at))


def states_at(intervals: Sequence[Interval], sights: Iterable[Sight], at: datetime) -> tuple[Interval, ...]:
    """The states a record had been seen in by a moment. ``sights`` tell how long it was known to be in the last one."""
    known = [one for one in intervals if one.from_at <= at]
    if known and known[-1].last_at > at:
        last = known[-1]
        times = (one.at for one in sights if one.state == last.state and last.from_at <= one.at <= at)
        known[-1] = replace(last, last_at=max([last.from_at, *times]))
    return tuple(known)


def span_seen(state: str, from_at: datetime, last_at: datetime, sights: Iterable[Sight]) -> tuple[datetime, datetime]:
    """From when to when some of the sights show a state, within the time in which all of them together do. As it was,
    where none of them does: then it was concluded, and not seen."""
    times = [one.at for one in sights if one.state == state and from_at <= one.at <= last_at]
    return (min(times), max(times)) if times else (from_at, last_at)


def _until(one: Occurrence, at: datetime) -> Occurrence:
    return replace(one, last_seen_at=_by(one.last_seen_at, at), seen_in_public_at=_by(one.seen_in_public_at, at))


def _by(seen: datetime | None, at: datetime) -> datetime | None:
    return None if seen is None or seen > at else seen
