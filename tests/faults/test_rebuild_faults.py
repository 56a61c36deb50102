"""The database is lost, whenever: the store alone gives the index again, also when that is stopped again and again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from archiver.capture.rebuild import rebuild
from archiver.errors import IntegrityError
from archiver.records import digests
from tests.faults import checks
from tests.faults.inside import inside
from tests.faults.moments import Moments
from tests.faults.sessions import open_archive
from tests.faults.town import FULL, NEW, WATCH, Town

pytestmark = pytest.mark.slow


def _lose_index(town: Town) -> None:
    for path in town.home.glob("index.sqlite3*"):
        path.unlink()


@pytest.fixture
def full(town: Town) -> Town:
    town.session(*town.everything(FULL))
    for _ in range(2):
        town.live(12)
        town.session(*town.everything(NEW, WATCH))
    return town


def test_a_lost_index_is_made_again_from_the_store(full: Town) -> None:
    with open_archive(full.home, full.settings) as archive:
        before = checks.content(archive)
    _lose_index(full)
    full.session(rebuild=True)
    with open_archive(full.home, full.settings) as archive:
        assert digests.differences(before, checks.content(archive)) == []
    full.live(5)
    full.session(*full.everything(NEW))
    checks.check(full)


@contextmanager
def _lost(town: Town) -> Iterator[None]:
    """The index is lost; what happens then must make it what it was."""
    with open_archive(town.home, town.settings) as archive:
        before = checks.content(archive)
    _lose_index(town)
    yield
    with open_archive(town.home, town.settings) as archive:
        assert digests.differences(before, checks.content(archive)) == []
    town.session()
    checks.check(town)


def test_a_rebuild_that_is_killed_after_every_few_steps_gives_the_same(full: Town) -> None:
    killed = 0
    with _lost(full):
        while full.killed(rebuild=True, arm=f"rebuild.applied:{1 + killed % 3}"):
            killed += 1
    assert killed > 2, "each of them came some steps further"


def test_a_rebuild_that_is_killed_at_random_moments_gives_the_same(full: Town, moments: Moments) -> None:
    killed = 0
    with _lost(full):
        while killed < 10:
            if moments.kill(full, rebuild=True):
                killed += 1
            else:
                _lose_index(full)  # it came to its end before
        full.session(rebuild=True)


_POINTS = ("spool.synced:2", "batch.choice_written", "commit.put", "commit.done", "delta.put")
_MORE_POINTS = (
    *("run.read:3", "batch.segments_closed", "store.linked", "commit.written", "batch.clearing"),
    *("delta.fixed", "delta.counted"),
)


@pytest.mark.parametrize("point", [*_POINTS, *(pytest.param(one, marks=pytest.mark.long) for one in _MORE_POINTS)])
def test_a_process_dies_and_its_index_is_lost_too(full: Town, point: str) -> None:
    full.live(8)
    assert full.killed(*full.everything(FULL, NEW), arm=point)
    _lose_index(full)
    full.session(rebuild=True)
    full.session(*full.everything(NEW))
    checks.check(full)


def test_quiet_runs_that_waited_when_the_index_was_lost_are_in_it_again(full: Town) -> None:
    for point in ("pending.added", "commit.done"):
        full.session(*full.everything(NEW), close=False)
        assert full.killed(*full.everything(NEW, WATCH), arm=point)
        _lose_index(full)
        full.session(rebuild=True)
        full.session()
        checks.check(full)


def test_an_adoption_that_waited_when_the_index_was_lost_is_made_again(full: Town) -> None:
    for point in ("adoption.written", "adoption.done"):
        key = full.say(f"Said before {point}")
        assert full.killed((full.accounts[1], NEW), arm="commit.begun")
        for path in full.spool.glob("*/rn_*"):
            path.unlink()
        assert full.killed(arm=point)
        _lose_index(full)
        full.session(rebuild=True)
        full.session()
        checks.check(full)
        assert key in checks.visible(full, full.accounts[1])


def test_objects_that_are_lost_take_only_what_was_in_them(full: Town) -> None:
    """The run record of a run may be in another object than its files: what is left counts, what is gone is named, and
    nothing stops."""
    keys = sorted((full.home / "store" / "segments").rglob("sg_*.warc.gz"))
    media = [path for path in keys if "/media/" in str(path)]
    assert media
    for path in keys:
        if "/public/" in str(path):
            path.unlink()
    _lose_index(full)
    with open_archive(full.home, full.settings, empty_index=True) as archive:
        report = rebuild(archive)
        gone = {path.name.rpartition("-")[0] for path in keys if not path.exists()}
        assert set(report.damaged) == {f"the log names the segment {one}, which is not in the store" for one in gone}
        assert report.segments == len([path for path in keys if path.exists()])
        assert report.exchanges >= len(media)
        once = checks.content(archive)
        rebuild(archive)
        assert digests.differences(once, checks.content(archive)) == []


def test_an_older_copy_of_the_database_is_told_from_the_right_one(full: Town) -> None:
    with open_archive(full.home, full.settings):
        pass
    copies = {path: path.read_bytes() for path in full.home.glob("index.sqlite3*")}
    full.say("Said after the copy was made")
    full.session(*full.everything(NEW))
    _lose_index(full)
    for path, content in copies.items():
        path.write_bytes(content)
    with pytest.raises(IntegrityError, match="older"):
        _capture_here(full)
    full.session(rebuild=True)
    full.session(*full.everything(NEW))
    checks.check(full)


def _capture_here(town: Town) -> None:
    with inside(town) as here:
        here.say("Said to the older copy")
        here.run()
