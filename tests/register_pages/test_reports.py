"""The CIO's exceptions, and hand-overs and platforms as sheets, as far as they are seen."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.accounts.register.statements import Thing, is_in
from archiver.archive import Archive
from archiver.evidence.register_facts import HandoverSays
from archiver.operations.exceptions_report import NEAR, Stands, stands
from archiver.people.roles import Role
from tests.people import beside, scene
from tests.register.town import Town
from tests.register_pages.conftest import Desk

Sit = Callable[..., Desk]
DAYS = st.dates(date(2020, 1, 1), date(2100, 1, 1))


def rows(desk: Desk, path: str) -> list[dict[str, str]]:
    answer = desk.get(path)
    assert answer.status_code == 200
    return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))


@given(st.none() | DAYS, st.none() | DAYS, DAYS)
def test_an_exception_holds_on_the_days_it_names_and_is_told_of_before_it_ends(
    since: date | None, until: date | None, day: date
) -> None:
    first, last = (None if one is None else one.isoformat() for one in (since, until))
    found = stands(first, last, day)
    assert (found in (Stands.HOLDS, Stands.NEAR)) == is_in(day.isoformat(), first, last)
    assert (found is Stands.NEAR) == (until is not None and is_in(day.isoformat(), first, last) and until - day <= NEAR)


@pytest.mark.law("R14")
def test_exceptions_are_listed_with_who_until_when_and_what_they_waive(desk: Sit, town: Town) -> None:
    mayor, library = town.authority("mayor", kind="elected", name="Mayor <b>X</b>"), town.authority("library")
    listing = town.listing("https://social.example/@books", name="Books", authority=library)
    day = {name: (town.today + timedelta(days=days)).isoformat() for name, days in
           (("before", -1), ("soon", 10), ("late", 300))}  # fmt: skip
    granted = (
        ({"listing": listing, "rule": "series", "until": day["soon"]}, "ends soon"),
        ({"authority": mayor, "rule": "=owner", "until": day["before"]}, "ended"),
        ({"authority": library, "rule": "attestation"}, "holds"),
        ({"authority": library, "rule": "owner", "since": day["late"]}, "not yet"),
    )
    for says, _ in granted:
        town.say(Thing.EXEMPTION, reason="is being decided", approver="Cleo CIO", **says)
    officer = desk(Role.CIO)
    told = rows(officer, "/register/exceptions.csv")
    assert [one["stands"] for one in told] == ["ended", "ends soon", "holds", "not yet"]
    assert {one["rule"].lstrip("'"): one["stands"] for one in told} == {says["rule"]: how for says, how in granted}
    assert told[0]["rule"].startswith("'="), "no formula"
    assert [one["waives now"] for one in told] == ["", "Books", "Books", ""]
    page = officer.get("/register/exceptions").text
    assert "<b>X" not in page
    assert page.index("ended") < page.index("Books")
    other = desk(Role.LEGAL_CUSTODIAN, "mayor", name="Ma Yor")
    assert [one["authority"] for one in rows(other, "/register/exceptions.csv")] == ["Mayor <b>X</b>"]
    assert "Books" not in other.get("/register/exceptions").text
    assert "No exception that you may see" in desk(Role.CUSTODIAN, "parks", name="Pa").get("/register/exceptions").text
    for path in ("/register/exceptions", "/register/exceptions.csv", "/register/handovers.csv", "/platforms.csv"):
        assert desk(Role.REVIEWER, name="Re").get(path).status_code == 403, path


@pytest.mark.law("R11")
def test_handovers_and_platforms_are_sheets_too(desk: Sit, archive: Archive, town: Town) -> None:
    scene.fill(archive)
    beside.fill(archive)
    officer = desk(Role.RECORDS_OFFICER)
    told = rows(officer, "/register/handovers.csv")
    assert len(told) == len(town.register.handovers) > 1
    first: HandoverSays = town.register.handovers[told[0]["hand-over"]]
    assert (told[0]["from"], told[0]["step"]) == (first.outgoing, first.step)
    mine = rows(desk(Role.CUSTODIAN, "police", name="Po"), "/register/handovers.csv")
    assert 0 < len(mine) < len(told)
    platforms = {one["platform"]: one for one in rows(officer, "/platforms.csv")}
    assert platforms["mastodon"]["application"] == "made known by itself"
    assert platforms["facebook"]["application"] == "missing"
    assert set(platforms) == set(archive.platforms.connectors)
