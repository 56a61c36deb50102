"""The first administrator, passwords and codes, sessions and tokens, on the pages and below them."""

from __future__ import annotations

import re
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pyotp
import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from archiver import migrate
from archiver.archive import Archive
from archiver.clock import SetClock
from archiver.errors import NotFound, Refused, UsageError
from archiver.people import factors, links, passwords, service, sessions
from archiver.people.acting import SERVICE, of_machine, of_person
from archiver.people.actions import FOR_TOKENS, Action
from archiver.people.links import Answers
from archiver.people.models import Session
from archiver.people.passwords import TooManyTries
from archiver.people.practice import visitor
from archiver.people.refusing import SignInFailed
from archiver.people.roles import MAY, Role
from archiver.people.service import NewGrant
from archiver.people.waiting import MOST, WINDOW, wait
from archiver.web.app import create_app
from archiver.web.site import Site
from tests.people.conftest import opened
from tests.register.town import Town
from tests.signed_in import cookies, person

SAME = {"Sec-Fetch-Site": "same-origin"}
GOOD = "copper kettle on the bridge"


def browser_of(archive: Archive) -> TestClient:
    return TestClient(create_app(Site(archive)), base_url="http://127.0.0.1", follow_redirects=False)


def set_up(archive: Archive, name: str = "Ada") -> tuple[str, str]:
    """Somebody who signs in with a password; their id and the secret of their codes."""
    who = service.add(archive, SERVICE, name)
    token = links.offer(archive, of_machine(), who.id).address.rpartition("/")[2]
    secret = links.look(archive, token).code_secret
    links.use(archive, token, Answers(name, GOOD, GOOD, code(archive, secret)), "a test")
    return who.id, secret


def code(archive: Archive, secret: str) -> str:
    return pyotp.TOTP(secret).at(archive.clock.now())


def events(archive: Archive, kind: str) -> int:
    from archiver.evidence.models import Event

    with archive.database.read() as connection:
        query = select(func.count()).select_from(Event).where(Event.type == kind)
        return int(connection.execute(query).scalar_one())


@pytest.mark.law("R42", "R71")
def test_the_first_administrator_comes_by_a_link_for_one_use(archive: Archive, hands: SetClock) -> None:
    replaced, offered = links.offer_first(archive), links.offer_first(archive)
    assert replaced is not None
    assert offered is not None
    path = offered.address.removeprefix("http://127.0.0.1:0")
    browser = browser_of(archive)
    assert browser.get(replaced.address.removeprefix("http://127.0.0.1:0")).status_code == 404, "the newest counts"
    page = browser.get(path)
    assert page.status_code == 200
    assert "<svg" in page.text
    secret = re.search(r'class="mono">([A-Z2-7 ]+)<', page.text)
    assert secret is not None
    form = {"name": "Ada", "password": GOOD, "repeated": GOOD, "small_office": "yes"}
    for wrong in (
        {"password": "short"},
        {"repeated": "other"},
        {"code": "000000"},
        {"name": ""},
        {"password": "password1234"},
    ):
        answer = browser.post(
            path, data={**form, "code": code(archive, secret[1].replace(" ", "")), **wrong}, headers=SAME
        )
        assert (answer.status_code, "Nothing was changed" in answer.text) == (400, True), wrong
    form["code"] = code(archive, secret[1].replace(" ", ""))
    answer = browser.post(path, data=form, headers=SAME)
    assert (answer.status_code, answer.headers["location"]) == (303, "/rules")
    assert browser.get("/accounts").headers["location"] == "/rules", "first the rules of conduct (law R42)"
    browser.post("/rules", headers=SAME)
    assert browser.get("/accounts").status_code == 200
    assert browser.get("/people").status_code == 200
    assert browser.post(path, data=form, headers=SAME).status_code == 404, "once"
    assert links.offer_first(archive) is None
    with archive.database.read() as connection:
        (ada,) = service.people(connection)
        held = service.grants(connection, ada.id)
    roles = {one.role: one.access for one in held}
    assert {one.role: one.stand_in for one in held} == {
        "system_administrator": False, "custodian": False, "records_officer": False, "legal_custodian": True,
    }  # fmt: skip
    assert roles["legal_custodian"] == ("private", "public")
    assert roles["records_officer"] == ("private", "public"), "no messages without being named"
    assert events(archive, "signin.set") == 1


