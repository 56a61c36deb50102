"""A process killed while it hands records out: nothing it leaves passes for a bundle, and the next one begins anew."""

from __future__ import annotations

import errno
import fcntl
import signal
from datetime import datetime
from pathlib import Path

import pytest

from archiver import faults
from archiver.archive import Archive
from archiver.clock import SetClock
from archiver.evidence.verifier import verify
from archiver.release import bundle, choosing
from archiver.release.bag import MARK, Bag
from archiver.settings import Settings
from tests import forking
from tests.release.town import Town, verified

POINTS = ("bundle.shown", "bundle.logged", "bundle.verified")


def killed(town: Town, out: Path, record: str, point: str) -> bool:
    """Whether a process that hands ``record`` out was killed at ``point``."""
    archive = town.house.archive
    process = forking.CONTEXT.Process(
        target=_export, args=(archive.settings.home, archive.clock.now(), out, record, point)
    )
    process.start()
    process.join()
    return process.exitcode == -signal.SIGKILL


def _export(home: Path, at: datetime, out: Path, record: str, point: str) -> None:
    faults.arm(point)
    settings = Settings(home=home, disk_reserve_percent=0.0, time_zone="UTC")
    with Archive.open(settings, kind="practice", clock=SetClock(at), create=False) as archive:
        bundle.export(archive, choosing.by_ids([record]), out)


def passes(folder: Path, key: str) -> bool:
    try:
        return bool(verify.verify(verify.Folder(str(folder)), [verify.read_key(key)])[1])
    except verify.Wrong:
        return False


def test_what_a_killed_export_leaves_is_no_bundle_and_the_next_one_begins_anew(town: Town, tmp_path: Path) -> None:
    record, out = town.record(town.comments[0]).id, tmp_path / "out"
    key = town.export(record).key
    with_key = []
    for point in POINTS:
        assert killed(town, out, record, point)
        assert not out.exists()
        (left,) = tmp_path.iterdir()  # what the one before left is gone
        assert not passes(left, key)
        with_key.append((left / "data/log/checkpoint").exists())
    assert with_key == [False, False, True], "the last one lacks nothing but its name"
    (left / MARK).unlink()
    assert passes(left, key), "and what keeps it from passing is its mark"
    (left / MARK).touch()
    made = bundle.export(town.house.archive, choosing.by_ids([record]), out)
    assert verified(made)[1]
    assert list(tmp_path.iterdir()) == [out]


def test_the_folder_of_a_process_that_lives_is_left_alone(tmp_path: Path) -> None:
    out = tmp_path / "out"
    first = Bag.begin(out)
    other = tmp_path / "out.unfinished-notes123"
    other.mkdir()
    second = Bag.begin(out)
    assert first.working.exists()
    first.abandon()
    second.abandon()
    assert list(tmp_path.iterdir()) == [other], "somebody else's folder"


@pytest.mark.parametrize("name", ["out[1]", "out*", "out?"])
def test_names_are_no_patterns(tmp_path: Path, name: str) -> None:
    other = Bag.begin(tmp_path / "out1")
    Bag.begin(tmp_path / name).abandon()
    assert other.working.exists()
    other.abandon()


def test_where_no_folder_can_be_locked_a_bundle_is_made_and_nothing_removed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_locks(*_: object) -> None:
        raise OSError(errno.EBADF, "as on NFS")

    monkeypatch.setattr(fcntl, "flock", no_locks)
    first = Bag.begin(tmp_path / "out")
    second = Bag.begin(tmp_path / "out")
    assert first.working.exists()
    first.abandon()
    second.abandon()
