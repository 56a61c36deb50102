"""Is it captured? Asked with an address, answered from what is kept, and captured at once where it is not."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from html import unescape
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import func, select, update

from archiver import ids
from archiver.accounts.models import Account
from archiver.capture import asking_now
from archiver.capture.models import Lease, Run
from archiver.errors import NotFound, Refused
from archiver.evidence.models import Event
from archiver.operations import is_captured
from archiver.people.acting import of_machine, of_person
from archiver.people.roles import Access, Role
from archiver.records.models import Record
from archiver.viewing import Viewer
from archiver.web.app import create_app
from archiver.web.site import Site
from connectors.contract import SweepKind
from tests.capture.house import House
from tests.signed_in import cookies, person


@pytest.fixture
def communications(house: House) -> Iterator[TestClient]:
    who = person(house.archive, Role.COMMUNICATIONS, access=[Access.PUBLIC])
    with TestClient(
        create_app(Site(house.archive)), base_url="http://127.0.0.1", cookies=cookies(house.archive, who),
        headers={"Sec-Fetch-Site": "same-origin"},
    ) as client:  # fmt: skip
        yield client


def _find(house: House, url: str, viewer: Viewer = Viewer.EVERYTHING) -> is_captured.Answer:
    with house.archive.database.read() as connection:
        return is_captured.find(connection, house.archive, viewer, url)


def _events(house: House) -> int:
    with house.archive.database.read() as connection:
        query = select(func.count()).select_from(Event).where(Event.type == "capture.asked")
        return int(connection.execute(query).scalar_one())


def _url(house: House, post: int) -> str:
    return f"{house.server.mastodon.account_url(house.cast.city)}/{post}"


@pytest.mark.law("R22")
def test_every_record_is_found_by_its_own_address(house: House) -> None:
    account, feed = house.office(), house.feed()
    city = house.city
    post = city.say(house.cast.city, "The pool is closed.")
    city.say(house.cast.residents[0], "Why?", answering=post)
    city.say(house.cast.news, "News.")
    house.run(account)
    house.run(feed)
    rows: list[Any] = [row for row in house.rows(Record) if row.url and row.kind in ("post", "comment")]
    assert {row.kind for row in rows} == {"post", "comment"}
    assert {row.account_id for row in rows} == {account, feed}
    for row in rows:
        found = _find(house, f" {row.url}#fragment")
        assert row.id in found.records, row.url
        nothing = _find(house, row.url, Viewer.NOTHING)
        assert (nothing.records, nothing.accounts) == ((), ()), "what is not open to somebody is not told"


@pytest.mark.law("R22")
def test_what_is_not_captured_is_captured_at_once_and_its_removal_logged(
    house: House, communications: TestClient
) -> None:
    account = house.office()
    house.city.say(house.cast.city, "It stays.")
    house.run(account)
    house.later(minutes=10)
    post = house.city.say(house.cast.city, "Said by mistake.")
    url = _url(house, post)
    page = communications.get("/captured", params={"q": url}).text
    assert "not captured" in page
    assert "Capture it now" in page
    asked = communications.post("/captured", data={"q": url, "account": account})
    assert "Waiting for its turn" in asked.text
    assert _events(house) == 1
    before = len(house.runs())
    house.run_due()
    assert len(house.runs()) > before
    page = communications.get(str(asked.url)).text
    assert "Said by mistake." in page
    assert "no permission to remove" in page
    assert "whoever may release records hands it out" in page, "no command that is not for them"
    assert "nothing new" in page or "something new" in page
    link = re.search(r'href="(/moderation/new\?stage=announced[^"]+)"', page)
    assert link is not None
    assert "is about to be done" in communications.get(unescape(link[1])).text
    of = f"{ids.record_id(account, f'status/{post}')},state,"
    form = {"of": of, "stage": "announced", "done": "deleted", "actor": "staff", "ground": "own_error", "step": "keep"}
    kept = communications.post("/moderation", data=form)
    assert "announced, not seen" in kept.text
    house.later(minutes=10)
    house.city.delete(post, by="author")
    house.run(account)
    assert "the change seen" in communications.get(str(kept.url)).text


@pytest.mark.law("R22")
def test_what_is_gone_or_foreign_or_no_address_is_said_to_be_so(house: House, communications: TestClient) -> None:
    account = house.office()
    house.run(account)
    for url, said in (
        ("not an address", "no web address"),
        ("javascript:alert(1)", "no web address"),
        ("https://x.com/somebody/status/1", "not an account of the archive"),
        (f"{house.server.base_url}/nowhere", "not known"),
    ):
        assert said in communications.get("/captured", params={"q": url}).text, url
    url = _url(house, 999_999_999)
    asked = communications.post("/captured", data={"q": url, "account": account})
    house.run_due()
    page = communications.get(str(asked.url)).text
    assert "It was not there" in page
    assert "Look through everything" in page


def test_nothing_is_asked_of_a_pasted_address(house: House, communications: TestClient) -> None:
    account = house.office()
    house.run(account)
    for url in ("http://127.0.0.1:1/@nobody/1", "http://169.254.169.254/latest/meta-data"):
        communications.get("/captured", params={"q": url})
        refused = communications.post("/captured", data={"q": url, "account": account})
        assert refused.status_code == 400, "and no account is looked at for an address that is not of it"
    assert _events(house) == 0


@pytest.mark.law("R71")
def test_only_who_may_has_an_account_looked_at(house: House) -> None:
    account = house.office()
    reviewer = of_person(person(house.archive, Role.REVIEWER).id)
    elsewhere = of_person(person(house.archive, Role.CUSTODIAN, scope="authority", scope_id="library").id)
    for actor in (reviewer, elsewhere):
        with pytest.raises(Refused):
            asking_now.ask(house.archive, actor, account)
    with pytest.raises(NotFound):
        asking_now.ask(house.archive, of_machine(), "ac_none")
    with house.archive.database.write() as connection:
        connection.execute(update(Account).where(Account.id == account).values(state="paused"))
    with pytest.raises(Refused, match="paused"):
        asking_now.ask(house.archive, of_machine(), account)
    assert _events(house) == 0


def _looks(house: House, account: str, asked: datetime, dead: frozenset[str] = frozenset()) -> is_captured.Looks:
    with house.archive.database.read() as connection:
        return is_captured.looks_since(connection, account, asked, house.clock.now(), dead)


@pytest.mark.law("R22")
def test_nothing_is_said_to_be_gone_before_all_that_was_asked_for_was_looked_at(
    house: House, communications: TestClient
) -> None:
    account = house.office()
    house.run(account)
    house.later(minutes=1)
    url = _url(house, 999_999_999)
    asked = communications.post("/captured", data={"q": url, "account": account})
    at = house.clock.now()
    house.run(account, SweepKind.NEW)
    assert not _looks(house, account, at).done, "the threads were not looked at yet"
    page = communications.get(str(asked.url)).text
    assert "It was not there" not in page
    assert "Look again" in page
    house.run(account, SweepKind.WATCH)
    assert _looks(house, account, at).saw_all
    assert "It was not there" in communications.get(str(asked.url)).text
    with house.archive.database.write() as connection:
        last = select(func.max(Run.number)).where(Run.account_id == account).scalar_subquery()
        mine = (Run.account_id == account, Run.number == last)
        connection.execute(update(Run).where(*mine).values(outcome="partial", reason="busy"))
    page = communications.get(str(asked.url)).text
    assert "It was not there" not in page, "a look that did not see all tells nothing"
    assert "it may be there all the same" in page
    with house.archive.database.write() as connection:
        number = connection.execute(select(Run.number).where(*mine)).scalar_one()
        held = {"holder": "somebody", "epoch": number, "expires_at": house.clock.now() + timedelta(minutes=5)}
        connection.execute(update(Lease).where(Lease.account_id == account).values(**held))
    looks = _looks(house, account, at)
    assert (looks.done, None in {one.outcome for one in looks.runs}) == (False, True), (
        "what is committed of a run is not its end"
    )
    assert "Being captured now" in communications.get(str(asked.url)).text
