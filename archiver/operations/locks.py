"""Lengthening locks before they end: a walk over all objects now and then, which goes on where it was stopped.

Where it stands is in ``locks.json`` in the archive's home. That is working state: a walk whose state is lost begins
anew, and lengthens nothing twice.
"""

from __future__ import annotations

import json
import threading
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

from archiver import clock, logs
from archiver.archive import Archive
from archiver.errors import Refused
from archiver.evidence import log
from archiver.evidence.log import NewEvent
from archiver.storage.lock_rules import LOG, days_for, lengthened, round_every
from archiver.storage.protocol import NoSuchObject, Stored

_log = logs.get(__name__)
_STATE: Final = "locks.json"
_BATCH: Final = 200
"""Objects between two notes of where the walk stands."""


@dataclass(slots=True)
class Round:
    """One walk."""

    begun_at: str
    ended_at: str | None = None
    after: str = ""
    """Key of the last object that was looked at."""
    looked: int = 0
    """Objects that are to be locked."""
    lengthened: int = 0
    shortest: str | None = None
    """When the first of their locks ends, as they are after the walk."""
    refused: str | None = None
    """Why the walk could not go on."""

    def saw(self, until: datetime) -> None:
        text = clock.to_text(until)
        self.shortest = text if self.shortest is None else min(self.shortest, text)


@dataclass(frozen=True, slots=True)
class Terms:
    """For how long objects are locked at a time, days; 0: not."""

    days: int
    log_days: int

    @classmethod
    def of(cls, archive: Archive) -> Terms:
        """Of a practice archive nothing is locked: it may be thrown away at any time."""
        settings = archive.settings
        return cls(0, 0) if archive.practice else cls(settings.s3_lock_days, settings.log_lock_days)

    @property
    def every(self) -> timedelta:
        return round_every(min(days for days in (self.days, self.log_days) if days))

    @property
    def any(self) -> bool:
        return bool(self.days or self.log_days)


def roll(archive: Archive, stop: threading.Event) -> Round | None:
    """Go on with the walk under way, or begin one where it is time. None where there is nothing to do. Enters into the
    log how many locks a walk lengthened.

    Raises:
        StoreUnavailable: the next call goes on.
    """
    terms, now = Terms.of(archive), archive.clock.now()
    if not terms.any:
        return None
    walk = last_round(archive)
    if walk is None or walk.ended_at is not None:
        if walk is not None and now - clock.from_text(walk.begun_at) < terms.every:
            return None
        walk = Round(clock.to_text(now))
    try:
        if _walk(archive, walk, terms, stop):
            _end(archive, walk)
    finally:
        _write(archive, walk)
    return walk


def _walk(archive: Archive, walk: Round, terms: Terms, stop: threading.Event) -> bool:
    """True where it came to its end."""
    for stored in archive.store.list("" if terms.days else LOG, after=walk.after):
        if stop.is_set():
            return False
        days = days_for(stored.key, terms.days, terms.log_days)
        if days:
            try:
                _look(archive, walk, stored, days)
            except NoSuchObject:
                pass  # removed since it was listed
            except Refused as error:  # a store that has no locks refuses the next one too
                walk.refused = str(error)
                return True
            if walk.looked % _BATCH == 0:
                _write(archive, walk)
        walk.after = stored.key
    return True


def _look(archive: Archive, walk: Round, stored: Stored, days: int) -> None:
    said = archive.store.locked_until(stored.key, stored.version_id)
    present = None if said is None else clock.from_text(said)
    until = lengthened(archive.clock.now(), days, present)
    if until is not None:
        archive.store.lock(stored.key, until, stored.version_id)
        walk.lengthened += 1
    walk.looked += 1
    if (ends := until or present) is not None:
        walk.saw(ends)


def _end(archive: Archive, walk: Round) -> None:
    now = archive.clock.now()
    walk.ended_at = clock.to_text(now)
    _log.info("storage.locks", looked=walk.looked, lengthened=walk.lengthened, refused=walk.refused)
    if walk.lengthened:
        facts = {"objects": walk.looked, "lengthened": walk.lengthened}
        with archive.database.write() as connection:
            log.append(connection, [NewEvent("storage.locked", "archive", archive.identity.id, facts)], now)


def last_round(archive: Archive) -> Round | None:
    """The walk under way, or the last one; None where there was none, or what is noted of it cannot be read."""
    try:
        return Round(**json.loads(_place(archive).read_text()))
    except (OSError, ValueError, TypeError):
        return None


def told(archive: Archive) -> tuple[bool, str]:
    """(whether locks are lengthened in time, what is known of them in a few words)."""
    terms = Terms.of(archive)
    if not terms.any:
        return True, "nothing is locked (ARCHIVER_S3_LOCK_DAYS, ARCHIVER_LOG_LOCK_DAYS)"
    walk = last_round(archive)
    if walk is None:
        return True, "not looked at yet: the running service does"
    if walk.refused is not None:
        return archive.store.kind != "s3" or not terms.days, f"cannot be set: {walk.refused}"
    said = f"{walk.lengthened:,} lengthened of {walk.looked:,} looked at"
    if walk.shortest is not None:
        said += f"; the first ends on {walk.shortest[:10]}"
    if walk.ended_at is None:
        return True, f"{said}; under way since {walk.begun_at[:10]}"
    late = archive.clock.now() - clock.from_text(walk.ended_at) > 2 * terms.every
    return not late, f"{said}, on {walk.ended_at[:10]}"


def _place(archive: Archive) -> Path:
    return archive.settings.home / _STATE


def _write(archive: Archive, walk: Round) -> None:
    place = _place(archive)
    fields: dict[str, Any] = asdict(walk)
    new = place.with_suffix(".new")
    new.write_text(json.dumps(fields))
    new.replace(place)
