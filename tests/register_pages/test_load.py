"""A city's list on a page: what would come of it, then the same for good; what is wrong told by line and column."""

from __future__ import annotations

import html
import re
from base64 import b64encode
from collections.abc import Callable

import pytest

from archiver.accounts import service
from archiver.archive import Archive
from archiver.people.roles import Role
from tests.people import scene
from tests.register.test_loading import with_three_bad_lines
from tests.register.town import Town
from tests.register_pages.conftest import Desk

LIST = """Authority,Address,Owner,Capacity,Opened
Mayor,https://social.example/@mayor,Ada Brown,official,2020-01-31
Mayor,https://social.example/@press,Ada Brown,offical,2020-01-31
Clerk,https://social.example/@clerk,"<b>Bo</b>",official,31.1.2020
Clerk,https://social.example/@desk,Bo Green,official,
"""
Sit = Callable[..., Desk]


def _kept(page: str) -> dict[str, str]:
    return {name: html.unescape(value) for name, value in re.findall(r'name="(kept|name|why)" value="([^"]*)"', page)}


def _show(desk: Desk, content: bytes, why: str = "the city's list of March") -> str:
    answer = desk.post("/register/load", "our list.csv", content, step="show", why=why)
    assert answer.status_code == 200
    return str(answer.text)


@pytest.mark.law("R12")
def test_a_list_is_shown_before_it_is_loaded_and_loaded_as_it_was_shown(desk: Sit, town: Town) -> None:
    officer = desk()
    shown = _show(officer, LIST.encode())
    assert "Nothing is loaded yet" in shown
    assert "our list.csv" in shown
    assert not town.register.listings
    assert not town.register.authorities
    assert not officer.events()
    told = re.findall(
        r'<th scope="row">(line \d)</th>\s*<td data-label="Column">([^<]*)</td>', re.sub("</?bdi[^>]*>", "", shown)
    )
    assert told == [("line 3", "D, Capacity"), ("line 4", "E, Opened")]
    assert "Load 2 accounts" in shown

    loaded = officer.post("/register/load", step="load", **_kept(shown))
    assert loaded.status_code == 200
    assert "2 new" in loaded.text
    assert "2 lines were not taken" in loaded.text
    assert {one.url for one in town.register.listings.values()} == {
        "https://social.example/@mayor",
        "https://social.example/@desk",
    }
    for thing_id in town.register.listings:
        (said,) = town.register.history(thing_id)
        assert (said.by, said.why) == ("Jo Clerk", "the city's list of March")
    assert {(one.actor_kind, one.actor_id) for one in officer.events()} == {("person", officer.person_id)}

    before = len(officer.events())
    again = officer.post("/register/load", step="load", **_kept(shown))
    assert "2 as before" in again.text
    assert len(officer.events()) == before, "sent twice, it changes nothing"


@pytest.mark.law("R12")
def test_300_accounts_of_40_authorities_load_but_for_three_lines_and_load_again_unchanged(
    desk: Sit, town: Town
) -> None:
    officer = desk()
    content, wrong = with_three_bad_lines()
    shown = _show(officer, content)
    told = [(f"line {line}", f"{letter}, {column}") for line, column, letter in wrong]
    plain = re.sub("</?bdi[^>]*>", "", shown)
    assert re.findall(r'<th scope="row">(line \d+)</th>\s*<td data-label="Column">([^<]*)</td>', plain) == told
    loaded = officer.post("/register/load", step="load", **_kept(shown))
    assert (loaded.status_code, len(town.register.listings), len(town.register.authorities)) == (200, 297, 40)
    exported = officer.get("/register/master-list.csv").content
    before = len(officer.events())
    again = _show(officer, exported)
    assert "the register says all of this already" in again
    assert officer.post("/register/load", step="load", **_kept_of(exported)).status_code == 200
    assert len(officer.events()) == before
    assert officer.get("/register/master-list.csv").content == exported


def _kept_of(content: bytes) -> dict[str, str]:
    return {"kept": b64encode(content).decode(), "name": "master-list.csv", "why": ""}


@pytest.mark.law("R5")
def test_what_ends_a_capture_is_said_first_and_before_it_is_done(desk: Sit, archive: Archive, town: Town) -> None:
    scene.fill(archive)
    officer = desk()
    lines = "Address,Capacity\nhttps://www.facebook.com/other,official\nhttps://facebook.example/police,campaign\n"
    town.listing(
        "https://facebook.example/police",
        platform="facebook",
        service="https://facebook.example",
        platform_id="police",
        account=scene.account_of("police"),
    )
    shown = _show(officer, lines.encode())
    assert shown.index("line 3") < shown.index("line 2"), "what cannot be undone comes first"
    assert "its capture ends" in shown
    assert "Capacity" in shown
    with archive.database.read() as connection:
        assert service.get(connection, scene.account_of("police")).state == "active"
    assert "its capture has ended" in officer.post("/register/load", step="load", **_kept(shown)).text
    with archive.database.read() as connection:
        assert service.get(connection, scene.account_of("police")).state == "paused"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "the file is empty"),
        (b"PK\x03\x04\0\0workbook", "save it as CSV"),
        (b"Name,Owner\na,b\n", "one of them has to be `Address`"),
        (b"Address\n" + b"https://a.example/x\n" * 1001, "more than 1,000 lines"),
        (b"Address\n" + b"a" * (2**20), "larger than 1 MiB"),
    ],
)
def test_what_is_no_list_is_refused_with_what_to_do_and_the_reason_is_kept(
    desk: Sit, town: Town, content: bytes, says: str
) -> None:
    answer = desk().post("/register/load", "list.csv", content, step="show", why="of March & April")
    assert answer.status_code == 400
    text = html.unescape(answer.text).replace("The file", "the file").replace("The list", "the list")
    assert 'role="alert"' in text
    assert says in text
    assert 'value="of March & April"' in text
    assert not town.register.listings


@pytest.mark.parametrize("fields", [{"step": "load"}, {"step": "load", "kept": "no base64!"}, {}])
def test_a_form_without_a_list_loads_nothing(desk: Sit, town: Town, fields: dict[str, str]) -> None:
    assert desk().post("/register/load", **fields).status_code == 400
    assert not town.register.listings


def test_more_than_the_page_takes_is_not_read(desk: Sit) -> None:
    answer = desk().post("/register/load", "list.csv", b"a" * (2 * 2**20 + 1), step="show")
    assert answer.status_code == 413


def test_nothing_of_a_list_is_anything_but_text(desk: Sit) -> None:
    line = 'Address,Owner,<svg/onload=alert(1)>\nhttps://a.example/"><script>alert(1)</script>,"<img src=x>",1\n'
    page = _show(desk(), line.encode(), why='"><script>alert(2)</script>')
    assert "<script" not in page
    assert "<img" not in page
    assert "<svg" not in page


@pytest.mark.parametrize(
    ("role", "authority"),
    [(Role.LEGAL_CUSTODIAN, "mayor"), (Role.CUSTODIAN, None), (Role.AUDITOR, None), (Role.SYSTEM_ADMINISTRATOR, None)],
)
@pytest.mark.law("R10")
def test_who_may_not_change_all_of_the_register_loads_no_list(
    desk: Sit, town: Town, role: Role, authority: str | None
) -> None:
    town.authority("mayor")
    other = desk(role, authority, name="Somebody")
    assert other.get("/register/load").status_code == 403
    assert "/register/load" not in other.get("/register").text
    before = len(other.events())
    assert other.post("/register/load", "list.csv", LIST.encode(), step="load").status_code == 403
    assert not town.register.listings
    assert len(other.events()) == before
