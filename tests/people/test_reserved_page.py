"""Keeping accounts for whoever was granted library patrons, on a page."""

from __future__ import annotations

import pytest
from fastapi.testclient import TestClient

from archiver.archive import Archive
from archiver.evidence.models import Event
from archiver.people.models import AccountReserve
from archiver.people.roles import Access, Role
from archiver.people.service import PersonView
from archiver.records.stored import table
from archiver.web.app import create_app
from archiver.web.site import Site
from tests.people.scene import account_of, record_of
from tests.signed_in import cookies, person

_THERE = "/people/reserved"


def client(archive: Archive, who: PersonView) -> TestClient:
    sent, safe = cookies(archive, who), {"Sec-Fetch-Site": "same-origin"}
    app = create_app(Site(archive))
    return TestClient(app, base_url="http://127.0.0.1", cookies=sent, headers=safe, follow_redirects=False)


def _kept(archive: Archive) -> list[tuple[str, str]]:
    with archive.database.read() as connection:
        return [tuple(row) for row in connection.execute(table(AccountReserve).select())]


@pytest.mark.law("R4", "R61")
def test_an_account_is_kept_for_library_patrons_and_opened_again(offices: Archive) -> None:
    admin, officer = (
        person(offices, Role.SYSTEM_ADMINISTRATOR),
        person(offices, Role.RECORDS_OFFICER, access={Access.PUBLIC, Access.PRIVATE, Access.MESSAGE}),
    )
    granted = person(offices, Role.CUSTODIAN, name="Li Brarian", access=set(Access))
    library, page = f"{_THERE}/{account_of('library')}", f"/records/{record_of('library', 'public')}"
    with client(offices, admin) as browser, client(offices, officer) as other, client(offices, granted) as reader:
        assert other.get(page).status_code == 200
        assert "Li Brarian" in browser.get(_THERE).text
        assert browser.post(library, data={"do": "keep"}).status_code == 303
        assert _kept(offices) == [(account_of("library"), "library_patron")]
        assert "library patron only" in browser.get(_THERE).text
        assert (other.get(page).status_code, reader.get(page).status_code) == (404, 200)
        unsure = browser.post(library, data={"do": "open"})
        assert (unsure.status_code, "Confirm that every role" in unsure.text) == (400, True)
        assert browser.post(library, data={"do": "burn"}).status_code == 400
        assert browser.post(f"{_THERE}/ac_none", data={"do": "keep"}).status_code == 404
        assert _kept(offices) != []
        assert browser.post(library, data={"do": "open", "sure": "yes"}).status_code == 303
        assert other.get(page).status_code == 200
    assert _kept(offices) == []
    with offices.database.read() as connection:
        events = table(Event)
        told = connection.execute(events.select().where(events.c.type == "account.reserved")).all()
    assert len(told) == 2


@pytest.mark.law("R61", "R71")
def test_only_an_administrator_keeps_accounts(offices: Archive) -> None:
    others = person(offices, *(one for one in Role if one is not Role.SYSTEM_ADMINISTRATOR))
    with client(offices, others) as browser:
        assert browser.get(_THERE).status_code == 403
        assert browser.post(f"{_THERE}/{account_of('police')}", data={"do": "keep"}).status_code == 403
    assert _kept(offices) == []
