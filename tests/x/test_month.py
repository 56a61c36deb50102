"""A scripted month on the practice X, captured over a real socket and held against the script's truth."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.capture.house import FULL, House
from tests.x.place import check, place

_SMALL = {"posts": 6, "comments": 24, "depth": 3, "edits": 12, "deletions": 10, "hides": 2, "likes": 6, "mentions": 4}
_LARGE = {"posts": 60, "comments": 600, "depth": 5, "edits": 120, "deletions": 70, "hides": 20, "likes": 100}


@pytest.mark.law("R16", "R18")
def test_a_month_is_told_as_it_could_be_seen(new_house: Callable[..., House]) -> None:
    house = new_house(seed=4)
    house.server.x.page = 7
    found = place(house)
    found.play(timedelta(days=6), full_only=False, **_SMALL)
    told = check(house, found.id)
    assert told["edited"] > 3
    assert told["gone"] > 1
    assert {run.outcome for run in house.runs()} <= {"complete", "unchanged"}
    assert all(not run.drift for run in house.runs()), "a field that the specification does not have"


@pytest.mark.long
@pytest.mark.parametrize("seed", [8, 9])
def test_a_large_month_is_told_as_it_could_be_seen(new_house: Callable[..., House], seed: int) -> None:
    found = place(new_house(seed=seed))
    found.play(timedelta(days=1), full_only=False, **_LARGE)
    found.house.run(found.account, FULL)  # one run looks for so many at most
    assert check(found.house, found.id)["records"] > 200
