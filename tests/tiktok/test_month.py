"""A scripted month on the practice TikTok, captured over a real socket and held against the script's truth, through
each of its two APIs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.capture.house import House
from tests.graph.scenes import LARGE, SMALL, USUAL, Sizes
from tests.graph.truth import public_words
from tests.tiktok.account import Shown, account, check, check_videos

_SMALL: Sizes = {**SMALL, "depth": 3}
_USUAL: Sizes = {**USUAL, "depth": 4}
GOOD = {"complete", "unchanged"}


class EveryThird(set[int]):
    """Videos that not everybody sees."""

    def __contains__(self, video: object) -> bool:
        return isinstance(video, int) and video % 3 == 0


@pytest.mark.law("R16", "R18")
@pytest.mark.parametrize(
    ("sizes", "seed", "days", "full_only"),
    [
        pytest.param(_SMALL, 9, 10, True, id="small"),
        pytest.param(_USUAL, 6, 5, False, id="usual", marks=pytest.mark.long),
        pytest.param(_USUAL, 6, 5, True, id="full looks only", marks=pytest.mark.long),
    ],
)
def test_a_month_is_told_as_it_could_be_seen(
    new_house: Callable[..., House], sizes: Sizes, seed: int, days: int, full_only: bool
) -> None:
    found = account(new_house(seed=seed))
    found.server.page = 5
    found.server.private, found.server.late = EveryThird(), timedelta(hours=36)
    found.play(timedelta(days=days), full_only=full_only, **{**sizes, "messages": 0})
    told = check(found.house, found.id)
    assert public_words(found.house) == {f"account/{found.server.identity(found.id)}"}
    assert told["edited"] > 1
    assert told["gone"] > 2
    assert told["hidden"] > 0
    assert {run.outcome for run in found.house.runs()} <= GOOD
    assert all(not run.drift for run in found.house.runs()), "a field that is not in the documented lists"


@pytest.mark.law("R16", "R18")
def test_a_month_of_videos_alone_is_told_as_it_could_be_seen(new_house: Callable[..., House]) -> None:
    found = account(new_house(seed=9), Shown)
    found.server.page = 3
    found.play(timedelta(days=10), full_only=True, **{**_SMALL, "posts": 14, "comments": 4, "messages": 0})
    told = check_videos(found.house, found.id)
    assert told["records"] > 10
    assert {run.outcome for run in found.house.runs()} <= GOOD
    assert all(not run.drift for run in found.house.runs()), "a field that is not in the documented lists"


@pytest.mark.long
@pytest.mark.parametrize("seed", [8, 9])
def test_a_large_month_is_told_as_it_could_be_seen(new_house: Callable[..., House], seed: int) -> None:
    found = account(new_house(seed=seed))
    found.server.page = 20
    found.play(timedelta(days=3), full_only=False, **{**LARGE, "messages": 0, "depth": 6})
    assert check(found.house, found.id)["records"] > 120
    assert {run.outcome for run in found.house.runs()} <= GOOD
