"""One button of the board: whom it writes to, what is shown where nobody can be written to, and who may press it."""

from __future__ import annotations

import html
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from sqlalchemy import insert, select

from archiver import ids, logs
from archiver.accounts import apps, links
from archiver.accounts.models import Account, ConnectLink
from archiver.accounts.register.statements import Thing
from archiver.archive import Archive
from archiver.clock import SetClock
from archiver.evidence.entry import Entry, read_entry
from archiver.evidence.models import Event
from archiver.mail import service as mail
from archiver.mail.models import Mail
from archiver.mail.transports import NotSent
from archiver.operations.moved_owners import MovedOwners
from archiver.operations.reconnecting import REST
from archiver.people.permission import AUTHORITY, DEPARTMENT
from archiver.people.roles import Role
from archiver.settings import Settings
from archiver.web.app import create_app
from archiver.web.site import Site
from tests import backends
from tests.capture.house import House
from tests.connecting.consenting import Owner
from tests.mail.conftest import Out
from tests.register.town import Town
from tests.signed_in import cookies, person

ADA = "ada@city.example"
MAIL = {"mail_url": "smtp://127.0.0.1:9", "mail_from": "Records <records@city.example>"}


@dataclass
class Broken:
    """An account of the mayor's office whose owner took the consent back, and one of the library's."""

    archive: Archive
    account: str
    listing: str
    library: str
    """Listed, of another authority, and never captured: it waits for its owner too."""

    def client(self, role: Role = Role.CUSTODIAN, name: str = "Jo <i>Clerk", **scope: str) -> TestClient:
        who = person(self.archive, role, name=name, **scope)  # type: ignore[arg-type]
        app = create_app(Site(self.archive))
        client = TestClient(
            app, base_url="http://127.0.0.1", cookies=cookies(self.archive, who), follow_redirects=False
        )
        client.headers["Sec-Fetch-Site"] = "same-origin"
        return client

    @property
    def button(self) -> str:
        return f"/accounts/{self.account}/reconnect"

    @property
    def town(self) -> Town:
        return Town(self.archive)

    def rows(self, table: Any) -> list[Any]:
        with self.archive.database.read() as connection:
            return list(connection.execute(select(*table.__table__.columns)))

    def events(self, like: str = "%") -> list[Entry]:
        with self.archive.database.read() as connection:
            query = select(Event.body).where(Event.type.like(like)).order_by(Event.position)
            return [read_entry(body) for body in connection.execute(query).scalars()]

    def deliver(self, out: Out | None = None) -> Out:
        out = out or Out()
        mail.deliver(self.archive, out)
        return out


def _listed(archive: Archive, url: str, account: str) -> Broken:
    """As the register lists the account, and another one."""
    town = Town(archive)
    mayor, library = town.authority("mayor", name="The Mayor"), town.authority("library", name="The Library")
    listing = town.listing(url, platform="x", account=account, authority=mayor, owner="Ada Brown", owner_mail=ADA,
                           name="City News")  # fmt: skip
    other = url.rpartition("/")[0] + "/library"
    listed = town.listing(other, platform="x", authority=library, owner="Bo Green", name="Reading Room")
    return Broken(archive, account, listing, listed)


@pytest.fixture
def clock() -> SetClock:
    return SetClock(datetime(2026, 3, 2, 8, tzinfo=UTC))


@pytest.fixture
def make(tmp_path: Path, clock: SetClock) -> Iterator[Callable[..., Broken]]:
    """An archive in which an account of X needs sign-in."""
    made: list[Archive] = []

    def open_(**settings: Any) -> Broken:
        home = tmp_path / "home"
        backends.prepare(home, {})
        whole = Settings(home=home, disk_reserve_percent=0, **backends.places(home), **settings)
        made.append(Archive.open(whole, clock=clock))
        apps.keep(made[-1], "x", "client", "secret-of-the-app")
        account, now = ids.account_id("x", "https://x.com", "1"), clock.now()
        row = {"id": account, "platform": "x", "service": "https://x.com", "platform_id": "1", "handle": "@city",
               "name": "City News", "url": "https://x.com/city", "authority": "mayor", "provisional": False,
               "settings": {}, "state": "sign_in_needed", "state_since": now, "added_at": now}  # fmt: skip
        with made[-1].database.write() as connection:
            connection.execute(insert(Account).values(**row))
        return _listed(made[-1], "https://x.com/city", account)

    yield open_
    for one in made:
        one.close()


