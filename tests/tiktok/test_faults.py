"""TikTok on bad days: nothing is told as gone because an answer went wrong, and the next good day makes up for it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from archiver.practice import faults
from archiver.practice.faults import Alter, with_json
from archiver.practice.messages import Request, Response
from archiver.practice.tiktok_json import business
from tests.capture.house import FULL, NEW, WATCH, House
from tests.capture.rebuilding import check_rebuilt
from tests.graph.scenes import GOOD, is_no_deletion, outlasts, tells_of_a_field
from tests.tiktok.account import Account, Shown, account, says, worded

_COMMENTS = "/business/comment/list/"
_VIDEOS = "/v2/video/list/"


@pytest.fixture
def found(house: House) -> Account:
    return account(house)


def _halved(request: Request, response: Response) -> Response:
    """Fine by what it says, but without what was asked for."""
    return with_json(response, business(0, "OK", {"cursor": 0, "has_more": False}))


_FAULTS: dict[str, tuple[Alter, set[str]]] = {
    "ambiguous": (says(40002), {"partial"}),
    "expired": (says(40102), {"failed"}),
    "revoked": (says(40105), {"failed"}),
    "permission": (says(40001), {"partial"}),
    "own trouble": (says(50000), GOOD),
    "unheard of": (says(61234), {"partial"}),
    "half": (_halved, {"partial"}),
    "trouble": (faults.server_error(500), GOOD),
    "not found": (faults.html_page(404), {"partial"}),
    "html": (faults.html_page(200), {"partial"}),
    "cut": (faults.cut_body(200), GOOD),
    "slow": (faults.slow_body(200, 0.01), GOOD),
}
_USUAL = ("ambiguous", "half")


@pytest.mark.parametrize(
    ("alter", "outcomes"),
    [pytest.param(*one, id=name, marks=() if name in _USUAL else pytest.mark.long) for name, one in _FAULTS.items()],
)
def test_a_fault_in_the_middle_is_no_deletion(found: Account, alter: Alter, outcomes: set[str]) -> None:
    is_no_deletion(found, alter, outcomes, _COMMENTS)


_SHOWN: dict[str, tuple[Alter, set[str]]] = {
    "inside 200": (worded("internal_error"), GOOD),
    "expired": (worded("access_token_invalid", 401), {"failed"}),
    "not granted": (worded("scope_not_authorized", 401), {"partial"}),
    "unheard of": (worded("something_else"), {"partial"}),
    "not found": (faults.html_page(404), {"partial"}),
    "cut": (faults.cut_body(100), GOOD),
}


@pytest.mark.parametrize(
    ("alter", "outcomes"),
    [
        pytest.param(*one, id=name, marks=() if name == "not granted" else pytest.mark.long)
        for name, one in _SHOWN.items()
    ],
)
def test_a_fault_among_videos_is_no_deletion(house: House, alter: Alter, outcomes: set[str]) -> None:
    is_no_deletion(account(house, Shown), alter, outcomes, _VIDEOS, answers=0)


def _empty(request: Request, response: Response) -> Response:
    """A service that is out of order, and says that there is nothing."""
    kind = "comments" if "comment" in request.path else "videos"
    return with_json(response, business(0, "OK", {kind: [], "cursor": 0, "has_more": False}))


@pytest.mark.parametrize(
    ("part", "alter"),
    [
        pytest.param("/business/comment/", _empty, id="comments"),
        pytest.param("/business/video/", _empty, id="videos", marks=pytest.mark.long),
        pytest.param("/business/(comment|video)/", _empty, id="everything", marks=pytest.mark.long),
        pytest.param("/business/comment/", says(40002), id="refused", marks=pytest.mark.long),
    ],
)
def test_a_service_that_says_that_there_is_nothing_deletes_nothing(found: Account, part: str, alter: Alter) -> None:
    """For as long as that lasts, over several runs."""
    outlasts(found, alter, part, bad=True)


def test_what_is_deleted_between_two_pages_hides_nothing_behind_it(found: Account) -> None:
    """It moves everything behind it forward: what is one page further would be passed over."""
    house, city = found.house, found.house.city
    found.server.page = 4
    video, comments = found.talk(9)
    house.run(found.account, FULL)
    late = [city.say(found.cast.residents[0], f"late {n}", answering=video) for n in range(2)]
    house.later(days=1)

    def delete(request: Request, response: Response) -> Response:
        city.delete(comments[0])
        return response

    house.server.faults.add(delete, f"{_COMMENTS}.*status=ALL", times=1)
    house.run(found.account, FULL)
    assert {found.key_of(one) for one in late} <= set(house.records())
    assert set(found.states(*comments[1:])) == {"visible"}
    house.later(days=1)
    assert house.run(found.account, FULL).outcome in GOOD
    assert found.states(comments[0], *late) == ["not_returned", "visible", "visible"]


@pytest.mark.long
def test_trouble_on_the_third_page_leaves_a_gap_that_later_runs_close(found: Account) -> None:
    house = found.house
    found.server.page = 5
    _, comments = found.talk(17)
    house.server.faults.add(faults.server_error(503), rf"{_COMMENTS}.*cursor=6", times=None)
    assert house.run(found.account, FULL).outcome not in GOOD
    assert house.gaps(open_only=True)
    assert found.key_of(comments[0]) in house.records()
    house.server.faults.clear()
    house.later(days=1)
    house.run(found.account, FULL)
    house.later(days=1)
    assert house.run(found.account, FULL).outcome in GOOD
    assert {found.key_of(one) for one in comments} <= set(house.records())
    assert not house.gaps(open_only=True)


@pytest.mark.long
def test_an_empty_page_that_goes_on_is_not_the_end(found: Account) -> None:
    house = found.house
    found.server.page = 5
    _, comments = found.talk(14)
    house.run(found.account, FULL)

    def emptied(request: Request, response: Response) -> Response:
        body: dict[str, Any] = json.loads(response.body)
        return with_json(response, {**body, "data": {"comments": [], "cursor": 5, "has_more": True}})

    fault = house.server.faults.add(emptied, rf"{_COMMENTS}.*cursor=3", times=1)
    house.later(days=1)
    house.run(found.account, FULL)
    assert fault.hits == 1
    assert set(found.states(*comments)) == {"visible"}


@pytest.mark.parametrize("cursor", [0, pytest.param(None, marks=pytest.mark.long)])
def test_a_dead_cursor_is_not_the_end_of_a_list(found: Account, cursor: int | None) -> None:
    house = found.house
    found.server.page = 5
    _, comments = found.talk(14)
    house.run(found.account, FULL)

    def dead(request: Request, response: Response) -> Response:
        body: dict[str, Any] = json.loads(response.body)
        return with_json(response, {**body, "data": {**body["data"], "cursor": cursor, "has_more": True}})

    house.server.faults.add(dead, rf"{_COMMENTS}.*cursor=3", times=None)
    house.later(days=1)
    assert house.run(found.account, FULL).outcome == "partial"
    assert set(found.states(*comments)) == {"visible"}


@pytest.mark.long
def test_a_field_that_nobody_knows_is_told_and_is_no_edit(found: Account) -> None:
    def more(request: Request, response: Response) -> Response:
        return with_json(response, _with_a_mood(json.loads(response.body)))

    tells_of_a_field(found, more, "/open_api/", "item.mood", "comment.mood")


def _with_a_mood(value: Any) -> Any:
    if isinstance(value, list):
        return [_with_a_mood(one) for one in value]
    if not isinstance(value, dict):
        return value
    mood = {"mood": "happy"} if "create_time" in value else {}
    return {name: _with_a_mood(one) for name, one in value.items()} | mood


@pytest.mark.parametrize(("kind", "most"), [(Account, 2), pytest.param(Shown, 1, marks=pytest.mark.long)])
def test_a_spent_minute_is_waited_for(house: House, kind: type[Account], most: int) -> None:
    """Neither API says for how long: both count the questions of the last minute."""
    found = account(house, kind)
    video, _ = found.talk(1)
    house.run(found.account, FULL)
    found.server.per_minute = most
    house.later(days=1)
    waited = house.patience.waited
    assert house.run(found.account, FULL).outcome in GOOD
    assert house.patience.waited > waited
    assert found.states(video) == ["visible"]


def test_a_version_that_is_no_longer_answered_says_what_is_to_be_done(found: Account) -> None:
    house = found.house
    video, comments = found.talk()
    house.run(found.account, FULL)
    found.server.versions = {"v2.0"}
    house.later(days=1)
    result = house.run(found.account, FULL)
    assert result.outcome not in GOOD
    assert any("newer release of this program" in (row.reason or "") for row in house.coverage(result).values())
    assert set(found.states(video, *comments)) == {"visible"}
    assert house.account_state(found.account) != "sign_in_needed"


@pytest.mark.long
def test_the_permission_for_comments_is_missing_and_videos_go_on(found: Account) -> None:
    house = found.house
    video, comments = found.talk()
    house.run(found.account, FULL)
    found.server.withheld = {"comment.list"}
    house.later(days=1)
    late, _ = found.talk(0)
    house.city.edit(video, "Main Street is closed on Tuesday.")
    assert house.run(found.account, FULL).outcome == "partial"
    house.run(found.account, NEW)
    house.run(found.account, WATCH)
    assert set(found.states(video, late, *comments)) == {"visible"}
    assert house.records()[found.key_of(video)].versions == 2
    found.server.withheld = set()
    house.later(days=1)
    assert house.run(found.account, FULL).outcome in GOOD


# All videos are gone, as the interface tells that shows videos alone.


@pytest.mark.law("R16")
def test_an_account_that_deleted_all_its_videos_is_not_suspicious_for_ever(house: House) -> None:
    """The list, each video asked for by its number, and the number of them that the account has say the same."""
    found = account(house, Shown)
    videos = [house.city.say(found.id, words) for words in ("one", "two")]
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
    told = {"videos": [], "cursor": 0, "has_more": False}
    return with_json(response, json.loads(response.body) | {"data": told})


def _counts_none(request: Request, response: Response) -> Response:
    body = json.loads(response.body)
    return with_json(response, {**body, "data": {"user": body["data"]["user"] | {"video_count": 0}}})


@pytest.mark.law("R16")
@pytest.mark.parametrize("standing", ["videos", "count", "neither"])
def test_an_empty_list_says_nothing_unless_the_account_counts_none_and_no_video_is_there(
    house: House, standing: str
) -> None:
    found = account(house, Shown)
    videos = [house.city.say(found.id, words) for words in ("one", "two")]
    house.run(found.account, FULL)
    house.later(days=1)
    add = house.server.faults.add
    add(_none, "/v2/video/list/", times=None)
    if standing in ("videos", "neither"):
        add(_counts_none, "/v2/user/info/", times=None)
    if standing in ("count", "neither"):
        add(_none, "/v2/video/query/", times=None)
    if standing == "neither":
        add(faults.server_error(503), "/v2/user/info/", after=1, times=None)
    assert house.run(found.account, FULL).outcome in ("suspicious", "partial")
    assert found.states(*videos) == ["visible"] * 2
    house.server.faults.clear()
    house.later(days=1)
    assert house.run(found.account, FULL).outcome in GOOD
    assert found.states(*videos) == ["visible"] * 2
