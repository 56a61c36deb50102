"""Moments as they are typed, by the city's clocks, or as our own links have them, exactly."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from archiver.clock import from_text
from archiver.search import days
from archiver.web.places import BadPlace
from archiver.web.site import Site

_SECONDS: Final = re.compile(r"(.*T\d{1,2}:\d{2}):(\d{2})(?:\.\d{1,6})?", re.ASCII)


def moment(site: Site, said: str) -> datetime | None:
    """A day's beginning or a moment by the city's clocks, or in UTC with Z; None where nothing is said. Of an hour that
    summer time repeats, the first counts.

    Raises:
        BadPlace: it is none.
    """
    if not said.strip():
        return None
    found = _read(said.strip(), site.zone)
    if found is None:
        raise BadPlace("no day or moment of the calendar; say it like 2026-05-01 or 2026-05-01T14:30")
    return found


def typed(site: Site, at: datetime | None) -> str:
    """A moment as a field for one takes it."""
    return "" if at is None else at.astimezone(site.zone).strftime("%Y-%m-%dT%H:%M")


def _read(said: str, zone: ZoneInfo) -> datetime | None:
    if said.endswith("Z"):
        try:
            return from_text(said)
        except ValueError:
            return None
    seconds = _SECONDS.fullmatch(said)
    if seconds is not None:
        said = seconds[1]
    found = days.span(said, zone)
    extra = int(seconds[2]) if seconds is not None else 0
    return None if found is None or extra > 59 else found[0] + timedelta(seconds=extra)
