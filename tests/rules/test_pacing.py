"""When the next question may be put."""

from __future__ import annotations

import random
import threading
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.capture import pacing
from archiver.capture.pacing import Bucket, Pacer, back_off, give_up, noted, ready_at, retry_after, sent, spacing
from archiver.clock import SetClock
from connectors.contract import Problem, ProblemKind, RateFacts

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
SEEDED = random.Random(7)
RATE = Problem(ProblemKind.RATE, "too many requests")
TRANSIENT = Problem(ProblemKind.TRANSIENT, "the server failed")

times = st.datetimes(datetime(2026, 1, 1), datetime(2026, 12, 31), timezones=st.just(UTC))
facts = st.builds(RateFacts, st.none() | st.integers(0, 1000), st.none() | st.integers(-5, 1000), st.none() | times)
problems = st.none() | st.builds(Problem, st.sampled_from(ProblemKind), st.just("x"), st.none() | times)


@given(st.none() | facts, problems, st.none() | times)
def test_nobody_asks_before_a_time_the_platform_named(
    rate: RateFacts | None, problem: Problem | None, named: datetime | None
) -> None:
    bucket = noted(Bucket(), NOW, rate, problem, named, SEEDED)
    ready = ready_at(bucket, NOW)
    assert ready >= NOW
    sane = NOW + timedelta(days=366)
    if named is not None and named < sane:
        assert ready >= named
    if problem is not None and problem.kind in pacing.RETRIED and problem.retry_at and problem.retry_at < sane:
        assert ready >= problem.retry_at
    if rate is not None and rate.remaining is not None and rate.remaining <= 0 and rate.reset_at is not None:
        assert ready >= min(rate.reset_at, sane)


@given(st.lists(st.tuples(st.none() | facts, problems, st.integers(0, 600)), max_size=20))
def test_any_history_of_answers_leaves_a_bucket_that_opens_again(
    history: list[tuple[RateFacts | None, Problem | None, int]],
) -> None:
    bucket, now = Bucket(), NOW
    for rate, problem, seconds in history:
        bucket = noted(sent(bucket, now), now, rate, problem, None, SEEDED)
        now += timedelta(seconds=seconds)
    assert ready_at(bucket, now) <= now + timedelta(days=367)
    assert ready_at(bucket, NOW + timedelta(days=900)) == NOW + timedelta(days=900) or bucket.remaining == 0


def test_half_an_allowance_may_be_used_at_once_and_the_rest_is_spread_until_it_is_renewed() -> None:
    reset = NOW + timedelta(minutes=5)
    assert spacing(Bucket(limit=300, remaining=200, reset_at=reset), NOW) == timedelta(0)
    assert spacing(Bucket(limit=300, remaining=110, reset_at=reset), NOW) == timedelta(minutes=5) / 100
    assert spacing(Bucket(limit=300, remaining=10, reset_at=reset), NOW) == timedelta(minutes=5)


def test_spreading_never_uses_up_an_allowance_before_it_is_renewed() -> None:
    reset, now = NOW + timedelta(minutes=5), NOW
    bucket = noted(Bucket(), now, RateFacts(300, 300, reset), None, None, SEEDED)
    asked = 0
    while (now := ready_at(bucket, now)) < reset:
        bucket = sent(bucket, now)
        asked += 1
    assert 285 <= asked <= 300


def test_a_refusal_for_the_rate_without_a_time_waits_for_the_reset_or_a_minute() -> None:
    assert ready_at(noted(Bucket(), NOW, None, RATE, None, SEEDED), NOW) == NOW + timedelta(minutes=1)
    reset = NOW + timedelta(minutes=3)
    assert ready_at(noted(Bucket(), NOW, RateFacts(300, 0, reset), RATE, None, SEEDED), NOW) == reset


@given(st.integers(1, 200), st.randoms(use_true_random=False))
def test_back_off_is_bounded_and_jittered_over_its_whole_range(failures: int, randomness: random.Random) -> None:
    assert timedelta(0) <= back_off(failures, randomness) <= pacing.LONGEST_BACK_OFF


