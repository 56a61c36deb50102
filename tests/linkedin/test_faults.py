"""LinkedIn on bad days: nothing is told as gone because an answer went wrong, and the next good day makes up for it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from archiver.practice import faults
from archiver.practice.faults import Alter, with_json
from archiver.practice.linkedin_json import dump, error
from archiver.practice.messages import Request, Response
from tests.capture.house import FULL, NEW, House
from tests.linkedin.page import Page, page

GOOD = {"complete", "unchanged"}
_COMMENTS = "/rest/socialActions/.*comments"


@pytest.fixture
def found(house: House) -> Page:
    return page(house)


def says(status: int, code: str, message: str = "No.") -> Alter:
    """An error in LinkedIn's form."""

    def alter(request: Request, response: Response) -> Response:
        return Response(status, (("Content-Type", "application/json"),), dump(error(status, code, message)))

    return alter


_FAULTS: dict[str, tuple[Alter, set[str]]] = {
    "ambiguous": (says(404, "NOT_FOUND", "Could not find entity"), {"partial", *GOOD}),
    "expired": (says(401, "EXPIRED_ACCESS_TOKEN"), {"failed"}),
    "permission": (says(403, "ACCESS_DENIED"), {"partial"}),
    "sunset": (says(426, "NONEXISTENT_VERSION"), {"partial"}),
    "parameter": (says(400, "ILLEGAL_ARGUMENT"), {"partial"}),
    "trouble": (faults.server_error(500), GOOD),
    "html": (faults.html_page(200), {"partial"}),
    "proxy": (faults.html_page(404), {"partial"}),
    "cut": (faults.cut_body(200), GOOD),
    "slow": (faults.slow_body(200, 0.01), GOOD),
}


@pytest.mark.parametrize(
    ("alter", "outcomes"),
    [pytest.param(*one, id=name, marks=pytest.mark.long) for name, one in _FAULTS.items()],
)
def test_a_fault_in_the_middle_is_no_deletion(found: Page, alter: Alter, outcomes: set[str]) -> None:
    house = found.house
    post, comments = found.talk()
    house.run(found.account, FULL)
    house.later(days=1)
    fault = house.server.faults.add(alter, _COMMENTS, times=1)
    assert house.run(found.account, FULL).outcome in outcomes
    assert fault.hits == 1
    assert set(found.states(post, *comments)) == {"visible"}
    house.server.faults.clear()
    house.later(days=1)
    assert house.run(found.account, FULL).outcome in GOOD
    assert set(found.states(post, *comments)) == {"visible"}


@pytest.mark.parametrize(
    ("part", "alter"),
    [
        pytest.param("/rest/posts", says(404, "NOT_FOUND"), id="posts", marks=pytest.mark.long),
        pytest.param("/rest/", says(404, "NOT_FOUND"), id="everything", marks=pytest.mark.long),
        pytest.param("/rest/socialActions", says(404, "NOT_FOUND"), id="comments"),
        pytest.param("/rest/social", says(404, "NOT_FOUND"), id="social", marks=pytest.mark.long),
    ],
)
def test_a_service_that_answers_not_found_to_everything_deletes_nothing(found: Page, part: str, alter: Alter) -> None:
    """For as long as that lasts, over several runs."""
    house = found.house
    said = [found.talk(2) for _ in range(2)]
    numbers = [number for post, under in said for number in (post, *under)]
    house.run(found.account, FULL)
    house.server.faults.add(alter, part, times=None)
    for _ in range(2):
        house.later(days=1)
        assert house.run(found.account, FULL).outcome not in GOOD
    assert set(found.states(*numbers)) == {"visible"}
    house.server.faults.clear()
    house.later(days=1)
    assert house.run(found.account, FULL).outcome in GOOD
    assert set(found.states(*numbers)) == {"visible"}


def _sooner_or_later(house: House, found: Page, *numbers: int) -> None:
    assert house.run(found.account, FULL).outcome in GOOD
    assert {found.key_of(one) for one in numbers} <= set(house.records())


@pytest.mark.parametrize("deleted", [1, pytest.param(3, marks=pytest.mark.long)])
def test_what_is_deleted_between_two_pages_hides_nothing_behind_it(found: Page, deleted: int) -> None:
    """It moves everything behind it forward: what is one page further would be passed over."""
    house, city = found.house, found.house.city
    found.server.page = 4
    post, comments = found.talk(9)
    house.run(found.account, FULL)
    late = [city.say(found.cast.residents[0], f"late {n}", answering=post) for n in range(2)]
    house.later(days=1)

    def delete(request: Request, response: Response) -> Response:
        for number in comments[:deleted]:
            city.delete(number)
        return response

    house.server.faults.add(delete, _COMMENTS, times=1)
    house.run(found.account, FULL)
    rest = (*comments[deleted:], *late)
    assert set(found.states(*comments[deleted:])) == {"visible"}
    house.later(days=1)
    _sooner_or_later(house, found, *rest)
    assert set(found.states(*rest)) == {"visible"}
    assert set(found.states(*comments[:deleted])) == {"not_returned"}


