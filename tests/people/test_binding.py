"""Who somebody is at the city's sign-in: one person alone never says it for another."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from fastapi.testclient import TestClient

from archiver.archive import Archive
from archiver.clock import SetClock
from archiver.errors import NotFound, Refused, UsageError
from archiver.people import binding, history, service, sessions
from archiver.people.acting import SERVICE, Actor, of_machine, of_person
from archiver.people.actions import Action
from archiver.people.binding import LASTS, STANDS, Asked
from archiver.people.roles import Role
from archiver.people.service import NewGrant, PersonView
from archiver.web.app import create_app
from archiver.web.site import Site
from tests.people.test_signing_in import SAME, events
from tests.signed_in import cookies, person

THEIRS, MINE = "jo@city.example", "ada.alias@city.example"


@pytest.fixture
def jo(archive: Archive) -> PersonView:
    """Somebody with a role, whom the city's sign-in knows."""
    who = person(archive, Role.CUSTODIAN, name="Jo", mail=THEIRS)
    known = {"issuer": "https://login.example", "subject": "4711"}
    return archive.database.act(lambda connection: service.set_values(connection, archive, SERVICE, who, known))


def administrator(archive: Archive, name: str) -> Actor:
    return of_person(person(archive, Role.SYSTEM_ADMINISTRATOR, name=name).id)


def asked(archive: Archive, who: PersonView) -> Asked:
    with archive.database.read() as connection:
        found = binding.waiting(connection, who.id, archive.clock.now())
    assert found is not None
    return found


def now_of(archive: Archive, who: PersonView) -> PersonView:
    with archive.database.read() as connection:
        return service.get(connection, who.id)


@pytest.mark.law("R71")
def test_an_administrator_alone_cannot_become_somebody_else(archive: Archive, jo: PersonView) -> None:
    ada = administrator(archive, "Ada")
    service.change(archive, ada, jo.id, name="Jo Doe", mail=MINE)
    assert (now_of(archive, jo).mail, now_of(archive, jo).subject) == (THEIRS, "4711")
    assert now_of(archive, jo).name == "Jo Doe", "the rest is theirs to say"
    wanted = asked(archive, jo)
    with pytest.raises(Refused, match="cannot agree"):
        service.settle(archive, ada, jo.id, wanted.id, agree=True)
    with pytest.raises(Refused):
        service.settle(archive, of_person(person(archive, Role.RECORDS_OFFICER).id), jo.id, wanted.id, agree=True)
    assert asked(archive, jo) == wanted
    assert events(archive, "address.asked") == 1
    service.settle(archive, ada, jo.id, wanted.id, agree=False)
    with pytest.raises(NotFound):
        service.settle(archive, administrator(archive, "Cy"), jo.id, wanted.id, agree=True)
    assert (now_of(archive, jo).mail, events(archive, "address.refused")) == (THEIRS, 1)


@pytest.mark.parametrize("who", ["themselves", "another administrator", "the machine"])
def test_with_a_second_person_it_changes_and_whoever_came_in_before_does_no_more(
    archive: Archive, jo: PersonView, hands: SetClock, who: str
) -> None:
    bo = administrator(archive, "Bo")
    hands.advance(STANDS)
    service.change(archive, administrator(archive, "Ada"), jo.id, mail=MINE)
    sessions.make_token(archive, of_person(jo.id), jo.id, "x", {Action.RECORDS_SEARCH}, timedelta(days=9))
    held = cookies(archive, jo)
    actor = {"themselves": of_person(jo.id), "the machine": of_machine()}.get(who, bo)
    service.settle(archive, actor, jo.id, asked(archive, jo).id, agree=True)
    after = now_of(archive, jo)
    assert (after.mail, after.issuer, after.subject) == (MINE, None, None)
    assert sessions.of_secret(archive, held["archiver-session"]) is None
    with archive.database.read() as connection:
        assert [one.ended_at is None for one in sessions.tokens(connection, jo.id)] == [False]
        told = [one.said for one in history.sign_in_changes(connection, jo.id)]
    assert told == [
        "the mail address was changed, and the city's sign-in forgotten",
        "another mail address was asked for",
        "the city's sign-in was tied to this person",
    ]


@pytest.mark.law("R71")
def test_an_administrator_made_up_for_it_agrees_to_nothing(archive: Archive, jo: PersonView, hands: SetClock) -> None:
    """Neither with a role that is said to count since long ago, nor with one as old as the question."""
    ada = administrator(archive, "Ada")
    old = person(archive, name="Somebody made up long ago")
    hands.advance(10 * STANDS)
    long_ago = hands.now() - 9 * STANDS
    back = NewGrant(Role.SYSTEM_ADMINISTRATOR, from_at=long_ago)
    service.grant(archive, ada, old.id, back)
    fresh = administrator(archive, "Made up now")
    service.change(archive, ada, jo.id, mail=MINE)
    wanted, before = asked(archive, jo), events(archive, "person.changed")
    hands.advance(STANDS - timedelta(seconds=1))  # (waiting for it does not help either)
    for actor in (of_person(old.id), fresh):
        with pytest.raises(Refused, match="less than 7 days"):
            service.settle(archive, actor, jo.id, wanted.id, agree=True)
    assert asked(archive, jo) == wanted
    assert (now_of(archive, jo).mail, events(archive, "person.changed")) == (THEIRS, before)
    service.settle(archive, fresh, jo.id, wanted.id, agree=False)
    service.change(archive, ada, jo.id, mail=MINE)
    hands.advance(timedelta(seconds=1))
    service.change(archive, ada, jo.id, mail=MINE)
    service.settle(archive, fresh, jo.id, asked(archive, jo).id, agree=True)
    assert now_of(archive, jo).mail == MINE, "who has been one for that long agrees to what is asked now"


