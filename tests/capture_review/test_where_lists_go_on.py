"""A list that paused goes on where it joins, and nowhere else."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from archiver.capture import looks, rounds
from archiver.capture.models import Due
from archiver.capture.service import RunResult
from connectors.contract import SweepKind
from tests.capture_review.script import Said, Stage, page

FULL = SweepKind.FULL
NewStage = Callable[..., Stage]
NOT_THERE: Said = (404, {}, b"")


def _pages(stage: Stage, keys: str, size: int = 2) -> None:
    """A list that counts its pages, as many do: what is deleted above pulls everything below up."""
    shown = [keys[start : start + size] for start in range(0, len(keys), size)]
    for number, some in enumerate(shown):
        following = f"/{number + 2}" if number + 1 < len(shown) else None
        texts = [(key, f"text {key}") for key in some]
        stage.answers["/list" if number == 0 else f"/{number + 1}"] = page(*texts, following=following)


def _left(stage: Stage) -> dict[str, object]:
    bookmark = stage.rows_of_runs()[-1].bookmark_after.get("public", {})
    return bookmark.get(rounds.KEY, {})  # type: ignore[no-any-return]


def _run(stage: Stage) -> RunResult:
    stage.asked.clear()
    return stage.run(FULL)


def test_it_goes_on_at_the_page_where_it_stopped(new_stage: NewStage) -> None:
    stage = new_stage(run_requests=2)
    _pages(stage, "abcdefgh")
    first = _run(stage)
    assert (first.outcome, stage.asked) == ("partial", ["/list", "/2"])
    second = _run(stage)
    assert (second.outcome, stage.asked) == ("partial", ["/2", "/3"])
    third = _run(stage)
    assert (third.outcome, stage.asked) == ("complete", ["/3", "/4"])
    assert not stage.coverage(second)["list"].complete
    assert stage.coverage(third)["list"].complete
    assert not _left(stage)
    assert set(stage.records()) == set("abcdefgh")


def test_where_it_does_not_join_it_is_read_from_its_beginning(new_stage: NewStage) -> None:
    """Six records above were deleted while it paused: what stood on page four stands on page one now."""
    stage = new_stage(run_requests=3)
    _pages(stage, "abcdefghijkl")
    _run(stage)
    _pages(stage, "ghijkl")
    second = _run(stage)
    assert stage.asked == ["/3", "/list", "/2"]
    assert not stage.coverage(second)["list"].complete
    _run(stage)
    assert set(stage.records()) == set("abcdefghijkl"), "nothing was skipped"


def test_a_place_that_the_platform_no_longer_knows_is_given_up(new_stage: NewStage) -> None:
    stage = new_stage(run_requests=3)
    _pages(stage, "abcdefghij")
    _run(stage)
    stage.answers["/3"] = NOT_THERE
    _run(stage)
    assert stage.asked[:3] == ["/3", "/list", "/2"]


def test_what_only_an_earlier_run_showed_is_not_missing(new_stage: NewStage) -> None:
    stage = new_stage(run_requests=3)
    _pages(stage, "abcdefgh")
    while not stage.rows_of_runs() or _left(stage):
        _run(stage)
    _run(stage)
    _pages(stage, "abcdefg")  # the last one has gone
    stage.answers["/look?h"] = NOT_THERE
    while _left(stage):
        run = _run(stage)
    assert [path for path in stage.asked if path.startswith("/look")] == ["/look?h"]
    assert run.counts["not_returned"] == 1
    assert {key for key, row in stage.records().items() if row.state != "visible"} == {"h"}


def test_a_rest_that_the_platform_asks_for_is_no_reason_to_begin_anew(stage: Stage) -> None:
    _pages(stage, "abcdefgh")
    stage.answers["/3"] = (429, {"Retry-After": "7200"}, b"")
    stage.connector.limited = True
    first = _run(stage)
    assert first.outcome == "partial"
    (due,) = stage.rows(Due, Due.sweep == "full")
    assert (due.due_at - first.finished_at).total_seconds() <= 600
    assert due.failures == 0
    _pages(stage, "abcdefgh")
    stage.later(hours=3)
    assert _run(stage).outcome == "complete"
    assert stage.asked == ["/2", "/3", "/4"]


def test_looks_that_are_too_many_for_one_run_take_turns(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(looks, "_LOOKS", 2)
    keys = "abcdefgh"
    _pages(stage, keys, size=8)
    _run(stage)
    stage.answers["/list"] = page(("a", "text a"), whole=False)  # nothing leads to the others any more
    for key in keys:
        stage.answers[f"/look?{key}"] = page((key, f"text {key}"))
    looked: list[str] = []
    for _ in range(4):
        _run(stage)
        looked += [path[-1] for path in stage.asked if path.startswith("/look")]
    assert set(looked) == set(keys) - {"a"}
