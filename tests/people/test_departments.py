"""Roles of a department, which the register says the accounts of; and that what several roles open is not added up."""

from __future__ import annotations

from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import insert

from archiver.accounts.register.statements import Thing
from archiver.archive import Archive
from archiver.capture.models import Gap
from archiver.clock import SetClock
from archiver.people import permission, service
from archiver.people.acting import SERVICE
from archiver.people.actions import Action
from archiver.people.permission import ACCOUNT, AUTHORITY, DEPARTMENT, Resource
from archiver.people.roles import Access, Role
from archiver.people.service import NewGrant
from archiver.viewing import Viewer
from archiver.web.app import create_app
from archiver.web.site import Site
from tests.people.scene import KINDS, NOW, account_of, departments, record_of
from tests.people.test_permission import offices_of, sees
from tests.register.town import Town
from tests.signed_in import cookies, person

_WORKING = [Access.PUBLIC, Access.PRIVATE]


@pytest.mark.law("R71")
def test_a_role_of_a_department_reaches_its_accounts_as_the_register_has_them_today(
    offices: Archive, hands: SetClock
) -> None:
    parts = departments(offices)
    who = person(offices, Role.CUSTODIAN, access=_WORKING, scope=DEPARTMENT, scope_id=parts["police"])
    assert sees(offices, who.id) == {record_of("police", kind) for kind in ("public", "private", "hidden")}
    town = Town(offices)
    by_account = town.register.by_account
    hands.advance(timedelta(days=1))
    town.change(by_account[account_of("library")], department=parts["police"])
    assert offices_of(sees(offices, who.id)) == {"police", "library"}
    town.change(by_account[account_of("police")], department=None)
    assert offices_of(sees(offices, who.id)) == {"library"}
    tomorrow = town.today + timedelta(days=1)
    said = town.register.listings[by_account[account_of("library")]]
    town.state(Thing.LISTING, by_account[account_of("library")], said.model_copy(
        update={"department": parts["library"]}), effective=tomorrow)  # fmt: skip
    assert offices_of(sees(offices, who.id)) == {"library"}, "what holds from tomorrow on does not hold today"
    # The city's day, not that of UTC: at 05:30 UTC it is still today in Wisconsin.
    hands.advance(timedelta(hours=17, minutes=30))
    assert hands.now().date() == tomorrow
    assert offices_of(sees(offices, who.id)) == {"library"}
    hands.advance(timedelta(hours=1))
    assert sees(offices, who.id) == set()


def test_an_account_that_is_listed_for_two_departments_is_nobody_s(offices: Archive) -> None:
    parts = departments(offices)
    who = person(offices, Role.CUSTODIAN, access=_WORKING, scope=DEPARTMENT, scope_id=parts["police"])
    town = Town(offices)
    authority = next(iter(town.register.authorities))
    town.listing("https://facebook.example/police/again", authority=authority, account=account_of("police"))
    assert sees(offices, who.id) == set()
    listed = [one for one, what in town.register.listings.items() if what.url.endswith("again")]
    town.state(Thing.LISTING, listed[0], town.register.listings[listed[0]], void=True)
    assert offices_of(sees(offices, who.id)) == {"police"}


@pytest.mark.law("R4", "R61")
def test_what_one_role_opens_is_not_opened_by_another_that_reaches_further(offices: Archive) -> None:
    """Messages of the police, and what was public everywhere: no messages of the library."""
    who = person(offices, Role.CUSTODIAN, access=[*_WORKING, Access.MESSAGE], scope=AUTHORITY, scope_id="police")
    service.grant(offices, SERVICE, who.id, NewGrant(Role.REVIEWER, access=[Access.PUBLIC]))
    public = {record_of("library", kind) for kind in ("public", "hidden")}
    assert sees(offices, who.id) == {record_of("police", kind) for kind in KINDS} | public
    # One role opens messages of everything, another what a library's patrons are kept by: not both together.
    service.reserve(offices, SERVICE, account_of("library"), [Access.LIBRARY_PATRON])
    officer = person(offices, Role.RECORDS_OFFICER, access=[*_WORKING, Access.MESSAGE])
    patrons = NewGrant(Role.CUSTODIAN, ACCOUNT, account_of("library"), [Access.PUBLIC, Access.LIBRARY_PATRON])
    service.grant(offices, SERVICE, officer.id, patrons)
    assert sees(offices, officer.id) == {record_of("police", kind) for kind in KINDS} | public
    with offices.database.read() as connection:
        now, action = offices.clock.now(), Action.RECORDS_VIEW
        for access, allowed in ((Access.PUBLIC, True), (Access.PRIVATE, False), (Access.MESSAGE, False)):
            asked = Resource(account_of("library"), access)
            assert permission.may(connection, officer.id, action, asked, now).allowed is allowed, access


