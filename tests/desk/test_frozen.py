"""A frozen search is opened: the list as it was frozen, for whoever sees it, with what became of its records."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from hashlib import sha256

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import insert, select, update

from archiver.archive import Archive
from archiver.clock import SetClock
from archiver.desk import selections
from archiver.people import service
from archiver.people.acting import SERVICE, of_person
from archiver.people.permission import AUTHORITY
from archiver.people.roles import Access, Role
from archiver.people.service import NewGrant, PersonView
from archiver.records.stored import RECORD, VERSION
from archiver.search.models import SearchStatement
from archiver.web import frozen as pages
from archiver.web.app import create_app
from archiver.web.site import Site
from tests.people.scene import CANARIES, KINDS, OFFICES, record_of
from tests.signed_in import cookies, person


def client(archive: Archive, who: PersonView) -> TestClient:
    return TestClient(create_app(Site(archive)), base_url="http://127.0.0.1", cookies=cookies(archive, who))


@pytest.fixture
def jo(offices: Archive) -> PersonView:
    return person(offices, Role.CUSTODIAN, name="Jo", access=[Access.PUBLIC, Access.PRIVATE, Access.MESSAGE])


@pytest.fixture
def statement(offices: Archive, jo: PersonView) -> str:
    """Everything of both offices, frozen."""
    actor = of_person(jo.id)
    mine = selections.make(offices, actor, "For the Council")
    return selections.add_all(offices, actor, mine, "").id


def rows(browser: TestClient, statement: str) -> list[dict[str, str]]:
    answer = browser.get(f"/frozen/{statement}/list.csv")
    assert answer.headers["content-type"].startswith("text/csv")
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


def test_the_list_is_paged_hashed_again_and_tells_what_changed(
    offices: Archive, jo: PersonView, statement: str, hands: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pages, "_PAGE", 3)
    monkeypatch.setattr(pages, "_AT_ONCE", 3)
    hands.advance(timedelta(hours=1))
    edited = record_of("police", "public")
    with offices.database.write() as connection:
        old = connection.execute(select(VERSION).where(VERSION.c.record_id == edited)).mappings().one()
        times = dict.fromkeys(("first_seen_at", "last_seen_at"), hands.now())
        connection.execute(insert(VERSION).values({**old, **times, "id": "ve_new", "number": 2, "text": "=cmd()"}))
        connection.execute(update(RECORD).where(RECORD.c.id == edited).values(version_id="ve_new"))
    with client(offices, jo) as browser:
        first = browser.get(f"/frozen/{statement}").text
        assert "it is the one that the log took down" in first
        assert "withheld from you" not in first
        second = browser.get(f"/frozen/{statement}?first=4&again=yes").text
        assert "Done again now: 0 of these records" in second
        assert "The list has no such place" in browser.get(f"/frozen/{statement}?first=1000").text
        third = browser.get(f"/frozen/{statement}?first=7").text
        listed = rows(browser, statement)
    assert (first + second + third).count("edited since") == 1
    assert [one["place"] for one in listed] == [str(number) for number in range(1, 9)]
    assert {one["record"] for one in listed} == {record_of(office, kind) for office in OFFICES for kind in KINDS}
    assert [(one["record"], one["text now"]) for one in listed if one["edited since"]] == [(edited, "'=cmd()")]


@pytest.mark.law("R4", "R71")
def test_a_record_that_is_not_theirs_now_is_counted_and_not_shown(
    offices: Archive, jo: PersonView, statement: str
) -> None:
    with offices.database.read() as connection:
        (held,) = service.grants(connection, jo.id)
    service.revoke(offices, SERVICE, held.id)
    service.grant(offices, SERVICE, jo.id, NewGrant(Role.CUSTODIAN, AUTHORITY, "police", frozenset({Access.PUBLIC})))
    with client(offices, jo) as browser:
        page, listed = browser.get(f"/frozen/{statement}?again=yes").text, rows(browser, statement)
    assert "6 of them are withheld from you" in page
    assert page.count("Withheld: your roles do not reach it") == 6
    seen = {one["record"] for one in listed if one["record"]}
    assert seen == {record_of("police", "public"), record_of("police", "hidden")}
    assert [one["withheld"] for one in listed].count("yes") == 6
    closed = [record_of("library", "public"), "The library", CANARIES["police"]["private"], CANARIES["police"]["edit"]]
    text = page + str(listed)
    assert not [one for one in closed if one in text]
    for one in listed:
        assert not any(one[name] for name in one if name not in ("place", "withheld")) or not one["withheld"]


def test_nobody_else_opens_it_and_a_list_that_was_changed_is_said_to_be_wrong(
    offices: Archive, jo: PersonView, statement: str
) -> None:
    with client(offices, person(offices, *Role, name="Kim")) as other:
        assert (
            other.get(f"/frozen/{statement}").status_code
            == other.get(f"/frozen/{statement}/list.csv").status_code
            == 404
        )
    with offices.database.write() as connection:
        body = connection.execute(select(SearchStatement.body).where(SearchStatement.id == statement)).scalar_one()
        changed = body.replace(record_of("police", "public").encode(), b"rc_police_pub1ic")
        values = {"body": changed, "sha256": sha256(changed).hexdigest()}
        connection.execute(update(SearchStatement).where(SearchStatement.id == statement).values(values))
    with client(offices, jo) as browser:
        assert "Do not rely on it" in browser.get(f"/frozen/{statement}").text
