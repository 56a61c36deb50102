"""A request limit per window, as Mastodon counts and reports it."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timedelta


@dataclass(slots=True)
class RateLimit:
    """At most ``limit`` requests per caller in each window of ``period`` seconds; windows start at round times."""

    limit: int = 300
    period: int = 300
    enforced: bool = True
    """Otherwise every answer reports a window in which this was the first request."""
    _window: int = 0
    _used: dict[str, int] = field(default_factory=dict)

    def take(self, caller: str, now: datetime) -> bool:
        """Count one request; False: too many."""
        window = int(now.timestamp()) // self.period
        if window != self._window:
            self._window, self._used = window, {}
        self._used[caller] = self._used.get(caller, 0) + 1 if self.enforced else 1
        return self._used[caller] <= self.limit

    def headers(self, caller: str, now: datetime) -> tuple[tuple[str, str], ...]:
        """The three headers; the reset is ISO 8601 with microseconds."""
        reset = now + timedelta(seconds=self.period - int(now.timestamp()) % self.period)
        remaining = max(0, self.limit - self._used.get(caller, 0))
        return (
            ("X-RateLimit-Limit", str(self.limit)),
            ("X-RateLimit-Remaining", str(remaining)),
            ("X-RateLimit-Reset", reset.strftime("%Y-%m-%dT%H:%M:%S.%fZ")),
        )