@pytest.mark.law("R69")
def test_the_button_writes_to_the_owner_who_connects_the_account_again(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    logs.set_up("debug")
    house = House(tmp_path, settings=MAIL)
    owner = Owner.of(house, "x")
    assert owner.connect().connected
    house.run(owner.account)
    broken = _listed(house.archive, owner.url, owner.account)
    house.later(minutes=5)
    house.server.consent.revoke(owner.cast.city)
    house.server.consent.renewals.clear()
    owner.city.say(owner.cast.city, "The library opens at ten.")
    assert house.run(owner.account).outcome == "failed"
    client, out = broken.client(), Out()
    board = client.get("/accounts").text
    assert f'action="{broken.button}"' in board
    assert "Send the owner a reconnect link" in board
    assert f'action="/register/accounts/{broken.library}/reconnect"' in board
    answer = client.post(broken.button)
    assert answer.status_code == 200
    assert ADA in answer.text
    assert "/connect/" not in answer.text, "the link is in the mail only"
    board = client.get("/accounts").text
    assert "is on its way since" in board
    assert f'action="{broken.button}"' not in board, "nobody presses it twice"
    broken.deliver(out)
    board = client.get("/accounts").text
    assert f"Link sent to Ada Brown ({ADA})" in re.sub("</?bdi[^>]*>", "", board)
    (one,) = out.sent
    text = one.get_content()
    assert str(one["To"]) == f"Ada Brown <{ADA}>"
    assert "Jo <i>Clerk asks you to connect this account again" in text
    (link,) = re.findall(r"http://\S+/connect/(\S+)", text)
    begun = owner.begin(link)
    house.later(minutes=5)
    assert owner.finish(owner.agree(begun.address), begun.browser).connected
    assert house.run(broken.account).outcome in ("complete", "unchanged")
    page = client.get(f"/accounts/{broken.account}").text
    assert "made up for" in page
    assert "that stays lost" in page
    assert f'action="{broken.button}"' not in client.get("/accounts").text

    told = [one for one in broken.events() if one.type.split(".")[0] in ("mail", "connection")][-4:]
    assert [one.type for one in told] == ["connection.offered", "mail.asked", "mail.sent", "connection.made"]
    assert {one.actor_id[:3] for one in told[:2]} == {"pe_"}, "who pressed it"
    logs.set_up("warning")
    said = capsys.readouterr().err + "".join(f"{one}" for one in broken.events())
    assert link not in said
    assert ADA not in said
    assert not [row for row in broken.rows(Mail) if row.sealed]
    assert link not in "".join(str(row) for row in (*broken.rows(Mail), *broken.rows(ConnectLink)))
    house.close()


def test_where_no_mail_is_set_up_the_link_is_shown_once_to_be_handed_over(
    make: Callable[..., Broken], clock: SetClock
) -> None:
    broken = make()
    client = broken.client()
    assert "Make a reconnect link for the owner" in client.get("/accounts").text
    answer = client.post(broken.button)
    assert "It is shown only now" in html.unescape(answer.text)
    assert "no mail is set up here" in answer.text
    assert answer.headers["cache-control"] == "no-store"
    (link,) = re.findall(r'readonly value="http://[^"]+/connect/([^"]+)"', answer.text)
    assert broken.rows(Mail) == []
    assert client.get(f"/connect/{link}").status_code == 200
    board = client.get("/accounts").text
    assert link not in board
    assert "to be handed over" in board
    assert client.post(broken.button).status_code == 409, "not again a moment later"
    clock.advance(REST + timedelta(minutes=1))
    assert client.post(broken.button).status_code == 200
    assert client.get(f"/connect/{link}").status_code == 410, "the older one has ended"


def test_without_an_address_or_after_the_owner_left_it_is_shown_although_mail_is_set_up(
    make: Callable[..., Broken],
) -> None:
    broken = make(**MAIL)
    client = broken.client()
    shown = client.post(f"/register/accounts/{broken.library}/reconnect")
    assert "the register has no mail address of its owner" in shown.text
    (link,) = re.findall(r'readonly value="http://[^"]+/connect/([^"]+)"', shown.text)
    assert "Reading Room" in client.get("/accounts").text
    assert client.get(f"/connect/{link}").status_code == 200
    broken.town.change(broken.listing, owner_until="2026-01-01")
    assert "its owner has left" in client.post(broken.button).text
    assert broken.rows(Mail) == []


def test_of_two_who_press_at_the_same_time_one_is_told_that_the_other_did(
    make: Callable[..., Broken], monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = make(**MAIL)
    client, other, offer = broken.client(), broken.client(name="Al Other"), links.offer
    between: list[int] = []

    def late(*said: Any, **more: Any) -> Any:
        if not between:
            between.append(0)
            between[0] = other.post(broken.button).status_code
        return offer(*said, **more)

    monkeypatch.setattr(links, "offer", late)
    assert client.post(broken.button).status_code == 409
    assert between == [200]
    assert [row.state for row in broken.rows(Mail)] == ["waiting"]


def test_whoever_would_send_more_mail_than_is_allowed_is_told_at_the_button(
    make: Callable[..., Broken], clock: SetClock
) -> None:
    city = make(**MAIL, mail_per_recipient=1)
    client = city.client()
    assert client.post(city.button).status_code == 200
    city.deliver()
    clock.advance(timedelta(minutes=6))
    links = city.rows(ConnectLink)
    refused = client.post(city.button)
    assert refused.status_code == 409
    assert "one mail to this address in 24 hours is the most" in html.unescape(refused.text).lower()
    assert [(one.id, one.ended) for one in city.rows(ConnectLink)] == [(one.id, one.ended) for one in links]
    assert len(city.rows(Mail)) == 1, "what was sent before can still be used"


def test_several_are_asked_at_once_by_whoever_chooses_them(make: Callable[..., Broken]) -> None:
    broken = make(**MAIL)
    broken.town.change(broken.library, owner_mail="bo@city.example")
    client = broken.client()
    page = client.get("/reconnect").text
    boxes = re.findall(r'name="owner" value="(\w+)"( checked)?', page)
    assert sorted(boxes) == sorted([(broken.account, " checked"), (broken.library, " checked")])
    assert client.post("/reconnect").status_code == 400
    many = [("owner", ids.new_id("ac")) for _ in range(60)]
    assert client.post("/reconnect", data={"owner": [one for _, one in many]}).status_code == 400
    answer = client.post("/reconnect", data={"owner": [broken.account, broken.library, "ac_none", broken.account]})
    assert answer.status_code == 200
    assert answer.text.count("not asked") == 1
    assert sorted(str(one["To"]) for one in broken.deliver().sent) == [
        f"Ada Brown <{ADA}>",
        "Bo Green <bo@city.example>",
    ]
    assert " checked" not in client.get("/reconnect").text


@pytest.mark.law("R71")
def test_nobody_asks_owners_where_their_roles_do_not_reach(make: Callable[..., Broken]) -> None:
    broken = make(**MAIL)
    town = broken.town
    whose = ids.authority_id("library")
    traffic = town.say(Thing.DEPARTMENT, ids.department_id(whose, "desk"), short="desk", name="Desk", authority=whose)
    buttons = {"mayor": broken.button, "library": f"/register/accounts/{broken.library}/reconnect",
               "none": "/accounts/ac_none/reconnect"}  # fmt: skip
    mayor, library = {"scope": AUTHORITY, "scope_id": "mayor"}, {"scope": AUTHORITY, "scope_id": "library"}
    refused = [
        (broken.client(Role.CUSTODIAN, "One", **library), ["mayor", "none"]),
        (broken.client(Role.CUSTODIAN, "Two", **mayor), ["library", "none"]),
        (broken.client(Role.AUDITOR, "Three"), list(buttons)),
        (broken.client(Role.COMMUNICATIONS, "Four"), list(buttons)),
        (broken.client(Role.CUSTODIAN, "Five", scope=DEPARTMENT, scope_id=traffic), list(buttons)),
    ]
    before = broken.events("connection.%")
    for client, closed in refused:
        for one in closed:
            assert client.post(buttons[one]).status_code == 403, one
            assert f'action="{buttons[one]}"' not in client.get("/accounts").text
            several = client.post("/reconnect", data={"owner": buttons[one].split("/")[-2]})
            assert several.status_code in (403, 409)
            assert ADA not in several.text
    told = refused[0][0]
    words = {told.post(buttons[one]).text for one in ("mayor", "none")}
    assert len(words) == 1, "what is not seen and what is not there are told in the same words"
    foreign = broken.client(name="Six")
    assert foreign.post(broken.button, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert broken.client(Role.CUSTODIAN, "Seven", **mayor).get("/reconnect").text.count('name="owner"') == 1
    assert broken.events("connection.%") == before
    assert broken.rows(Mail) == []
    town.change(broken.library, department=traffic)
    assert refused[-1][0].post(buttons["library"]).status_code == 200, "of their own department they do"


@pytest.mark.parametrize(
    "changed", [{"owner_mail": "bo@city.example"}, {"owner_mail": None}, {"owner_until": "2026-03-01"}]
)
@pytest.mark.parametrize("sent", [False, True])
def test_whoever_is_written_to_no_more_is_left_with_no_link(
    make: Callable[..., Broken], changed: dict[str, Any], sent: bool
) -> None:
    broken = make(**MAIL)
    broken.client().post(broken.button)
    out, moved = broken.deliver() if sent else Out(), MovedOwners(broken.archive)
    assert moved.settle() == 0
    broken.town.change(broken.listing, name="City News of the day")
    assert moved.settle() == 0, "what else is said of an account ends nothing"
    broken.town.change(broken.listing, **changed)
    assert (moved.settle(), moved.settle()) == (1, 0)
    assert len(broken.deliver(out).sent) == int(sent)
    assert [row.ended for row in broken.rows(ConnectLink)] == ["withdrawn"]
    assert [row.state for row in broken.rows(Mail)] == ["sent" if sent else "dropped"]
    (told,) = broken.events("connection.withdrawn")
    assert (told.actor_kind, told.actor_id) == ("service", "mail")
    assert broken.client(name="Later").post(broken.button).status_code == 200


@pytest.mark.law("R71")
def test_a_listing_with_the_address_of_another_authoritys_account_asks_nobody(make: Callable[..., Broken]) -> None:
    broken = make(**MAIL)
    assert broken.client().post(broken.button).status_code == 200
    before = [row.ended for row in broken.rows(ConnectLink)]
    whose = broken.town.register.listings[broken.library].authority
    other = broken.town.listing("https://x.com/city", platform="x", authority=whose, owner="Mallory",
                                owner_mail="mallory@city.example")  # fmt: skip
    library = broken.client(Role.CUSTODIAN, "Mallory", scope=AUTHORITY, scope_id="library")
    answer = library.post(f"/register/accounts/{other}/reconnect")
    assert answer.status_code == 409
    assert "your roles do not reach there" in answer.text
    assert [row.ended for row in broken.rows(ConnectLink)] == before == [None]
    assert [row.recipient for row in broken.rows(Mail)] == [ADA]


@pytest.mark.law("R6")
def test_nobody_is_asked_to_connect_a_personal_account(make: Callable[..., Broken]) -> None:
    broken = make(**MAIL)
    broken.town.change(broken.library, capacity="personal", owner_mail=ADA)
    answer = broken.client().post(f"/register/accounts/{broken.library}/reconnect")
    assert answer.status_code == 409
    assert "law R6" in answer.text
    assert broken.rows(Mail) == []


def test_the_board_says_what_became_of_a_mail(make: Callable[..., Broken], clock: SetClock) -> None:
    broken = make(**MAIL)
    client = broken.client()
    client.post(broken.button)
    out = Out(failures=[NotSent("timed_out", "mail.city.example does not answer in time <b>")])
    broken.deliver(out)
    board = re.sub("</?bdi[^>]*>", "", client.get("/accounts").text)
    assert "did not leave yet, tried once: mail.city.example does not answer in time &lt;b&gt;" in board
    clock.advance(timedelta(minutes=3))
    broken.deliver(Out(failures=[NotSent("recipient", "no such mailbox", final=True)]))
    assert "was given up: no such mailbox" in client.get("/accounts").text
    assert client.post(broken.button).status_code == 200, "and can be asked again at once"
    broken.deliver()
    clock.advance(timedelta(days=8))
    assert "was not used, and its days were over" in broken.client(name="Later").get("/accounts").text


def test_a_mail_that_waits_is_not_sent_once_another_link_took_its_place(make: Callable[..., Broken]) -> None:
    broken = make(**MAIL)
    broken.client().post(broken.button)
    links.offer(broken.archive, broken.account)
    assert broken.deliver().sent == []
    assert [row.reason for row in broken.rows(Mail)] == ["a newer link took its place"]
