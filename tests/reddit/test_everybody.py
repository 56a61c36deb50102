"""What everybody sees on Reddit is asked for as the city's application alone, and kept as public beside what moderators
see: it says nothing that only these see, and stands in no account's way."""

from __future__ import annotations

import gzip
import logging
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from archiver.accounts import apps
from archiver.capture.causes import REMEDIES, Cause
from archiver.capture.models import Segment
from archiver.practice import faults
from archiver.records import service
from archiver.storage.segment_reader import ReadExchange, read_segment
from archiver.viewing import PUBLIC, Viewer
from tests.capture.house import FULL, NEW, WATCH, House
from tests.capture.rebuilding import check_rebuilt
from tests.capture.secrecy import nothing_left
from tests.graph.scenes import GOOD, SMALL
from tests.graph.truth import public_words
from tests.reddit.place import Subreddit, User, check, says

EVERYBODY = Viewer(access=frozenset({PUBLIC}))


@pytest.fixture
def found(house: House) -> Subreddit:
    return with_application(Subreddit.open(house))


def with_application(found: Subreddit) -> Subreddit:
    """The city has registered one."""
    client, secret = found.house.server.consent.add_client("http://127.0.0.1:8080/connect/return")
    apps.keep(found.house.archive, "reddit", client, secret)
    return found


def shown(house: House, key: str) -> Any:
    with house.archive.database.read() as connection:
        return service.record(connection, house.records()[key].id, EVERYBODY)


def asked_apart(house: House) -> int:
    return sum(row.purpose in ("open", "open_profile") for row in house.exchanges())


@pytest.mark.law("R4", "R16")
def test_what_everybody_sees_is_public_and_what_moderators_see_is_not(found: Subreddit) -> None:
    house, city = found.house, found.house.city
    post, (one, removed, two) = found.talk()
    city.hide(removed)
    assert house.run(found.account, FULL).outcome == "complete"
    keys = [found.key_of(each) for each in (post, one, two)]
    assert {house.records()[key].access for key in keys} == {PUBLIC}
    assert set(keys) <= public_words(house)
    assert house.records()[found.key_of(removed)].access == "private"
    assert [each.text for each in shown(house, keys[1]).versions] == ["comment 0"]
    # In no public segment stands anything that a moderator sees.
    house.capture.flush(all=True)
    public = b"".join(_public(house))
    assert b"comment 0" in public
    for hidden in (b'"can_mod_post": true', b"remove not spam", b"comment 1", b'"removed": true'):
        assert hidden not in public, hidden
    # Nothing is stored again because of it, and an edit is seen by both.
    stored = len(house.exchanges())
    house.later(days=1)
    assert house.run(found.account, FULL).outcome == "unchanged"
    assert len(house.exchanges()) == stored
    city.edit(one, "corrected")
    house.later(days=1)
    assert house.run(found.account, WATCH).outcome == "complete"
    assert [each.text for each in shown(house, keys[1]).versions] == ["comment 0", "corrected"]
    # What moderators remove later, everybody saw before.
    city.hide(two)
    house.later(days=1)
    house.run(found.account, FULL)
    assert found.states(two) == ["hidden_by_page"]
    assert [each.text for each in shown(house, keys[2]).versions] == ["comment 2"]
    check_rebuilt(house)


def _public(house: House) -> Any:
    keys = {row.key for row in house.rows(Segment) if row.access == PUBLIC}
    for path in house.segments():
        if not any(str(path).endswith(key) for key in keys):
            continue
        with path.open("rb") as stream:
            yield from (one.body for one in read_segment(stream) if isinstance(one, ReadExchange))


def test_without_an_application_everything_is_private_and_nothing_is_asked_for_in_vain(house: House) -> None:
    found = Subreddit.open(house)
    found.talk()
    assert house.run(found.account, FULL).outcome == "complete"
    assert asked_apart(house) == 0
    assert public_words(house) == set()
    with_application(found)
    house.later(days=1)
    assert house.run(found.account, FULL).outcome == "complete"
    assert len(public_words(house)) == 4 + 1, "and the subreddit itself"


@pytest.mark.law("R4")
def test_of_a_private_subreddit_nothing_is_named_in_public(found: Subreddit) -> None:
    house = found.house
    post, comments = found.talk()
    for one in (post, *comments):
        found.server.bodies.flags[one] = {"subreddit_type": "private"}
    house.server.faults.add(_not_for_strangers(house), "/r/.*/about", times=None)
    assert house.run(found.account, FULL).outcome == "complete"
    assert public_words(house) == set()
    house.capture.flush(all=True)
    told = b"".join(path.read_bytes() for path in house.segments() if "/public/" in str(path))
    assert not any(one.purpose == "open" for one in house.exchanges())
    named = gzip.decompress(told)
    assert b"open_profile" in named
    assert found.key_of(post).partition("/")[2].encode() not in named


def _not_for_strangers(house: House) -> Any:
    tokens = house.server.reddit.tokens

    def alter(request: Any, response: Any) -> Any:
        stranger = tokens.get(request.token or "") == 0
        return says(403, reason="private")(request, response) if stranger else response

    return alter


