"""The coverage board, what changed, and the looks around a moment, for who sees a part of the archive."""

from __future__ import annotations

import re
from datetime import timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import insert, update

from archiver.archive import Archive
from archiver.capture.models import Coverage, Run
from archiver.capture.outcomes import closed_name
from archiver.operations import deposits_due, quota
from archiver.operations.board import Compared
from archiver.operations.deposits_due import DueDeposit
from archiver.people.permission import ACCOUNT, AUTHORITY
from archiver.people.roles import Access, Role, usual
from archiver.people.service import PersonView
from archiver.records.models import Occurrence, Record, RecordState, Version
from archiver.web.app import create_app
from archiver.web.site import Site
from connectors.contract import Stream
from tests.people import beside
from tests.people.scene import CANARIES, NOW, OFFICES, account_of, record_of
from tests.signed_in import cookies, person

POLICE, LIBRARY = account_of("police"), account_of("library")
LOOKS = f"/looks?account={POLICE}&at=2026-03-01T12:40"
LOOKS_FOR_PROGRAMS = f"/api/v1/looks?account={POLICE}&at=2026-03-01T18:40:00Z"


def reader(archive: Archive) -> PersonView:
    """Of what the police said in public."""
    return person(archive, Role.CUSTODIAN, access=[Access.PUBLIC], scope=AUTHORITY, scope_id="police")


def of_one_account(archive: Archive) -> PersonView:
    """All of it but its messages."""
    return person(archive, Role.CUSTODIAN, access=usual(Role.CUSTODIAN), scope=ACCOUNT, scope_id=POLICE)


def client(site: Site, who: PersonView) -> TestClient:
    held = cookies(site.archive, who)
    return TestClient(create_app(site), base_url="http://127.0.0.1", cookies=held, follow_redirects=False)


def codes(browser: TestClient) -> dict[str, set[str]]:
    """Reasons by account or listing."""
    found = browser.get("/api/v1/board").json()["items"]
    return {one["account"] or one["listing"]: {why["code"] for why in one["reasons"]} for one in found}


def compared(site: Site) -> Site:
    """As if the numbers were just set against each other."""
    site.board.compared = Compared(site.archive.clock.now(), {}, {POLICE: 77, LIBRARY: 88})
    return site


@pytest.mark.law("R71")
def test_the_board_holds_and_counts_what_is_seen_and_nothing_else(offices: Archive) -> None:
    listed, site = beside.fill(offices), compared(Site(offices))
    everything = person(offices, Role.RECORDS_OFFICER)
    public, alone = reader(offices), of_one_account(offices)
    expected = {
        everything.id: {POLICE, LIBRARY, *(listed[office][1] for office in OFFICES)},
        public.id: {POLICE, listed["police"][1]},
        alone.id: {POLICE},
    }
    for who in (everything, public, alone):
        with client(site, who) as browser:
            told, page = browser.get("/api/v1/board").json(), browser.get("/accounts").text
            by_others = [browser.get(f"{path}?authority=library") for path in ("/accounts", "/api/v1/board")]
            found = codes(browser)
        assert set(found) == expected[who.id]
        assert (sum(told["colours"].values()), len(told["items"])) == (len(found), len(found))
        assert page.count("<tr class=") == len(found)
        if who is not everything:
            for text in (page, *(one.text.replace("authority=library", "") for one in by_others)):
                assert not re.search(r"The library|88 threads", text)
                assert LIBRARY not in text
            assert by_others[1].json()["items"] == []
            assert 'aria-label="By authority"' not in page, "one authority is no choice"
            assert re.search(r'<dt>open gaps</dt><dd><a href="/gaps">1<', page)


