"""Trying out the store on schedule, weekly: in a thread of its own, since a trial with locks waits for their end."""

from __future__ import annotations

import threading

from archiver import logs
from archiver.archive import Archive
from archiver.errors import ArchiverError
from archiver.operations import probe_record

_log = logs.get(__name__)
_FIRST_SECONDS = 60.0
_LOOK_SECONDS = 3600.0


class Trials:
    """The scheduled trials of one archive's store. Start once, stop once."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._stopping = threading.Event()

    def start(self) -> None:
        # A daemon thread: a stopping service does not wait for locks. What a trial then leaves, a later one removes.
        threading.Thread(target=self._run, name="storage-trials", daemon=True).start()

    def stop(self) -> None:
        """No further trial."""
        self._stopping.set()

    def _run(self) -> None:
        wait = _FIRST_SECONDS
        while not self._stopping.wait(wait):
            wait = _LOOK_SECONDS
            try:
                self.look()
            except ArchiverError as error:
                _log.warning("storage.not_tried", reason=type(error).__name__)
            except Exception as error:  # noqa: BLE001 - it is logged, and the next look tries again
                _log.error("storage.trial_failed", exc_info=error)

    def look(self) -> bool:
        """Make the trial that is due. True where one was.

        Raises:
            StoreUnavailable: the store does not answer; nothing was found out.
        """
        if not probe_record.is_due(self._archive):
            return False
        report = probe_record.weekly(self._archive)
        failed = report.codes("failed")
        (_log.warning if failed else _log.info)("storage.tried", immutable=report.immutable, failed=failed)
        return True
