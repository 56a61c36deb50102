"""A scripted month on the practice Flickr, captured over a real socket and held against the script's truth."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.capture.house import House
from tests.flickr.place import WithAlbum, account, check
from tests.graph.scenes import LARGE, SMALL, USUAL, Sizes

_NONE = {"messages": 0}


@pytest.mark.law("R16", "R18")
@pytest.mark.parametrize(
    ("sizes", "seed", "days", "full_only"),
    [
        pytest.param({**SMALL, **_NONE, "depth": 3}, 9, 10, True, id="small"),
        pytest.param({**USUAL, **_NONE, "depth": 4}, 6, 5, False, id="usual", marks=pytest.mark.long),
        pytest.param({**USUAL, **_NONE, "depth": 4}, 7, 5, True, id="full looks only", marks=pytest.mark.long),
    ],
)
def test_a_month_is_told_as_it_could_be_seen(
    new_house: Callable[..., House], sizes: Sizes, seed: int, days: int, full_only: bool
) -> None:
    found = WithAlbum.open(new_house(seed=seed))
    found.server.page = 3
    found.play(timedelta(days=days), full_only=full_only, **sizes)
    told = check(found.house, found.id)
    assert told["edited"] > 1
    assert told["gone"] > 1
    assert {run.outcome for run in found.house.runs()} <= {"complete", "unchanged"}
    assert all(not run.drift for run in found.house.runs()), "a field that is not in its own descriptions"


@pytest.mark.long
@pytest.mark.parametrize("seed", [8, 9])
def test_a_large_month_is_told_as_it_could_be_seen(new_house: Callable[..., House], seed: int) -> None:
    found = account(new_house(seed=seed))
    found.server.page = 20
    found.play(timedelta(days=3), full_only=False, **{**LARGE, **_NONE, "depth": 4})
    assert check(found.house, found.id)["records"] > 120
    assert {run.outcome for run in found.house.runs()} <= {"complete", "unchanged"}
