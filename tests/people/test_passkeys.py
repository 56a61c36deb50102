"""Passkeys: what counts, and everything that does not."""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from archiver.archive import Archive
from archiver.clock import SetClock
from archiver.errors import NotFound, UsageError
from archiver.people import binding, links, passkeys, service, sessions
from archiver.people.acting import SERVICE, of_machine
from archiver.people.links import Answers
from archiver.people.models import Passkey, PasskeyChallenge
from archiver.people.passkeys import Place
from archiver.people.refusing import SignInFailed
from archiver.people.roles import Role
from archiver.people.sessions import SessionView
from archiver.web.app import create_app
from archiver.web.security import WITH_SCRIPT
from archiver.web.site import Site
from tests.people.authenticator import ORIGIN, Authenticator
from tests.people.test_signing_in import GOOD, SAME, code, events, set_up
from tests.signed_in import cookies, person

HERE = Place("localhost", ORIGIN)


def session_of(archive: Archive, who: str) -> SessionView:
    secret = archive.database.act(lambda connection: sessions.begin(connection, archive, who, "password", "a test"))
    found = sessions.of_secret(archive, secret)
    assert found is not None
    return found


def holder(archive: Archive) -> tuple[str, Authenticator]:
    """Somebody with a password and a passkey."""
    who, _ = set_up(archive)
    return who, added(archive, who)


def added(archive: Archive, who: str) -> Authenticator:
    device, session = Authenticator(), session_of(archive, who)
    passkeys.add(archive, session, HERE, device.make(passkeys.ask_to_add(archive, session, HERE)), "stick")
    return device


def signed_in(archive: Archive, answer: str, place: Place = HERE) -> str:
    found = sessions.of_secret(archive, passkeys.sign_in(archive, place, answer, agent="a test"))
    assert found is not None
    assert found.how == "passkey"
    return found.person_id


@pytest.mark.law("R71")
def test_a_passkey_signs_its_person_in_once_for_each_challenge(archive: Archive) -> None:
    who, device = holder(archive)
    answer = device.use(passkeys.ask(archive, HERE))
    assert signed_in(archive, answer) == who
    with pytest.raises(SignInFailed):
        signed_in(archive, answer)
    assert signed_in(archive, device.use(passkeys.ask(archive, HERE))) == who
    assert events(archive, "passkey.added") == 1


@pytest.mark.law("R71")
def test_nothing_else_that_looks_like_an_answer_counts(archive: Archive, hands: SetClock) -> None:
    who, device = holder(archive)
    other, session = Authenticator(id=device.id), session_of(archive, who)
    begun = events(archive, "session.begun")
    tries: tuple[tuple[Callable[[], str], int], ...] = (
        (lambda: device.use(passkeys.ask(archive, HERE), "https://evil.example"), 1),
        (lambda: device.use(passkeys.ask(archive, HERE), "http://localhost:81"), 1),
        (lambda: device.use(passkeys.ask(archive, HERE), name="evil.example"), 1),
        (lambda: device.use(passkeys.ask(archive, HERE), checked=False), 1),
        (lambda: other.use(passkeys.ask(archive, HERE)), 1),
        (lambda: Authenticator().use(passkeys.ask(archive, HERE)), 0),
        (lambda: device.use(passkeys.ask(archive, HERE, session)), 0),
        (lambda: device.use(passkeys.ask(archive, Place("records.example", "https://records.example"))), 0),
        (lambda: '{"challenge": 1}', 0), (lambda: "", 0), (lambda: "[" * 5000, 0), (lambda: "x" * 20_000, 0),
        (lambda: "null", 0), (lambda: '{"id": 1, "response": {"clientDataJSON": "e30"}}', 0),
    )  # fmt: skip
    for wrong, told in tries:
        before, answer = events(archive, "passkey.refused"), wrong()
        with pytest.raises(SignInFailed):
            signed_in(archive, answer)
        assert events(archive, "passkey.refused") == before + told, answer
    assert events(archive, "session.begun") == begun
    stale = device.use(passkeys.ask(archive, HERE))
    hands.advance(timedelta(minutes=5, seconds=1))
    with pytest.raises(SignInFailed):
        signed_in(archive, stale)
    passkeys.ask(archive, HERE)
    with archive.database.read() as connection:
        left = connection.execute(select(func.count()).select_from(PasskeyChallenge)).scalar_one()
    assert left == 1, "and nothing of the rest is kept"


