"""Several processes at the same archive: who drains what, and who may write."""

from __future__ import annotations

import random
import time
from pathlib import Path

import pytest

from archiver.capture.models import Run
from archiver.capture.spool import is_empty
from archiver.errors import Busy
from tests.faults import checks
from tests.faults.inside import inside
from tests.faults.moments import Moments
from tests.faults.town import FULL, NEW, WATCH, Town

pytestmark = pytest.mark.slow


@pytest.fixture
def lively(new_town: object) -> Town:
    town: Town = new_town(lease_seconds=1)  # type: ignore[operator]
    town.session(*town.everything(FULL))
    return town


def _deaths(town: Town, draw: random.Random) -> int:
    """Three processes die over an account each, and nobody takes up what they leave."""
    points = ["run.read:2", "batch.choice_written", "commit.put", "commit.done", "batch.clearing", "spool.synced"]
    dead = draw.sample(points, 3)
    for account, point in zip(town.accounts, dead, strict=True):
        town.live(6)
        assert town.killed((account, FULL), (account, WATCH), arm=point, recover=False)
    return sum(folder.is_dir() and not is_empty(folder) for folder in town.spool.glob("sp_*"))


@pytest.mark.parametrize("count", [3, pytest.param(2, marks=pytest.mark.long)])
def test_processes_that_start_at_once_drain_each_folder_once(town: Town, count: int, draw: random.Random) -> None:
    town.session(*town.everything(FULL))
    for _ in range(3):
        folders = _deaths(town, draw)
        together = [town.start() for _ in range(count)]
        told = [one.wait() for one in together]
        reports = []
        for one in told:
            assert one is not None
            assert not one.crash, one.crash
            assert one.recovered is not None
            reports.append(one.recovered)
        assert sum(report.folders for report in reports) == folders
        town.session()
        checks.check(town)


def test_processes_that_start_and_end_at_once_do_not_take_each_others_folders(town: Town) -> None:
    for _ in range(4):
        for one in [town.start() for _ in range(4)]:
            told = one.wait()
            assert told is not None
            assert not told.crash, told.crash
    assert town.left_in_spool() == []


def test_an_account_in_use_keeps_no_other_from_being_finished(lively: Town) -> None:
    town = lively
    town.live(8)
    town.say("News of the office")
    for account in town.accounts:
        assert town.killed((account, FULL), arm="batch.choice_written", recover=False)
    time.sleep(1.1)
    with inside(town, recover=False, lease_seconds=3600) as other:
        with other.capture.leases.held(other.office):
            report = town.session().recovered
            assert report is not None
            assert (report.batches, report.postponed) == (2, 1)
        report = town.session().recovered
        assert report is not None
        assert (report.batches, report.postponed) == (1, 0)
    checks.check(town)


def test_a_live_process_takes_up_what_another_left_while_it_runs(town: Town) -> None:
    town.session(*town.everything(FULL))
    with inside(town) as living:
        town.live(8)
        assert town.killed(*town.everything(FULL), arm="commit.put", recover=False)
        living.capture.flush(all=False)
        assert len(list(town.spool.glob("sp_*"))) == 1
    checks.check(town)


def test_two_threads_of_one_process_never_capture_the_same_account(town: Town) -> None:
    with inside(town) as here, here.capture.leases.held(here.office), pytest.raises(Busy):
        here.run()


# --- the paused leader -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "point",
    [
        *("batch.choice_written", "commit.put"),
        *(pytest.param(point, marks=pytest.mark.long) for point in ("run.read", "store.linked")),
    ],
)
def test_a_leader_that_was_paused_past_its_lease_is_refused_and_its_segments_are_adopted(
    lively: Town, point: str
) -> None:
    town, account = lively, lively.accounts[1]
    first = town.say("Said before the pause")
    paused = town.start((account, NEW), arm=f"{point}:1:SIGSTOP")
    paused.wait_until_paused()
    town.note_spool()
    time.sleep(1.1)
    second = town.say("Said during the pause")
    told = town.session((account, NEW))
    assert [run.outcome.value for run in told.runs] == ["complete"]
    paused.resume()
    late = paused.wait()
    assert late is not None
    assert not late.crash, late.crash
    assert len(late.errors) == 1
    assert late.errors[0].startswith("StaleLease")
    checks.check(town)
    assert {first, second} <= checks.visible(town, account)
    _only_its_existence_counts(town, account)
    town.session(*town.everything(NEW))
    checks.check(town)


