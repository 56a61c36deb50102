"""A month of thousands, on a platform that misbehaves in every way, held against the script's truth."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from tests.capture.house import House
from tests.months import happened
from tests.months.happened import too_little
from tests.months.kinds import KINDS, USUAL
from tests.months.scene import HUNDRED, THOUSANDS, Told, plays


@pytest.mark.law("R16", "R18")
@pytest.mark.parametrize("name", USUAL)
def test_a_bad_month_is_told_as_it_could_be_seen(new_house: Callable[..., House], name: str) -> None:
    """That of Vimeo ends with nothing left that anybody commented on."""
    kind = KINDS[name]
    seed = 5 if name == "vimeo" else 6
    told = plays(kind.open(new_house(seed=seed)), kind, HUNDRED, page=kind.small)
    assert not too_little(told.happened, happened.HUNDRED)


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
    _noted(name, seed, told)
    assert len(found.house.city.journal) > 3000
    assert not too_little(told.happened, happened.THOUSANDS)
    assert told.archive["records"] > (100 if name == "tiktok videos" else 800)
    assert told.archive["edited"] > 5


@pytest.mark.parametrize("name", KINDS)
def test_every_fault_is_in_the_month_of_every_platform_that_can_have_it(
    new_house: Callable[..., House], name: str
) -> None:
    kind = KINDS[name]
    wrong = kind.wrong(kind.open(new_house()))
    missing = {fault for fault, named in happened.NAMED.items() if not any(one.startswith(named) for one in wrong)}
    assert missing == set(kind.lacks)


def _noted(name: str, seed: int, told: Told) -> None:
    """For whoever wants to read what was in it: with ``-rP`` pytest shows it."""
    for what, counts in (("happened", told.happened), ("wrong", told.struck), ("runs", told.outcomes)):
        print(f"{name} {seed} {what}: {json.dumps(dict(sorted(counts.items())))}")
    print(f"{name} {seed} archive: {json.dumps(told.archive)}")
