"""Mastodon's stream over a real socket: safe before anything else, archived, looked at; broken and taken up again."""

from __future__ import annotations

import json
import os
import shutil
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from sqlalchemy import delete, insert, select

from archiver.accounts import service as accounts
from archiver.accounts.models import Subscription
from archiver.capture import delivering
from archiver.capture.arrivals import Arrival, Arrivals
from archiver.capture.delivering import Deliverer
from archiver.capture.leases import RebuildUnderWay
from archiver.capture.rebuild import rebuild
from archiver.capture.spool import SpoolError
from archiver.capture.streaming import MEDIA_TYPE, Events, StreamListener, station
from archiver.errors import Busy, OutOfSpace, Unreachable
from archiver.records import digests
from archiver.records.models import RebuildProgress
from archiver.wire.exchange import Network
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
        until(lambda: not any(thread.is_alive() for thread in listeners._threads.values()))
    finally:
        listeners.stop(60)


def test_without_a_token_nothing_is_listened_to(house: House) -> None:
    account = house.office()
    assert StreamListener(house.capture, account, threading.Event()).listen() is False


@pytest.mark.law("R5")
def test_with_the_token_of_somebody_else_nothing_is_listened_to(house: House) -> None:
    account, city = house.office(TOKEN), house.cast.city
    assert station(house.capture, account) is not None
    stranger = next(number for number in house.city.people if number != city)
    house.server.mastodon.grant(stranger, TOKEN)
    house.run(account, FULL)
    assert station(house.capture, account) is None


OWN = {"id": "5", "account": {"id": "1"}, "visibility": "public", "created_at": "2026-03-02T08:00:00Z"}
THEIRS = OWN | {"account": {"id": "2"}}


@pytest.mark.parametrize(
    ("event", "payload", "kept"),
    [
        ("update", OWN, "private"),
        ("status.update", OWN | {"filtered": [{"filter": {"title": "angry people"}}]}, "private"),
        ("update", OWN | {"visibility": "direct"}, "private"),
        ("update", THEIRS, None),
        ("notification", {"type": "mention", "status": THEIRS | {"mentions": [{"id": "1"}]}}, "private"),
        ("notification", {"type": "mention", "status": THEIRS | {"mentions": [{"id": "3"}, None]}}, None),
        ("notification", {"type": "mention", "status": THEIRS | {"mentions": "1"}}, None),
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


def kept(house: House, account: str, event: bytes) -> Arrival:
    found = station(house.capture, account)
    assert found is not None
    arrival = Arrival(account, event, MEDIA_TYPE, house.clock.now(), found.ask)
    assert Arrivals(house.archive.settings.deliveries).keep(arrival)
    return arrival


def test_what_was_archived_before_a_crash_is_not_archived_twice_whatever_else_waits(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = house.office(TOKEN)
    said = house.city.say(house.cast.city, "Once.")
    kept(house, account, f"event: update\ndata: {status(house, said)}\n".encode())

    def dies(*_: object) -> None:
        raise SpoolError("the machine stopped here")

    with monkeypatch.context() as patched:
        patched.setattr(Arrivals, "done", dies)
        with pytest.raises(SpoolError):
            Deliverer(house.capture).deliver(account)
    house.later(minutes=1)
    nobodys = kept(house, account, b"event: delete\ndata: 99999\n")
    os.utime(house.archive.settings.deliveries / "waiting" / account / nobodys.name, (0, 0))
    monkeypatch.setattr(delivering, "_MOST", 1)
    again = Deliverer(house.capture)
    while again.waiting():
        again.deliver(account)
    assert len(house.exchanges("event")) == 1


def test_from_the_moment_of_a_pause_nothing_is_kept_and_a_full_disk_ends_a_stream(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = house.office(TOKEN)
    listener = StreamListener(house.capture, account, threading.Event())
    event = f"event: update\ndata: {status(house, house.city.say(house.cast.city, 'words'))}\n".encode()
    monkeypatch.setattr(StreamListener, "_events", lambda *_: iter([(event, Network())]))
    with monkeypatch.context() as full:
        full.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(100, 100, -1))
        with pytest.raises(OutOfSpace):
            listener.listen()

    def paused_meanwhile(*_: object) -> Iterator[tuple[bytes, Network]]:
        accounts.pause(house.archive, account, "now")
        yield event, Network()

    monkeypatch.setattr(StreamListener, "_events", paused_meanwhile)
    with pytest.raises(Busy):
        listener.listen()
    assert heard(house, account) == 0


@pytest.mark.parametrize(
    ("lasted", "ends", "pauses"),
    [
        (0, "broken", [2, 4, 8, 16, 32, 64, 128, 256, 300, 300]),
        (0, "ended", [2, 4, 8, 16, 32, 64, 128, 256, 300, 300]),
        (3600, "broken", [1] * 10),
        (3600, "ended", [1] * 10),
    ],
)
def test_what_ends_at_once_is_asked_for_later_and_later(
    monkeypatch: pytest.MonkeyPatch, lasted: float, ends: str, pauses: list[float]
) -> None:
    waited: list[float] = []
    now = 0.0

    class Stop(threading.Event):
        def wait(self, timeout: float | None = None) -> bool:
            waited.append(timeout or 0)
            if len(waited) == len(pauses):
                self.set()
            return self.is_set()

    class Broken:
        def listen(self) -> bool:
            nonlocal now
            now += lasted
            if ends == "broken":
                raise Unreachable("the connection broke")
            return True

    monkeypatch.setattr(time, "monotonic", lambda: now)
    monkeypatch.setattr(Listeners, "_listener", lambda *_: Broken())
    Listeners(None)._listen("ac_1", Stop())  # type: ignore[arg-type]
    assert waited == pauses


def test_a_line_without_an_end_is_given_up_soon_however_small_its_pieces() -> None:
    events, began = Events(), time.process_time()
    assert not [event for _ in range(2**20) for event in events.feed(b"x")]
    with pytest.raises(Unreachable):
        list(events.feed(b"x"))
    assert time.process_time() - began < 10


def test_an_edit_of_a_stranger_counts_for_what_is_known_only() -> None:
    account = AccountRef("ac_1", "mastodon", "https://a.example", "1", "city", "https://a.example/@city", True)
    theirs = THEIRS | {"mentions": [{"id": "1"}]}
    for kind, only_known in (("update", True), ("mention", False)):
        told = json.dumps({"type": kind, "status": theirs})
        found, access = Mastodon().pushed(account, f"event: notification\ndata: {told}\n".encode())
        assert (found.about, found.only_known, access.value) == (True, only_known, "private")


def test_while_the_index_is_made_anew_nothing_is_taken_for_nobodys(house: House) -> None:
    account = house.office(TOKEN)
    kept(house, account, b"event: delete\ndata: 99999\n")
    with house.archive.database.write() as connection:
        connection.execute(insert(RebuildProgress).values(account_id="", number=0, part=0))
    with pytest.raises(RebuildUnderWay):
        Deliverer(house.capture).deliver(account)
    assert heard(house, account) == 1
    with house.archive.database.write() as connection:
        connection.execute(delete(RebuildProgress))
