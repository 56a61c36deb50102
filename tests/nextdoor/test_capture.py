"""The Nextdoor connector in the engine, over a real socket: a month, bad days, and what is never kept."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta

import pytest

from archiver.accounts import service as accounts
from archiver.accounts import tokens
from archiver.errors import Refused, UsageError
from archiver.practice import faults
from archiver.practice.acts import Wording
from archiver.practice.faults import Alter, with_json
from archiver.practice.messages import Request, Response
from tests.capture.house import FULL, NEW, WATCH, House
from tests.capture.rebuilding import check_rebuilt
from tests.capture.secrecy import repeated
from tests.graph.scenes import LARGE, SMALL, keeps_no_token
from tests.graph.truth import public_words
from tests.nextdoor.agency import TOKEN, Agency, agency, check, key_of

GOOD = {"complete", "unchanged"}
_POSTS = "/partner/v1/post/"


@pytest.fixture
def found(house: House) -> Agency:
    return agency(house)


@pytest.mark.law("R18")
@pytest.mark.parametrize(
    ("sizes", "seed", "days"),
    [
        pytest.param({**SMALL, "depth": 4}, 9, 10, id="small"),
        pytest.param({**LARGE, "depth": 6}, 8, 3, id="large", marks=pytest.mark.long),
    ],
)
def test_a_month_is_told_as_it_could_be_seen(
    new_house: Callable[..., House], sizes: dict[str, int], seed: int, days: int
) -> None:
    found = agency(new_house(seed=seed))
    found.play(timedelta(days=days), full_only=True, **{**sizes, "messages": 0})
    told = check(found.house, found.id)
    assert told["edited"] > 1
    assert told["gone"] == 0
    assert {run.outcome for run in found.house.runs()} <= GOOD
    assert all(not run.drift for run in found.house.runs()), "a field that is not in the documented lists"


@pytest.mark.law("R4")
def test_every_level_of_comments_is_seen_and_nothing_is_public(found: Agency) -> None:
    house, city, people = found.house, found.house.city, found.cast.residents
    post, (top, *_) = found.talk(2)
    reply = city.say(people[1], "a reply", answering=top)
    deeper = city.say(found.id, "our answer to it", answering=reply)
    picture = city.say(found.id, Wording("See here", media=(city.picture("snow"),)))
    assert house.run(found.account, FULL).outcome == "complete"
    records = house.records()
    keys = [key_of(house, one) for one in (post, top, reply, deeper)]
    assert [records[key].parent_id for key in keys[1:]] == [records[key].id for key in keys[:3]]
    assert {records[key].thread_id for key in keys[1:]} == {records[keys[0]].id}
    assert records[keys[2]].author_name == city.people[people[1]].profile.name
    assert public_words(house) == set()
    assert {row.access for row in records.values()} == {"private"}
    assert sorted(one.state for one in house.media()) == ["fetched", "fetched"], "the agency's, and that of a post"
    house.later(hours=2)
    stored = len(house.exchanges())
    assert house.run(found.account, NEW).outcome == "unchanged"
    assert len(house.exchanges()) == stored
    city.edit(picture, "See there")
    city.like(post, people[0])
    house.later(hours=2)
    house.run(found.account, NEW)
    assert [house.records()[key_of(house, one)].versions for one in (picture, post)] == [2, 1]
    check_rebuilt(house)


def test_of_what_is_no_longer_returned_nothing_is_said(found: Agency) -> None:
    house = found.house
    post, comments = found.talk()
    house.run(found.account, FULL)
    house.city.delete(comments[0])
    found.server.most = 0
    for sweep in (FULL, WATCH, FULL):
        house.later(days=1)
        assert house.run(found.account, sweep).outcome in GOOD
    assert set(found.states(post, *comments)) == {"visible"}


# Bad days.


def _halved(request: Request, response: Response) -> Response:
    return with_json(response, {"posts_length": 3})


def _more(request: Request, response: Response) -> Response:
    body = json.loads(response.body)
    return with_json(response, {**body, "posts": [one | {"mood": "happy"} for one in body["posts"]]})


_FAULTS: dict[str, tuple[Alter, set[str]]] = {
    "half": (_halved, {"partial"}),
    "not found": (faults.html_page(404), {"partial"}),
    "html": (faults.html_page(200), {"partial"}),
    "sign-in page": (faults.html_page(401), {"partial"}),
    "trouble": (faults.server_error(500), GOOD),
    "cut": (faults.cut_body(100), GOOD),
    "slow": (faults.slow_body(200, 0.01), GOOD),
    "more": (_more, GOOD),
}


@pytest.mark.parametrize(
    ("alter", "outcomes"),
    [pytest.param(*one, id=name, marks=() if name == "half" else pytest.mark.long) for name, one in _FAULTS.items()],
)
def test_a_fault_in_the_middle_is_made_up_for(found: Agency, alter: Alter, outcomes: set[str]) -> None:
    house = found.house
    post, comments = found.talk()
    house.run(found.account, FULL)
    house.later(days=1)
    late, _ = found.talk(1)
    fault = house.server.faults.add(alter, _POSTS, times=1)
    assert house.run(found.account, FULL).outcome in {*outcomes, "complete"} - (
        {"complete"} if outcomes == {"partial"} else set()
    )
    assert fault.hits == 1
    house.later(days=1)
    assert house.run(found.account, FULL).outcome in GOOD
    assert set(found.states(post, late, *comments)) == {"visible"}
    assert {house.records()[key_of(house, one)].versions for one in (post, *comments)} == {1}
    assert not house.gaps(open_only=True)


def test_a_pause_and_a_missing_permission_leave_gaps(found: Agency) -> None:
    house = found.house
    found.talk()
    found.server.withheld = {"post:read"}
    assert house.run(found.account, FULL).outcome == "partial"
    assert [gap.stream for gap in house.gaps(open_only=True)] == ["posts"]
    found.server.withheld, found.server.paused = set(), 3600
    house.later(days=1)
    assert house.run(found.account, FULL).outcome not in GOOD
    asked = len(house.server.log)
    house.later(minutes=10)
    house.run(found.account, NEW)
    assert len(house.server.log) == asked, "asked before the pause was over"
    found.server.paused = None
    house.later(hours=2)
    assert house.run(found.account, FULL).outcome == "complete"
    assert not house.gaps(open_only=True)


# Credentials.


def test_an_agency_is_not_added_without_a_token_of_somebody_who_looks_after_it(found: Agency) -> None:
    house = found.house
    other = house.city.join("other-agency", "Other", home="nextdoor", official=True)
    address = house.server.nextdoor.account_url(other)
    with pytest.raises(UsageError, match="somebody who looks after the agency"):
        accounts.add(house.archive, address, "nextdoor")
    for token, told in ((TOKEN, "does not look after"), ("no-such-token-0123456789", "does not accept")):
        with pytest.raises(Refused, match=told) as refused:
            accounts.add(house.archive, address, "nextdoor", credential=token)
        assert token not in str(refused.value)


def test_a_token_that_ends_needs_a_person(found: Agency) -> None:
    house = found.house
    post, comments = found.talk()
    house.run(found.account, FULL)
    del found.server.tokens[TOKEN]
    house.later(days=1)
    assert house.run(found.account, FULL).outcome == "failed"
    assert house.account_state(found.account) == "sign_in_needed"
    found.server.tokens[TOKEN] = found.id
    tokens.keep(house.archive, found.account, TOKEN)
    house.later(days=1)
    assert house.run(found.account, FULL).outcome in GOOD
    assert set(found.states(post, *comments)) == {"visible"}


@pytest.mark.law("R71")
@pytest.mark.parametrize(
    "form", ["body", *(pytest.param(one, marks=pytest.mark.long) for one in ("percent", "link", "header", "escaped"))]
)
def test_no_token_is_left_anywhere(found: Agency, form: str, caplog: pytest.LogCaptureFixture) -> None:
    keeps_no_token(found, faults.echoed_token(form) if form in ("header", "escaped") else repeated(TOKEN, form), caplog)
