"""Writing what an import stores, a batch at a time, each batch a run of its own.

A batch is filled while nobody is held up; the account's lease is held only while it is written. Nothing of a batch
counts before its choice is written ([how a batch is finished](../capture/batch.py)): what a process leaves that died
before is cleared away by the next start, what it leaves after that is finished by it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Row

from archiver import ids
from archiver.capture.batch import Batch, clear_files
from archiver.capture.commit import exchange_row
from archiver.capture.commitments import Commitments
from archiver.capture.committer import Work
from archiver.capture.facts import RunIdentity, Taken
from archiver.capture.leases import Held
from archiver.capture.outcomes import RunOutcome
from archiver.capture.parts import Part, seal_part
from archiver.capture.run import home_of
from archiver.capture.service import Capture
from archiver.capture.standing import IMPORT
from archiver.capture.terms import about, said_before, segment_terms
from archiver.clock import to_text
from archiver.errors import Busy
from archiver.evidence.deltas import store_deltas
from archiver.faults import crash_point
from archiver.imports.making import Block
from archiver.imports.planning import Watch
from archiver.records import import_views
from connectors.contract import AccessClass

if TYPE_CHECKING:
    from archiver.archive import Archive

_BATCH_BLOCKS = 500
_TRIES = 600
_BETWEEN_TRIES = 1.0
"""Seconds between two tries to have the account to oneself."""


class Filling:
    """A batch that is being filled. Its files in the spool bear the name of the run that it becomes, so that whoever
    clears up after a process that died finds them."""

    def __init__(self, folder: Path) -> None:
        self.run = ids.new_id("rn")
        self.blocks: list[Block] = []
        self.size = 0
        self.handed_over = False
        """Its files are the batch's by now."""
        self._folder = folder
        self._files = 0

    def body_path(self) -> Path:
        """A new file for a body too large for memory."""
        self._files += 1
        return self._folder / f"{self.run}.1.body-{self._files}"

    def add(self, block: Block) -> None:
        self.blocks.append(block)
        self.size += block.size

    def drop(self) -> None:
        """Remove its files, unless they are the batch's."""
        if not self.handed_over:
            clear_files(self._folder, f"{self.run}.1")


@dataclass(slots=True)
class BatchWriter:
    """Stores the blocks of one import."""

    capture: Capture
    account: Row[Any]
    import_id: str
    version: str
    """Of the reader of this kind of export."""
    watch: Watch
    check_stop: Callable[[], None]
    _filling: Filling = field(init=False)

    def __post_init__(self) -> None:
        self._filling = Filling(self.capture.spool.folder)

    @property
    def _archive(self) -> Archive:
        return self.capture.archive

    def body_path(self) -> Path:
        """A new file in the spool, for a body of the block that comes next."""
        return self._filling.body_path()

    def store(self, made: Iterable[Block]) -> None:
        """Store all of them.

        Raises:
            Stopped, Busy, StoreUnavailable, DatabaseUnavailable: what was committed stays; nothing else counts.
        """
        limit = self._archive.settings.segment_bytes
        try:
            for block in made:
                self._filling.add(block)
                self.check_stop()
                if self._filling.size >= limit or len(self._filling.blocks) >= _BATCH_BLOCKS:
                    self._write()
            self._write()
        finally:
            self._filling.drop()

    def _write(self) -> None:
        filling = self._filling
        if filling.blocks:
            self._with_lease(lambda held: self._store(held, filling))
            store_deltas(self._archive.database, self._archive.store)
            crash_point("import.batch_stored")
        filling.drop()
        self._filling = Filling(self.capture.spool.folder)

    def _store(self, held: Held, filling: Filling) -> None:
        """What another process has not stored meanwhile, that was told to bring the same file."""
        names = {block.origin["name"] for block in filling.blocks}
        with self._archive.database.read() as connection:
            known = import_views.stored_blocks(connection, self.import_id, names)
        filling.blocks = [one for one in filling.blocks if (one.origin["name"], one.origin["start"]) not in known]
        if filling.blocks:
            self._commit(held, filling)

    def _with_lease(self, act: Callable[[Held], None]) -> None:
        """Wait for whoever captures the account just now, some minutes at most."""
        for attempt in range(_TRIES):
            self.check_stop()
            try:
                self.capture.recovery.finish_own(self.account.id)
                with self.capture.leases.held(self.account.id) as held:
                    act(held)
                return
            except Busy:
                if self._filling.handed_over or attempt == _TRIES - 1:
                    raise
                self.watch("Waiting for the run under way", 0, 0)
                time.sleep(_BETWEEN_TRIES)

    def _commit(self, held: Held, filling: Filling) -> None:
        capture, account = self.capture, self.account
        identity = RunIdentity(filling.run, held.epoch, account.id, account.platform, self.version)
        batch = Batch(capture.spool.folder, identity, 1, segment_terms(self._archive, account), Commitments(None))
        filling.handed_over = True
        try:
            for ordinal, block in enumerate(filling.blocks):
                batch.store(Taken(ordinal, block.ask, block.wire(), block.reading, origin=block.origin))
            at = self._archive.clock.now()
            parts = self._parts(identity, filling, at)
            finished = batch.seal(parts, at)
            stored = capture.committer.put(capture.spool.folder, finished)
            rows = [exchange_row(entry) for entry in batch.entries]
            work = Work(account.id, identity.run, identity.number, stored, rows, parts, at)
            capture.committer.commit(held, work, release=True)
            batch.clear()
        except BaseException:
            batch.abandon()
            capture.recovery.leave(account.id, batch.stem)
            raise

    def _parts(self, identity: RunIdentity, filling: Filling, at: datetime) -> list[Part]:
        """What the run says of itself: no bookmark, no coverage, no conclusion. Nobody looked at anything. What was
        stored in another access class stands in a part of that class."""
        by_home: dict[str, list[Block]] = {AccessClass.PUBLIC.value: []}
        for block in filling.blocks:
            by_home.setdefault(home_of(block.ask.access), []).append(block)
        with self._archive.database.read() as connection:
            _, said = said_before(connection, self.account, "")
        parts = []
        for access, several in by_home.items():
            fields = self._fields(identity, filling, at) | {"counts": {"imported": len(several)} if several else None}
            if access == AccessClass.PUBLIC.value:
                fields |= {"final": True, "outcome": RunOutcome.COMPLETE.value}
                fields |= {"about": None if said else about(self.account)}
            else:
                fields["access"] = access
            parts.append(seal_part(fields))
        return parts

    def _fields(self, identity: RunIdentity, filling: Filling, at: datetime) -> dict[str, Any]:
        return {
            "v": 1,
            "run": identity.run,
            "number": identity.number,
            "part": 1,
            "account": identity.account,
            "sweep": IMPORT,
            "trigger": IMPORT,
            "started_at": to_text(min(block.at for block in filling.blocks)),
            "at": to_text(at),
            "through": len(filling.blocks),
            "every": 0,
            "connector": identity.connector,
            "settings": "",
            "import": self.import_id,
        }
