"""What somebody asks for while the account is being captured is made as soon as that has ended: it began before."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy import insert, update

from archiver.capture import asking_now, due
from archiver.capture.models import Due, Watch
from archiver.capture.outcomes import RunOutcome
from archiver.capture.watching import Looked
from archiver.operations import is_captured
from archiver.people.acting import of_machine
from archiver.records.models import Record
from archiver.work.workers import Workers
from connectors.contract import SweepKind
from tests.capture_review.script import Said, Stage, page

PATIENCE = 30.0


def _until(true: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE
    while not true():
        assert time.monotonic() < end
        time.sleep(0.01)


@pytest.fixture
def workers(stage: Stage) -> Iterator[Workers]:
    made = Workers(stage.capture, 2, stage.clock)
    yield made
    assert made.stop(PATIENCE)


def _looks(stage: Stage, asked: datetime) -> is_captured.Looks:
    with stage.archive.database.read() as connection:
        return is_captured.looks_since(connection, stage.account, asked, stage.clock.now(), frozenset())


@pytest.mark.law("R22")
@pytest.mark.parametrize("under_way", [SweepKind.NEW, SweepKind.FULL])
def test_a_request_is_taken_up_when_the_run_has_ended_that_began_before(
    stage: Stage, workers: Workers, under_way: SweepKind
) -> None:
    for kind in SweepKind:
        stage.run(kind)
    stage.later(hours=30)
    begun, go_on = threading.Event(), threading.Event()

    def slowly() -> Said:
        begun.set()
        assert go_on.wait(PATIENCE)
        return page(("1", "one"))

    stage.answers["/list"] = slowly
    assert workers.take([(stage.account, under_way)]) == 1
    assert begun.wait(PATIENCE)
    stage.later(seconds=1)
    asked = asking_now.ask(stage.archive, of_machine(), stage.account)
    assert stage.capture.due(stage.clock.now()) == [], "one run of an account at a time"
    looks = _looks(stage, asked)
    assert (looks.behind, looks.waits, looks.done, looks.runs) == (True, True, False, ())
    stage.answers["/list"] = page(("1", "one"), ("2", "posted meanwhile"))
    stage.later(seconds=1)
    go_on.set()
    _until(lambda: not workers.running())
    assert "2" not in stage.records(), "what was under way had its answer already"
    looks = _looks(stage, asked)
    assert (looks.behind, looks.waits, looks.done, looks.runs) == (False, True, False, ())
    for _ in range(2):
        assert workers.take(stage.capture.due(stage.clock.now())) == 1, "at once, and not at the next turn"
        _until(lambda: not workers.running())
    assert "2" in stage.records()
    assert _looks(stage, asked).saw_all
    assert stage.capture.due(stage.clock.now()) in ([], [(stage.account, SweepKind.FULL)])
    assert {row.asked_at for row in stage.rows(Due)} == {None}


def test_what_was_asked_for_waits_for_no_share_of_the_quota_and_goes_first(stage: Stage) -> None:
    stage.run(SweepKind.FULL)
    stage.later(hours=30)
    now = stage.clock.now()
    with stage.archive.database.write() as connection:
        assert due.due(connection, now, lambda *_: True) == []
        due.look_now(connection, stage.account, [SweepKind.WATCH], [], now)
        assert due.due(connection, now, lambda *_: True) == [(stage.account, SweepKind.WATCH)]


@pytest.mark.parametrize(
    ("after", "still_due"), [(-1, False), (1, True), pytest.param(3600, False, id="the clock was set back")]
)
def test_a_thread_that_is_looked_at_when_somebody_asks_is_looked_at_again(
    stage: Stage, after: int, still_due: bool
) -> None:
    stage.answers["/list"] = page(("1", "one"))
    stage.run(SweepKind.FULL)
    (record,) = stage.rows(Record)
    began = stage.clock.now() + timedelta(hours=1)
    asked, ended = began + timedelta(seconds=after), began + timedelta(minutes=1)
    run = due.Ended(SweepKind.WATCH, RunOutcome.COMPLETE, began, ended)
    watched = {"record_id": record.id, "account_id": stage.account, "due_at": began, "changed_at": began}
    with stage.archive.database.write() as connection:
        connection.execute(insert(Watch).values(watched))
        connection.execute(update(Due).values(due_at=began))
        due.look_now(connection, stage.account, [SweepKind.WATCH], ["1"], asked)
        looked = {"1": Looked(0, 0, through=True)}
        due.after_run(stage.account, run, looked, stage.archive.settings)(connection)
    (row,) = stage.rows(Watch)
    assert (row.due_at <= ended, row.asked_at is not None) == (still_due, still_due)
    (sweep,) = stage.rows(Due, Due.sweep == SweepKind.WATCH.value)
    assert (sweep.due_at <= ended, sweep.asked_at is not None) == (still_due, still_due)
