"""The register of accounts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, func, select

from archiver.accounts import acts, service
from archiver.accounts.models import Account, Handle
from archiver.archive import Archive
from archiver.capture.models import Due
from archiver.clock import SetClock
from archiver.database import Base
from archiver.errors import ArchiverError, NotFound, Refused, Unreachable, UsageError
from archiver.evidence.act import Act, key_of, open_act
from archiver.evidence.act_types import FirstAccountRegistered, check_facts
from archiver.evidence.entry import read_entry
from archiver.evidence.models import ActFile, Event
from archiver.settings import Settings
from connectors.contract import AccountFacts, Answer, Ask, Claim, Problem, ProblemKind, Reading
from connectors.feed import Feed
from tests import backends

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
URL = "https://www.example.gov/news/feed.xml"


class _Answering(Feed):
    """A feed that says of itself what it is told."""

    def __init__(self, reading: Reading) -> None:
        self.reading = reading

    def read(self, ask: Ask, answer: Answer) -> Reading:
        return self.reading


def _facts(platform_id: str = "feed-1", handle: str = "news", name: str = "City News") -> Reading:
    return Reading(account=AccountFacts(platform_id, handle, name, URL))


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    with Archive.open(
        Settings(home=tmp_path / "home", **backends.places(tmp_path / "home")), clock=SetClock(NOW)
    ) as archive:
        yield archive


def _saying(archive: Archive, reading: Reading) -> Archive:
    return replace(archive, platforms=replace(archive.platforms, connectors={"feed": _Answering(reading)}))


def _add(archive: Archive, reading: Reading | None = None, **more: Any) -> service.Added:
    return service.add(_saying(archive, reading or _facts()), URL, "feed", fetch=_fetch, **more)


def _fetch(ask: Ask) -> Answer:
    return Answer(200, (), b"", NOW, ask.url)


def _rows(archive: Archive) -> dict[str, int]:
    with archive.database.read() as connection:
        return {
            name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for name, table in Base.metadata.tables.items()
        }


def test_adding_gives_account_handle_due_times_act_and_event(archive: Archive) -> None:
    before = _rows(archive)
    added = _add(archive, authority="city-clerk")
    assert added.new
    assert (added.account.handle, added.account.name, added.account.authority) == ("news", "City News", "city-clerk")
    assert added.account.provisional
    after = _rows(archive)
    grown = {name: after[name] - before[name] for name in after if after[name] != before[name]}
    assert grown == {"account": 1, "handle": 1, "due": 3, "event": 2, "act_file": 1}
    with archive.database.read() as connection:
        due = {row.sweep: row.due_at for row in connection.execute(select(Due.sweep, Due.due_at))}
        newest = (
            connection.execute(select(Event.type).order_by(Event.position.desc().nulls_first(), Event.arrival.desc()))
            .scalars()
            .first()
        )
    assert due["new"] == NOW
    assert due["full"] == NOW + timedelta(seconds=archive.settings.sweep_full_seconds)
    assert newest == "account.added"


@pytest.mark.law("R12", "R13")
def test_who_added_an_account_when_and_why_stands_in_its_act_its_event_and_its_row(archive: Archive) -> None:
    added = _add(archive, by=service.By(("person", "pe_jo"), "jo", "the mayor's new account"))
    assert (added.account.added_by, added.account.added_user) == ("pe_jo", "jo")
    assert (added.account.added_why, added.account.added_at) == ("the mayor's new account", NOW)
    with archive.database.read() as connection:
        entries = [read_entry(body) for body in connection.execute(select(Event.body)).scalars()]
        (sealed,) = connection.execute(select(ActFile.sealed)).scalars()
        key = key_of(*connection.execute(select(ActFile.number, ActFile.id)).one())
    told = {one.type: (one.actor_kind, one.actor_id, one.at) for one in entries if one.type != "archive.created"}
    assert told == dict.fromkeys(("act.recorded", "account.added"), ("person", "pe_jo", NOW))
    assert "mayor" not in str(entries), "words are in no entry"
    assert sealed is not None
    act = open_act(sealed, archive.identity.id, key, archive.acts.key_file.keys()).act
    assert (act.version, act.actor_id, act.facts["added_by"]) == (2, "pe_jo", "pe_jo")
    assert (act.facts["added_user"], act.facts["added_why"]) == ("jo", "the mayor's new account")
    assert not _add(archive, by=service.By(("person", "pe_other"))).new
    with archive.database.read() as connection:
        assert service.get(connection, added.account.id).added_by == "pe_jo", "whoever was second added nothing"


def test_a_reason_that_is_too_long_adds_nothing(archive: Archive) -> None:
    with pytest.raises(UsageError, match="at most"):
        _add(archive, by=service.By(why="x" * 2001))
    assert _rows(archive)["account"] == 0


@pytest.mark.law("R41")
def test_an_act_of_before_says_nothing_of_who_added_it_and_is_read(archive: Archive) -> None:
    account = _add(archive, by=service.By(why="x")).account
    with archive.database.write() as connection:
        new = acts.registered(connection, account.id)
        facts = {name: new.facts[name] for name in FirstAccountRegistered.model_fields}
        check_facts("account.registered", 1, "account", facts)
        with pytest.raises(ValueError, match="cannot say this"):
            check_facts("account.registered", 2, "account", facts)
        for table in (Due, Handle, Account):
            connection.execute(delete(table))
        act = Act(archive.identity.id, 1, "at_x", "account.registered", 1, NOW, "person", "operator", "account",
                  account.id, facts)  # fmt: skip
        assert acts.enter(connection, act)
        acts.apply(connection, act)
        again = service.get(connection, account.id)
    assert again == replace(account, added_by=None, added_user=None, added_why=None)


@pytest.mark.law("R12")
def test_adding_again_changes_nothing_and_says_so(archive: Archive) -> None:
    first = _add(archive)
    before = _rows(archive)
    again = _add(archive, _facts(handle="renamed"))
    assert not again.new
    assert again.account == first.account
    assert _rows(archive) == before


def test_the_platforms_id_is_the_identity_and_not_the_handle(archive: Archive) -> None:
    one, other = _add(archive, _facts("1", "news")), _add(archive, _facts("2", "news"))
    assert one.account.id != other.account.id
    with archive.database.read() as connection, pytest.raises(UsageError, match=one.account.id):
        service.find(connection, "news")


@pytest.mark.parametrize(
    ("kind", "error"),
    [
        (ProblemKind.GONE, Refused),
        (ProblemKind.PERMISSION, Refused),
        (ProblemKind.SIGN_IN_EXPIRED, Refused),
        (ProblemKind.CONTRACT, Refused),
        (ProblemKind.UNSUPPORTED, Refused),
        (ProblemKind.RATE, Unreachable),
        (ProblemKind.TRANSIENT, Unreachable),
    ],
)
def test_what_the_platform_refuses_is_not_added(
    archive: Archive, kind: ProblemKind, error: type[ArchiverError]
) -> None:
    before = _rows(archive)
    with pytest.raises(error) as caught:
        _add(archive, Reading(problem=Problem(kind, "said\nso \x1b[31m")))
    assert "\n" not in str(caught.value)
    assert "\x1b" not in str(caught.value)
    assert _rows(archive) == before


@pytest.mark.parametrize("reading", [Reading(), Reading(account=AccountFacts("", "x", "x", URL))])
def test_an_answer_that_names_no_account_is_refused(archive: Archive, reading: Reading) -> None:
    with pytest.raises(Refused, match="does not answer like"):
        _add(archive, reading)


@pytest.mark.parametrize("authority", ["", "City Clerk", "../x", "a" * 64, "-x", "ä"])
def test_an_authority_that_cannot_stand_in_a_key_is_refused(archive: Archive, authority: str) -> None:
    with pytest.raises(UsageError):
        _add(archive, authority=authority)
    assert _rows(archive)["account"] == 0


@pytest.mark.parametrize("secret", ["api_key=abcdef123456", "access_token=abcdef123456"])
def test_an_address_with_a_credential_is_refused(archive: Archive, secret: str) -> None:
    with pytest.raises(UsageError, match="password or key") as caught:
        service.add(archive, f"{URL}?{secret}", "feed", fetch=_fetch)
    assert secret not in str(caught.value)


@pytest.mark.parametrize(
    ("told", "asked", "answered", "registered"),
    [
        ("https://www.example.gov/news", URL, URL, "told"),
        ("https://www.example.gov/news", URL, "https://cdn.example.net/x", "told"),
        ("https://feeds.example.net/city", "https://feeds.example.net/city", URL, "told"),
        ("https://mayor.example.org/@mayor", URL, URL, "claimed"),
        ("https://mayor.example.org/@mayor", URL, "https://mayor.example.org/@mayor", "claimed"),
        ("https://www.example.gov.example.org/news", URL, URL, "claimed"),
        ("https://www.example.gov:8443/news", URL, URL, "claimed"),
        ("http://www.example.gov/news", URL, URL, "claimed"),
        ("javascript:alert(1)", URL, URL, "claimed"),
        ("", URL, "", "claimed"),
    ],
)
@pytest.mark.law("R12")
def test_an_address_on_a_server_that_was_not_asked_is_not_registered(
    archive: Archive, told: str, asked: str, answered: str, registered: str
) -> None:
    """A server could have somebody else's address registered, even one that it redirected to once."""

    class Leading(_Answering):
        def identify(self, claim: Claim) -> Ask:
            return replace(super().identify(claim), url=asked)

    reading = Reading(account=AccountFacts("1", "mayor", "The Mayor", told))
    saying = replace(archive, platforms=replace(archive.platforms, connectors={"feed": Leading(reading)}))
    account = service.add(saying, URL, "feed", fetch=lambda ask: Answer(200, (), b"", NOW, answered)).account
    assert account.url == (told if registered == "told" else URL)
    with archive.database.read() as connection:
        assert connection.execute(select(Handle.url)).scalars().all() == [account.url]
        assert acts.registered(connection, account.id).facts["url"] == account.url


