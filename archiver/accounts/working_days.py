"""Days on which a city's offices in Wisconsin are open."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache

_SATURDAY = 5
_DAY = timedelta(days=1)


def is_working_day(day: date) -> bool:
    """Neither a weekend nor a holiday of the United States or Wisconsin (Wis. Stat. 995.20, 230.35(4))."""
    return day.weekday() < _SATURDAY and day not in _holidays(day.year)


def working_day_before(day: date) -> date:
    """The last working day before ``day``."""
    before = day - _DAY
    while not is_working_day(before):
        before -= _DAY
    return before


@lru_cache(maxsize=64)
def _holidays(year: int) -> frozenset[date]:
    import holidays  # takes a second to load, and is wanted a few times a day

    return frozenset(holidays.country_holidays("US", subdiv="WI", years=year))
