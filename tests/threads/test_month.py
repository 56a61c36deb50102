"""A scripted month on the practice Threads, captured over a real socket and held against the script's truth."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from tests.capture.house import House
from tests.graph.scenes import Sizes, is_told, months
from tests.threads.account import account, check

_LARGE: Sizes = {"posts": 40, "comments": 450, "edits": 60, "deletions": 40, "hides": 24, "likes": 40}
"""Every reply that not everybody sees is a question of its own."""


@pytest.mark.law("R16", "R18")
@months(small=9, depth=3)
def test_a_month_is_told_as_it_could_be_seen(
    new_house: Callable[..., House], sizes: Sizes, seed: int, days: int, full_only: bool
) -> None:
    is_told(account(new_house(seed=seed)), check, sizes, days, full_only=full_only)


@pytest.mark.long
@pytest.mark.parametrize("seed", [8, 9])
def test_a_large_month_is_told_as_it_could_be_seen(new_house: Callable[..., House], seed: int) -> None:
    found = account(new_house(seed=seed))
    found.play(timedelta(days=3), full_only=False, depth=6, **_LARGE)
    assert check(found.house, found.id)["records"] > 120
