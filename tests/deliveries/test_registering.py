"""X is asked to send by the archive itself: the address is registered, made valid again, and each account subscribed;
every question and answer as X's specification has it."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from archiver.accounts.models import Hook, Subscription
from archiver.capture.subscribing import Subscriber
from archiver.practice.messages import Request, Response
from archiver.practice.server import Served
from archiver.practice.x_ids import x_id
from archiver.practice.x_webhooks import Webhooks
from connectors import _x_subscribing
from connectors._x_asks import SITE
from connectors.contract import AccountRef, Answer
from connectors.deliveries import Step
from connectors.tiktok import TikTok
from connectors.x import X
from tests import effort
from tests.connectors.payloads import ODD
from tests.connectors.reading import answer
from tests.deliveries.scene import SECRET, Scene
from tests.deliveries.test_rules import NOW
from tests.deliveries.test_subscribing import subscriber
from tests.tiktok.account import account
from tests.x import specification
from tests.x.place import APP, TOKEN, Place, key_of, place

ADDRESS = "https://archive.city.example/hooks/x/" + "a" * 43
ACCOUNT = AccountRef("ac_1", "x", SITE, "42", "city", f"{SITE}/city")


@dataclass
class Asked:
    """An account on X whose archive X reaches."""

    scene: Scene
    found: Place
    subscriber: Subscriber

    @property
    def webhooks(self) -> Webhooks:
        return self.scene.house.server.x.webhooks

    def keep_up(self) -> list[tuple[str, str]]:
        """What X was asked because of this."""
        log = self.scene.house.server.log
        before = len(log)
        self.subscriber.keep_up()
        return [(one.method, one.target.partition("?")[0]) for one in list(log)[before:]]

    def row(self) -> Any:
        with self.scene.house.archive.database.read() as connection:
            query = select(*Subscription.__table__.columns).where(Subscription.account_id == self.found.account)
            return connection.execute(query).one()


@pytest.fixture
def open_asked(scene: Scene) -> Iterator[Callable[..., Asked]]:
    with subscriber(scene.house) as asking:

        def make(credential: str = APP, secret: str = SECRET) -> Asked:
            found = place(scene.house, credential)
            scene.hook("x", own=secret)
            x = scene.house.server.x
            x.webhooks.secret, x.webhooks.reached = SECRET, {"http://127.0.0.1:1/": f"{scene.url}/"}
            return Asked(scene, found, asking)

        yield make


def test_the_address_is_registered_the_account_subscribed_and_both_kept_up(open_asked: Callable[..., Asked]) -> None:
    asked = open_asked()
    house = asked.scene.house
    spoken: list[tuple[Request, int, Any]] = []

    def note(request: Request, response: Response) -> Response:
        if request.target.startswith(("/2/webhooks", "/2/activity")):
            spoken.append((request, response.status, json.loads(response.body)))
        return response

    house.server.faults.add(note, times=None)
    assert len(asked.keep_up()) == 8
    (webhook,) = asked.webhooks.made.values()
    assert webhook["valid"] is True
    assert [one["event_type"] for one in asked.webhooks.subscriptions] == list(_x_subscribing.EVENTS)
    assert {one["filter"]["user_id"] for one in asked.webhooks.subscriptions} == {x_id(asked.found.id)}
    assert (asked.row().failed, asked.row().confirmed_at) == (None, house.clock.now())
    with house.archive.database.read() as connection:
        assert connection.execute(select(Hook.verified_at)).scalar_one() is not None
    # What happens there comes, and is looked at.
    post = house.city.say(asked.found.id, "The bridge is open.")
    event = {"id": x_id(post), "text": "The bridge is open.", "author_id": x_id(asked.found.id)}
    assert asked.webhooks.send(x_id(asked.found.id), event) == [200]
    house.later(minutes=1)
    asked.scene.deliver(asked.found.account)
    house.run_due()
    assert house.records()[key_of(post)].state == "visible"
    # Once a day it is looked whether both still stand.
    assert asked.keep_up() == []
    house.later(days=1)
    assert asked.keep_up() == [("GET", "/2/webhooks"), ("GET", "/2/activity/subscriptions")]
    asked.webhooks.lapse()
    del asked.webhooks.subscriptions[2]
    house.later(days=1)
    assert [method for method, _ in asked.keep_up()] == ["GET", "PUT", "GET", "POST"]
    assert webhook["valid"] is True
    assert {one["event_type"] for one in asked.webhooks.subscriptions} == set(_x_subscribing.EVENTS)
    for request, status, body in spoken:
        method, sent = request.method.lower(), json.loads(request.body) if request.body else None
        assert specification.faults_of_request(request.target, method, sent) == []
        assert specification.faults_of_answer(request.target, status, body, method) == []


def test_with_another_secret_x_takes_no_answer_and_it_is_said_what_to_check(open_asked: Callable[..., Asked]) -> None:
    asked = open_asked(secret="another-secret-of-nobody-0123456789")
    asked.keep_up()
    assert "API key secret" in asked.row().failed
    assert asked.webhooks.subscriptions == []
    assert asked.keep_up() == [], "not at once"
    asked.webhooks.secret = "another-secret-of-nobody-0123456789"
    asked.scene.house.later(hours=1)
    asked.keep_up()
    assert asked.row().failed is None
    assert len(asked.webhooks.subscriptions) == len(_x_subscribing.EVENTS)


def test_an_owner_s_token_is_not_used_for_it_and_the_city_does_it(open_asked: Callable[..., Asked]) -> None:
    asked = open_asked(TOKEN)
    assert asked.keep_up() == []
    with asked.scene.house.archive.database.read() as connection:
        assert connection.execute(select(Subscription.failed)).all() == [], "no failure is said"


@pytest.mark.parametrize("refused", [401, 403, 429, 500])
def test_what_x_refuses_is_said_and_asked_again(open_asked: Callable[..., Asked], refused: int) -> None:
    asked = open_asked()
    asked.webhooks.closed = refused
    asked.keep_up()
    assert str(refused) in asked.row().failed
    asked.webhooks.closed = None
    asked.scene.house.later(hours=1)
    asked.keep_up()
    assert asked.row().failed is None


def test_without_a_secret_entered_nothing_is_asked(scene: Scene) -> None:
    place(scene.house)
    with subscriber(scene.house) as asking:
        before = len(scene.house.server.log)
        asking.keep_up()
        assert len(scene.house.server.log) == before


# TikTok


@pytest.fixture
def tiktok(scene: Scene) -> Iterator[Callable[[], tuple[Any, list[Served]]]]:
    """Lets the archive enter its address; what is known of it then, and what was asked."""
    account(scene.house)
    scene.hook("tiktok")
    scene.house.server.tiktok.apps["app-id"] = SECRET
    with subscriber(scene.house) as asking:

        def keep_up() -> tuple[Any, list[Served]]:
            before = len(scene.house.server.log)
            asking.keep_up()
            with scene.house.archive.database.read() as connection:
                row = connection.execute(select(*Subscription.__table__.columns)).one()
            return row, list(scene.house.server.log)[before:]

        yield keep_up


def test_the_app_itself_enters_the_address_at_tiktok_every_day(
    scene: Scene, tiktok: Callable[[], tuple[Any, list[Served]]]
) -> None:
    server = scene.house.server.tiktok
    row, asked = tiktok()
    assert (row.failed, row.confirmed_at) == (None, scene.house.clock.now())
    assert [(one.method, one.target, one.authorised) for one in asked] == [
        ("POST", "/open_api/v1.3/business/webhook/update/", False)
    ]
    assert server.callback is not None
    assert server.callback.rpartition("/")[0].endswith("/hooks/tiktok")
    assert tiktok()[1] == []
    server.callback = None
    scene.house.later(days=1)
    assert tiktok()[0].failed is None
    assert server.callback is not None, "somebody else entered another one"


@pytest.mark.parametrize(
    ("apps", "items", "told"), [({"app-id": "another"}, [], "for this app"), ({"app-id": SECRET}, ["5"], "some videos")]
)
def test_what_tiktok_does_not_enter_is_said(
    scene: Scene, tiktok: Callable[[], tuple[Any, list[Served]]], apps: dict[str, str], items: list[str], told: str
) -> None:
    server = scene.house.server.tiktok
    server.apps, server.items = apps, items
    failed = tiktok()[0].failed
    assert told in failed
    assert SECRET not in failed


@pytest.mark.parametrize(
    "body", [b"", b"[]", b"{}", b'{"code":0}', b'{"code":0,"data":{"callback_url":"https://x.example"}}']
)
def test_whatever_tiktok_answers_it_is_not_taken_for_done(body: bytes) -> None:
    ref = AccountRef("ac_1", "tiktok", "https://www.tiktok.com", "1", "@city", "https://www.tiktok.com/@city")
    step = TikTok().registering(ref, ADDRESS)
    assert isinstance(step, Step)
    assert step.url.startswith("https://business-api.tiktok.com/")
    assert isinstance(TikTok().registered(ref, ADDRESS, step, Answer(200, (), body, NOW)), str)


# What X may answer.


def _step(what: str) -> Step:
    known = {"webhook": "19", "left": list(_x_subscribing.EVENTS[1:])}
    return Step("GET", "https://api.x.com/2/webhooks", what=what, known=known)


_NAMES = ("data", "id", "url", "valid", "filter", "user_id", "event_type", "webhook_id")
_ANY = st.recursive(
    st.one_of(st.sampled_from(ODD), st.integers(), st.text(max_size=5), st.just(ADDRESS), st.just("19")),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(st.sampled_from(_NAMES), inner, max_size=4),
    ),
    max_leaves=12,
)  # fmt: skip


@settings(max_examples=effort.examples(300), deadline=None)
@given(st.sampled_from(["webhooks", "made", "validated", "subscriptions", "subscribing", "other"]), _ANY)
def test_whatever_comes_it_is_done_said_or_asked_on_at_x_alone(what: str, body: Any) -> None:
    told = X().registered(ACCOUNT, ADDRESS, _step(what), answer(body))
    if isinstance(told, Step):
        assert told.url.startswith("https://api.x.com/2/")
        assert "\n" not in told.url
    elif told is not None:
        assert 0 < len(told) < 200
        assert ADDRESS not in told


@pytest.mark.parametrize(
    "listed",
    [
        [{"id": "19", "url": "https://elsewhere.example/hooks", "valid": True}],
        [{"id": "../oauth2", "url": ADDRESS, "valid": True}],
        [{"id": 19, "url": ADDRESS, "valid": True}],
        "words",
        None,
    ],
)
def test_only_what_is_surely_ours_is_taken_for_registered(listed: Any) -> None:
    told = X().registered(ACCOUNT, ADDRESS, _step("webhooks"), answer({"data": listed}))
    assert isinstance(told, Step)
    assert (told.method, told.body) == ("POST", {"url": ADDRESS})


@pytest.mark.parametrize("valid", [True, False])
def test_where_x_only_says_that_it_tried_the_list_says_what_came_of_it(valid: bool) -> None:
    again = X().registered(ACCOUNT, ADDRESS, _step("validated"), answer({"data": {"attempted": True}}))
    assert isinstance(again, Step)
    assert (again.method, again.url) == ("GET", "https://api.x.com/2/webhooks")
    listed = {"data": [{"id": "19", "url": ADDRESS, "valid": valid}]}
    told = X().registered(ACCOUNT, ADDRESS, again, answer(listed))
    assert (isinstance(told, Step) and told.what == "subscriptions") if valid else "API key secret" in str(told)
    assert "API key secret" in str(X().registered(ACCOUNT, ADDRESS, _step("validated"), answer({"data": {}})))


def test_of_what_others_subscribed_to_nothing_is_taken_for_ours() -> None:
    mine = {"event_type": "post.create", "webhook_id": "19", "filter": {"user_id": "42"}}
    others = [
        mine | {"webhook_id": "18"},
        mine | {"filter": {"user_id": "43"}},
        mine | {"filter": {"user_id": "42", "keyword": "x"}},
    ]
    told = X().registered(ACCOUNT, ADDRESS, _step("subscriptions"), answer({"data": others}))
    assert isinstance(told, Step)
    assert told.body["event_type"] == "post.create"
    told = X().registered(ACCOUNT, ADDRESS, _step("subscriptions"), answer({"data": [mine, *others]}))
    assert isinstance(told, Step)
    assert told.body["event_type"] == _x_subscribing.EVENTS[1]


def test_an_address_that_is_too_long_for_x_is_said() -> None:
    assert "200 characters" in str(X().registering(ACCOUNT, f"https://{'a' * 200}.example/"))
