"""An archive with a clock of its own and a log to sign."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from archiver.archive import Archive
from archiver.clock import SetClock
from archiver.evidence import log, service
from archiver.evidence.log import NewEvent
from archiver.evidence.models import Event
from archiver.evidence.signed_log import SignedLog
from archiver.evidence.signer import Signed
from archiver.settings import Settings
from tests.evidence.samples import AT, exchanges


@dataclass
class House:
    """One archive in ``home``."""

    home: Path
    settings: dict[str, Any] = field(default_factory=dict)
    clock: SetClock = field(default_factory=lambda: SetClock(AT))
    archive: Archive = field(init=False)
    made: int = 0

    def __post_init__(self) -> None:
        self.open()

    def open(self, **given: Any) -> None:
        places = {"home": self.home, "disk_reserve_percent": 0.0, "time_zone": "UTC", "log_lock_days": 0}
        self.archive = Archive.open(Settings(**{**places, **self.settings}), clock=self.clock, **given)

    def close(self) -> None:
        self.archive.close()

    def later(self, **time: float) -> None:
        self.clock.advance(timedelta(**time))

    def act(self, count: int = 1) -> None:
        """Something happens."""
        self.log(exchanges(count, start=self.made))
        self.made += count

    def log(self, events: Sequence[NewEvent]) -> None:
        with self.archive.database.write() as connection:
            log.append(connection, events, self.clock.now())

    def sign(self) -> Signed:
        signed = service.sign(self.archive.signed_log)
        assert signed is not None
        return signed

    @property
    def signed_log(self) -> SignedLog:
        return self.archive.signed_log

    # What is there.

    @property
    def store(self) -> Path:
        return self.home / "store"

    def file(self, key: str) -> Path:
        return self.store / key

    def keys(self, prefix: str) -> list[str]:
        return [stored.key for stored in self.archive.store.list(prefix)]

    def bodies(self) -> list[bytes]:
        with self.archive.database.read() as connection:
            return list(log.entries(connection, 0, log.read_head(connection).size))

    def types(self) -> list[str]:
        with self.archive.database.read() as connection:
            return list(connection.execute(select(Event.type).order_by(Event.position)).scalars())
