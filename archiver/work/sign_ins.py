"""Keeping accounts connected: renewing tokens whose accounts nobody captures just now, and warning of ends."""

from __future__ import annotations

from archiver import logs
from archiver.accounts.renewing import Renewals, renew_all_due
from archiver.operations.connections import warn_of_ends
from archiver.work.clock import Ticker

_log = logs.get(__name__)
_EVERY = 600.0


class SignIns:
    """Start once, stop once."""

    def __init__(self, renewals: Renewals) -> None:
        self._renewals = renewals
        self.ticker = Ticker(self._look, _EVERY, renewals.archive.clock)

    def start(self) -> None:
        self.ticker.start()

    def stop(self) -> None:
        """End what is under way."""
        self.ticker.stop()

    def _look(self) -> None:
        renewed, warned = renew_all_due(self._renewals), warn_of_ends(self._renewals.archive)
        if renewed or warned:
            _log.info("sign_ins.looked_at", renewed=renewed, warned=warned)
