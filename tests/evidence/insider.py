"""Somebody with every right on database, store and machine, and what they may try."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

from sqlalchemy import delete, insert, select, update

from archiver.archive import Archive
from archiver.evidence import deltas, log, tree
from archiver.evidence.models import Event


@dataclass
class Insider:
    """Acts on one archive whose store is a folder."""

    archive: Archive

    @property
    def store(self) -> Path:
        return self.archive.settings.home / "store"

    def keys(self, prefix: str) -> list[str]:
        return [stored.key for stored in self.archive.store.list(prefix)]

    def read(self, key: str) -> bytes:
        return (self.store / key).read_bytes()

    def write(self, key: str, content: bytes) -> None:
        """Put other bytes under a key, with the note of their digest beside them."""
        path = self.store / key
        path.parent.mkdir(parents=True, exist_ok=True)
        self.remove(key)
        path.write_bytes(content)
        path.with_name(f".{path.name}.sha256").write_text(f"{sha256(content).hexdigest()}  {path.name}\n")

    def remove(self, key: str) -> None:
        path = self.store / key
        path.unlink(missing_ok=True)
        path.with_name(f".{path.name}.sha256").unlink(missing_ok=True)

    # The log.

    def bodies(self) -> list[bytes]:
        with self.archive.database.read() as connection:
            return list(log.entries(connection, 0, log.read_head(connection).size))

    def change_row(self, at: int, **values: Any) -> None:
        with self.archive.database.write() as connection:
            connection.execute(update(Event).where(Event.position == at).values(**values))

    def drop_row(self, position: int) -> None:
        with self.archive.database.write() as connection:
            connection.execute(delete(Event).where(Event.position == position))

    def copy_row(self, at: int, **values: Any) -> None:
        with self.archive.database.write() as connection:
            columns = Event.__table__.columns
            row = connection.execute(select(*columns).where(Event.position == at)).one()
            connection.execute(insert(Event).values(**(row._asdict() | values)))

    def rewrite_database(self, bodies: dict[int, bytes], size: int | None = None) -> None:
        """Rewrite entries in the database, with leaves and head as they then must be; those from ``size`` on go."""
        with self.archive.database.write() as connection:
            if size is not None:
                connection.execute(delete(Event).where(Event.position >= size))
            for position, body in bodies.items():
                row = update(Event).where(Event.position == position)
                connection.execute(row.values(body=body, leaf=tree.leaf_hash(body)))
            leaves = list(connection.execute(select(Event.leaf).order_by(Event.position)).scalars())
            stored = min(log.read_head(connection).stored, len(leaves))
            frontier = b"".join(tree.frontier_of(leaves))
            log.write_head(connection, size=len(leaves), frontier=frontier, stored=stored, storing=stored)

    def rewrite_deltas(self, bodies: Sequence[bytes]) -> None:
        """Write the stored log anew, in one delta."""
        for key in self.keys(deltas.PREFIX):
            self.remove(key)
        self.write(f"{deltas.PREFIX}{0:020d}-{len(bodies):020d}", deltas.encode_delta(bodies))


def edited(body: bytes) -> bytes:
    """The entry, naming another commitment."""
    at = body.index(b"cra-tree/1:") + len(b"cra-tree/1:")
    return body[:at] + (b"0" if body[at : at + 1] != b"0" else b"1") + body[at + 1 :]
