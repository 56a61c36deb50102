"""A list that is longer than is taken in is not read again and again: platforms bill for it. The gap stays."""

from __future__ import annotations

import pytest

from archiver.capture.models import Gap
from connectors.contract import SweepKind
from tests.capture_review.script import Said, Stage, page

TOO_LONG: Said = (413, {}, b"")


@pytest.mark.law("R17", "R63")
def test_it_is_read_again_after_a_month_or_by_hand_and_the_gap_stays_open_until_it_is_whole(stage: Stage) -> None:
    stage.connector.lists = ("list", "blocked")
    stage.answers |= {"/list": page(("1", "one")), "/blocked": TOO_LONG}

    def asked_after(days: int, trigger: str = "schedule") -> bool:
        stage.asked.clear()
        stage.later(days=days)
        ended = stage.run(SweepKind.FULL, trigger)
        assert ended.outcome == "partial"
        covered = stage.coverage(ended)["blocked"]
        assert (covered.complete, covered.reason) == (False, "beyond: too many people")
        return "/blocked" in stage.asked

    assert [asked_after(1) for _ in range(3)] == [True, False, False]
    assert asked_after(1, "person")
    assert [asked_after(days) for days in (25, 2, 2)] == [False, True, False]
    (gap,) = stage.rows(Gap, Gap.closed_at.is_(None))
    assert gap.cause == "beyond"
    stage.later(days=30)
    stage.answers["/blocked"] = page(("a", "somebody"))
    assert stage.coverage(stage.run(SweepKind.FULL, "schedule"))["blocked"].complete
    assert stage.rows(Gap, Gap.closed_at.is_(None)) == []
    stage.asked.clear()
    stage.run(SweepKind.FULL, "schedule")
    assert "/blocked" in stage.asked
