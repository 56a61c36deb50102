"""What a platform makes up does not fill the archive, and nothing counts as covered that nobody looked at."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from archiver.capture import committer, seen, under_way
from archiver.capture.listings import Listings
from archiver.capture.models import Exchange, Run
from connectors.contract import Ask, Reading, RecordKind, SeenRecord, Stream, SweepKind
from tests.capture.dying import ProcessDied, die_at
from tests.capture_review.script import Said, Stage, page

NEW, FULL = SweepKind.NEW, SweepKind.FULL
ASK = Ask("https://example.org/list", Stream.POSTS, "list", listing="list")
BEGAN = datetime(2026, 5, 1, tzinfo=UTC)


def _drifting(*names: str) -> Said:
    return page(("1", "one"), drift=list(names))


def test_a_new_name_of_a_field_is_stored_once(stage: Stage) -> None:
    for names in (("a",), ("a",), ("a", "b"), ("b",)):
        stage.answers["/list"] = _drifting(*names)
        stage.run(NEW)
    assert [run.drift for run in sorted(stage.rows(Run), key=lambda run: run.number)] == [["a"], [], ["b"], []]
    assert len(stage.rows(Exchange)) == 2


def test_names_that_are_made_up_all_the_time_are_not_remembered_without_end(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(seen, "_DRIFT", 5)
    for number in range(6):
        stage.answers["/list"] = _drifting(*(f"made-up-{number}-{more}" for more in range(3)))
        stage.run(NEW)
    assert sum(len(run.drift) for run in stage.rows(Run)) == 5
    assert len(stage.rows(Exchange)) == 2  # the names that came after the fifth bring nothing


def test_names_beside_something_new_are_bounded_too(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(seen, "_DRIFT", 5)
    for number in range(4):
        records = [{"key": str(number), "text": "new"}]
        told = {"records": records, "next": None, "whole": True, "drift": [f"{number}-{more}" for more in range(3)]}
        stage.answers["/list"] = (200, {}, json.dumps(told).encode())
        stage.run(NEW)
    assert sum(len(run.drift) for run in stage.rows(Run)) == 5
    assert sum(one.purpose == "list" for one in stage.rows(Exchange)) == 4


def test_the_end_of_a_list_that_is_not_whole_is_not_the_beginning_of_everything() -> None:
    made = [datetime(2026, 4, day, tzinfo=UTC) for day in (9, 3, 7)]
    records = tuple(SeenRecord(str(at.day), RecordKind.POST, f"/{at.day}", {}, "", created_at=at) for at in made)
    listing = Listings().of(ASK)
    listing.page(ASK, Reading(records=records), not_modified=False)
    covered = listing.covered(None, BEGAN)
    assert covered.complete
    assert covered.span_from == datetime(2026, 4, 3, tzinfo=UTC)


def test_a_list_that_shows_no_time_was_looked_at_since_the_run_began() -> None:
    listing = Listings().of(ASK)
    listing.page(ASK, Reading(), not_modified=False)
    assert listing.covered(None, BEGAN).span_from == BEGAN


def test_a_whole_list_was_looked_at_from_its_beginning() -> None:
    listing = Listings().of(ASK)
    listing.page(ASK, Reading(whole=True), not_modified=False)
    assert listing.covered(None, BEGAN).span_from is None


def test_a_first_look_at_a_list_that_is_not_whole_does_not_say_it_saw_everything(stage: Stage) -> None:
    stage.answers["/list"] = page(("1", "one"), whole=False)
    run = stage.run(FULL)
    covered = stage.coverage(run)["list"]
    assert covered.complete
    assert covered.span_from == run.started_at


def test_what_a_page_led_to_is_asked_by_the_next_run_where_the_process_dies_after_the_commit_of_the_page(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A list that goes by its bookmark does not show the page again."""
    monkeypatch.setattr(under_way, "_BATCH_EXCHANGES", 1)
    stage.answers["/list"] = page(("1", "one"), bookmark={"after": 1}, asks=["/under"])
    stage.answers["/under"] = page(("2", "said under it"))
    with monkeypatch.context() as dying:
        dying.setattr(committer, "crash_point", die_at("commit.done"))
        with pytest.raises(ProcessDied):
            stage.run(NEW)
    assert stage.records().keys() == {"1"}
    assert "/under" not in stage.asked
    stage.answers["/list"] = page()
    stage.run(NEW)
    assert stage.connector.begun_with == {"after": 1}
    assert stage.records().keys() == {"1", "2"}
    stage.run(NEW)
    assert stage.asked.count("/under") == 1


def test_what_a_connector_wants_forgotten_is_in_no_later_run_record(stage: Stage) -> None:
    """Else each list that came to an end, be it a broadcast's, would make every later record of a quiet poll longer."""
    for told in ({"list": "at 1", "chat/1": "at 2"}, {"chat/1": None}, {"chat/2": None}):
        stage.answers["/list"] = page(("1", "one"), bookmark=told)
        stage.run(SweepKind.NEW)
    marks = [run.bookmark_after for run in stage.rows_of_runs()]
    assert marks == [{"public": {"list": "at 1", "chat/1": "at 2"}}, *[{"public": {"list": "at 1"}}] * 2]
