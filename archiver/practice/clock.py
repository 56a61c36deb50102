"""A clock that runs faster or slower than the world, and can be moved."""

from __future__ import annotations

import time
from datetime import datetime, timedelta


class RunningClock:
    """Starts at ``start`` and runs ``speed`` city seconds per real second."""

    def __init__(self, start: datetime, speed: float = 1.0) -> None:
        if speed < 0:
            raise ValueError("a clock does not run backwards")
        self._start = start
        self._speed = speed
        self._since = time.monotonic()

    def now(self) -> datetime:
        return self._start + timedelta(seconds=(time.monotonic() - self._since) * self._speed)

    def set(self, at: datetime) -> None:
        """Move the clock; it goes on running from there."""
        self._start, self._since = at, time.monotonic()