def test_a_feed_is_registered_where_it_was_found(archive: Archive) -> None:
    """Its address is its id, and what is captured."""
    moved = "https://feeds.example.net/city"
    saying = _saying(archive, Reading(account=AccountFacts(moved, "city", "City News", moved)))
    added = service.add(saying, URL, "feed", fetch=lambda ask: Answer(200, (), b"", NOW, moved)).account
    assert (added.url, added.platform_id) == (moved, moved)


@pytest.mark.parametrize("handle", ["clerk@city.example:8443", "@Clerk@city.example:8443", "clerk", "@clerk"])
def test_an_address_names_an_account_by_the_handle_on_its_server(archive: Archive, handle: str) -> None:
    """As Mastodon's are known, with their server; what is on another server is another account's."""
    claim = Claim("feed", "https://city.example:8443", "Clerk", URL, "certain")
    other = replace(claim, handle="clerk@elsewhere.example")

    class Claiming(_Answering):
        def claim(self, url: str) -> Claim:
            return claim

    reading = Reading(account=AccountFacts("1", handle, "The Clerk", URL))
    saying = replace(archive, platforms=replace(archive.platforms, connectors={"feed": Claiming(reading)}))
    account = service.add(saying, URL, "feed", fetch=_fetch).account
    with archive.database.read() as connection:
        assert service.claimed(connection, claim) == account
        assert service.claimed(connection, other) is None
        assert service.claimed(connection, replace(claim, service="https://elsewhere.example")) is None


