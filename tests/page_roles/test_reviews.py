"""Who has a role on a page, as it was captured, is put beside the register, reviewed, and warned of."""

from __future__ import annotations

import csv
import io
from datetime import date
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select

from archiver.accounts import service as accounts
from archiver.archive import Archive
from archiver.errors import Meanwhile, NotFound, Refused, UsageError
from archiver.evidence.entry import read_entry
from archiver.evidence.models import Event
from archiver.operations import act_keys, board, doctor, health, page_roles
from archiver.operations.register_seen import Sight
from archiver.page_roles import service
from archiver.page_roles.models import RoleReviewStatement
from archiver.people import service as people
from archiver.people.acting import SERVICE, Actor, of_person
from archiver.people.permission import AUTHORITY, EVERYTHING
from archiver.people.roles import Access, Role
from archiver.viewing import Viewer
from archiver.web.app import create_app
from archiver.web.site import Site
from tests.capture.house import FULL, House
from tests.capture.rebuilding import check_rebuilt
from tests.linkedin.page import Page, page
from tests.register.town import Town
from tests.signed_in import cookies, pages, person

SAID = {"on": "2026-03-02", "reviewer": "Cleo CIO", "findings": "Two, as it should be."}


def looked(house: House, found: Page, *roles: str) -> None:
    """Let these administer the page, and capture that."""
    found.server.roles[:] = [(one, "ADMINISTRATOR", "APPROVED") for one in roles]
    house.later(hours=2)
    house.run(found.account, FULL)


def known(archive: Archive, account: str) -> page_roles.AccountRoles:
    with archive.database.read() as connection:
        return page_roles.of_accounts(connection, archive, [accounts.get(connection, account)])[account]


def warned(archive: Archive) -> dict[str, str]:
    with archive.database.read() as connection:
        return {one.misfit.value: one.said for one in page_roles.all_warned(connection, archive)}


def events(archive: Archive, kind: str) -> list[dict[str, Any]]:
    with archive.database.read() as connection:
        query = select(Event.body).where(Event.type == kind)
        return [dict(read_entry(body).data) for body in connection.execute(query).scalars()]


def reasons(archive: Archive, viewer: Viewer = Viewer.EVERYTHING) -> set[str]:
    with archive.database.read() as connection:
        made = board.board(archive, connection, days=False, sight=Sight(viewer, None))
    return {why.code for row in made.rows for why in row.reasons if why.code.startswith("roles_")}


def enter(archive: Archive, actor: Actor, account: str, **said: str) -> str:
    return service.enter(archive, actor, account, **(SAID | said), seen=known(archive, account).versions)


@pytest.mark.law("R71")
def test_a_lost_administrator_is_warned_of_until_they_are_back_or_a_review_explains_it(house: House) -> None:
    found, archive = page(house), house.archive
    looked(house, found, "ada", "bo")
    assert (warned(archive), reasons(archive)) == ({}, set())
    looked(house, found, "ada")
    lost, few = warned(archive)["lost"], warned(archive)["few"]
    assert lost == "one role that its platform told of is told no more, since"
    assert "one administrator" in few
    assert reasons(archive) == {"roles_lost", "roles_few"}
    assert "page roles" in health.check(archive).details
    assert [one.found.rpartition(" ")[0] for one in doctor._page_roles(archive)] == [lost, few]
    assert page_roles.warn(archive) == 2
    assert page_roles.warn(archive) == 0, "once"
    assert sorted(one["about"] for one in events(archive, "page.roles_warned")) == ["few", "lost"]
    looked(house, found, "ada", "bo")
    assert (warned(archive), reasons(archive)) == ({}, set()), "they are back"
    looked(house, found, "ada")
    assert page_roles.warn(archive) == 2, "anew: it is another loss"
    enter(archive, SERVICE, found.account, findings="Bo retired.")
    assert warned(archive) == {}
    assert [one.misfit.value for one in known(archive, found.account).findings] == ["few"], "still said, and explained"
    looked(house, found, "ada", "cy")
    looked(house, found, "ada")
    assert set(warned(archive)) == {"lost", "few"}, "what was lost after the review"
    enter(archive, SERVICE, found.account, findings="Cy was here for a day.")
    house.later(days=31)
    assert "untold" in warned(archive), "not seen for more than 30 days"
    house.later(days=200)
    assert "overdue" in warned(archive)
    assert reasons(archive) == {"roles_untold", "roles_overdue"}
    accounts.pause(archive, found.account, "over")
    assert (warned(archive), reasons(archive)) == ({}, set())


