"""Who is responsible for an account and where they are written to, said on its page."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from archiver.people.roles import Role
from tests.register.town import Town
from tests.register_pages.conftest import Desk

Sit = Callable[..., Desk]
SAID = {"owner": "Ada <b>Brown", "position": "Head of Traffic", "mail": "ada@city.example", "why": "she told us"}


@pytest.mark.law("R10", "R12")
def test_an_owner_is_named_with_an_address_by_whoever_may(desk: Sit, town: Town) -> None:
    listing = town.listing(authority=town.authority("mayor"), owner="Bo", owner_until="2026-02-01")
    clerk = desk(Role.LEGAL_CUSTODIAN, "mayor")
    page = clerk.get(f"/register/accounts/{listing}").text
    assert 'name="mail"' in page
    answer = clerk.client.post(f"/register/accounts/{listing}/owner", data=SAID)
    assert (answer.status_code, answer.headers["location"]) == (303, f"/register/accounts/{listing}#owner")
    said = town.register.listings[listing]
    assert (said.owner, said.owner_mail, said.owner_until) == ("Ada <b>Brown", "ada@city.example", None)
    (*_, last) = town.register.history(listing)
    assert (last.by, last.why) == ("Jo Clerk", "she told us")
    assert clerk.events()[-1].actor_id == clerk.person_id
    assert "Ada &lt;b&gt;Brown" in clerk.get(f"/register/accounts/{listing}").text
    before = len(clerk.events())
    clerk.client.post(f"/register/accounts/{listing}/owner", data=SAID)
    assert len(clerk.events()) == before, "sent twice, it changes nothing"
    clerk.client.post(f"/register/accounts/{listing}/owner", data=SAID | {"owner": "Cy", "mail": ""})
    assert town.register.listings[listing].owner_mail is None


@pytest.mark.law("R71")
def test_nobody_names_an_owner_where_their_roles_do_not_reach(desk: Sit, town: Town) -> None:
    mayor, clerk = (
        town.listing(f"https://a.example/{one}", authority=town.authority(one)) for one in ("mayor", "clerk")
    )
    sits = [
        (desk(Role.LEGAL_CUSTODIAN, "mayor", name="One"), [clerk, "li_none"]),
        (desk(Role.CUSTODIAN, name="Two"), [mayor, clerk, "li_none"]),
        (desk(Role.AUDITOR, name="Three"), [mayor, "li_none"]),
    ]
    for who, closed in sits:
        for one in closed:
            assert who.client.post(f"/register/accounts/{one}/owner", data=SAID).status_code == 403
            assert 'name="mail"' not in who.get(f"/register/accounts/{one}").text
    assert {one.owner for one in town.register.listings.values()} == {None}
    words = {sits[0][0].client.post(f"/register/accounts/{one}/owner", data=SAID).text for one in (clerk, "li_none")}
    assert len(words) == 1, "what is another's and what is not there are told in the same words"


def test_what_cannot_be_taken_is_shown_again_with_the_reason(desk: Sit, town: Town) -> None:
    listing, officer = town.listing(), desk()
    for fields in (SAID | {"mail": "no address"}, {"session": "none"}, SAID | {"why": "x" * 3000}):
        answer = officer.client.post(f"/register/accounts/{listing}/owner", data=fields)
        assert answer.status_code == 400
        assert "Nothing was changed" in answer.text
    assert (
        "Head of Traffic" in officer.client.post(f"/register/accounts/{listing}/owner", data=SAID | {"mail": "x"}).text
    )
    assert town.register.listings[listing].owner is None
