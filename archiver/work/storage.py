"""Looking after the store on schedule, in a thread of its own: trying it out weekly, which waits for the end of locks,
and lengthening locks, which takes as long as there are objects."""

from __future__ import annotations

import threading
from collections.abc import Callable

from archiver import logs
from archiver.archive import Archive
from archiver.errors import ArchiverError
from archiver.operations import locks, probe_record

_log = logs.get(__name__)
_FIRST_SECONDS = 60.0
_LOOK_SECONDS = 3600.0


class StoreCare:
    """What is done on schedule about one archive's store. Start once, stop once."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._stopping = threading.Event()

    def start(self) -> None:
        # A daemon thread: a stopping service does not wait for locks. What a trial then leaves, a later one removes.
        threading.Thread(target=self._run, name="store-care", daemon=True).start()

    def stop(self) -> None:
        """Nothing further is begun."""
        self._stopping.set()

    def _run(self) -> None:
        wait = _FIRST_SECONDS
        while not self._stopping.wait(wait):
            wait = _LOOK_SECONDS
            for act in (self.lengthen, self.try_out):
                self._carry_out(act)

    def _carry_out(self, act: Callable[[], object]) -> None:
        try:
            act()
        except ArchiverError as error:
            _log.warning("storage.care_delayed", act=act.__name__, reason=type(error).__name__)
        except Exception as error:  # noqa: BLE001 - it is logged, and the next look tries again
            _log.error("storage.care_failed", act=act.__name__, exc_info=error)

    def lengthen(self) -> None:
        """Lengthen locks, as far as it is time.

        Raises:
            StoreUnavailable: the next call goes on.
        """
        locks.roll(self._archive, self._stopping)

    def try_out(self) -> bool:
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
