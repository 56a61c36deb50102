"""State intervals out of observations."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import groupby, pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.records.states import Interval, Observation, cuts, ends, in_public, intervals, observe

START = datetime(2026, 3, 1, tzinfo=UTC)


def at(hour: int) -> datetime:
    return START + timedelta(hours=hour)


def seen(state: str, hour: int) -> Observation:
    return Observation(state, at(hour), (f"ex_{hour}",))


def interval(state: str, start: int, end: int, shown_by: int | None = None) -> Interval:
    return Interval(state, at(start), at(end), (f"ex_{start if shown_by is None else shown_by}",))


@pytest.mark.law("R16")
def test_a_record_that_comes_back_is_visible_again() -> None:
    found = intervals([seen("visible", 1), seen("visible", 3), seen("not_returned", 5), seen("visible", 8)])
    assert found == (interval("visible", 1, 3), interval("not_returned", 5, 5), interval("visible", 8, 8))


def test_a_conclusion_seen_again_lengthens_its_interval_and_keeps_its_first_evidence() -> None:
    assert intervals([seen("not_returned", 1), seen("not_returned", 4)]) == (interval("not_returned", 1, 4),)


def test_a_late_sight_before_all_others_begins_the_interval_earlier() -> None:
    assert observe((interval("visible", 5, 9),), seen("visible", 2)) == (interval("visible", 2, 9),)
    assert observe((interval("visible", 5, 9),), seen("hidden", 2)) == (
        interval("hidden", 2, 2),
        interval("visible", 5, 9),
    )


def test_a_late_sight_between_two_intervals_joins_the_one_it_agrees_with() -> None:
    known = (interval("visible", 1, 2), interval("hidden", 8, 9))
    assert observe(known, seen("visible", 5)) == (interval("visible", 1, 5), interval("hidden", 8, 9))
    assert observe(known, seen("hidden", 5)) == (interval("visible", 1, 2), interval("hidden", 5, 9))


def test_a_late_sight_that_contradicts_an_interval_is_told_apart_from_one_that_only_comes_late() -> None:
    known = (interval("visible", 1, 9), interval("hidden", 12, 12))
    assert cuts(known, seen("hidden", 4))
    assert not cuts(known, seen("visible", 4))
    assert not cuts(known, seen("hidden", 9))
    assert not cuts(known, seen("hidden", 0))
    again = [*ends(known), seen("visible", 3), seen("hidden", 4)]
    assert intervals(again) == (
        interval("visible", 1, 3),
        interval("hidden", 4, 4),
        interval("visible", 9, 9, shown_by=1),
        interval("hidden", 12, 12),
    )


observations = st.lists(
    st.tuples(st.sampled_from(["visible", "hidden", "not_returned"]), st.integers(0, 30)),
    min_size=1,
    max_size=12,
    unique_by=lambda one: one[1],
)


@given(observations)
def test_in_order_of_time_an_interval_is_a_stretch_of_one_state(drawn: list[tuple[str, int]]) -> None:
    ordered = sorted(drawn, key=lambda one: one[1])
    stretches = [list(group) for _, group in groupby(ordered, key=lambda one: one[0])]
    expected = tuple(interval(stretch[0][0], stretch[0][1], stretch[-1][1]) for stretch in stretches)
    assert intervals([seen(*one) for one in drawn]) == expected


@given(observations)
def test_in_any_order_the_intervals_are_the_same(drawn: list[tuple[str, int]]) -> None:
    found: tuple[Interval, ...] = ()
    for count, one in enumerate(drawn, 1):
        arrived = [seen(*each) for each in drawn[:count]]
        found = intervals(arrived) if cuts(found, seen(*one)) else observe(found, seen(*one))
        assert found == intervals(arrived)


@given(observations)
def test_intervals_never_claim_more_than_was_seen(drawn: list[tuple[str, int]]) -> None:
    found = intervals([seen(*one) for one in drawn])
    points = {at(hour): state for state, hour in drawn}
    for one in found:
        assert all(state == one.state for when, state in points.items() if one.from_at <= when <= one.last_at)
    assert all(before.last_at < after.from_at for before, after in pairwise(found))
    assert found[-1].state == points[max(points)]


@given(observations)
def test_seeing_the_same_thing_twice_changes_nothing(drawn: list[tuple[str, int]]) -> None:
    once = intervals([seen(*one) for one in drawn])
    assert intervals([seen(*one) for one in [*drawn, *drawn]]) == once


public_or_not = st.lists(
    st.tuples(st.sampled_from(["visible", "hidden", "not_returned"]), st.integers(0, 30), st.booleans()),
    min_size=1,
    max_size=12,
    unique_by=lambda one: one[1],
)


def told(drawn: Iterable[tuple[str, int, bool]]) -> list[Observation]:
    return [replace(seen(state, hour), public=public) for state, hour, public in drawn]


def spans(found: Iterable[Interval]) -> list[tuple[str, datetime, datetime]]:
    return [(one.state, one.from_at, one.last_at) for one in found]


@pytest.mark.law("R4")
@given(public_or_not, st.randoms(use_true_random=False))
def test_what_everybody_could_see_is_what_it_were_if_nobody_had_seen_more(
    drawn: list[tuple[str, int, bool]], randomness: Random
) -> None:
    """In whatever order it arrives, what cuts an interval in two included."""
    found: tuple[Interval, ...] = ()
    arrived: list[Observation] = []
    for one in randomness.sample(told(drawn), len(drawn)):
        arrived.append(one)
        found = intervals([*arrived, *ends(found)]) if cuts(found, one) else observe(found, one)
    of_all = intervals(one for one in told(drawn) if one.public)
    assert spans(in_public(found)) == spans(of_all)
    assert found == intervals(told(drawn))
    assert spans(found) == spans(intervals(replace(one, public=False) for one in told(drawn)))


def test_what_nobody_else_saw_between_two_sights_leaves_no_gap() -> None:
    found = intervals(told([("visible", 1, True), ("hidden", 2, False), ("visible", 3, False), ("visible", 5, True)]))
    assert spans(in_public(found)) == [("visible", at(1), at(5))]
    assert spans(in_public(intervals(told([("visible", 1, True), ("hidden", 2, True), ("visible", 3, False)])))) == [
        ("visible", at(1), at(1)),
        ("hidden", at(2), at(2)),
    ]
