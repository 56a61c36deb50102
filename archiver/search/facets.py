"""Facets: the hits counted by account, kind, state, month and year, and how many of them were edited."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MONTHS = 12
_FIRST, _LAST = 1, 9999
"""Years of the calendar that Python knows."""

#: A value and how many of the hits have it, most frequent first.
Counts = tuple[tuple[str, int], ...]
#: Account, kind and state.
Values = tuple[str, str, str]


@dataclass(frozen=True, slots=True)
class Facets:
    """The hits by account, kind, state, and by year and month of the city's calendar (newest first)."""

    accounts: Counts
    kinds: Counts
    states: Counts
    years: Counts
    months: Counts
    """As ``2026-05``; those that have hits."""
    edited: int
    """With more than one version."""
    counted: int
    """How many hits were counted."""
    exact: bool
    """False: there are more hits than were counted."""


def of_hits(values: Mapping[Values, int], months: Counts, edited: int, *, exact: bool) -> Facets:
    """Facets of hits that were counted by their values and by month."""
    found: tuple[Counter[str], ...] = (Counter(), Counter(), Counter())
    for each, count in values.items():
        for counter, value in zip(found, each, strict=True):
            counter[value] += count
    accounts, kinds, states = map(_top, found)
    years: Counter[str] = Counter()
    for month, count in months:
        years[month[:4]] += count
    by_year = tuple(sorted(years.items(), reverse=True))
    return Facets(accounts, kinds, states, by_year, months, edited, sum(values.values()), exact)


def by_month(seconds: Sequence[int], zone: ZoneInfo) -> Counts:
    """How many of these moments are in each month of the city's calendar, newest month first."""
    if not seconds:
        return ()
    ordered = sorted(seconds)
    months = list(month_starts(ordered[0], ordered[-1], zone))
    places = [0, *(bisect_left(ordered, start) for _, start in months[1:]), len(ordered)]
    counts = ((name, after - at) for (name, _), at, after in zip(months, places, places[1:], strict=False))
    return newest_first(counts)


def newest_first(counts: Iterable[tuple[str, int]]) -> Counts:
    """Months that have any hits."""
    return tuple(sorted(((name, count) for name, count in counts if count), reverse=True))


def month_starts(first: int, last: int, zone: ZoneInfo) -> Iterator[tuple[str, int]]:
    """The months from that of one moment to that of another, with the second in which each begins. What lies before
    the first month that the calendar knows is of that month."""
    # A month more each way: the zone may shift them. The first is at or before ``first``, whatever it is.
    begin, end = _month(first) - 1, _month(last) + 1
    for number in range(max(begin, _FIRST * _MONTHS), min(end, _LAST * _MONTHS + _MONTHS - 1) + 1):
        year, month = divmod(number, _MONTHS)
        start = datetime(year, month + 1, 1, tzinfo=zone)
        yield f"{year:04d}-{month + 1:02d}", int((start - _EPOCH).total_seconds())


def _month(second: int) -> int:
    at = _EPOCH + timedelta(seconds=second)
    return at.year * _MONTHS + at.month - 1


def _top(counts: Counter[str]) -> Counts:
    """Most frequent first, then by name."""
    return tuple(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))