def test_nothing_that_no_stranger_is_told_is_looked_up_for_one(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    """So that nobody makes the service work by asking without end, and none of it makes a watch believe it is ill."""

    def unknown(*_: object) -> None:
        raise ValueError("a list in a shape that nobody thought of")

    monkeypatch.setattr(page_roles, "all_warned", unknown)
    client = TestClient(create_app(Site(house.archive)), base_url="http://127.0.0.1")
    assert client.get("/healthz").json() == {"status": "ok", "failing": []}


@pytest.mark.law("R71")
def test_a_review_is_an_act_with_its_event_that_can_be_taken_back_and_is_made_anew(house: House) -> None:
    found, archive = page(house), house.archive
    looked(house, found, "ada")
    assert known(archive, found.account).due_at is not None
    first = enter(archive, SERVICE, found.account)
    review = known(archive, found.account).reviews[0]
    assert (review.id, review.day, review.says.reviewer) == (first, date(2026, 3, 2), "Cleo CIO")
    assert known(archive, found.account).due_at is not None
    assert warned(archive) == {}
    service.take_back(archive, SERVICE, found.account, first, "another page")
    assert known(archive, found.account).reviews == ()
    assert set(warned(archive)) == {"few"}
    assert sorted(one["change"] for one in events(archive, "page.roles_reviewed")) == ["new", "void"]
    with pytest.raises(UsageError):
        service.take_back(archive, SERVICE, found.account, first, " ")
    with pytest.raises(NotFound):
        service.take_back(archive, SERVICE, found.account, first, "again")
    for wrong in ({"on": "2026-03-03"}, {"on": "yesterday"}, {"findings": " "}, {"reviewer": ""}):
        with pytest.raises(UsageError):
            enter(archive, SERVICE, found.account, **wrong)
    seen = known(archive, found.account).versions
    looked(house, found, "ada", "eve")
    with pytest.raises(Meanwhile):
        service.enter(archive, SERVICE, found.account, **SAID, seen=seen)
    with archive.database.read() as connection:
        assert connection.execute(select(func.count()).select_from(RoleReviewStatement)).scalar_one() == 2
    act_keys.renew_key(archive)
    enter(archive, SERVICE, found.account, findings="Eve \x00 is new.")
    check_rebuilt(house)
    check_rebuilt(house, anew=True)
    assert [one.says.findings for one in known(house.archive, found.account).reviews] == ["Eve \u2400 is new."]


@pytest.mark.law("R71")
def test_only_who_may_reviews_and_only_who_sees_more_than_the_public_part_is_told(house: House) -> None:
    found, archive = page(house), house.archive
    looked(house, found, "ada", "bo")
    office = accounts_authority(archive, found.account)

    def who(role: Role, scope: str = office, access: Any = None) -> Any:
        kind = EVERYTHING if scope == "" else AUTHORITY
        return person(archive, role, name=role.value, scope=kind, scope_id=scope, access=access)

    public = (Access.PUBLIC,)
    refused = [who(role) for role in (Role.REVIEWER, Role.COMMUNICATIONS, Role.AUDITOR, Role.SYSTEM_ADMINISTRATOR)]
    strangers = [who(Role.CIO, "library"), who(Role.CUSTODIAN, access=public)]
    for each, why in [*((one, Refused) for one in refused), *((one, NotFound) for one in strangers)]:
        with pytest.raises(why):
            enter(archive, of_person(each.id), found.account)
    assert events(archive, "page.roles_reviewed") == []
    may = [who(Role.CIO), who(Role.RECORDS_OFFICER, ""), who(Role.CUSTODIAN)]
    for each in may:
        enter(archive, of_person(each.id), found.account)
    assert len(known(archive, found.account).reviews) == 3

    app = create_app(Site(archive))

    def get(each: Any, path: str) -> Any:
        return TestClient(app, base_url="http://127.0.0.1", cookies=cookies(archive, each)).get(path)

    def told(each: Any) -> tuple[int, bool]:
        answer = get(each, f"/register/page-roles/{found.account}")
        return answer.status_code, "urn:li:person:ada" in answer.text

    assert [told(one) for one in may] == [(200, True)] * 3
    assert [told(one) for one in refused] == [(403, False), (403, False), (200, True), (200, True)]
    assert [told(one) for one in strangers] == [(404, False), (200, False)]
    sheet = get(strangers[1], "/register/page-roles.csv").text
    assert "not open to you" in sheet
    assert "urn:li:person" not in sheet
    for each in strangers:
        assert "urn:li:person" not in get(each, "/register/page-roles").text
    people.reserve(archive, SERVICE, found.account, [Access.LIBRARY_PATRON])
    without = who(Role.CUSTODIAN, access=(Access.PUBLIC, Access.PRIVATE))
    assert told(without) == (200, False), "what the account is kept by binds too"
    assert told(may[0]) == (200, True)


def accounts_authority(archive: Archive, account: str) -> str:
    with archive.database.read() as connection:
        return accounts.get(connection, account).authority


@pytest.mark.law("R71")
def test_the_report_says_who_fits_the_register_and_who_does_not(house: House) -> None:
    archive = house.archive
    who = person(archive, Role.CIO, name="Cleo CIO")
    client = pages(archive, who)
    assert "No account that you may see is captured yet" in client.get("/register/page-roles").text
    found = page(house)
    looked(house, found, "ada", "bo", "eve")
    client.cookies.update(cookies(archive, who))
    feed = house.feed()
    public = house.office()
    town = Town(archive)
    office = town.authority("clerk")
    town.listing(
        found.address, account=found.account, authority=office, owner="Bo (urn:li:person:bo)", owner_until="2026-02-01",
        administrators=["Ada <b>Brown</b> (ada)"], name="The page",
    )  # fmt: skip
    lines = [*csv.DictReader(io.StringIO(client.get("/register/page-roles.csv").content.decode("utf-8-sig")))]
    rows = {(one["platform"], one["id there"]): one for one in lines}
    mine = rows["linkedin", "urn:li:person:eve"]
    assert (mine["administrator"], mine["told by"], mine["owner"]) == ("yes", "the platform", "Bo (urn:li:person:bo)")
    assert "urn:li:person:eve (ADMINISTRATOR) has a role and is not known to the register" in mine["what does not fit"]
    assert (
        "bo (ADMINISTRATOR) has a role, and their entry in the register ended on 2026-02-01"
        in mine["what does not fit"]
    )
    assert "ada" not in mine["what does not fit"]
    assert rows["mastodon", ""]["told by"] == "nobody can tell"
    assert "nobody can tell; a deposit is due" in rows["mastodon", ""]["what does not fit"]
    assert rows["feed", ""]["told by"] == "nobody has a role there"
    listed = client.get("/register/page-roles").text
    assert "The page" in listed
    assert "Everything fits" not in client.get("/register/page-roles?only=misfits").text
    assert "No review is overdue." in client.get("/register/page-roles?only=overdue").text
    assert "No account is here." in client.get("/register/page-roles?start=900").text
    shown = client.get(f"/register/page-roles/{found.account}").text
    assert "<b>Brown" not in shown
    review(client, found.account, shown)
    assert "Cleo CIO" in client.get(f"/register/page-roles/{found.account}").text
    assert "Nobody can have a role there" in client.get(f"/register/page-roles/{feed}").text
    assert "Nobody deposited it either" in client.get(f"/register/page-roles/{public}").text


def review(client: TestClient, account: str, shown: str) -> None:
    """Enter a review on the page as it is shown, and see a form that cannot be taken come back as it was."""
    seen = [one.partition('"')[0] for one in shown.split('name="seen" value="')[1:]]
    form = {"step": "keep", "seen": seen, "on": "2026-03-02", "reviewer": "Cleo CIO", "findings": ""}
    wrong = client.post(f"/register/page-roles/{account}", data=form)
    assert wrong.status_code == 400
    assert "Nothing was kept" in wrong.text
    stale = client.post(f"/register/page-roles/{account}", data=form | {"findings": "All <i>fine</i>", "seen": []})
    assert "told something else meanwhile" in stale.text
    assert "All &lt;i&gt;fine" in stale.text
    done = client.post(f"/register/page-roles/{account}", data=form | {"findings": "All <i>fine</i>"})
    assert (done.status_code, done.headers["location"]) == (303, f"/register/page-roles/{account}#reviews")
