"""Depositing on the account's page: by who may, under their name, as the command does it."""

from __future__ import annotations

from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import select

from archiver.capture.models import Deposit
from archiver.errors import Busy
from archiver.evidence.models import Event
from archiver.operations import deposits, deposits_due
from archiver.operations.verify import verify
from archiver.people.permission import AUTHORITY
from archiver.people.roles import Access, Role
from archiver.people.service import PersonView
from archiver.web import depositing
from archiver.web.app import create_app
from archiver.web.site import Site
from tests.capture.house import House
from tests.capture.rebuilding import check_rebuilt
from tests.signed_in import cookies, person

_SAID = {"about": "moderation", "on": "2026-02-27", "reason": "monthly, R17", "source": "picture <b>by</b> Ann"}
_NAME = "..\\..\\C:\\\u202egpj.exe<img src=x>.svg"
_SVG = b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>"


def client(house: House, who: PersonView) -> TestClient:
    sent, safe = cookies(house.archive, who), {"Sec-Fetch-Site": "same-origin"}
    app = create_app(Site(house.archive))
    return TestClient(app, base_url="http://127.0.0.1", cookies=sent, headers=safe, follow_redirects=False)


def kept(house: House) -> list[deposits.DepositView]:
    with house.archive.database.read() as connection:
        return deposits.deposits(connection)


@pytest.mark.law("R17")
def test_a_deposit_that_is_due_is_brought_on_the_account_s_page_and_is_due_no_more(
    house: House, tmp_path: Path
) -> None:
    account = house.office()
    who = person(house.archive, Role.CUSTODIAN, name="Jo <Custodian>")
    house.later(days=40)
    where = f"/accounts/{account}"
    with client(house, who) as browser:
        assert "deposit is due" in browser.get(where).text
        assert "overdue" in browser.get("/accounts").text
        assert "deposit is due" in browser.get(f"{where}/deposit").text
        answer = browser.post(f"{where}/deposit", data=_SAID, files={"file": (_NAME, _SVG)})
        assert (answer.status_code, answer.headers["location"]) == (303, f"{where}#deposits")
        again = browser.post(f"{where}/deposit", data=_SAID, files={"file": ("other.svg", _SVG)})
        assert (again.status_code, "deposited already" in again.text) == (400, True)
        page = browser.get(where).text
        assert "<b>by" not in page
        assert "<img src=x" not in page
        assert "Jo &lt;Custodian&gt;" in page
    (one,) = kept(house)
    assert (one.by, one.as_of, one.reason, one.access) == ("Jo <Custodian>", "2026-02-27", "monthly, R17", "settings")
    assert (one.name, one.size) == ("\u202egpj.exe<img src=x>.svg", len(_SVG))
    with house.archive.database.read() as connection:
        made = connection.execute(select(Event.body).where(Event.type == "deposit.made")).scalars().all()
        (due,) = deposits_due.expected(connection, house.archive, account)
    assert [who.id in str(body) for body in made] == [True]
    assert due.last is not None
    copy = tmp_path / "copy"
    deposits.copy_out(house.archive, one.id, copy)
    assert copy.read_bytes() == _SVG
    assert verify(house.archive).findings == []
    check_rebuilt(house)


@pytest.mark.law("R17", "R71")
def test_nobody_deposits_where_they_may_not(house: House) -> None:
    account, archive = house.feed(), house.archive
    elsewhere = person(archive, Role.CUSTODIAN, scope=AUTHORITY, scope_id="somewhere-else")
    public = person(archive, Role.CUSTODIAN, access={Access.PUBLIC})
    others = person(archive, Role.REVIEWER, Role.AUDITOR, Role.COMMUNICATIONS)
    for who, status in ((elsewhere, 404), (public, 403), (others, 403)):
        with client(house, who) as browser:
            assert browser.get(f"/accounts/{account}/deposit").status_code == status
            answer = browser.post(f"/accounts/{account}/deposit", data=_SAID, files={"file": ("a", b"a")})
            assert answer.status_code == status
            assert "Deposit a file" not in browser.get(f"/accounts/{account}").text
    assert house.rows(Deposit) == []


def test_what_is_wrong_is_said_and_what_was_typed_stays(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    account, who = house.feed(), person(house.archive, Role.CUSTODIAN)
    there = f"/accounts/{account}/deposit"
    wrong: tuple[tuple[dict[str, str], bytes | None, str], ...] = (
        ({"reason": " "}, b"x", "Say why it is brought"),
        ({"source": ""}, b"x", "Say where it is from"),
        ({"about": "rc_nothing"}, b"x", "Say what it shows"),
        ({"on": "soon"}, b"x", "Say which day"),
        ({"on": "2126-01-01"}, b"x", "has not come yet"),
        ({"reason": "x" * 2001}, b"x", "at most 2,000"),
        ({}, b"", "empty"),
        ({}, None, "Choose the file first"),
        ({}, b"x" * (depositing.LARGEST + 1), "larger than 16 MiB"),
    )
    with client(house, who) as browser:
        for fields, content, words in wrong:
            files = {} if content is None else {"file": ("a.txt", content)}
            sent = {**_SAID, **fields}
            answer = browser.post(there, data=sent, files=files) if files else browser.post(there, data=sent)
            assert (answer.status_code, words in answer.text) == (400, True), words
        assert browser.post(there, data=_SAID, files={"file": ("a", b"x" * (18 * 2**20))}).status_code == 413

        def busy(*_: object, **__: object) -> None:
            raise Busy("a run is under way")

        monkeypatch.setattr("archiver.capture.service.Capture.deposit", busy)
        answer = browser.post(there, data=_SAID, files={"file": ("a.txt", b"x")})
        assert (answer.status_code, "just being looked at" in answer.text) == (503, True)
        assert 'value="monthly, R17"' in answer.text
    assert house.rows(Deposit) == []
