"""The form by which a role is given: what each role may do stands beside the choice, and a form that is refused comes
back as it was."""

from __future__ import annotations

import re

import pytest
from fastapi.testclient import TestClient

from archiver.archive import Archive
from archiver.people import service
from archiver.people.acting import SERVICE
from archiver.people.actions import FOR_TOKENS, Action
from archiver.people.role_words import WHAT_ROLES_DO, WHAT_TOKENS_DO
from archiver.people.roles import MAY, Role
from archiver.web.app import create_app
from archiver.web.site import Site
from tests.signed_in import cookies, person

#: What a sentence says, where a role may do it, and nowhere else.
_SAID = {
    Action.RECORDS_RELEASE: "hands records out",
    Action.REGISTER_CHANGE: "changes the register",
    Action.ACCESS_LOG_VIEW: "who looked at what",
    Action.PEOPLE_CHANGE: "gives roles",
    Action.EXCEPTIONS_DECIDE: "decides exceptions",
    Action.LITIGATION_HOLDS_LIFT: "lift a litigation hold",
}


@pytest.fixture
def desk(archive: Archive) -> TestClient:
    administrator = person(archive, Role.SYSTEM_ADMINISTRATOR)
    return TestClient(
        create_app(Site(archive)), base_url="http://127.0.0.1", follow_redirects=False,
        cookies=cookies(archive, administrator), headers={"Sec-Fetch-Site": "same-origin"},
    )  # fmt: skip


def test_every_role_and_every_scope_of_a_token_is_explained() -> None:
    assert WHAT_ROLES_DO.keys() == set(Role)
    assert WHAT_TOKENS_DO.keys() == FOR_TOKENS


@pytest.mark.parametrize("role", [one for one in Role if one is not Role.LEGAL_CUSTODIAN_DEPUTY])
def test_a_sentence_says_what_the_role_may_and_no_more(role: Role) -> None:
    said = {action for action, words in _SAID.items() if words in WHAT_ROLES_DO[role]}
    assert said == MAY[role] & _SAID.keys()
    assert ("Sees no records" in WHAT_ROLES_DO[role]) is (Action.RECORDS_VIEW not in MAY[role])


def test_the_deputy_may_what_the_legal_custodian_may() -> None:
    assert MAY[Role.LEGAL_CUSTODIAN_DEPUTY] == MAY[Role.LEGAL_CUSTODIAN]
    assert MAY[Role.ACCOUNT_OWNER] == MAY[Role.COMMUNICATIONS]


def test_a_form_that_is_refused_comes_back_as_it_was_with_why(archive: Archive, desk: TestClient) -> None:
    who = service.add(archive, SERVICE, "Robin")
    form = {"role": "reviewer", "scope": "everything", "own_access": "yes", "access": ["private"], "stand_in": "yes",
            "ends_on": "2027-01-31", "reason": 'For "January" & more'}  # fmt: skip
    answer = desk.post(f"/people/{who.id}/roles", data=form)
    assert answer.status_code == 400
    page = answer.text
    assert "name the class public too" in page
    assert "Nothing was changed" in page
    assert re.findall(r'<option value="(\w+)" selected>', page) == ["reviewer", "everything"]
    assert re.findall(r'name="(\w+)" value="(\w*)" checked', page) == [
        ("own_access", "yes"), ("access", "private"), ("stand_in", "yes"),
    ]  # fmt: skip
    assert 'name="ends_on" type="date" value="2027-01-31"' in page
    assert 'value="For &#34;January&#34; &amp; more"' in page
    with archive.database.read() as connection:
        assert service.grants(connection, who.id) == []
    assert desk.post(f"/people/{who.id}/roles", data=form | {"access": ["public", "private"]}).status_code == 303


def test_what_roles_may_do_stands_beside_the_choice_and_on_the_list(archive: Archive, desk: TestClient) -> None:
    who = service.add(archive, SERVICE, "Robin")
    for path in (f"/people/{who.id}", "/people"):
        page = desk.get(path).text
        assert [words for words in WHAT_ROLES_DO.values() if words.replace("'", "&#39;") not in page] == []


def test_everybody_reads_of_themselves_in_words(archive: Archive) -> None:
    me = person(archive, Role.CUSTODIAN)
    client = TestClient(create_app(Site(archive)), base_url="http://127.0.0.1", cookies=cookies(archive, me))
    page = client.get("/me").text
    assert WHAT_ROLES_DO[Role.CUSTODIAN] in page
    assert "<span>Search records</span>" in page
    assert ">records.search<" not in page


def test_nobody_is_offered_to_change_their_own_roles_and_whoever_asks_all_the_same_is_refused(archive: Archive) -> None:
    ada, bo = (person(archive, Role.SYSTEM_ADMINISTRATOR, name=one) for one in ("Ada", "Bo"))
    with archive.database.read() as connection:
        (mine,), (other,) = (service.grants(connection, one.id) for one in (ada, bo))
    desk = TestClient(
        create_app(Site(archive)), base_url="http://127.0.0.1", follow_redirects=False,
        cookies=cookies(archive, ada), headers={"Sec-Fetch-Site": "same-origin"},
    )  # fmt: skip
    for who, grant, offered in ((ada, mine, False), (bo, other, True)):
        page = desk.get(f"/people/{who.id}").text
        forms = [f"/people/{who.id}/roles", f"/people/{who.id}/roles/{grant.id}/revoke", f"/people/{who.id}/end"]
        assert [f'action="{one}"' in page for one in forms] == [offered] * 3
        assert ("These are your own" in page) is not offered
        assert "Particulars" in page
    for path, form in (
        (f"/people/{ada.id}/roles", {"role": "custodian", "scope": "everything"}),
        (f"/people/{ada.id}/roles/{mine.id}/revoke", {}),
        (f"/people/{ada.id}/end", {"sure": "yes"}),
    ):
        answer = desk.post(path, data=form)
        assert (answer.status_code, "Nothing was changed" in answer.text) == (400, True), path
    with archive.database.read() as connection:
        assert [one.revoked_at for one in service.grants(connection, ada.id)] == [None]
