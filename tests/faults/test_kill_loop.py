"""Processes killed at every named crash point and at random moments. Afterwards nothing captured is lost, nothing is
doubled, rows, objects and log agree, and the store alone gives the same index."""

from __future__ import annotations

import itertools
import random
import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import archiver
from connectors.contract import SweepKind
from tests.faults import checks
from tests.faults.moments import Moments
from tests.faults.town import FULL, NEW, WATCH, Town

_PASSED = re.compile(r'crash_point\("([a-z_.]+)"\)')


#: Crash points that a capture into a folder does not pass.
ELSEWHERE = {
    "snapshot.loaded": "tests/operations/test_snapshots.py",
    "act.put": "tests/evidence/test_acts.py",
    "key.made": "tests/evidence/test_signing.py",
    "checkpoint.put": "tests/evidence/test_signing.py",
    "key.rotating": "tests/evidence/test_signing.py",
    "store.parts": "only on the way into S3: tests/storage/test_s3_faults.py",
    "store.uploaded": "only on the way into S3: tests/storage/test_s3_faults.py",
    "sequencer.begun": "only on PostgreSQL; tests/faults/test_production.py and tests/evidence/test_sequencer.py",
    "sequencer.lengthened": "the same",
    "sequencer.placed": "the same",
    "sequencer.committed": "the same",
    "bundle.logged": "tests/release/test_killed.py",
    "bundle.shown": "tests/release/test_killed.py",
    "bundle.verified": "tests/release/test_killed.py",
}


def _points() -> list[str]:
    """Every crash point in the source that a capture passes."""
    found = {
        name
        for path in Path(archiver.__file__).parent.rglob("*.py")
        for name in _PASSED.findall(path.read_text(encoding="utf-8"))
    }
    assert ELSEWHERE.keys() <= found
    return sorted(found - ELSEWHERE.keys())


POINTS = _points()
Scene = Callable[[Town, str], None]


# --- scenes: what leads to a crash point -----------------------------------------------------------------------------


def capturing(town: Town, point: str) -> None:
    town.live(8)
    assert town.killed(*town.everything(NEW, WATCH), arm=point)


def _quiet(town: Town, point: str) -> None:
    """Nothing is new: all that comes of it are run records."""
    assert town.killed(*town.everything(NEW), arm=point)


def _riding(town: Town, point: str) -> None:
    """Records of quiet runs wait; then something new comes, and they go with it."""
    quiet = [(town.accounts[1], NEW)] * 3
    assert not town.killed(*quiet, close=False)
    town.city.say(town.cast.works, "The bridge is open again")
    assert town.killed((town.accounts[1], NEW), arm=point)


def _recovering(town: Town, point: str) -> None:
    """Two die in a row: one in the middle of a run, one while it finishes what the first left."""
    for before in ("batch.choice_written", "spool.synced:2", "commit.put", "commit.done", "pending.added"):
        town.live(8)
        assert town.killed(*town.everything(FULL), *town.everything(NEW), arm=before)
        if town.killed(arm=point):
            return
    pytest.fail(f"no recovery came to {point}")


def _choosing_again(town: Town, point: str) -> None:
    town.live(8)
    assert town.killed(*town.everything(FULL), arm="run.read:4")
    assert town.killed(arm=point)


def _adopting(town: Town, point: str) -> None:
    """Segments are in the store, and the spool no longer knows of them."""
    town.city.say(town.cast.works, "The library opens at nine")
    assert town.killed((town.accounts[1], NEW), arm="commit.begun")
    for path in town.spool.glob("*/rn_*"):
        path.unlink()
    assert town.killed(arm=point)


def _rebuilding(town: Town, point: str) -> None:
    assert town.killed(rebuild=True, arm=point)
    if point != "rebuild.ended":
        told = town.start((town.accounts[0], NEW)).wait()
        assert told is not None
        assert "index rebuild" in told.crash, "nobody captures into half an index"
        town.session(rebuild=True)


