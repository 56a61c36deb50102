"""Listeners of a running service: one thread for every account whose platform pushes."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

from archiver import logs
from archiver.accounts import service as accounts
from archiver.capture.listening import Listener, failures
from archiver.capture.service import Capture
from archiver.capture.streaming import StreamListener, station

_log = logs.get(__name__)
_LOOK_SECONDS = 30.0
"""How often new accounts, and those that are captured again, are looked for."""
_SHORTEST, _LONGEST = 1.0, 300.0
_STEADY: float = 60.0
"""Seconds after which a connection was a good one, however it ends."""
_NOT_LISTENED = ("paused", "closed")


@dataclass(slots=True)
class Listeners:
    """Start once, stop once."""

    capture: Capture
    _stop: threading.Event = field(default_factory=threading.Event)
    _threads: dict[str, threading.Thread] = field(default_factory=dict)
    _stops: dict[str, threading.Event] = field(default_factory=dict)
    _own: threading.Thread | None = None

    def start(self) -> None:
        """Listen for all accounts, and for those that are added."""
        self._own = threading.Thread(target=self._keep_up, name="listening", daemon=True)
        self._own.start()

    def stop(self, seconds: float) -> None:
        """End within so many seconds; what was heard and not archived is heard again."""
        self._stop.set()
        if self._own is not None:
            self._own.join(seconds)
        for stop in self._stops.values():
            stop.set()
        for thread in self._threads.values():
            thread.join(seconds)

    def _keep_up(self) -> None:
        while not self._stop.is_set():
            try:
                self._begin()
            except failures() as error:
                _log.warning("listening.no_accounts", exc_info=error)
            self._stop.wait(_LOOK_SECONDS)

    def _begin(self) -> None:
        with self.capture.archive.database.read() as connection:
            wanted = [one.id for one in accounts.list_accounts(connection) if one.state not in _NOT_LISTENED]
        for account in self._stops.keys() - set(wanted):
            self._stops[account].set()
        for account in wanted:
            known = self._threads.get(account)
            if (known is None or not known.is_alive()) and self._is_pushed(account):
                stop = self._stops[account] = threading.Event()
                self._threads[account] = threading.Thread(target=self._listen, args=(account, stop), daemon=True)
                self._threads[account].start()

    def _is_pushed(self, account: str) -> bool:
        return self.capture.listening(account) is not None or station(self.capture, account) is not None

    def _listener(self, account: str, stop: threading.Event) -> Listener | StreamListener:
        if self.capture.listening(account) is not None:
            return Listener(self.capture, account, stop)
        return StreamListener(self.capture, account, stop)

    def _listen(self, account: str, stop: threading.Event) -> None:
        """Until it is stopped, or there is nothing to listen to any more. After trouble again, later and later; what
        ends as soon as it began is trouble, and what was heard for long and then broke is none."""
        pause = _SHORTEST
        while not stop.is_set():
            began = time.monotonic()
            try:
                if not self._listener(account, stop).listen():
                    return
            except failures() as error:
                _log.warning("listening.ended", account=account, exc_info=error)
            pause = _SHORTEST if time.monotonic() - began >= _STEADY else min(pause * 2, _LONGEST)
            stop.wait(pause)
