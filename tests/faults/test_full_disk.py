"""A disk that is full, or fails, at every step: a clear error, nothing lost that was acknowledged, and on it goes."""

from __future__ import annotations

import errno
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import event

from archiver.capture.spool import FrameFile, SpoolError, read_frames
from archiver.errors import ArchiverError, OutOfSpace
from archiver.storage.protocol import StoreUnavailable
from connectors.contract import SweepKind
from tests.faults import checks
from tests.faults.calls import Fail, failing
from tests.faults.inside import Inside, inside
from tests.faults.town import FULL, NEW, Town


def _calls_of_a_run(here: Inside) -> int:
    here.say("What a run without a fault does", picture=True)
    with failing(here.town.home, lambda _, __: None) as made:
        here.run()
    assert {"write", "fsync", "link", "replace", "open"} <= set(made)
    return len(made)


def _error_of(here: Inside, sweep: SweepKind = NEW) -> ArchiverError | None:
    try:
        here.run(sweep)
    except ArchiverError as error:
        return error
    return None


def _once(number: int, code: int) -> Fail:
    return lambda _, count: code if count == number else None


def _from(number: int, code: int) -> Fail:
    return lambda _, count: code if count >= number else None


@pytest.mark.slow
@pytest.mark.parametrize("fault", [_once, pytest.param(_from, marks=pytest.mark.long)])
def test_a_full_disk_at_any_step_stops_the_run_with_a_clear_error_and_it_goes_on_when_there_is_room(
    town: Town, fault: object, thorough: bool
) -> None:
    town.session(*town.everything(FULL))
    with inside(town) as here:
        for number in range(1, _calls_of_a_run(here) + 1, 1 if thorough else 3):
            key = here.say(f"Said before step {number}", picture=number % 3 > 0)
            with failing(town.home, fault(number, errno.ENOSPC)) as made:  # type: ignore[operator]
                error = _error_of(here)
                assert isinstance(error, OutOfSpace) if len(made) >= number else error is None
                if fault is _from:
                    asked = here.asked()
                    with suppress(OutOfSpace):
                        here.run()
                    assert here.asked() <= asked + 2, "nothing is asked that cannot be kept"
            town.note_spool()
            here.run()
            assert key in checks.visible(town, here.office)
        here.capture.flush(all=True)
    checks.check(town)


@pytest.mark.slow
def test_a_disk_that_fills_up_while_pages_are_asked_ahead_loses_nothing(town: Town) -> None:
    """A full sweep puts one question while it takes in the answer before, in another thread."""
    town.session(*town.everything(FULL))
    with inside(town) as here:
        for number in (1, 2, 4, 6, 9, 13, 18, 24):
            for _ in range(30):
                here.say(f"Said before step {number}")
            with failing(town.home, _from(number, errno.ENOSPC)):
                assert isinstance(_error_of(here, FULL), OutOfSpace)
            town.note_spool()
            assert here.run(FULL).outcome.value in ("complete", "unchanged")
    checks.check(town)


@pytest.mark.slow
@pytest.mark.parametrize("names", [("fsync",), pytest.param(("write",), marks=pytest.mark.long)])
def test_a_disk_that_fails_at_any_step_acknowledges_nothing_and_loses_nothing(
    town: Town, names: tuple[str, ...]
) -> None:
    town.session(*town.everything(FULL))
    with inside(town) as here:
        here.say("What a run without a fault does", picture=True)
        with failing(town.home, lambda _, __: None, names) as made:
            here.run()
        for number in range(1, len(made) + 1):
            key = here.say(f"Said before step {number}", picture=number % 3 > 0)
            with failing(town.home, _once(number, errno.EIO), names) as made:
                error = _error_of(here)
            if len(made) >= number:
                assert isinstance(error, SpoolError | StoreUnavailable)
                assert "Input/output error" in str(error)
            town.note_spool()
            here.run()
            assert key in checks.visible(town, here.office)
    checks.check(town)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("fault", "code"), [(_once, errno.EIO), pytest.param(_from, errno.ENOSPC, marks=pytest.mark.long)]
)
def test_a_quiet_run_on_a_failing_disk_leaves_one_record_or_none(
    town: Town, fault: object, code: int, thorough: bool
) -> None:
    town.session(*town.everything(FULL))
    with inside(town) as here:
        here.capture.write_once.require()
        with failing(town.home, lambda _, __: None) as made:
            here.run()
            number = len(made)
    for count in range(1, number + 1, 1 if thorough else 2):
        _run_on_failing_disk(town, fault(count, code))  # type: ignore[operator]
        town.note_spool()
        town.session()
    checks.check(town)


