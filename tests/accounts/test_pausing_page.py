"""Pausing and resuming on the pages: by who may, with the reason and a confirmation, under their name."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from archiver.accounts import service as accounts
from archiver.evidence.models import Event
from archiver.people.permission import AUTHORITY
from archiver.people.roles import Role
from tests.capture.house import House
from tests.signed_in import pages, person

_PAUSE = {"do": "pause", "reason": "=The office <b>moves</b>", "sure": "yes"}


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    yield made
    made.close()


def state(house: House, account: str) -> tuple[str, str | None]:
    with house.archive.database.read() as connection:
        found = accounts.get(connection, account)
    return found.state, found.state_reason


def told(house: House) -> list[tuple[str, str]]:
    kinds = ("account.paused", "account.resumed")
    rows = house.rows(Event, Event.type.in_(kinds))
    return [(one.type, json.loads(one.body)["actor"]["id"]) for one in sorted(rows, key=lambda one: one.at)]


def test_it_is_paused_and_resumed_under_the_name_of_who_did_it(house: House) -> None:
    account, who = house.office(), person(house.archive, Role.CUSTODIAN)
    where = f"/accounts/{account}"
    with pages(house.archive, who) as browser:
        assert "Pause the capture" in browser.get(where).text
        for lacking, words in (("reason", "Say why"), ("sure", "Confirm that"), ("do", "Say what is to be done")):
            answer = browser.post(f"{where}/state", data={**_PAUSE, lacking: ""})
            assert (answer.status_code, words in answer.text) == (400, True), lacking
        assert browser.post(f"{where}/state", data={**_PAUSE, "reason": "x" * 100_000}).status_code in (400, 413)
        assert (state(house, account), told(house)) == (("active", None), [])
        assert browser.post(f"{where}/state", data=_PAUSE).status_code == 303
        assert state(house, account) == ("paused", _PAUSE["reason"])
        assert "&lt;b&gt;moves" in browser.get(f"{where}/state").text
        assert "done meanwhile" in browser.post(f"{where}/state", data=_PAUSE).text
        house.later(minutes=1)
        assert browser.post(f"{where}/state", data={"do": "resume"}).status_code == 303
        assert "done meanwhile" in browser.post(f"{where}/state", data={"do": "resume"}).text
    assert state(house, account)[0] == "active"
    assert told(house) == [("account.paused", who.id), ("account.resumed", who.id)]


@pytest.mark.law("R71")
def test_nobody_pauses_what_is_not_theirs(house: House) -> None:
    account = house.office()
    elsewhere = person(house.archive, Role.CUSTODIAN, scope=AUTHORITY, scope_id="somewhere-else")
    for who, status in ((person(house.archive, Role.REVIEWER, Role.AUDITOR, Role.CIO), 403), (elsewhere, 404)):
        with pages(house.archive, who) as browser:
            for method in ("GET", "POST"):
                assert browser.request(method, f"/accounts/{account}/state", data=_PAUSE).status_code == status
    assert (state(house, account)[0], told(house)) == ("active", [])
