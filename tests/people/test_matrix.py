"""Every route × who comes × what it is about, against the signed-off file; and what nobody may find out by the way."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import unquote

import pytest
from fastapi import APIRouter, FastAPI
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from archiver import logs
from archiver.archive import Archive
from archiver.evidence.models import Event
from archiver.people.actions import HIGH_RISK, Action
from archiver.people.permission import AUTHORITY, DEPARTMENT
from archiver.people.roles import Access, Role
from archiver.web import door
from archiver.web.app import _site_app, create_app
from archiver.web.site import Site
from tests.browser.scenes import NO_PAGE, SCENES, pages_of
from tests.people import beside, matrix, standing
from tests.people.beside import handover_of
from tests.people.scene import CANARIES, account_of, departments, record_of
from tests.signed_in import cookies, person

_DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.law("R71")
def test_the_matrix_is_the_signed_off_one(tmp_path: Path) -> None:
    found = matrix.written(matrix.made(tmp_path))
    assert found == matrix.SIGNED_OFF.read_text(), "meant? `python -m tests.people.matrix`, and read the difference"


def test_a_route_that_does_not_say_what_it_is_for_stops_the_service(archive: Archive) -> None:
    app = _site_app(Site(archive))
    assert len(list(door.routes(app))) > 40
    router = APIRouter()
    router.get("/nameless")(lambda: "secret")
    app.include_router(router)
    with pytest.raises(TypeError, match="/nameless"):
        door.check(app)
    with TestClient(app, base_url="http://127.0.0.1", cookies=cookies(archive, person(archive, *Role))) as client:
        assert client.get("/nameless").status_code == 403, "and lets nobody in where it serves all the same"
    with pytest.raises(TypeError, match="do not say"):
        door.check(FastAPI())


@pytest.mark.law("R71")
@pytest.mark.parametrize("action", sorted(HIGH_RISK))
def test_a_route_of_high_risk_that_does_not_ask_anew_who_it_is_stops_the_service(action: Action) -> None:
    app, router = FastAPI(), APIRouter()
    router.get("/risky")(door.needs(action)(lambda: "done"))
    app.include_router(router)
    with pytest.raises(TypeError, match="/risky"):
        door.check(app)


@pytest.mark.parametrize(("method", "path"), [("GET", "/things/{thingummy_id}"), ("POST", "/things")])
def test_a_route_of_which_no_states_or_no_form_are_known_fails(archive: Archive, method: str, path: str) -> None:
    app, router = _site_app(Site(archive)), APIRouter()
    router.api_route(path, methods=[method])(door.needs(Action.RECORDS_VIEW)(lambda: "done"))
    app.include_router(router)
    with pytest.raises(KeyError):
        list(matrix.cells(app))


def test_every_page_has_a_scene(archive: Archive) -> None:
    """So that a page made later is looked at too: in the browser, by the checker of accessibility, and in pictures."""
    made = sorted(set(pages_of(Site(archive))) - set(NO_PAGE))
    assert made == sorted(SCENES), "give the page a scene in tests/browser/scenes.py"


def test_every_picture_of_a_page_is_there_and_they_stay_small() -> None:
    named = set(re.findall(r"\((screenshots/[^)]*\.webp)\)", (_DOCS / "screenshots.md").read_text()))
    files = {one.relative_to(_DOCS).as_posix(): one.stat().st_size for one in (_DOCS / "screenshots").iterdir()}
    assert named == set(files), "make screenshots"
    assert sum(files.values()) < 42_000 * len(files), "on an average"


def _crawl(client: TestClient) -> Iterator[tuple[str, str]]:
    """Every page that links and filled-in patterns lead to, and its text."""
    waiting = [*_guesses()]
    seen: set[str] = set()
    while waiting:
        path = waiting.pop()
        if path in seen:
            continue
        seen.add(path)
        answer = client.get(path)
        yield path, answer.text
        if answer.headers.get("content-type", "").startswith("text/html"):
            found = re.findall(r'href="(/[^"#]*)', answer.text)
            waiting += [one.replace("&amp;", "&") for one in found if not one.startswith("/static")]


_BY_ACCOUNT = ("runs", "gaps", "deposits", "imports", "changes")
_LISTS = (
    *("accounts", "board", "register/accounts", "register/authorities", "register/handovers", "people", "access-log"),
    *("evidence", "moderation", "moderation/report", "saved", "selections", "tags", "platforms"),
)


def _guesses() -> Iterator[str]:
    """Addresses of everything, also of what is not to be seen."""
    yield from ("/looks", "/healthz", "/register", "/register/master-list.csv", "/people")
    yield from (f"/api/v1/{one}" for one in (*_BY_ACCOUNT, *_LISTS))
    yield from ("/", "/accounts", "/runs", "/gaps?all=1", "/changes", "/search", "/me", "/nothing", "/runs?before=x")
    for office, words in CANARIES.items():
        account = account_of(office)
        yield from (f"/accounts/{account}", f"/accounts/{account}/first")
        yield from (f"/runs?account={account}", f"/runs/rn_{office}")
        yield from (f"/api/v1/{one}?account={account}" for one in _BY_ACCOUNT)
        yield from (f"/api/v1/accounts/{account}", f"/api/v1/accounts/{account}/counts", f"/api/v1/runs/rn_{office}")
        yield from (f"/api/v1/looks?account={account}&at=2026-03-01T00:00:00Z", f"/api/v1/board?authority={office}")
        for path in ("changes", "looks"):
            yield f"/{path}?account={account}&at=2026-03-01"
        handed = f"/register/handovers/{handover_of(office)}"
        yield from (handed, f"{handed}/inventory", f"{handed}/inventory/json", f"{handed}/inventory/txt")
        for kind in words:
            yield f"/records/{record_of(office, kind)}"
            yield from (f"/api/v1/records/{record_of(office, kind)}{end}" for end in ("", "/thread"))
        for word in words.values():
            yield from (f"/search?q={word}&order=relevance", f"/search?q=-{word}")
            yield f"/api/v1/search?q={word}&facets=true"
        yield f"/api/v1/search?q=account:{account}&facets=true"
        yield from (
            f"/search?q={query}" for query in ("has:withheld", "state:hidden_by_page", "kind:message", "has:edits")
        )


@pytest.mark.law("R4", "R71")
@pytest.mark.parametrize("scope", [AUTHORITY, DEPARTMENT])
def test_nothing_of_what_is_closed_is_found_by_any_way(
    offices: Archive, capsys: pytest.CaptureFixture[str], scope: str
) -> None:
    where = {AUTHORITY: "police", DEPARTMENT: ""}[scope] or departments(offices)["police"]
    who = person(offices, Role.CUSTODIAN, access=[Access.PUBLIC], scope=scope, scope_id=where)
    logs.set_up("debug")
    app = create_app(Site(offices))
    closed = {word for office, words in CANARIES.items() for kind, word in words.items()
              if office != "police" or kind not in ("public", "hidden")}  # fmt: skip
    pages = 0
    with TestClient(app, base_url="http://127.0.0.1", cookies=cookies(offices, who)) as client:
        for path, text in _crawl(client):
            pages += 1
            asked = unquote(path).partition("q=")[2].lstrip("-").partition("&")[0]
            found = {word for word in closed if word in text} - {asked}
            assert not found, path
            assert "The library" not in text, path
            assert account_of("library") not in text.replace(path, "") or account_of("library") in path, path
            assert "4321" not in text.replace(",", ""), (path, "what was counted over all of an account")
            if path.startswith("/api/v1/search?"):
                total = json.loads(text)["total"]
                known = asked in {CANARIES["police"]["public"], f"account:{account_of('police')}"}
                assert total == int(known), path
        listed = client.get("/accounts").text
        assert re.search(r"<dt>records</dt><dd>2</dd>", listed)
        assert re.search(r"<dt>stored</dt><dd>0 ", listed)
    logs.set_up("warning")
    assert pages > 40
    assert not [word for word in closed if word in capsys.readouterr().err]


def test_what_changes_something_is_taken_from_our_own_pages_only(archive: Archive) -> None:
    site = Site(archive)
    held = cookies(archive, person(archive, *Role))
    foreign: list[dict[str, str]] = [
        {}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "https://evil.example"},
        {"Sec-Fetch-Site": "none", "Origin": "http://127.0.0.1"}, {"Origin": "http://127.0.0.1:81"},
        {"Origin": "null"}, {"Origin": "ftp://127.0.0.1"}, {"Origin": "null", "Sec-Fetch-Site": "cross-site"},
    ]  # fmt: skip
    with archive.database.read() as connection:
        before = connection.execute(select(func.count()).select_from(Event)).scalar_one()
    client = TestClient(create_app(site), base_url="http://127.0.0.1", cookies=held, follow_redirects=False)
    app = _site_app(site)
    foreign_too = {route.path for route in door.routes(app) if door.door_of(route.endpoint).foreign}  # type: ignore[union-attr]
    assert foreign_too == {"/hooks/{platform}/{path}"}, "where platforms send, and nowhere else"
    unsafe = [one for one in matrix.cells(app) if one.method != "GET"]
    assert len(unsafe) > 50
    for one in unsafe:
        status = 404 if one.route in foreign_too else 401 if one.route.startswith("/api/") else 403
        for headers in foreign:
            answer = client.request(one.method, one.path, headers=headers)
            assert answer.status_code == status, (one, headers, "nothing is known of who sends")
    with archive.database.read() as connection:
        assert connection.execute(select(func.count()).select_from(Event)).scalar_one() == before


def test_no_page_is_kept_by_any_browser_and_no_reading_changes_the_log(offices: Archive) -> None:
    site, listed = Site(offices), beside.fill(offices)
    states = standing.stand(offices, listed, matrix.comers(offices).people)
    held = cookies(offices, person(offices, *Role))
    client = TestClient(create_app(site), base_url="http://127.0.0.1", cookies=held, follow_redirects=False)
    with offices.database.read() as connection:
        before = connection.execute(select(func.count()).select_from(Event)).scalar_one()
    for one in matrix.cells(_site_app(site), states):
        if one.method == "GET":
            assert client.get(one.path).headers["cache-control"] == "no-store", one
    with offices.database.read() as connection:
        assert connection.execute(select(func.count()).select_from(Event)).scalar_one() == before
