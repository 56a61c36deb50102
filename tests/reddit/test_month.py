"""A scripted month on the practice Reddit, captured over a real socket and held against the script's truth."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.capture.house import House
from tests.graph.scenes import LARGE, SMALL, USUAL, Sizes
from tests.reddit.place import Subreddit, User, check, open_place

_SMALL: Sizes = {**SMALL, "depth": 5, "messages": 0, "mentions": 3}
_USUAL: Sizes = {**USUAL, "depth": 12, "mentions": 6}


@pytest.mark.law("R16", "R18")
@pytest.mark.parametrize("kind", [Subreddit, pytest.param(User, marks=pytest.mark.long)])
@pytest.mark.parametrize(
    ("sizes", "seed", "days", "full_only"),
    [
        pytest.param(_SMALL, 9, 10, True, id="small"),
        pytest.param(_USUAL, 6, 5, False, id="usual", marks=pytest.mark.long),
        pytest.param(_USUAL, 7, 5, True, id="full looks only", marks=pytest.mark.long),
    ],
)
def test_a_month_is_told_as_it_could_be_seen(
    new_house: Callable[..., House], kind: type[Subreddit], sizes: Sizes, seed: int, days: int, full_only: bool
) -> None:
    found = open_place(new_house(seed=seed), kind)
    found.server.page, found.server.at_once, found.server.depth = 7, 6, 3
    found.play(timedelta(days=days), full_only=full_only, **sizes)
    told = check(found.house, found.id, user=kind is User)
    assert told["edited"] > 1
    assert told["away"] > 2
    assert {run.outcome for run in found.house.runs()} <= {"complete", "unchanged"}
    assert all(not run.drift for run in found.house.runs()), "a field that is not in recorded answers"


@pytest.mark.long
@pytest.mark.parametrize("seed", [8, 9])
def test_a_large_month_is_told_as_it_could_be_seen(new_house: Callable[..., House], seed: int) -> None:
    found = open_place(new_house(seed=seed))
    found.server.page, found.server.at_once, found.server.depth = 25, 40, 4
    found.play(timedelta(days=3), full_only=False, **{**LARGE, "depth": 14})
    assert check(found.house, found.id)["records"] > 120
    assert {run.outcome for run in found.house.runs()} <= {"complete", "unchanged"}
