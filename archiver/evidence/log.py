"""The event log in the database: appended to in the transaction of the act itself, so both stand or fall together."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, func, insert, select, update

from archiver import canonical, ids
from archiver.database import take_chains
from archiver.errors import IntegrityError, NotFound
from archiver.evidence import tree
from archiver.evidence.entry import Entry, write_entry
from archiver.evidence.event_types import check_facts
from archiver.evidence.models import Archive, Event, LogHead
from archiver.evidence.tree import HASH_SIZE

_HEAD = 1
_NOT_CHAINED = (-1, None)
_SUBJECTS_AT_ONCE = 500
_ROWS_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class NewEvent:
    """An event that is about to be appended."""

    type: str
    """One :class:`~archiver.evidence.event_types.EventType`."""
    subject_kind: str
    subject_id: str
    data: Mapping[str, Any] = field(default_factory=dict)
    """The facts of its type. Ids, digests, counts and codes only."""
    actor_kind: str = "service"
    actor_id: str = "capture"
    chained: bool = False
    """Whether it counts in its subject's own chain, so that it cannot be left out unseen."""


@dataclass(frozen=True, slots=True)
class Head:
    """The tree over all entries that have a position."""

    size: int
    root: bytes


@dataclass(frozen=True, slots=True)
class HeadRow:
    """What is recorded of the tree."""

    size: int
    frontier: tuple[bytes, ...]
    stored: int
    """How many entries are in the object store."""
    storing: int
    """End of the delta that is being put; equal to ``stored`` or less where none is."""


def append(connection: Connection, events: Sequence[NewEvent], at: datetime) -> range:
    """Append ``events`` in the caller's transaction; ``at`` is the time they all bear. Returns their positions.

    On SQLite an entry gets its position here: the transaction must hold the write lock
    (:meth:`archiver.database.Database.write`). On PostgreSQL positions come from the sequencer later
    (:mod:`archiver.evidence.sequencer`) and the range is empty; the chains of chained subjects are held until the
    transaction ends.

    Raises:
        ValueError: an event that is none, or says what its type does not allow. Nothing was written.
        NotFound: the database belongs to no archive yet.
    """
    if not events:
        return range(0)
    bodies = _bodies(connection, events, at)
    if connection.dialect.name == "sqlite":
        return extend(connection, bodies)
    connection.execute(insert(Event), [row(entry, body, leaf, None) for entry, body, leaf in bodies])
    return range(0)


def extend(connection: Connection, bodies: Sequence[tuple[Entry, bytes, bytes]]) -> range:
    """Give finished entries (with bytes and leaf hash) the next positions and write them."""
    positions = lengthen(connection, [leaf for _, _, leaf in bodies])
    rows = [row(*one, position) for one, position in zip(bodies, positions, strict=True)]
    connection.execute(insert(Event), rows)
    return positions


def lengthen(connection: Connection, leaves: Sequence[bytes]) -> range:
    """The next positions, one for each leaf, noted in the head. The caller writes them to the rows."""
    before = read_head(connection)
    size = before.size + len(leaves)
    frontier = tree.append(before.frontier, before.size, leaves)
    write_head(connection, size=size, frontier=b"".join(frontier))
    return range(before.size, size)


def head(connection: Connection) -> Head:
    """Size and root of the tree as recorded."""
    row = read_head(connection)
    return Head(row.size, tree.root_from(row.frontier))


def entries(connection: Connection, start: int, end: int) -> Iterator[bytes]:
    """The bytes of the entries from position ``start`` up to, not including, ``end``.

    Raises:
        IntegrityError: one of them is missing.
    """
    query = select(Event.position, Event.body).where(Event.position >= start, Event.position < end)
    expected = start
    for position, body in connection.execute(
        query.order_by(Event.position), execution_options={"yield_per": _ROWS_AT_ONCE}
    ):
        if position != expected:
            break
        yield body
        expected += 1
    if expected < end:
        raise IntegrityError(f"entry {expected} of the event log is missing from the database; run `archiver verify`")


def subjects(connection: Connection, kind: str, among: Sequence[str]) -> set[str]:
    """Which of these subjects have an event of a type."""
    found: set[str] = set()
    for start in range(0, len(among), _SUBJECTS_AT_ONCE):
        some = among[start : start + _SUBJECTS_AT_ONCE]
        query = select(Event.subject_id).where(Event.subject_id.in_(some), Event.type == kind)
        found.update(connection.execute(query).scalars())
    return found


def origin(connection: Connection) -> str:
    """Name of this archive's log.

    Raises:
        NotFound: the database belongs to no archive yet.
    """
    name = connection.execute(select(Archive.log_origin)).scalar_one_or_none()
    if name is None:
        raise NotFound("this database belongs to no archive yet; open the archive first")
    return name


