"""One archive as a web site: what every page of it needs."""

from __future__ import annotations

from contextvars import ContextVar
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from fastapi import Request
from fastapi.responses import HTMLResponse

from archiver import logs
from archiver.archive import Archive
from archiver.capture import spool
from archiver.capture.receiving import Receiver
from archiver.errors import WrongStore
from archiver.operations import board, invocation, log_state, probe_record, seal
from archiver.people.access_log import AccessLog
from archiver.web import rendering
from archiver.web.rate import Rate

if TYPE_CHECKING:
    from archiver.work.service import Work

#: Who a page of this request is for. Made by the middleware, since what a dependency sets is seen by nobody else.
visiting: ContextVar[Shown | None] = ContextVar("visiting", default=None)
_log = logs.get(__name__)
_TEMPLATES = rendering.environment()


@dataclass(slots=True)
class Shown:
    """Whoever is signed in, as the head of every page shows them. Filled in once it is known who it is."""

    name: str = ""
    practice: bool = False
    actions: frozenset[str] = frozenset()
    """What any of their roles allows: entries of the navigation."""
    asked: bool = False
    """Somebody asked for another mail address for them, and they have not answered."""


@dataclass(frozen=True)
class Site:
    """The pages of one archive."""

    archive: Archive
    base: str = ""
    """Path under which it stands, without a slash at its end."""
    other: str | None = None
    """Address of the other archive served beside it: practice beside real, and the other way round."""
    work: Work | None = None
    """The capture on schedule in this process; None where another process does it."""
    visitor: str | None = None
    """In a practice archive: who somebody at the machine itself is taken for. None: everybody signs in."""

    def __post_init__(self) -> None:
        if self.visitor is not None and not self.archive.practice:
            raise WrongStore("nobody is let into a real archive by themselves")

    @property
    def practice(self) -> bool:
        return self.archive.practice

    @property
    def title(self) -> str:
        if self.practice:
            return "Practice archive"
        city = self.archive.settings.city_name
        return f"{city}: records archive" if city else "Records archive"

    @cached_property
    def seal(self) -> seal.Seal | None:
        """The city's seal; never on what is practice."""
        return None if self.practice else seal.read(self.archive.settings.seal_file)

    @cached_property
    def zone(self) -> ZoneInfo:
        return self.archive.settings.zone

    @property
    def zone_name(self) -> str:
        return self.archive.settings.time_zone.replace("_", " ")

    @property
    def command(self) -> str:
        """How the command line is called so that it means the real archive of this service."""
        home = self.archive.settings.home.parent if self.practice else self.archive.settings.home
        return invocation.command(home)

    @property
    def alarm(self) -> str | None:
        """What is wrong with the signed log, for the head of every page."""
        try:
            with self.archive.database.read() as connection:
                return log_state.alarm(connection)
        except Exception as error:  # noqa: BLE001 - a page that tells of a failure must not fail in its own head
            _log.error("page.no_alarm", exc_info=error)
            return None  # the page itself says that the database does not answer

    @property
    def store_alarm(self) -> str | None:
        """What was found wrong with the store, for the head of every page."""
        try:
            return probe_record.alarm(self.archive)
        except Exception as error:  # noqa: BLE001 - as above
            _log.error("page.no_alarm", exc_info=error)
            return None

    @cached_property
    def receiver(self) -> Receiver:
        """Takes what platforms send."""
        return Receiver(self.archive)

    @cached_property
    def program_rate(self) -> Rate:
        """How often each token or session asks what is for programs."""
        return Rate(self.archive.settings.api_per_minute)

    @cached_property
    def stranger_rate(self) -> Rate:
        """The same of each address of which nobody is known."""
        return Rate(self.archive.settings.api_strangers_per_minute)

    @cached_property
    def board(self) -> board.Kept:
        """What is kept between two looks at the coverage board."""
        return board.kept(self.archive)

    def dead(self) -> frozenset[str]:
        """Capturing processes of this machine that ended without giving back what they held."""
        return spool.dead(self.archive.settings.spool)

    @cached_property
    def access_log(self) -> AccessLog:
        """Where views and searches are written down."""
        return AccessLog(self.archive)

    def page(self, template: str, *, here: str = "", status: int = 200, **values: Any) -> HTMLResponse:
        """One page. ``here`` names the entry of the navigation it belongs to."""
        values = {"site": self, "here": here, "shown": visiting.get() or Shown(), **values}
        values["made_at"] = self.archive.clock.now()
        return HTMLResponse(rendering.render(_TEMPLATES, template, self.zone, values), status_code=status)


def site_of(request: Request) -> Site:
    """The site a request is for."""
    site: Site = request.app.state.site
    return site
