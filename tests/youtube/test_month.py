"""A scripted month on the practice YouTube, captured over a real socket and held against the script's truth."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.capture.house import House
from tests.youtube.channel import channel, check

_SMALL = {"posts": 6, "comments": 40, "depth": 3, "edits": 12, "deletions": 8, "hides": 3, "likes": 8, "messages": 0}
_LARGE = {
    "posts": 60,
    "comments": 700,
    "depth": 5,
    "edits": 120,
    "deletions": 70,
    "hides": 20,
    "likes": 100,
    "messages": 0,
}


@pytest.mark.law("R16", "R18")
@pytest.mark.parametrize("full_only", [False, pytest.param(True, marks=pytest.mark.long)])
def test_a_month_is_told_as_it_could_be_seen(new_house: Callable[..., House], full_only: bool) -> None:
    house = new_house(seed=4)
    house.server.youtube.page = 7
    found = channel(house)
    found.play(timedelta(days=5), full_only=full_only, **_SMALL)
    told = check(house, found.id)
    assert told["edited"] > 3
    assert told["gone"] > 3
    assert {run.outcome for run in house.runs()} <= {"complete", "unchanged"}
    assert all(not run.drift for run in house.runs()), "a field that the discovery document does not have"


@pytest.mark.long
@pytest.mark.parametrize("seed", [8, 9])
def test_a_large_month_is_told_as_it_could_be_seen(new_house: Callable[..., House], seed: int) -> None:
    found = channel(new_house(seed=seed))
    found.play(timedelta(days=1), full_only=False, **_LARGE)
    assert check(found.house, found.id)["records"] > 200
