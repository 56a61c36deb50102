"""The spine holds for each platform that answers nobody without a credential: killed or doubled processes lose and
double nothing and make up no edit or deletion, the store alone gives the same index, and nothing tells a secret.

All the while the platform repeats the credential in its answers, and Meta's gives out tokens and has them in the
addresses of next pages.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from sqlalchemy import update

from archiver.capture.models import Lease
from tests import effort
from tests.faults import checks
from tests.faults.killing import is_complete, kill_many, no_hole_is_left
from tests.faults.moments import Moments
from tests.faults.presences import KINDS, Kind
from tests.faults.scenes import POINTS, SCENES, capturing
from tests.faults.sessions import open_archive
from tests.faults.shared import Shared
from tests.faults.town import FULL, NEW, Town

pytestmark = pytest.mark.slow

#: After a commit in which a place was kept: that is where platforms differ. The others are the engine's own.
_SHORT = ("commit.done",)
_LONG = [
    *(point for point in POINTS if point not in _SHORT),
    "run.read:4",
    "spool.written:3",
    "commit.put:2",
    "batch.clearing:2",
]


#: So that threads are due again by the next look.
#: In minutes we ask as much as YouTube allows in days.
_SETTINGS = {"watch_first_seconds": 1, "watch_longest_seconds": 5, "quotas": ("youtube.units=1000000",)}


def _new_town(kind: Kind, folder: Path) -> Town:
    return Town(folder, dict(_SETTINGS), found=kind.presence, log="debug")


@pytest.fixture(scope="module", params=KINDS)
def shared(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shared]:
    """A town of each platform."""
    thorough = request.config.getoption("--cycles", default=20) >= 500
    new = partial(_new_town, KINDS[request.param])
    one = Shared(tmp_path_factory.mktemp(request.param), thorough=thorough, new=new)
    yield one
    one.close()


@pytest.mark.law("R41", "R71")
@pytest.mark.parametrize("point", [*_SHORT, *(pytest.param(point, marks=pytest.mark.long) for point in _LONG)])
def test_nothing_is_lost_doubled_or_told_when_the_process_dies_at(point: str, shared: Shared) -> None:
    town = shared.take()
    SCENES.get(point, capturing)(town, point)
    checks.tells_no_secret(town)
    town.session(*town.everything(NEW))
    no_hole_is_left(town)
    _is_in_order(town, shared)


def test_processes_that_look_at_an_account_at_once_double_nothing(shared: Shared) -> None:
    town = shared.take()
    _upset(town)
    sweeps = town.everything(FULL, NEW)
    for told in [process.wait() for process in [town.start(*sweeps, patient=True) for _ in range(2)]]:
        assert told is not None
        assert not told.crash, told.crash
        assert not told.errors, told.errors
        town.looked_through(sweeps, told)
    town.session()  # (who ended while the other was at the account left its quiet runs' records to the next start)
    checks.agrees(town)
    _is_in_order(town, shared)


@pytest.mark.long
@pytest.mark.parametrize("point", ["run.read", "commit.put"])
def test_what_was_seen_by_a_process_that_was_paused_past_its_lease_is_no_news(
    point: str, shared: Shared, request: pytest.FixtureRequest
) -> None:
    passing = KINDS[request.node.callspec.params["shared"]].reads if point == "run.read" else 1
    town = shared.take()
    _upset(town)
    paused = town.start(*town.everything(FULL), arm=f"{point}:{passing}:SIGSTOP")
    paused.wait_until_paused()
    town.note_spool()
    _is_in_use(town)
    _let_lease_run_out(town)
    _upset(town)
    town.session(*town.everything(FULL))
    paused.resume()
    late = paused.wait()
    assert late is not None
    assert not late.crash, late.crash
    assert [error.partition(":")[0] for error in late.errors] == ["StaleLease"]
    checks.agrees(town)
    _is_in_order(town, shared)


@pytest.mark.long
@pytest.mark.timeout(3 * 3600)
@pytest.mark.parametrize("name", list(KINDS))
def test_kills_at_random_moments_lose_and_double_nothing(
    name: str, cycles: int, tmp_path: Path, draw: random.Random, moments: Moments
) -> None:
    """A quarter of the kills that the engine itself is given: every kind is added to those, and they are many."""
    made: list[Town] = []

    def new() -> Town:
        made.append(_new_town(KINDS[name], tmp_path / f"town-{len(made)}"))
        return made[-1]

    kill_many(new, -(-cycles // 4), draw, moments)
    for town in made:
        checks.tells_no_secret(town)
        town.close()


def _is_in_order(town: Town, shared: Shared) -> None:
    """Everything holds. A long run looks through it once more for that: what is wrong is found where it began."""
    if effort.long:
        is_complete(town)
    checks.tells_no_secret(town)
    shared.check(town)


def _is_in_use(town: Town) -> None:
    told = town.start(*town.everything(NEW)).wait()
    assert told is not None
    assert not told.crash, told.crash
    assert [error.partition(":")[0] for error in told.errors] == ["Busy"]


def _let_lease_run_out(town: Town) -> None:
    """As time would."""
    with open_archive(town.home, town.settings) as archive, archive.database.write() as connection:
        connection.execute(update(Lease).values(expires_at=archive.clock.now() - timedelta(seconds=1)))


def _upset(town: Town) -> None:
    """Something new with two answers to it; of the answers of before, which are long known, the oldest is edited, the
    next one deleted."""
    city, person = town.city, town.cast.city
    answers = [one for one in city.posts.values() if one.is_reply and one.parent == one.root and not one.hidden]
    changed, gone = sorted(answers, key=lambda one: one.id)[:2]
    town.say("The bridge is open again", picture=True)
    notice = max(city.people[person].said)
    for number, who in enumerate(town.cast.residents[:2]):
        city.say(who, f"At last, after {number + 1} weeks", answering=notice)
    city.edit(changed.id, f"{changed.wording.text} (corrected)")
    city.delete(gone.id)
