"""Moments as they are typed, by the city's clocks."""

from __future__ import annotations

from datetime import datetime

from archiver.search import days
from archiver.web.places import BadPlace
from archiver.web.site import Site


def moment(site: Site, said: str) -> datetime | None:
    """A moment by the city's clocks; None where nothing is said.

    Raises:
        BadPlace: it is none.
    """
    if not said.strip():
        return None
    found = days.span(said.strip()[:16], site.zone)
    if found is None:
        raise BadPlace("no day or moment of the calendar; say it like 2026-05-01 or 2026-05-01T14:30")
    return found[0]


def typed(site: Site, at: datetime | None) -> str:
    """A moment as a field for one takes it."""
    return "" if at is None else at.astimezone(site.zone).strftime("%Y-%m-%dT%H:%M")
