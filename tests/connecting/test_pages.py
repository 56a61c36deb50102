"""The pages of an owner's link, over a real socket: what they show, take and refuse."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from sqlalchemy import select

from archiver.accounts import links
from archiver.accounts.models import ConnectLink, Credential, PlatformApp
from archiver.evidence.models import Event
from archiver.people.practice import visitor
from archiver.practice import faults
from archiver.web.app import create_app
from archiver.web.server import PageServer, bind
from archiver.web.site import Site
from tests.capture.house import House
from tests.connecting.consenting import Owner

Make = Callable[[str], Owner]
SAME = {"Sec-Fetch-Site": "same-origin"}


@pytest.fixture
def pages(house: House) -> Iterator[str]:
    bound = bind(house.archive.settings.model_copy(update={"web_port": 0}))
    server = PageServer(create_app(Site(house.archive, visitor=visitor(house.archive))), bound)
    server.start()
    yield server.url.rstrip("/")
    server.stop()


@pytest.fixture
def client(pages: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=pages, timeout=60) as made:
        yield made


def address_in(page: str) -> str:
    """Where the page leads."""
    return page.partition('content="0; url=')[2].partition('"')[0].replace("&amp;", "&")


def written(house: House) -> list[object]:
    """Everything that links could have changed."""
    with house.archive.database.read() as connection:
        tables = (ConnectLink, Credential, PlatformApp, Event)
        return [row for table in tables for row in connection.execute(select(*table.__table__.columns))]


def test_an_owner_goes_to_the_platform_and_back(client: httpx.Client, house: House, owner: Make) -> None:
    one = owner("x")
    link = f"/connect/{one.link()}"
    shown = client.get(link)
    assert shown.status_code == 200
    for words in ("Let the city archive", "x_city", "offline.access", "It never publishes", "995.55"):
        assert words in shown.text
    assert "Accounts" not in shown.text, "what needs a login is not offered to people without one"
    going = client.post(link, headers=SAME)
    assert going.status_code == 200
    cookie = going.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=lax" in cookie
    back = one.agree(address_in(going.text))
    ended = client.get("/connect/return", params=back)
    assert ended.status_code == 303
    said = client.get(ended.headers["location"])
    assert "is connected" in said.text
    assert client.get(link).status_code == 410
    assert house.archive.vault.held(one.account) is not None


def test_several_links_may_be_open_in_one_browser(client: httpx.Client, owner: Make) -> None:
    several = [(one, client.post(f"/connect/{one.link()}", headers=SAME).text) for one in map(owner, ("x", "mastodon"))]
    for one, going in several:
        ended = client.get("/connect/return", params=one.agree(address_in(going)))
        assert ended.status_code == 303
        assert "is connected" in client.get(ended.headers["location"]).text
    assert not client.cookies


def test_looking_at_a_link_changes_nothing(client: httpx.Client, house: House, owner: Make) -> None:
    """As programs do that look through mail."""
    one = owner("x")
    token = one.link()
    before = written(house)
    for _ in range(3):
        assert client.get(f"/connect/{token}").status_code == 200
        client.head(f"/connect/{token}")
    assert "set-cookie" not in client.get(f"/connect/{token}").headers
    view = links.look(house.archive, token)
    assert view.closed is None
    assert written(house) == before


def test_another_browser_does_not_come_back_in_place_of_the_owners(
    client: httpx.Client, pages: str, owner: Make
) -> None:
    one = owner("x")
    going = client.post(f"/connect/{one.link()}", headers=SAME)
    back = one.agree(address_in(going.text))
    with httpx.Client(base_url=pages, timeout=60) as stranger:
        refused = stranger.get("/connect/return", params=back)
    assert refused.status_code == 404
    assert "did not begin in this browser" in refused.text
    assert client.get("/connect/return", params=back).status_code == 303


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Sec-Fetch-Site": "cross-site"}, 403),
        ({"Sec-Fetch-Site": "same-site"}, 403),
        ({"Origin": "https://evil.example"}, 403),
        ({}, 403),
        ({"Origin": "null"}, 403),
        ({"Sec-Fetch-Site": "same-origin", "Origin": "null"}, 200),
    ],
)
def test_only_our_own_page_sends_an_owner_away(
    client: httpx.Client, owner: Make, headers: dict[str, str], status: int
) -> None:
    assert client.post(f"/connect/{owner('x').link()}", headers=headers).status_code == status


def test_nothing_else_takes_a_post_and_no_post_is_large(client: httpx.Client, owner: Make) -> None:
    link = f"/connect/{owner('x').link()}"
    for path in ("/connect/return", "/accounts", "/connect/short", f"{link}/more", "/connect/"):
        assert client.post(path, headers=SAME).status_code in (404, 405), path
    assert client.post(link, headers=SAME, content=b"x" * 20_000).status_code == 413
    assert client.post(link, headers=SAME, content=iter([b"x"])).status_code == 413
    for method in ("PUT", "DELETE", "PATCH"):
        assert client.request(method, link, headers=SAME).status_code == 405


@pytest.mark.parametrize(
    "path",
    [
        f"/connect/{'A' * 43}",
        "/connect/x",
        "/connect/return",
        "/connect/return?state=%00%F0&code=x",
        f"/connect/return?state={'s' * 43}&code=a",
        "/connect/ended/cl_x",
        "/connect/%3Cscript%3E",
    ],
)
def test_what_leads_nowhere_says_so(client: httpx.Client, path: str) -> None:
    shown = client.get(path)
    assert shown.status_code == 404
    assert "leads nowhere" in shown.text
    assert "<script" not in shown.text


def test_what_a_stranger_calls_itself_does_nothing_on_the_page(client: httpx.Client, house: House, owner: Make) -> None:
    one = owner("mastodon")
    link = f"/connect/{one.link()}"
    back = {"state": parse_qs(urlsplit(address_in(client.post(link, headers=SAME).text)).query)["state"][0]}
    ended = client.get("/connect/return", params=back | {"error": "<script>alert(1)</script>\r\nSet-Cookie: a=b"})
    assert ended.status_code == 303
    said = client.get(ended.headers["location"])
    assert "Nothing was granted" in said.text
    assert "alert(1)" not in said.text
    assert house.archive.vault.all_held("ac_none") == []


def test_a_platform_that_is_away_is_said_and_can_be_tried_again(client: httpx.Client, owner: Make) -> None:
    one = owner("x")
    link = f"/connect/{one.link()}"
    back = one.agree(address_in(client.post(link, headers=SAME).text))
    one.consent.away = True
    said = client.get(client.get("/connect/return", params=back).headers["location"])
    assert "has trouble" in said.text
    assert "try again" in said.text
    one.consent.away = False
    back = one.agree(address_in(client.post(link, headers=SAME).text))
    assert "is connected" in client.get(client.get("/connect/return", params=back).headers["location"]).text


@pytest.mark.parametrize(
    ("platform", "where", "piece", "pause"),
    [
        ("mastodon", "/api/v1/apps", 8, 0.1),
        ("x", "/2/oauth2/token", 8, 0.1),
        ("facebook", "/v26.0/", 10**6, 0.25),
    ],
    ids=["making itself known", "the first of all answers", "each in time, and not all of them"],
)
def test_whoever_waits_too_long_for_the_platform_is_told_what_to_do(
    tmp_path: Path, platform: str, where: str, piece: int, pause: float
) -> None:
    house = House(tmp_path, settings={"connect_seconds": 0.6})
    one = Owner.of(house, platform)
    server = PageServer(
        create_app(Site(house.archive, visitor=visitor(house.archive))),
        bind(house.archive.settings.model_copy(update={"web_port": 0})),
    )
    server.start()
    with httpx.Client(base_url=server.url.rstrip("/"), timeout=60) as client:
        link = f"/connect/{one.link()}"
        house.server.faults.add(faults.slow_body(piece, pause), where, times=None)
        said = client.post(link, headers=SAME)
        if platform == "mastodon":
            assert said.status_code == 503
            assert "Nothing was changed; you can try again." in said.text
        else:
            came = client.get("/connect/return", params=one.agree(address_in(said.text)))
            said = client.get(came.headers["location"])
            assert "Open the link that you were sent once more" in said.text
        for words in ("takes too long to answer", "may take 0.6 seconds", "tell the records custodian"):
            assert words in said.text
        with house.archive.database.read() as connection:
            assert not connection.execute(select(Credential.account_id)).all()
        house.server.faults.clear()
        back = one.agree(address_in(client.post(link, headers=SAME).text))
        assert "is connected" in client.get(client.get("/connect/return", params=back).headers["location"]).text
    server.stop()
    house.close()