@pytest.mark.slow
def test_a_new_process_finishes_what_a_failing_disk_let_through(town: Town) -> None:
    town.session(*town.everything(FULL))
    for number in (1, 2, 4, 7, 11, 16, 22):
        key = f"status/{town.city.say(town.cast.works, f'Said before step {number}')}"
        _run_on_failing_disk(town, _from(number, errno.EIO))
        town.note_spool()
        told = town.session((town.accounts[1], FULL))
        assert told.recovered is not None
        assert told.recovered.postponed == 0
        assert key in checks.visible(town, town.accounts[1])
    checks.check(town)


def _run_on_failing_disk(town: Town, fault: Fail) -> None:
    """One run, of a process that has tried the store out, and then it ends as well as it can."""
    with suppress(ArchiverError), inside(town) as here:
        here.capture.write_once.require()
        with failing(town.home, fault):
            here.run()


def test_a_file_whose_fsync_failed_takes_nothing_more(tmp_path: Path) -> None:
    file = FrameFile(tmp_path / "one.frames")
    file.append({"number": 1})
    with failing(tmp_path, _once(1, errno.EIO), ("fsync",)), pytest.raises(SpoolError, match="does not keep"):
        file.append({"number": 2})
    with pytest.raises(SpoolError, match="failed"):
        file.append({"number": 3})
    file.close()
    with (tmp_path / "one.frames").open("rb") as stream:
        numbers = [header["number"] for header, _, _ in read_frames(stream)]
    assert numbers[0] == 1
    assert 3 not in numbers


def test_nothing_is_asked_when_less_than_the_reserve_is_free(town: Town) -> None:
    town.session(*town.everything(FULL))
    with inside(town, disk_reserve_percent=99.99) as here:
        here.say("Nobody hears this yet")
        asked = here.asked()
        with pytest.raises(OutOfSpace, match="less than 100% of the disk"):
            here.run()
        assert here.asked() == asked
    with inside(town) as here:
        assert here.run().outcome.value == "complete"
    checks.check(town)


def test_a_database_without_room_is_told_from_one_that_is_broken(town: Town) -> None:
    town.session(*town.everything(FULL))
    with inside(town) as here:
        key = here.say("A long announcement. " * 4000)

        def no_more_pages(connection: object) -> None:
            pages = connection.exec_driver_sql("PRAGMA page_count").scalar()  # type: ignore[attr-defined]
            connection.exec_driver_sql(f"PRAGMA max_page_count={pages}")  # type: ignore[attr-defined]

        event.listen(here.archive.database.engine, "begin", no_more_pages)
        with pytest.raises(OutOfSpace, match="the database"):
            here.run()
        event.remove(here.archive.database.engine, "begin", no_more_pages)
        town.note_spool()
        here.archive.database.engine.dispose()
        here.run()
        assert key in checks.visible(town, here.office)
    checks.check(town)


# --- a disk that is really full --------------------------------------------------------------------------------------


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=16m", "tmpfs", folder], capture_output=True)
    if mounted.returncode != 0:
        pytest.skip("only root may mount a small disk")
    try:
        yield folder
    finally:
        subprocess.run(["umount", "-l", folder], check=True)


@pytest.mark.slow
def test_a_really_full_disk_loses_nothing(small_disk: Path) -> None:
    town = Town(small_disk / "town")
    try:
        town.session(*town.everything(FULL))
        filler = small_disk / "filler"
        with inside(town) as here:
            for left in range(0, 400_000, 20_000):
                key = here.say(f"Said with {left} bytes left. " * 100, picture=True)
                _fill(filler, small_disk, left)
                with suppress(OutOfSpace):
                    for _ in range(3):
                        here.run()
                filler.unlink()
                town.note_spool()
                here.run()
                assert key in checks.visible(town, here.office)
        checks.check(town)
    finally:
        town.close()


def _fill(filler: Path, disk: Path, left: int) -> None:
    """Leave so many bytes free."""
    with filler.open("wb", buffering=0) as file, suppress(OSError):
        while True:
            file.write(b"x" * 65536)
    with filler.open("r+b") as file:
        file.truncate(max(0, filler.stat().st_size - left))
