"""Killing who captures at random moments, in towns that go on living."""

from __future__ import annotations

import itertools
import random
import time
from collections.abc import Callable

from connectors.contract import SweepKind
from tests.faults import checks
from tests.faults.moments import Moments
from tests.faults.scenes import POINTS
from tests.faults.town import FULL, NEW, WATCH, Town


def _arm(draw: random.Random) -> str:
    """A crash point that a capturing process may come to, at some passing of it."""
    point = draw.choice([point for point in POINTS if not point.startswith("rebuild.")])
    return f"{point}:{draw.choice((1, 1, 2, 3, 5, 8))}"


def _two_at_once(town: Town, draw: random.Random, moments: Moments) -> int:
    """Two processes recover and capture beside each other; one of them is killed, or both."""
    both = [town.start(*town.everything(draw.choice((NEW, FULL)))) for _ in range(2)]
    moments.wait()
    for process in both[: draw.choice((1, 2))]:
        process.kill()
    told = [process.wait() for process in both]
    for one in told:
        assert one is None or not one.crash, one and one.crash
    town.note_spool()
    moments.learn(told[0] is None)
    return sum(one is None for one in told)


def _some_sweeps(town: Town, draw: random.Random) -> list[tuple[str, SweepKind]]:
    kinds = draw.choice([(NEW,), (FULL,), (NEW, WATCH), (WATCH, NEW, FULL)])
    if draw.random() < 0.7:
        return town.everything(*kinds)
    return [(draw.choice(town.accounts), kind) for kind in kinds]


#: Kills that one town sees. Each look at everything takes longer the more was captured.
_KILLS_OF_A_TOWN = 50


def kill_many(new: Callable[[], Town], cycles: int, draw: random.Random, moments: Moments) -> None:
    """Kill processes in as many towns as it takes, at least so often; everything holds afterwards."""
    killed, started = 0, time.monotonic()
    while killed < cycles:
        killed += _kill(new(), min(_KILLS_OF_A_TOWN, cycles - killed), draw, moments)
        print(f"{killed} kills in {(time.monotonic() - started) / 60:.1f} minutes", flush=True)


def _kill(town: Town, kills: int, draw: random.Random, moments: Moments) -> int:
    """Let the town live and be captured, and kill who captures, at least so often; how often it was."""
    killed = 0
    for cycle in itertools.count(1):
        town.live(draw.randint(0, 10))
        sweeps = _some_sweeps(town, draw)
        if draw.random() < 0.4:
            killed += town.killed(*sweeps, arm=_arm(draw))
        else:
            killed += moments.kill(town, *sweeps)
        if draw.random() < 0.3:
            killed += _two_at_once(town, draw, moments)
        elif draw.random() < 0.5:
            town.session(*sweeps[:1], close=draw.random() < 0.8)
        if cycle % 10 == 0:
            town.session(*town.everything(NEW))
            checks.check(town)
        if killed >= kills:
            break
    town.session(*town.everything(NEW))
    is_complete(town)
    checks.check(town)
    return killed


def no_hole_is_left(town: Town) -> None:
    """After a sweep for what is new: had a bookmark ever been ahead of what is archived, it would have left a hole
    behind it."""
    for account, standing in zip(town.accounts, town.presence.standing(), strict=False):
        missing = set(standing) - checks.visible(town, account)
        assert not missing, sorted(missing)


def is_complete(town: Town) -> None:
    """The same; then everything is looked at, and the archive says what the platform shows."""
    no_hole_is_left(town)
    town.session(*town.everything(FULL))
    told = town.session(*town.everything(FULL))
    ended = {(run.outcome.value, run.reason) for run in told.runs}
    assert ended == {("unchanged", None)}, "the archive agrees with the platform"
    checks.agrees(town)
