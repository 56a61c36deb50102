"""Killed anywhere between a delivery and the sweep that it nominates: nothing acknowledged is lost, nothing is stored
twice, no hint is forgotten, and no secret is told."""

from __future__ import annotations

import logging
import signal
from datetime import timedelta

import pytest

from archiver.capture.delivering import Deliverer
from archiver.capture.hooks import signing_secret
from archiver.capture.receiving import Receiver
from archiver.practice import deliveries
from archiver.practice.graph_ids import comment_id, post_id
from tests.capture.house import FULL
from tests.capture.secrecy import nothing_left
from tests.deliveries.dying import dies
from tests.deliveries.scene import SECRET, Scene
from tests.facebook.page import Page

KILLED = -signal.SIGKILL
#: Of the rest of the way the kill loops of captures tell.
POINTS = ("delivery.kept", "run.captured", "batch.choice_written", "delivery.remembered")
MORE = (
    "spool.written",
    "lease.taken",
    "batch.stored",
    "commit.written",
    "commit.done",
    "batch.clearing",
)


def _places(scene: Scene) -> dict[str, object]:
    settings = scene.house.archive.settings
    names = ("home", "database_url", "store_url", "trusted_origins", "request_pause_seconds", "disk_reserve_percent")
    return {name: getattr(settings, name) for name in (*names, "time_zone", "web_port", "web_url")}


@pytest.mark.slow
@pytest.mark.parametrize("point", [*POINTS, *(pytest.param(one, marks=pytest.mark.long) for one in MORE)])
def test_nothing_is_lost_doubled_or_forgotten(scene: Scene, point: str) -> None:
    found, house = Page.open(scene.house), scene.house
    hook = scene.hook("facebook")
    post, _ = found.talk(1)
    house.run(found.account, FULL)
    house.later(minutes=1)
    said = house.city.say(found.cast.residents[0], "Is the pool open?", answering=post)
    told = deliveries.page_comment(post_id(found.id, post), comment_id(post, said), "Is the pool open?")
    body = deliveries.page_changes({str(found.id): [told]})
    places, path, secret = _places(scene), hook.path, signing_secret(house.archive, hook).value
    house.shut()
    ended = dies(places, house.clock.now(), [(path, body, secret)], found.account, point)
    house.clock.advance(timedelta(hours=1))
    house.open()
    assert ended in (KILLED, 0), ended
    house.capture.recover()
    # The platform heard no answer, perhaps, and sends it again.
    headers, _ = deliveries.signed("facebook", secret, body)
    again = Receiver(house.archive)
    assert again.take("facebook", path, list(headers.items()), body).status == 200
    deliverer = Deliverer(house.capture)
    deliverer.deliver(found.account)
    assert deliverer.waiting() == []
    house.run_due()
    assert [one.purpose for one in house.exchanges("delivery")] == ["delivery"], "stored once"
    assert found.states(said) == ["visible"], "looked at"
    assert [one.text for one in house.versions(found.key_of(said))] == ["Is the pool open?"]
    assert len(scene.stored()) == 1


def test_what_was_not_acknowledged_leaves_nothing(scene: Scene) -> None:
    found = Page.open(scene.house)
    hook = scene.hook("facebook")
    body = deliveries.page_messages(str(found.id), "words")
    places, at = _places(scene), scene.house.clock.now()
    scene.house.shut()
    assert dies(places, at, [(hook.path, body, SECRET)], None, "delivery.written") == KILLED
    scene.house.open()
    deliverer = Deliverer(scene.house.capture)
    assert deliverer.arrivals.count(found.account) == 0
    assert deliverer.arrivals.of(found.account, 10, 10) == []


def test_no_secret_of_an_address_is_kept_or_said(scene: Scene, caplog: pytest.LogCaptureFixture) -> None:
    """The application's secret, the verify token, the address, the secret of a subscription at a hub."""
    caplog.set_level(logging.DEBUG)
    caplog.set_level(logging.WARNING, "uvicorn.access")  # as the service has it (archiver.logs)
    found, house = Page.open(scene.house), scene.house
    hook, x = scene.hook("facebook"), scene.hook("x", own="x-own-canary-secret-0123456789")
    house.run(found.account, FULL)
    for secret in (SECRET, "wrong-canary-secret-0123456789"):
        scene.send(hook, deliveries.page_messages(str(found.id), "words"), secret=secret)
    scene.deliver(found.account)
    scene.site.receiver.tell()
    house.capture.flush(all=True)
    pages = "".join(scene.page(where) for where in ("platforms/facebook", "platforms/x", "accounts"))
    said = (caplog.text + pages + repr((hook, x, scene.site.receiver))).encode()
    secrets = [one for each in (hook, x) for one in (each.path, each.verify)]
    nothing_left(house.home, said, SECRET, "x-own-canary-secret-0123456789", *secrets)