def test_a_link_ends_with_its_day_and_is_made_on_the_machine_only(archive: Archive, hands: SetClock) -> None:
    admin, other = person(archive, Role.SYSTEM_ADMINISTRATOR), person(archive, Role.CUSTODIAN)
    with pytest.raises(Refused):
        links.offer(archive, of_person(admin.id), other.id)
    token = links.offer(archive, of_machine(), other.id).address.rpartition("/")[2]
    hands.at += links.LASTS
    with pytest.raises(NotFound):
        links.look(archive, token)
    token = links.offer(archive, of_machine(), other.id).address.rpartition("/")[2]
    service.end(archive, SERVICE, other.id)
    with pytest.raises(NotFound):
        links.look(archive, token)


def test_name_password_and_code_have_to_be_right_together_and_a_code_counts_once(
    archive: Archive, hands: SetClock
) -> None:
    _, secret = set_up(archive)
    used = code(archive, secret)

    def fails(name: str, password: str, said: str) -> str:
        hands.at += WINDOW
        with pytest.raises(SignInFailed) as failure:
            passwords.sign_in(archive, name, password, said, agent="")
        return str(failure.value)

    hands.at -= WINDOW
    told = {fails("Ada", GOOD, used)}  # (the code that set it up)
    told.add(fails("Ada", "wrong words entirely", code(archive, secret)))
    told.add(fails("Nobody", GOOD, code(archive, secret)))
    told.add(fails("Ada", GOOD, "000000"))
    assert len(told) == 1, "whoever it was, the same is said"
    hands.at += WINDOW
    now = code(archive, secret)
    assert passwords.sign_in(archive, " ada ".strip().title(), GOOD, f"{now[:3]} {now[3:]}", agent="").session
    with pytest.raises(SignInFailed):
        passwords.sign_in(archive, "Ada", GOOD, now, agent="")
    hands.at += timedelta(seconds=30)
    assert passwords.sign_in(archive, "Ada", GOOD, code(archive, secret), agent="").session
    assert events(archive, "session.begun") == 3


def test_one_code_signs_in_one_of_many_who_send_it_at_once(archive: Archive, hands: SetClock) -> None:
    _, secret = set_up(archive)
    hands.at += timedelta(minutes=1)
    said = code(archive, secret)

    def sign_in(_: int) -> bool:
        try:
            return bool(passwords.sign_in(archive, "Ada", GOOD, said, agent="").session)
        except SignInFailed:
            return False

    with ThreadPoolExecutor(8) as threads:
        assert sum(threads.map(sign_in, range(8))) == 1