def refused(house: House) -> set[tuple[str, str]]:
    """Streams and remedies of gaps that are open because the application is refused."""
    return {(row.stream, row.remedy) for row in house.gaps(open_only=True) if row.cause == "withdrawn"}


def _refuses_applications(house: House) -> Any:
    """As Reddit refuses one that it has blocked: no word of what was asked for."""
    tokens = house.server.reddit.tokens

    def alter(request: Any, response: Any) -> Any:
        return says(403)(request, response) if tokens.get(request.token or "") == 0 else response

    return alter


@pytest.mark.law("R4", "R16", "R63")
def test_an_application_that_is_blocked_is_a_gap_and_nothing_is_told_of_what_it_asked_for(found: Subreddit) -> None:
    house = found.house
    post, comments = found.talk()
    assert house.run(found.account, FULL).outcome == "complete"
    assert refused(house) == set()
    known = public_words(house)
    house.server.faults.add(_refuses_applications(house), times=None)
    house.later(minutes=10)
    late = house.city.say(found.id, "The bridge is open.")
    assert house.run(found.account, NEW).outcome == "complete", "what owners see was read"
    assert refused(house) == {("posts", REMEDIES[Cause.WITHDRAWN])}
    assert public_words(house) == known
    assert set(found.states(post, late, *comments)) == {"visible"}
    assert house.records()[found.key_of(late)].access == "private"
    assert house.account_state(found.account) == "active"
    house.later(minutes=10)
    assert house.run(found.account, NEW).outcome in GOOD
    assert len(refused(house)) == 1
    # It is let in again: the next run makes up for it.
    house.server.faults.clear()
    house.later(minutes=10)
    house.run(found.account, NEW)
    assert found.key_of(late) in public_words(house)
    assert refused(house) == set()
    check_rebuilt(house)


@pytest.mark.law("R4")
def test_that_not_everybody_sees_the_account_is_no_refusal_of_the_application(found: Subreddit) -> None:
    house = found.house
    found.talk()
    house.server.faults.add(_not_for_strangers(house), "/r/.*/about", times=None)
    assert house.run(found.account, FULL).outcome == "complete"
    assert refused(house) == set()


def test_an_application_that_is_given_no_token_stands_in_no_way(found: Subreddit) -> None:
    house = found.house
    post, _ = found.talk()
    house.server.consent.no_applications = True
    assert house.run(found.account, FULL).outcome == "complete"
    assert found.states(post) == ["visible"]
    assert public_words(house) == set()
    assert {stream for stream, _ in refused(house)} == {"profile", "posts", "comments"}, "and it is told"
    house.later(hours=2)
    assert house.run(found.account, NEW).outcome in GOOD
    assert house.server.consent.asked.count("client_credentials") == 1, "once a day"
    house.server.consent.no_applications = False
    house.later(days=2)
    assert house.run(found.account, FULL).outcome in GOOD
    assert found.key_of(post) in public_words(house)
    assert refused(house) == set()


@pytest.mark.law("R71")
def test_its_token_is_renewed_masked_and_says_nothing_of_the_owner(
    found: Subreddit, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    house = found.house
    found.talk()
    house.run(found.account, FULL)
    consent = house.server.consent
    (first,) = [token for token, one in consent.tokens.items() if one.person == 0]
    # It is taken back: another one is asked for, once, and the account stays connected.
    found.server.tokens.pop(first)
    house.later(minutes=1)
    post = house.city.say(found.id, "The bridge is open.")
    house.server.faults.add(faults.echoed_token("escaped"), "/api/info", times=1)
    assert house.run(found.account, NEW).outcome in GOOD
    assert consent.asked.count("client_credentials") == 2
    assert found.key_of(post) in public_words(house)
    assert house.account_state(found.account) == "active"
    # Where none is taken, only what is asked with it is missing.
    house.server.faults.add(says(401), "/api/info", times=None)
    house.later(minutes=10)
    house.city.say(found.id, "And shut again.")
    assert house.run(found.account, NEW).outcome == "complete"
    assert {stream for stream, _ in refused(house)} == {"posts"}
    assert house.account_state(found.account) == "active"
    house.capture.flush(all=True)
    for token in [token for token, one in consent.tokens.items() if one.person == 0]:
        nothing_left(house.home, caplog.text.encode(), token)


@pytest.mark.law("R16", "R18")
@pytest.mark.long
@pytest.mark.parametrize("kind", [Subreddit, User])
def test_a_month_read_twice_is_told_as_it_could_be_seen(
    new_house: Callable[..., House], kind: Callable[..., Any]
) -> None:
    found = with_application(kind.open(new_house(seed=5)))  # type: ignore[attr-defined]
    sizes = {**SMALL, "messages": 0}
    found.play(timedelta(days=10), full_only=True, **sizes)
    told = check(found.house, found.id, user=kind is User)
    assert told["edited"] > 0
    assert {run.outcome for run in found.house.runs()} <= {"complete", "unchanged"}
    house = found.house
    stand = [row for row in house.records().values() if row.kind in ("post", "comment") and row.state == "visible"]
    if kind is Subreddit:
        assert {row.key for row in stand} <= public_words(house)
        assert {row.access for row in stand} == {PUBLIC}
    assert len(public_words(house)) > 1
