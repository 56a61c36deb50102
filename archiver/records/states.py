"""What was seen of a record's visibility, from when to when. Pure.

An observation is one sight: an answer that showed the record in some state, or a conclusion the engine drew and wrote
down (*not returned*, law R16). An interval is a stretch of observations of one state with none of another between them.
Only its ends are kept. So an observation that comes late (an adopted segment) and contradicts the middle of an interval
needs the observations again, as far as they are stored: see :func:`cuts`. Of unchanged answers only the last sight is
stored, so the later half may then begin later than it was seen. An interval never claims more than was seen.

Beside what was seen by anybody, an interval says from when to when everybody could see it, which no observation that is
not *public* changes: :func:`in_public` is what is shown to who sees public things only.
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
    public: bool = False
    """Everybody could have got it: what it was concluded from, all of that."""


@dataclass(frozen=True, slots=True)
class Interval:
    state: str
    from_at: datetime
    last_at: datetime
    evidence: tuple[str, ...]
    """Of the observation it begins with."""
    public_from_at: datetime | None = None
    """The first of its observations that everybody could have made; None: none of them is such."""
    public_last_at: datetime | None = None
    """The last of these."""

    @property
    def is_known_to_all(self) -> bool:
        """Whether it is known from what everybody could see."""
        return self.public_from_at is not None


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
        return (_alone(seen),)
    covering = _covering(known, seen)
    if covering >= 0:
        return (*known[:covering], _with(known[covering], seen), *known[covering + 1 :])
    index = _before(known, seen)
    before, after = tuple(known[: index + 1]), tuple(known[index + 1 :])
    if before and before[-1].state == seen.state:
        return (*before[:-1], _with(before[-1], seen), *after)
    if after and after[0].state == seen.state:
        return (*before, _with(replace(after[0], from_at=seen.at, evidence=seen.evidence), seen), *after[1:])
    return (*before, _alone(seen), *after)


def cuts(known: Sequence[Interval], seen: Observation) -> bool:
    """Whether an observation contradicts an interval it falls into. Then the intervals are made again, by
    :func:`intervals`, from their :func:`ends`, from what is stored beside them, and from this observation."""
    if not known:
        return False
    index = -1 if _covering(known, seen) >= 0 else _before(known, seen)
    return index >= 0 and known[index].state != seen.state and seen.at < known[index].last_at


def ends(known: Iterable[Interval]) -> list[Observation]:
    """The observations that intervals still hold."""
    found = []
    for one in known:
        found += [Observation(one.state, at, one.evidence) for at in (one.from_at, one.last_at)]
        found += [Observation(one.state, at, one.evidence, public=True) for at in _public_ends(one)]
    return found


def in_public(known: Iterable[Interval]) -> tuple[Interval, ...]:
    """Intervals as everybody could see them. Two of one state with nothing known between them are one: else they would
    say that there was something."""
    found: list[Interval] = []
    for one in known:
        for start, end in [_public_ends(one)] if one.is_known_to_all else ():
            if found and found[-1].state == one.state:
                found[-1] = replace(found[-1], last_at=end, public_last_at=end)
            else:
                found.append(replace(one, from_at=start, last_at=end))
    return tuple(found)


def _public_ends(one: Interval) -> tuple[datetime, ...]:
    return tuple(at for at in (one.public_from_at, one.public_last_at) if at is not None)


def _alone(seen: Observation) -> Interval:
    at = seen.at if seen.public else None
    return Interval(seen.state, seen.at, seen.at, seen.evidence, at, at)


def _with(one: Interval, seen: Observation) -> Interval:
    """An interval with one more observation of its state."""
    if seen.public:
        first, last = one.public_from_at or seen.at, one.public_last_at or seen.at
        one = replace(one, public_from_at=min(first, seen.at), public_last_at=max(last, seen.at))
    return one if seen.at <= one.last_at else replace(one, last_at=seen.at)


def _covering(known: Sequence[Interval], seen: Observation) -> int:
    """Index of the interval that says it already; -1 where none does."""
    for number, one in enumerate(known):
        if one.state == seen.state and one.from_at <= seen.at <= one.last_at:
            return number
    return -1


def _before(known: Sequence[Interval], seen: Observation) -> int:
    """Index of the last interval that begins no later; -1 where all begin later."""
    return bisect_right(known, seen.at, key=lambda interval: interval.from_at) - 1