@pytest.mark.long
def test_trouble_on_the_third_page_leaves_a_gap_that_later_runs_close(found: Page) -> None:
    house = found.house
    found.server.page = 5
    _, comments = found.talk(17)
    house.server.faults.add(faults.server_error(503), rf"{_COMMENTS}.*start=6", times=None)
    assert house.run(found.account, FULL).outcome not in GOOD
    assert house.gaps(open_only=True)
    assert found.key_of(comments[0]) in house.records()
    house.server.faults.clear()
    house.later(days=1)
    house.run(found.account, FULL)  # begins with what was left, and comes to that page once more
    assert {found.key_of(one) for one in comments} <= set(house.records())
    house.later(days=1)
    _sooner_or_later(house, found, *comments)
    assert not house.gaps(open_only=True)


@pytest.mark.long
def test_an_empty_page_that_names_the_next_one_is_not_the_end(found: Page) -> None:
    house = found.house
    found.server.page = 5
    _, comments = found.talk(14)
    house.run(found.account, FULL)

    def emptied(request: Request, response: Response) -> Response:
        start = int(request.parameter("start") or 0)
        link = {"rel": "next", "type": "application/json", "href": f"/rest/x?start={start + 1}&count=5"}
        body: dict[str, Any] = json.loads(response.body)
        return with_json(response, {"elements": [], "paging": {**body["paging"], "links": [link]}})

    fault = house.server.faults.add(emptied, rf"{_COMMENTS}.*start=3", times=1)
    house.later(days=1)
    _sooner_or_later(house, found, *comments)
    assert fault.hits == 1
    assert set(found.states(*comments)) == {"visible"}


@pytest.mark.long
def test_a_field_that_nobody_knows_is_told_and_is_no_edit(found: Page) -> None:
    house = found.house
    post, comments = found.talk(2)
    house.run(found.account, FULL)

    def more(request: Request, response: Response) -> Response:
        return with_json(response, _with_a_mood(json.loads(response.body)))

    house.server.faults.add(more, "/rest/", times=None)
    house.later(days=1)
    house.run(found.account, FULL)
    assert {"post.mood", "comment.mood"} <= {name for run in house.runs() for name in run.drift}
    assert {house.records()[found.key_of(one)].versions for one in (post, *comments)} == {1}


def _with_a_mood(value: Any) -> Any:
    if isinstance(value, list):
        return [_with_a_mood(one) for one in value]
    if not isinstance(value, dict):
        return value
    mood = {"mood": "happy"} if "lastModifiedAt" in value or "lastModified" in value else {}
    return {name: _with_a_mood(one) for name, one in value.items()} | mood


@pytest.mark.long
def test_a_spent_day_ends_the_run_and_the_next_one_begins_at_midnight_utc(found: Page) -> None:
    house = found.house
    post, comments = found.talk()
    found.server.quota = found.server.used + 3
    assert house.run(found.account, FULL).outcome not in GOOD
    asked = len(house.server.log)
    house.later(hours=2)
    house.run(found.account, NEW)
    assert len(house.server.log) == asked, "asked before midnight UTC"
    found.server.quota = None
    house.later(hours=15)
    assert house.run(found.account, FULL).outcome == "complete"
    assert set(found.states(post, *comments)) == {"visible"}


def test_a_version_that_is_no_longer_answered_says_what_is_to_be_done(found: Page) -> None:
    house = found.house
    post, comments = found.talk()
    house.run(found.account, FULL)
    found.server.versions = {"202708"}
    house.later(days=1)
    result = house.run(found.account, FULL)
    assert result.outcome not in GOOD
    assert any("newer release of this program" in (row.reason or "") for row in house.coverage(result).values())
    assert set(found.states(post, *comments)) == {"visible"}
    assert house.account_state(found.account) != "sign_in_needed"


@pytest.mark.long
@pytest.mark.parametrize(("links", "totals"), [(False, False), (False, True)])
def test_lists_that_do_not_name_their_next_page_are_read_to_their_end(found: Page, links: bool, totals: bool) -> None:
    house = found.house
    found.server.page, found.server.links, found.server.totals, found.server.summaries = 4, links, totals, False
    post, comments = found.talk(8)
    replies = [house.city.say(found.cast.residents[1], f"r {n}", answering=comments[3]) for n in range(8)]
    others = [found.talk(0)[0] for _ in range(8)]
    _sooner_or_later(house, found, post, *comments, *replies, *others)
