"""What accounts of the City published during a candidacy, on a page and for a spreadsheet, as far as it is seen."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import insert, update

from archiver.accounts import service as accounts
from archiver.accounts.register import service as registered
from archiver.accounts.register.statements import Thing
from archiver.capture.models import Segment
from archiver.operations.candidacy_report import report
from archiver.people.permission import AUTHORITY
from archiver.people.roles import Role
from archiver.records.models import Record, RecordState
from archiver.viewing import Viewer
from connectors.contract import State
from tests.capture.house import House
from tests.register.town import Town
from tests.signed_in import pages, person

_POSTS = 60


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path)
    yield made
    made.close()


def _campaign(house: House) -> str:
    """Posts of the mayor's office in two windows; the id of the candidacy of today."""
    account, town = house.office(), Town(house.archive)
    for number in range(_POSTS):
        house.city.say(house.cast.city, f"Notice {number} <b>now</b>")
    house.city.say(house.cast.city, "=HYPERLINK(1)")
    house.run(account)
    mayor = town.authority("mayor", kind="elected", name="Office of the Mayor")
    with house.archive.database.read() as connection:
        town.listing(url=accounts.get(connection, account).url, account=account, authority=mayor)
    town.listing(url="https://a.example/other", name="Other page", authority=mayor)
    town.listing(url="https://a.example/campaign", name="For Ada", authority=mayor, capacity="campaign")
    hidden = house.rows(Record, Record.kind == "post")[0].id
    with house.archive.database.write() as connection:
        connection.execute(update(Record).where(Record.id == hidden).values(access="private"))
    today = town.today.isoformat()
    old = {"since": "2020-01-01", "until": "2020-12-31"}
    town.say(Thing.CANDIDACY, authority=mayor, person="Ada Before", office="Governor", **old)
    return town.say(
        Thing.CANDIDACY, authority=mayor, person="Ada <i>Now</i>", office="Governor", since=today, until=today
    )


@pytest.mark.law("R7")
def test_what_was_published_is_listed_page_by_page_and_as_a_sheet(house: House) -> None:
    candidacy = _campaign(house)
    there = f"/register/candidacies/{candidacy}"
    with pages(house.archive, person(house.archive, Role.CITY_ATTORNEY)) as browser:
        listed = browser.get("/register/candidacies").text
        assert listed.index("Ada &lt;i&gt;Now") < listed.index("Ada Before")
        counts = re.findall(r'data-label="Posts" class="count">(\d+)<', listed)
        assert counts == [str(_POSTS), "0"], "one of them is not public"
        first, second = browser.get(there).text, browser.get(f"{there}?start=50").text
        assert "1 to 50 of 60" in first
        assert "51 to 60 of 60" in second
        assert "&lt;b&gt;now" in first
        assert "Other page" in first
        assert "the archive can say nothing of it" in first
        assert "For Ada" not in first
        assert "begin at the first" in browser.get(f"{there}?start=1000").text
        sheet = browser.get(f"{there}/posts.csv")
        rows = list(csv.reader(io.StringIO(sheet.content.decode("utf-8-sig"))))
        assert (len(rows), rows[0][:3]) == (_POSTS + 1, ["published", "account", "record"])
        assert [row[-1][0] for row in rows if "HYPERLINK" in row[-1]] == ["'"]
        assert browser.get("/register/candidacies/cy_none").status_code == 404


@pytest.mark.law("R4", "R7")
def test_what_only_the_owner_saw_became_of_a_post_is_told_to_nobody_else(house: House) -> None:
    candidacy = _campaign(house)
    house.capture.flush(all=True)
    one, segment = house.rows(Record, Record.access == "public", Record.kind == "post")[0], house.rows(Segment)[0]
    private = {"id": "sg_private", "key": "segments/private", "access": "private"}
    copied = {column.name: getattr(segment, column.name) for column in Segment.__table__.columns}
    hidden = State.HIDDEN_BY_PAGE.value
    with house.archive.database.write() as connection:
        connection.execute(insert(Segment).values(**(copied | private)))
        connection.execute(update(Record).where(Record.id == one.id).values(state=hidden))
        seen = {"from_at": one.last_seen_at, "last_at": one.last_seen_at, "evidence": []}
        connection.execute(insert(RecordState).values(record_id=one.id, number=2, state=hidden, **seen))
    told = []
    for viewer in (Viewer.EVERYTHING, Viewer(access=frozenset({"public"}))):
        with house.archive.database.read() as connection:
            register = registered.read(connection, registered.today(house.archive))
            made = report(connection, register, register.candidacies[candidacy], house.archive.settings.zone, viewer)
        told.append({post.record_id: post.state for post in made.posts}[one.id])
    assert told == [hidden, ""]


@pytest.mark.law("R7", "R71")
def test_nobody_is_told_of_another_office_s_candidacy(house: House) -> None:
    there, archive = f"/register/candidacies/{_campaign(house)}", house.archive
    elsewhere = person(archive, Role.CUSTODIAN, scope=AUTHORITY, scope_id="library")
    with pages(house.archive, elsewhere) as browser:
        assert "No candidacy that you may see" in browser.get("/register/candidacies").text
        for path in (there, f"{there}/posts.csv"):
            assert browser.get(path).status_code == 404
    with pages(house.archive, person(archive, Role.AUDITOR, Role.CIO)) as browser:
        for path in ("/register/candidacies", there, f"{there}/posts.csv"):
            assert browser.get(path).status_code == 403
