"""A scripted month on the practice Facebook, captured over a real socket and held against the script's truth."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from archiver.practice.graph_pages import of_the_state
from tests.capture.house import House
from tests.facebook.page import check, check_live, is_live, limited, page
from tests.graph.scenes import LARGE, Sizes, is_told, months
from tests.graph.truth import public_words


@pytest.mark.law("R16", "R18")
@months(small=30, depth=2)
def test_a_month_is_told_as_it_could_be_seen(
    new_house: Callable[..., House], sizes: Sizes, seed: int, days: int, full_only: bool
) -> None:
    found = page(new_house(seed=seed))
    found.server.pages.limits = of_the_state
    found.server.pages.on_air = is_live
    is_told(found, check, sizes, days, full_only=full_only)
    some, rest = limited(found)
    public = public_words(found.house)
    assert some
    assert not some & public, "not everybody sees what is limited to some, nor what is said under it"
    assert rest & public
    check_live(found)


@pytest.mark.long
@pytest.mark.parametrize("seed", [8, 9])
def test_a_large_month_is_told_as_it_could_be_seen(new_house: Callable[..., House], seed: int) -> None:
    found = page(new_house(seed=seed))
    found.play(timedelta(days=1), full_only=False, depth=5, **LARGE)
    assert check(found.house, found.id)["records"] > 200