def test_an_account_is_found_by_all_its_names(archive: Archive) -> None:
    account = _add(archive, _facts(handle="news@www.example.gov")).account
    with archive.database.read() as connection:
        for name in (account.id, account.id[:10], "news", "@news", "NEWS@www.example.gov", "city news", URL, URL + "/"):
            assert service.find(connection, name).id == account.id, name
        for name in ("", "@", "new", "ac_", account.id[:5], "%", "_", "/"):
            with pytest.raises(NotFound):
                service.find(connection, name)


def test_pausing_and_resuming_are_events_and_resuming_looks_at_once(archive: Archive) -> None:
    account = _add(archive).account
    with pytest.raises(UsageError, match="at most"):
        service.pause(archive, account.id, "x" * 2001)
    paused = service.pause(archive, account.id, "the office moved")
    assert (paused.state, paused.state_reason) == ("paused", "the office moved")
    count = _rows(archive)["event"]
    assert service.pause(archive, account.id, "again") == paused
    assert _rows(archive)["event"] == count, "nothing happened, so nothing is logged"
    later = NOW + timedelta(days=1)
    assert isinstance(archive.clock, SetClock)
    archive.clock.at = later
    assert service.resume(archive, account.id).state == "active"
    with archive.database.read() as connection:
        assert set(connection.execute(select(Due.due_at)).scalars()) == {later}
        types = list(
            connection.execute(select(Event.type).order_by(Event.position.nulls_last(), Event.arrival)).scalars()
        )
    told = [one for one in types if one != "act.recorded"]
    assert told[-3:] == ["account.added", "account.paused", "account.resumed"]
    assert types.count("act.recorded") == 3


def test_text_a_database_cannot_hold_is_replaced(archive: Archive) -> None:
    account = _add(archive, _facts(handle="a\0b", name="lone \ud800 half")).account
    assert (account.handle, account.name) == ("a␀b", "lone \ufffd half")
