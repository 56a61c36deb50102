"""Signing the log on schedule, in a thread of its own: neither a slow capture nor a slow store delays the other."""

from __future__ import annotations

from archiver import logs
from archiver.archive import Archive
from archiver.errors import ArchiverError
from archiver.evidence import service
from archiver.work.clock import Ticker

_log = logs.get(__name__)


class Evidence:
    """The scheduled signing of one archive's log. Start once, stop once."""

    def __init__(self, archive: Archive) -> None:
        self.archive = archive
        self.signing = Ticker(self._sign, archive.settings.checkpoint_seconds, archive.clock)

    def start(self) -> None:
        self.signing.start()

    def stop(self) -> None:
        """End what is under way; sign what came in meanwhile, so that a stopped service leaves nothing unsigned."""
        self.signing.stop()
        try:
            service.sign(self.archive.signed_log)
        except ArchiverError as error:
            _log.warning("log.not_signed", reason=type(error).__name__)

    def _sign(self) -> None:
        service.beat(self.archive.signed_log)
        service.sign(self.archive.signed_log)
