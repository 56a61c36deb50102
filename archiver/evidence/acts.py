"""Acts whose facts exist in the database only: committed to in the log in the act's own transaction, written to the
object store afterwards, so that the store alone restores them.

The file is sealed in that transaction and kept in ``act_file`` until the store has it; so it is put unchanged however
often that is tried. **The log never names an act in the store whose file is not there**: files are put before the
entries that name them (:func:`archiver.evidence.deltas.store_deltas`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Update, func, insert, select, update

from archiver import ids
from archiver.database import Database, Lock, take
from archiver.errors import Busy, MissingKey
from archiver.evidence import log
from archiver.evidence.act import Act, SealedAct, key_of, open_act, seal_act
from archiver.evidence.act_types import KINDS, ActKind
from archiver.evidence.log import NewEvent
from archiver.evidence.models import ActFile
from archiver.faults import crash_point
from archiver.sealing import KeyFile
from archiver.storage.protocol import ObjectStore

#: Who acts while there is no sign-in: whoever may run commands on this machine.
PERSON = ("person", "operator")
SERVICE = ("service", "catch_up")


@dataclass(frozen=True, slots=True)
class NewAct:
    """An act that is about to be recorded."""

    kind: ActKind
    subject_id: str
    facts: Mapping[str, Any]
    actor: tuple[str, str] = PERSON


@dataclass(frozen=True, slots=True)
class Acts:
    """Records the acts of one archive."""

    key_file: KeyFile
    archive_id: str
    is_half: Callable[[Connection], bool]
    """Whether the index is being made anew: acts that were made before may not be in it yet."""

    def record(self, connection: Connection, new: NewAct, at: datetime) -> Act:
        """Record an act in the caller's transaction, together with its entry in the log.

        Raises:
            Busy: the index is being made anew; which number comes next is not known.
            MissingKey: the key file is gone although acts were sealed with it.
            ValueError: the act says what its kind does not allow.
        """
        if self.is_half(connection):
            raise Busy("the index is being made anew: run `archiver index rebuild` to its end first")
        number = self.require_key(connection)
        kind = KINDS[new.kind]
        act = Act(
            self.archive_id, number, ids.new_id("at"), new.kind.value, kind.version, at, *new.actor, kind.subject,
            new.subject_id, new.facts,
        )  # fmt: skip
        sealed = seal_act(act, *self.key_file.first())
        connection.execute(insert(ActFile).values(**row_of(sealed), sealed=sealed.content))
        log.append(connection, [recorded(act.id, number, sealed.commitment, new.actor)], at)
        return act

    def require_key(self, connection: Connection) -> int:
        """Make sure that there is a key file, which is made where nothing was sealed yet. The next act's number.

        Raises:
            MissingKey: it is gone although acts were sealed with it.
        """
        number = _next_number(connection)
        if not self.key_file.exists:
            self._create_key_file(number)
        return number

    def restate(self, connection: Connection, at: datetime) -> Act:
        """Say, under a new key, that acts up to now cannot be opened any more. Whoever calls this says all that still
        holds anew, in the same transaction."""
        facts = {"through": _next_number(connection) - 1}
        return self.record(connection, NewAct(ActKind.ACTS_RESTATED, self.archive_id, facts), at)

    def renumber(self, connection: Connection, act_id: str, number: int) -> SealedAct:
        """Seal an act that waits for the store, and whose number the log has given to another, under a free one, and
        say so in its entry, which waits too: neither is known anywhere else.

        Raises:
            IntegrityError, MissingKey: it cannot be opened.
        """
        row = connection.execute(select(ActFile.number, ActFile.sealed).where(ActFile.id == act_id)).one()
        before = open_act(row.sealed, self.archive_id, key_of(abs(row.number), act_id), self.key_file.keys())
        sealed = seal_act(replace(before.act, number=number), *self.key_file.first())
        connection.execute(update(ActFile).where(ActFile.id == act_id).values(**row_of(sealed), sealed=sealed.content))
        log.amend_waiting(connection, act_id, {"number": number, "commitment": sealed.commitment})
        return sealed

    def _create_key_file(self, number: int) -> None:
        if number > 1:
            raise MissingKey(
                f"acts were sealed, but their key file {self.key_file.path} is gone: put it back from where it is kept,"
                " or run `archiver index rotate-key --lost`"
            )
        self.key_file.create()


def recorded(act_id: str, number: int, commitment: str, actor: tuple[str, str]) -> NewEvent:
    """The entry that commits to an act."""
    facts = {"number": number, "commitment": commitment}
    return NewEvent("act.recorded", "act", act_id, facts, *actor)


def row_of(sealed: SealedAct) -> dict[str, Any]:
    """What is kept of an act's file."""
    act = sealed.act
    return {
        "number": act.number,
        "id": act.id,
        "kind": act.kind,
        "subject_id": act.subject_id,
        "commitment": sealed.commitment,
        "sha256": sha256(sealed.content).hexdigest(),
    }


def store_acts(database: Database, store: ObjectStore) -> int:
    """Put the file of every act that is committed and not in the store yet, in their order. How many this call put.

    Safe at any time, from any number of threads and processes, and after a kill anywhere.

    Raises:
        StoreUnavailable, OutOfSpace: try again later.
        IntegrityError, Conflict: the store holds another act of that number: stop and look.
    """
    put = 0
    for row in _waiting(database):
        stored = store.put(key_of(row.number, row.id), row.sealed, row.sha256)
        crash_point("act.put")
        mine = update(ActFile).where(ActFile.number == row.number, ActFile.id == row.id)
        done = mine.values(sealed=None, version_id=stored.version_id)
        database.act(partial(_execute, done))
        put += 1
    return put


def _execute(statement: Update, connection: Connection) -> None:
    connection.execute(statement)


def counted(connection: Connection) -> tuple[int, int]:
    """How many acts there are, and how many of them are not in the store yet."""
    row = connection.execute(select(func.count(), func.count(ActFile.sealed)).select_from(ActFile)).one()
    return int(row[0]), int(row[1])


def _waiting(database: Database) -> Iterator[Any]:
    """One at a time: a file may be large."""
    after = 0
    while True:
        query = select(ActFile.number, ActFile.id, ActFile.sha256, ActFile.sealed)
        query = query.where(ActFile.sealed.is_not(None), ActFile.number > after).order_by(ActFile.number).limit(1)
        with database.read() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            return
        yield row
        after = row.number


def _next_number(connection: Connection) -> int:
    """One after the other, without a gap: on PostgreSQL whoever records holds the lock until it is committed."""
    take(connection, Lock.ACTS)
    return int(connection.execute(select(func.coalesce(func.max(ActFile.number), 0))).scalar_one()) + 1