def _only_its_existence_counts(town: Town, account: str) -> None:
    """The refused run moved no bookmark and concluded nothing."""
    with inside(town) as here, here.archive.database.read() as connection:
        one = Run.__table__
        runs = connection.execute(one.select().where(one.c.account_id == account).order_by(one.c.number)).all()
    late, *others = [run for run in runs if run.reason and "adopted" in run.reason]
    assert not others
    assert late.outcome == "interrupted"
    assert late.bookmark_after == late.bookmark_before


def test_a_quiet_run_that_was_paused_past_its_lease_leaves_nothing(lively: Town) -> None:
    town, account = lively, lively.accounts[1]
    paused = town.start((account, NEW), arm="pending.added:1:SIGSTOP")
    paused.wait_until_paused()
    town.note_spool()
    time.sleep(1.1)
    town.say("Said during the pause")
    town.session((account, NEW))
    paused.resume()
    late = paused.wait()
    assert late is not None
    assert not late.crash, late.crash
    checks.check(town)


def test_a_leader_may_be_paused_anywhere(lively: Town, moments: Moments) -> None:
    town = lively
    for _ in range(3):
        town.live(6)
        paused = town.start(*town.everything(NEW, WATCH))
        moments.wait()
        paused.pause()
        time.sleep(1.1)
        town.live(3)
        # Whoever is paused while it holds the database's write lock keeps everybody waiting; that is not ours to solve.
        other = town.start(*town.everything(NEW))
        time.sleep(1.5)
        paused.resume()
        for one in (paused, other):
            told = one.wait()
            assert told is not None
            assert not told.crash, told.crash
        town.note_spool()
    town.session(*town.everything(NEW))
    checks.check(town)


def test_what_was_never_committed_is_not_in_a_rebuilt_index_until_it_is_adopted(lively: Town) -> None:
    town, account = lively, lively.accounts[1]
    first = town.say("Said before the pause")
    paused = town.start((account, NEW), arm="commit.put:1:SIGSTOP")
    paused.wait_until_paused()
    time.sleep(1.1)
    town.say("Said during the pause")
    town.session((account, NEW), recover=False)
    paused.kill()
    assert paused.wait() is None
    for path in town.spool.glob("*/rn_*"):
        path.unlink()  # nothing but the object in the store is left of that run
    checks.rebuilds_equal(town)
    assert town.session().recovered.adopted == 1  # type: ignore[union-attr]
    checks.check(town)
    assert first in checks.visible(town, account)


def test_what_a_run_had_put_in_part_is_read_again_from_its_frames_where_its_choice_is_damaged(
    new_town: object, tmp_path: Path
) -> None:
    """The part that was put was adopted: that its run has a row says nothing of the rest."""
    town: Town = new_town(lease_seconds=1)  # type: ignore[operator]
    assert town.killed((town.accounts[1], FULL), arm="commit.put", recover=False)
    (dead,) = {path.parent for path in town.spool.glob("*/rn_*.choice")}
    assert len(list(dead.glob("*.warc.gz"))) > 1
    aside = dead.rename(tmp_path / dead.name)  # its process is only slow, and nobody drains it yet
    time.sleep(1.1)
    assert town.session().recovered.adopted == 1  # type: ignore[union-attr]
    aside.rename(dead)
    (choice,) = dead.glob("rn_*.choice")
    choice.write_bytes(choice.read_bytes()[:-20])
    town.session()
    checks.check(town)
    town.session(*town.everything(NEW))
    checks.check(town)
