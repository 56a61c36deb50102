"""Which control read vouches for a look that said that something is not there."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from archiver.capture.asking import Asked
from archiver.capture.listings import Listing
from archiver.capture.looks import Looks
from connectors.contract import Ask, Extent, Problem, ProblemKind, Reading, Stream
from tests import effort

AT = datetime(2026, 11, 30, 12, tzinfo=UTC)
GOES_ON = ("gone", "empty", "late", "leads on")
ENDS = ("itself", *(kind.value for kind in ProblemKind if kind is not ProblemKind.GONE))


def _ask(url: str, **rest: Any) -> Ask:
    return Ask(url, Stream.COMMENTS, "look", **rest)


def _asked(ask: Ask, reading: Reading, at: datetime) -> Asked:
    answer: Any = SimpleNamespace(ordinal=1, wire=SimpleNamespace(received_at=at))
    return Asked(ask, answer=answer, reading=reading)


class _Asker:
    """Answers each control as it is told to."""

    def __init__(self, says: list[str]) -> None:
        self.says = says
        self.asked: list[str] = []

    def ask(self, ask: Ask, *, control_of: int) -> Asked:
        assert ask.control is None
        said = self.says[len(self.asked)]
        self.asked.append(ask.url)
        if said == "leads on":
            return _asked(ask, Reading(asks=(_ask("led to", control=None),)), AT)
        at = AT + timedelta(minutes=2 if said == "late" else 0, seconds=1)
        if said in ("empty", "good", "late", "itself"):
            present = {"empty": (), "itself": ("comment/9_1", "comment/9_2")}.get(said, ("comment/9_2",))
            return _asked(ask, Reading(present=present), at)
        return _asked(ask, Reading(problem=Problem(ProblemKind(said), "No.")), at)


@given(st.lists(st.sampled_from([*GOES_ON, *ENDS, "good"]), max_size=5))
@settings(max_examples=effort.examples(150))
def test_the_first_that_shows_something_else_vouches_unless_anything_but_an_absence_came_before(
    says: list[str],
) -> None:
    control: Ask | None = None
    for number in reversed(range(len(says))):
        control = _ask(f"control {number}", control=control)
    look = _ask("look", context={"look": ["comment/9_1"]}, control=control)
    asked = _asked(look, Reading(problem=Problem(ProblemKind.GONE, "Not there.")), AT)
    asker: Any = _Asker([*says, "gone"])
    looks = object.__new__(Looks)
    looks.asker = asker
    vouching = looks._control(asked)
    expected, last = _expected(says)
    assert asker.asked == expected, "in order, and none in vain"
    looks.seen = SimpleNamespace(is_to_conclude=lambda key: False)  # type: ignore[assignment]
    assert looks._conclude(asked, ["comment/9_1"], vouching) == (last == "good")


def _expected(says: list[str]) -> tuple[list[str], str | None]:
    """What is asked, and what is said last. What one led to has no other after it."""
    asked, last, place = [], None, "control 0" if says else None
    for said in [*says, "gone"]:
        if place is None:
            break
        asked.append(place)
        last = said
        if said == "good" or said in ENDS:
            break
        number = len(asked)
        following = f"control {number}" if place.startswith("control") and number < len(says) else None
        place = "led to" if said == "leads on" else following
    return asked, last


def test_one_control_for_several_looks_says_nothing_of_what_it_shows() -> None:
    control = _ask("control")
    looks = object.__new__(Looks)
    looks.seen = SimpleNamespace(is_to_conclude=lambda key: False)  # type: ignore[assignment]
    shown = _asked(control, Reading(present=("comment/9_2",)), AT)
    for number, told in ((1, True), (2, False)):
        look = _ask("look", context={"look": [f"comment/9_{number}"]}, control=control)
        gone = replace(Problem(ProblemKind.GONE, "Not there."))
        assert looks._conclude(_asked(look, Reading(problem=gone), AT), [f"comment/9_{number}"], shown) is told


@pytest.mark.parametrize("of", [Extent.ACCOUNT, Extent.ANSWERS])
def test_where_no_number_could_say_that_all_went_the_reason_says_so(of: Extent) -> None:
    looks: Any = object.__new__(Looks)
    looks.connector = SimpleNamespace(capabilities=SimpleNamespace(counted=(SimpleNamespace(of=of),)))
    looks._suspect(Listing("posts", Stream.POSTS), 3)
    assert looks.suspicious.startswith("posts came back empty, but 3 records are known to be in it")
    assert ("no number of its own" in looks.suspicious) == (of is not Extent.ACCOUNT)


@pytest.mark.parametrize("order", [(1, 2), (2, 1), (2, 3), (1, 3)])
def test_a_control_that_shows_one_of_the_things_looked_for_vouches_for_none_of_them(order: tuple[int, int]) -> None:
    """It has proven that "not there" is not to be relied on."""
    failed: list[Problem] = []
    looks: Any = object.__new__(Looks)
    looks.seen, looks.asker = SimpleNamespace(is_to_conclude=lambda key: False), _Asker(["good"])
    looks.state = SimpleNamespace(count=lambda *told: None)
    looks.listings = SimpleNamespace(of=lambda ask: SimpleNamespace(fail=failed.append))
    looks._confused = False
    gone = Reading(problem=Problem(ProblemKind.GONE, "Not there."))
    control = _ask("control")
    asks = [_ask("look", context={"look": [f"comment/9_{number}"]}, control=control) for number in order]
    looks.judge([_asked(ask, gone, AT) for ask in asks])
    assert looks.asker.asked == ["control"]
    assert len(failed) == (2 if 2 in order else 0)
