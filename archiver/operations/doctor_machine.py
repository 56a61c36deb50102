"""What the machine and the settings are like, looked at before anything is opened."""

from __future__ import annotations

import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta

from archiver import __version__
from archiver.errors import SettingsError
from archiver.operations import database_check, seal
from archiver.operations.finding import Finding
from archiver.pictures import browser
from archiver.settings import Settings

#: Built after this day; a clock that shows an earlier time is wrong.
_BUILT = datetime(2026, 11, 1, tzinfo=UTC)


def machine(settings: Settings) -> list[Finding]:
    """All of it."""
    findings = [_home(settings), _disk(settings), _clock(), _software(settings), *_pictures(settings)]
    return findings + _seal(settings)


def _home(settings: Settings) -> Finding:
    home = settings.home
    if not home.exists():
        return Finding("home", True, f"{home} is not there yet")
    mode = home.stat().st_mode & 0o777
    if not os.access(home, os.W_OK | os.X_OK):
        return Finding("home", False, f"{home} cannot be written", f"Run as its owner, or chown it: {home}.")
    if mode & 0o077:
        return Finding("home", False, f"{home} is open to other users (mode {mode:o})", f"Run chmod 700 {home}.")
    return Finding("home", True, str(home))


def _disk(settings: Settings) -> Finding:
    place = next(path for path in (settings.home, *settings.home.parents) if path.exists())
    usage = shutil.disk_usage(place)
    free = 100 * usage.free / usage.total
    said = f"{free:.0f} % free ({usage.free / 2**30:,.1f} GiB)"
    if free < settings.disk_reserve_percent:
        remedy = f"Capturing waits below {settings.disk_reserve_percent:.0f} %: make room, or move the archive."
        return Finding("disk", False, said, remedy)
    return Finding("disk", True, said)


def _clock() -> Finding:
    now = datetime.now(UTC)
    if not _BUILT <= now <= _BUILT + timedelta(days=365 * 30):
        return Finding("clock", False, f"the machine says it is {now:%Y-%m-%d}", "Set the clock; use NTP.")
    return Finding("clock", True, f"{now:%Y-%m-%d %H:%M:%S} UTC")


def _software(settings: Settings) -> Finding:
    said = f"SQLite {sqlite3.sqlite_version}, archiver {__version__}"
    if settings.database_url.startswith("sqlite") and not database_check.has_fts5():
        return Finding("software", False, f"{said}: without FTS5", "Use a Python whose SQLite has FTS5.")
    return Finding("software", True, said)


def _seal(settings: Settings) -> list[Finding]:
    """The city's seal, where one is set: a service does not start with one that cannot be used."""
    try:
        found = seal.read(settings.seal_file)
    except SettingsError as error:
        return [Finding("seal", False, str(error), "Name a PNG or SVG that only draws, or unset ARCHIVER_SEAL_FILE.")]
    return [] if found is None else [Finding("seal", True, f"{settings.seal_file} ({found.kind})")]


def _pictures(settings: Settings) -> Iterator[Finding]:
    """What draws pictures, where that is switched on: it is started, and shut off from the network, once."""
    if not settings.pictures:
        return
    try:
        program = browser.find(settings.pictures_browser)
        with closing(browser.Browser.start(program)) as started:
            yield Finding("pictures", True, f"{program}, {started.version}, shut off from the network")
    except browser.NoBrowser as error:
        remedy = "Until then no pictures are drawn; everything is captured all the same, and they are drawn later."
        yield Finding("pictures", False, str(error), remedy)
