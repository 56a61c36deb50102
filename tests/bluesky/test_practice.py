"""The account on the practice network: what is hidden, closed or written by somebody who is blocked, and what is said
about it. The vendor's own servers are met in :mod:`tests.bluesky.test_network`."""

from __future__ import annotations

import pytest

from tests.bluesky.place import Account
from tests.capture.house import FULL, House
from tests.capture.rebuilding import check_rebuilt
from tests.graph.scenes import GOOD


@pytest.mark.law("R16", "R17")
def test_what_is_hidden_is_shown_and_said_to_be_hidden_and_a_closed_thread_shows_no_new_answers(house: House) -> None:
    found, city = Account.open(house), house.city
    post, answers = found.talk(3)
    house.run(found.account, FULL)
    city.hide(answers[0])
    house.later(hours=1)
    found.server.repositories.closed[post] = house.clock.now()
    late = city.say(found.cast.residents[3], "too late", answering=post)
    assert house.run(found.account, FULL).outcome in GOOD
    assert set(found.states(post, *answers)) == {"visible"}
    assert found.key_of(late) not in house.records()
    (gate,) = house.versions("settings/thread_gates")[-1].content["posts"]
    assert gate == {"post": found.key_of(post), "allow": [], "hidden": [found.key_of(answers[0])]}
    check_rebuilt(house, anew=True)


@pytest.mark.law("R16", "R17")
def test_what_is_rightly_empty_is_not_suspicious(house: House) -> None:
    """A thread in which only somebody answered who is blocked now: the service no longer shows the answer there, and
    gives it to whoever asks for it by its address."""
    found, city = Account.open(house), house.city
    post, (answer,) = found.talk(1)
    house.run(found.account, FULL)
    city.block(found.id, found.cast.residents[0])
    house.later(hours=1)
    unseen = city.say(found.cast.residents[0], "nobody sees this there", answering=post)
    for _ in range(2):
        assert house.run(found.account, FULL).outcome in GOOD
        house.later(days=1)
    assert found.states(answer) == ["visible"]
    assert found.key_of(unseen) not in house.records()
    # So it is with the only repost that is taken back: its list is empty then.
    shared = city.share(found.id, post)
    house.run(found.account, FULL)
    assert found.states(shared) == ["visible"]
    city.delete(shared)
    house.later(days=1)
    for _ in range(2):
        assert house.run(found.account, FULL).outcome in GOOD
        house.later(days=1)
    assert found.states(shared) == ["not_returned"]
    city.delete(answer)
    assert house.run(found.account, FULL).outcome in GOOD
    assert found.states(answer) == ["not_returned"]


def test_an_account_that_deleted_its_only_post_is_not_suspicious_for_ever(house: House) -> None:
    """The service itself counts none any more, and says of it that it is not there."""
    found, city = Account.open(house), house.city
    post, _ = found.talk(0)
    house.run(found.account, FULL)
    city.delete(post)
    house.later(days=1)
    for _ in range(2):
        assert house.run(found.account, FULL).outcome in GOOD
        house.later(days=1)
    assert found.states(post) == ["not_returned"]
