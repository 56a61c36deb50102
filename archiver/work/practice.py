"""The practice archive: a city of made-up people, captured like a real one, into a home, store, log and index of its
own. It can be deleted at any time, and never touches a real record."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from archiver import logs
from archiver.accounts import service as accounts
from archiver.archive import Archive
from archiver.errors import Unreachable, WrongStore
from archiver.practice.journal import UnreadableJournal
from archiver.practice.run import RunningPractice, start_practice
from archiver.settings import CITY_PORT, Settings, practice_settings
from archiver.work import practice_register
from archiver.work.service import Work

_log = logs.get(__name__)
AUTHORITY = "practice-city"
_BY = accounts.By(("service", "practice"))


@dataclass(frozen=True, slots=True)
class Practice:
    """A practice city that is running, and the archive that captures it."""

    city: RunningPractice
    archive: Archive
    work: Work

    def stop(self) -> None:
        """End capture first, so that nothing asks a server that is gone."""
        self.work.stop()
        self.city.stop()
        self.archive.close()


def begin(settings: Settings, speed: float = 1.0) -> Practice:
    """Start the city and its archive beside the real archive of ``settings``, and begin to capture.

    Raises:
        Unreachable: the city's port is taken.
        WrongStore: what is in the practice folder is something else.
    """
    home = settings.home / "practice"
    home.mkdir(mode=0o700, parents=True, exist_ok=True)
    city = _start_city(home, speed)
    try:
        archive = Archive.open(practice_settings(settings, city.base_url), kind="practice")
    except BaseException:
        city.stop()
        raise
    work = Work(archive)
    added = [accounts.add(archive, one.url, one.platform, AUTHORITY, by=_BY).account for one in city.accounts]
    practice_register.fill(archive, AUTHORITY, added)
    work.start()
    _log.info("practice.started", city=city.base_url)
    return Practice(city, archive, work)


def _start_city(home: Path, speed: float) -> RunningPractice:
    """The city remembers itself, and keeps its port, because its address is part of its accounts' identity."""
    remembered = home / CITY_PORT
    journal = home / "city.journal"
    try:
        port = int(remembered.read_text()) if remembered.exists() and journal.exists() else 0
    except ValueError:
        port = 0
    try:
        city = start_practice(speed, port=port, journal=journal)
    except UnreadableJournal as error:
        raise WrongStore(f"{error} (delete {home})") from error
    except OSError as error:
        raise Unreachable(
            f"the practice city cannot use port {port} ({error.strerror}): is another one running?"
            f" Stop it, or delete {home} to begin anew"
        ) from error
    remembered.write_text(city.base_url.rsplit(":", 1)[1])
    return city
