"""A month of thousands, on a platform that misbehaves in every way, held against the script's truth."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.capture.house import House
from tests.months.kinds import KINDS, USUAL
from tests.months.scene import HUNDRED, THOUSANDS, plays


@pytest.mark.law("R16", "R18")
@pytest.mark.parametrize("name", USUAL)
def test_a_bad_month_is_told_as_it_could_be_seen(new_house: Callable[..., House], name: str) -> None:
    """That of Vimeo ends with nothing left that anybody commented on."""
    kind = KINDS[name]
    seed = 5 if name == "vimeo" else 6
    plays(kind.open(new_house(seed=seed)), kind, HUNDRED, page=kind.small)


@pytest.mark.long
@pytest.mark.timeout(3600)
@pytest.mark.law("R16", "R18")
@pytest.mark.parametrize("seed", [31, 32])
@pytest.mark.parametrize("name", KINDS)
def test_a_bad_month_of_thousands_is_told_as_it_could_be_seen(
    new_house: Callable[..., House], name: str, seed: int
) -> None:
    kind = KINDS[name]
    found = kind.open(new_house(seed=seed))
    told = plays(found, kind, THOUSANDS, page=4 if name == "tiktok" else 25)
    assert len(found.house.city.journal) > 3000
    assert told["records"] > (100 if name == "tiktok videos" else 800)
    assert told["edited"] > 5
