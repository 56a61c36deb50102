"""A run asks no more than it may, and fetches files while it goes."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from archiver.capture import under_way
from archiver.capture.models import Exchange
from archiver.records.models import Medium
from connectors.contract import SweepKind
from tests.capture_review.script import Said, Stage, page

FULL = SweepKind.FULL
NOT_THERE: Said = (404, {}, b"")


def _with_files(stage: Stage, *keys: str, following: str | None = None) -> Said:
    for key in keys:
        stage.answers[f"/file-{key}"] = (200, {}, key.encode())
    records = [{"key": key, "text": key, "media": f"{stage.origin}/file-{key}"} for key in keys]
    return 200, {}, json.dumps({"records": records, "next": following, "whole": True}).encode()


def test_files_count_as_requests_and_the_rest_is_fetched_by_the_next_run(new_stage: Callable[..., Stage]) -> None:
    stage = new_stage(run_requests=3)
    stage.answers["/list"] = _with_files(stage, "1", "2", "3", "4")

    first = stage.run(FULL)

    assert stage.asked[-3:] == ["/list", "/file-1", "/file-2"]
    assert first.counts["files_postponed"] == 2
    assert sorted(row.state for row in stage.rows(Medium)) == ["fetched", "fetched", "wanted", "wanted"]

    stage.run(FULL)
    assert {row.state for row in stage.rows(Medium)} == {"fetched"}


def test_looks_count_as_requests(new_stage: Callable[..., Stage]) -> None:
    stage = new_stage(run_requests=3)
    stage.answers["/list"] = page(("1", "one"), ("2", "two"), ("3", "three"), ("4", "four"))
    stage.run(FULL)
    stage.answers |= {"/list": page(("1", "one")), "/look?2": NOT_THERE, "/look?3": NOT_THERE, "/look?4": NOT_THERE}
    stage.asked.clear()

    run = stage.run(FULL)

    assert sum(path.startswith("/look") for path in stage.asked) == 2
    assert run.outcome == "partial"
    assert run.counts["not_returned"] == 2


def test_files_of_a_long_sweep_are_fetched_between_its_pages(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(under_way, "_FILES_WAITING", 3)
    stage.answers |= {
        "/list": _with_files(stage, "1", "2", following="/2"),
        "/2": _with_files(stage, "3", "4", following="/3"),
        "/3": _with_files(stage, "5", "6", following="/4"),
        "/4": page(("7", "seven")),
    }

    stage.run(FULL)

    assert [path for path in stage.asked if path.startswith("/file")] == [f"/file-{key}" for key in "123456"]
    assert stage.asked.index("/file-1") < stage.asked.index("/4")
    assert {row.state for row in stage.rows(Medium)} == {"fetched"}
    ordinals = [row.ordinal for row in stage.rows(Exchange)]
    assert len(ordinals) == len(set(ordinals)) == 10


def test_a_file_is_asked_for_once_in_a_run(stage: Stage) -> None:
    stage.answers["/list"] = _with_files(stage, "1")
    stage.answers["/file-1"] = (503, {}, b"busy")
    stage.run(FULL)
    asked = stage.asked.count("/file-1")
    stage.asked.clear()

    stage.run(FULL)

    assert stage.asked.count("/file-1") == asked
