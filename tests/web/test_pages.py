"""The pages: what strangers wrote stays text, and what readers send is refused or answered plainly."""

from __future__ import annotations

import html
import re
import socket
import sqlite3
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import httpx
import pytest

from archiver import ids, logs
from archiver.accounts import service as accounts
from archiver.archive import Archive
from archiver.errors import Unreachable
from archiver.settings import Settings
from archiver.visible import parts
from archiver.web import register, words
from archiver.web.app import create_app
from archiver.web.security import HEADERS
from archiver.web.server import PageServer, bind
from archiver.web.site import Site
from tests.signed_in import everything
from tests.web.conftest import HOSTILE, Served

PAGES = (
    *("/register", "/register?only=lacking", f"/register/authorities/{ids.authority_id('a0')}"),
    f"/register/accounts/{ids.derive('li', '0')}",
    *(
        "/accounts",
        "/accounts/ac_0",
        "/changes",
        "/looks?account=ac_0&at=2026-03-01T12:00",
        "/runs",
        "/runs/rn_0",
        "/gaps",
        "/gaps?all=1",
    ),
    *("/search", "/search?q=before", "/records/rc_0", "/nothing"),
)
#: Elements our templates use. Anything else in a page was written by a stranger.
OURS = set(
    re.findall(
        r"\w+",
        "html head meta title link body a aside div p strong header nav ul li form label input button select option"
        " main footer h1 h2 h3 dl dt dd table caption thead tbody tr th td span br code pre ol article section details"
        " datalist summary time bdi ins del mark fieldset legend svg path textarea",
    )
)
FORBIDDEN_ATTRIBUTES = re.compile(r"on|style$|srcset|formaction|xlink")


