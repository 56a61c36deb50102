"""Adding a public account by its address: what is understood, who may, what is refused, and the first look at it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from archiver.accounts import service as accounts
from archiver.accounts.identify import Identity, ask_platform
from archiver.accounts.models import Account
from archiver.archive import Archive
from archiver.errors import Refused
from archiver.evidence.entry import read_entry
from archiver.evidence.models import Event
from archiver.people.permission import ACCOUNT, AUTHORITY, EVERYTHING
from archiver.people.roles import Role
from archiver.settings import CITY_PORT, Settings
from archiver.web.app import create_app
from archiver.web.site import Site
from tests.capture.house import House
from tests.register.town import Town
from tests.register_pages.conftest import Desk
from tests.signed_in import cookies, person

Sit = Callable[..., Desk]
OFFICIAL = {"official": "yes", "why": "the mayor asked"}


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path)
    yield house
    house.close()


@pytest.fixture
def town(house: House) -> Town:
    return Town(house.archive)


def _real(house: House) -> Archive:
    """The same archive as one that is no practice."""
    return replace(house.archive, identity=replace(house.archive.identity, kind="real"))


@pytest.fixture
def sit(house: House) -> Sit:
    real = _real(house)
    app = create_app(Site(real))

    def sit(role: Role = Role.RECORDS_OFFICER, scope: str = EVERYTHING, scope_id: str = "") -> Desk:
        who = person(real, role, name="Jo Clerk", scope=scope, scope_id=scope_id)
        held = cookies(real, who)
        client = TestClient(app, base_url="http://127.0.0.1", cookies=held, follow_redirects=False)
        client.headers["Sec-Fetch-Site"] = "same-origin"
        return Desk(client, who.id, real)

    return sit


def _ours(house: House) -> str:
    return house.server.mastodon.account_url(house.cast.city)


def _look(desk: Desk, url: str, **more: str) -> Any:
    return desk.client.get("/accounts/add", params={"url": url} | more)


def _add(desk: Desk, url: str, platform: str = "mastodon", **more: str) -> Any:
    return desk.client.post("/accounts/add", data={"url": url, "platform": platform} | more)


def _words(answer: Any) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]*>", " ", answer.text.partition("<main")[2])))


def _count(house: House) -> int:
    with house.archive.database.read() as connection:
        return int(connection.execute(select(func.count()).select_from(Account)).scalar_one())


@pytest.mark.law("R5", "R12", "R13")
def test_an_account_is_added_by_its_address_and_its_first_records_are_seen(house: House, town: Town, sit: Sit) -> None:
    town.authority("mayor", kind="elected")
    desk, url = sit(), _ours(house)
    assert 'href="/accounts/add"' in desk.get("/accounts").text
    looked = _look(desk, url, platform="mastodon")
    said = _words(looked)
    for words in ("Mastodon", "not listed", "without any password", "Every edit", "has 30 days", "Whose account it is"):
        assert words in said
    assert _count(house) == 0, "looking adds nothing"
    answer = _add(desk, url, authority="mayor", **OFFICIAL)
    assert answer.status_code == 303
    place = answer.headers["location"]
    with house.archive.database.read() as connection:
        (account,) = accounts.list_accounts(connection)
        bodies = connection.execute(select(Event.body).where(Event.type == "account.added")).scalars()
        (event,) = [read_entry(body) for body in bodies]
    assert place == f"/accounts/{account.id}/first"
    assert (account.authority, account.provisional) == ("mayor", True)
    assert (account.added_by, account.added_why) == (desk.person_id, "the mayor asked")
    assert (event.actor_kind, event.actor_id, event.subject_id) == ("person", desk.person_id, account.id)
    waiting = _words(desk.get(place))
    assert "Waiting for its turn" in waiting
    assert "by Jo Clerk" in waiting
    house.later(minutes=5)
    assert "Nobody has begun for some minutes" in _words(desk.get(place))
    house.run(account.id)
    done = desk.get(place)
    assert "Looked at" in _words(done)
    record = re.search(r'href="(/records/rc_[^"]*)"', done.text)
    assert record is not None
    assert desk.get(record[1]).status_code == 200
    assert "by Jo Clerk : the mayor asked" in _words(desk.get(f"/accounts/{account.id}"))
    assert "in the archive already" in _words(_look(desk, url, platform="mastodon"))
    events = house.archive.database
    with events.read() as connection:
        before = connection.execute(select(func.count()).select_from(Event)).scalar_one()
    again = _add(desk, url, authority="mayor", **OFFICIAL)
    assert (again.status_code, again.headers["location"]) == (303, place), "pressed twice, it is the same page"
    with events.read() as connection:
        assert connection.execute(select(func.count()).select_from(Event)).scalar_one() == before


@pytest.mark.law("R5", "R6")
def test_what_the_register_lists_is_added_as_it_says_and_nothing_that_is_private(
    house: House, town: Town, sit: Sit
) -> None:
    url, desk = _ours(house), sit()
    listing = town.listing(url=url, authority=town.authority("mayor"), platform="mastodon", capacity="personal",
                           service=house.server.base_url)  # fmt: skip
    said = _words(_look(desk, url, platform="mastodon"))
    assert "never captured" in said
    assert "Add and capture it" not in said
    for capacity in ("personal", "campaign", "unknown", "mixed"):
        town.change(listing, capacity=capacity)
        refused = _add(desk, url, **OFFICIAL)
        assert refused.status_code == 400
        assert "Nothing was added" in _words(refused)
    assert _count(house) == 0
    town.change(listing, capacity="official")
    shown = desk.get("/accounts").text
    assert f"/accounts/add?url={url.replace(':', '%3A').replace('/', '%2F')}" in shown.replace("%40", "@")
    assert _add(desk, url).status_code == 303, "the register says already that it is official, and whose"
    with house.archive.database.read() as connection:
        (account,) = accounts.list_accounts(connection)
    assert account.authority == "mayor"
    assert town.register.listings[listing].account == account.id


@pytest.mark.law("R71")
def test_nobody_adds_what_their_roles_do_not_reach(house: House, town: Town, sit: Sit) -> None:
    url, other = _ours(house), house.server.mastodon.account_url(house.cast.works)
    mayor, library = town.authority("mayor"), town.authority("library")
    town.listing(url=url, authority=mayor, platform="mastodon", service=house.server.base_url, name="Secret plans")
    clerk = sit(Role.LEGAL_CUSTODIAN, AUTHORITY, "library")
    for answer in (_look(clerk, url, platform="mastodon"), _add(clerk, url, authority="library", **OFFICIAL)):
        assert answer.status_code == 403
        assert "Secret" not in answer.text
    assert _add(clerk, other, authority="mayor", **OFFICIAL).status_code == 400, "not for another office"
    assert _add(clerk, other, authority="unassigned", **OFFICIAL).status_code == 400
    assert "Mayor" not in _look(clerk, other, platform="mastodon").text
    theirs = house.mastodon(house.cast.works)  # (the archive has it, as nobody's)
    assert _add(clerk, other, authority="library", **OFFICIAL).status_code == 403
    assert f"/accounts/{theirs}" not in _look(clerk, other, platform="mastodon").text
    one = sit(Role.CUSTODIAN, ACCOUNT, theirs)
    assert "do not reach a whole authority" in _words(_look(one, url.replace("@", "@x"), platform="mastodon"))
    for role in (Role.AUDITOR, Role.CIO, Role.COMMUNICATIONS, Role.SYSTEM_ADMINISTRATOR):
        nobody = sit(role)
        assert (nobody.get("/accounts/add").status_code, _add(nobody, url).status_code) == (403, 403)
        assert "/accounts/add" not in nobody.get("/accounts").text
    assert _count(house) == 1
    assert library


def test_an_account_that_turns_out_to_be_anothers_is_not_added(house: House, town: Town, sit: Sit) -> None:
    """Who it is, only the platform says: by then another authority's entry, under another address, may name it."""
    url, mayor = _ours(house), town.authority("mayor")
    town.authority("library")
    town.listing(url="https://elsewhere.example/@city", authority=mayor, platform="mastodon",
                 service=house.server.base_url, platform_id=str(house.cast.city))  # fmt: skip
    clerk = sit(Role.LEGAL_CUSTODIAN, AUTHORITY, "library")
    assert _look(clerk, url, platform="mastodon").status_code == 200
    before = _count(house)
    assert _add(clerk, url, authority="library", **OFFICIAL).status_code == 403
    assert _count(house) == before == 0