def test_a_copy_is_noticed_by_what_it_counts(archive: Archive) -> None:
    who, device = holder(archive)
    for _ in range(3):
        assert signed_in(archive, device.use(passkeys.ask(archive, HERE))) == who
    copy = Authenticator(device.key, device.id, count=1)
    for _ in range(2):
        with pytest.raises(SignInFailed):
            signed_in(archive, copy.use(passkeys.ask(archive, HERE)))
    assert events(archive, "passkey.refused") == 2
    never = added(archive, who)
    for _ in range(2):  # (one that does not count at all, as most of today)
        assert signed_in(archive, never.use(passkeys.ask(archive, HERE), counts=False)) == who


@pytest.mark.law("R71")
def test_who_comes_by_the_city_s_sign_in_only_shows_again_with_a_passkey(archive: Archive, hands: SetClock) -> None:
    who = person(archive, Role.SYSTEM_ADMINISTRATOR)
    device, session = added(archive, who.id), session_of(archive, who.id)
    with pytest.raises(SignInFailed):
        signed_in(archive, device.use(passkeys.ask(archive, HERE)))
    hands.advance(timedelta(minutes=6))
    assert not sessions.is_fresh(archive, session)
    secret = passkeys.confirm(archive, session, HERE, device.use(passkeys.ask(archive, HERE, session)))
    anew = sessions.of_secret(archive, secret)
    assert anew is not None
    assert sessions.is_fresh(archive, anew)
    other = session_of(archive, person(archive, Role.CUSTODIAN).id)
    for asked, used in ((session, other), (other, session), (other, other)):
        with pytest.raises(SignInFailed):
            passkeys.confirm(archive, used, HERE, device.use(passkeys.ask(archive, HERE, asked)))
    with pytest.raises(SignInFailed):
        passkeys.confirm(archive, anew, HERE, device.use(passkeys.ask(archive, HERE)))


def test_only_a_device_that_checks_its_holder_is_taken_and_only_once(archive: Archive) -> None:
    who, _ = set_up(archive)
    session, device = session_of(archive, who), Authenticator()
    other = session_of(archive, person(archive).id)
    makings: tuple[Callable[[], str], ...] = (
        lambda: device.make(passkeys.ask_to_add(archive, session, HERE), checked=False),
        lambda: device.make(passkeys.ask_to_add(archive, session, HERE), "https://evil.example"),
        lambda: device.make(passkeys.ask_to_add(archive, other, HERE)),
        lambda: "{}",
        lambda: device.use(passkeys.ask(archive, HERE, session)),
    )
    for made in makings:
        with pytest.raises(UsageError, match="try again"):
            passkeys.add(archive, session, HERE, made(), "x")
    passkeys.add(archive, session, HERE, device.make(passkeys.ask_to_add(archive, session, HERE)), "\x1b[1m")
    with pytest.raises(UsageError, match="known already"):
        passkeys.add(archive, other, HERE, device.make(passkeys.ask_to_add(archive, other, HERE)), "mine")
    for _ in range(passkeys.MOST - 2):
        added(archive, who)
    early = [passkeys.ask_to_add(archive, session, HERE) for _ in range(2)]
    passkeys.add(archive, session, HERE, Authenticator().make(early[0]), "the last")
    with pytest.raises(UsageError, match="more than"):
        passkeys.add(archive, session, HERE, Authenticator().make(early[1]), "asked for while there was room")
    with pytest.raises(UsageError, match="more than"):
        added(archive, who)


