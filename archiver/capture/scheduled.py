"""What the clock asks for: sweeps that are due, but for those that wait so that what platforms allow lasts."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from archiver import logs
from archiver.capture import due
from archiver.capture.rationing import Rations, plans, rations
from connectors.contract import SweepKind

if TYPE_CHECKING:
    from archiver.archive import Archive

_log = logs.get(__name__)
SCHEDULE = "schedule"
"""Trigger of runs that the clock asked for."""
_RATION_EVERY = timedelta(minutes=1)


class Scheduled:
    """Of one archive, for one process."""

    def __init__(self, archive: Archive) -> None:
        self.archive = archive
        self._rations = Rations()
        self._rationed_at: datetime | None = None

    def due(self, now: datetime) -> list[tuple[str, SweepKind]]:
        """Sweeps that are due, longest overdue first, at most one per account; without those that wait so that what
        their platform allows lasts."""
        settings = self.archive.settings
        chosen = self._ration(now)
        with self.archive.database.read() as connection:
            return due.due(
                connection,
                now,
                lambda account, kind, at: chosen.waits(account, kind, at, now, due.interval(kind, settings)),
            )

    def _ration(self, now: datetime) -> Rations:
        """What is chosen; anew once a minute. Where that fails everything is as usual: the platform itself says when it
        is too much."""
        if self._rationed_at is None or not timedelta(0) <= now - self._rationed_at < _RATION_EVERY:
            connectors = self.archive.platforms.connectors
            try:
                with self.archive.database.read() as connection:
                    self._rations = rations(plans(connection, connectors, self.archive.settings, now))
            except Exception as error:  # noqa: BLE001 - no sweep waits for ever because a choice cannot be made
                _log.error("quota.not_chosen", exc_info=error)
                self._rations = Rations()
            self._rationed_at = now
        return self._rations

    def questions(self, account_id: str, sweep: SweepKind, trigger: str) -> int:
        """Most questions of a run. Whoever is there and asks for it gets as many as usual."""
        usual = self.archive.settings.run_requests
        return self._rations.questions(account_id, sweep, usual) if trigger == SCHEDULE else usual
