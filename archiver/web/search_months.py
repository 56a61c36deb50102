"""The hits over time, drawn: a bar for each month of the city's calendar, or each year where they are many."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from archiver.search.facets import Counts, Facets
from archiver.web.search_facets import Narrowing

#: Most bars; of more the narrower ones would be no wider than a line.
MOST: Final = 72
#: Size of the drawing, in its own units.
STEP, HEIGHT = 10, 50
_LOWEST: Final = 1.5


@dataclass(frozen=True, slots=True)
class Bar:
    """One month or year: as ``2026-05`` or ``2026``, its hits, where it is drawn, and the search narrowed to it."""

    name: str
    count: int
    x: int
    y: float
    height: float
    address: str | None


@dataclass(frozen=True, slots=True)
class Histogram:
    """The hits over time. ``each``: *month* or *year*."""

    each: str
    bars: Sequence[Bar]

    @property
    def width(self) -> int:
        return len(self.bars) * STEP

    @property
    def filled(self) -> list[Bar]:
        """Newest first, those with hits: for the table."""
        return [one for one in reversed(self.bars) if one.count]


def histogram(facets: Facets, narrowing: Narrowing) -> Histogram | None:
    """The drawing; None where all hits are of one month, or too many years apart."""
    if len(facets.months) < 2:
        return None
    for each, counts, between in (("month", facets.months, _months), ("year", facets.years, _years)):
        names = list(between(counts[-1][0], counts[0][0]))
        if len(names) <= MOST:
            return Histogram(each, _bars(names, counts, narrowing))
    return None


def _bars(names: Sequence[str], counts: Counts, narrowing: Narrowing) -> list[Bar]:
    known = Counter(dict(counts))
    most = max(known.values())
    bars = []
    for place, name in enumerate(names):
        count = known[name]
        height = round(max(_LOWEST, HEIGHT * count / most), 1) if count else 0.0
        address = narrowing.to("on", name) if count else None
        bars.append(Bar(name, count, place * STEP, round(HEIGHT - height, 1), height, address))
    return bars


def _months(first: str, last: str) -> Iterator[str]:
    for number in range(_number(first), min(_number(last), _number(first) + MOST) + 1):
        yield f"{number // 12:04d}-{number % 12 + 1:02d}"


def _years(first: str, last: str) -> Iterator[str]:
    return (f"{year:04d}" for year in range(int(first), min(int(last), int(first) + MOST) + 1))


def _number(month: str) -> int:
    year, _, within = month.partition("-")
    return int(year) * 12 + int(within) - 1
