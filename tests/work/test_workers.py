"""Workers and the tick, with real threads."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from archiver.clock import SetClock, SystemClock
from archiver.errors import Busy, Unreachable
from archiver.work.clock import Ticker
from archiver.work.workers import Workers
from connectors.contract import SweepKind

NEW = SweepKind.NEW


class _Capture:
    """Holds every run until it is told to go on, and notes who was running at the same time."""

    def __init__(self, act: Callable[[str, threading.Event], None] | None = None) -> None:
        self.act = act
        self.calls: list[str] = []
        self.together = 0
        self._now: list[str] = []
        self._lock = threading.Lock()

    def run(self, account_id: str, sweep: SweepKind, *, trigger: str, stop: threading.Event) -> object:
        with self._lock:
            assert account_id not in self._now, "one account was captured twice at the same time"
            self._now.append(account_id)
            self.calls.append(account_id)
            self.together = max(self.together, len(self._now))
        try:
            if self.act is not None:
                self.act(account_id, stop)
        finally:
            with self._lock:
                self._now.remove(account_id)
        return None


def _until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 120
    while not condition():
        assert time.monotonic() < deadline, "it never came so far"
        time.sleep(0.005)


def test_no_more_accounts_than_workers_and_never_one_account_twice() -> None:
    gate = threading.Event()
    capture = _Capture(lambda _account, _stop: (gate.wait(120), None)[1])
    workers = Workers(capture, 2, SystemClock())
    due = [("a", NEW), ("a", SweepKind.FULL), ("b", NEW), ("c", NEW)]
    assert workers.take(due) == 2
    assert workers.take(due) == 0
    assert [one.account_id for one in workers.running()] == ["a", "b"]
    gate.set()
    _until(lambda: not workers.running())
    assert capture.together <= 2


def test_the_longest_waiting_accounts_come_first_and_all_get_their_turn() -> None:
    capture = _Capture()
    workers = Workers(capture, 1, SystemClock())
    waiting = [(name, NEW) for name in "abcdef"]
    while waiting:
        del waiting[: workers.take(waiting)]  # one that ends at once makes room for the next within the same call
        _until(lambda: not workers.running())
    assert capture.calls == list("abcdef")


def test_a_stop_lets_runs_end_and_starts_nothing_more() -> None:
    ended = threading.Event()
    capture = _Capture(lambda _account, stop: ended.set() if stop.wait(120) else None)
    workers = Workers(capture, 1, SystemClock())
    workers.take([("a", NEW)])
    assert workers.stop(grace=120)
    assert ended.is_set()
    assert workers.take([("b", NEW)]) == 0


def test_a_run_that_does_not_end_is_not_waited_for_beyond_the_grace() -> None:
    release = threading.Event()
    capture = _Capture(lambda _account, _stop: (release.wait(120), None)[1])
    workers = Workers(capture, 1, SystemClock())
    workers.take([("a", NEW)])
    assert not workers.stop(grace=0.2)
    assert [one.account_id for one in workers.running()] == ["a"]
    release.set()


def test_a_run_that_takes_too_long_is_stuck_and_asked_to_end() -> None:
    clock = SetClock(datetime(2026, 1, 1, tzinfo=UTC))
    capture = _Capture(lambda _account, stop: (stop.wait(120), None)[1])
    workers = Workers(capture, 1, clock)
    workers.take([("a", NEW)])
    limit = timedelta(hours=1)
    assert workers.stuck(limit) == []
    clock.advance(timedelta(hours=2))
    assert [one.account_id for one in workers.stuck(limit)] == ["a"]
    workers.end_stuck(limit)
    _until(lambda: not workers.running())


def test_an_account_that_cannot_be_captured_rests_longer_each_time_and_others_go_on() -> None:
    clock = SetClock(datetime(2026, 1, 1, tzinfo=UTC))

    def act(account: str, _stop: threading.Event) -> None:
        if account == "bad":
            raise Unreachable("no answer")
        if account == "held":
            raise Busy("held by another process")
        if account == "crash":
            raise RuntimeError("a bug")

    capture = _Capture(act)
    workers = Workers(capture, 4, clock)
    due = [("bad", NEW), ("held", NEW), ("crash", NEW), ("good", NEW)]

    def turn() -> list[str]:
        capture.calls.clear()
        workers.take(due)
        _until(lambda: not workers.running())
        return sorted(capture.calls)

    assert turn() == ["bad", "crash", "good", "held"]
    assert turn() == ["good"]
    clock.advance(timedelta(seconds=5))
    assert turn() == ["bad", "crash", "good", "held"]
    clock.advance(timedelta(seconds=5))
    assert turn() == ["good"], "the second rest is longer"
    assert workers.resting() == 3


def test_a_tick_that_fails_is_shown_and_the_next_one_tries_again() -> None:
    calls = []

    def act() -> None:
        calls.append(1)
        if len(calls) == 1:
            raise RuntimeError("the first one fails")

    ticker = Ticker(act, 0.05, SystemClock())
    ticker.start()
    _until(lambda: ticker.failing == "RuntimeError" or len(calls) > 1)
    _until(lambda: ticker.beat is not None and ticker.failing is None)
    ticker.stop()
    count = len(calls)
    time.sleep(0.15)
    assert len(calls) == count, "a stopped clock does not tick"


def test_a_clock_that_was_never_started_can_be_stopped() -> None:
    calls: list[int] = []
    ticker = Ticker(lambda: calls.append(1), 0.02, SystemClock())
    ticker.stop()
    time.sleep(0.1)
    assert calls == []


def test_a_slow_tick_is_not_started_twice() -> None:
    together, most, calls = [0], [0], [0]

    def act() -> None:
        together[0] += 1
        calls[0] += 1
        most[0] = max(most[0], together[0])
        time.sleep(0.1)
        together[0] -= 1

    ticker = Ticker(act, 0.02, SystemClock())
    ticker.start()
    _until(lambda: calls[0] > 3)
    ticker.stop()
    assert most[0] == 1
