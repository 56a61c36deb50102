"""A small plot of what was used: where its points are. Pure; the page draws it without a script."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate
from zoneinfo import ZoneInfo

from archiver.operations.quota import QuotaView

WIDTH, HEIGHT = 480, 120


@dataclass(frozen=True, slots=True)
class Plot:
    """Points in a box of :data:`WIDTH` to :data:`HEIGHT`, y from above."""

    line: str
    """Use, added up, as the points of a polyline."""
    coming: str
    """How it goes on at this pace; empty where that is not known."""
    limit_y: float | None
    now_x: float
    marks: tuple[tuple[float, str], ...]
    """Times under it, by the city's clocks."""


def plot(view: QuotaView, now: datetime, zone: ZoneInfo) -> Plot | None:
    """The use of the present window, or of the last day; None where there is none of our own count to draw."""
    since, until = view.since, view.until or now
    if not any(count for _, count in view.use) or until <= since:
        return None
    sums = list(accumulate(count for _, count in view.use))
    top = max(view.plotted or 0, sums[-1], 1) * 1.05

    def x(at: datetime) -> float:
        return round(min(max((at - since) / (until - since), 0.0), 1.0) * WIDTH, 1)

    def y(value: float) -> float:
        return round(HEIGHT - min(value / top, 1.0) * HEIGHT, 1)

    points = [(x(since), y(0))]
    for (at, _), total in zip(view.use, sums, strict=True):
        points.append((x(min(at + view.slot, now)), y(total)))
    points.append((x(now), y(sums[-1])))
    coming: list[tuple[float, float]] = []
    left = view.plotted - sums[-1] if view.plotted is not None else None
    if view.until is not None and view.pace > 0 and (left is None or left > 0):
        more = view.pace * ((until - now) / timedelta(hours=1))
        more = more if left is None else min(more, float(left))
        coming = [points[-1], (x(now + timedelta(hours=more / view.pace)), y(sums[-1] + more))]
    return Plot(
        _points(points),
        _points(coming),
        None if not view.plotted else y(view.plotted),
        x(now),
        tuple(_marks(since, until, zone)),
    )


def _points(some: list[tuple[float, float]]) -> str:
    return " ".join(f"{x:g},{y:g}" for x, y in some)


def _marks(since: datetime, until: datetime, zone: ZoneInfo) -> list[tuple[float, str]]:
    """Five times from one end to the other."""
    form = "%H:%M" if until - since <= timedelta(days=2) else "%m-%d"
    times = [since + (until - since) * part / 4 for part in range(5)]
    return [(WIDTH * part / 4, at.astimezone(zone).strftime(form)) for part, at in enumerate(times)]
