"""Vimeo on bad days: nothing is told as gone because an answer went wrong, and the next good day makes up for it."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest

from archiver.practice import faults
from archiver.practice.faults import Alter, with_json
from archiver.practice.messages import Request, Response
from tests.capture.house import FULL, House
from tests.capture.rebuilding import check_rebuilt
from tests.graph.scenes import (
    GOOD,
    comes_back_with_all,
    in_a_mood,
    is_no_deletion,
    is_not_added,
    leaves_no_token,
    makes_suspicious,
    meets_a_failed_page_again,
    needs_a_person,
    outlasts,
    tells_of_a_field,
)
from tests.vimeo.place import Account, account, says

_COMMENTS, _VIDEOS = r"/comments\?", r"/users/\d+/videos"


@pytest.fixture
def found(house: House) -> Account:
    place = account(house)
    place.server.page = 3
    return place


_FAULTS: Mapping[str, tuple[Alter, set[str]]] = {
    "ambiguous": (says(404), {"partial", *GOOD}),
    "forbidden": (says(403), {"partial"}),
    "parameter": (says(400), {"partial"}),
    "proxy": (faults.html_page(404), {"partial"}),
    "trouble": (faults.server_error(500), GOOD),
    "spent": (says(429, ("X-RateLimit-Reset", "2026-03-03T08:00:40+00:00")), GOOD),
    "epoch": (says(429, ("X-RateLimit-Reset", "1772524840")), GOOD),
    "later": (says(429, ("Retry-After", "9")), GOOD),
    "silent": (says(429), GOOD),
    "html": (faults.html_page(200), {"partial"}),
    "cut": (faults.cut_body(100), GOOD),
    "slow": (faults.slow_body(300, 0.01), GOOD),
}


@pytest.mark.parametrize(
    ("alter", "outcomes"),
    [pytest.param(*one, id=name, marks=() if name == "ambiguous" else pytest.mark.long)
     for name, one in _FAULTS.items()],
)  # fmt: skip
def test_a_fault_in_the_middle_is_no_deletion(found: Account, alter: Alter, outcomes: set[str]) -> None:
    is_no_deletion(found, alter, outcomes, _COMMENTS)


@pytest.mark.long
@pytest.mark.parametrize("where", [_COMMENTS, _VIDEOS, r"/videos/\d+", "/users/", "/"])
def test_a_service_that_answers_not_found_deletes_nothing(found: Account, where: str) -> None:
    outlasts(found, says(404), where)


def test_what_is_deleted_between_two_pages_is_no_reason_to_say_that_anything_is_gone(found: Account) -> None:
    """It moves everything behind it forward: what is passed over is found the next time."""
    house, city = found.house, found.house.city
    post, answers = found.talk(8)
    house.run(found.account, FULL)
    house.later(days=1)

    def delete(request: Request, response: Response) -> Response:
        city.delete(answers[0])
        return response

    house.server.faults.add(delete, _COMMENTS, times=1)
    house.run(found.account, FULL)
    assert set(found.states(post, *answers[1:])) == {"visible"}
    house.later(days=1)
    assert house.run(found.account, FULL).outcome in GOOD
    assert found.states(*answers) == ["not_returned", *["visible"] * 7]


def _emptied(request: Request, response: Response) -> Response:
    return with_json(response, json.loads(response.body) | {"data": []})


@pytest.mark.law("R16")
def test_an_account_that_deleted_all_its_videos_is_not_suspicious_for_ever(found: Account) -> None:
    """Its list, each video asked for by itself, and the account itself say the same."""
    house = found.house
    videos = [found.talk(0)[0] for _ in range(2)]
    house.run(found.account, FULL)
    for one in videos:
        house.city.delete(one)
    house.later(days=1)
    assert house.run(found.account, FULL).outcome == "complete"
    assert found.states(*videos) == ["not_returned"] * 2
    house.later(days=1)
    assert house.run(found.account, FULL).outcome in GOOD
    check_rebuilt(house)


def _none(request: Request, response: Response) -> Response:
    return with_json(response, json.loads(response.body) | {"data": [], "total": 0, "paging": {"next": None}})


def _counts_none(request: Request, response: Response) -> Response:
    told = {"metadata": {"connections": {"videos": {"total": 0}}}}
    return with_json(response, json.loads(response.body) | told)


@pytest.mark.law("R16")
@pytest.mark.parametrize("standing", ["videos", "count", "neither"])
def test_an_empty_list_says_nothing_unless_the_account_counts_none_and_no_video_is_there(
    found: Account, standing: str
) -> None:
    house = found.house
    videos = [found.talk(0)[0] for _ in range(2)]
    house.run(found.account, FULL)
    house.later(days=1)
    add = house.server.faults.add
    add(_none, _VIDEOS, times=None)
    if standing in ("videos", "neither"):
        add(_counts_none, r"/users/\d+[?]", times=None)
    if standing in ("count", "neither"):
        add(says(404), r"/videos/\d+[?]", times=None)
    if standing == "neither":
        add(faults.server_error(503), r"/users/\d+[?]", after=1, times=None)
    assert house.run(found.account, FULL).outcome in ("suspicious", "partial")
    assert found.states(*videos) == ["visible"] * 2
    house.server.faults.clear()
    house.later(days=1)
    assert house.run(found.account, FULL).outcome in GOOD
    assert found.states(*videos) == ["visible"] * 2


@pytest.mark.parametrize("where", ["/videos[?]", pytest.param("/videos[?].*page=2", marks=pytest.mark.long)])
def test_an_empty_page_under_an_unchanged_total_is_suspicious(found: Account, where: str) -> None:
    makes_suspicious(found, _emptied, where)


@pytest.mark.long
@pytest.mark.parametrize(
    ("alter", "where", "times", "good"),
    [(_emptied, "page=2", 1, False), (says(400), "page=3", 1, False), (faults.cut_body(120), "page=3", 1, True),
     (faults.server_error(503), "page=3", None, False)],
    ids=["empty page", "dead cursor", "cut", "trouble"],
)  # fmt: skip
def test_many_pages_are_read_in_the_end(
    found: Account, alter: Alter, where: str, times: int | None, good: bool
) -> None:
    comes_back_with_all(found, alter, f"/comments.*{where}", times=times, good=good)


def test_a_list_that_broke_off_is_read_to_its_end(found: Account) -> None:
    meets_a_failed_page_again(found, "/comments.*page=3")


@pytest.mark.long
def test_a_field_that_nobody_knows_is_told_and_is_no_edit(found: Account) -> None:
    tells_of_a_field(found, in_a_mood(b'"type": "video", '), "/", "video.mood", "comment.mood")


@pytest.mark.long
def test_a_token_that_ends_in_the_middle_needs_a_person(found: Account) -> None:
    needs_a_person(found, says(401), _COMMENTS)


@pytest.mark.long
def test_an_account_is_not_added_without_a_token(found: Account) -> None:
    is_not_added(found, "access token", {"no-such-token-0123456789abcdef": "does not accept the access token"})


@pytest.mark.long
@pytest.mark.parametrize("epoch", [False, True])
def test_an_allowance_is_spread_over_its_time_however_its_end_is_told(found: Account, epoch: bool) -> None:
    found.talk(6)
    found.server.limit, found.server.epoch = 8, epoch
    assert found.house.run(found.account, FULL).outcome in GOOD
    assert not any(one.status == 429 for one in found.house.server.log)


@pytest.mark.law("R71")
@pytest.mark.parametrize(
    "form", ["body", *(pytest.param(one, marks=pytest.mark.long) for one in ("escaped", "percent", "header"))]
)
def test_no_token_is_left_anywhere(found: Account, form: str, caplog: pytest.LogCaptureFixture) -> None:
    leaves_no_token(found, form, caplog)
