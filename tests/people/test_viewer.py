"""What somebody sees is worked out from their grants in few statements, and again for every page: never more or less
than the grants say one by one, and never as of a moment ago."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from random import Random

import pytest
from fastapi.testclient import TestClient
from httpx import Response

from archiver.archive import Archive
from archiver.clock import SetClock
from archiver.people import permission, service
from archiver.people.acting import SERVICE
from archiver.people.actions import Action
from archiver.people.models import AccountReserve
from archiver.people.permission import ACCOUNT, AUTHORITY, DEPARTMENT, EVERYTHING
from archiver.people.roles import OPENS, Access, Role
from archiver.people.service import GrantView, NewGrant, PersonView
from archiver.web.app import create_app
from archiver.web.site import Site
from tests.people.scene import CANARIES, OFFICES, account_of, departments
from tests.register.town import Town
from tests.signed_in import cookies, person

_PUBLIC = [Access.PUBLIC]
#: A record as the viewer is asked of it, and the access class a grant has to open for it.
_ASKED = (
    ("public", "post", Access.PUBLIC),
    ("private", "post", Access.PRIVATE),
    ("private", "message", Access.MESSAGE),
)


def expected(archive: Archive, person_id: str, action: Action) -> set[tuple[str, str, str]]:
    """What :func:`permission.granted` says, row by row: the records of which accounts somebody sees."""
    opened: dict[tuple[str, str], set[str]] = {}
    with archive.database.read() as connection:
        now = archive.clock.now()
        rows = permission.granted(person_id, action, now, permission.city_day(connection, now))
        for row in connection.execute(rows):
            opened.setdefault((row.account_id, row.id), set()).add(row.access)
        kept = connection.execute(AccountReserve.__table__.select()).all()
    seen = set()
    for (account, _), classes in opened.items():
        if {one.access for one in kept if one.account_id == account} <= classes:
            seen |= {(account, access, kind) for access, kind, needed in _ASKED if needed in classes}
    return seen


def test_the_viewer_is_what_the_grants_say_one_by_one(offices: Archive) -> None:
    choose, parts = Random(5), departments(offices)
    scopes = [(EVERYTHING, "")]
    scopes += [(AUTHORITY, one) for one in OFFICES] + [(DEPARTMENT, parts[one]) for one in OFFICES]
    scopes += [(ACCOUNT, account_of(one)) for one in OFFICES]
    roles = (Role.CUSTODIAN, Role.RECORDS_OFFICER, Role.COMMUNICATIONS, Role.CIO)
    people = [person(offices) for _ in range(12)]
    for number, who in enumerate(people):
        for _ in range(choose.randrange(1, 4)):
            role, (scope, scope_id) = choose.choice(roles), choose.choice(scopes[: 1 if number < 4 else len(scopes)])
            opens = OPENS[role] & set(choose.choice((Access, [Access.PUBLIC, Access.PRIVATE], _PUBLIC)))
            service.grant(offices, SERVICE, who.id, NewGrant(role, scope, scope_id, opens))
    sizes = set()
    for reserved in ([], [Access.LIBRARY_PATRON]):
        service.reserve(offices, SERVICE, account_of("library"), reserved)
        for who in people:
            for action in (Action.RECORDS_SEARCH, Action.CAPTURE_VIEW):
                with offices.database.read() as connection:
                    viewer = permission.viewer(connection, who.id, action, offices.clock.now())
                    reached = permission.accounts_seen(connection, who.id, action, offices.clock.now())
                accounts = [account_of(one) for one in OFFICES]
                found = {
                    (account, access, kind)
                    for account in accounts
                    for access, kind, _ in _ASKED
                    if viewer.sees_record(account, access, kind)
                }
                assert found == expected(offices, who.id, action), (who, action, reserved)
                assert {one for one in accounts if viewer.sees(one)} == reached
                sizes.add(len(found))
    assert len(sizes) > 3, "they differ"


Act = Callable[[Archive, SetClock, PersonView, GrantView, dict[str, str]], object]
_ACTS: dict[str, tuple[str, Act, bool]] = {
    "a role is taken back": (
        EVERYTHING, lambda archive, hands, who, grant, parts: service.revoke(archive, SERVICE, grant.id, "left"), False,
    ),
    "a role runs out": (
        EVERYTHING, lambda archive, hands, who, grant, parts: hands.advance(timedelta(hours=2)), False,
    ),
    "an account is kept by another class": (
        EVERYTHING,
        lambda archive, hands, who, grant, parts: service.reserve(
            archive, SERVICE, account_of("police"), [Access.LIBRARY_PATRON]
        ),
        True,
    ),
    "the register has an account twice, and elsewhere": (
        DEPARTMENT, lambda archive, hands, who, grant, parts: _elsewhere(archive, parts), True,
    ),
}  # fmt: skip


def _elsewhere(archive: Archive, parts: dict[str, str]) -> None:
    town = Town(archive)
    where = {"authority": town.authority("city"), "department": parts["library"], "account": account_of("police")}
    known = {"platform": "facebook", "service": "https://facebook.example", "platform_id": "police"}
    town.listing("https://facebook.example/police", name="The police", **where, **known)


@pytest.mark.law("R4", "R71")
@pytest.mark.parametrize("act", _ACTS)
def test_what_somebody_may_not_see_any_more_is_gone_with_the_very_next_page(
    act: str, offices: Archive, hands: SetClock
) -> None:
    scope, do, still = _ACTS[act]
    parts = departments(offices)
    who, word = person(offices), CANARIES["police"]["public"]
    grant = service.grant(
        offices,
        SERVICE,
        who.id,
        NewGrant(
            Role.CUSTODIAN, scope, parts["police"] if scope == DEPARTMENT else "", [Access.PUBLIC, Access.PRIVATE],
            ends_at=hands.now() + timedelta(hours=1) if act == "a role runs out" else None,
        ),
    )  # fmt: skip
    app = create_app(Site(offices))

    def ask(counts: str) -> Response:
        # A session of its own each time: whoever loses a role is signed out as well.
        mine = cookies(offices, who)
        with TestClient(app, base_url="http://127.0.0.1", cookies=mine) as client:
            answer: Response = client.get("/search", params={"q": word, "counts": counts})
            return answer

    for _ in range(2):  # whatever could be remembered between pages is remembered now
        assert 'href="/records/rc_police_public' in ask("some").text
    do(offices, hands, who, grant, parts)
    for counts in ("some", "all"):
        after = ask(counts)
        assert after.status_code == (200 if still else 403), after.text
        assert "rc_police" not in after.text
        assert not still or "<strong>0</strong> records" in after.text
