"""A moment as it stands in an address: by the city's clocks as somebody types it, or exactly, as our own links do."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated, Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import Query

from archiver.clock import from_text, to_text
from archiver.search import days
from archiver.web.places import BadPlace
from archiver.web.site import Site

AsOf = Annotated[
    str, Query(max_length=40, description="As of a day or a moment by the city's clocks, or in UTC with Z.")
]
_SECONDS: Final = re.compile(r"(.*T\d{1,2}:\d{2}):(\d{2})(?:\.\d{1,6})?", re.ASCII)


@dataclass(frozen=True, slots=True)
class Moment:
    """A moment that something is read as of."""

    at: datetime
    zone: ZoneInfo

    @property
    def query(self) -> str:
        """For an address: exactly this moment."""
        return urlencode({"at": to_text(self.at)})

    @property
    def typed(self) -> str:
        """As the field of a form has it, by the city's clocks; never earlier, so that nothing is lost by sending it."""
        whole = self.at if not self.at.microsecond else self.at.replace(microsecond=0) + timedelta(seconds=1)
        return whole.astimezone(self.zone).strftime("%Y-%m-%dT%H:%M:%S")


def moment(site: Site, said: str) -> Moment | None:
    """The moment that was said; None where nothing was, or where it is now.

    Of an hour that summer time repeats, the first counts.

    Raises:
        BadPlace: there is no such moment, or it is still to come.
    """
    if not said.strip():
        return None
    at = _read(said.strip(), site.zone)
    if at is None:
        raise BadPlace("no day or moment of the calendar; say it like 2026-05-01 or 2026-05-01T14:30")
    if at > site.archive.clock.now():
        raise BadPlace("that moment is still to come")
    return Moment(at, site.zone)


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
