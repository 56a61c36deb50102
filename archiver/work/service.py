"""Capturing on schedule in this process: recover what a dead process left, tick and work, stop cleanly."""

from __future__ import annotations

import threading
from datetime import timedelta

from archiver import logs
from archiver.archive import Archive
from archiver.capture.service import Capture
from archiver.capture.subscribing import Subscriber
from archiver.operations import deposits_due, page_roles, snapshots
from archiver.release import handing_out
from archiver.work import memory
from archiver.work.clock import Ticker
from archiver.work.deliveries import Deliveries
from archiver.work.evidence import Evidence
from archiver.work.listening import Listeners
from archiver.work.mailing import Mailing
from archiver.work.sign_ins import SignIns
from archiver.work.storage import StoreCare
from archiver.work.workers import Running, Workers

_log = logs.get(__name__)
_FLUSH_EVERY = timedelta(seconds=30)
_LOOK_EVERY = 600.0
"""Seconds between looks whether the index is to be copied into the store, and whether somebody is to be reminded."""
_SUBSCRIBE_EVERY = 60.0
"""Seconds between looks whether platforms are to be asked to send."""
_RECOVER_EVERY = timedelta(minutes=5)
"""Another process on this machine may die while this one lives: what it left, its lease included, is taken over."""


class Work:
    """The scheduled capture of one archive. Start once, stop once."""

    def __init__(self, archive: Archive, capture: Capture | None = None) -> None:
        self.archive = archive
        self.capture = capture or Capture(archive)
        self.workers = Workers(self.capture, archive.settings.workers, archive.clock)
        self.ticker = Ticker(self._tick, archive.settings.tick_seconds, archive.clock)
        self.evidence = Evidence(archive)
        self.store_care = StoreCare(archive)
        self.snapshots = Ticker(self._snapshot, _LOOK_EVERY, archive.clock)
        self.reminders = Ticker(self._remind, _LOOK_EVERY, archive.clock)
        self.hand_outs = Ticker(lambda: handing_out.sweep(archive), _LOOK_EVERY, archive.clock)
        self.sign_ins = SignIns(self.capture.renewals)
        self.mailing = Mailing(archive)
        self.listeners = Listeners(self.capture) if archive.settings.listen else None
        self.deliveries = Deliveries(self.capture)
        self.subscriptions = Ticker(Subscriber(archive, self.capture.fetcher).keep_up, _SUBSCRIBE_EVERY, archive.clock)
        self.started_at = archive.clock.now()
        self._flushed_at = self.started_at
        self._recovered_at = self.started_at
        self._stopping = threading.Lock()

    def start(self) -> None:
        """Take over what a process that died left in its spool, before anything new is fetched; then begin to tick."""
        report = self.capture.recover()
        _log.info("work.recovered", report=repr(report))
        memory.settle()
        self.ticker.start()
        self.evidence.start()
        self.store_care.start()
        self.snapshots.start()
        self.reminders.start()
        self.hand_outs.start()
        self.sign_ins.start()
        self.mailing.start()
        self.deliveries.start()
        self.subscriptions.start()
        if self.listeners is not None:
            self.listeners.start()

    def stop(self) -> bool:
        """End within the configured seconds: no new runs, current pages finish, pending segments are closed. True if
        every run came to its end; one that did not is safe in the spool and is taken up by the next start."""
        with self._stopping:
            self.store_care.stop()
            self.ticker.stop()
            self.snapshots.stop()
            self.reminders.stop()
            self.hand_outs.stop()
            self.sign_ins.stop()
            self.mailing.stop()
            self.subscriptions.stop()
            self.deliveries.stop(self.archive.settings.stop_seconds)
            if self.listeners is not None:
                self.listeners.stop(self.archive.settings.stop_seconds)
            clean = self.workers.stop(self.archive.settings.stop_seconds)
            if clean:
                self.capture.flush(all=True)
                self.capture.close()
            self.evidence.stop()
        _log.info("work.stopped", clean=clean)
        return clean

    def stuck(self) -> list[Running]:
        """Runs that take longer than they may."""
        return self.workers.stuck(self._run_limit)

    @property
    def _run_limit(self) -> timedelta:
        return timedelta(seconds=self.archive.settings.run_seconds)

    def _snapshot(self) -> None:
        if snapshots.is_due(self.archive):
            snapshots.make(self.archive)

    def _remind(self) -> None:
        deposits_due.remind(self.archive)
        page_roles.warn(self.archive)

    def _tick(self) -> None:
        now = self.archive.clock.now()
        self.workers.end_stuck(self._run_limit)
        self.workers.take(self.capture.due(now))
        self.capture.take_over()
        if now - self._flushed_at >= _FLUSH_EVERY:
            self.capture.flush(all=False)
            self._flushed_at = now
        if now - self._recovered_at >= _RECOVER_EVERY:
            self._recovered_at = now
            self.capture.recover()
