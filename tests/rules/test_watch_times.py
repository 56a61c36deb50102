"""When a thread is looked at again, simulated over weeks."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.capture.watch_times import (
    GIVEN_UP_AFTER,
    USUAL,
    Rule,
    age_that_allows,
    allowance,
    interval,
    look_again,
    next_look,
)

POSTED = datetime(2026, 3, 2, 9, tzinfo=UTC)
REPLY = 1_800
"""Bytes of one reply in a whole-thread answer; of the order of a Mastodon status."""


@dataclass
class Thread:
    """A thread as the engine would capture it: an answer is stored whole when anything in it is new."""

    replies_at: list[datetime]
    edits_at: list[datetime]
    looks: int = 0
    stored: int = 0
    unique: int = 0
    stored_looks: int = 0
    delays: list[timedelta] = field(default_factory=list)

    def simulate(self, until: datetime) -> None:
        at, changed, answer = POSTED + timedelta(minutes=1), POSTED, 0
        seen = (0, 0)
        while at < until:
            self.looks += 1
            there = (sum(one <= at for one in self.replies_at), sum(one <= at for one in self.edits_at))
            if there != seen or not self.stored:
                answer = REPLY * (1 + there[0])
                self.stored += answer
                self.unique += REPLY * (there[0] - seen[0] + there[1] - seen[1] + (not self.stored_looks))
                self.stored_looks += 1
                changed, seen = at, there
            at = next_look(
                at,
                posted_at=POSTED,
                changed_at=changed,
                stored_bytes=self.stored,
                unique_bytes=self.unique,
                answer_bytes=answer,
            )


def spread(count: int, over: timedelta, seed: int, *, early: bool = False) -> list[datetime]:
    randomness = random.Random(seed)
    return sorted(POSTED + over * (randomness.random() ** (3 if early else 1)) for _ in range(count))


WEEK = timedelta(days=7)


@pytest.mark.parametrize("early", [True, False])
def test_a_thread_of_2000_replies_with_300_changes_in_a_week_is_stored_at_most_ten_times(early: bool) -> None:
    thread = Thread(spread(2000, WEEK, 1, early=early), spread(300, WEEK, 2))
    thread.simulate(POSTED + WEEK)
    assert thread.unique > 1500 * REPLY
    assert thread.stored <= 10 * thread.unique
    assert thread.stored_looks >= 5


def test_a_thread_whose_replies_all_came_within_the_hour_is_stored_at_most_ten_times_in_a_week_of_edits() -> None:
    thread = Thread(spread(2000, timedelta(hours=1), 1), spread(300, WEEK, 2))
    thread.simulate(POSTED + WEEK)
    assert thread.stored <= 10 * thread.unique


def test_a_busy_thread_stays_within_its_allowance_for_half_a_year() -> None:
    half_a_year = timedelta(days=180)
    thread = Thread(spread(2000, timedelta(days=1), 1), spread(3000, half_a_year, 2))
    thread.simulate(POSTED + half_a_year)
    assert thread.stored <= 13 * thread.unique


def test_small_quiet_threads_are_looked_at_much_more_often_than_a_busy_one() -> None:
    busy = Thread(spread(2000, timedelta(hours=1), 1), spread(300, WEEK, 2))
    quiet = Thread(spread(4, timedelta(hours=6), 3), [])
    busy.simulate(POSTED + WEEK)
    quiet.simulate(POSTED + WEEK)
    assert quiet.looks >= 3 * busy.looks
    assert quiet.stored <= 5 * 5 * REPLY


def test_a_small_thread_that_changes_often_is_followed_closely() -> None:
    edits = [POSTED + timedelta(minutes=20 * count) for count in range(1, 37)]
    thread = Thread(spread(4, timedelta(minutes=10), 3), edits)
    thread.simulate(POSTED + timedelta(hours=12))
    assert thread.stored_looks >= 36


@pytest.mark.law("R16")
def test_the_first_looks_come_soon_after_posting() -> None:
    thread = Thread([], [])
    thread.simulate(POSTED + timedelta(hours=1))
    assert thread.looks >= 9


@pytest.mark.law("R16")
def test_the_table_of_the_documentation_is_true() -> None:
    expected = {
        timedelta(minutes=30): timedelta(minutes=5),
        timedelta(hours=1): timedelta(minutes=10),
        timedelta(hours=6): timedelta(hours=1),
        timedelta(days=1): timedelta(hours=4),
        timedelta(days=7): timedelta(hours=28),
        timedelta(days=30): timedelta(days=5),
        timedelta(days=90): timedelta(days=14),
        timedelta(days=190): timedelta(days=365),
    }
    assert {quiet: interval(quiet) for quiet in expected} == expected
    looks = {}
    for quiet in expected:
        thread = Thread([], [])
        thread.simulate(POSTED + quiet)
        looks[quiet] = thread.looks
    assert list(looks.values()) == pytest.approx([6, 11, 23, 32, 44, 54, 60, 68], abs=1)
    hours = {1: 2.0, 6: 3.8, 24: 5.6, 168: 8.4, 720: 10.5, 4380: 13.1}
    for age, times in hours.items():
        assert allowance(timedelta(hours=age)) == pytest.approx(times, abs=0.06)


@pytest.mark.parametrize("year", [1000, 9999])
def test_a_clock_that_is_wrong_by_millennia_gives_a_next_look_all_the_same(year: int) -> None:
    """Strangers write these times, and a commit that fails for one fails for ever."""
    posted = datetime(year, 12, 31, 23, tzinfo=UTC)
    at = next_look(POSTED, posted_at=posted, changed_at=POSTED, stored_bytes=10**9, unique_bytes=1, answer_bytes=1000)
    assert POSTED < at <= POSTED + USUAL.asleep


@given(st.timedeltas(timedelta(0), timedelta(days=400)), st.timedeltas(timedelta(0), timedelta(days=400)))
def test_a_quieter_thread_is_never_looked_at_sooner(one: timedelta, other: timedelta) -> None:
    less, more = sorted((one, other))
    assert interval(less) <= interval(more)


@given(
    st.integers(0, 10**9),
    st.integers(0, 10**9),
    st.integers(0, 10**8),
    st.timedeltas(timedelta(0), timedelta(days=2000)),
    st.timedeltas(timedelta(0), timedelta(days=2000)),
)
def test_the_next_look_is_always_in_the_future_and_always_comes(
    stored: int, unique: int, answer: int, age: timedelta, quiet: timedelta
) -> None:
    now = POSTED + age
    at = next_look(
        now,
        posted_at=POSTED,
        changed_at=now - quiet,
        stored_bytes=stored,
        unique_bytes=unique,
        answer_bytes=answer,
    )
    assert now + USUAL.shortest <= at <= now + USUAL.asleep


@given(st.integers(600_000, 10**8), st.integers(1, 10**7))
def test_at_the_age_that_allows_it_the_allowance_is_not_exceeded(stored: int, unique: int) -> None:
    age = age_that_allows(stored, unique)
    times = (stored - USUAL.free_bytes) / unique
    if times <= 19:
        assert times <= allowance(age) + 1e-6


def test_a_platform_with_a_small_quota_may_have_longer_intervals() -> None:
    slow = Rule(shortest=timedelta(hours=1), part=0.5)
    assert interval(timedelta(minutes=5), slow) == timedelta(hours=1)
    assert interval(timedelta(days=2), slow) == timedelta(days=1)


def test_what_has_gone_is_looked_for_at_growing_intervals_and_at_last_no_more() -> None:
    gone_at = datetime(2026, 1, 1, tzinfo=UTC)
    week = timedelta(days=7)
    looked, at = gone_at, look_again(gone_at, gone_at, week)
    waits = []
    while at is not None:
        waits.append(at - looked)
        looked, at = at, look_again(gone_at, at, week)
    assert waits[:4] == [week, week, 2 * week, 4 * week]
    assert waits == sorted(waits)
    assert max(waits) <= timedelta(days=365)
    assert len(waits) <= 12
    assert looked - gone_at > GIVEN_UP_AFTER
