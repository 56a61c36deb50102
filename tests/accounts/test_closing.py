"""Closing an account that the City uses no more: after a last look, by who may, and back by another act."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.accounts import links, tokens
from archiver.accounts import service as accounts
from archiver.accounts.models import Account, Credential
from archiver.capture.rebuild import rebuild
from archiver.errors import Meanwhile, NotFound, Refused, UsageError
from archiver.evidence import service as evidence
from archiver.evidence.models import Event
from archiver.operations import board, closing
from archiver.operations.board_rules import Colour
from archiver.operations.closing import Closing, WholeLook
from archiver.people.acting import Actor, of_machine, of_person
from archiver.people.permission import AUTHORITY
from archiver.people.roles import Role
from archiver.records import digests
from archiver.records.stored import table
from tests.capture.house import FULL, NEW, House
from tests.register.town import Town
from tests.signed_in import pages, person

CITY = ZoneInfo("America/Chicago")
DAYS = st.dates(date(2020, 1, 1), date(2100, 1, 1))
_FORM = {"do": "close", "became": "deleted", "reason": "The <b>office</b> is no more", "no_look": "", "sure": "yes"}
_TOKEN = "tok-of-the-city-7d1f0a"


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    yield made
    made.close()


def today(house: House) -> str:
    return house.archive.clock.now().astimezone(house.archive.settings.zone).date().isoformat()


def told(house: House, *kinds: str) -> list[dict[str, Any]]:
    rows = sorted(house.rows(Event, Event.type.in_(kinds)), key=lambda one: one.at)
    return [json.loads(one.body) for one in rows]


def row(house: House, account: str) -> Any:
    (found,) = house.rows(Account, Account.id == account)
    return found


@given(st.lists(st.datetimes(datetime(2020, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC)), max_size=5), DAYS)
def test_a_last_look_is_the_newest_that_began_on_the_last_day_or_later(times: list[datetime], day: date) -> None:
    found = closing.last_look([WholeLook(str(number), at) for number, at in enumerate(times)], day, CITY)
    fitting = [at for at in times if at.astimezone(CITY).date() >= day]
    assert (None if found is None else found.began) == max(fitting, default=None)


@pytest.mark.law("R12")
def test_an_account_is_closed_after_a_last_look_and_its_records_stay(house: House) -> None:
    account, who = house.office(_TOKEN), person(house.archive, Role.LEGAL_CUSTODIAN, name="Jo Custodian")
    town = Town(house.archive)
    mayor = town.authority("mayor", kind="elected")
    listing = town.listing(url=row(house, account).url, account=account, authority=mayor, opened="2020-01-01")
    house.run(account, FULL)
    records = len(house.records())
    house.later(days=2)
    where = f"/accounts/{account}"
    with pages(house.archive, who) as browser:
        form = _FORM | {"closed_on": today(house)}
        early = browser.post(f"{where}/close", data=form)
        assert (early.status_code, "have it looked at a last time first" in early.text) == (400, True)
        assert "not today yet" in browser.get(f"{where}/close").text
        assert browser.post(f"{where}/close", data={"do": "look"}).status_code == 303
        assert "has not begun yet" in browser.get(f"{where}/close").text
        house.later(minutes=1)
        assert {one.outcome for one in house.run_due()} <= {"complete", "unchanged"}
        assert "looked at today" in browser.get(f"{where}/close").text
        assert browser.post(f"{where}/close", data=form).status_code == 303
        page = browser.get(where).text
        assert "deleted on the platform" in page
        assert "looked at a last time" in page
        assert "<b>office" not in page
        assert "Open it again" in browser.get(f"{where}/close").text
        assert "it is closed already" in browser.post(f"{where}/close", data=form).text.lower()
        colours = browser.get("/accounts").text
        assert "closed: The &lt;b&gt;office" in colours
    (event,) = told(house, "account.closed")
    last = [one.id for one in house.runs() if one.sweep == "full"][-1]
    assert event["data"] == {"closed_on": today(house), "became": "deleted", "last_look": last}
    assert event["actor"] == {"kind": "person", "id": who.id}
    assert (row(house, account).state, row(house, account).state_reason) == ("closed", _FORM["reason"])
    assert house.rows(Credential) == []
    assert town.register.listings[listing].closed == today(house)
    assert town.register.history(listing)[-1].by == "Jo Custodian"
    house.later(days=40)
    assert house.run_due() == []
    assert len(house.records()) == records
    with house.archive.database.read() as connection:
        (seen,) = (one for one in board.board(house.archive, connection).rows if one.entry.account is not None)
    assert [(one.code, one.colour) for one in seen.reasons] == [("not_captured_never", Colour.GREEN)]
    town.change(listing, closed="2020-01-01")
    closing.reopen(house.archive, of_person(who.id), account)
    assert town.register.listings[listing].closed == "2020-01-01", "it was not entered with the closing"
    with house.archive.database.read() as connection:
        (again,) = (one for one in board.board(house.archive, connection).rows if one.entry.account is not None)
    assert again.entry.captured == "yes", "whatever the register says of its last day, it is captured"
    with pages(house.archive, who) as browser:
        assert "It is captured all the same" in browser.get(where).text


@pytest.mark.law("R41")
def test_it_is_opened_again_by_another_act_and_comes_back_from_the_store(house: House) -> None:
    one, other = house.office(), house.mastodon(house.cast.works)
    house.run(one, FULL), house.run(other, FULL)
    day = house.archive.clock.now().astimezone(house.archive.settings.zone).date()
    closing.close(house.archive, of_machine(), one, Closing(day, "left", "not used any more"))
    closing.close(house.archive, of_machine(), other, Closing(day, "given", "a charity has it"))
    house.later(hours=1)
    accounts.resume(house.archive, one)
    house.later(hours=1)
    assert house.run(one, NEW).outcome in ("complete", "unchanged")
    house.capture.flush(all=True)
    evidence.sign(house.archive.signed_log)
    before, states = _digests(house), house.rows(Account)
    assert {found.id: found.state for found in states} == {one: "active", other: "closed"}
    house.empty_index()
    assert rebuild(house.archive).damaged == []
    assert (house.rows(Account), digests.differences(before, _digests(house))) == (states, [])
    assert rebuild(house.archive).damaged == []
    assert digests.differences(before, _digests(house)) == [], "in place"
    with house.archive.database.read() as connection:
        shown = closing.closed(connection, accounts.get(connection, other))
    assert shown is not None
    assert (shown.became, shown.closed_on) == ("given", day.isoformat())


def _digests(house: House) -> dict[str, digests.TableDigest]:
    with house.archive.database.read() as connection:
        return digests.digests(connection, (*digests.CONTENT, table(Account)))


@pytest.mark.law("R71")
def test_nobody_closes_what_is_not_theirs(house: House) -> None:
    account, archive = house.office(), house.archive
    elsewhere = person(archive, Role.CUSTODIAN, scope=AUTHORITY, scope_id="somewhere-else")
    form = _FORM | {"closed_on": today(house), "no_look": "gone"}
    for who, status in ((person(archive, Role.REVIEWER, Role.AUDITOR, Role.CIO), 403), (elsewhere, 404)):
        with pages(house.archive, who) as browser:
            for method in ("GET", "POST"):
                assert browser.request(method, f"/accounts/{account}/close", data=form).status_code == status
        with pytest.raises(Refused):
            closing.close(archive, of_person(who.id), account, _closing(house))
    assert row(house, account).state == "active"
    assert told(house, "account.closed") == []


def _closing(house: House, **more: Any) -> Closing:
    said: dict[str, Any] = {"closed_on": date.fromisoformat(today(house)), "became": "deleted", "reason": "over"}
    return Closing(**(said | {"no_look": "gone"} | more))


def test_what_cannot_be_is_refused_and_changes_nothing(house: House) -> None:
    account, who = house.office(), of_machine()
    tomorrow = house.archive.clock.now().date() + timedelta(days=2)
    for more, words in (
        ({"became": "burnt"}, "deleted, left or given"),
        ({"reason": " "}, "say why"),
        ({"reason": "x" * 5000}, "at most"),
        ({"no_look": "x" * 5000}, "at most"),
        ({"closed_on": tomorrow}, "has not come yet"),
        ({"no_look": " "}, "have it looked at a last time first"),
    ):
        with pytest.raises(UsageError, match=words):
            closing.close(house.archive, who, account, _closing(house, **more))
    with pytest.raises(NotFound):
        closing.close(house.archive, who, "ac_none", _closing(house))
    assert row(house, account).state == "active"
    by = Actor("person", "operator", by="jo")
    assert closing.close(house.archive, by, account, _closing(house)).state == "closed"


@pytest.mark.parametrize("role", [Role.LEGAL_CUSTODIAN, Role.CUSTODIAN])
def test_opening_it_again_takes_its_last_day_out_of_the_register_too(house: House, role: Role) -> None:
    account, who = house.office(), person(house.archive, role)
    town = Town(house.archive)
    listing = town.listing(url=row(house, account).url, account=account, authority=town.authority("mayor"))
    closing.close(house.archive, of_machine(), account, _closing(house))
    assert town.register.listings[listing].closed == today(house)
    with pages(house.archive, who) as browser:
        assert browser.post(f"/accounts/{account}/state", data={"do": "resume", "was": "closed"}).status_code == 303
    assert row(house, account).state == "active"
    may = role is Role.LEGAL_CUSTODIAN
    assert town.register.listings[listing].closed == (None if may else today(house)), "as far as they may change it"


def test_whoever_may_not_change_the_register_leaves_it_as_it_is_and_the_page_says_so(house: House) -> None:
    account, who = house.office(), person(house.archive, Role.CUSTODIAN)
    town = Town(house.archive)
    listing = town.listing(url=row(house, account).url, account=account, authority=town.authority("mayor"))
    closing.close(house.archive, of_person(who.id), account, _closing(house))
    assert town.register.listings[listing].closed is None
    with pages(house.archive, who) as browser:
        assert "The register does not have its last day yet" in browser.get(f"/accounts/{account}").text


def test_what_was_pressed_before_it_was_closed_opens_nothing_and_gives_it_no_token_back(house: House) -> None:
    account, who = house.office(_TOKEN), person(house.archive, Role.CUSTODIAN)
    accounts.pause(house.archive, account, "for a while")
    closing.close(house.archive, of_machine(), account, _closing(house))
    with pages(house.archive, who) as browser:
        for stale in ({"do": "resume", "was": "paused"}, {"do": "pause", "reason": "again", "sure": "yes"}):
            assert browser.post(f"/accounts/{account}/state", data=stale).status_code == 400
    with pytest.raises(Meanwhile, match="closed"):
        accounts.pause(house.archive, account, "again")
    with pytest.raises(Refused, match="closed"):
        tokens.keep(house.archive, account, _TOKEN)
    with pytest.raises(Refused, match="closed"):
        links.offer(house.archive, account)
    assert (row(house, account).state, house.rows(Credential)) == ("closed", [])
    with pages(house.archive, who) as browser:
        assert 'name="was" value="closed"' in browser.get(f"/accounts/{account}/state").text
        assert browser.post(f"/accounts/{account}/state", data={"do": "resume", "was": "closed"}).status_code == 303
    assert row(house, account).state == "active"
    tokens.keep(house.archive, account, _TOKEN)
