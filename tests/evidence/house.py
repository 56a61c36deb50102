"""An archive with a clock of its own and a log to sign; and an insider who may do with its disk whatever they like."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import delete, select, update

from archiver.archive import Archive
from archiver.clock import SetClock
from archiver.evidence import deltas, log, service, tree
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

    # What an insider does.

    def write_file(self, key: str, content: bytes) -> None:
        """Put other bytes under a key, with the note of their digest beside them."""
        from hashlib import sha256

        path = self.file(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        path.write_bytes(content)
        path.with_name(f".{path.name}.sha256").unlink(missing_ok=True)
        path.with_name(f".{path.name}.sha256").write_text(f"{sha256(content).hexdigest()}  {path.name}\n")

    def remove_file(self, key: str) -> None:
        path = self.file(key)
        path.unlink()
        path.with_name(f".{path.name}.sha256").unlink(missing_ok=True)

    def forge_database(self, change: dict[int, bytes], *, size: int | None = None) -> None:
        """Rewrite entries in the database, with leaves and head as they then must be; those from ``size`` on go."""
        with self.archive.database.write() as connection:
            if size is not None:
                connection.execute(delete(Event).where(Event.position >= size))
            for position, body in change.items():
                row = update(Event).where(Event.position == position)
                connection.execute(row.values(body=body, leaf=tree.leaf_hash(body)))
            leaves = list(connection.execute(select(Event.leaf).order_by(Event.position)).scalars())
            before = log.read_head(connection)
            stored = min(before.stored, len(leaves))
            frontier = b"".join(tree.frontier_of(leaves))
            log.write_head(connection, size=len(leaves), frontier=frontier, stored=stored, storing=stored)

    def forge_deltas(self, bodies: Sequence[bytes]) -> None:
        """Write the stored log anew, as one delta."""
        for key in self.keys(deltas.PREFIX):
            self.remove_file(key)
        self.write_file(f"{deltas.PREFIX}{0:020d}-{len(bodies):020d}", deltas.encode_delta(bodies))


def edited(body: bytes) -> bytes:
    """The entry, saying something else."""
    changed = body.replace(b'"commitment":"cra-tree/1:0f', b'"commitment":"cra-tree/1:0e')
    assert changed != body
    return changed
