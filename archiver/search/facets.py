"""Facets: the hits counted by account, kind, state and year."""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from zoneinfo import ZoneInfo

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

#: A value and how many of the hits have it, most frequent first.
Counts = tuple[tuple[str, int], ...]
#: Second, account, kind and state of a hit.
FacetRow = tuple[int, str, str, str]


@dataclass(frozen=True, slots=True)
class Facets:
    """The hits by account, kind, state, and year of the city's calendar (newest year first)."""

    accounts: Counts
    kinds: Counts
    states: Counts
    years: Counts
    exact: bool
    """False: there are more hits than were counted."""


def count_facets(found: Iterable[FacetRow], limit: int | None, zone: ZoneInfo) -> Facets:
    """Facets of these hits, of which the first ``limit`` count."""
    rows = list(islice(found, None if limit is None else limit + 1))
    is_exact = limit is None or len(rows) <= limit
    if not is_exact:
        rows.pop()
    return Facets(
        accounts=_top(Counter(row[1] for row in rows)),
        kinds=_top(Counter(row[2] for row in rows)),
        states=_top(Counter(row[3] for row in rows)),
        years=_years([row[0] for row in rows], zone),
        exact=is_exact,
    )


def _top(counts: Counter[str]) -> Counts:
    """Most frequent first, then by name."""
    return tuple(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))


def _years(moments: list[int], zone: ZoneInfo) -> Counts:
    """Years of the city's calendar, newest first."""
    if not moments:
        return ()
    first, last = _year(min(moments)) - 1, _year(max(moments)) + 1  # a year more each way: the zone may shift them
    years = range(max(first, 1), min(last, 9999) + 1)
    starts = [_start(year, zone) for year in years]
    counts = Counter(bisect_right(starts, moment) - 1 for moment in moments)
    return tuple((str(years[max(place, 0)]), counts[place]) for place in sorted(counts, reverse=True))


def _year(second: int) -> int:
    return (_EPOCH + timedelta(seconds=second)).year


def _start(year: int, zone: ZoneInfo) -> int:
    return int((datetime(year, 1, 1, tzinfo=zone) - _EPOCH).total_seconds())
