"""An owner's way to the platform and back, in a real browser."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from archiver.people.practice import visitor
from archiver.web.app import create_app
from archiver.web.server import PageServer, bind
from archiver.web.site import Site
from tests.browser.serving import NARROW, WIDE
from tests.capture.house import House
from tests.connecting.consenting import Owner

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


@pytest.fixture
def pages(tmp_path: Path) -> Iterator[tuple[Owner, str]]:
    house = House(tmp_path, settings={"web_port": 0})
    bound = bind(house.archive.settings)
    url = f"http://127.0.0.1:{bound.getsockname()[1]}"
    house.shut()
    house.settings["web_url"] = url
    house.open()
    server = PageServer(create_app(Site(house.archive, visitor=visitor(house.archive))), bound)
    server.start()
    try:
        yield Owner.of(house, "x", f"{url}/connect/return"), url
    finally:
        server.stop()
        house.close()


@pytest.mark.law("R69")
@pytest.mark.parametrize("width", [WIDE, NARROW])
def test_an_owner_connects_an_account_with_the_keyboard(
    pages: tuple[Owner, str], chromium: Browser, width: int, see: Callable[..., None]
) -> None:
    one, url = pages
    page = chromium.new_context(viewport={"width": width, "height": 900}).new_page()
    page.set_default_timeout(60_000)
    told: list[str] = []
    page.on("console", lambda message: told.append(message.text))
    page.goto(f"{url}/connect/{one.link()}")
    see(page, "link")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.keyboard.press("Tab")
    while page.evaluate("document.activeElement.tagName") != "BUTTON":
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_url("**/i/oauth2/authorize**")
    page.select_option("select", str(one.cast.city))
    page.click("button[value=allow]")
    page.wait_for_url("**/connect/ended/**")
    assert "is connected" in page.inner_text("h1")
    see(page, "connected")
    assert "code=" not in page.url
    page.goto(f"{url}/connect/{one.link()}")
    page.click("button")
    page.wait_for_url("**/i/oauth2/authorize**")
    page.select_option("select", str(one.cast.residents[0]))
    page.click("button[value=allow]")
    page.wait_for_url("**/connect/ended/**")
    assert "this is another account" in page.inner_text("main").lower()
    see(page, "refused")
    assert not [text for text in told if "Content Security Policy" in text]


@pytest.fixture
def see(request: pytest.FixtureRequest) -> Callable[..., None]:
    """Checks a page for everybody who reads it in another way; keeps a picture where ``--pictures`` names a folder."""
    folder = request.config.getoption("--pictures")

    def look(page: Page, name: str) -> None:
        found = Axe().run(page, options={"resultTypes": ["violations"]})
        assert not found.response["violations"], found.response["violations"]
        if folder:
            page.screenshot(path=f"{folder}/{name}-{page.evaluate('innerWidth')}.png", full_page=True)

    return look
