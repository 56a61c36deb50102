"""How much of an allowance is used, and whether it lasts until it is renewed. Pure.

Two things are known: what the platform's answers said, and what was counted here. The platform's word counts, for as
long as it concerns the present window; to it is added what was asked since. Only where it says nothing does our own
count stand, and that never stops anybody: :attr:`Standing.empty_until` comes from a refusal alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from connectors.allowances import Allowance, Renewed

_HOUR = timedelta(hours=1)
SLOT = timedelta(minutes=15)
"""Use is kept by the quarter of an hour."""
DAY_SLOT = timedelta(days=1)
"""Of what is counted for longer than two days, by the day (UTC)."""
_SPARE = timedelta(minutes=15)
"""By so much the clocks of others may be wrong. What is told of a time further away than an allowance lasts is no
word of the platform's, but a wrong clock, be it theirs or ours as it once was."""
_MET = timedelta(days=7)
"""How long a limit that was only met with is believed: a refusal may have had another reason."""
_PACE_SPAN = timedelta(hours=3)
"""The pace is what was used in so long, or since the window began."""


@dataclass(frozen=True, slots=True)
class Said:
    """What the platform's answers said last of one bucket."""

    limit: int | None = None
    remaining: int | None = None
    reset_at: datetime | None = None
    told_at: datetime | None = None
    """When it said so; None: never."""
    since: int = 0
    """Used since, by our own count."""
    empty_until: datetime | None = None
    """It refused, and named this time."""
    met_limit: int | None = None
    """Our own count when it last refused: the limit as it was met with, where none is declared."""


@dataclass(frozen=True, slots=True)
class Standing:
    """What is known of a bucket at one time."""

    used: int
    limit: int | None
    reset_at: datetime | None
    """None: it is renewed bit by bit, or nobody said when."""
    told: bool
    """The platform said so; else it is our own count."""
    empty_until: datetime | None = None
    """The platform answers nothing before."""

    @property
    def left(self) -> int | None:
        return None if self.limit is None else max(self.limit - self.used, 0)

    @property
    def share(self) -> float | None:
        """Used part of the limit, up to 1."""
        return None if not self.limit else min(self.used / self.limit, 1.0)


@dataclass(frozen=True, slots=True)
class Forecast:
    """What comes of it at this pace."""

    pace: float
    """Used in an hour."""
    runs_out_at: datetime | None
    """None: it lasts until it is renewed, or nothing can be said."""


def slot_of(allowance: Allowance) -> timedelta:
    """The grain in which the use of an allowance is kept."""
    return SLOT if allowance.every <= 2 * DAY_SLOT else DAY_SLOT


def slot_at(at: datetime, slot: timedelta) -> datetime:
    """Beginning of the slot that a time falls into."""
    midnight = at.replace(hour=0, minute=0, second=0, microsecond=0)
    return midnight + (at - midnight) // slot * slot


def window(allowance: Allowance, now: datetime) -> tuple[datetime, datetime | None]:
    """When the present window of an allowance began, and when the next does (None where it moves along, or only the
    platform knows)."""
    if allowance.renewed is Renewed.DAILY:
        zone = ZoneInfo(allowance.zone)
        today = now.astimezone(zone).date()
        begin, end = (datetime.combine(day, time(), zone) for day in (today, today + timedelta(days=1)))
        return begin.astimezone(now.tzinfo), end.astimezone(now.tzinfo)
    if allowance.renewed is Renewed.MONTHLY:
        zone = ZoneInfo(allowance.zone)
        first = now.astimezone(zone).date().replace(day=1)
        following = (first + timedelta(days=32)).replace(day=1)
        begin, end = (datetime.combine(day, time(), zone) for day in (first, following))
        return begin.astimezone(now.tzinfo), end.astimezone(now.tzinfo)
    return now - allowance.every, None


def standing(allowance: Allowance, said: Said, slots: Mapping[datetime, int], now: datetime) -> Standing:
    """What is known now. ``slots``: our own count, by the beginning of each slot."""
    begin, end = window(allowance, now)
    empty = said.empty_until if _is_ahead(allowance, said.empty_until, now) else None
    if said.limit and said.limit > 0 and said.remaining is not None and _is_of_now(allowance, said, now):
        reset = said.reset_at if _is_ahead(allowance, said.reset_at, now) else None
        left = max(said.remaining - (0 if allowance.percent else said.since), 0)
        used = said.limit if empty else max(said.limit - left, 0)
        return Standing(used, said.limit, reset or end, told=True, empty_until=empty)
    used = sum(count for at, count in slots.items() if at + slot_of(allowance) > begin and at <= now)
    limit = allowance.limit if allowance.limit is not None else _met(said, used, now)
    if empty is not None:
        limit = max(used, 1) if limit is None else limit
        return Standing(max(used, limit), limit, empty, told=True, empty_until=empty)
    return Standing(used, limit, end, told=False)


def _is_of_now(allowance: Allowance, said: Said, now: datetime) -> bool:
    """Whether what was told is of the window that is under way."""
    if said.told_at is None or said.told_at > now + _SPARE:
        return False
    if said.reset_at is not None:
        return said.reset_at > now and said.told_at + allowance.every + _SPARE > now
    begin, _ = window(allowance, now)
    return said.told_at >= begin


def _is_ahead(allowance: Allowance, at: datetime | None, now: datetime) -> bool:
    """Whether a time is still to come, and no further away than the allowance lasts."""
    return at is not None and now < at <= now + allowance.every + _SPARE


def _met(said: Said, used: int, now: datetime) -> int | None:
    """The limit as it was met with lately; None where more was used since, without a refusal."""
    if said.met_limit is None or said.empty_until is None or used > said.met_limit:
        return None
    return said.met_limit if abs(now - said.empty_until) <= _MET else None


def forecast(allowance: Allowance, known: Standing, slots: Mapping[datetime, int], now: datetime) -> Forecast:
    """Whether what is left lasts, at the pace of the last hours.

    Of an allowance that is renewed bit by bit it lasts as long as no more than the limit is used in its time.
    """
    pace = pace_of(allowance, slots, now)
    left = known.left
    if known.empty_until is not None:
        return Forecast(pace, now)
    if left is None or pace <= 0 or allowance.percent:
        return Forecast(pace, None)
    rolling = known.reset_at is None
    if rolling and pace * (allowance.every / _HOUR) <= (known.limit or 0):
        return Forecast(pace, None)
    hours = left / pace
    until = allowance.every if known.reset_at is None else known.reset_at - now
    if hours >= until / _HOUR:
        return Forecast(pace, None)
    return Forecast(pace, now + timedelta(hours=hours))


def pace_of(allowance: Allowance, slots: Mapping[datetime, int], now: datetime) -> float:
    """Used in an hour: in the last hours, or since the window began; never judged by less than one slot."""
    slot = slot_of(allowance)
    begin, _ = window(allowance, now)
    since = max(begin, slot_at(now, slot) - max(_PACE_SPAN, 2 * slot))
    used = sum(count for at, count in slots.items() if since <= at <= now)
    return used / (max(now - since, slot) / _HOUR)
