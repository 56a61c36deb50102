"""A term ends, in a browser, by keyboard alone: from the freeze to the filed receipt, over the service itself, which is
killed on the way, and a platform that answers it."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from itertools import cycle, islice
from pathlib import Path
from typing import Any

import httpx
import pypdfium2
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page

from archiver.accounts import service as accounts
from archiver.accounts import tokens
from archiver.accounts.register import custody
from archiver.archive import Archive
from archiver.people.roles import Access, Role
from archiver.practice.run import RunningPractice, start_practice
from archiver.settings import Settings
from tests import backends, effort
from tests.browser.keys import choose, hand_in, mouse_of, press, take, tick, write
from tests.browser.serving import NARROW, WIDE
from tests.register.town import Town
from tests.signed_in import cookies, person

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
_RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]


@dataclass
class Office:
    """A mayor whose account is captured with a token, beside a page that nobody captures; and the service."""

    home: Path
    city: RunningPractice
    port: int
    account: str = ""
    listing: str = ""
    mayor: str = ""
    cookies: dict[str, str] = field(default_factory=dict)
    service: subprocess.Popen[str] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def archive(self) -> Archive:
        trusted = (self.city.base_url,)
        return Archive.open(Settings(home=self.home, trusted_origins=trusted, **self._settings()))

    def fill(self) -> None:
        backends.prepare(self.home, {})
        with self.archive() as archive:
            url = self.city.accounts[0].url
            self.account = accounts.add(archive, url, "mastodon").account.id
            self.city.server.mastodon.grant(self.city.cast.city, "of before")
            tokens.keep(archive, self.account, "of before")
            town = Town(archive)
            clerk = town.authority("city-clerk", clerk=True, name="City Clerk")
            town.person(clerk, "Jo Clerk")
            self.mayor = town.authority("mayor", kind="elected", name="Mayor")
            town.person(self.mayor, "Ada Out", "holder", since="2022-04-19")
            town.person(self.mayor, "Staff Of Ada", "designee")
            self.listing = town.listing(url, account=self.account, authority=self.mayor, name="The Mayor")
            town.listing("https://a.example/page", authority=self.mayor, name="An old page", not_captured="closed")
            town.listing("https://a.example/ada", authority=self.mayor, capacity="campaign", name="Ada for us")
            who = person(archive, Role.RECORDS_OFFICER, name="Rae Officer", access=[*Access])
            self.cookies = cookies(archive, who)

    def serve(self) -> None:
        given = {f"ARCHIVER_{name.upper()}": str(value) for name, value in self._settings().items()}
        env = {name: value for name, value in os.environ.items() if not name.startswith("ARCHIVER_")}
        env |= given | {"ARCHIVER_HOME": str(self.home), "ARCHIVER_TRUSTED_ORIGINS": self.city.base_url}
        self.service = subprocess.Popen(
            [sys.executable, "-m", "archiver", "serve", "--json"], env=env, stdout=subprocess.DEVNULL, text=True
        )
        deadline = time.monotonic() + 120
        while True:
            try:
                if httpx.get(f"{self.url}/healthz", timeout=10).status_code < 500:
                    return
            except httpx.HTTPError:
                assert time.monotonic() < deadline
            time.sleep(0.1)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        if self.service is not None:
            self.service.send_signal(how)
            self.service.wait(60)
            self.service = None

    def _settings(self) -> dict[str, Any]:
        quick = {"tick_seconds": 0.2, "request_pause_seconds": 0, "disk_reserve_percent": 0, "web_port": self.port}
        return quick | backends.places(self.home)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    city = start_practice(speed=1e-6)
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    made = Office(tmp_path / "home", city, port)
    try:
        made.fill()
        made.serve()
        yield made
    finally:
        made.stop(signal.SIGKILL)
        city.stop()


@pytest.fixture
def fine(request: pytest.FixtureRequest) -> Callable[[Page, str], None]:
    """Nobody is kept out of a page, in light and dark, on a small screen and a wide one; one after the other, or in the
    long run both on each."""
    folder = request.config.getoption("--pictures")
    turn = cycle((("light", WIDE), ("dark", NARROW)))

    def look(page: Page, name: str) -> None:
        for scheme, width in islice(turn, 2 if effort.long or folder else 1):
            page.set_viewport_size({"width": width, "height": 900})
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            assert page.evaluate("document.documentElement.scrollWidth") <= width, page.url
            answer = Axe().run(page, options={"runOnly": _RULES, "resultTypes": ["violations"]})
            found = [(one["id"], one["nodes"][0]["html"][:150]) for one in answer.response["violations"]]
            assert found == [], (page.url, scheme)
            if folder:
                page.screenshot(path=f"{folder}/handover-{name}-{width}.png", full_page=True)

    return look


def _said(page: Page) -> str:
    return page.inner_text("main")


def _until(page: Page, words: str) -> None:
    deadline = time.monotonic() + 120
    while words not in _said(page):
        assert time.monotonic() < deadline, _said(page)
        page.wait_for_timeout(300)
        press(page, "^Look again how far it is")


@pytest.mark.law("R10", "R11")
def test_a_term_ends_from_freeze_to_filed_receipt_in_a_browser(
    office: Office, chromium: Browser, fine: Callable[[Page, str], None], tmp_path: Path
) -> None:
    context = chromium.new_context(viewport={"width": WIDE, "height": 900}, accept_downloads=True)
    context.set_default_timeout(60_000)
    context.add_cookies([{"name": name, "value": value, "url": office.url} for name, value in office.cookies.items()])
    page = context.new_page()
    told: list[str] = []
    page.on("console", lambda one: told.append(one.text) if one.type == "error" else None)

    mouse = mouse_of(page)
    page.goto(f"{office.url}/register/handovers")
    assert "No hand-over yet" in _said(page)
    page.goto(f"{office.url}/register/authorities/{office.mayor}")
    press(page, "^Hand its accounts over$")
    assert page.get_by_label("Who leaves").input_value() == "Ada Out", "the register knows who holds the office"
    write(page, "^Who follows", "Bo In")
    fine(page, "begin")
    press(page, "^Begin$")
    assert "Ada for us" in _said(page), "named as not handed over"
    fine(page, "begun")

    press(page, "^Settle these 2 accounts$")
    address = page.url
    office.stop(signal.SIGKILL)
    office.serve()
    page.goto(address)
    assert "Next: the last look at every account" in _said(page), "what was settled stands"
    fine(page, "looks")
    _until(page, "Every account that is captured was looked at whole")
    fine(page, "looked")
    press(page, "^All of it was looked at: go on$")

    assert "still read with what was granted before" in _said(page)
    fine(page, "swept")
    press(page, "^Prepare the change$")
    write(page, "^Their position", "Mayor")
    choose(page, "^(Forget|Keep) it", "^Forget it")
    fine(page, "transfer")
    press(page, "^Show what would change$")
    shown = _said(page)
    assert all(words in shown for words in ("Staff Of Ada, designee", "Bo In, holder", "cannot be undone")), shown
    fine(page, "preview")
    with office.archive() as archive:
        assert custody.of_account(Town(archive).register, office.listing).names == "Ada Out", "nothing is changed yet"
    press(page, "^Change it$")
    press(page, "^Take the inventory$")

    fine(page, "inventory")
    page.set_viewport_size({"width": WIDE, "height": 900})
    page.emulate_media(media="print", color_scheme="light")
    assert not page.get_by_role("link", name="List of stored objects").is_visible(), (
        "what is for the screen is not printed"
    )
    (tmp_path / "printed.pdf").write_bytes(page.pdf())
    page.emulate_media(media="screen")
    files = {}
    for name in ("PDF with the receipt", "JSON", "List of stored objects"):
        files[name] = take(page, f"^{name}")
    _check(office, page, *files.values())

    page.goto(address)
    signed = {"name": "receipt of Bo.pdf", "mimeType": "application/pdf", "buffer": b"%PDF-1.7 signed by Bo In"}
    hand_in(page, "^The signed receipt, scanned", signed)
    tick(page, "^This is the signed receipt")
    fine(page, "receipt")
    press(page, "^Keep the receipt$")
    assert "receipt of Bo.pdf" in _said(page)
    assert page.get_by_label("Filed with").input_value() == "City Clerk"
    tick(page, "^It is filed")
    fine(page, "file")
    press(page, "^Note that it is filed$")
    assert "The hand-over is done" in _said(page)
    fine(page, "filed")
    assert take(page, "^receipt of Bo.pdf$") == signed["buffer"]
    assert mouse == []
    context.close()
    office.stop()
    _check_register(office)
    killed = ("CONNECTION_REFUSED", "CONTENT_LENGTH_MISMATCH", "CONNECTION_RESET", "EMPTY_RESPONSE")
    assert [one for one in told if not any(why in one for why in killed)] == [], "but for when it was killed"


def _check(office: Office, page: Page, pdf: bytes, content: bytes, listed: bytes) -> None:
    """What was downloaded fits what is shown, and what is stored."""
    told = json.loads(content)
    assert told["segments_sha256"] == sha256(listed).hexdigest()
    lines = [line.split("  ") for line in listed.decode().splitlines()]
    assert lines
    for digest, key in lines:
        assert sha256((office.home / "store" / key).read_bytes()).hexdigest() == digest
    shown = _said(page)
    for words in (sha256(content).hexdigest(), told["segments_sha256"], f"{told['totals']['records']:,}"):
        assert words in shown
    text = "".join(one.get_textpage().get_text_range() for one in pypdfium2.PdfDocument(pdf)).replace("\r\n", "")
    assert sha256(content).hexdigest()[:16] in text
    assert "Signature of the successor" in text


def _check_register(office: Office) -> None:
    with office.archive() as archive:
        register = Town(archive).register
        (handover_id, says), *_ = register.handovers.items()
        assert (says.step, says.filed_with, says.tokens) == ("filed", "City Clerk", {office.account: "removed"})
        assert {one.by for one in register.history(handover_id)} == {"Rae Officer"}
        assert register.listings[office.listing].owner == "Bo In"
        assert custody.of_account(register, office.listing).names == "Bo In"
