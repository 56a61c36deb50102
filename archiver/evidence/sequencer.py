"""Positions in the event log where several processes write at once: PostgreSQL.

An act inserts its event without a position. One process at a time, whoever comes first, gives the events that are
committed the next positions, in order of their insertion: a batch is one transaction that changes the rows and the head
of the tree together, so that a kill anywhere leaves no gap, no fork and no position twice. An event that is committed
late, beside others that were inserted after it, comes after them. What belongs to one subject's chain cannot be
overtaken: whoever appends to a chain waits for the one before to be committed (:func:`archiver.evidence.log.append`).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sqlalchemy import Connection, insert, select, text, update

from archiver import canonical
from archiver.database import Database, Lock, take_chains
from archiver.errors import IntegrityError
from archiver.evidence import log, tree
from archiver.evidence.entry import Entry
from archiver.evidence.models import Event
from archiver.faults import crash_point

#: Events of one transaction at most.
MOST_AT_ONCE: Final = 5000
_WAITING = select(Event.id, Event.leaf).where(Event.position.is_(None)).order_by(Event.arrival).limit(MOST_AT_ONCE)
#: Seconds after which the database ends a sequencer in which nothing happens: one that was paused keeps all others out.
_IDLE_SECONDS: Final = 60
_PLACE = text(
    "UPDATE event SET position = given.position"
    " FROM unnest(CAST(:ids AS text[]), CAST(:positions AS bigint[])) AS given (id, position)"
    " WHERE event.id = given.id AND event.position IS NULL"
)


def has_waiting(database: Database) -> bool:
    """Whether there are events without a position."""
    if database.dialect == "sqlite":
        return False
    with database.read() as connection:
        return connection.execute(select(Event.id).where(Event.position.is_(None)).limit(1)).first() is not None


def sequence(database: Database, stored: int = 0) -> int:
    """Give every event that is committed and has none a position. How many got one from this call.

    Safe at any time, from any number of threads and processes, and after a kill anywhere. The database must not be
    older than the store (:func:`archiver.evidence.deltas.require_current`).

    Args:
        stored: how many entries the database said were in the store when that was made sure of.

    Raises:
        IntegrityError: it says that there are fewer: it was set back since, or a server that was behind took over.
    """
    done = 0
    while database.dialect != "sqlite" and (placed := database.act(lambda one: _batch(one, stored), Lock.SEQUENCER)):
        crash_point("sequencer.committed")
        done += placed
    return done


def _batch(connection: Connection, stored: int) -> int:
    connection.execute(text(f"SET LOCAL idle_in_transaction_session_timeout = '{_IDLE_SECONDS}s'"))
    waiting = connection.execute(_WAITING).all()
    if not waiting:
        return 0
    if log.read_head(connection).stored < stored:
        raise IntegrityError("the database was set back to an older state meanwhile; no event got a position")
    crash_point("sequencer.begun")
    positions = log.lengthen(connection, [row.leaf for row in waiting])
    crash_point("sequencer.lengthened")
    _place(connection, [row.id for row in waiting], positions)
    crash_point("sequencer.placed")
    return len(waiting)


def _place(connection: Connection, ids: Sequence[str], positions: Sequence[int]) -> None:
    placed = connection.execute(_PLACE, {"ids": list(ids), "positions": list(positions)})
    if placed.rowcount != len(ids):
        raise IntegrityError("events got positions from somewhere else meanwhile; run `archiver verify`")


def restore(connection: Connection, entries: Sequence[tuple[Entry, bytes, bytes]]) -> None:
    """Enter entries of the store, with bytes and leaf hash, at the next positions. One that waits here for its position
    (the database is older than the store, or was stopped in between) gets it.

    Raises:
        IntegrityError: one that waits here is another than the store's.
    """
    take_chains(connection, {entry.subject_id for entry, _, _ in entries if entry.number > 0})
    waiting = _waiting_among(connection, [entry.id for entry, _, _ in entries])
    if not waiting:
        log.extend(connection, entries)
        return
    positions = log.lengthen(connection, [leaf for _, _, leaf in entries])
    for (entry, body, leaf), position in zip(entries, positions, strict=True):
        if entry.id not in waiting:
            connection.execute(insert(Event), [log.row(entry, body, leaf, position)])
        elif waiting[entry.id] == body:
            _place(connection, [entry.id], [position])
        else:
            raise IntegrityError(f"the event {entry.id} differs between the database and the store")


def continue_chains(connection: Connection) -> None:
    """Let what waits for a position continue its subject's chain as the log has it now. The database was set back, the
    same place in the chain is taken in the store, and the event was written here since: its number and the hash before
    it are written anew. It was in no log yet, and says what it said.

    Raises:
        IntegrityError: one that waits is not what was inserted.
    """
    query = select(Event.id, Event.subject_id, Event.body, Event.leaf).order_by(Event.arrival)
    waiting = connection.execute(query.where(Event.position.is_(None), Event.subject_number > 0)).all()
    subjects = {row.subject_id for row in waiting}
    if connection.dialect.name == "sqlite" or not subjects:
        return
    take_chains(connection, subjects)
    last = log.last_of(connection, subjects, placed=True)
    for row in waiting:
        if tree.leaf_hash(row.body) != row.leaf:
            raise IntegrityError(f"the event {row.id} was changed while it waited for its position")
        number, previous = last.get(row.subject_id, (0, None))
        body = _continuing(row.body, number + 1, previous)
        last[row.subject_id] = number + 1, tree.leaf_hash(body)
        if body != row.body:
            changed = {"body": body, "leaf": tree.leaf_hash(body), "subject_number": number + 1}
            connection.execute(update(Event).where(Event.id == row.id).values(**changed))


def _continuing(body: bytes, number: int, previous: bytes | None) -> bytes:
    """The entry with another place in its subject's chain."""
    fields = canonical.decode(body)
    fields["subject"] |= {"n": number, "prev": None if previous is None else previous.hex()}
    return canonical.encode(fields)


def _waiting_among(connection: Connection, ids: Sequence[str]) -> dict[str, bytes]:
    """Bytes of those of these events that wait for a position."""
    if connection.dialect.name == "sqlite":
        return {}
    query = select(Event.id, Event.body).where(Event.position.is_(None), Event.id.in_(ids))
    return {row.id: row.body for row in connection.execute(query)}
