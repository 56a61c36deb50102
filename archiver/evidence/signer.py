"""Signing the head of the log. Nothing is signed that does not follow from what was signed before.

The truth is the object store alone: the newest checkpoint there, verified under our own key, and the deltas. What the
database remembers (size and frontier of the last checkpoint, roots of subtrees) only saves work: it counts where it
gives the root that the stored checkpoint signs, else everything is computed anew from the deltas. So neither a
database that was set back nor a log that was forked can ever be signed. The database's own copy of the log is then
compared with the tree that was computed: where it says something else, nothing is signed either.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from itertools import islice
from typing import Final

from sqlalchemy import Connection, func, select

from archiver import logs
from archiver.clock import Clock, to_text
from archiver.database import Database, Lock
from archiver.errors import IntegrityError, NotFound, Refused
from archiver.evidence import checkpoint as checkpoints
from archiver.evidence import deltas, log, signing_state, tree
from archiver.evidence.checkpoint import Checkpoint, open_checkpoint, sign_checkpoint
from archiver.evidence.entry import Entry, read_entry
from archiver.evidence.log_keys import Keyring
from archiver.evidence.models import Anchor, Event, LogCheckpoint
from archiver.evidence.notes import LARGEST, InvalidNote
from archiver.evidence.signing_state import Remembered
from archiver.evidence.subtrees import Growth, Kept, KeptNodes, consistency_path
from archiver.faults import crash_point
from archiver.storage.protocol import NoSuchObject, ObjectStore, Stored, open_first

_log = logs.get(__name__)

#: How far our clock may be behind what the log or a time-stamp already says.
CLOCK_TOLERANCE: Final = timedelta(seconds=60)
#: How far a time-stamp's time and ours may differ.
STAMP_TOLERANCE: Final = timedelta(minutes=5)
#: How far an entry may bear an earlier time than one before it: acts that are under way together.
ENTRY_TOLERANCE: Final = timedelta(hours=1)


class CheckpointRefused(IntegrityError):  # noqa: N818 - named as the cause
    """Store, log, database, clock or checkpoints do not fit together: stop and look. Nothing was signed."""

    def __init__(self, problem: str, detail: str, size: int = 0) -> None:
        super().__init__(f"no checkpoint was signed: {detail}")
        self.problem = problem
        """``no_checkpoint``, ``bad_checkpoint``, ``forked``, ``truncated``, ``database`` or ``clock``."""
        self.detail = detail
        self.size = size
        """Of the newest checkpoint that counts."""


@dataclass(frozen=True, slots=True)
class Signed:
    """The newest checkpoint."""

    checkpoint: Checkpoint
    note: bytes
    """As stored."""
    new: bool
    """Whether this call brought it."""


@dataclass(slots=True)
class _Walk:
    """The tree over all stored entries, as computed from the newest point we can vouch for."""

    growth: Growth
    kept: list[Kept] = field(default_factory=list)
    deltas_from: int = 0
    latest: datetime | None = None
    """Latest time that an entry bears, from the last one that is signed on."""
    backwards: tuple[int, datetime] | None = None
    """Place and time of an entry not yet signed that bears a much earlier time than one before it."""

    def see(self, at: datetime, signed: int) -> None:
        """The entry just added bears this time."""
        position = self.growth.size - 1
        if position < signed - 1:
            return
        if self.latest is not None and at < self.latest - ENTRY_TOLERANCE:
            self.backwards = (position, at)
        self.latest = at if position == signed - 1 or self.latest is None else max(self.latest, at)


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs checkpoints of one log. One call at a time (:meth:`archiver.evidence.log_keys.LogKeys.held`)."""

    database: Database
    store: ObjectStore
    clock: Clock
    origin: str
    lock_days: int = 0
    """For how long objects of the log are locked; 0: not."""

    def sign(self, ring: Keyring, *, accept_clock: bool = False) -> Signed | None:
        """Sign what is stored, if it is more than the newest checkpoint covers. None where the log is empty.

        Args:
            accept_clock: a person says that the clock is right although what was recorded before says otherwise.

        Raises:
            CheckpointRefused: something does not fit.
            StoreUnavailable, OutOfSpace: try again later.
        """
        newest, walk = self._looked(ring)
        if not accept_clock:
            self._require_clock(walk, newest)
        if newest is None or walk.growth.size > newest.checkpoint.size:
            return self._sign(ring, walk, newest) if walk.growth.size else None
        self._remember(walk, newest)
        return newest

    def examine(self, ring: Keyring) -> Signed | None:
        """The newest checkpoint, after everything was looked at as before signing. Changes nothing.

        Raises:
            CheckpointRefused: something does not fit.
        """
        newest, walk = self._looked(ring)
        self._require_clock(walk, newest)
        return newest

    def _looked(self, ring: Keyring) -> tuple[Signed | None, _Walk]:
        remembered = self._remembered()
        newest = self.newest(ring, remembered.size)
        self._require_known(remembered, newest)
        walk = self._walk(remembered, newest)
        self._require_database(walk, newest)
        return newest, walk

    def recompute(self, ring: Keyring) -> None:
        """Make what the database keeps of the tree anew from the store.

        Raises:
            CheckpointRefused: the store does not hold what was signed.
        """
        newest = self.newest(ring)
        if newest is not None:
            walk = self._walk_all(newest)
            with self.database.write(Lock.SIGNING) as connection:
                signing_state.write_kept(connection, walk.kept, 0)

    def at(self, size: int, ring: Keyring) -> Signed:
        """The checkpoint over just ``size`` entries.

        Raises:
            NotFound: there is none.
            CheckpointRefused: it is not what we signed.
        """
        try:
            return self._opened(checkpoints.key_of(size), size, ring)
        except NoSuchObject:
            raise NotFound(f"there is no checkpoint over {size} entries") from None

    def newest(self, ring: Keyring, at_least: int = 0) -> Signed | None:
        """The newest checkpoint in the store, its signature verified.

        Args:
            at_least: a size up to which checkpoints need not be listed.

        Raises:
            CheckpointRefused: it is not what we signed.
        """
        listed = list(self.store.list(checkpoints.PREFIX, after=checkpoints.key_of(at_least)))
        key = listed[-1].key if listed else checkpoints.key_of(at_least)
        size = checkpoints.size_in(key)
        if size is None:
            raise CheckpointRefused("bad_checkpoint", f"{key} is not the key of a checkpoint")
        if not listed and self.store.head(key) is None:
            return None
        return self._opened(key, size, ring)

    def _opened(self, key: str, size: int, ring: Keyring) -> Signed:
        with open_first(self.store, key) as file:
            note = file.read(LARGEST + 1)
        try:
            found = open_checkpoint(note, self.origin, ring.verifiers)
        except InvalidNote as error:
            raise CheckpointRefused("bad_checkpoint", f"{key} is not what we signed: {error}") from error
        if found.size != size:
            raise CheckpointRefused("bad_checkpoint", f"{key} is a checkpoint over {found.size} entries")
        return Signed(found, note, False)

    def _remembered(self) -> Remembered:
        with self.database.read() as connection:
            return signing_state.read(connection)

    def _require_known(self, remembered: Remembered, newest: Signed | None) -> None:
        """A checkpoint that the database knows of is not gone."""
        size = _size(newest)
        if size < remembered.size:
            raise CheckpointRefused(
                "no_checkpoint", f"{self.store.name} has lost the checkpoint over {remembered.size} entries", size
            )
        if newest is None:
            return
        with self.database.read() as connection:
            noted = connection.execute(select(LogCheckpoint.sha256).where(LogCheckpoint.size == size)).scalar()
        if noted is not None and noted != sha256(newest.note).hexdigest():
            raise CheckpointRefused(
                "bad_checkpoint", f"the checkpoint over {size} entries is not the one that was stored", size
            )

    # --- the tree ------------------------------------------------------------------------------------------------

    def _walk(self, remembered: Remembered, newest: Signed | None) -> _Walk:
        """The tree over all stored entries, which has the newest checkpoint in it."""
        if remembered.size:
            try:
                walk = self._grown(Growth(list(remembered.frontier), remembered.size), newest)
            except (IntegrityError, ValueError):
                walk = None  # what is remembered does not fit: it counts for nothing
            if walk is not None:
                return walk
        return self._walk_all(newest)

    def _walk_all(self, newest: Signed | None) -> _Walk:
        try:
            walk = self._grown(Growth([], 0), newest)
        except IntegrityError as error:
            raise CheckpointRefused("forked", str(error), _size(newest)) from error
        if walk is None:
            assert newest is not None
            raise self._not_under(newest)
        return walk

    def _grown(self, growth: Growth, newest: Signed | None) -> _Walk | None:
        """The tree grown by what is stored beyond it; None where it does not have the checkpoint in it."""
        signed = newest.checkpoint if newest is not None else Checkpoint(self.origin, 0, tree.EMPTY_ROOT)
        walk = _Walk(growth, deltas_from=growth.size, latest=self._time_of(growth.size - 1))
        if growth.size == signed.size and growth.root != signed.root:
            return None
        for body in deltas.read_bodies(self.store, growth.size):
            walk.kept.extend(growth.add(tree.leaf_hash(body)))
            if growth.size >= signed.size:  # what is below, the checkpoint vouches for
                entry = self._entry(body, growth.size - 1)
                walk.see(entry.at, signed.size)
            if growth.size == signed.size and growth.root != signed.root:
                return None
        return walk if growth.size >= signed.size else None

    def _entry(self, body: bytes, position: int) -> Entry:
        try:
            entry = read_entry(body)
        except ValueError as error:
            raise IntegrityError(f"entry {position} in {self.store.name} cannot be read: {error}") from error
        if entry.log != self.origin:
            raise IntegrityError(f"entry {position} in {self.store.name} is of another log")
        return entry

    def _not_under(self, newest: Signed) -> CheckpointRefused:
        """Why the stored entries are not those that were signed."""
        size = newest.checkpoint.size
        count = sum(1 for _ in islice(deltas.read_bodies(self.store), size))
        if count < size:
            return CheckpointRefused(
                "truncated", f"{self.store.name} has {count} entries of the log, of {size} that were signed", size
            )
        return CheckpointRefused("forked", f"the first {size} entries in {self.store.name} are not those signed", size)

    def _time_of(self, position: int) -> datetime | None:
        with self.database.read() as connection:
            return connection.execute(select(Event.at).where(Event.position == position)).scalar()

    # --- comparing -----------------------------------------------------------------------------------------------

    def _require_database(self, walk: _Walk, newest: Signed | None) -> None:
        """The database's log begins with the stored one."""
        size = walk.growth.size
        try:
            with self.database.read() as connection:
                head = log.read_head(connection)
                beyond = [tree.leaf_hash(body) for body in log.entries(connection, size, head.size)]
        except IntegrityError as error:
            raise CheckpointRefused("database", str(error), _size(newest)) from error
        if head.size < size:
            said = f"the database has {head.size} entries of the log, the store {size}"
            raise CheckpointRefused("database", said, _size(newest))
        if tree.append(walk.growth.frontier, size, beyond) != list(head.frontier):
            raise CheckpointRefused("database", "the database's log is not the one in the store", _size(newest))

    def _require_clock(self, walk: _Walk, newest: Signed | None) -> None:
        """The clock was not set back behind what the log, or a time-stamp, already says."""
        with self.database.read() as connection:
            stamped = connection.execute(select(func.max(Anchor.time))).scalar()
        if walk.backwards is not None:
            position, at = walk.backwards
            said = f"entry {position} bears the time {to_text(at)}, one before it {to_text(walk.latest or at)}"
            raise CheckpointRefused("clock", said, _size(newest))
        earliest = [walk.latest - CLOCK_TOLERANCE] if walk.latest is not None else []
        earliest += [stamped - STAMP_TOLERANCE] if stamped is not None else []
        now = self.clock.now()
        if earliest and now < (latest := max(earliest)):
            said = f"the clock says {to_text(now)}, what was recorded before says {to_text(latest)}"
            raise CheckpointRefused("clock", said, _size(newest))

    # --- signing -------------------------------------------------------------------------------------------------

    def _sign(self, ring: Keyring, walk: _Walk, newest: Signed | None) -> Signed:
        checkpoint = Checkpoint(self.origin, walk.growth.size, walk.growth.root)
        if newest is not None:
            walk = self._proven(walk, newest, checkpoint)
        self._lock_deltas(walk)
        note = sign_checkpoint(checkpoint, ring.signers)
        stored = self.store.put(checkpoint.key, note, sha256(note).hexdigest())
        crash_point("checkpoint.put")
        self.protect(stored)
        signed = Signed(checkpoint, note, True)
        self._remember(walk, signed)
        return signed

    def _proven(self, walk: _Walk, newest: Signed, new: Checkpoint) -> _Walk:
        """The walk, with the step from ``newest`` to ``new`` proven as a stranger would have it proven. Where the kept
        subtrees do not do, all of them are computed anew."""
        try:
            self._prove_consistent(walk, newest.checkpoint, new)
        except (KeyError, tree.InvalidProof):
            walk = self._walk_all(newest)
        else:
            return walk
        try:
            self._prove_consistent(walk, newest.checkpoint, new)
        except (KeyError, tree.InvalidProof) as error:
            said = f"what the database keeps of the log does not prove the step: {error}"
            raise CheckpointRefused("database", said, newest.checkpoint.size) from error
        return walk

    def _prove_consistent(self, walk: _Walk, old: Checkpoint, new: Checkpoint) -> None:
        with self.database.read() as connection:
            path = consistency_path(old.size, new.size, KeptNodes(_with(connection, walk)))
        tree.verify_consistency(old.size, new.size, old.root, new.root, path)

    def _lock_deltas(self, walk: _Walk) -> None:
        if self.lock_days:
            for stored in self.store.list(deltas.PREFIX, after=f"{deltas.PREFIX}{walk.deltas_from:020d}"):
                self.protect(stored)

    def protect(self, stored: Stored) -> None:
        """Lock an object of the log, where the store can and it is not locked for longer. A store that has no locks is
        told by its probe, and does not keep the log from being signed."""
        if not self.lock_days:
            return
        try:
            self.store.lock(stored.key, self.clock.now() + timedelta(days=self.lock_days), stored.version_id)
        except Refused as error:
            _log.debug("log.not_locked", key=stored.key, reason=str(error))

    def _remember(self, walk: _Walk, signed: Signed) -> None:
        now = self.clock.now()
        with self.database.write(Lock.SIGNING) as connection:
            if walk.deltas_from < walk.growth.size:
                signing_state.write_kept(connection, walk.kept, walk.deltas_from)
            signing_state.note_signed(connection, signed.checkpoint.size, walk.growth.frontier, signed.note, now)


def _size(newest: Signed | None) -> int:
    return 0 if newest is None else newest.checkpoint.size


def _with(connection: Connection, walk: _Walk) -> signing_state.Reader:
    """Reads kept nodes from the database as far as the walk did not pass them, and from the walk."""
    fresh = {(one.level, one.number): one.hash for one in walk.kept}
    stored = signing_state.reader(connection)

    def read(level: int, start: int, end: int) -> Sequence[bytes]:
        if level == 0:
            return stored(level, start, end)
        known = min(end, max(start, walk.deltas_from >> level))
        found = list(stored(level, start, known))
        return [*found, *_following(fresh, level, start + len(found), end)]

    return read


def _following(fresh: dict[tuple[int, int], bytes], level: int, start: int, end: int) -> Iterator[bytes]:
    for number in range(start, end):
        if (level, number) not in fresh:
            return
        yield fresh[level, number]
