"""What follows from lists of roles and from reviews: since when somebody has a role, who is told no more, what does not
fit the register, when a review is due (law R71). Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from archiver.page_roles.holding import Holder

#: With fewer administrators a page is lost with one of them.
ENOUGH: Final = 2
_VISIBLE: Final = "visible"


@dataclass(frozen=True, slots=True)
class Told:
    """What one version of a list said."""

    version: str
    first_seen_at: datetime
    last_seen_at: datetime
    holders: tuple[Holder, ...]

    @property
    def administrators(self) -> frozenset[str]:
        """Their ids."""
        return frozenset(one.id for one in self.holders if one.administers)


@dataclass(frozen=True, slots=True)
class RoleList:
    """A list of roles of one account, with every version of it, the oldest first; at least one."""

    record: str
    access: str
    state: str
    last_seen_at: datetime
    told: tuple[Told, ...]

    @property
    def now(self) -> tuple[Holder, ...]:
        """Who has a role, as it was last told."""
        return self.told[-1].holders

    @property
    def administrators(self) -> int:
        return len(self.told[-1].administrators)


@dataclass(frozen=True, slots=True)
class Holding:
    """Somebody who has a role, and since when the archive has seen that without a break."""

    holder: Holder
    seen_since: datetime
    last_seen_at: datetime


@dataclass(frozen=True, slots=True)
class Lost:
    """Somebody whose role, as it was captured before, is told no more."""

    holder: Holder
    """As they were told of last."""
    last_seen_at: datetime
    gone_at: datetime
    """When they were first seen not to be told of."""
    still: tuple[str, ...] = ()
    """The roles that they have left: they are no administrator any more."""


def holdings(one: RoleList) -> tuple[Holding, ...]:
    """Everybody who has a role now."""
    return tuple(Holding(each, _since(one, each.id), one.last_seen_at) for each in one.now)


def _since(one: RoleList, holder: str) -> datetime:
    found = one.told[-1].first_seen_at
    for told in reversed(one.told):
        if all(each.id != holder for each in told.holders):
            return found
        found = told.first_seen_at
    return found


def lost(one: RoleList, reviewed: Collection[str] = ()) -> tuple[Lost, ...]:
    """Who had a role and has it no more, or administered and does not: since the last version that was reviewed, and
    never where they are back. ``reviewed``: ids of versions that somebody looked at in a review."""
    start = max((place for place, told in enumerate(one.told) if told.version in reviewed), default=0)
    now = {each.id: each for each in one.now}
    found: dict[str, Lost] = {}
    for told, after in zip(one.told[start:], one.told[start + 1 :], strict=False):
        there = {each.id: each for each in after.holders}
        for each in told.holders:
            left = now.get(each.id)
            gone = each.id not in there or (each.administers and not there[each.id].administers)
            back = left is not None and (left.administers or not each.administers)
            if gone and not back:
                found[each.id] = Lost(each, told.last_seen_at, after.first_seen_at, () if left is None else left.roles)
    return tuple(found[name] for name in sorted(found))


def too_few(one: RoleList) -> list[Told]:
    """The versions since which there were never two administrators; none where there are two now."""
    found: list[Told] = []
    for told in reversed(one.told):
        if len(told.administrators) >= ENOUGH:
            break
        found.insert(0, told)
    return found


def is_untold(one: RoleList, now: datetime, days: int) -> bool:
    """Whether a list that was there is told no more: it is not visible, or was not seen for more than ``days``."""
    return one.state != _VISIBLE or (days > 0 and now - one.last_seen_at > timedelta(days=days))


@dataclass(frozen=True, slots=True)
class Known:
    """Somebody whom the register names for an account. ``ended``: last day, where it is over on the day it is asked."""

    said: str
    ended: str | None = None

    def is_(self, holder: Holder) -> bool:
        """Whether this names them: by their name or id there, alone or in brackets after what they are called here."""
        names = {_plain(one) for one in (holder.id, holder.name, holder.id.rpartition(":")[2]) if one}
        return bool(names & {_plain(one) for one in _parts(self.said)})


def _parts(said: str) -> Iterator[str]:
    yield said
    before, bracket, inside = said.partition("(")
    if bracket:
        yield before
        yield inside.rpartition(")")[0] or inside


def _plain(name: str) -> str:
    """As it is compared: Reddit's *u/* and the *@* of handles say nothing."""
    return name.strip().casefold().removeprefix("u/").removeprefix("@").strip()


class Misfit(StrEnum):
    """What does not fit. Names are for programs, and stay."""

    LOST = "lost"
    FEW = "few"
    UNKNOWN = "unknown"
    ENDED = "ended"
    UNTOLD = "untold"
    NOBODY_TELLS = "nobody_tells"
    OVERDUE = "overdue"


@dataclass(frozen=True, slots=True)
class Finding:
    """One of them, in words. ``at``: since when; ``said`` ends so that a time can follow. ``warns``: somebody is to be
    told, until it is mended or a review explains it."""

    misfit: Misfit
    said: str
    at: datetime | None = None
    warns: bool = False


def of_list(
    one: RoleList, known: Iterable[Known], reviewed: Collection[str], now: datetime, days: int
) -> Iterator[Finding]:
    """What does not fit of a list: whoever the register names, the versions that were reviewed, and after how many days
    a list counts as told no more."""
    for each in lost(one, reviewed):
        how = "is no administrator any more" if each.still else "is told no more to have a role"
        yield Finding(Misfit.LOST, f"{_named(each.holder)} {how}, since", each.gone_at, warns=True)
    few = too_few(one)
    if few:
        now_there = few[-1].administrators
        explained = any(told.version in reviewed and told.administrators == now_there for told in few)
        yield Finding(Misfit.FEW, _few(len(now_there)), few[0].first_seen_at, not explained)
    if is_untold(one, now, days):
        yield Finding(
            Misfit.UNTOLD, "the platform tells no more who has a role; last seen", one.last_seen_at, warns=True
        )
    yield from _strangers(one.now, [*known])


def _few(administrators: int) -> str:
    count = "one administrator" if administrators == 1 else "no administrator"
    return f"the platform tells of {count}: fewer than two, since"


def _strangers(holders: Sequence[Holder], known: Sequence[Known]) -> Iterator[Finding]:
    for each in holders:
        named = [one for one in known if one.is_(each)]
        if not named:
            yield Finding(Misfit.UNKNOWN, f"{_named(each)} has a role and is not known to the register")
        elif all(one.ended is not None for one in named):
            day = max(one.ended for one in named if one.ended is not None)
            yield Finding(Misfit.ENDED, f"{_named(each)} has a role, and their entry in the register ended on {day}")


def _named(holder: Holder) -> str:
    roles = f" ({', '.join(holder.roles)})" if holder.roles else ""
    return f"{holder.called}{roles}"


def warnings(found: Iterable[Finding]) -> Mapping[Misfit, tuple[Finding, ...]]:
    """Those that somebody is to be told of, by what they are."""
    kinds: dict[Misfit, list[Finding]] = {}
    for one in found:
        if one.warns:
            kinds.setdefault(one.misfit, []).append(one)
    return {kind: tuple(some) for kind, some in kinds.items()}
