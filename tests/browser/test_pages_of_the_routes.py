"""Every page that there is a route for, found by following links, so that one made later is tested by itself: what it
weighs until it is first painted, and that nothing of it is asked for elsewhere. Without a browser."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html.parser import HTMLParser
from urllib.parse import urljoin, urlsplit

import httpx
import pytest

from archiver.web.site import Site
from tests.browser.scenes import NO_PAGE, pages_of
from tests.browser.serving import Served

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
_MOST = 100_000
"""Bytes until a page is first painted, uncompressed."""
_OF_A_ROUTE = 6
"""Pages of one route that are looked at."""
#: To which no link leads for somebody who is signed in.
_NOT_LINKED = {
    **NO_PAGE,
    "/sign-in": "for who is not signed in",
    "/sign-in/again": "asked for by acts",
    "/welcome/{token}": "by a mail",
    "/connect/{token}": "by a mail",
    "/connect/ended/{link}": "after a consent",
}


class _Asks(HTMLParser):
    """What a browser asks for by itself to show a page, and where its links lead."""

    def __init__(self) -> None:
        super().__init__()
        self.loads: list[str] = []
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if tag == "link":
            self.loads.append(given.get("href", ""))
        self.loads += [given[name] for name in ("src", "srcset", "data", "poster", "background") if name in given]
        if tag == "a" and "external" not in given.get("rel", ""):
            self.links.append(given.get("href", ""))


def _pages(
    client: httpx.Client, start: list[str], patterns: dict[str, re.Pattern[str]]
) -> Iterator[tuple[str, str, str]]:
    """Route, address and text of pages that links lead to, a few of each route."""
    waiting, seen, looked = list(start), set[str](), dict.fromkeys(patterns, 0)
    while waiting:
        address = waiting.pop(0).partition("#")[0]
        path = urlsplit(address).path
        route = next((one for one, pattern in patterns.items() if pattern.fullmatch(path)), None)
        if address in seen or route is None or looked[route] >= _OF_A_ROUTE:
            continue
        seen.add(address)
        answer = client.get(address)
        if answer.status_code != 200 or not answer.headers["content-type"].startswith("text/html"):
            continue
        looked[route] += 1
        yield route, address, answer.text
        asks = _Asks()
        asks.feed(answer.text)
        waiting += [one for one in asks.links if one.startswith("/")]


def _weight(client: httpx.Client, base: str, text: str, known: dict[str, int]) -> int:
    asks = _Asks()
    asks.feed(text)
    total = len(text.encode())
    for one in asks.loads:
        whole = urljoin(base, one)
        assert whole.startswith(base), f"asked for elsewhere: {one[:200]}"
        if whole not in known:
            answer = client.get(whole)
            assert answer.status_code == 200, whole
            assert "url(" not in answer.text or answer.headers["content-type"].startswith("image/"), whole
            known[whole] = len(answer.content)
        total += known[whole]
    return total


@pytest.mark.law("R12")
def test_no_text_of_a_stranger_keeps_the_list_or_an_inventory_from_being_printed(served: Served) -> None:
    handed = served.place.handover
    files = {f"master-list.{one}": one for one in ("csv", "xlsx", "pdf")}
    files |= {f"handovers/{handed}/inventory/{one}": one for one in ("json", "pdf")}
    with httpx.Client(base_url=served.place.base, cookies=served.cookies, timeout=120) as client:
        for path, form in files.items():
            answer = client.get(f"/register/{path}")
            assert answer.status_code == 200, path
            assert answer.content.startswith({"pdf": b"%PDF", "xlsx": b"PK", "json": b"{"}.get(form, b"")), path
            assert "attachment" in answer.headers["content-disposition"]


def test_every_page_is_light_and_asks_nobody_else(served: Served) -> None:
    """Of the practice city, whose people write attacks; and, of what only some may see, of the empty real archive."""
    heavy, visited, known = {}, set[str](), dict[str, int]()
    paths = sorted(pages_of(Site(served.house.archive)), key=lambda path: path.count("{"))
    start = [urlsplit(one)._replace(scheme="", netloc="").geturl() for one in served.pages()]
    with httpx.Client(base_url=served.home, cookies=served.cookies, timeout=60) as client:
        for base in ("/practice", ""):
            patterns = {path: re.compile(base + re.sub(r"\{[^}]*\}", "[^/]+", path)) for path in paths}
            for route, address, text in _pages(client, start, patterns):
                visited.add(route)
                weight = _weight(client, f"{served.home}/", text, known)
                if weight > _MOST:
                    heavy[address] = weight
    assert sorted(set(paths) - visited - set(_NOT_LINKED)) == [], "no page links to these: nobody would find them"
    assert heavy == {}
