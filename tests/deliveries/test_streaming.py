"""Mastodon's stream over a real socket: safe before anything else, archived, looked at; broken and taken up again."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import select

from archiver.accounts import service as accounts
from archiver.accounts.models import Subscription
from archiver.capture.arrivals import Arrivals
from archiver.capture.delivering import Deliverer
from archiver.capture.rebuild import rebuild
from archiver.capture.streaming import StreamListener
from archiver.records import digests
from archiver.work.listening import Listeners
from connectors.contract import AccountRef
from connectors.mastodon import Mastodon
from tests.capture.house import FULL, House
from tests.deliveries.scene import until

TOKEN = "mastodon-stream-canary-0123456789"


@contextmanager
def listening(house: House, account: str) -> Iterator[StreamListener]:
    stop = threading.Event()
    listener = StreamListener(house.capture, account, stop)
    thread = threading.Thread(target=listener.listen)
    thread.start()
    try:
        until(listener.connected.is_set)
        yield listener
    finally:
        stop.set()
        thread.join(60)


def status(house: House, number: int) -> str:
    """A status as the server shows it now."""
    return house.server.mastodon.bodies.status(house.city.posts[number], house.cast.city).decode()


def heard(house: House, account: str) -> int:
    return Arrivals(house.archive.settings.deliveries).count(account)


def row(house: House, account: str) -> Subscription:
    with house.archive.database.read() as connection:
        query = select(*Subscription.__table__.columns).where(Subscription.account_id == account)
        return connection.execute(query).one()  # type: ignore[return-value]


def is_heard(house: House, account: str) -> bool:
    with house.archive.database.read() as connection:
        query = select(Subscription.connected_at).where(
            Subscription.account_id == account, Subscription.broken_at.is_(None)
        )
        return connection.execute(query).scalar() is not None


@pytest.mark.law("R22")
def test_what_is_pushed_is_safe_then_archived_then_looked_at(house: House) -> None:
    account = house.office(TOKEN)
    house.run(account, FULL)
    stream, deliverer = house.server.mastodon.stream, Deliverer(house.capture)
    with listening(house, account):
        short = house.city.say(house.cast.city, "Nobody was meant to read this.")
        said = status(house, short)
        stream.push(house.cast.city, "update", said)
        other = house.city.say(house.cast.residents[0], "what a followed person writes")
        stream.push(house.cast.city, "update", status(house, other))
        stream.push(house.cast.city, "delete", "99999")
        house.city.delete(short)
        stream.push(house.cast.city, "delete", str(short))
        until(lambda: heard(house, account) == 3)
        result = deliverer.deliver(account)
        assert result is not None
        assert heard(house, account) == 0
    assert [one.text for one in house.versions(f"status/{short}")] == ["Nobody was meant to read this."]
    assert f"status/{other}" not in house.records()
    assert sorted(one.uri for one in house.exchanges("event")) == [f"{house.server.base_url}/api/v1/streaming/user"] * 2
    house.later(days=1)
    house.run(account, FULL)
    assert house.states(f"status/{short}")[-1].state == "not_returned"
    assert not house.gaps(open_only=True), "a stream that ends is no gap in what was looked at"
    assert row(house, account).broken_at is not None
    house.capture.flush(all=True)
    with house.archive.database.read() as connection:
        before = digests.digests(connection)
    house.empty_index()
    rebuild(house.archive)
    with house.archive.database.read() as connection:
        assert digests.differences(before, digests.digests(connection)) == []


def test_one_connection_for_each_account_taken_up_again_and_none_while_paused(house: House) -> None:
    account, stream = house.office(TOKEN), house.server.mastodon.stream
    listeners = Listeners(house.capture)
    listeners.start()
    try:
        until(lambda: stream.listeners(house.cast.city) == 1)
        until(lambda: is_heard(house, account))
        stream.end(house.cast.city)
        until(lambda: stream.listeners(house.cast.city) == 1)
        listeners._begin()
        assert stream.listeners(house.cast.city) == 1
        accounts.pause(house.archive, account, "asked for")
        listeners._begin()
        until(lambda: row(house, account).broken_at is not None)
        listeners._begin()
        assert not any(thread.is_alive() for thread in listeners._threads.values())
    finally:
        listeners.stop(60)


def test_without_a_token_nothing_is_listened_to(house: House) -> None:
    account = house.office()
    assert StreamListener(house.capture, account, threading.Event()).listen() is False


OWN = {"id": "5", "account": {"id": "1"}, "visibility": "public", "created_at": "2026-03-02T08:00:00Z"}


@pytest.mark.parametrize(
    ("event", "payload", "kept"),
    [
        ("update", OWN, "public"),
        ("update", OWN | {"visibility": "direct"}, "private"),
        ("update", OWN | {"account": {"id": "2"}}, None),
        ("notification", {"type": "mention", "status": OWN | {"account": {"id": "2"}}}, "private"),
        ("notification", {"type": "follow", "account": {"id": "2"}}, None),
        ("conversation", {"last_status": OWN}, None),
        ("delete", "5", "private"),
        ("delete", "<script>", None),
        ("update", "[[[", None),
    ],
)
def test_what_concerns_the_account_is_kept_and_no_more(event: str, payload: object, kept: str | None) -> None:
    told = payload if isinstance(payload, str) else json.dumps(payload)
    account = AccountRef("ac_1", "mastodon", "https://a.example", "1", "city", "https://a.example/@city", True)
    found, access = Mastodon().pushed(account, f"event: {event}\ndata: {told}\n".encode())
    assert (access.value if found.about else None) == kept
