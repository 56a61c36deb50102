"""While the platform does not say whose token it is, nothing is asked signed in, and what waits goes on waiting."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from archiver.capture import again
from archiver.capture.models import Gap
from connectors.contract import (
    AccessClass,
    AccountRef,
    Answer,
    Ask,
    Bookmark,
    Problem,
    ProblemKind,
    Reading,
    Stream,
    Sweep,
    SweepKind,
)
from tests.capture_review.script import Said, Scripted, Stage, page

BROKEN: Said = (500, {}, b"")
EXPIRED: Said = (401, {}, b"")


class SignedIn(Scripted):
    """Asks whose token it is before anything else."""

    def begin(self, account: AccountRef, sweep: Sweep, bookmark: Bookmark | None) -> Iterable[Ask]:
        who = Ask(f"{self.origin}/who", Stream.MESSAGES, "list", access=AccessClass.PRIVATE, context={"vouches": True})
        yield who
        for ask in super().begin(account, sweep, bookmark):
            yield ask if ask.access is AccessClass.PRIVATE else replace(ask, authorise="never")

    def read(self, ask: Ask, answer: Answer) -> Reading:
        if answer.status == 401:
            return Reading(problem=Problem(ProblemKind.SIGN_IN_EXPIRED, "sign in again"))
        return super().read(ask, answer)


def _waiting(stage: Stage) -> list[Any]:
    marks = stage.rows_of_runs()[-1].bookmark_after
    return [one for mark in marks.values() for one in mark.get(again.KEY, ())]


def test_a_question_that_waits_until_somebody_vouches_waits_once(stage: Stage) -> None:
    stage.connector.__class__ = SignedIn
    stage.connector.lists, stage.connector.private = ("list", "messages"), frozenset({"messages"})
    stage.answers |= {
        "/who": page(("9", "somebody")),
        "/list": page(("1", "one")),
        "/messages": page(("2", "two"), asks=["/a", "/b"]),
        "/a": EXPIRED,
        "/b": page(("4", "four")),
    }
    stage.run(SweepKind.NEW)
    left = _waiting(stage)
    assert [(tries, ask["url"]) for tries, ask in left] == [(0, f"{stage.origin}/b")]
    stage.answers["/who"] = BROKEN
    for _ in range(3):
        stage.asked.clear()
        stage.run(SweepKind.NEW)
        assert {"/list"} < {*stage.asked} <= {"/list", "/who"}
        assert _waiting(stage) == left
    stage.answers |= {"/who": page(("9", "somebody")), "/a": page(("3", "three"))}
    stage.run(SweepKind.NEW)
    assert _waiting(stage) == []
    assert "4" in stage.records()


@pytest.mark.law("R63")
def test_what_waits_for_a_rate_limit_is_a_gap_for_the_rate_in_every_list(stage: Stage) -> None:
    """Also in those that were not asked any more, as the first signed list after the question whose token it is."""
    stage.connector.limited = True
    stage.connector.lists, stage.connector.private = ("list", "messages"), frozenset({"messages"})
    stage.answers |= {"/list": (429, {"Retry-After": "7200"}, b""), "/messages": page(("2", "two"))}
    found = stage.run(SweepKind.NEW)
    assert "/messages" not in stage.asked
    reasons = {name: row.reason.partition(":")[0] for name, row in stage.coverage(found).items()}
    assert reasons == {"list": "rate", "messages": "rate"}
    assert {gap.cause for gap in stage.rows(Gap)} == {"rate"}
