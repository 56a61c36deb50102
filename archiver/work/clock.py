"""The clock: one tick that looks which due times in the database have come.

APScheduler only ticks; it knows nothing of accounts. Its own defaults would drop a tick that is a second late and let
missed ones pile up, so: no misfire limit, coalesced, one at a time, in memory.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from archiver import logs
from archiver.clock import Clock

_log = logs.get(__name__)


class Ticker:
    """Calls ``act`` every ``seconds`` in a thread of its own, at once first, until it is stopped."""

    def __init__(self, act: Callable[[], None], seconds: float, clock: Clock) -> None:
        self._act = act
        self._clock = clock
        self.beat: datetime | None = None
        """When ``act`` last came to its end without an error."""
        self.failing: str | None = None
        """Kind of the error that the last call ended with."""
        self._scheduler = BackgroundScheduler(
            timezone="UTC",
            executors={"default": ThreadPoolExecutor(1)},
            job_defaults={"coalesce": True, "misfire_grace_time": None, "max_instances": 1},
        )
        self._scheduler.add_job(self._tick, "interval", seconds=seconds, next_run_time=datetime.now().astimezone())

    def start(self) -> None:
        self._scheduler.start()

    def stop(self) -> None:
        """No further tick; one that is under way comes to its end. Nothing where it was never started: what starts
        beside it may have failed first."""
        if self._scheduler.running:
            self._scheduler.shutdown(wait=True)

    def _tick(self) -> None:
        try:
            self._act()
        except Exception as error:  # noqa: BLE001 - a tick that fails is shown in the health, and the next one tries again
            self.failing = type(error).__name__
            _log.error("tick.failed", exc_info=error)
        else:
            self.beat = self._clock.now()
            self.failing = None