@pytest.mark.law("R71")
def test_what_is_counted_over_all_of_an_account_is_told_where_more_than_the_public_part_is_seen(
    offices: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    late = [DueDeposit(one, one, None, NOW, overdue=True, command="", sign_in=False) for one in (POLICE, LIBRARY)]
    monkeypatch.setattr(deposits_due, "expected", lambda *_: late)
    site = compared(Site(offices))
    with client(site, reader(offices)) as browser:
        public, page = codes(browser)[POLICE], browser.get("/accounts").text
    with client(site, of_one_account(offices)) as browser:
        private, told = codes(browser)[POLICE], browser.get("/accounts").text
    assert {"counts", "deposit_overdue"} <= private - public
    assert "77" in told
    assert "77 threads" not in page
    assert re.search(r"<dt>stored</dt><dd>0 ", page)


def test_allowances_are_told_of_accounts_whose_platforms_one_may_know(
    offices: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = SimpleNamespace(members=(POLICE, LIBRARY))
    view = SimpleNamespace(state=quota.EMPTY, forecast="Nothing until noon.", chosen=(), reset_at=None)
    monkeypatch.setattr(quota, "told", lambda *_: [(plan, view)])
    site = Site(offices)
    owner = person(offices, Role.COMMUNICATIONS)
    with client(site, owner) as browser:
        assert {name: "quota_empty" in found for name, found in codes(browser).items()} == {
            POLICE: False, LIBRARY: False,
        }  # fmt: skip
        assert "/platforms" not in browser.get("/accounts").text
    with client(site, of_one_account(offices)) as browser:
        assert "quota_empty" in codes(browser)[POLICE]
    with client(site, person(offices, Role.AUDITOR)) as browser:
        page = browser.get("/accounts").text
        assert "Nothing until noon" in page
        assert not re.search(r'href="/(changes|search)', page), "an auditor reads no records"


@pytest.mark.law("R4", "R71")
def test_changes_are_those_of_what_is_seen(offices: Archive) -> None:
    for office in OFFICES:
        edited(offices, office)
    site, words = Site(offices), CANARIES["police"]
    with client(site, reader(offices)) as browser:
        public, page = browser.get("/api/v1/changes").json()["items"], browser.get("/changes").text
        others = [browser.get(f"/changes?account={name}").text for name in (LIBRARY, "ac_none")]
        assert browser.get(f"/api/v1/changes?account={LIBRARY}").json() == {"items": [], "next": None}
        assert browser.get("/api/v1/changes?kind=hidden").json()["items"] == []
        begun = browser.get("/api/v1/changes?limit=1").json()
        rest = browser.get(f"/api/v1/changes?after={begun['next']}").json()
    assert [(one["record"], one["change"]) for one in public] == [
        (record_of("police", "public"), "state"), (record_of("police", "public"), "edited"),
    ]  # fmt: skip
    assert [*begun["items"], *rest["items"]] == public
    assert (public[1]["text_before"], public[1]["text"]) == (words["public"], "said anew at police")
    assert public[0]["evidence"] == ["ex_police_public"], "the private one beside it is not named"
    assert others[0].replace(LIBRARY, "") == others[1].replace("ac_none", ""), "reads like one that is not there"
    assert LIBRARY not in page
    for closed in (words["edit"], words["hidden"], words["private"], "at library", *CANARIES["library"].values()):
        assert closed not in page
    with client(site, of_one_account(offices)) as browser:
        private = browser.get("/api/v1/changes").json()["items"]
        page = browser.get("/changes").text
    assert {one["account"] for one in private} == {POLICE}
    assert {one["record"] for one in private} == {record_of("police", "public"), record_of("police", "hidden")}
    assert set(next(one["evidence"] for one in private if one["state"] == "not_returned")) == {
        "ex_police_public", "ex_police_private",
    }  # fmt: skip
    assert words["edit"] in page
    assert LIBRARY not in page


@pytest.mark.law("R4", "R71")
def test_that_messages_were_not_looked_at_is_no_reason_told_to_who_sees_what_is_public(offices: Archive) -> None:
    ended = {"outcome": "partial", "reason": f"{closed_name(Stream.MESSAGES)}: a secret trouble"}
    with offices.database.write() as connection:
        connection.execute(update(Run).where(Run.id == "rn_police").values(**ended))
    site, told = Site(offices), {}
    pages = (f"/accounts/{POLICE}", "/accounts", "/runs", "/runs/rn_police", "/api/v1/runs", "/api/v1/runs/rn_police")
    for name, who in (("public", reader(offices)), ("private", of_one_account(offices))):
        with client(site, who) as browser:
            told[name] = [page for page in pages if "a secret trouble" in browser.get(page).text]
            assert ("not everything that was asked for" in browser.get("/runs").text) is (name == "public")
    assert told["public"] == []
    assert {"/runs/rn_police", "/api/v1/runs"} <= set(told["private"])


def test_looks_are_those_of_accounts_that_are_seen_and_say_what_may_be_known(offices: Archive) -> None:
    with offices.database.write() as connection:
        for office in OFFICES:
            add(connection, Coverage, run_id=f"rn_{office}", listing="messages", account_id=account_of(office),
                stream="messages", at=NOW, complete=True, seen=4321)  # fmt: skip
    site, told = Site(offices), {}
    messages = person(offices, Role.CUSTODIAN, access=list(Access), scope=ACCOUNT, scope_id=POLICE)
    for name, who in (("public", reader(offices)), ("private", of_one_account(offices)), ("messages", messages)):
        with client(site, who) as browser:
            told[name], page = browser.get(LOOKS_FOR_PROGRAMS).json(), browser.get(LOOKS).text
            assert ("Messages" in page or "messages:" in page) is (name == "messages")
            assert LIBRARY not in page
            for path in (LOOKS, LOOKS_FOR_PROGRAMS):
                unseen = [
                    browser.get(path.replace(POLICE, other), headers={"accept": "application/json"})
                    for other in (LIBRARY, "ac_none")
                ]
                assert [one.status_code for one in unseen] == [404, 404]
            assert unseen[0].text == unseen[1].text, "reads like one that is not there"
    assert [[one["run"] for one in each["before"]] for each in told.values()] == [["rn_police"]] * 3
    streams = {name: [one["stream"] for one in each["streams"]] for name, each in told.items()}
    assert streams == {"public": [], "private": ["posts"], "messages": ["messages", "posts"]}
    assert told["public"]["before"][0]["streams"] == {}
    assert set(told["private"]["before"][0]["streams"]) == {"posts"}
    assert "nothing can be concluded" in told["public"]["said"]


def edited(archive: Archive, office: str) -> None:
    """A public record that was edited in public, and is no longer returned in public and to its owner."""
    record, shown = record_of(office, "public"), f"ex_{office}_public"
    at, version = NOW + timedelta(hours=5), f"ve_{office}_public_2"
    with archive.database.write() as connection:
        add(connection, Version, id=version, record_id=record, number=2, content={"body": "new"},
            text=f"said anew at {office}", scheme=1, first_seen_at=at, last_seen_at=at, exchange_id=shown,
            position=9, public=True, public_first_at=at, public_last_at=at)  # fmt: skip
        add(connection, Occurrence, exchange_id=shown, position=9, record_id=record, place="/9", observed_at=at,
            retrospective=False, arrival=2, ordinal=0, scheme=1, state="visible", version_id=version)  # fmt: skip
        add(connection, RecordState, record_id=record, number=2, state="not_returned", from_at=at + timedelta(hours=1),
            last_at=at, evidence=[shown, f"ex_{office}_private"], public_from_at=at + timedelta(hours=1),
            public_last_at=at + timedelta(hours=1))  # fmt: skip
        new = {"version_id": version, "versions": 2, "state": "not_returned"}
        connection.execute(update(Record).where(Record.id == record).values(**new))


def add(connection: Any, model: type[Any], **values: Any) -> None:
    connection.execute(insert(model).values(**values))
