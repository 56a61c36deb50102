"""The public part of a run record says nothing that only private answers said."""

from __future__ import annotations

import json
from typing import Any

from archiver import clock
from archiver.capture.models import Coverage, Run, Segment
from archiver.capture.rebuild import rebuild
from archiver.evidence.models import Event
from archiver.storage.segment_reader import ReadRunRecord, read_segment
from connectors.contract import SweepKind
from tests.capture_review.script import Said, Stage, page

NEW = SweepKind.NEW
BROKEN: Said = (500, {}, b"")


def _run_records(stage: Stage) -> dict[str, list[dict[str, Any]]]:
    """Stored run records, by the access class of their segment."""
    found: dict[str, list[dict[str, Any]]] = {}
    for segment in stage.rows(Segment):
        with stage.archive.store.open(segment.key) as stream:
            read = [one.fields for one in read_segment(stream, bodies=False) if isinstance(one, ReadRunRecord)]
        found.setdefault(segment.access, []).extend(read)
    return found


def _with_messages(stage: Stage) -> None:
    stage.connector.lists = ("list", "messages")
    stage.connector.private = frozenset({"messages"})
    stage.answers |= {
        "/list": page(("1", "one"), bookmark={"list": "at 1"}, drift=["new in public"]),
        "/messages": page(("2", "two"), bookmark={"messages": "at secret"}, drift=["new in messages"]),
    }


def test_bookmark_and_drift_of_private_lists_stand_in_private_segments(stage: Stage) -> None:
    _with_messages(stage)
    stage.run(NEW)
    records = _run_records(stage)

    assert [one["bookmark"] for one in records["public"]] == [{"list": "at 1"}]
    assert [one["bookmark"] for one in records["private"]] == [{"messages": "at secret"}]
    assert [one["drift"] for one in records["public"]] == [["new in public"]]
    assert [one["drift"] for one in records["private"]] == [["new in messages"]]


def test_the_next_run_goes_on_by_all_of_them(stage: Stage) -> None:
    _with_messages(stage)
    stage.run(NEW)
    stage.answers["/list"] = page(("1", "one"), ("3", "three"), bookmark={"list": "at 3"})
    stage.run(NEW)
    assert stage.connector.begun_with == {"list": "at 1", "messages": "at secret"}
    stage.run(NEW)
    assert stage.connector.begun_with == {"list": "at 3", "messages": "at secret"}
    assert {name for run in stage.rows(Run) for name in run.drift} == {"new in public", "new in messages"}


def test_a_private_question_that_is_put_again_waits_in_a_private_segment(stage: Stage) -> None:
    _with_messages(stage)
    stage.answers |= {
        "/messages": page(("2", "two"), asks=["/secret-thread"]),
        "/secret-thread": BROKEN,
    }
    stage.run(NEW)
    records = _run_records(stage)
    assert "secret-thread" in json.dumps([one["bookmark"] for one in records["private"]])
    assert "secret-thread" not in json.dumps(records["public"])

    stage.answers |= {"/secret-thread": page(("4", "four")), "/messages": page(("2", "two"))}
    stage.asked.clear()
    stage.run(NEW)
    assert "/secret-thread" in stage.asked
    stage.asked.clear()
    stage.run(NEW)
    assert "/secret-thread" not in stage.asked  # answered: it is not put for ever


def test_a_rebuild_gives_the_same_bookmarks(stage: Stage) -> None:
    _with_messages(stage)
    stage.run(NEW)
    stage.answers["/messages"] = page(("2", "two"), ("5", "five"), bookmark={"messages": "at 5"})
    stage.run(NEW)
    stage.capture.flush(all=True)
    before = stage.rows(Run)

    rebuild(stage.archive)

    assert stage.rows(Run) == before
    newest = max(before, key=lambda run: run.number)
    assert newest.bookmark_after == {"public": {"list": "at 1"}, "private": {"messages": "at 5"}}


def _with_quiet_messages(stage: Stage) -> None:
    """A private list that is named by its purpose, as a poll that asks for what is new finds it: empty."""
    stage.connector.lists = ("list",)
    stage.connector.private = frozenset({"list"})
    stage.answers["/list"] = page(("1", "one"), bookmark={"list": "at secret"})
    stage.run(NEW)
    stage.answers["/list"] = page(whole=False, bookmark={"list": "at secret"})
    stage.capture.flush(all=True)


def test_a_private_list_without_news_is_told_in_the_public_part_alone(stage: Stage) -> None:
    _with_quiet_messages(stage)
    before = _run_records(stage)
    first = stage.rows(Coverage)
    ended = stage.run(NEW)
    stage.capture.flush(all=True)
    records = _run_records(stage)

    assert records["private"] == before["private"]
    (quiet,) = [one for one in records["public"] if one["run"] == ended.run_id]
    (told,) = quiet["coverage"]
    assert told == {
        "complete": True,
        "from": clock.to_text(first[0].at),  # our own last look
        "listing": "list",
        "seen": 0,
        "stream": "posts",
    }
    assert "secret" not in json.dumps(records["public"])
    assert stage.coverage(ended)["list"].complete


def test_how_far_back_a_private_list_reached_is_never_told_in_public(stage: Stage) -> None:
    """It may be the time of a message."""
    _with_quiet_messages(stage)
    stage.answers["/list"] = page(whole=True, bookmark={"list": "at secret"})
    ended = stage.run(NEW)
    last = stage.rows(Coverage, Coverage.run_id != ended.run_id)[-1].at
    assert stage.coverage(ended)["list"].span_from == last  # though it came from the beginning


def test_a_private_list_with_anything_to_tell_is_told_in_private(stage: Stage) -> None:
    _with_quiet_messages(stage)
    for answer in (page(("1", "one"), bookmark={"list": "at secret"}), page(bookmark={"list": "elsewhere"}), BROKEN):
        stage.answers["/list"] = answer
        ended = stage.run(NEW)
        stage.capture.flush(all=True)
        told = {access for access, some in _run_records(stage).items() for one in some if one["run"] == ended.run_id}
        assert told == {"public", "private"}


def test_parts_made_together_are_one_entry_of_the_log(stage: Stage) -> None:
    _with_messages(stage)
    ended = stage.run(NEW)
    made = {access: one for access, (one,) in _run_records(stage).items() if "commitment" in one}
    (entry,) = [json.loads(row.body) for row in stage.rows(Event) if row.subject_id == ended.run_id]
    assert entry["type"] == "run.finished"
    assert entry["data"]["part"] == 1
    assert entry["data"]["commitments"] == {access: one["commitment"] for access, one in made.items()}


def test_a_rebuild_gives_the_same_coverage_of_a_quiet_private_list(stage: Stage) -> None:
    _with_quiet_messages(stage)
    for _ in range(3):
        stage.run(NEW)
    stage.capture.flush(all=True)
    before = stage.rows(Coverage), stage.rows(Run)
    rebuild(stage.archive)
    assert (stage.rows(Coverage), stage.rows(Run)) == before
