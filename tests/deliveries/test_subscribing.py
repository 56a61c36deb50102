"""Platforms that are asked to send: a hub that asks back, and Meta; renewed in time, and broken by no stranger."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from sqlalchemy import select

from archiver.accounts import service as accounts
from archiver.accounts.models import Subscription
from archiver.capture.subscribing import Subscriber
from archiver.http import Fetcher
from archiver.practice import deliveries
from archiver.practice.hub import Wanted, exchange
from archiver.practice.youtube_ids import channel_id, video_id
from tests.capture.house import FULL, House
from tests.deliveries.scene import Scene, served
from tests.facebook.page import Page
from tests.youtube.channel import Channel, channel


@dataclass
class Subscribed:
    """A channel whose archive is served where the hub reaches it."""

    scene: Scene
    channel: Channel
    subscriber: Subscriber

    @property
    def house(self) -> House:
        return self.scene.house

    def keep_up(self) -> list[Wanted]:
        """What the hub was asked for because of this."""
        asked = self.house.server.hub.asked
        before = len(asked)
        self.subscriber.keep_up()
        return [replace(one, callback=self._here(one.callback)) for one in asked[before:]]

    def _here(self, callback: str) -> str:
        """The pages took a port of their own only after the settings were made."""
        return f"{self.scene.url}/hooks/{callback.partition('/hooks/')[2]}"

    def row(self) -> Subscription:
        with self.house.archive.database.read() as connection:
            query = select(*Subscription.__table__.columns).where(Subscription.account_id == self.channel.account)
            return connection.execute(query).one()  # type: ignore[return-value]


@contextmanager
def subscriber(house: House) -> Iterator[Subscriber]:
    fetcher = Fetcher(user_agent="test", trusted_origins=frozenset(house.archive.settings.trusted_origins))
    try:
        yield Subscriber(house.archive, fetcher)
    finally:
        fetcher.close()


@pytest.fixture
def subscribed(scene: Scene) -> Iterator[Subscribed]:
    with subscriber(scene.house) as asking:
        yield Subscribed(scene, channel(scene.house), asking)


def test_a_channel_is_subscribed_delivered_and_renewed(subscribed: Subscribed) -> None:
    house, hub, found = subscribed.house, subscribed.house.server.hub, subscribed.channel
    house.run(found.account, FULL)
    (wanted,) = subscribed.keep_up()
    assert wanted.topic.endswith(f"channel_id={channel_id(found.id)}")
    assert subscribed.keep_up() == [], "it is waited for"
    status, said, challenge = hub.verify(wanted)
    assert (status, said.decode()) == (200, challenge)
    assert subscribed.row().lease_until == house.clock.now() + timedelta(days=10)
    # What is new is looked at at once; the feed's own words are not compared.
    video = house.city.say(found.id, "A new video")
    feed = deliveries.video_feed(channel_id(found.id), video_id(video))
    assert hub.publish(wanted, feed, secret="of somebody else") == 403
    assert hub.publish(wanted, feed) == 200
    house.later(minutes=1)
    subscribed.scene.deliver(found.account)
    house.run_due()
    record = house.records()[f"video/{video_id(video)}"]
    assert (record.state, record.versions) == ("visible", 1)
    assert [access for access, _ in subscribed.scene.stored()] == ["public"]
    # In time, at the same address and with the same secret.
    house.later(days=7, hours=23)
    assert subscribed.keep_up() == []
    house.later(hours=2)
    (again,) = subscribed.keep_up()
    assert again == wanted
    assert hub.verify(again)[0] == 200
    assert subscribed.row().lease_until == house.clock.now() + timedelta(days=10)


def test_no_stranger_breaks_a_subscription(subscribed: Subscribed) -> None:
    house, hub = subscribed.house, subscribed.house.server.hub
    (wanted,) = subscribed.keep_up()
    assert hub.verify(wanted, topic="https://elsewhere.example/")[0] == 404
    assert hub.verify(wanted, lease_seconds="60")[0] == 404
    assert hub.verify(wanted)[0] == 200
    before = subscribed.row()
    house.later(hours=1, seconds=1)
    assert hub.verify(wanted)[0] == 404, "nothing is waited for any more"
    assert hub.verify(wanted, mode="unsubscribe")[0] == 404
    assert hub.verify(wanted, mode="denied")[0] == 200
    assert exchange("POST", wanted.callback, {}, b"hub.mode=denied")[0] == 403
    assert subscribed.row() == before
    # Renewed: a short lease from whoever knows the address makes it no shorter.
    house.later(days=8, hours=1)
    (again,) = subscribed.keep_up()
    until = subscribed.row().lease_until
    assert hub.verify(again, lease_seconds="3600")[0] == 200
    assert subscribed.row().lease_until == until


def test_a_hub_that_did_not_hear_our_answer_asks_again_and_nothing_changes(subscribed: Subscribed) -> None:
    house, hub = subscribed.house, subscribed.house.server.hub
    (wanted,) = subscribed.keep_up()
    assert hub.verify(wanted)[0] == 200
    before = subscribed.row()
    house.later(minutes=20)
    for lease in ("3600", "864000", "31536000"):
        status, said, challenge = hub.verify(wanted, lease_seconds=lease)
        assert (status, said.decode()) == (200, challenge)
    assert hub.verify(wanted, topic="https://elsewhere.example/")[0] == 404
    assert hub.verify(wanted, mode="unsubscribe")[0] == 404
    assert subscribed.row() == before, "no lease is made longer by who knows the address"
    assert hub.publish(wanted, deliveries.video_feed(channel_id(subscribed.channel.id), "abcdefghijk")) == 200


def test_a_hub_that_refuses_is_asked_again_later(subscribed: Subscribed) -> None:
    house, hub = subscribed.house, subscribed.house.server.hub
    hub.refuses = 503
    subscribed.keep_up()
    assert subscribed.row().failed == "the answer was 503"
    hub.refuses = None
    assert subscribed.keep_up() == []
    house.later(hours=1)
    (wanted,) = subscribed.keep_up()
    hub.verify(wanted)
    assert subscribed.row().failed is None


def test_a_paused_channel_is_not_subscribed(subscribed: Subscribed) -> None:
    accounts.pause(subscribed.house.archive, subscribed.channel.account, "asked for")
    assert subscribed.keep_up() == []


def test_nothing_is_asked_for_where_nobody_reaches_the_archive(new_house: Callable[..., House]) -> None:
    house = new_house(settings={"web_port": 0})
    channel(house)
    with served(house), subscriber(house) as asking:
        asking.keep_up()
        assert house.server.hub.asked == []


def test_a_page_is_subscribed_once_the_address_is_known_to_be_ours(scene: Scene) -> None:
    found, graph = Page.open(scene.house), scene.house.server.graph
    with subscriber(scene.house) as asking:
        asking.keep_up()
        hook = scene.hook("facebook")
        asking.keep_up()
        assert graph.subscribed == {}
        asked = f"?hub.mode=subscribe&hub.challenge=1&hub.verify_token={hook.verify}"
        assert exchange("GET", scene.address(hook) + asked)[0] == 200
        asking.keep_up()
        assert graph.subscribed == {found.id: "feed,mention,messages,message_echoes,ratings"}
        graph.subscribed.clear()
        asking.keep_up()
        assert graph.subscribed == {}
        scene.house.later(days=1)
        asking.keep_up()
        assert set(graph.subscribed) == {found.id}
