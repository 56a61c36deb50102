"""The pages of a practice city, served beside an archive in which nothing has happened, and a browser to read them."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from playwright.sync_api import Browser, sync_playwright

from archiver.archive import Archive
from archiver.people.practice import visitor
from archiver.settings import Settings
from archiver.web.app import create_app
from archiver.web.server import PageServer, bind
from archiver.web.site import Site
from tests.browser.furnishing import Captured, Words, furnish
from tests.browser.scenes import Place, Scene, scenes
from tests.capture.house import House
from tests.signed_in import everything

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
WIDE, NARROW = 1280, 390


@dataclass(frozen=True, slots=True)
class Served:
    """The practice archive, in which everything has happened, and an empty real one beside it."""

    place: Place
    house: House
    cookies: dict[str, str]
    """Of somebody who sees everything of both."""

    @property
    def home(self) -> str:
        """Where both are."""
        return self.place.empty

    def pages(self) -> dict[str, Scene]:
        """Every page there is, by its address."""
        return {one.address(self.place): one for one in scenes()}


@contextmanager
def served_beside_nothing(
    house: House, folder: Path, captured: Callable[[House], Captured], words: Words
) -> Iterator[Served]:
    """``captured`` lets the house see what happens in its city. The house is closed in the end."""
    settings = Settings(home=folder, web_port=0, disk_reserve_percent=0)
    try:
        with Archive.open(settings) as empty:
            known = captured(house)
            practice = Site(house.archive, base="/practice", other="/accounts", visitor=visitor(house.archive))
            pages = PageServer(create_app(Site(empty, other="/practice/"), practice), bind(settings))
            pages.start()
            made = furnish(house, known, words)
            place = replace(made.place, base=f"{pages.url}practice", empty=pages.url.rstrip("/"))
            yield Served(place, house, made.cookies | everything(empty))
            pages.stop()
    finally:
        house.close()


@contextmanager
def chromium() -> Iterator[Browser | None]:
    """Debian's browser; None where there is none."""
    found = next((path for name in _NAMES if (path := shutil.which(name))), None)
    if found is None:
        yield None
        return
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-dev-shm-usage"])
        yield browser
        browser.close()
