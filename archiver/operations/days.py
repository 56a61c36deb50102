"""An account's last weeks, day by day: when it was looked at, and where a gap is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
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
_GOOD = frozenset({RunOutcome.COMPLETE.value, RunOutcome.UNCHANGED.value})


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
    holes = [(gap.span_from or gap.opened_at, gap.closed_at or now) for gap in gaps]
    runs, good = _counted(connection, account_id, starts)
    ends = [*starts[1:], now]
    return [
        DayView(
            day=start.astimezone(zone).date(),
            runs=runs[number],
            good=good[number],
            gap=any(since < end and until > start for since, until in holes),
        )
        for number, (start, end) in enumerate(zip(starts, ends, strict=True))
    ]


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
        good[number] += count if outcome is None or outcome in _GOOD else 0
    return runs, good
