"""An account's owner lets the archive read it: over real sockets, with every platform's own ways."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from archiver.accounts import connecting, links
from archiver.accounts import service as accounts
from archiver.accounts.credentials import READ, SECOND
from archiver.accounts.grants import Grant
from archiver.errors import MissingKey, NotFound, UsageError
from archiver.evidence.models import Event
from tests.capture.house import House
from tests.capture.secrecy import nothing_left
from tests.connecting.consenting import PLATFORMS, Owner

Make = Callable[[str], Owner]
everywhere = pytest.mark.parametrize("platform", [*PLATFORMS, "mastodon"])


def registered(house: House) -> int:
    with house.archive.database.read() as connection:
        return len(accounts.list_accounts(connection))


@everywhere
def test_an_account_that_is_not_registered_yet_is_connected_and_captured(
    house: House, owner: Make, platform: str
) -> None:
    one = owner(platform)
    one.city.say(one.cast.city, "Main Street is closed on Monday.")
    view = one.connect()
    assert view.connected, view.said
    held = house.archive.vault.held(one.account)
    assert held is not None
    assert held.connected
    result = house.run(one.account)
    assert result.outcome == "complete", result.reason
    assert any("Main Street is closed on Monday." in one.text for one in house.rows_of_versions())


@everywhere
def test_a_registered_account_is_connected_again(house: House, owner: Make, platform: str) -> None:
    one = owner(platform)
    assert one.connect().connected
    first = house.archive.vault.held(one.account)
    assert one.connect().connected
    second = house.archive.vault.held(one.account)
    assert first is not None
    assert second is not None
    assert second.number > first.number
    assert second.grant.access != first.grant.access
    assert registered(house) == 1


@pytest.mark.law("R6")
@everywhere
def test_a_grant_of_another_account_is_not_taken(house: House, owner: Make, platform: str) -> None:
    one = owner(platform)
    other = one.cast.residents[0]
    view = one.connect(person=other)
    assert not view.connected
    assert view.said
    assert registered(house) == 0
    assert view.closed is None, "the owner can try again"
    assert one.finish(*_again(one)).connected


def _again(one: Owner) -> tuple[dict[str, str], str]:
    assert one.offer is not None
    begun = one.begin(one.offer.address.rpartition("/")[2])
    return one.agree(begun.address), begun.browser


@everywhere
def test_one_who_says_no_is_told_that_nothing_was_granted(house: House, owner: Make, platform: str) -> None:
    one = owner(platform)
    begun = one.begin(one.link())
    view = one.finish(one.agree(begun.address, answer="deny"), begun.browser)
    assert (view.connected, view.said) == (False, "nothing was granted at the platform")
    assert registered(house) == 0


@pytest.mark.parametrize(
    ("platform", "granted", "said"),
    [
        ("facebook", ("pages_show_list", "pages_read_engagement"), "pages_read_user_content"),
        ("x", ("tweet.read", "users.read"), "offline.access"),
        ("x", ("tweet.read", "users.read", "offline.access", "tweet.write"), "tweet.write"),
        ("mastodon", ("read", "write"), "write"),
        (
            "facebook",
            ("pages_show_list", "pages_read_engagement", "pages_read_user_content", "pages_manage_posts"),
            "pages_manage_posts",
        ),
        ("youtube", ("https://www.googleapis.com/auth/youtube.readonly",), "force-ssl"),
    ],
)
def test_too_little_and_what_could_write_is_not_taken(
    house: House, owner: Make, platform: str, granted: tuple[str, ...], said: str
) -> None:
    one = owner(platform)
    house.server.consent.granted[platform] = granted
    view = one.connect()
    assert not view.connected
    assert said in (view.said or "")
    assert registered(house) == 0


def test_what_is_not_needed_may_be_left_out(house: House, owner: Make) -> None:
    one = owner("x")
    house.server.consent.granted["x"] = ("tweet.read", "users.read", "offline.access")
    assert one.connect().connected


def test_a_link_works_once_and_only_in_its_days(house: House, owner: Make) -> None:
    one = owner("x")
    token = one.link()
    begun = one.begin(token)
    assert one.finish(one.agree(begun.address), begun.browser).connected
    assert links.look(house.archive, token).closed
    with pytest.raises(NotFound, match="has done its work"):
        one.begin(token)
    late = one.link(lasts=timedelta(days=2))
    house.later(days=2, seconds=1)
    with pytest.raises(NotFound, match="its days are over"):
        one.begin(late)
    with pytest.raises(NotFound, match="copied whole"):
        links.look(house.archive, late[:-1])
    with pytest.raises(NotFound, match="copied whole"):
        links.look(house.archive, late[:-1] + ("A" if late[-1] != "A" else "B"))


def test_a_newer_link_ends_the_older_one(owner: Make) -> None:
    one = owner("x")
    first = one.link()
    begun = one.begin(first)
    one.link()
    with pytest.raises(NotFound):
        one.finish(one.agree(begun.address), begun.browser)
    with pytest.raises(NotFound, match="newer link"):
        one.begin(first)


def test_a_link_that_was_withdrawn_cannot_be_used(house: House, owner: Make) -> None:
    one = owner("x")
    token = one.link()
    assert one.offer is not None
    links.withdraw(house.archive, one.offer.id)
    with pytest.raises(NotFound, match="withdrawn"):
        one.begin(token)
    with pytest.raises(NotFound):
        links.withdraw(house.archive, one.offer.id)


@pytest.mark.parametrize("known", [False, True])
def test_nothing_is_kept_where_the_link_was_withdrawn_while_the_platform_was_asked(
    house: House, owner: Make, monkeypatch: pytest.MonkeyPatch, known: bool
) -> None:
    one = owner("x")
    before = None
    if known:
        assert one.connect().connected
        before = house.archive.vault.held(one.account)
    begun = one.begin(one.link())
    granted = connecting._granted

    def meanwhile(*given: Any) -> Grant:
        found = granted(*given)
        assert one.offer is not None
        links.withdraw(house.archive, one.offer.id)
        return found

    monkeypatch.setattr(connecting, "_granted", meanwhile)
    view = one.finish(one.agree(begun.address), begun.browser)
    assert not view.connected
    assert registered(house) == known
    if before is not None:
        after = house.archive.vault.held(one.account)
        assert after is not None
        assert after.number == before.number


def test_nobody_comes_back_twice_in_another_browser_or_too_late(house: House, owner: Make) -> None:
    one = owner("x")
    token = one.link()
    begun = one.begin(token)
    back = one.agree(begun.address)
    with pytest.raises(NotFound, match="in this browser"):
        one.finish(back, "another browser")
    assert one.finish(back, begun.browser).connected
    with pytest.raises(NotFound):
        one.finish(back, begun.browser)
    slow = one.begin(one.link())
    answer = one.agree(slow.address)
    house.later(minutes=31)
    with pytest.raises(NotFound, match="too long"):
        one.finish(answer, slow.browser)


def test_a_strangers_code_is_not_taken(owner: Make) -> None:
    """Code injection (RFC 9700 §4.5): the challenge is not that of this way to the platform."""
    one = owner("x")
    theirs = one.agree(one.begin(one.link()).address)
    begun = one.begin(one.link())
    ours = one.agree(begun.address)
    view = one.finish(ours | {"code": theirs["code"]}, begun.browser)
    assert not view.connected
    assert "invalid_grant" in (view.said or "")


def test_a_page_that_the_owner_did_not_choose_is_not_taken(house: House, owner: Make) -> None:
    one = owner("facebook")
    house.server.consent.looks_after[one.cast.city] = (one.cast.residents[0],)
    view = one.connect()
    assert "did not choose it" in (view.said or "")


def test_somebody_who_looks_after_a_page_connects_it(house: House, owner: Make) -> None:
    one = owner("facebook")
    clerk = one.cast.residents[1]
    house.server.consent.looks_after[clerk] = (one.cast.residents[0], one.cast.city)
    assert one.connect(person=clerk).connected
    held = house.archive.vault.held(one.account)
    assert held is not None
    assert house.server.graph.tokens[held.grant.access.value] == one.cast.city  # type: ignore[union-attr]
    assert held.grant.consent_ends_at == house.clock.now().replace(microsecond=0) + timedelta(days=90)


@pytest.mark.parametrize("testers", [True, False])
def test_threads_tells_only_testers_of_the_application_what_was_granted(
    house: House, owner: Make, testers: bool
) -> None:
    one = owner("threads")
    house.server.consent.testers = testers
    house.server.consent.granted["threads"] = ("threads_basic",)
    view = one.connect()
    if testers:
        assert not view.connected
        assert "threads_read_replies" in str(view.said)
    else:
        assert view.connected
        held = house.archive.vault.held(one.account)
        assert held is not None
        assert held.grant.scopes is None


def test_who_made_the_archive_known_to_a_platform_is_in_the_log(house: House, owner: Make) -> None:
    owner("x")
    one = owner("mastodon")
    one.begin(one.link())
    with house.archive.database.read() as connection:
        bodies = connection.scalars(select(Event.body).where(Event.type == "app.stored").order_by(Event.position)).all()
    assert [json.loads(body)["actor"]["kind"] for body in bodies] == ["person", "service"]


def test_owners_are_asked_only_where_an_application_is_stored(house: House, owner: Make) -> None:
    owner("x")
    url = house.server.threads.account_url(house.cast.city)
    with pytest.raises(NotFound, match="archiver platform app threads"):
        links.offer(house.archive, url, platform="threads")
    feed = house.server.feeds.feed_url(house.cast.news, "feed/")
    with pytest.raises(UsageError, match="where owners are asked"):
        links.offer(house.archive, feed, platform="feed")
    with pytest.raises(UsageError, match="1 to 60 days"):
        Owner.of(house, "mastodon").link(lasts=timedelta(days=61))


def test_a_server_that_forgot_the_archive_is_told_of_it_again(house: House, owner: Make) -> None:
    """Mastodon forgets applications that nobody used for a day (Vacuum::ApplicationsVacuum)."""
    one = owner("mastodon")
    one.begin(one.link())
    house.server.consent.clients.clear()
    house.later(days=2)
    assert one.connect().connected


def test_an_owner_reads_nothing_of_this_machine(owner: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_: object) -> Grant:
        raise MissingKey("the key file /srv/archive/keys/tokens.key is not there")

    one = owner("x")
    begun = one.begin(one.link())
    back = one.agree(begun.address)
    monkeypatch.setattr(connecting, "_granted", gone)
    assert one.finish(back, begun.browser).said == (
        "the archive could not keep it just now; the log of its service says why"
    )


def test_a_second_owner_is_kept_beside_the_first(house: House, owner: Make) -> None:
    one = owner("facebook")
    assert one.connect().connected
    clerk = one.cast.residents[1]
    house.server.consent.looks_after[clerk] = (one.cast.city,)
    assert one.connect(person=clerk, second=True).connected
    assert [held.purpose for held in house.archive.vault.all_held(one.account)] == [READ, SECOND]


def test_nothing_secret_is_stored_in_the_clear(house: House, owner: Make, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    one = owner("x")
    token = one.link()
    begun = one.begin(token)
    back = one.agree(begun.address)
    assert one.finish(back, begun.browser).connected
    held = house.archive.vault.held(one.account)
    assert held is not None
    secrets = [token, begun.browser, *back.values(), *(one.value for one in held.secrets)]
    secrets += house.server.consent.clients.values()
    house.run(one.account)
    house.capture.flush(all=True)
    nothing_left(house.home, caplog.text.encode(), *secrets)
