"""An import whose process dies anywhere: nothing half counts, nothing is lost, and the same command goes on."""

from __future__ import annotations

import importlib
import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from archiver.capture.committer import Committer
from archiver.capture.leases import Held, StaleLease
from archiver.capture.models import Segment
from archiver.capture.service import Capture
from archiver.errors import Busy
from archiver.imports import writing
from archiver.imports.importing import Importing, Stopped
from archiver.imports.writing import BatchWriter
from archiver.records.import_models import ImportedFile
from tests.capture.dying import ProcessDied, die_at
from tests.capture.house import FULL
from tests.capture.rebuilding import check_rebuilt
from tests.imports.builders import MADE_AT, message, snowflake, tweet
from tests.imports.desk import CAPTURED, IMPORTED, Desk
from tests.imports.test_foreign import warc

LONG = pytest.mark.long
POINTS = [
    ("archiver.imports.importing", "import.begun", 1),
    pytest.param("archiver.capture.batch", "batch.stored", 2, marks=LONG),
    pytest.param("archiver.capture.batch", "batch.segments_closed", 1, marks=LONG),
    ("archiver.capture.batch", "batch.choice_written", 1),
    pytest.param("archiver.capture.committer", "commit.put", 2, marks=LONG),
    ("archiver.capture.committer", "commit.written", 1),
    pytest.param("archiver.capture.committer", "commit.done", 1, marks=LONG),
    ("archiver.imports.writing", "import.batch_stored", 1),
    ("archiver.capture.batch", "batch.choice_written", 2),
    pytest.param("archiver.capture.committer", "commit.done", 2, marks=LONG),
]


def archive_of(desk: Desk) -> Path:
    ids = [snowflake(MADE_AT - timedelta(days=days)) for days in range(3, 30)]
    return desk.x_archive(
        *(tweet(one, f"post number {number}") for number, one in enumerate(ids)),
        messages=[message("77", "5", "hello")],
        media={f"{ids[0]}-a.png": bytes(1_500_000), f"{ids[1]}-b.png": b"small"},
    )


@pytest.mark.parametrize(("module", "point", "passing"), POINTS, ids=lambda one: str(one))
def test_wherever_it_dies_it_goes_on(
    desk: Desk, module: str, point: str, passing: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = archive_of(desk)
    with monkeypatch.context() as dying:
        dying.setattr(importlib.import_module(module), "crash_point", die_at(point, passing))
        with pytest.raises(ProcessDied):
            desk.bring(path)
    restart(desk)
    outcome = desk.bring(path)
    assert (outcome.records, outcome.not_understood) == (28, 0)
    (one,) = desk.imports()
    assert one.ended_at is not None
    assert len(desk.search("post number")) == 27
    assert list(desk.house.capture.spool.folder.glob("rn_*")) == []
    check_rebuilt(desk.house)


def restart(desk: Desk) -> None:
    """Another process takes over what the dead one left."""
    house = desk.house
    house.archive.close()
    os.close(house.capture.spool._lock)
    house.open()
    house.later(hours=1)
    house.capture.recover()


def test_a_person_may_stop_it_and_go_on(desk: Desk) -> None:
    path = archive_of(desk)
    passed = iter(range(10_000))
    stopping = Importing(desk.house.capture, desk.wanted(path), stopped=lambda: next(passed) > 16)
    with pytest.raises(Stopped, match="goes on"):
        stopping.carry_out()
    outcome = desk.bring(path)
    assert outcome.records == 28
    before = desk.digests([*CAPTURED, *IMPORTED])
    assert desk.bring(path).already
    assert desk.digests([*CAPTURED, *IMPORTED]) == before


def test_two_processes_that_bring_the_same_file_store_it_once(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    path = archive_of(desk)
    commit, others = BatchWriter._with_lease, [desk.house.capture]

    def after_another(self: BatchWriter, act: Callable[[Held], None]) -> None:
        if others:
            Importing(others.pop(), desk.wanted(path)).carry_out()
        commit(self, act)

    monkeypatch.setattr(BatchWriter, "_with_lease", after_another)
    assert desk.bring(path).records == 28
    rows = desk.rows(ImportedFile)
    assert len({(one.name, one.start) for one in rows}) == len(rows)
    assert [one.ended_at is not None for one in desk.imports()] == [True]
    assert list(desk.house.capture.spool.folder.glob("rn_*")) == []
    check_rebuilt(desk.house)


def test_a_file_of_another_name_goes_on_where_it_was_stopped(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    path = desk.folder / "crawl.warc"
    path.write_bytes(warc({desk.row.url: b"<html>", "https://a.example/": b"<html>"}, packed=False))
    with monkeypatch.context() as dying:
        dying.setattr(writing, "crash_point", die_at("import.batch_stored", 1))
        with pytest.raises(ProcessDied):
            desk.bring(path, confirmed=desk.row.handle)
    restart(desk)
    desk.bring(path.rename(desk.folder / "other.warc"), confirmed=desk.row.handle)
    assert [one.name for one in desk.rows(ImportedFile)] == ["crawl.warc", "crawl.warc", ""]


def test_it_waits_for_the_run_under_way(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr("archiver.imports.writing.time.sleep", slept.append)
    monkeypatch.setattr(writing, "_TRIES", 3)
    path = archive_of(desk)
    with desk.house.capture.leases.held(desk.account), pytest.raises(Busy):
        desk.bring(path)
    assert len(slept) == 2
    assert list(desk.house.capture.spool.folder.glob("rn_*")) == []
    assert desk.bring(path).records == 28


def test_a_batch_that_another_run_overtook_is_adopted_with_all_it_brought(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = archive_of(desk)

    def refuse(*_: object, **__: object) -> None:
        raise StaleLease("another process took this account over")

    with monkeypatch.context() as stale:
        stale.setattr(Committer, "commit", refuse)
        with pytest.raises(Busy):
            desk.bring(path)
    other = Capture(desk.house.archive)
    other.run(desk.account, FULL, trigger="person", stop=desk.house.patience)
    other.close()
    outcome = desk.bring(path)
    assert (outcome.records, outcome.not_understood) == (28, 0)
    assert [one.ended_at is not None for one in desk.imports()] == [True]
    assert any(one.adopted_by for one in desk.rows(Segment))
    assert len(desk.search("post number")) == 27
    check_rebuilt(desk.house, anew=True)
