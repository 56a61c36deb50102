"""The moment that a page is read as of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Annotated
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from fastapi import Query

from archiver.clock import to_text
from archiver.web import times
from archiver.web.places import BadPlace
from archiver.web.site import Site

AsOf = Annotated[
    str, Query(max_length=40, description="As of a day or a moment by the city's clocks, or in UTC with Z.")
]


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
        """As the field of a form has it, by the city's clocks; never earlier, so that nothing is lost by sending it.
        The field cannot name the second of an hour that is repeated: its end stands for it."""
        whole = self.at if not self.at.microsecond else self.at.replace(microsecond=0) + timedelta(seconds=1)
        while whole.astimezone(self.zone).fold:
            whole = whole.replace(second=0) + timedelta(minutes=1)
        return whole.astimezone(self.zone).strftime("%Y-%m-%dT%H:%M:%S")


def moment(site: Site, said: str) -> Moment | None:
    """The moment that was said (:func:`archiver.web.times.moment`); None where nothing was.

    Raises:
        BadPlace: there is no such moment, or it is still to come.
    """
    at = times.moment(site, said)
    if at is not None and at > site.archive.clock.now():
        raise BadPlace("that moment is still to come")
    return None if at is None else Moment(at, site.zone)