SCENES: dict[str, Scene] = {
    "pending.added": _quiet,
    "pending.clearing": _riding,
    "recovery.committed": _recovering,
    "recovery.drained": _recovering,
    "recovery.put": _recovering,
    "recovery.sealed": _choosing_again,
    "adoption.read": _adopting,
    "adoption.written": _adopting,
    "adoption.done": _adopting,
    "rebuild.begun": _rebuilding,
    "rebuild.applied": _rebuilding,
    "rebuild.ended": _rebuilding,
}


# --- every named point ---------------------------------------------------------------------------------------------


#: Points that are tried on one town: what is checked after each grows with what was captured before.
_POINTS_OF_A_TOWN = 6


class _Shared:
    """One town for several points, as long as nothing fails.

    That the store alone gives the same index is tried after each point in a long run, else after every third one and
    the last of a town.
    """

    def __init__(self, folder: Path, *, thorough: bool) -> None:
        self._folder = folder
        self._every = 1 if thorough else 3
        self._count = 0
        self._used = 0
        self._town: Town | None = None

    def take(self) -> Town:
        """A town; it is given back by :meth:`check`."""
        if self._used == _POINTS_OF_A_TOWN:
            self.close()
        town, self._town = self._town, None
        if town is None:
            self._count += 1
            self._used = 0
            town = Town(self._folder / f"town-{self._count}")
            town.session(*town.everything(FULL))
        self._used += 1
        return town

    def check(self, town: Town) -> None:
        checks.check(town, rebuilt=self._used % self._every == 0)
        self._town = town

    def close(self) -> None:
        if self._town is not None:
            town, self._town = self._town, None
            if self._used % self._every:
                checks.rebuilds_equal(town)
            town.close()


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest) -> Iterator[_Shared]:
    thorough = request.config.getoption("--cycles", default=20) >= 500
    one = _Shared(tmp_path_factory.mktemp("points"), thorough=thorough)
    yield one
    one.close()


def test_there_are_crash_points_all_along_the_way() -> None:
    assert len(POINTS) >= 25
    assert SCENES.keys() <= set(POINTS)


@pytest.mark.slow
@pytest.mark.parametrize("point", POINTS)
def test_nothing_is_lost_or_doubled_when_the_process_dies_at(point: str, shared: _Shared) -> None:
    town = shared.take()
    SCENES.get(point, capturing)(town, point)
    town.session(*town.everything(NEW))
    shared.check(town)


@pytest.mark.slow
@pytest.mark.parametrize("count", [3, *(pytest.param(number, marks=pytest.mark.long) for number in (2, 5))])
@pytest.mark.parametrize("point", ["spool.written", "commit.put", "batch.clearing", "pending.clearing"])
def test_nothing_is_lost_or_doubled_when_the_process_dies_half_way_through(
    point: str, count: int, shared: _Shared
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


@pytest.mark.slow
@pytest.mark.timeout(6 * 3600)
def test_kills_at_random_moments_lose_and_double_nothing(
    new_town: Callable[..., Town], cycles: int, draw: random.Random, moments: Moments
) -> None:
    killed, started = 0, time.monotonic()
    while killed < cycles:
        killed += _kill(new_town(), min(_KILLS_OF_A_TOWN, cycles - killed), draw, moments)
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
    _is_complete(town)
    checks.check(town)
    return killed


def _is_complete(town: Town) -> None:
    """Had a bookmark ever been ahead of what is archived, a sweep for what is new would have left a hole behind it."""
    for account, person in zip(town.accounts, (town.cast.city, town.cast.works), strict=False):
        missing = checks.standing(town, person) - checks.visible(town, account)
        assert not missing, sorted(missing)
    town.session(*town.everything(FULL))
    told = town.session(*town.everything(FULL))
    assert {run.outcome.value for run in told.runs} == {"unchanged"}, "the archive agrees with the platform"
