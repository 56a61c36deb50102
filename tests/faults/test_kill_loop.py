"""Processes killed at every named crash point and at random moments. Afterwards nothing captured is lost, nothing is
doubled, rows, objects and log agree, and the store alone gives the same index."""

from __future__ import annotations

import random
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.faults import checks
from tests.faults.killing import kill_many
from tests.faults.moments import Moments
from tests.faults.scenes import POINTS, SCENES, capturing
from tests.faults.shared import Shared
from tests.faults.town import NEW, Town

# --- every named point ---------------------------------------------------------------------------------------------


def test_there_are_crash_points_all_along_the_way() -> None:
    assert len(POINTS) >= 25
    assert SCENES.keys() <= set(POINTS)


@pytest.mark.slow
@pytest.mark.parametrize("point", POINTS)
def test_nothing_is_lost_or_doubled_when_the_process_dies_at(point: str, shared: Shared) -> None:
    town = shared.take()
    SCENES.get(point, capturing)(town, point)
    town.session(*town.everything(NEW))
    shared.check(town)


@pytest.mark.slow
@pytest.mark.parametrize("count", [3, *(pytest.param(number, marks=pytest.mark.long) for number in (2, 5))])
@pytest.mark.parametrize("point", ["spool.written", "commit.put", "batch.clearing", "pending.clearing"])
def test_nothing_is_lost_or_doubled_when_the_process_dies_half_way_through(
    point: str, count: int, shared: Shared
) -> None:
    town = shared.take()
    scene = SCENES.get(point, capturing)
    if point == "pending.clearing" and count > 3:
        count = 3
    scene(town, f"{point}:{count}")
    town.session()
    shared.check(town)


# --- the beginning ---------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_process_that_dies_while_it_begins_an_archive_leaves_one_that_can_be_used(
    town: Town, tmp_path: Path, moments: Moments
) -> None:
    points = ["store.written", "store.linked", "store.noted", "store.synced", "delta.fixed", "delta.put"]
    for number, point in enumerate([*points, *[""] * 8]):
        town.home = tmp_path / f"begun-{number}"
        if point:
            assert town.killed(arm=point, early=True)
        else:
            moments.kill(town)
        town.session()
        checks.check(town)


# --- at random -------------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.timeout(6 * 3600)
def test_kills_at_random_moments_lose_and_double_nothing(
    new_town: Callable[..., Town], cycles: int, draw: random.Random, moments: Moments
) -> None:
    kill_many(new_town, cycles, draw, moments)
