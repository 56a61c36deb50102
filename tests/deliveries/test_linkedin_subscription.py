"""Whether LinkedIn still sends: the subscription of a page is looked at every day, renewed where it ran out, and what
stands in the way is said where the platform is shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import select

from archiver.accounts.models import Subscription
from archiver.capture import hooks
from archiver.practice import faults
from archiver.practice.linkedin_api import ADMIN
from archiver.practice.linkedin_ids import page_urn
from archiver.practice.linkedin_webhooks import EVENT, subscription
from connectors._linkedin_subscribing import registered
from connectors.contract import AccountRef, Answer
from connectors.deliveries import Step
from connectors.linkedin import LinkedIn
from tests import effort
from tests.connectors.payloads import ODD
from tests.connectors.reading import AT, answer
from tests.deliveries.scene import Scene
from tests.deliveries.test_subscribing import subscriber
from tests.linkedin.page import Page, page
from tests.linkedin.shapes import ACCOUNT, URN

ADDRESS = "https://archive.city.example/hooks/linkedin/" + "a" * 43
ELSEWHERE = "https://another-product.example/hook"
USER = "urn:li:person:adm1"
_NOW = int(AT.timestamp()) * 1000
_DAY = timedelta(days=1) // timedelta(milliseconds=1)


def of_page(webhook: str = ADDRESS, ends: int | None = _NOW + _DAY, entity: str = URN, **more: Any) -> dict[str, Any]:
    return subscription(7, USER, entity, webhook, ends) | more


def told(*entries: Any, what: str = "listed") -> Step | str | None:
    first = LinkedIn().registering(ACCOUNT, ADDRESS)
    assert isinstance(first, Step)
    step = first if what == "listed" else Step("GET", first.url, what=what)
    return LinkedIn().registered(ACCOUNT, ADDRESS, step, answer({"elements": list(entries)}))


@pytest.mark.parametrize("ends", [_NOW + _DAY, None])
def test_a_subscription_that_stands_is_left_alone(ends: int | None) -> None:
    assert told(of_page(ELSEWHERE, entity="urn:li:organization:9"), of_page(ends=ends)) is None


@pytest.mark.parametrize("known", [of_page(ends=_NOW - _DAY), of_page(entity="urn:li:organization:9")])
def test_one_that_ran_out_is_renewed_and_another_page_is_subscribed_with_the_same_app(known: dict[str, Any]) -> None:
    step = told(known)
    assert isinstance(step, Step)
    assert (step.method, step.body) == ("PUT", {"webhook": ADDRESS})
    escaped = URN.replace(":", "%3A")
    assert (
        f"(developerApplication:urn%3Ali%3AdeveloperApplication%3A7,user:urn%3Ali%3Aperson%3Aadm1,entity:{escaped},"
        in step.url
    )
    assert step.url.endswith(f"eventType:{EVENT})")
    after = LinkedIn().registered(ACCOUNT, ADDRESS, step, Answer(204, (), b"", AT))
    assert isinstance(after, Step)
    assert after.method == "GET"
    assert LinkedIn().registered(ACCOUNT, ADDRESS, after, answer({"elements": [of_page()]})) is None
    lost = LinkedIn().registered(ACCOUNT, ADDRESS, after, answer({"elements": [known]}))
    assert "does not show it" in str(lost), "and it is not asked for without end"


@pytest.mark.parametrize(
    ("entries", "words"),
    [
        ([], "no subscription"),
        ([of_page(ELSEWHERE)], "another address"),
        ([of_page(ELSEWHERE, ends=_NOW - _DAY)], "another address"),
        ([of_page(ELSEWHERE), of_page(entity="urn:li:organization:9")], "another address"),
        ([of_page(eventType="LEAD_ACTION")], "no subscription"),
        ([of_page(developerApplication="urn:li:developerApplication:../x")], "no subscription"),
        ([of_page(user="urn:li:person:a)/x")], "no subscription"),
        (["x", None, 7], "no subscription"),
    ],
)
def test_what_is_not_ours_is_left_as_it_is_and_said(entries: list[Any], words: str) -> None:
    assert words in str(told(*entries))


def test_a_long_list_is_read_to_its_end() -> None:
    others = [of_page(ELSEWHERE, entity=f"urn:li:organization:{n}") for n in range(50)]
    step = told(*others)
    assert isinstance(step, Step)
    assert "start=50" in step.url
    assert LinkedIn().registered(ACCOUNT, ADDRESS, step, answer({"elements": [of_page()]})) is None


_NAMES = ("elements", "developerApplication", "user", "entity", "eventType", "webhook", "expiresAt")
_ANY = st.recursive(
    st.one_of(st.sampled_from(ODD), st.integers(), st.text(max_size=5), st.sampled_from([ADDRESS, EVENT, URN, USER])),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3), st.dictionaries(st.sampled_from(_NAMES), inner, max_size=7)
    ),
    max_leaves=12,
)  # fmt: skip


@settings(max_examples=effort.examples(200), deadline=None)
@given(st.sampled_from(["listed", "put", "checked", "other"]), _ANY, st.sampled_from([200, 204, 403, 404, 429, 500]))
def test_whatever_comes_it_is_done_said_or_asked_on_at_linkedin_alone(what: str, body: Any, status: int) -> None:
    step = Step("GET", "https://api.linkedin.com/rest/eventSubscriptions", what=what)
    found = registered(ACCOUNT, ADDRESS, step, answer(body, status))
    if isinstance(found, Step):
        assert found.url.startswith("https://api.linkedin.com/rest/eventSubscriptions")
    elif found is not None:
        assert 0 < len(found) < 300
        assert ADDRESS not in found


def test_a_showcase_page_is_subscribed_as_what_it_is() -> None:
    showcase = AccountRef("ac_1", "linkedin", "x", "77", "showcase/c", "https://www.linkedin.com/showcase/c")
    step = registered(showcase, ADDRESS, Step("GET", "x", what="listed"), answer({"elements": [of_page()]}))
    assert isinstance(step, Step)
    assert "entity:urn%3Ali%3AorganizationBrand%3A77" in step.url


# In the engine, over a real socket.


@pytest.fixture
def keep_up(scene: Scene) -> Iterator[Callable[[], tuple[Any, list[tuple[str, str]]]]]:
    """Lets the archive look after it: what is known then, and what was asked."""
    with subscriber(scene.house) as asking:

        def look() -> tuple[Any, list[tuple[str, str]]]:
            before = len(scene.house.server.log)
            asking.keep_up()
            with scene.house.archive.database.read() as connection:
                row = connection.execute(select(*Subscription.__table__.columns)).one_or_none()
            return row, [(one.method, one.target.partition("?")[0]) for one in list(scene.house.server.log)[before:]]

        yield look


def test_it_is_looked_at_every_day_renewed_and_said_where_it_is_missing(
    scene: Scene, keep_up: Callable[[], tuple[Any, list[tuple[str, str]]]]
) -> None:
    house, found = scene.house, page(scene.house)
    assert keep_up() == (None, []), "as long as no address was made, nothing is asked"
    hook = scene.hook("linkedin")
    row, asked = keep_up()
    assert "no subscription" in row.failed
    assert asked == [("GET", "/rest/eventSubscriptions")]
    shown = scene.page("platforms/linkedin")
    assert "not subscribed: LinkedIn has no subscription of this page" in shown
    # The city makes the first one.
    address = hooks.address(house.archive, hook)
    assert address not in shown
    found.server.subscriptions.append(subscription(7, USER, page_urn(found.id), address, None))
    # Nothing but a person changes that: it is looked at as often as what stands, not more often.
    for _ in range(3):
        house.later(hours=7)
        assert keep_up()[1] == []
    house.later(hours=3)
    assert keep_up()[0].failed is None
    assert keep_up()[1] == [], "once a day"
    found.server.subscriptions[0]["expiresAt"] = 1
    house.later(days=1)
    row, asked = keep_up()
    assert (row.failed, row.confirmed_at) == (None, house.clock.now())
    assert [method for method, _ in asked] == ["GET", "PUT", "GET"]
    assert "subscribed" in scene.page("platforms/linkedin")
    _lost(scene, found, keep_up)


def _lost(scene: Scene, found: Page, keep_up: Callable[[], tuple[Any, list[tuple[str, str]]]]) -> None:
    """The administrator is one no longer."""
    found.server.withheld.add(ADMIN)
    scene.house.later(days=1)
    assert "403" in keep_up()[0].failed
    assert "does not let the token look after subscriptions" in scene.page("platforms/linkedin")
    scene.house.later(hours=2)
    assert keep_up()[1] == [], "nor is what is refused asked for every hour"


def test_what_came_to_nothing_by_chance_is_asked_for_again_within_the_hour(
    scene: Scene, keep_up: Callable[[], tuple[Any, list[tuple[str, str]]]]
) -> None:
    house = scene.house
    page(house)
    scene.hook("linkedin")
    house.server.faults.add(faults.server_error(503), "/rest/eventSubscriptions", times=1)
    assert "503" in keep_up()[0].failed
    house.later(hours=1)
    row, asked = keep_up()
    assert "no subscription" in row.failed
    assert len(asked) == 1
