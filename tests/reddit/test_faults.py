"""Reddit on bad days: nothing is told as gone because an answer went wrong, and the next good day makes up for it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from archiver.practice import faults
from archiver.practice.faults import Alter, with_json
from archiver.practice.messages import Request, Response
from archiver.practice.reddit_json import listing
from tests.capture.house import FULL, NEW, House
from tests.graph.scenes import (
    GOOD,
    comes_back_with_all,
    in_a_mood,
    is_no_deletion,
    is_not_added,
    leaves_no_token,
    needs_a_person,
    outlasts,
    tells_of_a_field,
)
from tests.reddit.place import TOKEN, Subreddit, says

_THREAD, _MORE, _NEW, _ABOUT = "/comments/", "/api/morechildren", "/r/.*/new", "/about"


@pytest.fixture
def found(house: House) -> Subreddit:
    place = Subreddit.open(house)
    place.server.at_once, place.server.depth, place.server.page = 4, 3, 4
    return place


_FAULTS: Mapping[str, tuple[Alter, set[str]]] = {
    "ambiguous": (says(404), {"partial", *GOOD}),
    "private": (says(403, reason="private"), {"partial"}),
    "scope": (says(403, ("WWW-Authenticate", 'Bearer error="insufficient_scope"')), {"partial"}),
    "parameter": (says(400), {"partial"}),
    "trouble": (faults.server_error(500), GOOD),
    "html": (faults.html_page(200), {"partial"}),
    "proxy": (faults.html_page(404), {"partial"}),
    "cut": (faults.cut_body(200), GOOD),
    "slow": (faults.slow_body(300, 0.01), GOOD),
    "spent": (says(429, ("X-Ratelimit-Reset", "40")), GOOD),
    "later": (says(429, ("Retry-After", "7")), GOOD),
    "silent": (says(429), GOOD),
}


@pytest.mark.parametrize(
    ("alter", "outcomes"),
    [pytest.param(*one, id=name, marks=() if name == "ambiguous" else pytest.mark.long)
     for name, one in _FAULTS.items()],
)  # fmt: skip
def test_a_fault_in_the_middle_is_no_deletion(found: Subreddit, alter: Alter, outcomes: set[str]) -> None:
    is_no_deletion(found, alter, outcomes, _THREAD)


@pytest.mark.long
@pytest.mark.parametrize("where", [_THREAD, _MORE, _NEW, _ABOUT, "/api/info", "/(?:r|comments|api)/"])
def test_a_service_that_answers_not_found_deletes_nothing(found: Subreddit, where: str) -> None:
    outlasts(found, says(404), where, answers=6)


def _emptied(request: Request, response: Response) -> Response:
    """An empty page that names the one that it should have been as the next."""
    if "after=" in request.target:
        return response
    told = json.loads(response.body)["data"]["children"]
    return with_json(response, listing([], told[0]["data"]["name"])) if told else response


def _without_a_place(request: Request, response: Response) -> Response:
    """What the next page was to begin behind is no longer in the list: Reddit then shows nothing."""
    return with_json(response, listing([])) if "after=" in request.target else response


@pytest.mark.parametrize(
    ("alter", "where", "good"),
    [
        pytest.param(_without_a_place, "/r/.*/comments", True, id="dead cursor"),
        pytest.param(_emptied, _NEW, True, id="empty page", marks=pytest.mark.long),
        pytest.param(says(503), _MORE, True, id="trouble once", marks=pytest.mark.long),
        pytest.param(faults.cut_body(300), _MORE, True, id="cut", marks=pytest.mark.long),
        pytest.param(faults.html_page(200), _MORE, False, id="html", marks=pytest.mark.long),
    ],
)
def test_many_pages_are_read_in_the_end(found: Subreddit, alter: Alter, where: str, good: bool) -> None:
    comes_back_with_all(found, alter, where, good=good)


@pytest.mark.long
def test_trouble_on_the_third_page_leaves_a_gap_that_later_runs_close(found: Subreddit) -> None:
    comes_back_with_all(found, says(503), _MORE, times=None, good=False)


@pytest.mark.long
def test_what_is_deleted_between_two_pages_hides_nothing_behind_it(found: Subreddit) -> None:
    """A page that was to begin behind it is empty; it is asked for behind the one before."""
    house, city = found.house, found.house.city
    posts = [city.say(found.id, f"Notice {n}") for n in range(11)]

    def delete(request: Request, response: Response) -> Response:
        last = json.loads(response.body)["data"]["children"][-1]["data"]["id"]
        city.delete(int(last, 36))
        return response

    house.server.faults.add(delete, _NEW, times=1)
    assert house.run(found.account, FULL).outcome in GOOD
    assert {found.key_of(one) for one in posts} <= set(house.records())


@pytest.mark.long
def test_a_page_that_repeats_the_end_of_the_one_before_makes_nothing_twice(found: Subreddit) -> None:
    house, city = found.house, found.house.city
    posts = [city.say(found.id, f"Notice {n}") for n in range(11)]
    last: list[Any] = []

    def repeat(request: Request, response: Response) -> Response:
        body = json.loads(response.body)
        before, last[:] = list(last), body["data"]["children"][-1:]
        body["data"]["children"] = [*before, *body["data"]["children"]]
        return with_json(response, body)

    house.server.faults.add(repeat, _NEW, times=None)
    assert house.run(found.account, FULL).outcome in GOOD
    assert {house.records()[found.key_of(one)].versions for one in posts} == {1}


@pytest.mark.long
def test_a_field_that_nobody_knows_is_told_and_is_no_edit(found: Subreddit) -> None:
    tells_of_a_field(found, in_a_mood(b'"saved": false, '), "/", "t1.mood", "t3.mood")


def test_a_token_that_ends_in_the_middle_needs_a_person(found: Subreddit) -> None:
    needs_a_person(found, says(401, ("WWW-Authenticate", 'Bearer error="invalid_token"')), _THREAD)


@pytest.mark.long
def test_a_spent_allowance_ends_the_run_until_reddit_counts_anew(found: Subreddit) -> None:
    house = found.house
    found.talk()
    house.run(found.account, FULL)
    house.server.faults.add(says(429, ("X-Ratelimit-Reset", "3600")), "/", times=None)
    house.later(days=1)
    assert house.run(found.account, FULL).outcome not in GOOD
    house.server.faults.clear()
    asked = len(house.server.log)
    house.later(minutes=20)
    house.run(found.account, NEW)
    assert len(house.server.log) == asked, "asked before the time that Reddit named"
    house.later(hours=1)
    assert house.run(found.account, FULL).outcome in GOOD


@pytest.mark.long
def test_an_allowance_that_is_nearly_used_up_is_spread_over_its_time(found: Subreddit) -> None:
    found.talk(6)
    found.server.limit = 30
    assert found.house.run(found.account, FULL).outcome in GOOD
    assert not any(one.status == 429 for one in found.house.server.log)


@pytest.mark.long
def test_an_account_is_not_added_without_a_token(found: Subreddit) -> None:
    is_not_added(found, "access token", {"eyJ.no-such-token-0123456789": "does not accept the access token"})


@pytest.mark.law("R71")
@pytest.mark.parametrize(
    "form", ["body", *(pytest.param(one, marks=pytest.mark.long) for one in ("escaped", "percent", "header"))]
)
def test_no_token_is_left_anywhere(found: Subreddit, form: str, caplog: pytest.LogCaptureFixture) -> None:
    leaves_no_token(found, form, caplog)
    assert all(TOKEN not in one.target for one in found.house.server.log)
