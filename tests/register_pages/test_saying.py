"""The page that says something of the register: the command's service, one guard, errors at the field."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode

import pytest

from archiver import ids
from archiver.accounts import service as accounts
from archiver.accounts.register import checks, custody
from archiver.accounts.register.statements import Thing
from archiver.archive import Archive
from archiver.operations.wanted import NONE
from archiver.people.roles import Role
from archiver.web.register_fields import SHEETS
from tests.people import scene
from tests.register.town import Town
from tests.register_pages.conftest import Desk

Sit = Callable[..., Desk]
_VALUES: dict[Thing, dict[str, str]] = {
    Thing.AUTHORITY: {"name": "Office <b>of</b> X", "short": "x", "kind": "elected", "since": "2020-01-01"},
    Thing.DEPARTMENT: {"name": "Outreach", "short": "outreach"},
    Thing.CUSTODIANSHIP: {"person": "Ada Brown", "role": "holder", "position": "Mayor", "since": "2024-04-16"},
    Thing.LISTING: {
        "url": "https://social.example/@mayor", "capacity": "official", "capture": "service", "owner": "Ada",
        "administrators": "Bo\r\n\r\nCy", "opened": "2020-02-29",
    },
    Thing.ATTESTATION: {"person": "Ada Brown", "on": "2026-02-01"},
    Thing.EXEMPTION: {"rule": "series", "reason": "is being decided", "approver": "Cleo CIO"},
    Thing.CANDIDACY: {"person": "Ada", "office": "Governor", "since": "2026-04-15", "until": "2026-11-03"},
    Thing.NOTICE: {
        "organization": "The mayor’s office", "places": "City Hall, <b>8 to 4</b>", "methods": "By mail",
        "costs": "25 cents a page", "put_up_on": "2026-02-01", "put_up_at": "Room 201",
    },
}  # fmt: skip
MAYOR, CLERK_ID = ids.authority_id("mayor"), ids.authority_id("city-clerk")
_IDS = [thing.value for thing in _VALUES]


def _where(town: Town, thing: Thing) -> tuple[str, dict[str, str]]:
    """Where the form is, and what it says of whose the thing is."""
    mayor = town.authority("mayor", kind="elected")
    about = {"authority": mayor, "listing": ""}
    if thing in (Thing.ATTESTATION, Thing.EXEMPTION):
        listing = next(iter(town.register.listings), None) or town.listing(authority=mayor)
        about = {"authority": mayor if thing is Thing.ATTESTATION else "", "listing": listing}
    if thing is Thing.AUTHORITY:
        about = {"authority": "", "listing": ""}
    path = "/register/exceptions" if thing is Thing.EXEMPTION else f"/register/say/{thing.value}"
    return path, about


def _role(thing: Thing) -> Role:
    return Role.CIO if thing is Thing.EXEMPTION else Role.RECORDS_OFFICER


def _of(town: Town, thing: Thing) -> dict[str, Any]:
    return {
        Thing.AUTHORITY: town.register.authorities, Thing.DEPARTMENT: town.register.departments,
        Thing.CUSTODIANSHIP: town.register.custodianships, Thing.LISTING: town.register.listings,
        Thing.ATTESTATION: town.register.attestations, Thing.EXEMPTION: town.register.exemptions,
        Thing.CANDIDACY: town.register.candidacies, Thing.NOTICE: town.register.notices,
    }[thing]  # type: ignore[return-value]  # fmt: skip


def _hidden(page: str) -> dict[str, str]:
    """What a browser sends of a form that nobody typed into, of hidden fields and of whose the thing is."""
    found = re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', page)
    found += re.findall(r'<select id="(authority)".*?<option value="([^"]*)" selected', page)
    return {name: html.unescape(value) for name, value in found}


@pytest.mark.law("R6", "R10", "R12", "R14")
@pytest.mark.parametrize("thing", _VALUES, ids=_IDS)
def test_each_thing_is_entered_changed_and_taken_out(desk: Sit, town: Town, thing: Thing) -> None:
    officer = desk(_role(thing))
    path, about = _where(town, thing)
    before = set(_of(town, thing))
    empty = officer.get(f"{path}/new?authority={about['authority']}&listing={about['listing']}")
    assert empty.status_code == 200
    file = ("letter.pdf", b"%PDF of " + thing.value.encode()) if SHEETS[thing].document else ()
    answer = officer.post(f"{path}/new", *file, **about, **_VALUES[thing], step="keep", why="of March")
    assert answer.status_code == 303, re.findall(r'role="alert"[^>]*>([^<]*)', answer.text)
    (new,) = set(_of(town, thing)) - before
    says = _of(town, thing)[new]
    for name, value in _VALUES[thing].items():
        held = getattr(says, name)
        assert held == (["Bo", "Cy"] if name == "administrators" else value), name
    (said,) = town.register.history(new)
    assert (said.by, said.why) == ("Jo Clerk", "of March")
    assert {(one.actor_kind, one.actor_id) for one in officer.events()} >= {("person", officer.person_id)}
    if file:
        (document,) = says.documents
        assert officer.get(f"/register/documents/{document}").content == file[1]
    back = officer.get(answer.headers["location"])
    assert back.status_code == 200
    assert "<b>of</b>" not in back.text
    if thing is not Thing.AUTHORITY and thing is not Thing.LISTING:
        assert f'href="{path}/{new}"' in back.text, "what is shown is corrected from where it is shown"

    changing = officer.get(f"{path}/{new}")
    words = {
        Thing.ATTESTATION: "position",
        Thing.EXEMPTION: "reason",
        Thing.CANDIDACY: "note",
        Thing.CUSTODIANSHIP: "contact",
        Thing.NOTICE: "methods",
    }
    field = words.get(thing, "name")
    form = _VALUES[thing] | _hidden(changing.text) | {field: "Another & more", "step": "keep"}
    assert officer.post(f"{path}/{new}", **form).status_code == 303
    assert getattr(_of(town, thing)[new], field) == "Another & more"
    assert len(town.register.history(new)) == 2
    late = officer.post(f"{path}/{new}", **form | {field: "of somebody who looked before"})
    assert late.status_code == 400
    assert "said it anew while you wrote" in late.text
    assert field in late.text
    assert getattr(_of(town, thing)[new], field) == "Another & more"

    form = _VALUES[thing] | _hidden(officer.get(f"{path}/{new}").text) | {"step": "void"}
    doubted = officer.post(f"{path}/{new}", **form)
    assert doubted.status_code == 400
    assert "That is meant" in doubted.text
    assert new in _of(town, thing)
    assert officer.post(f"{path}/{new}", **form, sure="yes").status_code == 303
    assert new not in _of(town, thing)
    assert officer.get(f"{path}/{new}").status_code == 404


@pytest.mark.parametrize(
    ("thing", "fields", "field", "says"),
    [
        (Thing.AUTHORITY, {"short": "Not A Short"}, "short", "it takes lower-case letters"),
        (Thing.AUTHORITY, {"short": "mayor"}, "short", "is another authority"),
        (Thing.AUTHORITY, {"name": ""}, "name", "is missing"),
        (Thing.AUTHORITY, {"until": "2019-01-01"}, "until", "is before since"),
        (Thing.AUTHORITY, {"since": "1.1.2020"}, "since", "is no day"),
        (Thing.AUTHORITY, {"merged_into": MAYOR}, "until", "has a last day"),
        (Thing.AUTHORITY, {"appointed_by": MAYOR}, "appointed_by", "of an agency only"),
        (Thing.AUTHORITY, {"attached_to": MAYOR}, "attached_to", "of an agency only"),
        (Thing.CUSTODIANSHIP, {"designated_by": CLERK_ID, "role": "deputy"}, "designated_by", "of the authority first"),
        (Thing.CUSTODIANSHIP, {"designated_by": CLERK_ID}, "designated_by", "of a legal custodian or a deputy only"),
        (Thing.CUSTODIANSHIP, {"trained_on": "2126-01-01"}, "trained_on", "has not come yet"),
        (Thing.CUSTODIANSHIP, {"trained_on": "soon"}, "trained_on", "is no day"),
        (Thing.CUSTODIANSHIP, {"role": "king"}, "role", "is one of"),
        (Thing.CUSTODIANSHIP, {"person": "A\x1b[2J"}, "person", "cannot be seen"),
        (Thing.LISTING, {"url": "javascript:alert(1)"}, "url", "is no web address"),
        (Thing.LISTING, {"owner_mail": "nobody"}, "owner_mail", "mail"),
        (Thing.LISTING, {"closed": "2019-01-01"}, "closed", "is before opened"),
        (Thing.ATTESTATION, {"until": "2020-01-01"}, "until", "is before on"),
        (Thing.CANDIDACY, {"office": ""}, "office", "is missing"),
        (Thing.NOTICE, {"costs": ""}, "costs", "is missing"),
        (Thing.NOTICE, {"put_up_on": "2126-01-01"}, "put_up_on", "has not come yet"),
        (Thing.NOTICE, {"taken_down_on": "2026-01-01"}, "taken_down_on", "is before put_up_on"),
        (Thing.NOTICE, {"put_up_on": "", "taken_down_on": "2026-01-01"}, "put_up_on", "was taken down"),
        (Thing.EXEMPTION, {"reason": ""}, "reason", "is missing"),
    ],
)  # fmt: skip
def test_what_is_wrong_stands_at_its_field_and_what_was_typed_stays(
    desk: Sit, town: Town, thing: Thing, fields: dict[str, str], field: str, says: str
) -> None:
    town.authority("city-clerk")
    path, about = _where(town, thing)
    before = dict(_of(town, thing))
    typed = _VALUES[thing] | {"why": '"><script>alert(1)</script>'} | fields
    answer = desk(_role(thing)).post(f"{path}/new", **about, **typed, step="keep")
    assert answer.status_code == 400
    (told,) = re.findall(rf'<p id="{field}-wrong"[^>]*>(.*?)</p>', html.unescape(answer.text))
    assert says in told
    assert f'aria-describedby="{field}-wrong' in answer.text
    assert "<script" not in answer.text
    assert _of(town, thing) == before


@pytest.mark.law("R10", "R14")
def test_who_may_say_what(desk: Sit, town: Town) -> None:
    mayor = town.authority("mayor", kind="elected")
    library = town.authority("library")
    of_library = town.listing("https://social.example/@books", authority=library)
    held = town.person(library, "Li Brarian")
    custodian = desk(Role.LEGAL_CUSTODIAN, "mayor", name="Ma Yor")
    say = "/register/say"
    refused = (
        f"{say}/authority/new", f"{say}/authority/{library}", f"{say}/department/new?authority={library}",
        f"{say}/custodianship/{held}", f"{say}/listing/{of_library}", f"{say}/attestation/new?listing={of_library}",
        f"{say}/custodianship/new?authority={mayor}&listing={of_library}", f"{say}/listing/new",
        f"/register/exceptions/new?authority={mayor}",
    )  # fmt: skip
    for path in refused[:6]:
        assert custodian.get(path).status_code == 403, path
    assert custodian.get(f"{say}/department/new?authority={mayor}").status_code == 200
    count = len(town.register.statements)
    person = _VALUES[Thing.CUSTODIANSHIP] | {"step": "keep"}
    for path, form in (
        ("custodianship/new", person | {"authority": mayor, "listing": of_library}),
        ("custodianship/new", person | {"authority": library, "listing": ""}),
        (f"listing/{of_library}", _VALUES[Thing.LISTING] | {"authority": mayor, "step": "keep"}),
        ("attestation/new", _VALUES[Thing.ATTESTATION] | {"authority": mayor, "listing": of_library, "step": "keep"}),
    ):
        assert custodian.post(f"{say}/{path}", **form).status_code in (400, 403), path
    assert len(town.register.statements) == count
    assert custodian.post(f"{say}/custodianship/new", **person, authority=mayor, listing="").status_code == 303
    assert custody.of_authority(town.register, mayor).names == "Ada Brown"
    exception = _VALUES[Thing.EXEMPTION] | {"authority": mayor, "listing": "", "step": "keep"}
    for role, status in ((Role.RECORDS_OFFICER, 403), (Role.LEGAL_CUSTODIAN, 403), (Role.CIO, 303)):
        someone = desk(role, name=role.value)
        assert someone.post("/register/exceptions/new", **exception).status_code == status, role
    assert (
        desk(Role.CIO, name="Cleo").post(f"{say}/department/new", authority=mayor, name="x", short="x").status_code
        == 403
    )


@pytest.mark.law("R42")
def test_when_a_deputy_was_trained_is_entered_shown_and_missed(desk: Sit, town: Town) -> None:
    library = town.authority("library")
    town.person(library, "Un Trained")
    town.person(library, "Has Left", until="2025-12-31")
    officer, path = desk(Role.RECORDS_OFFICER), "/register/say/custodianship/new"
    deputy = {"person": "Dee Puty", "role": "deputy", "authority": library, "listing": "", "step": "keep"}
    assert officer.post(path, **deputy, trained_on="2025-11-03").status_code == 303
    kept = {one.person: one.trained_on for one in town.register.custodianships.values()}
    assert kept == {"Un Trained": None, "Has Left": None, "Dee Puty": "2025-11-03"}
    page = officer.get(f"/register/authorities/{library}").text
    cells = re.findall(r'data-label="Trained">(.*?)</td>', page)
    assert sorted(re.sub("<[^>]*>", "", one) for one in cells) == ["", "2025-11-03", "no day is entered"]
    reader = desk(Role.LEGAL_CUSTODIAN, "mayor", name="Ma Yor")
    assert reader.post(path, **deputy | {"person": "Another"}, trained_on="2025-11-03").status_code == 403


@pytest.mark.law("R5", "R10")
def test_nobody_takes_an_account_of_another_office_by_listing_it(desk: Sit, archive: Archive, town: Town) -> None:
    scene.fill(archive)
    police = town.authority("police")
    custodian = desk(Role.LEGAL_CUSTODIAN, "police", name="Po Lice")
    form = _VALUES[Thing.LISTING] | {"url": scene.account_of("library"), "authority": police, "step": "keep"}
    answer = custodian.post("/register/say/listing/new", **form)
    assert answer.status_code == 400
    assert "your roles do not reach there" in answer.text.lower()
    assert not town.register.listings
    with archive.database.read() as connection:
        assert accounts.get(connection, scene.account_of("library")).authority == "library"


@pytest.mark.law("R5", "R6")
def test_what_ends_a_capture_has_to_be_confirmed(desk: Sit, archive: Archive, town: Town) -> None:
    scene.fill(archive)
    officer, police = desk(), town.authority("police")
    where = {"platform": "facebook", "service": "https://facebook.example", "platform_id": "police"}
    account = scene.account_of("police")
    listing = town.listing("https://facebook.example/police", authority=police, account=account, **where)
    address = f"/register/say/listing/{listing}"
    form = _VALUES[Thing.LISTING] | {"url": "https://facebook.example/police", "capacity": "campaign"}
    form |= _hidden(officer.get(address).text) | {"step": "keep"}
    asked = officer.post(address, **form)
    assert asked.status_code == 400
    assert "Its capture ends at once" in asked.text
    with archive.database.read() as connection:
        assert accounts.get(connection, account).state == "active"
    assert officer.post(address, **form, sure="yes").status_code == 303
    with archive.database.read() as connection:
        assert accounts.get(connection, account).state == "paused"


@pytest.mark.law("R5", "R6")
def test_what_ends_a_capture_has_to_be_confirmed_of_what_is_listed_for_the_first_time_too(
    desk: Sit, archive: Archive, town: Town
) -> None:
    scene.fill(archive)
    officer, police, account = desk(), town.authority("police"), scene.account_of("police")
    form = _VALUES[Thing.LISTING] | {"url": account, "capacity": "personal", "authority": police, "step": "keep"}
    asked = officer.post("/register/say/listing/new", **form)
    assert "Its capture ends at once" in asked.text
    with archive.database.read() as connection:
        assert accounts.get(connection, account).state == "active"
    assert officer.post("/register/say/listing/new", **form, sure="yes").status_code == 303
    with archive.database.read() as connection:
        assert accounts.get(connection, account).state == "paused"


def test_an_authority_s_short_name_never_changes(desk: Sit, town: Town) -> None:
    mayor, officer = town.authority("mayor", kind="elected"), desk()
    address = f"/register/say/authority/{mayor}"
    form = _VALUES[Thing.AUTHORITY] | _hidden(officer.get(address).text) | {"short": "other", "step": "keep"}
    assert officer.post(address, **form).status_code == 303
    assert town.register.authorities[mayor].short == "mayor"
    assert ids.authority_id("other") not in town.register.authorities


@pytest.mark.law("R10", "R14")
def test_who_administers_an_agency_designates_and_a_merged_one_says_so(desk: Sit, town: Town) -> None:
    clerk, board = town.authority("city-clerk", name="City Clerk"), town.authority("board", name="Review Board")
    officer, form = desk(), {"name": "Review Board", "kind": "agency", "step": "keep"}
    place = f"/register/say/authority/{board}"
    hidden = _hidden(officer.get(place).text)
    assert officer.post(place, **form | hidden | {"attached_to": clerk}).status_code == 303
    assert "Attached to" in officer.get(f"/register/authorities/{board}").text
    person = {"person": "Ada", "role": "legal_custodian", "designated_by": clerk, "authority": board, "step": "keep"}
    assert officer.post("/register/say/custodianship/new", **person).status_code == 303
    shown = officer.get(f"/register/authorities/{board}").text
    assert "19.33(5), designated by City Clerk" in shown
    hidden = _hidden(officer.get(place).text)
    gone = form | hidden | {"until": "2026-02-28", "merged_into": clerk}
    assert officer.post(place, **gone).status_code == 303
    assert "Merged into" in officer.get(f"/register/authorities/{board}").text
    town.person(clerk, "Cleo")
    assert custody.of_authority(town.register, board).names == "Cleo"
    mine = desk(Role.LEGAL_CUSTODIAN, "board", name="One")
    count = len(town.register.statements)
    hidden = _hidden(mine.get(place).text)
    assert "City Clerk" in mine.get(place).text, "what is said already stays in the form"
    for said in ({"merged_into": clerk, "until": "2026-01-31"}, {"attached_to": clerk}):
        assert mine.post(place, **form | hidden | said).status_code in (400, 403), "nobody gives to another office"
    assert len(town.register.statements) == count


@pytest.mark.law("R10", "R12")
def test_whose_an_account_is_is_chosen_and_changed_by_whoever_reaches_both(desk: Sit, town: Town) -> None:
    mayor, library = town.authority("mayor", kind="elected"), town.authority("library")
    town.person(library, "Li Brarian")
    reading = town.say(Thing.DEPARTMENT, ids.department_id(library, "reading"), authority=library, short="reading",
                       name="Reading Room")  # fmt: skip
    officer, path = desk(), "/register/say/listing"
    typed = _VALUES[Thing.LISTING] | {"step": "keep"}
    empty = officer.get(f"{path}/new").text
    assert re.findall(r'<option value="(au_[^"]+)">([^<]+)', empty) == [(library, "Library"), (mayor, "Mayor")]
    for fields, field, says in (
        ({}, "authority", "is missing"),
        ({"authority": mayor, "department": reading}, "department", "of another authority"),
    ):
        answer = officer.post(f"{path}/new", **typed, **fields)
        assert (answer.status_code, field in answer.text, says in html.unescape(answer.text)) == (400, True, True)
    assert not town.register.listings
    made = officer.post(f"{path}/new", **typed, authority=library, department=reading)
    assert made.status_code == 303
    ((new, held),) = town.register.listings.items()
    assert (held.authority, held.department) == (library, reading)
    assert custody.of_account(town.register, new).names == "Li Brarian"

    form = typed | _hidden(officer.get(f"{path}/{new}").text) | {"authority": mayor}
    doubted = officer.post(f"{path}/{new}", **form)
    assert doubted.status_code == 400
    assert "none of Library any more" in doubted.text
    assert town.register.listings[new].authority == library
    reaching = [desk(Role.LEGAL_CUSTODIAN, one, name=one) for one in ("library", "mayor")]
    for one, status in zip(reaching, (400, 403), strict=True):
        assert f'value="{mayor}"' not in reaching[0].get(f"{path}/{new}").text
        assert one.post(f"{path}/{new}", **form, sure="yes").status_code == status
    assert town.register.listings[new].authority == library
    assert officer.post(f"{path}/{new}", **form, sure="yes").status_code == 303
    assert town.register.listings[new].authority == mayor
    assert [one.by for one in town.register.history(new)] == ["Jo Clerk", "Jo Clerk"]


def test_nobody_has_to_know_whose_an_account_is_that_was_listed_without(desk: Sit, town: Town) -> None:
    town.authority("mayor", kind="elected")
    nobodys, officer = town.listing(), desk()
    path = f"/register/say/listing/{nobodys}"
    form = _VALUES[Thing.LISTING] | _hidden(officer.get(path).text) | {"authority": "", "step": "keep"}
    assert officer.post(path, **form, purpose="News").status_code == 303
    assert (town.register.listings[nobodys].authority, town.register.listings[nobodys].purpose) == (None, "News")
    for one in ("mayor", "library"):  # of an authority that is not reached nobody learns that it is there
        answer = officer.post(path, **form | {"authority": ids.authority_id(one) + "x"})
        assert "is none that your roles reach" in answer.text
    alone = desk(Role.LEGAL_CUSTODIAN, "mayor", name="Ma Yor")
    assert alone.get(path).status_code == 403
    library, new = town.authority("library"), "/register/say/listing/new"
    answers = [
        (
            alone.get(f"{new}?authority={one}").text,
            alone.post(new, **_VALUES[Thing.LISTING], authority=one, step="keep").text,
        )
        for one in (library, ids.authority_id("nowhere"))
    ]
    assert answers[0] == answers[1], "of one that is there as of one that is not"
    assert "is none that your roles reach" in answers[0][1]
    assert re.findall(r'<option value="([^"]*)"( selected)?>Mayor', alone.get("/register/say/listing/new").text)
    url = "https://social.example/@other"
    assert f'value="{url}"' in officer.get(f"/register/say/listing/new?url={url}").text, (
        "as an account's page leads here"
    )
    empty = officer.get(f"/register/authorities/{ids.authority_id('mayor')}").text
    assert "enter who holds the office</a>" in empty
    assert "archiver register" not in empty


def test_an_authority_may_be_called_none(desk: Sit, town: Town) -> None:
    """It is another choice than that an account has none, on the board and in the register."""
    called, _ = town.authority("none", name="none"), town.listing("https://social.example/@nobodys")
    town.listing("https://social.example/@theirs", authority=called)
    officer = desk()
    for path in ("/accounts", "/register"):
        for value, shown, hidden in (("none", "@theirs", "@nobodys"), (NONE, "@nobodys", "@theirs")):
            page = officer.get(f"{path}?{urlencode({'authority': value})}").text
            assert (shown in page, hidden in page) == (True, False), (path, value)
    page = officer.get("/register").text
    choices = re.findall(r'<option(?: value="([^"]*)")?>([^<]*)</option>', page)
    assert [(html.unescape(value), words) for value, words in choices] == [
        ("", "all"),
        (NONE, "no authority"),
        ("", "none"),
    ]
    assert checks.wrong_text(NONE) is not None, "no name can be what says that there is none"
