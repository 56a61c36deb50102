"""Sending what is in the outbox, where the settings say how, in a thread of its own: a server that does not answer
delays nothing else."""

from __future__ import annotations

import threading

from archiver.archive import Archive
from archiver.mail import service
from archiver.mail.transports import transport_of
from archiver.operations.moved_owners import MovedOwners
from archiver.work.clock import Ticker

_EVERY = 5.0
"""Seconds between looks."""


class Mailing:
    """Start once, stop once.

    Raises:
        SettingsError: the file with the password cannot be read.
    """

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._transport = transport_of(archive.settings)
        self._moved = MovedOwners(archive)
        self._stop = threading.Event()
        self.ticker = Ticker(self._look, _EVERY, archive.clock)

    def start(self) -> None:
        """Begin to look, where mail is set up."""
        if self._transport is not None:
            self.ticker.start()

    def stop(self) -> None:
        """No further mail; one that is under way comes to its end."""
        self._stop.set()
        if self._transport is not None:
            self.ticker.stop()

    def _look(self) -> None:
        assert self._transport is not None
        self._moved.settle()
        service.deliver(self._archive, self._transport, self._stop)
