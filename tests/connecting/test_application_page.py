"""Storing the city's application at a platform on a page, and withdrawing a link that an owner was sent."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient

from archiver.accounts import apps
from archiver.accounts.models import ConnectLink, PlatformApp
from archiver.clock import SetClock
from archiver.evidence.models import Event
from archiver.people.permission import AUTHORITY
from archiver.people.roles import Role
from archiver.people.service import PersonView
from archiver.web.app import create_app
from archiver.web.site import Site
from tests.capture.house import House
from tests.connecting.consenting import Owner
from tests.people.conftest import opened
from tests.people.matrix import NOW
from tests.servers.databases import Databases
from tests.signed_in import cookies, person

_SECRET = "s3cret-of-the-city-5b1e"
_FORM = {"client": "city-app", "secret": _SECRET, "sure": "yes"}
_THERE = "/platforms/facebook/application"


def client(house: House, who: PersonView) -> TestClient:
    sent, safe = cookies(house.archive, who), {"Sec-Fetch-Site": "same-origin"}
    app = create_app(Site(house.archive))
    return TestClient(app, base_url="http://127.0.0.1", cookies=sent, headers=safe, follow_redirects=False)


def events(house: House, kind: str) -> list[dict[str, Any]]:
    return [json.loads(row.body) for row in house.rows(Event, Event.type == kind)]


@pytest.mark.law("R71")
def test_an_application_is_stored_and_its_secret_is_shown_nowhere_again(house: House) -> None:
    who = person(house.archive, Role.SYSTEM_ADMINISTRATOR)
    with client(house, who) as browser:
        assert "missing" in browser.get(_THERE).text
        for fields, words in (
            ({"client": ""}, "Give the id"),
            ({"secret": " "}, "Give the secret"),
            ({"client": "two words"}, "one word without blanks"),
            ({"secret": "x" * 5000}, "not the secret of an application"),
            ({"sure": ""}, "Confirm that it is"),
        ):
            answer = browser.post(_THERE, data=_FORM | fields)
            assert (answer.status_code, words in answer.text, _SECRET in answer.text) == (400, True, False), words
        assert house.rows(PlatformApp) == []
        stored = browser.post(_THERE, data=_FORM)
        assert (stored.status_code, stored.headers["location"]) == (303, "/platforms/facebook")
        pages = [browser.get(one).text for one in (_THERE, "/platforms/facebook", "/platforms", "/evidence")]
        assert "city-app" in pages[0]
        assert not any(_SECRET in one for one in pages)
        house.later(minutes=10)
        late = browser.post(_THERE, data=_FORM)
        assert late.status_code == 303
        assert late.headers["location"].startswith("/sign-in/again"), "and no page holds what was typed"
    (row,) = house.rows(PlatformApp)
    assert _SECRET.encode() not in row.sealed
    (event,) = events(house, "app.stored")
    assert (event["actor"], event["data"]) == (
        {"kind": "person", "id": who.id},
        {"platform": "facebook", "service": None},
    )
    how = apps.connecting(house.archive, "facebook")[1].authorization("https://example.org/")
    kept = apps.app_for(house.archive, "facebook", how, "")
    assert kept.secret is not None
    assert kept.secret.value == _SECRET


@pytest.mark.law("R71")
def test_nobody_else_stores_an_application(house: House) -> None:
    others = person(house.archive, *(one for one in Role if one is not Role.SYSTEM_ADMINISTRATOR))
    with client(house, others) as browser:
        assert browser.get(_THERE).status_code == 403
        assert browser.post(_THERE, data=_FORM).status_code == 403
        assert "Store it</a>" not in browser.get("/platforms/facebook").text
    with client(house, person(house.archive, Role.SYSTEM_ADMINISTRATOR)) as browser:
        for none in ("/platforms/mastodon/application", "/platforms/nowhere/application"):
            assert browser.get(none).status_code == 404
    assert house.rows(PlatformApp) == []


@pytest.mark.law("R71")
def test_a_link_that_an_owner_was_sent_is_withdrawn_by_who_may(house: House, owner: Callable[[str], Owner]) -> None:
    one = owner("facebook")
    one.connect()
    account = one.account
    one.link(second=True)
    assert one.offer is not None
    there = f"/accounts/{account}/links/{one.offer.id}/withdraw"
    elsewhere = person(house.archive, Role.CUSTODIAN, scope=AUTHORITY, scope_id="somewhere-else")
    for who, status in ((elsewhere, 404), (person(house.archive, Role.AUDITOR), 403)):
        with client(house, who) as browser:
            assert browser.post(there).status_code == status
    custodian = person(house.archive, Role.CUSTODIAN)
    house.later(minutes=1)
    with client(house, custodian) as browser:
        assert "Withdraw it" in browser.get(f"/accounts/{account}").text
        assert browser.post(there.replace(one.offer.id, "cl_none")).status_code == 404
        assert browser.post(there).status_code == 303
        assert "Withdraw it" not in browser.get(f"/accounts/{account}").text
        assert browser.post(there).status_code == 404
    assert sorted(row.ended or "" for row in house.rows(ConnectLink)) == ["connected", "withdrawn"]
    (event,) = events(house, "connection.withdrawn")
    assert event["actor"] == {"kind": "person", "id": custodian.id}


def test_of_two_who_store_one_at_once_the_later_one_counts(tmp_path: Path, databases: Databases) -> None:
    with (
        opened(tmp_path / "home", SetClock(NOW), databases.new_with_tables()) as archive,
        ThreadPoolExecutor(6) as pool,
    ):
        list(pool.map(lambda number: apps.keep(archive, "x", f"app-{number}", _SECRET), range(18)))
        with archive.database.read() as connection:
            assert len(apps.listed(connection)) == 1