def amend_waiting(connection: Connection, subject: str, data: Mapping[str, Any]) -> None:
    """Change what the only entry of a subject says, while it waits for its position and is in no log yet.

    Raises:
        IntegrityError: there is no such entry.
    """
    query = select(Event.id, Event.body).where(Event.subject_id == subject, Event.position.is_(None))
    row = connection.execute(query).one_or_none()
    if row is None:
        raise IntegrityError(f"the entry of {subject} does not wait for its position; run `archiver verify`")
    fields = canonical.decode(row.body)
    fields["data"] |= data
    body = canonical.encode(fields)
    connection.execute(update(Event).where(Event.id == row.id).values(body=body, leaf=tree.leaf_hash(body)))


# --- the head ------------------------------------------------------------------------------------------------------


def read_head(connection: Connection, *, hold: bool = False) -> HeadRow:
    """What is recorded of the tree; of an empty one where nothing is. ``hold``: nobody else changes it until the
    transaction ends.

    Raises:
        IntegrityError: the row does not fit together.
    """
    query = select(LogHead.size, LogHead.frontier, LogHead.stored, LogHead.storing).where(LogHead.id == _HEAD)
    row = connection.execute(query.with_for_update() if hold else query).one_or_none()
    if row is None:
        return HeadRow(0, (), 0, 0)
    frontier = tuple(row.frontier[at : at + HASH_SIZE] for at in range(0, len(row.frontier), HASH_SIZE))
    if len(row.frontier) != HASH_SIZE * row.size.bit_count():
        raise IntegrityError("the recorded head of the event log does not fit its size; run `archiver verify`")
    return HeadRow(row.size, frontier, row.stored, row.storing)


def write_head(connection: Connection, **values: Any) -> None:
    """Change fields of the head's row, which is made where it is missing."""
    changed = connection.execute(update(LogHead).where(LogHead.id == _HEAD).values(**values))
    if changed.rowcount == 0:
        row = {"id": _HEAD, "size": 0, "frontier": b"", "stored": 0, "storing": 0}
        connection.execute(insert(LogHead).values(**(row | values)))


# --- building entries ----------------------------------------------------------------------------------------------


def _bodies(connection: Connection, events: Sequence[NewEvent], at: datetime) -> list[tuple[Entry, bytes, bytes]]:
    name = origin(connection)
    chained = {event.subject_id for event in events if event.chained}
    if chained:
        take_chains(connection, chained)
    last = last_of(connection, chained)
    bodies = []
    for event in events:
        check_facts(event.type, event.subject_kind, event.data)
        number, previous = last.get(event.subject_id, (0, None)) if event.chained else _NOT_CHAINED
        entry = _entry(name, event, at, number + 1, previous)
        body = write_entry(entry)
        leaf = tree.leaf_hash(body)
        if event.chained:
            last[event.subject_id] = (entry.number, leaf)
        bodies.append((entry, body, leaf))
    return bodies


def _entry(name: str, event: NewEvent, at: datetime, number: int, previous: bytes | None) -> Entry:
    return Entry(
        log=name,
        id=ids.new_id("ev"),
        at=at,
        type=event.type,
        actor_kind=event.actor_kind,
        actor_id=event.actor_id,
        subject_kind=event.subject_kind,
        subject_id=event.subject_id,
        number=number,
        previous=None if previous is None else previous.hex(),
        data=event.data,
    )


def last_of(
    connection: Connection, subjects: Iterable[str], *, placed: bool = False
) -> dict[str, tuple[int, bytes | None]]:
    """Number and leaf of each subject's newest chained event, where it has one; ``placed``: of those with a position.
    The caller holds the chains."""
    wanted = sorted(subjects)
    counted = [Event.subject_number > 0, *([Event.position.is_not(None)] if placed else [])]
    last: dict[str, tuple[int, bytes | None]] = {}
    for start in range(0, len(wanted), _SUBJECTS_AT_ONCE):
        some = wanted[start : start + _SUBJECTS_AT_ONCE]
        newest = (
            select(Event.subject_id, func.max(Event.subject_number).label("number"))
            .where(Event.subject_id.in_(some), *counted)
            .group_by(Event.subject_id)
            .subquery()
        )
        rows = connection.execute(
            select(Event.subject_id, Event.subject_number, Event.leaf)
            .join(
                newest,
                (Event.subject_id == newest.c.subject_id) & (Event.subject_number == newest.c.number),
            )
            .where(*counted)
        )
        last |= {subject: (number, leaf) for subject, number, leaf in rows}
    return last


def row(entry: Entry, body: bytes, leaf: bytes, position: int | None) -> dict[str, Any]:
    """The row of one entry."""
    return {
        "id": entry.id,
        "position": position,
        "at": entry.at,
        "type": entry.type,
        "subject_id": entry.subject_id,
        "subject_number": entry.number,
        "body": body,
        "leaf": leaf,
    }