@pytest.mark.parametrize(
    ("url", "words"),
    [
        ("no address", "not a web address"),
        ("ftp://example.org/x", "not a web address"),
        ("https://user:hunter2@example.org/feed", "password"),
        ("https://example.org/feed?access_token=abcdef123456", "password or key"),
        ("https://example.org/" + "a" * 2500, "at most 2,000 characters"),
        ("javascript:alert(1)", "not a web address"),
        ("https://www.facebook.com/yourcity", "needs the owner’s sign-in first"),
        ("https://www.youtube.com/@yourcity", "needs the owner’s sign-in first"),
    ],
)
def test_what_is_not_added_by_its_address_is_told_in_one_line(sit: Sit, house: House, url: str, words: str) -> None:
    desk = sit()
    answer = _look(desk, url)
    alerts = re.findall(r'<p role="alert"[^>]*>(.*?)</p>', answer.text, re.DOTALL)
    assert words in unescape(alerts[0] if alerts else _words(answer))
    assert (answer.status_code, len(alerts)) == ((200, 0) if "sign-in" in words else (400, 1))
    assert "hunter2" not in answer.text, "what may be a password is not repeated"
    assert "abcdef123456" not in answer.text
    assert _add(desk, url, "", authority="unassigned", **OFFICIAL).status_code == 400
    assert _count(house) == 0


