"""Who looked at what is written down, readable by the auditor only, and never changed."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from unittest.mock import Mock

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import delete, select, update
from sqlalchemy.exc import DatabaseError

from archiver import migrate
from archiver.archive import Archive
from archiver.capture.rebuild import rebuild
from archiver.clock import SetClock, to_text
from archiver.errors import MissingKey
from archiver.evidence.act import PREFIX
from archiver.evidence.acts import store_acts
from archiver.operations.index_rows import LineReader, LineWriter, copy
from archiver.people import access_log, permission, service
from archiver.people.acting import SERVICE
from archiver.people.actions import Action
from archiver.people.models import AccessEntry, AccountReserve, GrantAccess, Person, RoleGrant
from archiver.people.permission import Resource
from archiver.people.roles import Access, Role
from archiver.web.app import create_app
from archiver.web.site import Site
from tests.people.conftest import opened
from tests.people.scene import account_of, record_of
from tests.servers.databases import Databases
from tests.signed_in import cookies, person


@pytest.mark.law("R42")
def test_views_searches_and_refusals_are_noted_with_who_and_what(offices: Archive) -> None:
    jo = person(offices, Role.CUSTODIAN, access=[Access.PUBLIC], name="Jo")
    auditor = person(offices, Role.AUDITOR, name="Audrey")
    app = create_app(Site(offices))
    browser = TestClient(app, base_url="http://127.0.0.1", cookies=cookies(offices, jo), follow_redirects=False)
    for path in ("/search?q=a+neighbour", f"/records/{record_of('police', 'message')}", "/evidence", "/people", "/me"):
        browser.get(path)
    browser.get("/moderation/md_none")
    TestClient(app, base_url="http://127.0.0.1").get("/search?q=nobody")
    audrey = TestClient(app, base_url="http://127.0.0.1", cookies=cookies(offices, auditor), follow_redirects=False)
    page = audrey.get("/access-log")
    assert page.status_code == 200
    for words in ("a neighbour", "Search", "a record of The police", "Jo", ">refused<", record_of("police", "message")):
        assert words in page.text
    assert browser.get("/access-log").status_code == 403
    with offices.database.read() as connection:
        lines = access_log.entries(connection, offices, limit=100, person_id=jo.id)
        stored = repr(connection.execute(select(*AccessEntry.__table__.columns)).all())
    told = [(one.action, one.status, one.subject) for one in reversed(lines)]
    assert told == [
        ("records.search", 200, ""),
        ("records.view", 404, record_of("police", "message")),
        ("evidence.view", 200, ""),
        ("people.view", 403, ""),
        ("records.view", 404, "md_none"),
        ("access_log.view", 403, ""),
    ]
    assert "a neighbour" not in stored
    assert "nobody" not in stored


@pytest.mark.law("R42")
def test_the_log_is_narrowed_to_an_act_an_account_an_authority_and_a_time(offices: Archive, hands: SetClock) -> None:
    jo, auditor = person(offices, Role.CUSTODIAN, name="Jo"), person(offices, Role.AUDITOR, name="Audrey")
    app = create_app(Site(offices))
    browser = TestClient(app, base_url="http://127.0.0.1", cookies=cookies(offices, jo), follow_redirects=False)
    looks = [f"/records/{record_of(one, 'public')}" for one in ("police", "library")]
    looks += [f"/accounts/{account_of('police')}", "/runs/rn_library", "/search?q=a+neighbour"]
    began = hands.now()
    for path in looks:
        hands.advance(timedelta(minutes=1))
        assert browser.get(path).status_code == 200, path
    after = to_text(began + timedelta(minutes=3))
    hands.advance(timedelta(minutes=1))
    audrey = TestClient(app, base_url="http://127.0.0.1", cookies=cookies(offices, auditor), follow_redirects=False)
    for query, expected in (
        ("action=records.search", ["a neighbour"]),
        (f"account={account_of('police')}&person={jo.id}", [account_of("police"), record_of("police", "public")]),
        ("authority=library", ["rn_library", record_of("library", "public")]),
        (f"since={after}&person={jo.id}", [account_of("police"), "rn_library", "a neighbour"]),
        (f"until={after}&person={jo.id}", [record_of("police", "public"), record_of("library", "public")]),
        ("action=holds.lift_litigation", []),
    ):
        page = audrey.get(f"/access-log?{query}")
        assert page.status_code == 200, query
        text = re.sub("</?bdi>", "", page.text)
        cells = [*re.findall(r'<span class="mono small soft">(.*?)</span>', text),
                 *re.findall(r'data-label="Searched for">([^–<]+)</td>', text)]  # fmt: skip
        assert sorted(cells) == sorted(expected), query
        listed = audrey.get(f"/api/v1/access-log?{query}").json()["items"]
        assert sorted(one["subject"] or one["sought"] for one in listed) == sorted(expected), query
        assert ("Nobody looked at anything like that" in page.text) == (not expected)
    for wrong, status in (("since=yesterday", 400), ("person=pe_none", 404), ("account=ac_none", 404)):
        assert audrey.get(f"/access-log?{wrong}").status_code == status


@pytest.mark.law("R42")
def test_what_the_database_did_not_take_is_written_as_soon_as_it_does(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    log = access_log.AccessLog(archive)

    def look(number: int) -> None:
        values = ("pe_x", "ss_x", "records.view", "/records/{record_id}", f"rc_{number}", 200, "words")
        log.note(access_log.Looked(archive.clock.now(), *values))

    def noted() -> list[str]:
        with archive.database.read() as connection:
            return [one.subject for one in reversed(access_log.entries(connection, archive, limit=100))]

    monkeypatch.setattr(access_log, "_MOST", 3)
    with monkeypatch.context() as broken:
        broken.setattr(access_log, "_insert", Mock(side_effect=OSError("busy")))
        for number in range(3):
            look(number)
    assert noted() == []
    look(3)
    assert noted() == ["rc_0", "rc_1", "rc_2", "rc_3"], "in the order in which it was looked at"
    monkeypatch.setattr(archive.vault, "seal_text", Mock(side_effect=MissingKey("its key file is gone")))
    look(4)
    assert noted()[-1] == "rc_4", "that somebody searched is kept without what for"


def test_its_lines_are_never_changed_or_removed(offices: Archive) -> None:
    jo = person(offices, Role.CUSTODIAN)
    TestClient(create_app(Site(offices)), base_url="http://127.0.0.1", cookies=cookies(offices, jo)).get("/accounts")
    for statement in (update(AccessEntry).values(status=1), delete(AccessEntry)):
        with pytest.raises(DatabaseError), offices.database.write() as connection:
            connection.execute(statement)
    with offices.database.read() as connection:
        assert len(access_log.entries(connection, offices, limit=10)) == 1


@pytest.mark.law("R42")
@pytest.mark.parametrize("snapshot", [False, True], ids=["moved", "from a snapshot"])
def test_it_grows_on_in_another_database(
    archive: Archive, databases: Databases, tmp_path: Path, hands: SetClock, snapshot: bool
) -> None:
    def look(one: Archive, subject: str) -> None:
        values = ("pe_x", "ss_x", "records.view", "/records/{record_id}", subject, 200)
        access_log.AccessLog(one).note(access_log.Looked(hands.now(), *values))

    for number in range(3):
        look(archive, f"rc_{number}")
    table = migrate.metadata().tables["access_log"]
    with opened(tmp_path / "there", hands, databases.new_with_tables()) as there:
        with archive.database.read() as source, there.database.write() as target:
            if snapshot:
                LineReader(target, table, list(table.c.keys())).insert(
                    line.rstrip(b"\n") for line in LineWriter(source, table).lines()
                )
            else:
                copy(source, target, table)
        look(there, "rc_3")
        with there.database.read() as connection:
            lines = access_log.entries(connection, there, limit=10)
    assert [(one.id, one.subject) for one in reversed(lines)] == [(one + 1, f"rc_{one}") for one in range(4)]


def test_people_roles_and_access_are_restored_from_the_store_alone(archive: Archive) -> None:
    jo = person(
        archive, Role.CUSTODIAN, Role.AUDITOR, access=[Access.PUBLIC, Access.PRIVATE], name="Jo", mail="jo@x.example"
    )
    gone = person(archive, Role.REVIEWER, name="Gone")
    with archive.database.read() as connection:
        roles = {one.role: one.id for one in service.grants(connection, jo.id)}
    service.revoke(archive, SERVICE, roles["auditor"], "why")
    service.change(archive, SERVICE, jo.id, trained_on="2026-11-02")
    service.end(archive, SERVICE, gone.id)
    tables = (Person, RoleGrant, GrantAccess, AccountReserve)

    def rows() -> list[list[str]]:
        with archive.database.read() as connection:
            return [sorted(map(repr, connection.execute(select(*one.__table__.columns)).all())) for one in tables]

    before = rows()
    assert rebuild(archive).damaged == []
    assert rows() == before, "in place"
    with archive.database.write() as connection:
        for table in ("session", "grant_access", "role_grant", "person"):
            connection.exec_driver_sql(f"DELETE FROM {table}")
    assert rebuild(archive).damaged == []
    assert rows() == before, "from nothing"
    with archive.database.read() as connection:
        now = archive.clock.now()
        assert permission.may(connection, jo.id, Action.RECORDS_VIEW, None, now).allowed
        assert not permission.may(connection, jo.id, Action.ACCESS_LOG_VIEW, None, now).allowed
        assert not permission.may(connection, gone.id, Action.RECORDS_VIEW, None, now).allowed


def test_an_index_is_made_anew_in_place_where_an_address_passed_to_somebody_else(archive: Archive) -> None:
    before = service.add(archive, SERVICE, "Before", "clerk@city.example")
    known = {"issuer": "https://login.example", "subject": "clerk"}

    def knows(one: service.PersonView) -> None:
        archive.database.act(lambda connection: service.set_values(connection, archive, SERVICE, one, dict(known)))

    knows(before)
    service.change(archive, SERVICE, before.id, mail="before@city.example")
    after = service.add(archive, SERVICE, "After", "clerk@city.example")
    knows(after)
    assert rebuild(archive).damaged == []
    with archive.database.read() as connection:
        left, came = service.get(connection, before.id), service.get(connection, after.id)
    assert (left.mail, left.issuer, left.subject) == ("before@city.example", None, None)
    assert (came.mail, came.issuer, came.subject) == ("clerk@city.example", *known.values())


def lose_the_newest_act(archive: Archive) -> None:
    store_acts(archive.database, archive.store)
    newest = max(one.key for one in archive.store.list(PREFIX))
    [file] = [one for one in archive.settings.home.rglob(newest.rpartition("/")[2]) if one.is_file()]
    file.unlink()


def test_who_may_do_nothing_any_more_stays_so_where_the_act_that_says_it_is_lost(archive: Archive) -> None:
    gone, jo = person(archive, Role.CUSTODIAN, name="Gone"), person(archive, Role.CUSTODIAN, name="Jo")
    service.end(archive, SERVICE, gone.id)
    lose_the_newest_act(archive)
    assert "missing" in repr(rebuild(archive).damaged)
    with archive.database.read() as connection:
        now = archive.clock.now()
        assert service.get(connection, gone.id).ended_at is not None
        assert not permission.may(connection, gone.id, Action.RECORDS_VIEW, None, now).allowed
        assert permission.may(connection, jo.id, Action.RECORDS_VIEW, None, now).allowed, "the index knew what it said"


@pytest.mark.parametrize("ended", [False, True])
def test_nobody_gets_more_by_an_act_that_is_lost_with_the_index(archive: Archive, ended: bool) -> None:
    jo = person(archive, Role.CUSTODIAN, name="Jo")
    with archive.database.read() as connection:
        (role,) = service.grants(connection, jo.id)
    if ended:
        service.end(archive, SERVICE, jo.id)
    else:
        service.revoke(archive, SERVICE, role.id)
    lose_the_newest_act(archive)
    with archive.database.write() as connection:
        for table in ("session", "grant_access", "role_grant", "person", "act_file"):
            connection.exec_driver_sql(f"DELETE FROM {table}")

    def may() -> bool:
        with archive.database.read() as connection:
            return permission.may(connection, jo.id, Action.RECORDS_VIEW, None, archive.clock.now()).allowed

    made = rebuild(archive)
    assert "missing" in repr(made.damaged)
    assert not may()
    assert "may have taken them back: 1." in repr(made)
    service.grant(archive, SERVICE, jo.id, service.NewGrant(Role.CUSTODIAN))
    store_acts(archive.database, archive.store)
    rebuild(archive)
    assert may(), "what was given since holds"


@pytest.mark.law("R61", "R71")
def test_a_role_that_was_given_after_a_lost_act_opens_no_library(offices: Archive) -> None:
    library = account_of("library")
    service.reserve(offices, SERVICE, library, [Access.LIBRARY_PATRON])
    lose_the_newest_act(offices)
    jo = person(offices, Role.CUSTODIAN, access=[Access.PUBLIC, Access.PRIVATE], name="Jo")

    def may() -> bool:
        with offices.database.read() as connection:
            now = offices.clock.now()
            return permission.may(connection, jo.id, Action.RECORDS_VIEW, Resource(library), now).allowed

    assert not may()
    store_acts(offices.database, offices.store)
    with offices.database.write() as connection:
        for table in ("session", "grant_access", "role_grant", "person", "account_reserve", "act_file"):
            connection.exec_driver_sql(f"DELETE FROM {table}")
    assert "missing" in repr(rebuild(offices).damaged)
    with offices.database.read() as connection:
        assert permission.may(connection, jo.id, Action.RECORDS_VIEW, None, offices.clock.now()).allowed
    assert not may()
    service.reserve(offices, SERVICE, library, [])
    store_acts(offices.database, offices.store)
    rebuild(offices)
    assert may(), "what was said since holds"
