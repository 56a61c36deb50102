"""The public notice of an authority: made of the register, with what is missing and when it was put up (law R62)."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from archiver.accounts.register.notices import lacks, notice_id
from archiver.accounts.register.statements import Thing
from archiver.people.permission import AUTHORITY
from archiver.people.roles import Role
from tests.register.town import Town
from tests.register_pages.conftest import Desk
from tests.signed_in import pages, person

SAYS = {"organization": "The office of the mayor", "places": "City Hall, 8 to 4", "methods": "By mail or in person",
        "costs": "25 cents a page"}  # fmt: skip


@pytest.mark.law("R62")
def test_it_says_what_the_statute_asks_for_and_what_is_missing(desk: Callable[..., Desk], town: Town) -> None:
    mayor, officer = town.authority("mayor", kind="agency"), desk(Role.RECORDS_OFFICER)
    there = f"/register/authorities/{mayor}/notice"
    page = officer.get(there).text
    for missing in ("Nobody is entered as its legal custodian", "costs are not entered"):
        assert missing in page
    ada = town.person(mayor, "Ada Brown", position="Records <b>manager</b>", since="2020-01-01")
    assert "How to reach its legal custodian is not entered" in officer.get(there).text
    told = town.register.custodianships[ada].model_copy(update={"contact": "414 555 0100"})
    town.state(Thing.CUSTODIANSHIP, ada, told)
    town.listing("https://social.example/@mayor", authority=mayor, name="The mayor")
    town.say(Thing.NOTICE, notice_id(mayor), authority=mayor, **SAYS)
    assert "No day is entered on which it was put up" in officer.get(there).text
    town.say(Thing.NOTICE, notice_id(mayor), authority=mayor, **SAYS, put_up_on="2026-02-01", put_up_at="Room 201")
    page = officer.get(there).text
    for words in (*SAYS.values(), "Ada Brown", "414 555 0100", "Room 201", "2026-02-01", "The mayor", "displayed"):
        assert words in page, words
    assert "is missing" not in page
    assert "<b>manager" not in page
    told_json = officer.get(f"/api/v1/register/authorities/{mayor}").json()["notice"]
    assert (told_json["costs"], told_json["put_up_on"], told_json["displayed"]) == (SAYS["costs"], "2026-02-01", True)
    down = {"put_up_on": "2026-02-01", "taken_down_on": "2026-02-28"}
    town.say(Thing.NOTICE, notice_id(mayor), authority=mayor, **SAYS, **down)
    assert "It is not displayed today" in officer.get(there).text
    assert len(town.register.history(notice_id(mayor))) == 3, "what hung there before stays"


@pytest.mark.law("R62", "R71")
def test_its_legal_custodian_enters_it_and_nobody_of_another_office(desk: Callable[..., Desk], town: Town) -> None:
    mayor, other = town.authority("mayor", kind="elected"), town.authority("library")
    archive = town.archive
    sent = SAYS | {"step": "keep", "authority": mayor, "listing": "", "effective": "", "why": ""}
    for role, scope, status in (
        (Role.CUSTODIAN, "mayor", 403),
        (Role.LEGAL_CUSTODIAN, "library", 403),
        (Role.LEGAL_CUSTODIAN, "mayor", 303),
    ):
        who = person(archive, role, scope=AUTHORITY, scope_id=scope)
        with pages(archive, who) as browser:
            answer = browser.post("/register/say/notice/new", data=sent, files={"file": ("", b"")})
            assert answer.status_code == status, answer.text[-300:]
            assert bool(town.register.notices) == (status == 303)
            if status == 303:
                assert answer.headers["location"].endswith(f"/register/authorities/{mayor}/notice")
                again = browser.post("/register/say/notice/new", data=sent, files={"file": ("", b"")})
                assert "has a notice already" in again.text
                assert browser.get(f"/register/authorities/{other}/notice").status_code == 404
    (kept,) = town.register.notices
    assert kept == notice_id(mayor)
    assert next(lacks(town.register, other)) == "nobody is entered as its legal custodian"
    assert desk(Role.CITY_ATTORNEY).get(f"/register/authorities/{mayor}/notice").status_code == 403
