"""Days, months and years of the city's calendar as spans of time."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

_ISO = re.compile(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2})(?:T(\d{1,2}):(\d{2}))?)?)?", re.ASCII)
_AMERICAN = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})", re.ASCII)


def span(said: str, zone: ZoneInfo) -> tuple[datetime, datetime] | None:
    """First moment of the year, month, day or minute that was said, and first moment after it, in ``zone``.

    Understood are ``2026``, ``2026-05``, ``2026-05-01``, ``2026-05-01T14:30`` and ``5/1/2026`` (month first).
    None: not a date, or none that a calendar has. Where a day starts in an hour that summer time skips or repeats,
    its first moment counts.
    """
    if american := _AMERICAN.fullmatch(said):
        month, day, year = american.groups()
        parts: list[int] = [int(year), int(month), int(day)]
    elif iso := _ISO.fullmatch(said):
        parts = [int(part) for part in iso.groups() if part is not None]
    else:
        return None
    try:
        start, end = _bounds(parts)
    except (ValueError, OverflowError):
        return None
    return (start.replace(tzinfo=zone), end.replace(tzinfo=zone)) if 1500 < start.year < 9000 else None


def _bounds(parts: list[int]) -> tuple[datetime, datetime]:
    year, month, day, hour, minute = [*parts, *(1, 1, 1, 0, 0)[len(parts) :]]
    start = datetime(year, month, day, hour, minute)  # noqa: DTZ001 - the caller gives it the city's zone
    if len(parts) == 1:
        return start, start.replace(year=year + 1)
    if len(parts) == 2:
        return start, start.replace(year=year + month // 12, month=month % 12 + 1)
    return start, start + (timedelta(days=1) if len(parts) == 3 else timedelta(minutes=1))
