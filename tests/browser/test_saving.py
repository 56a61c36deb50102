"""Somebody saves a search, sees what is new, and says that they have seen it: with the keyboard alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page

from archiver.people.roles import Role
from archiver.web.app import create_app
from archiver.web.server import PageServer, bind
from archiver.web.site import Site
from tests.browser.keys import mouse_of, press, until
from tests.browser.test_moderation_desk import _fine, chromium
from tests.capture.house import House
from tests.signed_in import cookies, person

__all__ = ["chromium"]
pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path / "house")
    yield house
    house.close()


def _open(house: House, chromium: Browser, width: int) -> tuple[PageServer, Page]:
    pages = PageServer(create_app(Site(house.archive)), bind(house.archive.settings))
    pages.start()
    jo = person(house.archive, Role.CUSTODIAN, name="Jo")
    context = chromium.new_context(viewport={"width": width, "height": 900})
    context.set_default_timeout(60_000)
    url = pages.url.rstrip("/")
    held = cookies(house.archive, jo).items()
    context.add_cookies([{"name": name, "value": value, "url": url} for name, value in held])
    return pages, context.new_page()


@pytest.mark.law("R69")
@pytest.mark.parametrize("width", [1280, pytest.param(390, marks=pytest.mark.long)])
def test_a_search_is_saved_and_tells_what_is_new(chromium: Browser, house: House, width: int) -> None:
    city, cast = house.city, house.cast
    account = house.office()
    post = city.say(cast.city, "Fireworks at the lake.")
    first = city.say(cast.residents[0], "The fireworks were loud.", answering=post)
    house.run(account)
    house.later(hours=1)
    pages, page = _open(house, chromium, width)
    try:
        url = pages.url.rstrip("/")
        mouse = mouse_of(page)
        page.goto(f"{url}/search")
        assert page.evaluate("document.activeElement.id") == "q", "one can type at once"
        page.keyboard.type("firework")
        with page.expect_navigation():
            page.keyboard.press("Enter")
        assert "the word “firework” in any form" in page.inner_text("p[role=status]")
        _fine(page, width)

        press(page, "Comment of")
        assert "The fireworks were loud." in page.inner_text("main")
        press(page, "Back to this hit")
        assert "#hit-" in page.url
        page.wait_for_selector("li:target")
        for _ in range(3):
            page.keyboard.press("Tab")
            if "Comment of" in page.evaluate("document.activeElement.innerText"):
                break
        assert page.evaluate("document.activeElement.closest(':target') !== null"), "one goes on from there"
        assert "Comment of" in page.evaluate("document.activeElement.innerText")
        assert page.evaluate("document.activeElement.matches(':focus-visible')")

        page.goto(f"{url}/search?q=firework")
        until(page, "Save this search")
        page.keyboard.press("Enter")
        until(page, "Name")
        page.keyboard.type("Loud nights")
        with page.expect_navigation():
            page.keyboard.press("Enter")
        assert "nothing new" in page.inner_text("table")
        _fine(page, width)

        house.later(minutes=10)
        city.edit(first, "The fireworks were wonderful.")
        city.say(cast.residents[1], "More fireworks, please.", answering=post)
        house.run(account)
        house.later(minutes=10)
        page.reload()
        assert "2 new" in page.inner_text("table")
        press(page, "Loud nights")
        told = page.inner_text("main")
        assert "More fireworks, please." in told
        assert "The fireworks were wonderful." in told
        assert "edited" in told
        _fine(page, width)
        house.later(minutes=10)
        page.reload()
        press(page, "I have seen these")
        assert "nothing new" in page.inner_text("table")
        assert mouse == []
    finally:
        page.context.close()
        pages.stop()
