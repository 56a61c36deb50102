"""Tokens that run out: renewed ahead, in the middle of a run, by one of several, and through crashes."""

from __future__ import annotations

import logging
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from archiver.accounts import credentials
from archiver.accounts import service as accounts
from archiver.accounts.credentials import READ, SECOND, Held
from archiver.accounts.grants import Grant
from archiver.accounts.models import Account, Credential
from archiver.accounts.renewing import Owned, Renewals, renew_all_due
from archiver.accounts.standing import TokenFacts, renew_at
from archiver.accounts.trades import Denied
from archiver.clock import to_text
from archiver.errors import IntegrityError, OutOfSpace, Unreachable
from archiver.evidence.models import Event
from archiver.operations.connections import warn_of_ends
from archiver.practice import faults
from archiver.practice.messages import Request, Response
from tests.capture.house import NEW, House
from tests.capture.secrecy import nothing_left
from tests.connecting.consenting import Owner

Make = Callable[[str], Owner]
TOKENS = {"x": "/2/oauth2/token", "youtube": "/token", "threads": "/refresh_access_token"}


def owned(house: House, account: str) -> Owned:
    query = select(Account.id, Account.platform, Account.service, Account.url).where(Account.id == account)
    with house.archive.database.read() as connection:
        return Owned(*connection.execute(query).one())


def held(house: House, account: str, purpose: str = READ) -> Held:
    found = house.archive.vault.held(account, purpose)
    assert found is not None
    return found


def refused(house: House, account: str, purpose: str = READ) -> str | None:
    return held(house, account, purpose).refused


