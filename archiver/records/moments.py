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

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from archiver import ids
from archiver.records.states import Interval
from archiver.records.versions import Arrival, Occurrence, Version, versions


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


def named_as_now(record_id: str, found: Sequence[Version], homes: Mapping[Arrival, str]) -> tuple[Version, ...]:
    """The same with the ids by which their words are known now: what was learnt since may have taken a sight without
    words, and so the id that it would have given, to another version.

    Args:
        homes: arrival of an occurrence → id of the version that it stands in now.
    """
    own = {
        each.arrival: ids.version_id(record_id, each.exchange_id, each.position)
        for one in found
        for each in one.members
    }

    def yields(one: Version) -> tuple[bool, bool]:
        """What says nothing takes no id of what says something, and nothing one from whoever gave it."""
        return not one.content, not any(homes[each.arrival] == own[each.arrival] for each in one.members)

    named: dict[int, str] = {}
    for one in sorted(found, key=yields):
        members = sorted(one.members, key=lambda each: (-each.scheme, -len(each.content), each.arrival))
        may = [*(homes[each.arrival] for each in members), one.id, *(own[each.arrival] for each in members)]
        named[one.number] = next((id_ for id_ in may if id_ not in named.values()), one.id)
    return tuple(replace(one, id=named[one.number]) for one in found)


def states_at(intervals: Sequence[Interval], sights: Iterable[Sight], at: datetime) -> tuple[Interval, ...]:
    """The states a record had been seen in by a moment. ``sights`` tell how long it was known to be in the last one."""
    known = [one for one in intervals if one.from_at <= at]
    if known and known[-1].last_at > at:
        last = known[-1]
        times = (one.at for one in sights if one.state == last.state and last.from_at <= one.at <= at)
        known[-1] = replace(last, last_at=max([last.from_at, *times]))
    return tuple(known)


def _until(one: Occurrence, at: datetime) -> Occurrence:
    return replace(one, last_seen_at=_by(one.last_seen_at, at), seen_in_public_at=_by(one.seen_in_public_at, at))


def _by(seen: datetime | None, at: datetime) -> datetime | None:
    return None if seen is None or seen > at else seen
