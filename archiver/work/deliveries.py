"""What came from platforms, archived: a thread that looks what waits on the disk, and one for each account it works on.
One account that cannot be archived keeps no other waiting."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field
from typing import Final

from archiver import logs
from archiver.capture.delivering import Deliverer
from archiver.capture.listening import failures
from archiver.capture.service import Capture
from archiver.errors import Busy

_log = logs.get(__name__)
_LOOK: Final = 1.0
"""Seconds between two looks."""
_REST: Final = 10.0
"""Seconds between two runs of one account: what comes meanwhile is archived together."""
_LONGEST: Final = 300.0
_FORGET_EVERY: Final = 3600.0


@dataclass(slots=True)
class Deliveries:
    """Start once, stop once."""

    capture: Capture
    deliverer: Deliverer = field(init=False)
    _stop: threading.Event = field(default_factory=threading.Event)
    _own: threading.Thread | None = None
    _working: dict[str, threading.Thread] = field(default_factory=dict)
    _rests_until: dict[str, float] = field(default_factory=dict)
    _pause: dict[str, float] = field(default_factory=dict)
    _forgot_at: float = -_FORGET_EVERY

    def __post_init__(self) -> None:
        self.deliverer = Deliverer(self.capture)

    def start(self) -> None:
        """Archive what waits, and what comes."""
        self._own = threading.Thread(target=self._keep_up, name="deliveries", daemon=True)
        self._own.start()

    def stop(self, seconds: float) -> None:
        """End within so many seconds. What is not archived waits for the next start."""
        self._stop.set()
        for thread in (self._own, *self._working.values()):
            if thread is not None:
                thread.join(seconds)

    def _keep_up(self) -> None:
        while not self._stop.is_set():
            try:
                self._begin()
                self._forget()
            except failures() as error:
                _log.warning("deliveries.not_looked", exc_info=error)
            self._stop.wait(_LOOK)

    def _begin(self) -> None:
        self._working = {account: one for account, one in self._working.items() if one.is_alive()}
        for account in self.deliverer.waiting():
            if len(self._working) >= self.capture.archive.settings.workers:
                break
            if account in self._working or time.monotonic() < self._rests_until.get(account, 0):
                continue
            thread = threading.Thread(target=self._deliver, args=(account,), name=f"delivery-{account}", daemon=True)
            self._working[account] = thread
            thread.start()

    def _deliver(self, account: str) -> None:
        try:
            self.deliverer.deliver(account, self._stop)
            self._pause.pop(account, None)
            pause = _REST
        except Busy:
            pause = _LOOK
        except Exception as error:  # noqa: BLE001 - one account's failure must not stop the others; it is logged
            _log.error("delivery.not_archived", account=account, exc_info=error)
            pause = self._pause[account] = min(self._pause.get(account, _LOOK) * 2, _LONGEST)
        self._rests_until[account] = time.monotonic() + pause

    def _forget(self) -> None:
        if time.monotonic() - self._forgot_at >= _FORGET_EVERY:
            self._forgot_at = time.monotonic()
            self.deliverer.arrivals.forget(self.capture.archive.clock.now().date())
