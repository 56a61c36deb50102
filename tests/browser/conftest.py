"""A city whose people write nothing but attacks, captured for real, and a browser to read it with."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from functools import partial

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Dialog, Page, Request

from archiver.accounts.register.checks import wrong_text
from archiver.accounts.register.statements import Thing
from archiver.practice import faults
from archiver.practice.acts import Wording
from tests.browser import serving
from tests.browser.furnishing import Captured
from tests.browser.payloads import MARKUP, as_html, payloads
from tests.browser.serving import WIDE, Served, served_beside_nothing
from tests.capture.house import NEW, WATCH, House
from tests.register.town import Town


@dataclass
class Reader:
    """A page, and everything in it that should not happen."""

    page: Page
    home: str
    cookies: dict[str, str] = field(default_factory=dict)
    trouble: list[str] = field(default_factory=list)
    status: int = 0
    """Of the page that was read last."""

    def __post_init__(self) -> None:
        self.page.on("console", self._on_console)
        self.page.on("pageerror", lambda error: self.trouble.append(f"error: {error}"))
        self.page.on("dialog", self._on_dialog)
        self.page.on("request", self._on_request)
        self.page.expose_function("caught", lambda: self.trouble.append("a script of a stranger ran"))
        self.page.add_init_script(
            "addEventListener('securitypolicyviolation', e => console.error('policy: ' + e.violatedDirective))"
        )

    def read(self, address: str) -> None:
        """Open a page and let it finish."""
        answer = self.page.goto(address, wait_until="load")
        self.status = 0 if answer is None else answer.status

    def sign_in(self) -> None:
        self.page.context.add_cookies(
            [{"name": name, "value": value, "url": self.home} for name, value in self.cookies.items()]
        )

    def sign_out(self) -> None:
        self.page.context.clear_cookies()

    def expect_calm(self) -> None:
        assert self.trouble == [], self.page.url

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and "status of 404" not in message.text:
            self.trouble.append(f"{message.type}: {message.text}")

    def _on_dialog(self, dialog: Dialog) -> None:
        self.trouble.append(f"dialog: {dialog.message}")
        dialog.dismiss()

    def _on_request(self, request: Request) -> None:
        if not request.url.startswith(self.home):
            self.trouble.append(f"asked for {request.url}")


@pytest.fixture(scope="module")
def served(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """``WRITTEN`` of a module says what people write, where that is not all there is."""
    folder = tmp_path_factory.mktemp("browser")
    house = House(folder / "house", capped=False)
    written: tuple[str, ...] = getattr(request.module, "WRITTEN", ()) or payloads()
    with served_beside_nothing(house, folder / "real", partial(_captured, written), _Attacks()) as made:
        yield made


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Debian's browser. The event loop of its driver ends with the module, so that other tests can have their own."""
    with serving.chromium() as browser:
        if browser is None:
            pytest.skip("no browser: apt-get install chromium")
        yield browser


@pytest.fixture
def reader(chromium: Browser, served: Served) -> Iterator[Callable[..., Reader]]:
    """Makes readers of a width."""
    contexts: list[BrowserContext] = []

    def make(width: int = WIDE) -> Reader:
        context = chromium.new_context(viewport={"width": width, "height": 900})
        contexts.append(context)
        context.set_default_timeout(60_000)
        made = Reader(context.new_page(), served.home, served.cookies)
        made.sign_in()
        return made

    yield make
    for context in contexts:
        context.close()


class _Attacks:
    """Another attack for every purpose, as long as fits there."""

    def __init__(self) -> None:
        self._next = itertools.cycle(one for one in MARKUP if not wrong_text(one) and len(one) <= 100)

    def __call__(self, purpose: str) -> str:
        return next(self._next)


def _captured(written: tuple[str, ...], house: House) -> Captured:
    """Two accounts and what is said under them, captured; then edits and deletions, captured too."""
    city, office = house.city, house.cast.city
    posts = [_post(house, payload) for payload in written]
    comments = [_comment(house, number, payload, posts[number // 12]) for number, payload in enumerate(written)]
    account, feed = house.office(), house.feed()
    assert {house.run(one).outcome.value for one in (account, feed)} == {"complete"}
    house.later(hours=1)
    for number in range(0, len(written), 4):
        city.edit(posts[number], f"{written[number]} corrected")
        city.edit(comments[number], f"{written[number]} <b>corrected</b>")
    for comment in comments[1::8]:
        city.delete(comment)
    city.change_profile(office, name=f"City {written[0]}", note=written[11])
    assert house.run(account).outcome.value == "complete"
    house.later(hours=1)
    for post in posts[:2]:  # (threads of which the platform then counts more than was read)
        city.say(house.cast.residents[0], "One more.", answering=post)
    house.server.faults.add(faults.server_error(), "/context", times=None)
    house.run(account, WATCH)
    house.later(hours=1)
    house.server.faults.add(faults.server_error(), times=None)
    house.run(account, NEW)
    house.server.faults.clear()
    _register(written, house)
    edited, removed = (house.records()[f"status/{comments[number]}"].id for number in (0, 1))
    url = f"{house.server.mastodon.account_url(office)}/{posts[0]}"
    return Captured(account, edited, removed, url, "script")


def _register(written: tuple[str, ...], house: House) -> None:
    """Every payload that the register takes, as the words of an authority, its people and accounts."""
    town = Town(house.archive)
    for number, payload in enumerate(one.strip() for one in written if not wrong_text(one.strip()) and one.strip()):
        words = payload[:1500]
        office = town.authority(f"office-{number}", kind="elected", name=words)
        town.person(office, words, "holder", position=words)
        town.say(Thing.CANDIDACY, authority=office, person=words, office=words, since="2026-01-01", until="2026-11-03")
        town.say(Thing.EXEMPTION, authority=office, rule=words, reason=words, approver=words, until="2026-03-20")
        town.listing(
            f"https://a.example/{number}", authority=office, name=words, owner=words, note=words, purpose=words
        )


def _post(house: House, payload: str) -> int:
    """The payload as the office's own words, warning and description of a picture, and in the feed."""
    house.city.say(house.cast.news, Wording(payload, html=payload if as_html(payload) else None))
    wording = Wording(payload, warning=payload[:100], media=(house.city.picture(payload[:1500]),))
    return house.city.say(house.cast.city, wording)


def _comment(house: House, number: int, payload: str, post: int) -> int:
    """The payload as a stranger's name, profile and comment, in a server's answer that cleans nothing."""
    stranger = house.city.join(f"stranger{number}", payload[:200], note=payload)
    wording = Wording(payload, media=(house.city.picture(payload[:1500]),))
    raw = replace(wording, html=payload) if as_html(payload) else wording
    return house.city.say(stranger, raw, answering=post)
