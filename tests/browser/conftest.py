"""A city whose people write nothing but attacks, captured for real, and a browser to read it with."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, BrowserContext, ConsoleMessage, Dialog, Page, Request, sync_playwright

from archiver.accounts.register.checks import wrong_text
from archiver.accounts.register.statements import Thing
from archiver.archive import Archive
from archiver.moderation import service as moderation
from archiver.people.acting import of_machine
from archiver.people.practice import visitor
from archiver.practice import faults
from archiver.practice.acts import Wording
from archiver.records.models import Record
from archiver.settings import Settings
from archiver.web.app import create_app
from archiver.web.server import PageServer, bind
from archiver.web.site import Site
from tests.browser.payloads import as_html, payloads
from tests.capture.house import NEW, WATCH, House
from tests.moderation.saying import says
from tests.register.town import Town
from tests.signed_in import everything

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
WIDE, NARROW = 1280, 390


@dataclass(frozen=True, slots=True)
class Served:
    """The practice archive at ``practice``, an empty real one at ``real``."""

    real: str
    practice: str
    house: House
    account: str
    edited: str
    """Id of a record with more than one version, in a thread."""
    cookies: dict[str, str]
    """Of somebody who sees everything of the real archive."""
    statement: str
    """Id of a statement on the moderation of a record."""
    url: str
    """Address of a post that was captured."""


@dataclass
class Reader:
    """A page, and everything in it that should not happen."""

    page: Page
    home: str
    trouble: list[str] = field(default_factory=list)

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
        self.page.goto(address, wait_until="load")

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
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("browser")
    house = House(folder / "house", capped=False)
    settings = Settings(home=folder / "real", web_port=0, disk_reserve_percent=0)
    with Archive.open(settings) as empty:
        try:
            account, edited = _captured(house)
            practice = Site(house.archive, base="/practice", other="/accounts", visitor=visitor(house.archive))
            pages = PageServer(create_app(Site(empty, other="/practice/"), practice), bind(settings))
            pages.start()
            words = payloads()[5][:500]
            says_it = says(account, edited, actor="staff", words=words, matter=words, actor_name=words)
            (statement,) = moderation.state(house.archive, of_machine(), [says_it])
            url = f"{house.server.mastodon.account_url(house.cast.city)}/{_first_post(house)}"
            real, practised = pages.url.rstrip("/"), f"{pages.url}practice"
            yield Served(real, practised, house, account, edited, everything(empty), statement, url)
            pages.stop()
        finally:
            house.close()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """Debian's browser. The event loop of its driver ends with the module, so that other tests can have their own."""
    found = next((path for name in _NAMES if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("no browser: apt-get install chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox", "--disable-dev-shm-usage"])
        yield browser
        browser.close()


@pytest.fixture
def reader(chromium: Browser, served: Served) -> Iterator[Callable[..., Reader]]:
    """Makes readers of a width."""
    contexts: list[BrowserContext] = []

    def make(width: int = WIDE) -> Reader:
        context = chromium.new_context(viewport={"width": width, "height": 900})
        contexts.append(context)
        context.add_cookies(
            [{"name": name, "value": value, "url": served.real} for name, value in served.cookies.items()]
        )
        context.set_default_timeout(60_000)
        return Reader(context.new_page(), served.real)

    yield make
    for context in contexts:
        context.close()


def _captured(house: House) -> tuple[str, str]:
    """Two accounts and what is said under them, captured; then edits and deletions, captured too. Returns the account,
    and a record that was edited."""
    city, office = house.city, house.cast.city
    posts = [_post(house, payload) for payload in payloads()]
    comments = [_comment(house, number, payload, posts[number // 12]) for number, payload in enumerate(payloads())]
    account, feed = house.office(), house.feed()
    assert {house.run(one).outcome.value for one in (account, feed)} == {"complete"}
    house.later(hours=1)
    for number in range(0, len(payloads()), 4):
        city.edit(posts[number], f"{payloads()[number]} corrected")
        city.edit(comments[number], f"{payloads()[number]} <b>corrected</b>")
    for comment in comments[1::8]:
        city.delete(comment)
    city.change_profile(office, name=f"City {payloads()[0]}", note=payloads()[11])
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
    _register(house)
    (record,) = house.rows(Record, Record.key == f"status/{comments[0]}")
    return account, record.id


def _first_post(house: House) -> str:
    rows = house.rows(Record, Record.kind == "post", Record.key.startswith("status/"))
    return str(rows[0].key.partition("/")[2])


def _register(house: House) -> None:
    """Every payload that the register takes, as the words of an authority, its people and accounts."""
    town = Town(house.archive)
    for number, payload in enumerate(one.strip() for one in payloads() if not wrong_text(one.strip()) and one.strip()):
        words = payload[:1500]
        office = town.authority(f"office-{number}", kind="elected", name=words)
        town.person(office, words, "holder", position=words)
        town.say(Thing.CANDIDACY, authority=office, person=words, office=words, since="2026-01-01", until="2026-11-03")
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


def _stored(served: Served) -> str:
    """The answer in which a record is stored."""
    (row,) = served.house.rows(Record, Record.id == served.edited)
    return str(row.exchange_id)


def pages_of(served: Served) -> dict[str, str]:
    """Every page there is, by a name for it."""
    practice, real = served.practice, served.real
    run = served.house.runs()[0].id
    own = ("accounts", "register", "changes", "runs", "gaps", "search")
    register = Town(served.house.archive).register
    listed = [f"{practice}/register/accounts/{one}" for one in register.listings]
    offices = [f"{practice}/register/authorities/{one}" for one in register.authorities]
    return {
        "authority": offices[0],
        "listed account": listed[0],
        "what the register lacks": f"{practice}/register?only=lacking",
        "list to load": f"{real}/register/load",
        **{f"practice {name}": f"{practice}/{name}" for name in own},
        **{f"empty {name}": f"{real}/{name}" for name in own},
        "account": f"{practice}/accounts/{served.account}",
        "record": f"{practice}/records/{served.edited}",
        "record as of a moment": f"{practice}/records/{served.edited}?at=2026-03-02T08:30",
        "versions side by side": f"{practice}/records/{served.edited}/versions",
        "stored answer": f"{practice}/records/{served.edited}/exchanges/{_stored(served)}",
        "record that nobody had seen": f"{practice}/records/{served.edited}?at=2026-03-01",
        "run": f"{practice}/runs/{run}",
        "runs of one account": f"{practice}/runs?account={served.account}",
        "changes narrowed": f"{practice}/changes?account={served.account}&kind=edited&since=2026-01-01",
        "only unexplained": f"{practice}/changes?unexplained=yes",
        "saying who moderated": f"{practice}/moderation/new?of={served.edited},state,",
        "announcing a removal": f"{practice}/moderation/new?stage=announced&of={served.edited},state,",
        "statements": f"{practice}/moderation",
        "one statement": f"{practice}/moderation/{served.statement}",
        "captured": f"{practice}/captured?q={quote(served.url)}",
        "not captured": f"{practice}/captured?q={quote(served.url)}999",
        "looks": f"{practice}/looks?account={served.account}&at=2026-03-02T02:00",
        "amber accounts": f"{practice}/accounts?colour=amber",
        "closed gaps": f"{practice}/gaps?all=1",
        "search": f"{practice}/search?q=script",
        "nothing found": f"{practice}/search?q=nosuchwordanywhere",
        "error": f"{practice}/nothing-here",
    }