class _Page(HTMLParser):
    """Collects what a browser would see: elements, attributes, links, ids, labels and text."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.links: list[str] = []
        self.text = ""
        self.open: list[str] = []
        self.feed(source)

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        for name, value in attributes:
            self.attributes.append((tag, name, value or ""))
            if (tag, name) == ("a", "href"):
                self.links.append(value or "")
        if tag not in ("meta", "link", "input", "br"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def of(self, tag: str, name: str) -> list[str]:
        return [value for one, attribute, value in self.attributes if (one, attribute) == (tag, name)]


def _every_page(client: httpx.Client) -> dict[str, httpx.Response]:
    """Every page that can be reached from the start by links, and one that is not there."""
    found: dict[str, httpx.Response] = {}
    left = ["/accounts", "/changes", "/looks", "/search?q=", "/search?q=before&order=relevance", "/nothing-here"]
    while left:
        path = left.pop()
        if path in found:
            continue
        response = found[path] = client.get(path)
        if response.headers["content-type"].startswith("text/html"):
            for link in _Page(response.text).links:
                target = urljoin(str(response.url), link)
                if urlsplit(target).netloc == urlsplit(str(client.base_url)).netloc and "search?" not in target:
                    left.append(target.removeprefix(str(client.base_url).rstrip("/")).partition("#")[0])
    return found


def test_no_page_holds_an_element_attribute_or_character_of_a_stranger(client: httpx.Client, served: Served) -> None:
    pages = _every_page(client)
    assert "/records/rc_0" in pages
    for record in served.records:
        pages[record] = client.get(f"/records/{record}")
    assert len(pages) > 4 * len(HOSTILE)
    for path, response in pages.items():
        if not response.headers["content-type"].startswith("text/html"):
            continue
        page = _Page(response.text)
        assert page.open == [], path
        keys = "search" if path.startswith("/search") else "hits" if "?found=" in path else ""
        assert set(page.tags) <= OURS | ({"kbd", "script"} if keys else set()), path
        assert page.tags.count("script") == page.attributes.count(("script", "src", f"/static/{keys}.js")) <= 1, path
        assert page.tags.count("h1") == 1, path
        for tag, name, value in page.attributes:
            ours = (tag, name, value) == ("button", "formaction", "/search/tag")
            assert ours or not FORBIDDEN_ATTRIBUTES.match(name), (path, tag, name)
            if name in ("href", "src", "action"):
                assert urlsplit(value).scheme in ("", "http", "https"), (path, value)
            if name == "src" and (tag, value) not in (("script", "/static/search.js"), ("script", "/static/hits.js")):
                pytest.fail("no page loads anything but its style")
        assert not [part for part, steers in parts(response.text) if steers], path
        assert "49" not in re.sub(r"\d{3,}|\d+([:.]\d+)+", "", page.text) or "7*7" in page.text, (
            "a template was evaluated"
        )


def test_what_a_stranger_wrote_is_on_the_page_word_by_word(client: httpx.Client, served: Served) -> None:
    for record, text in zip(served.records, HOSTILE, strict=True):
        if any(steers for _, steers in parts(text)) or "\r" in text or "\ue000" in text:
            continue
        assert text in _Page(client.get(f"/records/{record}").text).text, record


def test_steering_characters_are_shown_as_code_points(client: httpx.Client, served: Served) -> None:
    page = client.get(f"/records/{served.records[8]}").text
    assert 'title="right-to-left override">U+202E</span>' in page


#: What a page is told that has our one script.
_HELPED = "; script-src 'self'; require-trusted-types-for 'script'; trusted-types 'none'; connect-src 'self'"


@pytest.mark.parametrize("path", [*PAGES, "/healthz", "/api/v1/search?q=x", "/static/style.css", "/"])
def test_every_answer_carries_the_protecting_headers(client: httpx.Client, path: str) -> None:
    response = client.get(path)
    helped = path.startswith("/search")
    for name, value in HEADERS.items():
        policy = helped and name.lower() == "content-security-policy"
        assert response.headers[name] == value + (_HELPED if policy else "")
    assert helped or "script" not in response.headers["content-security-policy"]
    assert "server" not in response.headers


def test_a_long_register_is_shown_page_by_page(client: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(register, "_ON_A_PAGE", 1000)
    whole = re.findall(r"register/accounts/li_\w+", client.get("/register").text)
    assert len(whole) == len(HOSTILE)
    monkeypatch.setattr(register, "_ON_A_PAGE", 4)
    seen, path = [], "/register?start=0"
    while path:
        page = client.get(path).text
        seen += re.findall(r"register/accounts/li_\w+", page)
        following = re.search(r'href="([^"#]+)#accounts" rel="next"', page)
        path = following[1].replace("&amp;", "&") if following else ""
    assert seen == whole
    assert 'rel="prev"' in page
    assert "No account is here" in client.get("/register?start=1000000").text


@pytest.mark.law("R69")
@pytest.mark.parametrize("path", PAGES)
def test_every_page_can_be_used_with_a_keyboard_and_a_screen_reader(client: httpx.Client, path: str) -> None:
    page = _Page(client.get(path).text)
    assert page.of("html", "lang") == ["en"]
    assert page.links[0] == "#main", "the first link skips to the content"
    assert page.tags.count("main") == 1
    assert {"header", "nav", "footer"} <= set(page.tags)
    assert any("width=device-width" in value for value in page.of("meta", "content"))
    labelled = set(page.of("label", "for"))
    for tag in ("input", "select"):
        assert set(page.of(tag, "id")) - {"keys-wanted"} <= labelled, "or stand in their label"
    ids = [value for _, name, value in page.attributes if name == "id"]
    assert len(ids) == len(set(ids))
    assert "<th>" not in client.get(path).text, "every heading of a table says what it heads"
    assert "http-equiv" not in [name for _, name, _ in page.attributes], "no page reloads itself"


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", "", "localhost:80@evil.example", "[::1].x"])
def test_another_host_name_is_refused(client: httpx.Client, host: str) -> None:
    response = client.get("/accounts", headers={"Host": host})
    assert response.status_code == 400
    assert "ac_0" not in response.text


@pytest.mark.parametrize("host", ["localhost:9", "LOCALHOST", "127.0.0.1", "[::1]:80"])
def test_our_own_names_are_answered(client: httpx.Client, host: str) -> None:
    assert client.get("/accounts", headers={"Host": host}).status_code == 200


def test_two_host_headers_are_refused(served: Served) -> None:
    host = urlsplit(served.url)
    with socket.create_connection((host.hostname, host.port), timeout=120) as raw:
        raw.sendall(b"GET /accounts HTTP/1.1\r\nHost: localhost\r\nHost: evil.example\r\nConnection: close\r\n\r\n")
        assert raw.recv(4096).split(b"\r\n")[0].split()[1] == b"400"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE"])
def test_nothing_can_be_changed(client: httpx.Client, method: str) -> None:
    response = client.request(method, "/accounts")
    assert response.status_code == 405
    assert response.headers["allow"] == "GET, HEAD"


def test_a_head_request_has_no_body(client: httpx.Client) -> None:
    response = client.head("/healthz")
    assert response.content == b""


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/records/rc_none", 404),
        ("/records/%2e%2e%2f%2e%2e%2fetc%2fpasswd", 404),
        ("/accounts/<script>", 404),
        ("/runs/x", 404),
        ("/runs?before=yesterday", 400),
        ("/changes?before=yesterday", 400),
        ("/runs?account=nobody", 404),
        ("/search?q=x&order=sideways", 400),
        ("/search?q=x&after=nonsense", 400),
        ("/search?q=" + "x" * 2001, 400),
        ("/gaps?all=perhaps", 400),
        ("/static/../app.py", 404),
        ("/static/%2e%2e/app.py", 404),
        ("/api/v1/search", 400),
        ("/api/v1/search?q=x&limit=100000", 400),
        ("/docs", 404),
    ],
)
def test_an_address_that_cannot_be_is_a_plain_page(client: httpx.Client, path: str, status: int) -> None:
    response = client.get(path)
    assert response.status_code == status
    for inside in ("Traceback", "sqlite", "SELECT", "archiver.", "/work", "site-packages"):
        assert inside not in response.text.replace("archiver account", "")
    if path.startswith("/api"):
        assert response.json()["status"] == status


def test_a_request_beyond_all_measure_is_refused(served: Served) -> None:
    host = urlsplit(served.url)
    with socket.create_connection((host.hostname, host.port), timeout=120) as raw:
        raw.sendall(b"GET /accounts HTTP/1.1\r\nHost: localhost\r\nX: " + b"x" * 200_000)
        assert raw.recv(4096).split()[1] in (b"400", b"431")
    assert httpx.get(f"{served.url}/healthz").status_code == 200


def test_an_unexpected_error_is_a_generic_page_with_an_id(
    hostile_archive: Archive, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("secret words of somebody's post")

    logs.set_up("info")
    monkeypatch.setattr("archiver.operations.history.totals", fail)
    pages = PageServer(create_app(Site(hostile_archive)), bind(hostile_archive.settings))
    pages.start()
    try:
        response = httpx.get(f"{pages.url}accounts", cookies=everything(hostile_archive))
    finally:
        pages.stop()
    assert response.status_code == 500
    assert "secret words" not in response.text
    number = re.search(r"error <code>([0-9a-f]{12})</code>", response.text)
    assert number is not None
    logged = capsys.readouterr().err
    assert number[1] in logged
    assert "RuntimeError" in logged
    assert "secret words" not in logged


def test_a_database_that_does_not_answer_is_said_and_ends_with_the_trouble(empty_archive: Archive) -> None:
    path = Path(str(empty_archive.database.url.database))
    pages = PageServer(create_app(Site(empty_archive)), bind(empty_archive.settings))
    pages.start()
    cookies = everything(empty_archive)
    try:
        with sqlite3.connect(path) as raw:
            raw.execute("ALTER TABLE account RENAME TO gone")
        empty_archive.database.close()
        response = httpx.get(f"{pages.url}accounts", cookies=cookies)
        assert response.status_code == 503
        assert "sqlite" not in response.text.lower()
        with sqlite3.connect(path) as raw:
            raw.execute("ALTER TABLE gone RENAME TO account")
        assert httpx.get(f"{pages.url}accounts", cookies=cookies).status_code == 200
    finally:
        pages.stop()


def test_the_state_of_the_service_names_what_is_wrong(empty_archive: Archive) -> None:
    pages = PageServer(create_app(Site(empty_archive)), bind(empty_archive.settings))
    pages.start()
    try:
        assert httpx.get(f"{pages.url}healthz").status_code == 200
        identity = empty_archive.settings.home / "store" / "archive.json"
        identity.rename(identity.with_suffix(".aside"))
        response = httpx.get(f"{pages.url}healthz")
        assert response.status_code == 503
        assert response.json()["status"] == "failing"
        assert response.json() == {"status": "failing", "failing": ["store"]}, "a stranger is told no more"
        told = httpx.get(f"{pages.url}healthz", cookies=everything(empty_archive)).json()
        assert [reason.split(":")[0] for reason in told["reasons"]] == ["store"]
        assert str(empty_archive.settings.home) not in response.text
        full = replace(empty_archive, settings=empty_archive.settings.model_copy(update={"disk_reserve_percent": 99.9}))
        from archiver.operations import health

        assert not health.check(full).ok
    finally:
        pages.stop()


def test_an_empty_archive_explains_how_to_begin_and_leads_to_the_practice_city(empty_archive: Archive) -> None:
    alone = create_app(Site(empty_archive))
    beside = create_app(
        Site(empty_archive, other="/practice/"), Site(empty_archive, base="/practice", other="/accounts")
    )
    cookies = everything(empty_archive)
    for app, target in ((alone, "/accounts"), (beside, "/practice/")):
        pages = PageServer(app, bind(empty_archive.settings))
        pages.start()
        try:
            assert httpx.get(pages.url).headers["location"] == target
            assert httpx.get(pages.url, cookies=cookies).headers["location"] == "/accounts", "never away from it"
            assert "/accounts/add" in httpx.get(f"{pages.url}accounts", cookies=cookies).text
        finally:
            pages.stop()


def test_times_are_the_citys_with_utc_beside_them(client: httpx.Client) -> None:
    page = client.get("/records/rc_0").text
    assert (
        'datetime="2026-03-01T18:30:00.000000Z" title="2026-03-01 18:30:00 UTC">2026-03-01 12:30:00 CST</time>' in page
    )


def test_a_search_pages_through_everything_once(client: httpx.Client, served: Served) -> None:
    seen: list[str] = []
    after: str | None = ""
    while after is not None:
        parameters = {"q": "before", "limit": "4"} | ({"after": after} if after else {})
        answer = client.get("/api/v1/search", params=parameters).json()
        assert answer["total"] == len(HOSTILE)
        seen += [hit["record"] for hit in answer["items"]]
        after = answer["next"]
    assert sorted(seen) == sorted(served.records)


def test_an_excerpt_marks_what_was_found_and_nothing_else(client: httpx.Client) -> None:
    page = client.get("/search", params={"q": '"before"'}).text
    assert "<mark>before</mark>" in page
    assert page.count("<mark>") == page.count("<mark>before</mark>")


@pytest.mark.parametrize(
    "query", ['"', "C-SPAN", "@mayor", "a AND", "*", "(((", "x" * 2000, "' OR 1=1 --", "\x00", "author:"]
)
def test_any_text_is_a_query(client: httpx.Client, query: str) -> None:
    assert client.get("/search", params={"q": query}).status_code == 200


@pytest.mark.parametrize(
    ("url", "warned"), [("", True), ("http://records.example.gov", True), ("https://records.example.gov", False)]
)
def test_an_address_that_others_reach_without_tls_is_warned_of(
    tmp_path: Path, url: str, warned: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.set_up("warning")
    bind(Settings(home=tmp_path, web_host="0.0.0.0", web_port=0, web_url=url)).close()
    assert ("web.without_tls" in capsys.readouterr().err) is warned
    bind(Settings(home=tmp_path, web_host="127.3.2.1", web_port=0, web_url=url)).close()
    assert "web.without_tls" not in capsys.readouterr().err


def test_a_taken_port_is_said(tmp_path: Path) -> None:
    with bind(Settings(home=tmp_path, web_port=0)) as taken:
        taken.listen()
        with pytest.raises(Unreachable, match="ARCHIVER_WEB_PORT"):
            bind(Settings(home=tmp_path, web_port=taken.getsockname()[1]))


def test_pages_name_accounts_and_offices_as_people_know_them_and_no_command_for_want_of_one(
    client: httpx.Client, served: Served
) -> None:
    none = client.get("/accounts/ac_none")
    assert none.status_code == 404
    assert "There is no such account in this archive." in none.text
    assert "archiver account" not in none.text
    with served.archive.database.read() as connection:
        known = accounts.list_accounts(connection)[0]
    name = (known.name or known.handle)[:3]
    for page in ("/changes", "/looks", "/moderation", "/moderation/report"):
        option = re.search(rf'<option value="{known.id}"[^>]*>(.*?)</option>', client.get(page).text)
        assert option is not None, page
        assert option[1].endswith(f" ({words.platform(known.platform)})"), page
        assert html.unescape(option[1])[:3] == name, page
