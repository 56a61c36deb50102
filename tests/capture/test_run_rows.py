"""What the row of a run says does not depend on how its parts came into the index."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.capture.models import Run
from archiver.capture.parts import Part, seal_part
from archiver.capture.run_rows import folded
from archiver.capture.service import Capture
from archiver.capture.under_way import UnderWay
from archiver.clock import to_text
from connectors.contract import SweepKind
from tests.capture.rebuilding import check_rebuilt
from tests.capture_review.conftest import new_stage, stage
from tests.capture_review.script import Stage, page

__all__ = ["new_stage", "stage"]

BEGAN = datetime(2026, 3, 2, 8, tzinfo=UTC)
BEFORE = {"public": {"newest": "1"}}
ACCESS = ("public", "private", "settings")


def part(number: int, access: str, *, final: bool = False, **fields: Any) -> Part:
    at = to_text(BEGAN + timedelta(minutes=number))
    said: dict[str, Any] = {"run": "rn_1", "number": 7, "part": number, "account": "ac_1", "at": at, **fields}
    said |= {"sweep": "full", "trigger": "schedule", "started_at": to_text(BEGAN), "settings": "5e", "connector": "1"}
    said |= {"access": None if access == "public" else access, "bookmark": {access: number}}
    return seal_part(said | ({"final": True, "outcome": "complete"} if final else {}))


@dataclass(frozen=True)
class History:
    """How a run came into the index: what it committed itself, and what was adopted of it afterwards."""

    committed: list[Part]
    adopted: list[Part]

    def row(self, adopted: list[Part], *, exchanges_first: bool = False) -> dict[str, Any]:
        row: dict[str, Any] | None = None
        if exchanges_first and not self.committed:
            row = {"finished_at": BEGAN, "counts": {}, "drift": [], "parts": [], "bookmark_after": BEFORE}
            row |= {"bookmark_before": BEFORE}
        for one in self.committed:
            row = (row or {}) | folded(row, one, BEFORE)
        for one in adopted:
            row = (row or {}) | folded(row, one, BEFORE, adopted=True)
        assert row is not None
        return row


_SMALL = st.integers(0, 9)
_ASKS = st.dictionaries(st.sampled_from(["list", "look"]), st.dictionaries(st.sampled_from(["200", "404"]), _SMALL))
_COUNTS = st.dictionaries(st.sampled_from(["exchanges", "looks", "files"]), _SMALL)
_DRIFT = st.lists(st.sampled_from(["a", "b", "c"]), unique=True)


@st.composite
def histories(draw: st.DrawFn) -> History:
    """Runs of up to three batches: each leaves a public part, and others of its classes."""
    batches: list[list[Part]] = []
    count = draw(st.integers(1, 3))
    for number in range(1, count + 1):
        others = draw(st.sets(st.sampled_from(ACCESS[1:])))
        main = {"asks": draw(_ASKS), "counts": draw(_COUNTS), "about": {"id": "ac_1"} if number == 1 else None}
        batches.append(
            [
                part(number, access, stored=draw(_SMALL), drift=draw(_DRIFT), final=number == count, **said)
                for access, said in [("public", main), *((other, {}) for other in sorted(others))]
            ]
        )
    committed = draw(st.integers(0, count - 1))
    own, late = ([one for some in several for one in some] for several in (batches[:committed], batches[committed:]))
    return History(own, late)


@given(histories(), st.data())
def test_parts_that_were_adopted_say_the_same_in_whatever_order_and_however_often(
    history: History, data: st.DataObject
) -> None:
    expected = history.row(history.adopted)
    again = data.draw(st.lists(st.sampled_from([*history.committed, *history.adopted])))
    order = data.draw(st.permutations([*history.adopted, *again]))
    assert history.row(order) == expected
    assert history.row(order, exchanges_first=True) == expected

    parts = [*history.committed, *history.adopted]
    asked = sum(sum(statuses.values()) for one in parts for statuses in one.fields.get("asks", {}).values())
    assert expected["counts"].get("asked", 0) == asked
    assert expected["counts"]["stored"] == sum(one.fields.get("stored", 0) for one in parts)
    assert expected["outcome"] == "interrupted"
    assert expected["about"] == {"id": "ac_1"}
    kept = BEFORE if not history.committed else None
    assert kept is None or (expected["bookmark_before"], expected["bookmark_after"]) == (kept, kept)


def test_to_a_row_of_an_earlier_version_nothing_is_added() -> None:
    row = folded(None, part(1, "public", asks={"list": {"200": 1}}), BEFORE) | {"parts": None}
    assert folded(row, part(2, "public", asks={"list": {"200": 1}}), BEFORE, adopted=True) == {}
    assert folded(row, part(2, "public", asks={"list": {"200": 1}}), BEFORE)["parts"] is None


@pytest.mark.parametrize("public_first", [True, False])
def test_a_run_that_was_adopted_from_its_frames_says_the_same_in_a_rebuilt_index(
    stage: Stage, monkeypatch: pytest.MonkeyPatch, public_first: bool
) -> None:
    """Its segments may lie in another order in the store than its parts had when they were adopted."""
    stage.connector.lists = ("list", "messages") if public_first else ("messages", "list")
    stage.connector.private = frozenset({"messages"})
    stage.answers |= {"/list": page(("1", "one")), "/messages": page(("2", "two"))}
    stage.run(SweepKind.FULL)
    stage.answers["/messages"] = page(("2", "two, edited"), ("3", "three"))
    with monkeypatch.context() as dies:
        dies.setattr(UnderWay, "_finish", _die)
        with pytest.raises(KeyboardInterrupt):
            stage.run(SweepKind.FULL)
    stage.answers["/messages"] = page(("2", "two, edited again"))
    other = Capture(stage.archive)
    other.run(stage.account, SweepKind.FULL, trigger="person")
    other.close()
    stage.capture.recovery.finish_own(stage.account)

    (late,) = [row for row in stage.rows(Run) if row.reason and "adopted" in row.reason]
    assert (late.counts["asked"], late.counts["stored"]) == (2, 1)
    assert late.parts == [[1, "private"], [1, "public"]]
    check_rebuilt(stage)


def _die(*_: object) -> None:
    raise KeyboardInterrupt