@pytest.mark.law("R4")
def test_when_messages_were_not_looked_at_is_nothing_for_a_public_reader(offices: Archive) -> None:
    row = {"account_id": account_of("police"), "stream": "messages", "opened_by": "rn_police", "opened_at": NOW}
    with offices.database.write() as connection:
        connection.execute(insert(Gap).values(**row, cause="permission", remedy="ask"))
    pages: tuple[str, ...] = ("/gaps", "/accounts", "/api/v1/board", f"/accounts/{account_of('police')}")
    pages += (f"/looks?account={account_of('police')}&at=2026-11-29",)
    pages += (f"/api/v1/looks?account={account_of('police')}&at=2026-11-29T00:00:00Z",)
    app = create_app(Site(offices))
    told = {}
    for role, access in (
        (Role.COMMUNICATIONS, [Access.PUBLIC]), (Role.CUSTODIAN, _WORKING), (Role.CIO, []),
        (Role.CUSTODIAN, [Access.PUBLIC]),
    ):  # fmt: skip
        who = person(offices, role, access=access, name=f"{role} {len(access)}")
        client = TestClient(app, base_url="http://127.0.0.1", cookies=cookies(offices, who))
        found = {page: client.get(page) for page in pages}
        # (in words that only a gap has: what a platform can is said as well)
        told[who.name] = [page for page, one in found.items() if one.status_code == 200 and "messages" in one.text
                          and page.startswith(("/gaps", "/api"))]  # fmt: skip
        counted = client.get("/accounts").text
        assert ('/gaps">3</a>' in counted) == (len(access) != 1), role
    assert told == {
        "communications 1": [], "custodian 1": [],
        "custodian 2": ["/gaps", "/api/v1/board", pages[-1]], "cio 0": ["/gaps", "/api/v1/board", pages[-1]],
    }  # fmt: skip


def test_whoever_has_two_roles_sees_what_either_shows_and_new_accounts_with_the_one_for_everything(
    offices: Archive,
) -> None:
    who = person(offices, Role.CUSTODIAN, access=_WORKING)
    service.grant(offices, SERVICE, who.id, NewGrant(Role.CUSTODIAN, AUTHORITY, "police", [*_WORKING, Access.MESSAGE]))
    with offices.database.read() as connection:
        found = permission.viewer(connection, who.id, Action.RECORDS_VIEW, offices.clock.now())
    assert {(part.accounts, part.messages) for part in found.parts} == {
        (frozenset({account_of("library")}), False), (frozenset({account_of("police")}), True),
    }  # fmt: skip
    everything = person(offices, Role.CUSTODIAN, access=[*_WORKING, Access.MESSAGE])
    with offices.database.read() as connection:
        found = permission.viewer(connection, everything.id, Action.RECORDS_VIEW, offices.clock.now())
    assert found == Viewer.EVERYTHING


def test_a_department_that_is_not_in_the_register_is_no_scope(offices: Archive) -> None:
    parts = departments(offices)
    who = person(offices)
    service.grant(offices, SERVICE, who.id, NewGrant(Role.CUSTODIAN, DEPARTMENT, parts["library"]))
    client = TestClient(create_app(Site(offices)), base_url="http://127.0.0.1", cookies=cookies(offices, who))
    assert "The library department (City)" in client.get("/me").text
