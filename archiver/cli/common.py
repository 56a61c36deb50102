"""What several commands share: options, opening the archive, the city's time."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from types import FrameType
from typing import Annotated

import typer

from archiver.archive import Archive, Kind
from archiver.cli.hints import in_practice
from archiver.cli.noted import note
from archiver.errors import ArchiverError
from archiver.settings import load_settings, practice_settings
from archiver.visible import local_time

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON value for programs.")]
InPractice = Annotated[bool, typer.Option("--practice", help="Use the practice archive instead of the real one.")]


@contextmanager
def opened(*, create: bool = False, practice: bool = False, empty_index: bool = False) -> Iterator[Archive]:
    """The archive that the settings name, closed afterwards. That the command ran is noted in the access log.

    Raises:
        ArchiverError: as :meth:`archiver.archive.Archive.open`, and for settings.
    """
    settings = load_settings()
    if practice:
        settings = practice_settings(settings)
    kind: Kind = "practice" if practice else "real"
    with Archive.open(settings, create=create, kind=kind, empty_index=empty_index) as archive:
        try:
            yield archive
        except ArchiverError as error:
            note(archive, 400)
            if practice and error.args:
                error.args = (in_practice(str(error.args[0])), *error.args[1:])
            raise
        note(archive, 200)


@contextmanager
def stop_on_signal() -> Iterator[threading.Event]:
    """An event that Ctrl-C or SIGTERM sets, so that work ends cleanly; a second Ctrl-C interrupts at once."""
    stop = threading.Event()

    def ask(number: int, _frame: FrameType | None) -> None:
        if stop.is_set() and number == signal.SIGINT:
            raise KeyboardInterrupt
        stop.set()

    before = {number: signal.signal(number, ask) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def shown(at: datetime | None, archive: Archive) -> str:
    """A time in the city's zone."""
    return "-" if at is None else local_time(at, archive.settings.zone)
