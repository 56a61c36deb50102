"""What stands of each platform's allowances, for people: used, left, until when, what comes of it, what was chosen."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from archiver.accounts import service as accounts
from archiver.archive import Archive
from archiver.capture.due import interval
from archiver.capture.rationing import Plan, plans
from archiver.quota.choosing import LEAST
from archiver.quota.standing import slot_of, window
from archiver.settings import Settings
from connectors.allowances import Renewed, Shared, allowances_of
from connectors.contract import SweepKind

_DAY = timedelta(days=1)
LASTS, SLOWER, RUNS_OUT, EMPTY, UNKNOWN = "lasts", "slower", "runs out", "empty", "unknown"


@dataclass(frozen=True, slots=True)
class QuotaView:
    """One allowance of one application, account or server."""

    platform: str
    title: str
    allowance: str
    says: str
    """The limit as the platform documents it."""
    whose: str
    """Whose it is, for a person; of an account its handle."""
    account_id: str | None
    """The account, where it is an account's own."""
    purpose: str
    """The endpoint, where each is counted by itself."""
    unit: str
    used: int
    limit: int | None
    reset_at: datetime | None
    told: bool
    """The platform said so; else it is our own count."""
    told_at: datetime | None
    pace: float
    """Used in an hour."""
    runs_out_at: datetime | None
    state: str
    """*lasts*, *slower* (sweeps are), *runs out*, *empty* (the platform refuses), *unknown* (no limit is known)."""
    forecast: str
    """One sentence."""
    chosen: tuple[str, ...]
    """What is asked less often, one sentence each."""
    since: datetime
    until: datetime | None
    """The window that it is counted in, or the last day where that is shorter and moves along."""
    use: tuple[tuple[datetime, int], ...]
    """Our own count in it, by the beginning of each slot."""
    slot: timedelta
    plotted: int | None
    """The limit as far as it can be set against that count."""

    @property
    def share(self) -> float | None:
        """Used part of the limit, in per cent."""
        return None if not self.limit else 100 * min(self.used / self.limit, 1.0)


@dataclass(frozen=True, slots=True)
class Documented:
    """A limit as a platform documents it, whether anything was asked yet or not."""

    name: str
    says: str


def quotas(
    connection: Connection, archive: Archive, platform: str | None = None, account: str | None = None
) -> list[QuotaView]:
    """All allowances that anything was used of: of a platform, or that an account draws on."""
    now = archive.clock.now()
    names = {one.id: one.handle or one.name for one in accounts.list_accounts(connection)}
    found = plans(connection, archive.platforms.connectors, archive.settings, now, platform)
    wanted = [one for one in found if account is None or account in one.members]
    return [_view(one, archive, names, now) for one in wanted if _is_worth_telling(one)]


def documented(connector: object) -> list[Documented]:
    """What a connector declares of its platform's limits."""
    return [Documented(one.name, one.says) for one in allowances_of(connector)]


def needs_attention(found: Iterable[QuotaView]) -> list[QuotaView]:
    """Those that are used up, or will be before they are renewed, or for whose sake something is asked less often."""
    return [one for one in found if one.state in (EMPTY, RUNS_OUT, SLOWER)]


def _is_worth_telling(plan: Plan) -> bool:
    """Not an allowance of minutes that only the platform's answers tell of, and that was renewed since they did."""
    known = plan.standing
    return known.told or (known.used > 0 and (known.limit is not None or plan.allowance.renewed is not Renewed.TOLD))


def _view(plan: Plan, archive: Archive, names: Mapping[str, str], now: datetime) -> QuotaView:
    entry, allowance, known, coming = plan.entry, plan.allowance, plan.standing, plan.forecast
    own = entry.subject if allowance.shared is Shared.ACCOUNT else None
    begin, end = window(allowance, now)
    shown = begin if end is not None else min(begin, now - _DAY)
    zone = archive.settings.zone
    return QuotaView(
        platform=entry.platform,
        title=archive.platforms.connectors[entry.platform].title,
        allowance=entry.allowance,
        says=allowance.says,
        whose=_whose(plan, names),
        account_id=own if own in names else None,
        purpose=entry.purpose,
        unit=allowance.unit,
        used=known.used,
        limit=known.limit,
        reset_at=known.reset_at,
        told=known.told,
        told_at=entry.said.told_at,
        pace=round(coming.pace, 1),
        runs_out_at=coming.runs_out_at,
        state=_state(plan),
        forecast=_forecast(plan, now, zone),
        chosen=tuple(_chosen(plan, archive.settings)),
        since=shown,
        until=end,
        use=tuple(sorted((at, count) for at, count in entry.slots.items() if at + slot_of(allowance) > shown)),
        slot=slot_of(allowance),
        plotted=known.limit if shown == begin and not allowance.percent else None,
    )


