"""A scripted month on the practice Threads, captured over a real socket and held against the script's truth."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.capture.house import House
from tests.threads.account import account, check

_SMALL = {"posts": 3, "comments": 14, "depth": 3, "edits": 6, "deletions": 3, "hides": 3, "likes": 2, "messages": 1}
_USUAL = {"posts": 6, "comments": 40, "depth": 4, "edits": 12, "deletions": 8, "hides": 6, "likes": 8, "messages": 3}
_LARGE = {"posts": 40, "comments": 450, "depth": 6, "edits": 60, "deletions": 40, "hides": 24, "likes": 40}


@pytest.mark.law("R16", "R18")
@pytest.mark.parametrize(
    ("sizes", "seed", "days", "full_only"),
    [
        (_SMALL, 9, 10, True),
        pytest.param(_USUAL, 6, 5, False, marks=pytest.mark.long),
        pytest.param(_USUAL, 6, 5, True, marks=pytest.mark.long),
    ],
    ids=["small", "usual", "full looks only"],
)
def test_a_month_is_told_as_it_could_be_seen(
    new_house: Callable[..., House], sizes: dict[str, int], seed: int, days: int, full_only: bool
) -> None:
    house = new_house(seed=seed)
    house.server.threads.page = 7
    found = account(house)
    found.play(timedelta(days=days), full_only=full_only, **sizes)
    told = check(house, found.id)
    assert told["edited"] > 2
    assert told["gone"] > 2
    assert told["hidden"] > 0
    assert {run.outcome for run in house.runs()} <= {"complete", "unchanged"}
    assert all(not run.drift for run in house.runs()), "a field that is not in Meta's lists"


@pytest.mark.long
@pytest.mark.parametrize("seed", [8, 9])
def test_a_large_month_is_told_as_it_could_be_seen(new_house: Callable[..., House], seed: int) -> None:
    house = new_house(seed=seed)
    found = account(house)
    found.play(timedelta(days=3), full_only=False, **_LARGE)
    assert check(house, found.id)["records"] > 120
