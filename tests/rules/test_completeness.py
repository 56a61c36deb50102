"""The platform's number against the archive's, taken apart."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.operations.completeness_queries import GONE, HIDDEN, group
from archiver.records.completeness import SIDES, Explained, Facts, Verdict, Why, explain, sentences, together
from connectors.contract import Counted, Extent, RecordKind, State

START = datetime(2026, 3, 1, 10, tzinfo=UTC)
EXACT = Counted(on=frozenset({RecordKind.POST}), of=Extent.THREAD, says="All of them.")
WITHHOLDS = replace(EXACT, withheld="by people who blocked the account")
SEVERAL = st.integers(0, 50)
TIMES = st.none() | st.integers(-5, 5).map(lambda minutes: START + timedelta(minutes=minutes))
DECLARED = st.sampled_from([EXACT, WITHHOLDS])
FACTS = st.builds(
    Facts,
    number=SEVERAL,
    number_at=st.just(START),
    read_at=TIMES,
    read_whole=st.booleans(),
    standing=SEVERAL,
    since=SEVERAL,
    not_returned=SEVERAL,
    hidden=SEVERAL,
    held=SEVERAL,
    spam=SEVERAL,
    private=SEVERAL,
)


def facts(number: int, standing: int, **others: object) -> Facts:
    given = {"number_at": START, "read_at": START, "read_whole": True, "since": 0} | others
    return Facts(number=number, standing=standing, **given)  # type: ignore[arg-type]


def balance(one: Explained) -> int:
    """What the parts and the remainder come to."""
    sides = {"platform": 1, "archive": -1}
    return sum(sides[SIDES[why]] * count for why, count in one.parts.items()) + one.missing - one.surplus


@pytest.mark.law("R63")
@given(FACTS, DECLARED)
def test_the_parts_and_what_is_not_explained_are_the_difference_and_nothing_is_negative(
    known: Facts, counted: Counted
) -> None:
    found = explain(known, counted)
    assert balance(found) == found.platform - found.archived == known.number - known.archived
    assert all(count > 0 for count in found.parts.values())
    assert found.missing >= 0
    assert found.surplus >= 0
    assert not (found.missing and found.surplus)
    assert len(sentences(found, counted)) == len(found.parts) + bool(found.missing) + bool(found.surplus)


@given(st.lists(st.tuples(FACTS, DECLARED), max_size=5))
def test_several_are_the_sum_of_each(several: list[tuple[Facts, Counted]]) -> None:
    found = together(explain(*one) for one in several)
    assert balance(found) == found.platform - found.archived
    assert found.platform == sum(known.number for known, _ in several)
    assert found.unexplained == sum(explain(*one).unexplained for one in several)


@given(FACTS, DECLARED)
def test_what_is_missing_is_never_explained_by_a_thread_that_was_not_read_since(known: Facts, counted: Counted) -> None:
    found = explain(replace(known, read_at=START - timedelta(minutes=1)), counted)
    assert not {Why.WITHHELD, Why.BEYOND} & found.parts.keys()
    assert found.missing == max(known.number - known.standing - known.since, 0)


@given(FACTS)
def test_nothing_is_withheld_by_a_platform_that_returns_all_it_counts(known: Facts) -> None:
    assert Why.WITHHELD not in explain(known, EXACT).parts


def test_the_same_is_complete_and_needs_no_words() -> None:
    found = explain(facts(3, 3), WITHHOLDS)
    assert (found.verdict, found.state, sentences(found, WITHHOLDS)) == (Verdict.EQUAL, "complete", [])


def test_every_difference_is_told_in_a_sentence_of_its_own() -> None:
    found = explain(facts(5, 3, not_returned=3, hidden=1), WITHHOLDS)
    assert (found.verdict, found.state) == (Verdict.MORE, "explained")
    assert sentences(found, WITHHOLDS) == [
        "3 the archive saw that the platform no longer returns",
        "1 hidden, which the platform does not count",
        "2 counted by the platform that it does not return to us, perhaps among those it no longer returns, or by"
        " people who blocked the account",
    ]


def test_a_list_that_does_not_reach_so_far_is_said_to() -> None:
    found = explain(facts(5, 3, read_whole=False), EXACT)
    assert (found.verdict, found.parts) == (Verdict.FEWER, {Why.BEYOND: 2})


def test_what_was_written_after_the_number_was_told_explains_as_many_as_it_is() -> None:
    found = explain(facts(5, 5, since=2), EXACT)
    assert (found.parts, found.surplus) == ({Why.SINCE: 2}, 0)
    late = explain(facts(5, 7, since=1), EXACT)
    assert (late.parts, late.surplus) == ({Why.SINCE: 1}, 2)
    assert sentences(late, EXACT)[-1] == "2 in the archive that the platform does not count: not explained"


def test_the_remainder_says_whether_the_thread_was_read() -> None:
    (read,) = sentences(explain(facts(5, 3), EXACT), EXACT)
    assert "although the list was read to its end: not explained" in read
    (unread,) = sentences(explain(facts(5, 3, read_at=None), EXACT), EXACT)
    assert "the thread was not read to its end since the number was told: not explained" in unread


@pytest.mark.parametrize("state", State)
def test_every_state_is_counted_as_one_thing(state: State) -> None:
    named = group(EXACT, state, "public", "public", later=False)
    assert (named == "standing") == (state is State.VISIBLE)
    counting = replace(EXACT, states=frozenset(State))
    assert group(counting, state, "public", "public", later=True) == "since"
    assert group(counting, state, "private", "public", later=True) == "private"
    assert not GONE & HIDDEN
