"""What is asked less often when an allowance would not last. Pure.

A tenth of every allowance is kept for direct looks and for a person who wants to capture now. What is left after it,
until the allowance is renewed, goes to sweeps for what is new first, then to looks at known threads, then to full
sweeps; a tenth each is kept for the latter two, so that they go on however slowly. Among accounts each kind is shared
max-min fairly (:mod:`archiver.quota.fairness`), by the weight of what is waiting, which counts fourfold at most.

Sweeps for what is new are never put so far apart that the pause between them counts as a gap
(:mod:`archiver.capture.gaps`): where not even that fits, the platform itself says stop, and that is a gap with its own
cause.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from archiver.quota.fairness import shares
from connectors.contract import SweepKind

LEAST = 20
"""A full sweep with fewer questions than this is not begun."""
_KEPT = 0.1
_RESERVE = 0.1
_HEAVIEST = 4.0
_LONGEST_NEW = timedelta(minutes=50)
_LONGEST_NEW_TIMES = 2.5
_LONGEST_WATCH_TIMES = 48.0
_LONGEST_WATCH = timedelta(days=1)
_MUCH, _NEARLY_ALL = 0.75, 0.95
"""Parts of an allowance from which on sweeps are slower, and nearly stopped; the same as of the connectors of Meta."""
_SLOWEST = 12.0


@dataclass(frozen=True, slots=True)
class Wish:
    """Sweeps of one kind of one account, as they would be made without any limit."""

    account: str
    sweep: SweepKind
    cost: float
    """Used by one of them."""
    every: timedelta
    waiting: int = 0
    """How much waits for it: due threads; of a full sweep, for how many minutes it has been due, and 0: it is not."""


@dataclass(frozen=True, slots=True)
class Choice:
    """What is chosen for one bucket."""

    wanted: float = 0.0
    """What all sweeps would use until it is renewed."""
    capacity: float = 0.0
    longer: Mapping[tuple[str, SweepKind], float] = field(default_factory=dict)
    """How many times as long the sweeps of an account are apart; what is not named is as usual."""
    budgets: Mapping[str, int] = field(default_factory=dict)
    """Most questions of an account's next full sweep; below :data:`LEAST` it waits. None named: as usual."""

    @property
    def slower(self) -> bool:
        return bool(self.longer or self.budgets)


def reserve(limit: int) -> int:
    """What is kept for direct looks and for a person."""
    return int(limit * _RESERVE)


def choose(left: int, limit: int, time_left: timedelta, wishes: Sequence[Wish], least: int = LEAST) -> Choice:
    """What is asked less often so that ``left`` of ``limit`` lasts for ``time_left``. ``least``: what a full sweep has
    to be given to be begun."""
    capacity = float(max(left - reserve(limit), 0))
    kinds = {kind: _needs(wishes, kind, time_left) for kind in SweepKind}
    wanted = sum(sum(needs.values()) for needs in kinds.values())
    if wanted <= capacity:
        return Choice(wanted, capacity)
    longer: dict[tuple[str, SweepKind], float] = {}
    rest = capacity
    order: tuple[SweepKind, ...] = (SweepKind.NEW, SweepKind.WATCH, SweepKind.FULL)
    for number, kind in enumerate(order[:2], 1):
        needs = kinds[kind]
        kept = sum(min(sum(kinds[one].values()), _kept(one, capacity, least)) for one in order[number:])
        given = shares(needs, max(rest - kept, 0.0), _weights(wishes, kind))
        rest = max(rest - sum(given.values()), 0.0)
        usual = {one.account: one.every for one in wishes if one.sweep is kind}
        for account, need in needs.items():
            if need > given[account]:
                longer[account, kind] = _times(need, given[account], longest(kind, usual[account]))
    budgets = _budgets(kinds[SweepKind.FULL], rest, wishes, least)
    return Choice(wanted, capacity, longer, budgets)


def _kept(kind: SweepKind, capacity: float, least: int) -> float:
    """What sweeps that come before leave to these; to a full one enough to be begun, where that is not too much."""
    usual = _KEPT * capacity
    return max(usual, min(float(least), capacity / 3)) if kind is SweepKind.FULL else usual


def _budgets(needs: Mapping[str, float], rest: float, wishes: Sequence[Wish], least: int) -> dict[str, int]:
    """What each full sweep that is due may use. Where it is too little for all of them, those that wait longest come
    first: a few that get somewhere instead of many that cannot even be begun."""
    waiting = {one.account: one.waiting for one in wishes if one.sweep is SweepKind.FULL}
    several = max(int((rest + 1e-6) // least), 1)
    turn = sorted(needs, key=lambda account: (-waiting[account], account))[:several]
    given = shares({account: needs[account] for account in turn}, rest, _weights(wishes, SweepKind.FULL))
    # A whole number that floats just miss is that number.
    return {
        account: int(given.get(account, 0) + 1e-6) for account, need in needs.items() if given.get(account, 0) < need
    }


def longest(kind: SweepKind, every: timedelta) -> float:
    """How many times as long sweeps of a kind may be apart at most."""
    if kind is SweepKind.NEW:
        return max(_LONGEST_NEW / every, _LONGEST_NEW_TIMES)
    return max(1.0, min(_LONGEST_WATCH_TIMES, _LONGEST_WATCH / every))


def stopped(wishes: Iterable[Wish]) -> Choice:
    """The platform itself said that it answers nothing for now: only what is new is tried, as seldom as may be, so that
    it is known when it answers again."""
    longer: dict[tuple[str, SweepKind], float] = {
        (one.account, one.sweep): longest(one.sweep, one.every) for one in wishes if one.sweep is not SweepKind.FULL
    }
    budgets = {one.account: 0 for one in wishes if one.sweep is SweepKind.FULL}
    return Choice(longer=longer, budgets=budgets)


def _needs(wishes: Iterable[Wish], kind: SweepKind, time_left: timedelta) -> dict[str, float]:
    """What sweeps of one kind use until the allowance is renewed, by account; of a full sweep, the one that is due."""
    found: dict[str, float] = {}
    for one in wishes:
        if one.sweep is kind and (kind is not SweepKind.FULL or one.waiting):
            times = 1.0 if kind is SweepKind.FULL else time_left / one.every
            found[one.account] = max(one.cost, 0.0) * max(times, 0.0)
    return found


def _weights(wishes: Iterable[Wish], kind: SweepKind) -> dict[str, float]:
    waiting = {one.account: one.waiting for one in wishes if one.sweep is kind}
    most = max(waiting.values(), default=0)
    return {account: 1.0 + (_HEAVIEST - 1.0) * (count / most if most else 0.0) for account, count in waiting.items()}


def _times(need: float, given: float, most: float) -> float:
    return min(need / given, most) if given > 0 else most


def by_share(share: float, wishes: Sequence[Wish]) -> Choice:
    """What is asked less often where the platform tells only which part of an allowance is used (``share``, 0 to 1):
    from three quarters on no full sweep is begun and known threads are looked at less often; close to all of it, what
    is new too."""
    if share >= _NEARLY_ALL:
        return stopped(wishes)
    if share < _MUCH:
        return Choice()
    times = 1.0 + (share - _MUCH) / (_NEARLY_ALL - _MUCH) * (_SLOWEST - 1.0)
    watched = (one for one in wishes if one.sweep is SweepKind.WATCH)
    longer = {(one.account, one.sweep): min(max(times, 1.1), longest(one.sweep, one.every)) for one in watched}
    return Choice(longer=longer, budgets={one.account: 0 for one in wishes if one.sweep is SweepKind.FULL})
