"""What the database remembers of signing: where it stands, what is wrong, and the roots of subtrees."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from archiver.evidence.models import Event, LogCheckpoint, LogSigning, LogSubtree
from archiver.evidence.subtrees import STEP, Kept
from archiver.evidence.tree import HASH_SIZE

_ROW = 1
_LEVELS = range(STEP, 64, STEP)

#: (level, from, to) → hashes, as :class:`archiver.evidence.subtrees.KeptNodes` wants them.
Reader = Callable[[int, int, int], Sequence[bytes]]


@dataclass(frozen=True, slots=True)
class Remembered:
    """Where signing stands, as far as the database knows."""

    size: int = 0
    frontier: tuple[bytes, ...] = ()
    signed_at: datetime | None = None
    looked_at: datetime | None = None
    problem: str | None = None
    detail: str | None = None
    problem_since: datetime | None = None


def read(connection: Connection) -> Remembered:
    """What is remembered; nothing where nothing was signed yet."""
    row = connection.execute(select(LogSigning.__table__).where(LogSigning.id == _ROW)).one_or_none()
    if row is None:
        return Remembered()
    frontier = tuple(row.frontier[at : at + HASH_SIZE] for at in range(0, len(row.frontier), HASH_SIZE))
    return Remembered(row.size, frontier, row.signed_at, row.looked_at, row.problem, row.detail, row.problem_since)


def note_signed(connection: Connection, size: int, frontier: Sequence[bytes], note: bytes, now: datetime) -> None:
    """The checkpoint over ``size`` entries is in the store, and all fits."""
    digest = sha256(note).hexdigest()
    known = connection.execute(select(LogCheckpoint.sha256).where(LogCheckpoint.size == size)).scalar()
    values: dict[str, Any] = {"looked_at": now, "problem": None, "detail": None, "problem_since": None}
    if known is None:
        connection.execute(insert(LogCheckpoint).values(size=size, sha256=digest, seen_at=now))
        values["signed_at"] = now
    _write(connection, size=size, frontier=b"".join(frontier), **values)


def note_problem(connection: Connection, problem: str, detail: str, now: datetime) -> bool:
    """Something does not fit. True where that is news: no problem was noted, or another one."""
    before = read(connection)
    if before.problem == problem:
        _write(connection, detail=detail)
        return False
    _write(connection, problem=problem, detail=detail, problem_since=now)
    return True


def write_kept(connection: Connection, kept: Sequence[Kept], start: int) -> None:
    """Keep the nodes that became whole by the entries from ``start`` on; what was kept there before is replaced."""
    for level in _LEVELS:
        beyond = (LogSubtree.level == level) & (LogSubtree.number >= start >> level)
        connection.execute(delete(LogSubtree).where(beyond))
    if kept:
        rows = [{"level": one.level, "number": one.number, "hash": one.hash} for one in kept]
        connection.execute(insert(LogSubtree), rows)


def reader(connection: Connection) -> Reader:
    """Reads leaves and kept nodes. Whatever it gives is proven against a checkpoint before it is believed."""

    def read_nodes(level: int, start: int, end: int) -> Sequence[bytes]:
        if level == 0:
            place, found = Event.position, select(Event.position, Event.leaf)
        else:
            place = LogSubtree.number
            found = select(LogSubtree.number, LogSubtree.hash).where(LogSubtree.level == level)
        rows = connection.execute(found.where(place >= start, place < end).order_by(place)).all()
        return [hash_ for at, (number, hash_) in enumerate(rows, start) if number == at]

    return read_nodes


def _write(connection: Connection, **values: Any) -> None:
    changed = connection.execute(update(LogSigning).where(LogSigning.id == _ROW).values(**values))
    if changed.rowcount == 0:
        connection.execute(insert(LogSigning).values(**({"id": _ROW, "size": 0, "frontier": b""} | values)))