@pytest.fixture(autouse=True)
def counted_from_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Tokens are numbered from anywhere."""
    monkeypatch.setattr(credentials, "_NUMBERS", 1)


@pytest.fixture
def x(owner: Make) -> Owner:
    """An account on X that is connected, and has been looked at."""
    one = owner("x")
    one.city.say(one.cast.city, "Main Street is closed on Monday.")
    assert one.connect().connected
    one.house.run(one.account)
    return one


@pytest.mark.law("R71")
@pytest.mark.parametrize(
    ("platform", "after"),
    [
        ("x", {"hours": 1.6}),
        ("youtube", {"minutes": 50}),
        ("threads", {"days": 46}),
        ("linkedin", {"days": 46}),
        ("nextdoor", {"days": 6}),
        ("tiktok", {"hours": 19}),
        ("tiktok_display", {"hours": 1.6}),
        ("reddit", {"minutes": 50}),
    ],
)
def test_a_token_is_renewed_before_it_runs_out(
    house: House, owner: Make, platform: str, after: dict[str, float]
) -> None:
    one = owner(platform)
    assert one.connect().connected
    before = held(house, one.account)
    house.run(one.account)
    assert held(house, one.account).number == before.number, "not yet"
    house.later(**after)
    house.run(one.account)
    renewed = held(house, one.account)
    assert renewed.number == before.number + 1
    assert renewed.grant.access != before.grant.access
    assert renewed.grant.expires_at is not None
    assert renewed.grant.expires_at > house.clock.now()
    assert house.account_state(one.account) == "active"


def test_one_that_has_run_out_is_renewed_at_the_next_run(house: House, x: Owner) -> None:
    house.later(days=3)
    x.city.say(x.cast.city, "The library opens at ten.")
    assert house.run(x.account, NEW).outcome == "complete"
    assert held(house, x.account).number == 2


def test_one_that_runs_out_in_the_middle_of_a_run_is_renewed_and_nothing_is_missing(house: House, x: Owner) -> None:
    token = held(house, x.account).grant.access
    assert token is not None
    fault = house.server.faults.add(_as_if_expired(house), r"^/2/users/\d+/tweets", times=1)
    x.city.say(x.cast.city, "The library opens at ten.")
    result = house.run(x.account)
    assert (result.outcome, fault.hits) == ("complete", 1)
    assert held(house, x.account).number == 2
    assert refused(house, x.account) is None
    assert not house.gaps(open_only=True)


def _as_if_expired(house: House) -> faults.Alter:
    def alter(request: Request, response: Response) -> Response:
        del request, response
        body = b'{"title":"Unauthorized","type":"about:blank","status":401,"detail":"Unauthorized"}'
        return Response(401, (("Content-Type", "application/problem+json"),), body)

    return alter


def test_consent_that_was_taken_back_needs_the_owner_and_is_told_from_trouble(house: House, x: Owner) -> None:
    house.server.consent.revoke(x.cast.city)
    house.server.consent.renewals.clear()
    result = house.run(x.account)
    assert result.outcome == "failed"
    assert (result.reason or "").startswith("sign_in_expired")
    assert house.account_state(x.account) == "sign_in_needed"
    assert refused(house, x.account) == "sign_in_expired"
    assert house.gaps(open_only=True), "never an empty success"
    assert x.connect().connected
    assert house.run(x.account).outcome in ("complete", "unchanged")
    assert house.account_state(x.account) == "active"
    assert refused(house, x.account) is None
    assert not house.gaps(open_only=True)


def test_a_token_that_came_just_now_and_is_not_accepted_either_is_refused_and_not_renewed_at_every_run(
    house: House, x: Owner
) -> None:
    house.server.faults.add(_as_if_expired(house), r"^/2/(users|tweets|dm)", times=None)
    for _ in range(3):
        house.later(minutes=10)
        assert house.run(x.account).outcome == "failed"
        assert refused(house, x.account) == "sign_in_expired"
    assert held(house, x.account).number == 2
    assert changes(house) == 1


def test_one_that_is_not_accepted_while_none_is_renewed_is_renewed_by_the_next_run(house: House, x: Owner) -> None:
    house.server.faults.add(_as_if_expired(house), r"^/2/(users|tweets|dm)", times=1)
    house.server.consent.away = True
    house.run(x.account)
    assert (held(house, x.account).number, refused(house, x.account)) == (1, None)
    house.server.consent.away = False
    house.server.faults.add(_as_if_expired(house), r"^/2/(users|tweets|dm)", times=1)
    assert house.run(x.account).outcome in ("complete", "unchanged")
    assert (held(house, x.account).number, house.account_state(x.account)) == (2, "active")


def test_another_owner_takes_over_where_a_renewed_token_is_not_accepted(house: House, x: Owner) -> None:
    assert x.connect(second=True).connected
    house.server.faults.add(_as_if_expired(house), r"^/2/(users|tweets|dm)", times=2)
    house.later(minutes=10)
    assert house.run(x.account).outcome in ("complete", "unchanged")
    assert (refused(house, x.account), refused(house, x.account, SECOND)) == ("sign_in_expired", None)


def test_a_renewal_token_that_x_does_not_take_needs_the_owner(house: House, x: Owner) -> None:
    def invalid(request: Request, response: Response) -> Response:
        del request, response
        body = b'{"error":"invalid_request","error_description":"Value passed for the token was invalid."}'
        return Response(400, (("Content-Type", "application/json"),), body)

    house.server.faults.add(invalid, r"^/2/oauth2/token", times=None)
    house.later(hours=3)
    house.run(x.account)
    assert refused(house, x.account) == "sign_in_expired"
    assert house.account_state(x.account) == "sign_in_needed"


def test_why_a_token_is_refused_does_not_change_with_every_run(house: House, owner: Make) -> None:
    def taken_back(request: Request, response: Response) -> Response:
        del request, response
        body = b'{"error":{"message":"No.","type":"OAuthException","code":190,"error_subcode":458}}'
        return Response(400, (("Content-Type", "application/json"),), body)

    one = owner("threads")
    assert one.connect().connected
    house.run(one.account)
    house.server.faults.add(taken_back, r"^/(v1\.0|refresh_access_token)", times=None)
    house.later(days=44)
    house.run(one.account)
    house.later(days=2)  # by now it would be renewed
    house.run(one.account)
    house.run(one.account)
    assert refused(house, one.account) == "revoked"
    assert changes(house) == 1


def changes(house: House) -> int:
    with house.archive.database.read() as connection:
        types = connection.execute(select(Event.type)).scalars()
        return list(types).count("credential.state_changed")


def test_while_the_platform_is_away_nothing_is_concluded(house: House, x: Owner) -> None:
    house.later(days=1)
    house.server.consent.away = True
    result = house.run(x.account)
    assert (result.reason or "").startswith("transient")
    assert refused(house, x.account) is None
    assert house.account_state(x.account) != "sign_in_needed"
    house.server.consent.away = False
    assert house.run(x.account).outcome in ("complete", "unchanged")


def test_a_token_that_still_counts_is_used_while_it_cannot_be_renewed(house: House, x: Owner) -> None:
    house.later(hours=1.6)
    house.server.consent.away = True
    assert house.run(x.account).outcome in ("complete", "unchanged")
    assert held(house, x.account).number == 1


def test_several_that_renew_at_once_ask_once(house: House, x: Owner) -> None:
    """X takes the old renewal token back: a second who asked would end it all."""
    before, found = held(house, x.account), []
    several = [Renewals(house.archive, house.capture.fetcher) for _ in range(4)]
    account = owned(house, x.account)
    house.later(hours=1.6)

    def renew(one: Renewals) -> None:
        found.append(one.renew(account, before).number)

    threads = [threading.Thread(target=renew, args=(one,)) for one in several]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [2, 2, 2, 2]
    assert house.server.consent.asked.count("refresh_token") == 1


_DIES = """
import sys
from datetime import timedelta
from archiver.accounts.renewing import Owned, Renewals
from archiver.archive import Archive
from archiver.clock import SetClock, from_text
from archiver.http import Fetcher
from archiver.settings import Settings
home, origin, url, now, account, database = sys.argv[1:]
clock = SetClock(from_text(now))
settings = Settings(home=home, trusted_origins=(origin,), **({"database_url": database} if database else {}))
archive = Archive.open(settings, kind="practice", clock=clock)
fetcher = Fetcher(user_agent="test", trusted_origins=frozenset({origin}), clock=clock)
owned = Owned(account, "x", origin, url)
Renewals(archive, fetcher).renew(owned, archive.vault.held(account))
"""


def die_at(house: House, one: Owner, point: str) -> None:

    account = owned(house, one.account)
    url = str(house.archive.settings.database_url)
    arguments = [
        str(house.archive.settings.home),
        house.server.base_url,
        account.url,
        to_text(house.clock.now()),
        account.id,
        url,
    ]
    environment = os.environ | {"ARCHIVER_CRASH_AT": point}
    ended = subprocess.run([sys.executable, "-c", _DIES, *arguments], env=environment, timeout=60, check=False)
    assert ended.returncode == -9, ended


@pytest.mark.parametrize(
    ("point", "lost"),
    [
        ("renewal.begun", False),
        pytest.param("renewal.answered", True, marks=pytest.mark.long),
        ("renewal.kept", False),
        pytest.param("renewal.entered", False, marks=pytest.mark.long),
    ],
)
def test_a_process_that_dies_while_it_renews_loses_no_token_that_it_had(
    house: House, x: Owner, point: str, lost: bool
) -> None:
    """Between the platform's answer and its first byte on the disk there is nothing that could be kept: the platform
    has taken the old token back. Then it is said, and said why."""
    house.later(hours=1.6)
    die_at(house, x, point)
    house.later(minutes=7)
    result = house.run(x.account)
    if lost:
        house.later(hours=1)
        result = house.run(x.account)
        assert (result.reason or "").startswith("sign_in_expired")
        assert "a process died while it renewed" in _why(house, x.account)
        return
    assert result.outcome in ("complete", "unchanged"), result.reason
    assert held(house, x.account).number == 2
    assert house.server.consent.asked.count("refresh_token") == 1
    assert not list(house.archive.settings.renewals.glob("ac_*"))


def _why(house: House, account: str) -> str:
    with house.archive.database.read() as connection:
        query = select(Credential.refused_why).where(Credential.account_id == account)
        return str(connection.execute(query).scalar_one())


def test_a_full_disk_loses_no_renewed_token(house: House, x: Owner, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OutOfSpace("the disk is full")

    monkeypatch.setattr("archiver.accounts.renewed_files.RenewedFiles.keep", full)
    house.later(hours=1.6)
    assert house.run(x.account).outcome in ("complete", "unchanged")
    assert held(house, x.account).number == 2
    house.later(hours=1.6)
    assert house.run(x.account).outcome in ("complete", "unchanged")
    assert held(house, x.account).number == 3


def test_another_who_renews_just_now_is_waited_for_and_not_for_ever(
    house: House, x: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("archiver.accounts.renewing._PATIENCE", 0.2)
    with house.archive.database.write() as connection:
        connection.execute(update(Credential).values(renewing_since=house.clock.now()))
    renewals = Renewals(house.archive, house.capture.fetcher)
    with pytest.raises(Unreachable, match="another process"):
        renewals.renew(owned(house, x.account), held(house, x.account))
    house.later(seconds=house.archive.settings.request_total_seconds)  # which it may wait for its answer
    with pytest.raises(Unreachable, match="another process"):
        renewals.renew(owned(house, x.account), held(house, x.account))
    house.later(minutes=7)
    assert renewals.renew(owned(house, x.account), held(house, x.account)).number == 2


def test_one_that_was_taken_for_dead_does_not_give_up_the_claim_of_another(
    house: House, x: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    claimed = house.clock.now() + timedelta(minutes=10)

    def slow(*_: object) -> Grant:
        with house.archive.database.write() as connection:  # another took it for dead, and is at it now
            connection.execute(update(Credential).values(renewing_since=claimed))
        raise Unreachable("no answer")

    monkeypatch.setattr("archiver.accounts.renewing.renewed", slow)
    with pytest.raises(Unreachable, match="no answer"):
        Renewals(house.archive, house.capture.fetcher).renew(owned(house, x.account), held(house, x.account))
    assert held(house, x.account).renewing_since == claimed


def test_a_token_that_does_not_open_does_not_keep_another_owners_from_being_used(house: House, owner: Make) -> None:
    one = owner("facebook")
    assert one.connect().connected
    clerk = one.cast.residents[1]
    house.server.consent.looks_after[clerk] = (one.cast.city,)
    assert one.connect(person=clerk, second=True).connected
    with house.archive.database.write() as connection:
        connection.execute(update(Credential).where(Credential.purpose == READ).values(sealed=b"\x01" + bytes(80)))
    one.city.say(one.cast.city, "Main Street is closed on Monday.")
    assert house.run(one.account).outcome == "complete"
    with house.archive.database.write() as connection:
        connection.execute(update(Credential).values(sealed=b"\x01" + bytes(80)))
    with pytest.raises(IntegrityError):
        house.archive.vault.usable(one.account)


def test_another_owners_token_takes_over_and_the_first_is_said_to_be_refused(house: House, owner: Make) -> None:
    one = owner("facebook")
    assert one.connect().connected
    clerk = one.cast.residents[1]
    house.server.consent.looks_after[clerk] = (one.cast.city,)
    assert one.connect(person=clerk, second=True).connected
    first = held(house, one.account).grant.access
    assert first is not None
    del house.server.graph.tokens[first.value]
    one.city.say(one.cast.city, "Main Street is closed on Monday.")
    result = house.run(one.account)
    assert result.outcome == "complete", result.reason
    assert (refused(house, one.account), refused(house, one.account, SECOND)) == ("sign_in_expired", None)
    assert house.account_state(one.account) == "active"
    assert one.connect().connected
    house.run(one.account)
    assert refused(house, one.account) is None


def test_a_token_that_is_accepted_again_is_said_to_be(house: House, owner: Make) -> None:
    one = owner("facebook")
    assert one.connect().connected
    token = held(house, one.account).grant.access
    assert token is not None
    person = house.server.graph.tokens.pop(token.value)
    house.run(one.account)
    assert refused(house, one.account) == "sign_in_expired"
    house.server.graph.tokens[token.value] = person
    house.run(one.account)
    assert refused(house, one.account) is None


def test_what_is_under_way_for_a_token_that_was_removed_is_not_taken_for_the_next_ones(
    house: House, x: Owner, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    account, old, renewals = owned(house, x.account), held(house, x.account), house.capture.renewals
    accounts.forget_credential(house.archive, x.account, READ)
    assert x.connect().connected
    new = held(house, x.account)
    renewals.refuse(x.account, old, "revoked", "the first one's consent was taken back")
    assert refused(house, x.account) is None
    renewals._keep(account.id, old, old.grant)  # its renewal came late
    assert held(house, x.account).grant.access == new.grant.access


def test_the_clock_renews_what_no_run_would(house: House, owner: Make) -> None:
    """An account that is paused, whose token would end for good."""
    one = owner("threads")
    assert one.connect().connected
    house.later(days=44)
    assert renew_all_due(house.capture.renewals) == 0
    house.later(days=2)
    assert renew_all_due(house.capture.renewals) == 1
    assert held(house, one.account).number == 2
    house.later(days=61)
    assert renew_all_due(house.capture.renewals) == 0
    assert refused(house, one.account) == "sign_in_expired"


def test_renewing_does_not_lengthen_consent(house: House, owner: Make) -> None:
    """LinkedIn: sixty days at a time, for a year; then its owner is asked again, and told in time."""
    one = owner("linkedin")
    assert one.connect().connected
    end = held(house, one.account).grant.consent_ends_at
    for _ in range(6):
        house.later(days=50)
        assert renew_all_due(house.capture.renewals) == 1
    grant = held(house, one.account).grant
    assert grant.consent_ends_at == end
    assert warn_of_ends(house.archive) == 0
    house.later(days=52)
    assert warn_of_ends(house.archive) == 1


def test_a_token_given_by_hand_is_not_renewed(house: House, x: Owner) -> None:
    with house.archive.database.write() as connection:
        house.archive.vault.store(connection, x.account, READ, "a-token-of-the-owner", house.clock.now())
    with pytest.raises(Denied):
        house.capture.renewals.renew(owned(house, x.account), held(house, x.account))


@pytest.mark.parametrize("fault", [faults.html_page(200), faults.cut_body(3), faults.html_page(502)])
def test_an_answer_of_no_use_keeps_what_there_is(house: House, x: Owner, fault: faults.Alter) -> None:
    house.later(hours=1.6)
    house.server.faults.add(fault, r"^/2/oauth2/token", times=1)
    house.run(x.account)
    assert held(house, x.account).number == 1
    assert refused(house, x.account) is None


def test_renewed_tokens_are_stored_nowhere_in_the_clear(
    house: House, x: Owner, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    secrets = [one.value for one in held(house, x.account).secrets]
    house.server.faults.add(faults.echoed_token("body", "escaped", "header"), r"^/2/", times=None)
    house.later(hours=1.6)
    x.city.say(x.cast.city, "The library opens at ten.")
    house.run(x.account)
    secrets += [one.value for one in held(house, x.account).secrets]
    assert len(set(secrets)) == 4
    house.capture.flush(all=True)
    assert list(house.segments())
    nothing_left(house.home, caplog.text.encode(), *secrets)


def test_it_waits_a_day_where_the_platform_wants_that() -> None:
    at = datetime(2026, 3, 2, tzinfo=UTC)
    facts = TokenFacts(at, at + timedelta(hours=4), renewable=True)
    assert renew_at(facts) == at + timedelta(hours=3)
    assert renew_at(facts, timedelta(days=1)) == at + timedelta(days=1)
