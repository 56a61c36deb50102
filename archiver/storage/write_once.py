"""Whether a store may be captured into: tried when a process first wants to, and daily after that."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

from archiver.clock import Clock
from archiver.storage.protocol import ObjectStore, Overwrites, StoreUnavailable

_EVERY = timedelta(days=1)
_SOON = timedelta(minutes=5)


class WriteOnce:
    """One process's knowledge of one store. Safe for threads."""

    def __init__(self, store: ObjectStore, clock: Clock) -> None:
        self._store = store
        self._clock = clock
        self._lock = threading.Lock()
        self._again: datetime | None = None
        self.broken = False
        """Whether it was last seen to overwrite."""

    def require(self) -> None:
        """Let nothing begin on a store that overwrites. One that does not answer shows nothing: what is captured
        waits in the spool until it does.

        Raises:
            Overwrites: it does.
        """
        with self._lock:
            now = self._clock.now()
            if self._again is not None and now < self._again and not self.broken:
                return
            try:
                self.broken = self._store.overwrites()
                self._again = now + _EVERY
            except StoreUnavailable:
                self._again = now + _SOON
            if self.broken:
                raise Overwrites(
                    f"nothing is captured: {self._store.name} lets stored objects be overwritten, so nothing in it"
                    " would be evidence; use another store (`archiver storage probe` shows what it does)"
                )