@pytest.mark.law("R71")
def test_no_passkey_is_added_in_a_session_that_ended_meanwhile(archive: Archive) -> None:
    who, _ = set_up(archive)
    session, device = session_of(archive, who), Authenticator()
    made = device.make(passkeys.ask_to_add(archive, session, HERE))
    archive.database.act(lambda connection: binding.forget(connection, archive, SERVICE, who, "changed"))
    with pytest.raises(NotFound):
        passkeys.add(archive, session, HERE, made, "stays behind")
    with archive.database.read() as connection:
        assert passkeys.passkeys(connection, who) == []


def test_a_passkey_ends_with_its_person_a_new_link_or_when_it_is_said(archive: Archive) -> None:
    who, device = holder(archive)
    other = person(archive)
    with archive.database.read() as connection:
        (mine,) = passkeys.passkeys(connection, who)
    with pytest.raises(NotFound):
        passkeys.end(archive, SERVICE, other.id, mine.id)
    passkeys.end(archive, SERVICE, who, mine.id)
    with pytest.raises(SignInFailed):
        signed_in(archive, device.use(passkeys.ask(archive, HERE)))
    again = added(archive, who)
    token = links.offer(archive, of_machine(), who).address.rpartition("/")[2]
    secret = links.look(archive, token).code_secret
    assert signed_in(archive, again.use(passkeys.ask(archive, HERE))) == who, "until the link is used"
    links.use(archive, token, Answers("Ada", GOOD, GOOD, code(archive, secret)), "a test")
    with archive.database.read() as connection:
        assert connection.execute(select(func.count()).select_from(Passkey)).scalar_one() == 0
    assert events(archive, "passkey.ended") == 2
    last = added(archive, who)
    service.end(archive, SERVICE, who)
    with pytest.raises(SignInFailed):
        signed_in(archive, last.use(passkeys.ask(archive, HERE)))


def test_the_pages_run_our_script_there_and_nowhere_else(archive: Archive) -> None:
    who, device = holder(archive)
    with archive.database.read() as connection:
        held = cookies(archive, service.get(connection, who))
    browser = TestClient(create_app(Site(archive)), base_url=ORIGIN, follow_redirects=False)
    asked = browser.post("/sign-in/passkey", data={"next": "/me"}, headers=SAME)
    assert asked.headers["content-security-policy"] == WITH_SCRIPT
    assert re.findall(r"<script[^>]*>", asked.text) == ['<script src="/static/passkey.js" defer>']
    assert browser.get("/static/passkey.js").status_code == 200
    for page in ("/sign-in", "/me"):
        answer = browser.get(page, cookies=held)
        assert "script-src" not in answer.headers["content-security-policy"], page
        assert "<script" not in answer.text, page
    options = html.unescape(re.search(r'data-options="([^"]*)"', asked.text)[1])  # type: ignore[index]
    wrong = {"answer": device.use(options, "http://localhost:1"), "next": "/me"}
    refused = browser.post("/sign-in/passkey/used", data=wrong, headers=SAME)
    assert (refused.status_code, "does not count here" in refused.text) == (401, True)
    asked = browser.post("/sign-in/passkey", data={"next": "/me"}, headers=SAME)
    options = html.unescape(re.search(r'data-options="([^"]*)"', asked.text)[1])  # type: ignore[index]
    used = {"answer": device.use(options), "next": "//evil.example"}
    answer = browser.post("/sign-in/passkey/used", data=used, headers=SAME)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert "archiver-session" in answer.headers["set-cookie"]
    by_address = TestClient(create_app(Site(archive)), base_url="http://127.0.0.1", follow_redirects=False)
    said = by_address.post("/sign-in/passkey", data={}, headers=SAME)
    assert (said.status_code, "http://localhost" in said.text) == (400, True)