def test_what_was_asked_for_ends_and_is_settled_once(archive: Archive, jo: PersonView, hands: SetClock) -> None:
    ada, others = administrator(archive, "Ada"), [administrator(archive, name) for name in "abcd"]
    hands.advance(STANDS)
    service.change(archive, ada, jo.id, mail="first@city.example")
    first = asked(archive, jo)
    service.change(archive, ada, jo.id, mail=MINE)
    with pytest.raises(NotFound):
        service.settle(archive, of_person(jo.id), jo.id, first.id, agree=True)
    wanted = asked(archive, jo)

    def settle(actor: Actor) -> bool:
        try:
            service.settle(archive, actor, jo.id, wanted.id, agree=True)
        except NotFound:
            return False
        return True

    with ThreadPoolExecutor(4) as pool:
        assert sorted(pool.map(settle, others)) == [False, False, False, True]
    service.change(archive, ada, jo.id, mail=THEIRS)
    late = asked(archive, jo)
    hands.advance(LASTS)
    with pytest.raises(NotFound):
        service.settle(archive, others[0], jo.id, late.id, agree=True)
    service.change(archive, ada, jo.id, mail=THEIRS)
    service.add(archive, SERVICE, "Other", THEIRS)
    with pytest.raises(UsageError, match="has this mail address"):
        service.settle(archive, others[0], jo.id, asked(archive, jo).id, agree=True)
    assert now_of(archive, jo).mail == MINE


@pytest.mark.parametrize("who", ["the machine", "nobody: they have gone"])
def test_what_was_asked_for_before_another_address_holds_is_not_agreed_to_any_more(
    archive: Archive, jo: PersonView, who: str
) -> None:
    service.change(archive, administrator(archive, "Ada"), jo.id, mail=MINE)
    wanted, newest = asked(archive, jo), "jo.doe@city.example"
    if who.startswith("nobody"):
        service.end(archive, of_machine(), jo.id)
    else:
        service.change(archive, of_machine(), jo.id, mail=newest)
    with archive.database.read() as connection:
        assert binding.waiting(connection, jo.id, archive.clock.now()) is None
    with pytest.raises(NotFound):
        service.settle(archive, of_machine(), jo.id, wanted.id, agree=True)
    assert now_of(archive, jo).mail == (THEIRS if who.startswith("nobody") else newest)


def test_who_was_never_given_anything_can_still_be_mended(archive: Archive) -> None:
    who = service.add(archive, SERVICE, "New", "typo@city.example")
    ada = administrator(archive, "Ada")
    assert service.change(archive, ada, who.id, mail="new@city.example").mail == "new@city.example"
    mine = service.change(archive, ada, ada.id, mail="ada@city.example")
    assert mine.mail == "ada@city.example", "their own"
    assert events(archive, "address.asked") == 0


def test_who_asked_is_offered_to_take_it_back_only(archive: Archive, jo: PersonView, hands: SetClock) -> None:
    ada, bo = (person(archive, Role.SYSTEM_ADMINISTRATOR, name=name) for name in ("Ada", "Bo"))
    hands.advance(STANDS)
    new = person(archive, Role.SYSTEM_ADMINISTRATOR, name="New")
    service.change(archive, of_person(ada.id), jo.id, mail=MINE)
    app = create_app(Site(archive))

    def offers(who: PersonView) -> list[bool]:
        browser = TestClient(app, base_url="http://127.0.0.1", cookies=cookies(archive, who))
        page = browser.get(f"/people/{jo.id}").text  # (roles are taken back there, too)
        page = page.partition("asked for another mail address")[2].partition("</form>")[0]
        return [f">{words}<" in page for words in ("Agree", "Refuse it", "Take it back")]

    assert (offers(ada), offers(bo)) == ([False, False, True], [True, True, False])
    assert offers(new) == [False, True, False], "who became one just now can only refuse"


def test_the_person_is_told_on_every_page_and_answers_there(archive: Archive, jo: PersonView) -> None:
    service.change(archive, administrator(archive, "Ada"), jo.id, mail=MINE)
    app = create_app(Site(archive))
    browser = TestClient(app, base_url="http://127.0.0.1", cookies=cookies(archive, jo), follow_redirects=False)
    assert "asked for another mail address for you" in browser.get("/accounts").text
    page = browser.get("/me").text
    assert MINE in page
    assert "knows you as" in page
    auditor = person(archive, Role.AUDITOR)
    watching = TestClient(app, base_url="http://127.0.0.1", cookies=cookies(archive, auditor), follow_redirects=False)
    seen = watching.get(f"/people/{jo.id}").text
    assert ("another mail address was asked for" in seen, "4711" in seen, ">Agree<" in seen) == (True, True, False)
    form = {"asked": asked(archive, jo).id, "answer": "no"}
    assert watching.post(f"/people/{jo.id}/address", data=form, headers=SAME).status_code == 403
    assert watching.post("/me/address", data=form, headers=SAME).status_code == 404, "it is not theirs"
    assert browser.post("/me/address", data=form, headers=SAME).status_code == 303
    assert "asked for another mail address for you" not in browser.get("/accounts").text
    assert now_of(archive, jo).mail == THEIRS
