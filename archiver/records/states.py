"""What was seen of a record's visibility, from when to when. Pure.

An observation is one sight: an answer that showed the record in some state, or a conclusion the engine drew and wrote
down (*not returned*, law R16). An interval is a stretch of observations of one state with none of another between them.
Only its ends are kept. So an observation that comes late (an adopted segment) and contradicts the middle of an interval
needs the observations again, as far as they are stored: see :func:`cuts`. Of unchanged answers only the last sight is
stored, so the later half may then begin later than it was seen. An interval never claims more than was seen.
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
    """The intervals after one more observation, which may come late but must not cut (see :func:`cuts`). At one
    instant two states may be seen, in the order told; each counts once."""
    if not known:
        return (Interval(seen.state, seen.at, seen.at, seen.evidence),)
    if _covered(known, seen):
        return tuple(known)
    index = _before(known, seen)
    before, after = tuple(known[: index + 1]), tuple(known[index + 1 :])
    if before and before[-1].state == seen.state:
        last = before[-1]
        return (*before[:-1], replace(last, last_at=max(last.last_at, seen.at)), *after)
    if after and after[0].state == seen.state:
        return (*before, replace(after[0], from_at=seen.at, evidence=seen.evidence), *after[1:])
    return (*before, Interval(seen.state, seen.at, seen.at, seen.evidence), *after)


def cuts(known: Sequence[Interval], seen: Observation) -> bool:
    """Whether an observation contradicts an interval it falls into. Then the intervals are made again, by
    :func:`intervals`, from their :func:`ends`, from what is stored beside them, and from this observation."""
    if not known:
        return False
    index = -1 if _covered(known, seen) else _before(known, seen)
    return index >= 0 and known[index].state != seen.state and seen.at < known[index].last_at


def ends(known: Iterable[Interval]) -> list[Observation]:
    """The observations that intervals still hold."""
    return [Observation(one.state, when, one.evidence) for one in known for when in (one.from_at, one.last_at)]


def _covered(known: Sequence[Interval], seen: Observation) -> bool:
    """Whether an interval says it already."""
    return any(one.state == seen.state and one.from_at <= seen.at <= one.last_at for one in known)


def _before(known: Sequence[Interval], seen: Observation) -> int:
    """Index of the last interval that begins no later; -1 where all begin later."""
    return bisect_right(known, seen.at, key=lambda interval: interval.from_at) - 1
