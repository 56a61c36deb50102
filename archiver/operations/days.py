"""An account's last weeks, day by day: when it was looked at, and where a gap is."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, case, func, select

from archiver.capture.models import Run
from archiver.capture.outcomes import RunOutcome
from archiver.capture.standing import LOOKED_AT_NOTHING
from archiver.operations.history import GapView

DAYS = 30
#: A month holds fewer runs of one account; older ones are not read to find out.
_RUNS = 30_000
_SETTLED = timedelta(days=1)
"""After its end a day is kept: runs that began on it have ended."""
GOOD = frozenset({RunOutcome.COMPLETE.value, RunOutcome.UNCHANGED.value})
"""Outcomes of runs that saw all that they asked for."""


@dataclass(frozen=True, slots=True)
class DayView:
    """One day by the city's clocks. ``runs``: how many began; ``good``: how many of them saw all they asked for;
    ``gap``: a gap covers part of it."""

    day: date
    runs: int
    good: int
    gap: bool


def days(
    connection: Connection, account_id: str, now: datetime, zone: ZoneInfo, gaps: Iterable[GapView]
) -> list[DayView]:
    """The last 30 days, oldest first. ``gaps``: those of this account, closed ones too."""
    starts = _starts(now, zone)
    runs, good = _counted(connection, account_id, starts)
    return _days(starts, now, zone, [(runs[number], good[number]) for number in range(DAYS)], gaps)


def _days(
    starts: Sequence[datetime],
    now: datetime,
    zone: ZoneInfo,
    counts: Sequence[tuple[int, int]],
    gaps: Iterable[GapView],
) -> list[DayView]:
    holes = [(gap.span_from or gap.opened_at, gap.closed_at or now) for gap in gaps]
    ends = [*starts[1:], now]
    return [
        DayView(
            day=start.astimezone(zone).date(),
            runs=runs,
            good=good,
            gap=any(since < end and until > start for since, until in holes),
        )
        for start, end, (runs, good) in zip(starts, ends, counts, strict=True)
    ]


class DaysOfAll:
    """The last 30 days of every account. Days that are over are counted once and kept: a month of many accounts is
    millions of runs, and what is over does not change. Safe to use from several threads."""

    def __init__(self, zone: ZoneInfo) -> None:
        self._zone = zone
        self._kept: dict[datetime, Mapping[str, tuple[int, int]]] = {}
        self._alone = threading.Lock()

    def read(
        self, connection: Connection, now: datetime, gaps: Mapping[str, Sequence[GapView]]
    ) -> Callable[[str], list[DayView]]:
        """The days by account. ``gaps``: by account, closed ones too."""
        starts = _starts(now, self._zone)
        ends = [*starts[1:], now]
        with self._alone:  # who comes second finds what the first one counted
            counts = [self._day(connection, start, end, now) for start, end in zip(starts, ends, strict=True)]
            self._kept = {start: one for start, one in self._kept.items() if start >= starts[0]}

        def of(account_id: str) -> list[DayView]:
            mine = [one.get(account_id, (0, 0)) for one in counts]
            return _days(starts, now, self._zone, mine, gaps.get(account_id, ()))

        return of

    def _day(
        self, connection: Connection, start: datetime, end: datetime, now: datetime
    ) -> Mapping[str, tuple[int, int]]:
        if start in self._kept:
            return self._kept[start]
        counted = _counted_of_all(connection, start, end)
        if end + _SETTLED < now:
            self._kept[start] = counted
        return counted


def _counted_of_all(connection: Connection, start: datetime, end: datetime) -> dict[str, tuple[int, int]]:
    """Runs that began in a span, and the good ones among them, by account."""
    query = (
        select(Run.account_id, Run.outcome, func.count())
        .where(Run.started_at >= start, Run.started_at < end, Run.trigger.not_in(LOOKED_AT_NOTHING))
        .group_by(Run.account_id, Run.outcome)
    )
    found: dict[str, tuple[int, int]] = {}
    for account_id, outcome, count in connection.execute(query):
        runs, good = found.get(account_id, (0, 0))
        found[account_id] = (runs + count, good + (count if _is_good(outcome) else 0))
    return found


def _is_good(outcome: str | None) -> bool:
    return outcome is None or outcome in GOOD


def _starts(now: datetime, zone: ZoneInfo) -> list[datetime]:
    """When each day begins; a day may have 23 or 25 hours."""
    today = now.astimezone(zone).date()
    return [datetime.combine(today - timedelta(days=back), time(), zone) for back in reversed(range(DAYS))]


def _counted(connection: Connection, account_id: str, starts: Sequence[datetime]) -> tuple[Counter[int], Counter[int]]:
    """Runs by number of the day, and the good ones among them. Runs that are under way count as good."""
    newest = select(func.max(Run.number)).where(Run.account_id == account_id).scalar_subquery()
    day = case(*[(Run.started_at >= start, number) for number, start in reversed(list(enumerate(starts)))], else_=-1)
    query = (
        select(day.label("day"), Run.outcome, func.count())
        .where(
            Run.account_id == account_id,
            Run.number > newest - _RUNS,
            Run.trigger.not_in(LOOKED_AT_NOTHING),
            Run.started_at >= starts[0],
        )
        .group_by("day", Run.outcome)
    )
    runs: Counter[int] = Counter()
    good: Counter[int] = Counter()
    for number, outcome, count in connection.execute(query):
        runs[number] += count
        good[number] += count if _is_good(outcome) else 0
    return runs, good
