"""The public part of a run record says nothing that only private answers said."""

from __future__ import annotations

import json
from typing import Any

from archiver.capture.models import Run, Segment
from archiver.capture.rebuild import rebuild
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