def test_back_off_doubles() -> None:
    class Most:
        def uniform(self, a: float, b: float) -> float:
            assert a == 0
            return b

    assert [back_off(n, Most()).total_seconds() for n in (1, 2, 3, 4, 40)] == [1, 2, 4, 8, 120]


def test_a_success_ends_the_row_of_failures() -> None:
    bucket = Bucket()
    for _ in range(3):
        bucket = noted(bucket, NOW, None, TRANSIENT, None, SEEDED)
    assert bucket.failures == 3
    assert noted(bucket, NOW, None, None, None, SEEDED).failures == 0


def test_a_run_gives_up_after_enough_failures_or_when_asked_to_wait_too_long() -> None:
    bucket = Bucket()
    assert give_up(bucket, NOW) is None
    for _ in range(pacing.GIVE_UP_AFTER):
        bucket = noted(bucket, NOW, None, TRANSIENT, None, SEEDED)
    assert give_up(bucket, NOW) == Problem(ProblemKind.TRANSIENT, "8 failures in a row")
    late = noted(Bucket(), NOW, None, RATE, NOW + timedelta(hours=3), SEEDED)
    assert give_up(late, NOW) == Problem(ProblemKind.RATE, "the platform asks to wait 180 minutes")
    assert give_up(late, NOW + timedelta(hours=2, minutes=50)) is None


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("120", NOW + timedelta(minutes=2)),
        (" 0 ", NOW),
        ("Sun, 01 Mar 2026 13:00:00 GMT", NOW + timedelta(hours=1)),
        ("", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("٣", None),
        ("Sun, 99 Mar 2026 13:00:00 GMT", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(value: str, expected: datetime | None) -> None:
    assert retry_after((("X", "1"), ("retry-after", value)), NOW) == expected


@given(st.text(max_size=40))
def test_no_header_breaks_the_pacing(value: str) -> None:
    found = retry_after((("Retry-After", value),), NOW)
    assert found is None or found.tzinfo is not None


def test_an_absurd_time_is_not_obeyed() -> None:
    bucket = noted(Bucket(), NOW, None, RATE, NOW + timedelta(days=4000), SEEDED)
    assert ready_at(bucket, NOW) == NOW + timedelta(minutes=1)


@dataclass
class Answer:
    headers: tuple[tuple[str, str], ...]
    received_at: datetime


class Jumping(threading.Event):
    """Instead of waiting, puts the clock forward."""

    def __init__(self, clock: SetClock) -> None:
        super().__init__()
        self.clock = clock
        self.waited = 0.0

    def wait(self, timeout: float | None = None) -> bool:
        assert timeout is not None
        self.waited += timeout
        self.clock.advance(timedelta(seconds=timeout))
        return self.is_set()


def test_the_pacer_waits_out_a_retry_after_and_then_lets_one_caller_through() -> None:
    clock = SetClock(NOW)
    stop = Jumping(clock)
    pacer = Pacer(clock=clock, randomness=SEEDED)
    pacer.wait("server", stop)
    pacer.note("server", None, RATE, Answer((("Retry-After", "90"),), NOW))
    pacer.wait("server", stop)
    assert clock.now() >= NOW + timedelta(seconds=90)
    pacer.wait("other server", stop)
    assert stop.waited < 91


def test_the_pacer_keeps_its_pause_between_questions() -> None:
    clock = SetClock(NOW)
    stop = Jumping(clock)
    pacer = Pacer(pause=0.5, clock=clock)
    for _ in range(5):
        pacer.wait("server", stop)
    assert stop.waited == pytest.approx(2.0)


@given(
    st.lists(st.tuples(st.sampled_from((None, RATE, TRANSIENT)), st.none() | st.integers(0, 800)), max_size=12),
    st.lists(st.integers(-(10**9), 10**6), min_size=1, max_size=4),
)
def test_a_clock_that_is_set_prolongs_no_wait(
    history: list[tuple[Problem | None, int | None]], jumps: list[int]
) -> None:
    """Nor does it make a run give up: whatever was noted by the time before is no further off by the new one."""
    clock = SetClock(NOW)
    pacer = Pacer(pause=0.5, clock=clock, randomness=random.Random(3))
    for problem, seconds in history:
        headers = () if seconds is None else (("Retry-After", str(seconds)),)
        pacer.note("a", None, problem, Answer(headers, clock.now()))
    given_up = pacer.gives_up("a")
    for jump in jumps:
        left = (ready_at(pacer._buckets.get("a", Bucket()), clock.now()) - clock.now()).total_seconds()
        clock.advance(timedelta(seconds=jump))
        late = Answer((("Retry-After", "1"),), clock.now() + timedelta(seconds=max(-jump, 0)))
        assert given_up is not None or pacer.gives_up("a") is None
        stop = Jumping(clock)
        pacer.wait("a", stop)
        assert stop.waited <= max(left, 0) + pacing.SET_BACK.total_seconds() + 1
        pacer.note("a", None, None, late)


@pytest.mark.parametrize(
    ("rate", "problem", "why"),
    [
        (None, RATE, ProblemKind.RATE),
        (None, TRANSIENT, ProblemKind.TRANSIENT),
        (None, None, ProblemKind.RATE),
        (RateFacts(10, 0, NOW + timedelta(hours=3)), TRANSIENT, ProblemKind.RATE),
    ],
)
def test_why_a_run_does_not_wait_is_what_the_platform_said(
    rate: RateFacts | None, problem: Problem | None, why: ProblemKind
) -> None:
    """Where one question was refused for the rate, so is the next: its gap is no trouble of the network."""
    pacer = Pacer(clock=SetClock(NOW), randomness=SEEDED)
    pacer.note("server", rate, problem, Answer((("Retry-After", "7200"),), NOW))
    given_up = pacer.gives_up("server")
    assert given_up is not None
    assert given_up.kind is why


def test_failures_in_a_row_are_of_the_kind_of_the_last() -> None:
    for problem in (RATE, TRANSIENT):
        bucket = Bucket(failures=7)
        bucket = noted(bucket, NOW, None, problem, None, SEEDED)
        assert give_up(bucket, NOW) == Problem(problem.kind, "8 failures in a row")
    assert noted(bucket, NOW, None, None, None, SEEDED).kind is None


def test_a_server_that_cannot_be_reached_is_given_up_after_failures_in_a_row() -> None:
    clock = SetClock(NOW)
    stop = Jumping(clock)
    pacer = Pacer(clock=clock, randomness=random.Random(1))
    tries = 0
    for _ in range(4):
        for attempt in range(10):
            pacer.wait("server", stop)
            tries += 1
            if not pacer.again("server", Problem(ProblemKind.TRANSIENT, "nobody answers"), attempt, stop):
                break
    assert pacer.gives_up("server") is not None
    assert tries <= 12
    pacer.note("server", None, None, None)
    assert pacer.gives_up("server") is None


def test_a_problem_with_an_answer_is_counted_once() -> None:
    pacer = Pacer(clock=SetClock(NOW), randomness=SEEDED)
    stop = threading.Event()
    for attempt in range(pacing.ATTEMPTS - 1):
        problem = Problem(ProblemKind.TRANSIENT, "the server failed")
        pacer.note("server", None, problem, Answer((), NOW))
        assert pacer.again("server", problem, attempt, stop)
    assert pacer.gives_up("server") is None


def test_what_is_not_a_passing_failure_is_never_tried_again() -> None:
    pacer = Pacer(clock=SetClock(NOW))
    for kind in ProblemKind:
        again = pacer.again("server", Problem(kind, "x"), 0, threading.Event())
        assert again == (kind in (ProblemKind.RATE, ProblemKind.TRANSIENT))


def test_a_stop_ends_the_wait_at_once() -> None:
    pacer = Pacer()
    pacer.note("server", None, RATE, Answer((("Retry-After", "3600"),), datetime.now(UTC)))
    stop = threading.Event()
    stop.set()
    pacer.wait("server", stop)
    assert not pacer.again("server", RATE, 0, stop)