def test_where_the_address_does_not_tell_the_platform_is_chosen(sit: Sit, house: House) -> None:
    desk, url = sit(), f"{house.server.base_url}/profile/city.example"
    asked = _look(desk, url)
    assert re.findall(r'<option value="(\w+)"', asked.text) == ["bluesky", "feed"]
    assert "does not tell which platform" in _words(asked)
    assert "Add and capture it" not in asked.text
    for platform, title in (("bluesky", "Bluesky"), ("feed", "feed")):
        chosen = _look(desk, url, platform=platform)
        assert f'name="platform" value="{platform}"' in chosen.text
        assert title in _words(chosen)
    assert "does not tell" in _words(_look(desk, url, platform="x")), "what it cannot be is not chosen"
    assert _add(desk, url, "", authority="unassigned", **OFFICIAL).status_code == 400
    assert "<option" not in _look(desk, f"{house.server.base_url}/news").text.partition("<section")[0]


def test_a_platform_that_does_not_answer_or_knows_nobody_adds_nothing(sit: Sit, house: House, town: Town) -> None:
    desk, nobody = sit(), f"{house.server.base_url}/@nobody_at_all"
    gone = _add(desk, nobody, authority="unassigned", **OFFICIAL)
    assert (gone.status_code, "no such account" in _words(gone)) == (400, True)
    assert 'value="the mayor asked"' in gone.text, "what was typed stays"
    assert _add(desk, _ours(house), authority="unassigned").status_code == 400, "nobody said that it is official"
    assert _add(desk, _ours(house), authority="", **OFFICIAL).status_code == 400, "nobody said whose it is"
    url = _ours(house)
    house.server.stop()
    away = _add(desk, url, authority="unassigned", **OFFICIAL)
    assert away.status_code == 503
    assert "Nobody answers" in _words(away)
    assert _count(house) == 0


def test_what_is_made_up_and_what_is_real_never_mix(house: House, tmp_path: Path) -> None:
    made_up = TestClient(
        create_app(Site(house.archive)), base_url="http://127.0.0.1",
        cookies=cookies(house.archive, person(house.archive, Role.CUSTODIAN)),
    )  # fmt: skip
    refused = made_up.get("/accounts/add", params={"url": "https://mastodon.social/@yourcity"})
    assert (refused.status_code, "practice archive" in _words(refused)) == (400, True)
    assert 'href="/accounts/add"' not in made_up.get("/accounts").text
    with pytest.raises(Refused, match="practice archive"):
        accounts.add(house.archive, "https://mastodon.social/@yourcity")
    home = tmp_path / "real"
    (home / "practice").mkdir(parents=True)
    (home / "practice" / CITY_PORT).write_text(house.server.base_url.rpartition(":")[2])
    taken = replace(_real(house), settings=Settings(home=home))
    with pytest.raises(Refused, match="made up"):
        accounts.add(taken, _ours(house), "mastodon")
    assert _count(house) == 0


@pytest.mark.law("R5")
@pytest.mark.parametrize("capacity", ["personal", "official"])
def test_no_entry_is_got_round_by_another_address_that_leads_to_its_account(
    house: House, town: Town, sit: Sit, monkeypatch: pytest.MonkeyPatch, capacity: str
) -> None:
    """As by a page elsewhere that names the feed of somebody's campaign: only the platform's answer tells."""
    url, listed = _ours(house), "https://campaign.example/feed"
    town.authority("mayor")
    listing = town.listing(url=listed, capacity=capacity, platform="feed", service="https://campaign.example")

    def told(*given: Any) -> Identity:
        identity = ask_platform(*given)
        return replace(identity, facts=replace(identity.facts, url=f"{listed}/"))

    monkeypatch.setattr("archiver.accounts.service.ask_platform", told)
    answer = _add(sit(), url, authority="mayor", **OFFICIAL)
    assert (answer.status_code, "another entry of the register" in _words(answer)) == (400, True)
    assert _count(house) == 0
    assert town.register.listings[listing].account is None


def test_what_was_typed_while_the_session_ended_is_kept_and_added_once(house: House, town: Town, sit: Sit) -> None:
    town.authority("mayor")
    desk, url = sit(), _ours(house)
    desk.client.cookies.clear()
    kept = _add(desk, url, authority="mayor", why="the mayor asked", official="yes")
    assert (kept.status_code, _count(house)) == (401, 0)
    [action] = re.findall(r'<form method="post" action="([^"]*)"', kept.text)
    fields = {
        unescape(name): unescape(value) for name, value in re.findall(r'name="([^"]*)" value="([^"]*)"', kept.text)
    }
    assert fields == {
        "url": url,
        "platform": "mastodon",
        "authority": "mayor",
        "why": "the mayor asked",
        "official": "yes",
    }
    again = sit()
    assert again.client.post(action, data=fields).status_code == 303
    assert _count(house) == 1
