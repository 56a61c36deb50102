"""A bounded pool of workers: the longest-waiting account first, one capture per account, a clean stop."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Protocol

from archiver import logs
from archiver.clock import Clock
from archiver.errors import ArchiverError, Busy
from connectors.contract import SweepKind

_log = logs.get(__name__)
_FIRST_PAUSE = timedelta(seconds=5)
_LONGEST_PAUSE = timedelta(minutes=10)


class Capturer(Protocol):
    """What a worker does for an account."""

    def run(self, account_id: str, sweep: SweepKind, *, trigger: str, stop: threading.Event) -> object: ...


@dataclass(frozen=True, slots=True)
class Running:
    """A capture under way in this process."""

    account_id: str
    sweep: SweepKind
    since: datetime
    stop: threading.Event = field(default_factory=threading.Event, compare=False)
    """Asks this capture to end after its current page."""


class Workers:
    """Captures accounts in threads of this process. All methods may be called from any thread."""

    def __init__(self, capture: Capturer, size: int, clock: Clock) -> None:
        self._capture = capture
        self._clock = clock
        self._size = size
        self._lock = threading.Lock()
        self._running: dict[str, Running] = {}
        self._threads: set[threading.Thread] = set()
        self._resting: dict[str, tuple[datetime, int]] = {}
        self._stopping = False

    def take(self, due: Iterable[tuple[str, SweepKind]]) -> int:
        """Start what is due, longest overdue first, as far as workers are free; how many were started. An account that
        is being captured, or failed a moment ago, waits for a later call."""
        started = 0
        for account_id, sweep in due:
            with self._lock:
                if len(self._running) >= self._size or self._stopping:
                    break
                if account_id in self._running or self._rests(account_id):
                    continue
                self._start(account_id, sweep)
                started += 1
        return started

    def running(self) -> list[Running]:
        """What is under way, longest first."""
        with self._lock:
            return sorted(self._running.values(), key=lambda one: one.since)

    def stuck(self, limit: timedelta) -> list[Running]:
        """Captures that have been under way for longer than ``limit``."""
        now = self._clock.now()
        return [one for one in self.running() if now - one.since > limit]

    def resting(self) -> int:
        """How many accounts wait because their last capture could not even be tried."""
        with self._lock:
            return sum(self._rests(account_id) for account_id in self._resting)

    def end_stuck(self, limit: timedelta) -> None:
        """Ask captures that take too long to end; what they have is kept, the rest is a gap."""
        for one in self.stuck(limit):
            if not one.stop.is_set():
                _log.warning(
                    "capture.stuck", account=one.account_id, sweep=one.sweep.value, since=one.since.isoformat()
                )
                one.stop.set()

    def stop(self, grace: float) -> bool:
        """Ask every capture to end after its current page and wait ``grace`` seconds. True if all did."""
        with self._lock:
            self._stopping = True
            threads = list(self._threads)
            for one in self._running.values():
                one.stop.set()
        deadline = time.monotonic() + grace
        for thread in threads:
            thread.join(max(0.0, deadline - time.monotonic()))
        return not any(thread.is_alive() for thread in threads)

    def _start(self, account_id: str, sweep: SweepKind) -> None:
        running = Running(account_id, sweep, self._clock.now())
        # A daemon thread: one that hangs in a system call must not keep a stopping process alive; its spool is safe.
        thread = threading.Thread(target=self._work, args=(running,), name=f"capture-{account_id}", daemon=True)
        self._running[account_id] = running
        self._threads.add(thread)
        thread.start()

    def _work(self, running: Running) -> None:
        failed = self._capture_one(running)
        with self._lock:
            del self._running[running.account_id]
            self._threads.discard(threading.current_thread())
            self._rest(running.account_id, failed)

    def _capture_one(self, running: Running) -> bool:
        """True if the capture could not be made, and should not be tried again at once."""
        try:
            self._capture.run(running.account_id, running.sweep, trigger="schedule", stop=running.stop)
        except Busy:
            return True  # another process is at it, which is no failure
        except ArchiverError as error:
            _log.error("capture.failed", account=running.account_id, sweep=running.sweep.value, exc_info=error)
            return True
        except Exception as error:  # noqa: BLE001 - one account's failure must not end the service; it is logged
            _log.error("capture.crashed", account=running.account_id, sweep=running.sweep.value, exc_info=error)
            return True
        return False

    def _rest(self, account_id: str, pause: bool) -> None:
        if not pause:
            self._resting.pop(account_id, None)
            return
        _, before = self._resting.get(account_id, (None, 0))
        length = min(_FIRST_PAUSE * 2 ** min(before, 12), _LONGEST_PAUSE)
        self._resting[account_id] = (self._clock.now() + length, before + 1)

    def _rests(self, account_id: str) -> bool:
        until = self._resting.get(account_id)
        return until is not None and self._clock.now() < until[0]
