"""A whole service in one process: pages, clock and workers, and the practice city beside them where it is wanted."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass

from starlette.types import ASGIApp

from archiver.archive import Archive
from archiver.errors import Unreachable
from archiver.operations.probe_record import StoreState, at_start
from archiver.people import links
from archiver.people.practice import visitor
from archiver.settings import Settings
from archiver.web.app import create_app
from archiver.web.server import PageServer, bind
from archiver.web.site import Site
from archiver.work.practice import Practice, begin
from archiver.work.service import Work

#: Where the practice city's pages are, beside the real ones.
PRACTICE = "/practice"
_LOOK_SECONDS = 5.0


@dataclass(frozen=True, slots=True)
class Serving:
    """A service that runs."""

    url: str
    archive: Archive
    pages: PageServer
    store: StoreState
    first_link: str | None = None
    """Makes the first administrator, once; None: there is one, or the archive is a practice one."""

    def wait(self, stop: threading.Event) -> None:
        """Until ``stop`` is set.

        Raises:
            Unreachable: the pages are no longer served; everything else has been stopped.
        """
        while not stop.wait(_LOOK_SECONDS):
            if not self.pages.alive:
                raise Unreachable("the pages are no longer served, so the service stopped; the log says why")


@contextmanager
def serving(settings: Settings) -> Iterator[Serving]:
    """The real archive of ``settings``, with the practice city beside it if they say so. Stopped cleanly at the end.

    Raises:
        SettingsError, Unreachable, WrongStore: it cannot begin.
    """
    with ExitStack() as stack:
        bound = stack.enter_context(bind(settings))
        archive = stack.enter_context(Archive.open(settings))
        store = at_start(archive)
        city = begin(settings) if settings.practice else None
        work = Work(archive)
        stack.callback(stop_together, [work.stop, *([city.stop] if city else [])])
        pages = PageServer(_application(settings, archive, work, city), bound)
        stack.callback(pages.stop)
        pages.start()
        work.start()
        yield Serving(pages.url, archive, pages, store, _first_link(archive))


@contextmanager
def serving_practice(settings: Settings, speed: float) -> Iterator[Serving]:
    """The practice city and its archive alone.

    Raises:
        SettingsError, Unreachable, WrongStore: it cannot begin.
    """
    with ExitStack() as stack:
        bound = stack.enter_context(bind(settings))
        city = begin(settings, speed)
        stack.callback(city.stop)
        site = Site(city.archive, work=city.work, visitor=visitor(city.archive))
        pages = PageServer(create_app(site, names=settings.names), bound)
        stack.callback(pages.stop)
        pages.start()
        yield Serving(pages.url, city.archive, pages, at_start(city.archive))


def stop_together(stops: list[Callable[[], object]]) -> None:
    """Stop several things at the same time, so that their waits do not add up."""
    threads = [threading.Thread(target=one, name="stopping") for one in stops]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _first_link(archive: Archive) -> str | None:
    """A link for the first administrator, where there is none yet. A new one at every start: what was printed before
    no longer counts."""
    offered = links.offer_first(archive)
    return None if offered is None else offered.address


def _application(settings: Settings, archive: Archive, work: Work, city: Practice | None) -> ASGIApp:
    if city is None:
        return create_app(Site(archive, work=work), names=settings.names)
    real = Site(archive, work=work, other=f"{PRACTICE}/")
    beside = Site(city.archive, base=PRACTICE, work=city.work, other="/accounts", visitor=visitor(city.archive))
    return create_app(real, beside, settings.names)
