"""What was seen of a record's visibility, from when to when. Pure.

An observation is one sight: an answer that showed the record in some state, or a conclusion the engine drew and wrote
down (*not returned*, law R16). An interval is a stretch of observations of one state with none of another between them.
Only its ends are kept, so an observation that falls strictly inside an interval and contradicts it (it can: an adopted
segment arrives late) cuts it back to its ends. An interval never claims more than was seen.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Observation:
    state: str
    at: datetime
    evidence: tuple[str, ...]
    """Ids of the exchanges that show it."""


@dataclass(frozen=True, slots=True)
class Interval:
    state: str
    from_at: datetime
    last_at: datetime
    evidence: tuple[str, ...]
    """Of the observation it begins with."""


def intervals(observations: Iterable[Observation]) -> tuple[Interval, ...]:
    """The intervals of one record, in order of time."""
    found: tuple[Interval, ...] = ()
    for observation in sorted(observations, key=lambda one: one.at):
        found = observe(found, observation)
    return found


def observe(known: Sequence[Interval], seen: Observation) -> tuple[Interval, ...]:
    """The intervals after one more observation, which may come late."""
    index = bisect_right(known, seen.at, key=lambda interval: interval.from_at) - 1
    before, after = tuple(known[: max(index, 0)]), tuple(known[index + 1 :])
    if index < 0:
        return _before(after, seen)
    current = known[index]
    if current.state == seen.state:
        return (*before, replace(current, last_at=max(current.last_at, seen.at)), *after)
    if seen.at < current.last_at:
        end = replace(current, from_at=current.last_at)
        return (*before, replace(current, last_at=current.from_at), _begin(seen), end, *after)
    return (*before, current, *_before(after, seen))


def _before(after: tuple[Interval, ...], seen: Observation) -> tuple[Interval, ...]:
    """Put an observation in front of the interval it may belong to."""
    if after and after[0].state == seen.state:
        return (replace(after[0], from_at=seen.at, evidence=seen.evidence), *after[1:])
    return (_begin(seen), *after)


def _begin(seen: Observation) -> Interval:
    return Interval(seen.state, seen.at, seen.at, seen.evidence)
