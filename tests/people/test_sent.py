"""What was sent when somebody had to sign in first is neither done nor lost; what was not taken leads back."""

from __future__ import annotations

import html
import re
from datetime import timedelta

from fastapi.testclient import TestClient
from sqlalchemy import func, select

from archiver.archive import Archive
from archiver.clock import SetClock
from archiver.desk.mark_models import RecordNote
from archiver.people.models import Person
from archiver.people.roles import Role
from archiver.visible import parts
from archiver.web.app import create_app
from archiver.web.security import LARGEST_POST
from archiver.web.site import Site
from tests.people.scene import record_of
from tests.signed_in import cookies, person
from tests.web.conftest import HOSTILE

_PAGE = "http://127.0.0.1"
_NOTES = f"/records/{record_of('police', 'public')}/notes"


def _browser(archive: Archive, **held: str) -> TestClient:
    headers = {"Sec-Fetch-Site": "same-origin"}
    return TestClient(create_app(Site(archive)), base_url=_PAGE, headers=headers, cookies=held, follow_redirects=False)


def _form(text: str) -> tuple[str, list[tuple[str, str]]]:
    """Where the form of a page goes, and its fields, as a browser reads them."""
    [action] = re.findall(r'<form method="post" action="([^"]*)"', text)
    found = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', text)
    return html.unescape(action), [(_read(name), _read(value)) for name, value in found]


def _read(value: str) -> str:
    """A field's value as browsers read it: Python leaves controls out that they keep."""
    return html.unescape(re.sub("&#x([0-9a-f]+);", lambda number: chr(int(number[1], 16)), value))


def _count(archive: Archive, of: type[RecordNote] | type[Person]) -> int:
    with archive.database.read() as connection:
        return int(connection.execute(select(func.count()).select_from(of)).scalar_one())


def test_what_was_typed_while_the_session_ended_is_sent_again_and_done_once(offices: Archive, hands: SetClock) -> None:
    jo = person(offices, Role.CUSTODIAN)
    browser = _browser(offices, **cookies(offices, jo))
    for count, typed in enumerate(("A note of an hour.\nWith lines.", *HOSTILE[:13])):
        hands.advance(timedelta(minutes=offices.settings.session_idle_minutes))
        answer = browser.post(_NOTES, data={"text": typed})
        assert (answer.status_code, _count(offices, RecordNote)) == (401, count)
        assert 'href="/sign-in?next=/me"' in answer.text
        assert "<script" not in answer.text
        assert not [part for part, steers in parts(answer.text) if steers]
        action, fields = _form(answer.text)
        assert (action, fields) == (f"{_NOTES}?typed_by={jo.id}", [("text", typed)])
        browser.cookies.update(cookies(offices, jo))
        assert browser.post(action, data=dict(fields)).status_code == 303
        assert _count(offices, RecordNote) == count + 1


def test_what_takes_showing_again_who_it_is_keeps_what_was_typed(offices: Archive, hands: SetClock) -> None:
    browser = _browser(offices, **cookies(offices, person(offices, Role.SYSTEM_ADMINISTRATOR)))
    before = _count(offices, Person)
    hands.advance(timedelta(minutes=offices.settings.session_confirm_minutes))
    answer = browser.post("/people", data={"name": "Bea", "mail": "bea@city.example"})
    assert (answer.status_code, _count(offices, Person)) == (401, before)
    assert 'href="/sign-in/again?next=/me"' in answer.text
    action, fields = _form(answer.text)
    assert action.startswith("/people?typed_by=pe_")
    assert fields == [("name", "Bea"), ("mail", "bea@city.example")]


def test_nobody_sends_in_their_own_name_what_somebody_else_typed(offices: Archive, hands: SetClock) -> None:
    jo, kay = (person(offices, Role.CUSTODIAN, name=name) for name in ("Jo", "Kay"))
    browser = _browser(offices, **cookies(offices, jo))
    hands.advance(timedelta(minutes=offices.settings.session_idle_minutes))
    action, fields = _form(browser.post(_NOTES, data={"text": "What Jo meant."}).text)
    before = _count(offices, RecordNote)
    browser.cookies.update(cookies(offices, kay))
    answer = browser.post(action, data=dict(fields))
    assert (answer.status_code, _count(offices, RecordNote)) == (403, before)
    assert "somebody else was signed in here" in answer.text
    # Nor where theirs ends, too, before it is sent.
    hands.advance(timedelta(minutes=offices.settings.session_idle_minutes))
    assert _form(browser.post(action, data=dict(fields)).text) == (action, fields)
    browser.cookies.update(cookies(offices, jo))
    assert browser.post(action, data=dict(fields)).status_code == 303
    assert _count(offices, RecordNote) == before + 1
    # Where nobody was signed in, nobody can be told from another.
    action, fields = _form(_browser(offices).post(_NOTES, data={"text": "Whose?"}).text)
    assert (action, fields) == (_NOTES, [("text", "Whose?")])


def test_secrets_files_and_what_is_too_long_are_not_sent_back(offices: Archive) -> None:
    browser = _browser(offices)
    answer = browser.post("/sign-in/again", data={"password": "a long secret of mine", "code": "123456"})
    assert answer.status_code == 303
    answer = browser.post("/register/load", files={"file": ("list.csv", b"Address\r\nhttps://a.example/x")})
    assert (answer.status_code, "a.example" in answer.text, "chosen once more" in answer.text) == (401, False, True)
    assert 'href="/sign-in?next=/register/load"' in answer.text
    assert browser.post(_NOTES, data={"text": "x" * LARGEST_POST}).status_code == 413
    for body in (b"\xff=1", b"&".join(b"a=1" for _ in range(101))):
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        assert browser.post(_NOTES, content=body, headers=kind).status_code == 303


def test_what_was_not_taken_says_why_and_leads_back_to_a_page_of_ours(offices: Archive) -> None:
    browser = _browser(offices, **cookies(offices, person(offices, Role.CUSTODIAN)))
    record = _NOTES.removesuffix("/notes")
    for referer, back in (
        (f"{_PAGE}/search?q=a+b&order=newest", ["/search?q=a+b&amp;order=newest"]),
        (f"{_PAGE}{record}", [record]),
        (f"{_PAGE}{_NOTES}", []),
        (f"{_PAGE}//evil.example/search", []),
        ("https://evil.example/search", []),
        ("http://127.0.0.1:81/search", []),
        (f"{_PAGE}/sign-in?next=/search", []),
        ("http://[", []),
        ("", []),
    ):
        sent = {"selection": "x", "do": "chosen"}
        answer = browser.post("/search/select", data=sent, headers={"Referer": referer})
        assert (answer.status_code, "That was not taken" in answer.text) == (400, True), referer
        assert "Choose at least one record." in answer.text
        assert re.findall(r'<a href="([^"]*)">Back to the page before', answer.text) == back, referer


def test_an_error_page_leads_everybody_on_to_a_page_that_they_may_see(offices: Archive) -> None:
    for role in (Role.CUSTODIAN, Role.REVIEWER, Role.CIO, Role.CITY_ATTORNEY):
        browser = _browser(offices, **cookies(offices, person(offices, role, name=role.value)))
        answer = browser.get("/nothing")
        [on] = re.findall(r'<a href="([^"]*)">To the first page', answer.text)
        assert browser.get(browser.get(on).headers["location"]).status_code == 200, role