def _whose(plan: Plan, names: Mapping[str, str]) -> str:
    if plan.allowance.shared is Shared.ACCOUNT:
        return names.get(plan.entry.subject, "an account that is no longer here")
    many = "1 account" if len(plan.members) == 1 else f"{len(plan.members)} accounts"
    if plan.allowance.shared is Shared.SERVER:
        return f"this machine at {plan.entry.subject}"
    return f"the city's application ({many})"


def _state(plan: Plan) -> str:
    if plan.standing.empty_until is not None:
        return EMPTY
    if plan.choice.slower:
        return SLOWER
    if plan.forecast.runs_out_at is not None:
        return RUNS_OUT
    return UNKNOWN if plan.standing.limit is None else LASTS


def clock_time(at: datetime, now: datetime, zone: ZoneInfo) -> str:
    """A time of the near future by the city's clocks: ``16:40``, with the day where it is another."""
    local, today = at.astimezone(zone), now.astimezone(zone).date()
    return local.strftime("%H:%M" if local.date() == today else "%H:%M on %Y-%m-%d")


def _forecast(plan: Plan, now: datetime, zone: ZoneInfo) -> str:
    known, coming = plan.standing, plan.forecast
    if known.empty_until is not None:
        return f"The platform answers nothing until {clock_time(known.empty_until, now, zone)}."
    if plan.allowance.percent:
        return "The platform tells only which part is used, so no time can be forecast."
    if known.limit is None:
        return "The platform has not told the limit, so no time can be forecast."
    what = {Renewed.DAILY: "The day's quota", Renewed.MONTHLY: "The month's quota"}.get(plan.allowance.renewed, "It")
    usual = _used_up_at_usual_pace(plan, now)
    if usual is not None:
        return f"{what} would be used up by {clock_time(usual, now, zone)} at the usual pace."
    if coming.runs_out_at is None:
        until = "" if known.reset_at is None else f" at {clock_time(known.reset_at, now, zone)}"
        return f"{what} lasts until it is renewed{until}, at this pace."
    return f"{what} is used up by {clock_time(coming.runs_out_at, now, zone)} at this pace."


def _used_up_at_usual_pace(plan: Plan, now: datetime) -> datetime | None:
    """When it would be used up if nothing were asked less often; None where nothing is, or it is renewed before."""
    reset, left = plan.standing.reset_at, plan.standing.left
    if not plan.choice.slower or left is None or reset is None or plan.choice.wanted <= left:
        return None
    return now + (reset - now) * (left / plan.choice.wanted)


def _chosen(plan: Plan, settings: Settings) -> Iterator[str]:
    """The choice in words: for the three kinds of sweeps, what is different."""
    choice = plan.choice
    for kind, words in (
        (SweepKind.NEW, "Slower sweeps chosen: what is new is looked for"),
        (SweepKind.WATCH, "Known threads are looked at"),
    ):
        times = [times for (_, one), times in choice.longer.items() if one is kind and times > 1.0]
        if times:
            usual = interval(kind, settings)
            yield f"{words} every {_span(usual, times)} instead of every {in_time(usual)}{_of(times, plan)}."
    waiting = [one for one in choice.budgets.values() if one < LEAST * plan.allowance.most]
    smaller = [one for one in choice.budgets.values() if one >= LEAST * plan.allowance.most]
    if waiting:
        yield f"Full sweeps wait{_of(waiting, plan)}."
    if smaller:
        most = max(smaller) // plan.allowance.most
        yield f"Full sweeps ask at most {most:,} questions at a time{_of(smaller, plan)}."


def _of(some: list[float] | list[int], plan: Plan) -> str:
    """How many accounts it concerns, where that is not plain."""
    if len(plan.members) < 2:
        return ""
    return " (all accounts)" if len(some) == len(plan.members) else f" ({len(some)} of {len(plan.members)} accounts)"


def _span(usual: timedelta, times: list[float]) -> str:
    least, most = in_time(usual * min(times)), in_time(usual * max(times))
    return least if least == most else f"{least} to {most}"


def in_time(span: timedelta) -> str:
    """A length of time in round words: ``50 minutes``, ``3 hours``."""
    seconds = span.total_seconds()
    for name, length in (("days", 86_400), ("hours", 3_600), ("minutes", 60)):
        if seconds >= 2 * length or (seconds >= length and seconds % length == 0):
            count = round(seconds / length)
            return f"{count} {name}" if count != 1 else name.removesuffix("s")
    return f"{round(seconds)} seconds"
