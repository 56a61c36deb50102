"""Saying things of the register: acts, events, rows, refusals."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import func, insert, select

from archiver import ids
from archiver.accounts import service as accounts
from archiver.accounts import tokens
from archiver.accounts.models import Account, Handle
from archiver.accounts.permission import Actor, NotPermitted, acting
from archiver.accounts.register import service
from archiver.accounts.register.models import RegisterDocument, RegisterStatement
from archiver.accounts.register.statements import Thing
from archiver.archive import Archive
from archiver.errors import NotFound, Refused, UsageError
from archiver.evidence.entry import read_entry
from archiver.evidence.models import ActFile, Event
from archiver.evidence.register_facts import LARGEST_DOCUMENT
from archiver.people.permission import AUTHORITY
from archiver.people.registering import actor_of
from archiver.people.roles import Role
from tests.capture.house import FULL, House
from tests.register.town import CLERK, Town, says
from tests.signed_in import person


def _counts(archive: Archive) -> tuple[int, int, int]:
    with archive.database.read() as connection:
        tables: tuple[Any, ...] = (RegisterStatement, ActFile, Event)
        return tuple(len(connection.execute(select(table)).all()) for table in tables)  # type: ignore[return-value]


@pytest.mark.law("R10", "R12")
def test_what_is_said_is_a_row_an_act_and_two_events_in_one_transaction(town: Town) -> None:
    before = _counts(town.archive)
    mayor = town.authority("mayor", kind="elected")
    assert [after - was for after, was in zip(_counts(town.archive), before, strict=True)] == [1, 1, 2]
    assert mayor == ids.authority_id("mayor")
    with town.archive.database.read() as connection:
        bodies = connection.execute(select(Event.body).where(Event.type == "register.changed")).scalars().all()
    (entry,) = [read_entry(body) for body in bodies]
    assert (entry.subject_kind, entry.data) == ("act", {"thing": "authority", "change": "new"})
    said = town.register.current(mayor)
    assert said is not None
    assert (said.by, said.effective, said.act_id) == ("Jo Clerk", "0001-01-01", entry.subject_id)
    assert "Jo" not in str(bodies), "no name gets into the log"


def test_saying_the_same_again_writes_nothing(town: Town) -> None:
    town.authority()
    before = _counts(town.archive)
    assert town.authority() == ids.authority_id("mayor")
    assert _counts(town.archive) == before


@pytest.mark.law("R8", "R10")
def test_a_change_a_correction_and_a_mistake_leave_what_was_said(town: Town) -> None:
    town.authority("mayor", name="Mayor")
    town.authority("mayor", name="Office of the Mayor", why="renamed")
    town.authority("mayor", name="Mayor's Office", correct=True)
    mayor, today = ids.authority_id("mayor"), town.today
    register = town.register
    assert register.authorities[mayor].name == "Mayor's Office"
    assert register.on(today - timedelta(days=1)).authorities[mayor].name == "Mayor"
    assert [(one.effective, one.void) for one in register.history(mayor)] == [
        ("0001-01-01", False), (today.isoformat(), False), (today.isoformat(), False)]  # fmt: skip
    town.authority("mayor", name="Mayor's Office", void=True)
    assert mayor not in town.register.authorities
    assert len(town.register.history(mayor)) == 4
    town.authority("mayor", name="Mayor's Office", effective=date(2020, 1, 1))
    assert town.register.on(date(2021, 1, 1)).authorities[mayor].name == "Mayor's Office"


def _refusals(town: Town) -> list[tuple[str, Thing, dict[str, Any]]]:
    mayor = town.authority("mayor", kind="elected")
    press = ids.department_id(mayor, "press")
    town.say(Thing.DEPARTMENT, press, authority=mayor, short="press", name="Press")
    other = town.authority("library")
    url, missing = "https://a.example/x", ids.authority_id("no")
    return [
        ("kind is one of", Thing.AUTHORITY, {"short": "x", "name": "X", "kind": "royal"}),
        ("name is missing", Thing.AUTHORITY, {"short": "x", "name": ""}),
        ("never changes", Thing.AUTHORITY, {"short": "y", "name": "Y"}),
        ("U\\+0007", Thing.AUTHORITY, {"short": "x", "name": "bell\x07"}),
        ("begins or ends", Thing.AUTHORITY, {"short": "x", "name": " X"}),
        ("before since", Thing.AUTHORITY, {"short": "x", "name": "X", "since": "2026-02-01", "until": "2026-01-01"}),
        ("role is one of", Thing.CUSTODIANSHIP, {"authority": mayor, "person": "A", "role": "king"}),
        ("no such authority", Thing.CUSTODIANSHIP, {"authority": missing, "person": "A", "role": "holder"}),
        ("another authority", Thing.LISTING, {"url": url, "authority": other, "department": press}),
        ("another authority", Thing.LISTING, {"url": url, "department": press, "authority": None}),
        ("no web address", Thing.LISTING, {"url": "javascript:alert(1)"}),
        ("password or key", Thing.LISTING, {"url": "https://me:secret@a.example/"}),
        ("semicolon", Thing.LISTING, {"url": url, "administrators": ["A; B"]}),
        ("capacity is one of", Thing.LISTING, {"url": url, "capacity": "secret"}),
        ("does not follow", Thing.LISTING, {"url": url, "platform_id": "1", "account": ids.account_id("x", "y", "z")}),
        ("no such document", Thing.ATTESTATION, {"listing": town.listing(), "person": "A", "on": "2026-01-01",
                                                  "documents": [ids.new_id("do")]}),
        ("for an account or for an authority", Thing.EXEMPTION, {"rule": "a", "reason": "b", "approver": "c"}),
    ]  # fmt: skip


def test_what_contradicts_itself_is_refused_and_changes_nothing(town: Town) -> None:
    told = _refusals(town)
    before = _counts(town.archive)
    for words, thing, fields in told:
        thing_id = ids.authority_id("x") if thing is Thing.AUTHORITY else None
        with pytest.raises(UsageError, match=words):
            town.say(thing, thing_id, **fields)
    with pytest.raises(UsageError, match="name cannot be this"):
        service.shape(Thing.AUTHORITY, says(Thing.AUTHORITY, short="x", name="X").model_dump() | {"name": "\ud800"})
    assert _counts(town.archive) == before


def test_the_guard_is_asked_before_anything_is_said(town: Town) -> None:
    before = _counts(town.archive)
    nobody = Actor("person", " ")
    said = says(Thing.AUTHORITY, short="mayor", name="Mayor")
    with pytest.raises(NotPermitted, match=r"register\.change"):
        town.state(Thing.AUTHORITY, ids.authority_id("mayor"), said, nobody)
    with pytest.raises(NotPermitted):
        service.keep_document(town.archive, nobody, "a.pdf", "application/pdf", b"%PDF")
    assert _counts(town.archive) == before
    assert acting("Jo Clerk") == CLERK
    for bad in ("", " ", "two\nlines", "x" * 201, "\u202eturned"):
        with pytest.raises(UsageError, match="--by"):
            acting(bad)


def test_a_document_is_kept_once_and_comes_back_whole(town: Town) -> None:
    content = bytes(range(256)) * 40
    kept = service.keep_document(town.archive, CLERK, "letter\u0000.pdf", "application/pdf", content)
    assert service.keep_document(town.archive, CLERK, "copy.pdf", "application/pdf", content) == kept
    with town.archive.database.read() as connection:
        assert service.document(connection, kept).content == content
        assert len(connection.execute(select(RegisterDocument.id)).all()) == 1
        with pytest.raises(NotFound):
            service.document(connection, ids.new_id("do"))
    for bad in (b"", b"x" * (LARGEST_DOCUMENT + 1)):
        with pytest.raises(UsageError, match="between"):
            service.keep_document(town.archive, CLERK, "x", "text/plain", bad)


def test_a_document_of_the_largest_size_can_be_kept(town: Town) -> None:
    content = b"\xff" * LARGEST_DOCUMENT
    kept = service.keep_document(town.archive, CLERK, "scan.pdf", "application/pdf", content)
    with town.archive.database.read() as connection:
        assert service.document(connection, kept).content == content


# --- what is listed, and what is captured ----------------------------------------------------------------------------


@pytest.mark.law("R5")
@pytest.mark.parametrize("capacity", ["personal", "campaign"])
def test_an_account_that_becomes_personal_is_stopped_with_the_reason(house: House, capacity: str) -> None:
    account = house.office()
    house.run(account)
    town = Town(house.archive)
    with house.archive.database.read() as connection:
        added = accounts.get(connection, account)
    fields = {name: getattr(added, name) for name in ("platform", "service", "platform_id", "url", "handle")}
    listing = town.listing(account=account, **fields)
    assert house.account_state(account) == "active"
    tokens.keep(house.archive, account, "of an office")
    assert town.change(listing, capacity=capacity).stopped == account
    assert house.archive.vault.held(account) is None, "what it was read with is forgotten"
    with house.archive.database.read() as connection:
        gone = select(func.count()).select_from(Event).where(Event.type == "credential.removed")
        assert connection.execute(gone.where(Event.subject_id == account)).scalar_one() == 1
    with house.archive.database.read() as connection:
        stopped = accounts.get(connection, account)
    assert stopped.state == "paused"
    assert capacity in (stopped.state_reason or "")
    for act in (lambda: accounts.resume(house.archive, account), lambda: house.run(account, FULL)):
        with pytest.raises(Refused, match="R5"):
            act()
    with pytest.raises(Refused, match="R6"):
        tokens.keep(house.archive, account, "of a person")
    assert house.archive.vault.held(account) is None
    town.change(listing, capacity="official")
    accounts.resume(house.archive, account)
    house.run(account)


@pytest.mark.law("R5")
def test_what_becomes_personal_on_a_day_that_comes_is_stopped_then(house: House) -> None:
    account = house.feed()
    town = Town(house.archive)
    with house.archive.database.read() as connection:
        url = accounts.get(connection, account).url
    listing = town.listing(url=url, account=account)
    said = town.register.listings[listing].model_copy(update={"capacity": "campaign"})
    town.state(Thing.LISTING, listing, said, effective=town.today + timedelta(days=2))
    house.run(account)
    house.later(days=3)
    with pytest.raises(Refused, match="campaign"):
        house.run(account)
    assert house.account_state(account) == "paused"


@pytest.mark.law("R5", "R12")
def test_adding_joins_an_account_to_its_listing_and_refuses_what_is_not_captured(house: House) -> None:
    town = Town(house.archive)
    url = house.server.mastodon.account_url(house.cast.city)
    personal = town.listing(url=url, capacity="personal")
    with pytest.raises(Refused, match="nothing was added"):
        house.office()
    with house.archive.database.read() as connection:
        assert accounts.list_accounts(connection) == []
    town.change(personal, capacity="mixed")
    with pytest.raises(Refused, match="City Attorney"):
        house.office()
    mayor = town.authority("mayor", kind="elected")
    town.change(personal, decision="Opinion 26-11 of 2026-02-01", authority=mayor)
    account = house.office()
    joined = town.register.listings[personal]
    assert (joined.account, joined.platform) == (account, "mastodon")
    assert joined.platform_id
    assert house.office() == account, "and once more"
    assert len(town.register.history(personal)) == 4


@pytest.mark.law("R13")
def test_whose_an_account_is_follows_the_register_from_then_on(house: House) -> None:
    account = house.office()
    house.run(account)
    house.capture.flush(all=True)
    town = Town(house.archive)
    mayor = town.authority("mayor")
    with house.archive.database.read() as connection:
        url = accounts.get(connection, account).url
    town.listing(url=url, account=account, authority=mayor)
    with house.archive.database.read() as connection:
        assert accounts.get(connection, account).authority == "mayor"
    house.city.say(house.cast.city, "From another office now.")
    house.later(hours=1)
    house.run(account)
    house.capture.flush(all=True)
    owners = [one.key.split("/")[1] for one in house.archive.store.list("segments/")]
    assert set(owners) == {"unassigned", "mayor"}


@pytest.mark.law("R10", "R13")
def test_an_account_that_moves_on_a_day_that_comes_is_the_other_authority_s_from_then_on(house: House) -> None:
    account = house.feed()
    town = Town(house.archive)
    first, second = town.authority("mayor"), town.authority("library")
    with house.archive.database.read() as connection:
        url = accounts.get(connection, account).url
    listing = town.listing(url=url, account=account, authority=first)
    moved = town.register.listings[listing].model_copy(update={"authority": second})
    town.state(Thing.LISTING, listing, moved, effective=town.today + timedelta(days=1))

    def whose() -> tuple[str, int]:
        house.run(account)
        with house.archive.database.read() as connection:
            acts = select(ActFile.number).where(ActFile.kind == "account.assigned")
            return accounts.get(connection, account).authority, len(connection.execute(acts).all())

    assert whose() == ("mayor", 1)
    house.later(days=1)
    assert whose() == ("library", 2)
    other = town.listing(url=f"{url}?", account=account, authority=first)
    assert whose() == ("library", 2), "two entries name two: it stays as it is"
    town.state(Thing.LISTING, other, town.register.listings[other], void=True)
    assert whose() == ("library", 2)


@pytest.mark.law("R5")
def test_of_an_account_that_is_listed_twice_the_stricter_entry_counts(house: House) -> None:
    town = Town(house.archive)
    url = house.server.mastodon.account_url(house.cast.city)
    first, second = town.listing(url=url), town.listing(url=f"{url}/", capacity="campaign")
    with pytest.raises(Refused, match="campaign"):
        house.office()
    town.change(second, capacity="official")
    account = house.office()
    assert {one.account for one in town.register.listings.values()} == {None}, "which of them it is, a person says"
    for one in (first, second):
        town.change(one, account=account)
    town.change(second, capacity="personal")
    assert house.account_state(account) == "paused"
    with pytest.raises(Refused):
        house.run(account)


def test_what_is_listed_from_a_day_that_comes_follows_nothing_yet(house: House) -> None:
    account = house.feed()
    town = Town(house.archive)
    with house.archive.database.read() as connection:
        url = accounts.get(connection, account).url
    tomorrow = town.today + timedelta(days=1)
    town.say(Thing.LISTING, url=url, account=account, capacity="personal", effective=tomorrow)
    assert town.register.listings == {}
    assert house.account_state(account) == "active"


def test_an_unknown_account_s_listing_changes_nothing_else(town: Town) -> None:
    account = ids.account_id("x", "https://x.com", "1")
    town.listing(account=account, capacity="personal")
    with town.archive.database.write() as connection:
        row = {"id": account, "platform": "x", "service": "https://x.com", "platform_id": "1", "handle": "h"}
        now = town.archive.clock.now()
        connection.execute(insert(Account).values(**row, name="n", url="u", state_since=now, added_at=now))
    with pytest.raises(Refused):
        accounts.resume(town.archive, _paused(town, account))


def _paused(town: Town, account: str) -> str:
    accounts.pause(town.archive, account, "for a test")
    return account


@pytest.mark.law("R10")
def test_nobody_says_what_was_or_will_be_another_authority_s(town: Town) -> None:
    mayor, library = town.authority("mayor", kind="elected"), town.authority("library")
    mayors, librarian = (_signed_in(town.archive, one) for one in ("mayor", "library"))
    later = town.today + timedelta(days=30)
    moved = town.listing("https://social.example/@moved", authority=library)
    town.state(Thing.LISTING, moved, says(Thing.LISTING, url="https://social.example/@moved", authority=mayor))
    coming = town.listing("https://social.example/@coming", authority=library, effective=later)
    gone = town.listing("https://social.example/@gone", authority=library)
    town.state(Thing.LISTING, gone, town.register.listings[gone], void=True)
    mine = says(Thing.LISTING, url="https://social.example/@mine", authority=mayor)
    for listing, options in ((moved, {"effective": date(2020, 1, 1)}), (coming, {}), (gone, {})):
        with pytest.raises(NotPermitted):
            town.state(Thing.LISTING, listing, mine, mayors, **options)
    town.state(Thing.LISTING, moved, mine, mayors)
    with pytest.raises(NotPermitted):
        town.state(Thing.LISTING, moved, mine.model_copy(update={"authority": library}), librarian)


@pytest.mark.law("R10", "R11")
def test_nobody_makes_their_own_office_the_clerk(town: Town) -> None:
    mayor = town.authority("mayor", kind="elected")
    custodian, said = _signed_in(town.archive, "mayor"), town.register.authorities[mayor]
    with pytest.raises(NotPermitted):
        town.state(Thing.AUTHORITY, mayor, said.model_copy(update={"clerk": True}), custodian)
    town.state(Thing.AUTHORITY, mayor, said.model_copy(update={"note": "moved"}), custodian)
    assert (town.register.authorities[mayor].clerk, town.register.authorities[mayor].note) == (False, "moved")


def test_what_no_act_can_hold_is_refused_in_words(town: Town) -> None:
    listing = town.listing(authority=town.authority("mayor"))
    with pytest.raises(UsageError, match="owner"):
        town.change(listing, owner="A" * 2001)
    assert town.register.listings[listing].owner is None


def _signed_in(archive: Archive, authority: str) -> Actor:
    """The legal custodian of one authority."""
    who = person(archive, Role.LEGAL_CUSTODIAN, name=authority, scope=AUTHORITY, scope_id=authority)
    return actor_of(archive.clock, who)


@pytest.mark.law("R12")
def test_a_captured_account_is_listed_by_none_but_its_own_addresses(house: House) -> None:
    """What was captured would stand under the name of what it is not of; a new handle is noticed by itself."""
    town, url = Town(house.archive), house.server.mastodon.account_url(house.cast.city)
    listing = town.listing(url, platform="mastodon", service=house.server.base_url)
    account = house.mastodon(house.cast.city)
    assert town.register.listings[listing].account == account
    other = house.server.mastodon.account_url(house.cast.works)
    for wrong in (other, "https://elsewhere.example/@city", url.replace("http://", "https://x."), f"{url}s"):
        for correct in (False, True):
            held = town.register.listings[listing].model_copy(update={"url": wrong})
            with pytest.raises(UsageError, match="none by which the captured account is, or was, known"):
                town.state(Thing.LISTING, listing, held, correct=correct)
    assert town.register.listings[listing].url == url
    handle = url.rpartition("@")[2]
    for fine in (f"{url}/", f"{house.server.base_url}/users/{handle}", url):
        assert town.change(listing, url=fine).change == "changed"
    with house.archive.database.write() as connection:
        now = house.archive.clock.now() - timedelta(days=9)
        old = {"handle": "before", "name": "Before", "url": f"{house.server.base_url}/@before"}
        connection.execute(insert(Handle).values(account_id=account, first_seen_at=now, **old))
    assert town.change(listing, url=old["url"]).change == "changed", "by which it was known before"
    town.change(listing, url=url)


@pytest.mark.law("R12")
def test_an_entry_of_what_is_not_captured_is_not_moved_onto_an_account_that_is(house: House) -> None:
    town, account = Town(house.archive), house.office()
    url = house.server.mastodon.account_url(house.cast.city)
    listing = town.listing("https://elsewhere.example/@city", platform="mastodon")
    with pytest.raises(UsageError, match="of an account that is captured already"):
        town.change(listing, url=url)
    assert town.change(listing, url="https://elsewhere.example/@renamed").change == "changed"
    assert town.register.listings[listing].account is None
    assert account
