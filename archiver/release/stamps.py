"""Time-stamps that cover what is handed out: for each entry the earliest stamped checkpoint that has it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from archiver import clock
from archiver.archive import Archive
from archiver.evidence import proving, timestamps
from archiver.evidence.models import Anchor
from archiver.release.bag import Bag
from archiver.storage.protocol import open_first


@dataclass(frozen=True, slots=True)
class Stamp:
    """One stamped checkpoint."""

    size: int
    tokens: tuple[tuple[str, datetime], ...]
    """Service and the time it states."""
    entries: tuple[str, ...]
    """Names of the entries for which it is the earliest."""

    def as_json(self) -> dict[str, Any]:
        """As the manifest says it."""
        tokens = [{"service": service, "time": clock.to_text(time)} for service, time in self.tokens]
        return {"size": self.size, "tokens": tokens, "entries": list(self.entries)}


def stamps_for(archive: Archive, events: Mapping[str, str], bag: Bag) -> list[Stamp]:
    """Write the stamped checkpoints that cover ``events`` (ids by name), with tokens and proofs.

    Raises:
        IntegrityError, StoreUnavailable: see :func:`archiver.evidence.proving.prove`.
    """
    with archive.database.read() as connection:
        places = proving.positions_of(connection, events.values())
        anchors = connection.execute(select(Anchor.size, Anchor.service, Anchor.time).order_by(Anchor.size)).all()
    sizes = sorted({row.size for row in anchors})
    earliest: dict[int, list[str]] = {}
    for name, event in sorted(events.items()):
        size = next((size for size in sizes if size > places[event]), None)
        if size is not None:
            earliest.setdefault(size, []).append(name)
    found = []
    for size, names in sorted(earliest.items()):
        tokens = tuple((row.service, row.time) for row in anchors if row.size == size)
        found.append(Stamp(size, tokens, tuple(names)))
        _write(archive, found[-1], {name: places[events[name]] for name in names}, bag)
    return found


def _write(archive: Archive, stamp: Stamp, places: Mapping[str, int], bag: Bag) -> None:
    folder = f"data/stamps/{stamp.size:020d}"
    proof = proving.prove(archive.signed_log, places.values(), under=stamp.size)
    bag.put(f"{folder}/checkpoint", proof.note)
    by_place = {entry.position: entry for entry in proof.entries}
    for name, position in places.items():
        bag.put(f"{folder}/{name}.tlog-proof", proof.file(by_place[position]))
    for service, _ in stamp.tokens:
        with open_first(archive.store, timestamps.key_of(stamp.size, service)) as stream:
            bag.put(f"{folder}/{service}.tsr", stream.read())


def tsa_roots(archive: Archive) -> Iterator[tuple[str, bytes]]:
    """Root certificates of the time-stamp services, for convenience, where there are any."""
    settings = archive.settings
    if settings.timestamp_services and settings.timestamp_roots.is_file():
        yield "roots", settings.timestamp_roots.read_bytes()
