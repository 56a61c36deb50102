"""The event log in the object store: deltas, each a range of entries, put once and never changed.

A range is fixed in the database (``log_head.storing``) before it is put and is put unchanged until it is counted as
stored; so whoever puts it, and however often, it is one object of the same bytes, and ranges neither overlap nor leave
a hole.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from hashlib import sha256
from itertools import islice
from typing import BinaryIO, Final

from sqlalchemy import Connection, exc, update

from archiver.database import Database, Lock, take
from archiver.errors import IntegrityError, WrongStore
from archiver.evidence import log
from archiver.evidence.acts import store_acts
from archiver.evidence.entry import Entry, read_entry
from archiver.evidence.models import LogHead
from archiver.evidence.sequencer import continue_chains, has_waiting, restore, sequence
from archiver.evidence.tree import leaf_hash
from archiver.faults import crash_point
from archiver.storage.protocol import ObjectStore

PREFIX: Final = "log/delta/"
#: Entries in one delta at most, when written; readers take any number.
MOST_ENTRIES: Final = 1000

_KEY = re.compile(rf"{PREFIX}([0-9]{{20}})-([0-9]{{20}})")
_LENGTH = 2
_OLDER = (
    "{store} already holds {key}, which this database knows nothing of: the database is older than the store, or two"
    " databases share it. Nothing was written; run `archiver index rebuild`"
)


@dataclass(frozen=True, slots=True)
class _Delta:
    start: int
    end: int

    @property
    def key(self) -> str:
        return f"{PREFIX}{self.start:020d}-{self.end:020d}"


# --- writing -------------------------------------------------------------------------------------------------------


def store_deltas(database: Database, store: ObjectStore) -> int:
    """Put every entry that is not in the store yet, after all that wait for a position have got one. How many this
    call brought in.

    Safe at any time, from any number of threads and processes, and after a kill anywhere.

    Raises:
        StoreUnavailable, OutOfSpace: try again later; the range that was begun stays the same.
        IntegrityError, Conflict: the store holds other entries than the database: the database was set back to an older
            state, or two share one store. Stop and look.
    """
    if has_waiting(database):
        sequence(database, require_current(database, store))
    brought = 0
    while (delta := _next(database)) is not None:
        crash_point("delta.fixed")
        _require_free(store, delta)
        store_acts(database, store)  # the log in the store names no act whose file is not there
        with database.read() as connection:
            content = encode_delta(log.entries(connection, delta.start, delta.end))
        store.put(delta.key, content, sha256(content).hexdigest())
        crash_point("delta.put")
        brought += _count(database, delta)
        crash_point("delta.counted")
    return brought


def require_current(database: Database, store: ObjectStore) -> int:
    """Make sure that the store holds no entries which the database knows nothing of. Cheap. How many entries the
    database says are in the store.

    Raises:
        IntegrityError: it does: the database was set back to an older state, or two share one store.
        StoreUnavailable: the store does not answer.
    """
    seen = -1
    while True:
        start, unknown = _unknown(database, store)
        if unknown is None:
            return start
        if start == seen:
            raise IntegrityError(_OLDER.format(store=store.name, key=unknown))
        seen = start  # another process may have stored it just now: look again


def _unknown(database: Database, store: ObjectStore) -> tuple[int, str | None]:
    """Where the database says that the stored entries end, and a delta beyond that, if there is one."""
    with database.read() as connection:
        head = log.read_head(connection)
    fixed = _Delta(head.stored, head.storing).key
    for stored in store.list(PREFIX, after=f"{PREFIX}{head.stored:020d}"):
        if stored.key != fixed:
            return head.stored, stored.key
    return head.stored, None


def encode_delta(bodies: Iterable[bytes]) -> bytes:
    """Entries with their lengths, one after the other."""
    return b"".join([len(body).to_bytes(_LENGTH, "big") + body for body in bodies])


def _next(database: Database) -> _Delta | None:
    """The range to be put now: the one already fixed, else a new one; None where nothing is left."""
    with database.read() as connection:
        head = log.read_head(connection)
    if head.stored == head.size:
        return None
    if head.storing > head.stored:
        return _Delta(head.stored, head.storing)

    def fix(connection: Connection) -> None:
        head = log.read_head(connection)
        # By the row itself, not by what was read of it: two callers must never fix two ranges that begin together.
        connection.execute(
            update(LogHead)
            .where(LogHead.stored == head.stored, LogHead.storing <= LogHead.stored)
            .values(storing=min(head.size, head.stored + MOST_ENTRIES))
        )

    database.act(fix)
    # Whether that became the range, or another caller was faster, the row says.
    return _next(database)


def _require_free(store: ObjectStore, delta: _Delta) -> None:
    """A range is fixed before it is put, so no other can begin where ours does."""
    for stored in store.list(f"{PREFIX}{delta.start:020d}-"):
        if stored.key != delta.key:
            raise IntegrityError(_OLDER.format(store=store.name, key=stored.key))


def _count(database: Database, delta: _Delta) -> int:
    """Note that ``delta`` is stored; 0 where another caller has."""
    mine = update(LogHead).where(LogHead.stored == delta.start, LogHead.storing == delta.end).values(stored=delta.end)
    counted = database.act(lambda connection: connection.execute(mine).rowcount)
    return delta.end - delta.start if counted else 0


# --- reading -------------------------------------------------------------------------------------------------------


def read_deltas(store: ObjectStore) -> Iterator[bytes]:
    """The bytes of every entry in the store, in order of position from 0.

    Raises:
        IntegrityError: a delta is missing, overlaps, is cut short or goes on too long, or holds what is no entry.
        StoreUnavailable: the store does not answer.
    """
    for body, _ in read_entries(store):
        yield body


def read_entries(store: ObjectStore, start: int = 0) -> Iterator[tuple[bytes, Entry]]:
    """Bytes and meaning of every entry in the store from position ``start``, where a delta must begin.

    Raises:
        IntegrityError, StoreUnavailable: as :func:`read_deltas`; also where no delta begins at ``start`` and there are
            later ones.
    """
    for position, body in enumerate(read_bodies(store, start), start):
        try:
            entry = read_entry(body)
        except ValueError as error:
            raise IntegrityError(f"entry {position} in {store.name} cannot be read: {error}") from error
        yield body, entry


def read_bodies(store: ObjectStore, start: int = 0) -> Iterator[bytes]:
    """The bytes of every entry from position ``start``, for whoever knows by a hash what they are; else as
    :func:`read_entries`."""
    expected = start
    for stored in store.list(PREFIX, after=f"{PREFIX}{start:020d}" if start else ""):
        delta = _from_key(stored.key)
        if delta.start != expected:
            raise IntegrityError(f"{store.name} has {delta.key} where a delta from entry {expected} belongs")
        with store.open(delta.key, version_id=stored.version_id) as file:
            yield from _bodies_in(file, delta)
        expected = delta.end


def _from_key(key: str) -> _Delta:
    match = _KEY.fullmatch(key)
    if match is None or int(match[1]) >= int(match[2]):
        raise IntegrityError(f"{key} is not a delta of an event log")
    return _Delta(int(match[1]), int(match[2]))


def _bodies_in(file: BinaryIO, delta: _Delta) -> Iterator[bytes]:
    for _ in range(delta.start, delta.end):
        size = int.from_bytes(_exactly(file, _LENGTH, delta), "big")
        yield _exactly(file, size, delta)
    if file.read(1):
        raise IntegrityError(f"{delta.key} goes on after its last entry")


def _exactly(file: BinaryIO, size: int, delta: _Delta) -> bytes:
    content = b""
    while len(content) < size:
        piece = file.read(size - len(content))
        if not piece:
            raise IntegrityError(f"{delta.key} is cut short")
        content += piece
    return content


# --- restoring -----------------------------------------------------------------------------------------------------


def restore_log(connection: Connection, store: ObjectStore) -> int:
    """Fill the database's copy of the log from the store, in the caller's transaction. How many entries came in.

    Entries the database has are compared; those beyond the last stored one are kept, and those that wait for a position
    get the one they have in the store, or wait on, at the end of their subject's chain. Doing it again changes nothing.

    Raises:
        IntegrityError: the database holds other entries than the store, or either is damaged; or the store lacks
            entries that were put. The transaction must be given up.
        WrongStore: the entries are of another log.
        StoreUnavailable: the store does not answer.
    """
    take(connection, Lock.SEQUENCER)
    name, head = log.origin(connection), log.read_head(connection, hold=True)
    known = log.entries(connection, 0, head.size)
    in_store = _of_log(read_entries(store), name, store)
    same = 0
    for body, (stored, _) in zip(known, islice(in_store, head.size), strict=False):
        if body != stored:
            raise IntegrityError(f"entry {same} of the event log differs between the database and {store.name}")
        same += 1
    if same < head.stored:
        raise IntegrityError(f"{store.name} has {same} entries of the event log, of {head.stored} that were put")
    restored = _append_all(connection, in_store)
    if restored:
        continue_chains(connection)
    in_all = same + restored
    log.write_head(connection, stored=in_all, storing=max(head.storing, in_all))
    return restored


def _of_log(found: Iterator[tuple[bytes, Entry]], name: str, store: ObjectStore) -> Iterator[tuple[bytes, Entry]]:
    for body, entry in found:
        if entry.log != name:
            raise WrongStore(f"{store.name} holds entries of another event log than {name}")
        yield body, entry


def _append_all(connection: Connection, found: Iterator[tuple[bytes, Entry]]) -> int:
    restored = 0
    while some := list(islice(found, MOST_ENTRIES)):
        try:
            restore(connection, [(entry, body, leaf_hash(body)) for body, entry in some])
        except exc.IntegrityError as error:
            raise IntegrityError("the event log in the store names one event twice") from error
        restored += len(some)
    return restored
