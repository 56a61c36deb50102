"""*An account breaks and is reconnected*: from the board's red to what was made up for, in a real browser, with a real
service, a real post office and a platform that asks for consent."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from archiver.archive import Archive
from archiver.settings import Settings
from tests.browser.keys import mouse_of, press
from tests.browser.serving import WIDE
from tests.browser.story import reload_until, story, wait_for
from tests.signed_in import everything

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
LIST = """Authority,Platform,Address,Name,Owner,Owner mail,Capacity
Mayor,x,{x},City News,Ada Brown,{mail},official
"""
ADA = "ada.brown@city.example"


@pytest.mark.law("R69")
def test_an_account_breaks_and_is_reconnected(
    tmp_path: Path, chromium: Browser, request: pytest.FixtureRequest
) -> None:
    with story(tmp_path, request.config.getoption("--pictures")) as told:
        told.register_app()
        (tmp_path / "list.csv").write_text(LIST.format(x=told.account, mail=ADA))
        told.command("register", "load", str(tmp_path / "list.csv"))
        with Archive.open(Settings(home=told.home), create=False) as archive:
            held = everything(archive)
        desk = chromium.new_context(viewport={"width": WIDE, "height": 900})
        desk.add_cookies([{"name": name, "value": value, "url": told.url} for name, value in held.items()])
        page = desk.new_page()
        page.set_default_timeout(60_000)
        owner = chromium.new_context(viewport={"width": WIDE, "height": 900}).new_page()
        owner.set_default_timeout(60_000)
        mouse = [mouse_of(page), mouse_of(owner)]

        # It is connected for the first time, and captured.
        page.goto(f"{told.url}/accounts")
        assert "needs owner" in page.inner_text("main")
        press(page, "^Send the owner a reconnect link")
        told.agree(owner, told.link_of(0))
        page.goto(f"{told.url}/accounts")
        reload_until(page, "connected")
        reload_until(page, "(?s)(green|amber).*runs")
        wait_for(lambda: told.server.log and any("/tweets" in one.target for one in told.server.log))

        # The owner takes the consent back; somebody writes meanwhile, and deletes one of it again.
        told.server.consent.revoke(told.x.city)
        told.server.consent.renewals.clear()
        stays = told.city.say(told.x.city, "The bridge opens on Monday.")
        gone = told.city.say(told.x.city, "The pool is closed, sorry.")
        reload_until(page, "(?s)red.*(needs sign-in|needs owner|consent)", 120)
        told.city.delete(gone)
        told.look(page, "board-broken")
        press(page, "^Send the owner a reconnect link")
        assert ADA in page.inner_text("main")
        assert "/connect/" not in page.content()
        told.look(page, "asked")
        page.goto(f"{told.url}/accounts")
        reload_until(page, f"Link sent to Ada Brown \\({ADA}\\)")
        mail = told.mail(1)
        assert str(mail["To"]) == f"Ada Brown <{ADA}>"
        assert "again" in str(mail["Subject"])

        # Another context: no cookie of ours, no login.
        told.agree(owner, told.link_of(1))
        page.goto(f"{told.url}/accounts")
        reload_until(page, "used the link|connected")
        press(page, "^City News", 400)
        reload_until(page, "made up for", 120)
        text = page.inner_text("main")
        assert "Since it was connected again" in text
        assert "that stays lost" in text
        page.goto(f"{told.url}/search?q=bridge")
        reload_until(page, "The bridge opens on Monday")
        page.goto(f"{told.url}/search?q=pool")
        assert "The pool is closed" not in page.inner_text("main"), "what was deleted meanwhile is lost"
        assert stays
        owner.goto(told.link_of(1))
        assert "done its work" in owner.inner_text("main")
        assert mouse == [[], []]