def test_guessing_is_slow_and_keeps_nobody_out_who_was_here_before(
    archive: Archive, hands: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, secret = set_up(archive)
    hands.at += timedelta(minutes=1)
    known = passwords.sign_in(archive, "Ada", GOOD, code(archive, secret), agent="").browser
    evaluated = []
    monkeypatch.setattr(factors, "password_matches", lambda *_: evaluated.append(1))
    for _ in range(400):
        hands.at += timedelta(seconds=0.5)
        with pytest.raises(SignInFailed):
            passwords.sign_in(archive, "Ada", "a guess at it", "123456", agent="")
    assert len(evaluated) <= MOST, "of 400 in 200 seconds"
    monkeypatch.undo()
    with pytest.raises(TooManyTries):
        passwords.sign_in(archive, "Ada", GOOD, code(archive, secret), agent="", known="x" * 43)
    assert passwords.sign_in(archive, "Ada", GOOD, code(archive, secret), agent="", known=known).session
    hands.at += WINDOW
    assert passwords.sign_in(archive, "Ada", GOOD, code(archive, secret), agent="").session, "and it is forgotten"


@given(st.lists(st.floats(0, 400), max_size=40), st.floats(0, 600))
def test_the_wait_grows_with_failures_and_always_ends(seconds: list[float], after: float) -> None:
    from datetime import UTC, datetime

    start = datetime(2026, 1, 1, tzinfo=UTC)
    failures = sorted(start + timedelta(seconds=one) for one in seconds)
    now = start + timedelta(seconds=400 + after)
    left = wait(failures, now)
    assert timedelta(0) <= left
    assert wait(failures, now + WINDOW) == timedelta(0)
    assert left >= wait(failures[1:], now) or not failures[1:]


def test_a_session_ends_when_idle_in_the_end_and_whenever_somebody_says_so(archive: Archive, hands: SetClock) -> None:
    who = person(archive, Role.CUSTODIAN)

    def begin() -> str:
        return next(iter(cookies(archive, who).values()))

    def goes_on(secret: str) -> bool:
        return sessions.of_secret(archive, secret) is not None

    idle = begin()
    hands.at += timedelta(minutes=archive.settings.session_idle_minutes)
    assert not goes_on(idle)
    kept = begin()
    for _ in range(60):
        last = goes_on(kept)
        hands.at += timedelta(minutes=15)
    assert not last, "twelve hours at most, however busy"
    first, second = begin(), begin()
    with archive.database.read() as connection:
        newest = sessions.sessions(connection, archive, who.id)[0]
    acts: list[Callable[[], object]] = [
        lambda: service.grant(archive, SERVICE, who.id, service.NewGrant(Role.REVIEWER)),
        lambda: service.end(archive, SERVICE, who.id),
    ]
    assert newest.browser == "a test"
    for act in acts:
        act()
        assert not goes_on(first)
        assert not goes_on(second)
        first, second = begin(), begin()
    assert not goes_on(first), "nobody goes on who may do nothing any more"
    assert not goes_on("x" * 43)
    assert not goes_on("")


def test_signing_in_takes_a_new_secret_and_signing_out_ends_it(archive: Archive, hands: SetClock) -> None:
    _, secret = set_up(archive)
    browser = browser_of(archive)
    browser.cookies.set("archiver-session", "A" * 43, domain="127.0.0.1", path="/")  # (a stranger put it there)
    hands.at += timedelta(minutes=1)
    form = {"name": "Ada", "password": GOOD, "code": code(archive, secret), "next": "//evil.example/x"}
    answer = browser.post("/sign-in", data=form, headers=SAME)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    held = browser.cookies["archiver-session"]
    assert held != "A" * 43
    hands.at += timedelta(minutes=1)
    form["code"] = code(archive, secret)
    browser.post("/sign-in", data=form, headers=SAME)
    assert browser.cookies["archiver-session"] != held
    assert sessions.of_secret(archive, held) is None
    now = browser.cookies["archiver-session"]
    out = browser.post("/sign-out", headers=SAME)
    assert out.headers["clear-site-data"] == '"cache"'
    assert sessions.of_secret(archive, now) is None
    assert browser.get("/me", cookies={"archiver-session": now}).status_code == 303


def test_over_tls_cookies_are_bound_to_the_host_and_elsewhere_nobody_signs_in_without(
    tmp_path: Any, hands: SetClock
) -> None:
    with opened(tmp_path / "home", hands, web_url="https://records.example.gov") as archive:
        _, secret = set_up(archive)
        hands.at += timedelta(minutes=1)
        app = create_app(Site(archive), names=archive.settings.names)
        form = {"name": "Ada", "password": GOOD, "code": code(archive, secret)}
        browser = TestClient(app, base_url="https://records.example.gov", follow_redirects=False)
        said = browser.post("/sign-in", data=form, headers=SAME).headers.get_list("set-cookie")
        assert len(said) == 2
        for one in said:
            assert one.startswith("__Host-archiver-")
            assert {"Secure", "HttpOnly", "Path=/", "SameSite=lax"} <= set(one.split("; "))
            assert "Domain" not in one
        assert browser.get("/me").status_code == 200
        plain = TestClient(app, base_url="http://records.example.gov", follow_redirects=False)
        plain.cookies.update({"archiver-session": browser.cookies["__Host-archiver-session"]})
        assert plain.get("/me").status_code == 303


@pytest.mark.law("R71")
def test_high_risk_acts_take_showing_again_who_it_is(archive: Archive, hands: SetClock) -> None:
    who, secret = set_up(archive)
    service.acknowledge(archive, of_person(who), who)
    service.grant(archive, SERVICE, who, service.NewGrant(Role.SYSTEM_ADMINISTRATOR))
    browser = browser_of(archive)
    held = cookies(archive, service_person(archive, who))["archiver-session"]
    browser.cookies.set("archiver-session", held, domain="127.0.0.1", path="/")
    hands.at += timedelta(minutes=6)
    answer = browser.post("/people", data={"name": "Bea"}, headers=SAME)
    assert (answer.status_code, 'href="/sign-in/again?' in answer.text) == (401, True)
    wrong = browser.post("/sign-in/again", data={"password": GOOD, "code": "000000"}, headers=SAME)
    assert wrong.status_code == 401
    before = browser.cookies["archiver-session"]
    form = {"password": GOOD, "code": code(archive, secret), "next": "/people"}
    assert browser.post("/sign-in/again", data=form, headers=SAME).headers["location"] == "/people"
    assert browser.cookies["archiver-session"] != before
    assert browser.post("/people", data={"name": "Bea"}, headers=SAME).status_code == 303
    assert events(archive, "session.confirmed") == 1
    with archive.database.read() as connection:
        assert service.find(connection, "Bea").name == "Bea"


def service_person(archive: Archive, person_id: str) -> service.PersonView:
    with archive.database.read() as connection:
        return service.get(connection, person_id)


@pytest.mark.law("R42")
def test_an_administrator_adds_grants_takes_back_and_ends_on_the_pages(archive: Archive) -> None:
    admin = person(archive, Role.SYSTEM_ADMINISTRATOR)
    browser = browser_of(archive)
    browser.cookies.update(cookies(archive, admin))
    assert browser.post("/people", data={"name": "Bea", "mail": "no address"}, headers=SAME).status_code == 400
    there = browser.post("/people", data={"name": "Bea", "mail": "bea@city.example"}, headers=SAME).headers["location"]

    def send(path: str, **form: Any) -> Any:
        return browser.post(f"{there}{path}", data=form, headers=SAME)

    Town(archive).authority("mayor", name="Office of the Mayor")
    page = browser.get(there).text
    assert "None yet" in page
    assert '<option value="mayor">Office of the Mayor (mayor)</option>' in page, "before anything of it is captured"
    wanted = {"role": "custodian", "scope": "authority", "authority_id": "police", "own_access": "yes"}
    assert send("/roles", **wanted, access=["public", "message"]).status_code == 400
    assert (
        send("/roles", **wanted, access=["public", "private"], ends_on="2026-12-31", stand_in="yes").status_code == 303
    )
    page = browser.get(there).text
    for words in ("Custodian", "authority", "police", "stand-in", "private, public", ">CIO</option>"):
        assert words in page
    with archive.database.read() as connection:
        bea = service.find(connection, "Bea")
        (role,) = service.grants(connection, bea.id)
    assert role.ends_at is not None
    assert send(f"/roles/{role.id}/revoke").status_code == 303
    assert send("/roles/gr_none/revoke").status_code == 404
    assert send("", name="Bea B.", mail="", trained_on="2026-11-02").status_code == 303
    assert "trained 2026-11-02" in browser.get("/people").text
    assert send("", name="", mail="").status_code == 400
    assert send("/sessions/end").status_code == 303
    assert send("/end").status_code == 400, "it is one press that cannot be undone"
    assert send("/end", sure="yes").status_code == 303
    late = send("", name="Bea C.", mail="", trained_on="")
    assert (late.status_code, "stays as it is" in late.text) == (400, True)
    assert "May do nothing here any more" in browser.get(there).text
    own = f"/people/{admin.id}"
    assert browser.post(f"{own}/end", data={"sure": "yes"}, headers=SAME).status_code == 400
    assert "Nothing was changed" in browser.post(f"{own}/roles", data={"role": "auditor"}, headers=SAME).text


def test_a_token_does_what_its_person_may_and_it_is_for_until_it_ends(archive: Archive, hands: SetClock) -> None:
    who = person(archive, Role.CUSTODIAN)
    browser = browser_of(archive)
    browser.cookies.update(cookies(archive, who))
    made = browser.post("/me/tokens", data={"name": "nightly", "scope": "records.search", "days": "2"}, headers=SAME)
    found = re.search(r"cra_[A-Za-z0-9_-]{43}", made.text)
    assert found is not None
    assert found[0] not in browser.get("/me").text, "shown once"
    for wrong in ({"scope": "people.change"}, {"days": "x"}, {"days": "9999"}, {"name": ""}, {"scope": "nonsense"}):
        form = {"name": "n", "scope": "records.search", "days": "2", **wrong}
        assert browser.post("/me/tokens", data=form, headers=SAME).status_code == 400, wrong
    program = TestClient(browser.app, base_url="http://127.0.0.1", follow_redirects=False)
    sent = {"Authorization": f"Bearer {found[0]}"}
    assert program.get("/api/v1/search?q=x", headers=sent).status_code == 200
    assert program.get("/api/v1/accounts/ac_x/counts", headers=sent).status_code == 403
    assert program.get("/accounts", headers=sent).status_code == 303, "pages are for people"
    for bad in ("Bearer x", "Bearer cra_" + "x" * 43, f"Basic {found[0]}", "Bearer"):
        answer = program.get("/api/v1/search?q=x", headers={"Authorization": bad})
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer"), bad
    both = program.get("/api/v1/search?q=x", headers={"Authorization": "Bearer x"}, cookies=cookies(archive, who))
    assert both.status_code == 401, "with a token, nothing else says who it is"
    hands.at += timedelta(days=2)
    assert program.get("/api/v1/search?q=x", headers=sent).status_code == 401
    token, secret = sessions.make_token(archive, of_machine(), who.id, "n", {Action.RECORDS_SEARCH}, timedelta(days=9))
    sessions.end_token(archive, of_person(who.id), who.id, token.id)
    assert sessions.of_token(archive, secret) is None
    with pytest.raises(NotFound):
        sessions.end_token(archive, of_person(who.id), who.id, token.id)
    _, secret = sessions.make_token(archive, of_machine(), who.id, "n", {Action.RECORDS_SEARCH}, timedelta(days=9))
    service.end(archive, SERVICE, who.id)
    assert sessions.of_token(archive, secret) is None
    assert (events(archive, "token.made"), events(archive, "token.ended")) == (3, 2 + 1)


@pytest.mark.law("R71")
def test_a_token_is_made_for_no_more_than_its_person_may(archive: Archive) -> None:
    administrator, nobody = person(archive, Role.SYSTEM_ADMINISTRATOR), person(archive)
    for who in (administrator, nobody):
        allowed = FOR_TOKENS & (MAY[Role.SYSTEM_ADMINISTRATOR] if who is administrator else frozenset())
        browser = browser_of(archive)
        browser.cookies.update(cookies(archive, who))
        offered = re.findall(r'name="scope" value="([^"]+)"', browser.get("/me").text)
        assert offered == sorted(allowed)
        for scope in FOR_TOKENS:
            sent = {"name": "n", "days": "2", "scope": [*{scope.value, *offered}]}
            answer = browser.post("/me/tokens", data=sent, headers=SAME)
            assert answer.status_code == (200 if scope in allowed else 400), scope
            assert ("no role of theirs allows" in answer.text.lower()) == (scope not in allowed), scope
        with archive.database.read() as connection:
            assert len(sessions.tokens(connection, who.id)) == len(allowed)


def test_no_token_outlives_the_session_that_was_ended_while_it_was_asked_for(
    archive: Archive, monkeypatch: pytest.MonkeyPatch
) -> None:
    who = person(archive, Role.CUSTODIAN)
    browser = browser_of(archive)
    browser.cookies.update(cookies(archive, who))
    make = sessions.make_token

    def ended_first(*given: Any) -> Any:
        archive.database.act(lambda connection: sessions.end_sessions(connection, archive, SERVICE, who.id, "ended"))
        return make(*given)

    monkeypatch.setattr(sessions, "make_token", ended_first)
    form = {"name": "left behind", "scope": "records.search", "days": "2"}
    answer = browser.post("/me/tokens", data=form, headers=SAME)
    assert (answer.status_code, "cra_" in answer.text) == (404, False)
    with archive.database.read() as connection:
        assert sessions.tokens(connection, who.id) == []


def test_the_database_holds_nothing_that_signs_anybody_in(archive: Archive, hands: SetClock) -> None:
    who, secret = set_up(archive)
    service.grant(archive, SERVICE, who, NewGrant(Role.CUSTODIAN))
    hands.at += timedelta(minutes=1)
    now = passwords.sign_in(archive, "Ada", GOOD, code(archive, secret), agent="")
    _, token = sessions.make_token(archive, of_machine(), who, "n", {Action.RECORDS_SEARCH}, timedelta(days=9))
    link = links.offer(archive, of_machine(), who).address.rpartition("/")[2]
    secrets = (now.session, now.browser, token, link, GOOD, secret)
    with archive.database.read() as connection:
        for table in migrate.metadata().sorted_tables:
            rows = repr(connection.execute(select(*table.c)).all()) if table.name != "rebuild_progress" else ""
            assert not [one for one in secrets if one in rows], table.name


def test_in_practice_whoever_sits_at_the_machine_is_let_in_and_nobody_else(tmp_path: Any, hands: SetClock) -> None:
    from archiver.errors import WrongStore
    from archiver.settings import Settings

    with Archive.open(Settings(home=tmp_path, disk_reserve_percent=0), kind="practice", clock=hands) as practice:
        app = create_app(Site(practice, visitor=visitor(practice)))
        assert visitor(practice) == visitor(practice)

        def get(host: str = "127.0.0.1", client: str = "127.0.0.1", **headers: str) -> int:
            browser = TestClient(app, base_url=f"http://{host}", client=(client, 1), follow_redirects=False)
            return int(browser.get("/accounts", headers=headers).status_code)

        assert get() == 200
        assert get(host="localhost") == 200
        assert get(client="192.0.2.7") == 303
        assert get(**{"X-Forwarded-For": "192.0.2.7"}) == 303
        page = TestClient(app, base_url="http://127.0.0.1", client=("127.0.0.1", 1)).get("/accounts").text
        assert "made-up custodian" in page
        inside = TestClient(app, base_url="http://127.0.0.1", client=("127.0.0.1", 1), follow_redirects=False)
        assert inside.post("/people", data={"name": "x"}, headers=SAME).status_code == 403
        assert inside.post("/me/tokens", data={"name": "x"}, headers=SAME).status_code == 401
    with opened(tmp_path / "real", hands) as real:
        with pytest.raises(WrongStore):
            visitor(real)
        with pytest.raises(WrongStore):
            Site(real, visitor="pe_x")
        assert browser_of(real).get("/accounts").status_code == 303


def test_a_practice_custodian_whom_somebody_ended_is_given_nothing_and_keeps_no_service_from_starting(
    tmp_path: Any, hands: SetClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    from archiver.settings import Settings

    with Archive.open(Settings(home=tmp_path, disk_reserve_percent=0), kind="practice", clock=hands) as practice:
        with monkeypatch.context() as before:  # (legal custodians were not stood in for)
            before.setattr("archiver.people.practice._ROLES", (Role.CUSTODIAN, Role.RECORDS_OFFICER))
            held = visitor(practice)
        service.end(practice, SERVICE, held)
        assert visitor(practice) == held
        assert events(practice, "role.granted") == 2
        app = create_app(Site(practice, visitor=held))
        inside = TestClient(app, base_url="http://127.0.0.1", client=("127.0.0.1", 1), follow_redirects=False)
        assert inside.get("/accounts").status_code == 403


@pytest.mark.law("R71")
def test_only_at_the_machine_of_a_practice_archive_is_handing_out_tried_without_showing_who_it_is(
    tmp_path: Any, hands: SetClock
) -> None:
    from archiver.settings import Settings

    tried = ("/records/re_x/evidence", "/records/re_x/challenges/new")
    by_proxy = [
        {"X-Forwarded-For": "127.0.0.1"}, {"X-Forwarded-Proto": "https"}, {"Forwarded": "for=127.0.0.1"},
        {"Via": "1.1 proxy"}, {"Host": "records.example.gov"}, {"Referer": "https://records.example.gov/"},
        {"Authorization": "Bearer cra_x"},
    ]  # fmt: skip
    with (
        Archive.open(Settings(home=tmp_path / "p", disk_reserve_percent=0), kind="practice", clock=hands) as practice,
        opened(tmp_path / "r", hands) as real,
    ):
        beside = Site(practice, base="/practice", visitor=visitor(practice))
        app = create_app(Site(real), beside, ["records.example.gov"])

        def ask(path: str, **headers: str) -> int:
            client = TestClient(app, base_url="http://127.0.0.1", client=("127.0.0.1", 1), follow_redirects=False)
            return int(client.get(path, headers=headers).status_code)

        for path in tried:
            assert ask(f"/practice{path}") == 404, "let in, and there is no such record"
            assert [ask(f"/practice{path}", **sent) for sent in by_proxy] == [303] * 7
            assert ask(f"/practice{path}", Host="rebound.example") == 400
            assert ask(path) == 303, "never in the real archive"
        assert ask("/practice/register/exceptions/new") in (303, 403), "nor anything else that takes showing it"
        who = cookies(real, person(real, *Role))
        both = TestClient(
            app, base_url="http://127.0.0.1", cookies=who, client=("192.0.2.7", 1), follow_redirects=False
        )
        assert both.get("/accounts").status_code == 200
        assert both.get("/practice/accounts").status_code == 303, "whoever is signed in there is nobody here"


@pytest.mark.parametrize(
    "password", ["short", "x" * 300, "aaaaaaaaaaaaaaa", "Password1234", "milwaukee2026", "ada lovelace 1"]
)
def test_a_password_that_is_guessed_first_is_none(password: str) -> None:
    assert factors.complaint(password, "Ada Lovelace")
    with pytest.raises(UsageError):
        factors.require_good(password, password, "Ada Lovelace")
    assert factors.complaint(GOOD, "Ada Lovelace") is None


def test_old_sessions_are_forgotten(archive: Archive, hands: SetClock) -> None:
    who = person(archive)
    cookies(archive, who)
    hands.at += timedelta(days=40)
    cookies(archive, who)
    with archive.database.read() as connection:
        assert connection.execute(select(func.count()).select_from(Session)).scalar_one() == 1


def test_nobody_else_shows_again_who_it_is(archive: Archive, hands: SetClock) -> None:
    who = person(archive, Role.SYSTEM_ADMINISTRATOR)
    held = sessions.of_secret(archive, next(iter(cookies(archive, who).values())))
    assert held is not None
    _, secret = set_up(archive, who.id)  # (somebody whose name is that person's id)
    hands.at += timedelta(minutes=1)
    with pytest.raises(SignInFailed):
        passwords.confirm(archive, held, GOOD, code(archive, secret))
