"""What a process that died left behind, finished: before anything new is fetched, the platform may no longer have it.

For every batch found in a spool folder that nobody holds:

* a *choice* is there: the finished segment files are put again as they are, and committed;
* only frames, and its run had stored nothing: the waiting run record is what was chosen, and its rows are written;
* only frames: the exchanges in them are read, chosen and committed in the name of their run, which ends *interrupted*;
* a later run of the account was archived in the meantime: the segments are put and **adopted** (see
  :mod:`archiver.capture.adoption`); nothing that was refused when it was fresh moves a bookmark or coverage.

Everything is worked on in the folder where it was found, so that whoever finishes what we leave unfinished finds it in
one place. Torn tails of frame files are kept aside, never dropped.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import exc, select

from archiver import logs
from archiver.capture.adoption import Adoption
from archiver.capture.batch import FinishedSegment
from archiver.capture.commit import exchange_row
from archiver.capture.committer import Committer, Work
from archiver.capture.contents import Contents, read_contents
from archiver.capture.facts import RunIdentity
from archiver.capture.leases import Held, Leases, StaleLease
from archiver.capture.leftovers import Leftover, leftovers
from archiver.capture.models import Exchange, Run, Segment
from archiver.capture.parts import Part
from archiver.capture.pending import Pending, forget, left_behind
from archiver.capture.rereading import Rereading
from archiver.capture.run_rows import NOT_COMMITTED
from archiver.capture.spool import Spool, SpoolError, is_empty, sync_folder
from archiver.errors import Busy, IntegrityError, SettingsError
from archiver.evidence import log
from archiver.faults import crash_point
from archiver.storage.protocol import Stored

if TYPE_CHECKING:
    from archiver.archive import Archive

_log = logs.get(__name__)
#: What is wrong with one batch, and keeps no other from being finished: in use, unreadable, of a connector that is not
#: installed, or refused by the database for what it says. A store, disk or database that is away is not among these.
_OF_THIS_ONE = (Busy, IntegrityError, SpoolError, SettingsError, exc.IntegrityError, exc.DataError)
_Waiting = dict[str, list[Part]]


@dataclass(slots=True)
class RecoveryReport:
    """What was found and done."""

    folders: int = 0
    """Folders of dead processes that had something in them."""
    batches: int = 0
    exchanges: int = 0
    adopted: int = 0
    postponed: int = 0
    """Batches and run records that stay in the spool for now: their account is in use, or they cannot be read."""
    torn: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Recovery:
    """Drains spool folders for one process."""

    archive: Archive
    spool: Spool
    pending: Pending
    committer: Committer
    leases: Leases
    _left: dict[str, set[str]] = field(default_factory=dict)
    """Batches of this process that could not be finished, by account."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def recover(self) -> RecoveryReport:
        """Drain every folder of a dead process, then adopt what stands in the store without a row.

        Raises:
            StoreUnavailable, OutOfSpace: some of it could not be finished; nothing is lost, the next start goes on.
        """
        report = self.take_over()
        report.adopted += self._adoption.adopt_orphans()
        return report

    def take_over(self) -> RecoveryReport:
        """Drain every folder of a dead process.

        Raises:
            StoreUnavailable, OutOfSpace: some of it could not be finished; nothing is lost, the next call goes on.
        """
        report = RecoveryReport()
        for folder in self.spool.abandoned():
            report.folders += not is_empty(folder)
            self.leases.free(folder.name)
            self._drain(folder, report)
        return report

    def leave(self, account: str, stem: str) -> None:
        """A batch of this process could not be finished; :meth:`finish_own` will."""
        with self._lock:
            self._left.setdefault(account, set()).add(stem)

    def unfinished(self) -> set[str]:
        """Accounts with something that :meth:`finish_own` has to finish."""
        with self._lock:
            return set(self._left) | self.pending.accounts()

    def finish_own(self, account: str) -> None:
        """Finish batches of this process whose commit failed before (the store or the database was away).

        Raises:
            ArchiverError: still away; nothing new is captured on top.
        """
        report = RecoveryReport()
        with self._lock:
            left = frozenset(self._left.get(account, ()))
        for found in leftovers(self.spool.folder, report.torn, left):
            self._finish(found, _by_run(self.pending.unsettled(account)), report)
        with self._lock:
            self._left.get(account, set()).difference_update(left)
            if not self._left.get(account, True):
                del self._left[account]
        for parts in self.pending.unsettled(account):
            with self.leases.held(account) as held:
                self._settle(held, parts)

    @property
    def _adoption(self) -> Adoption:
        return Adoption(self.archive, self.pending, self.leases)

    # One folder

    def _drain(self, folder: Path, report: RecoveryReport) -> None:
        waiting = left_behind(folder)
        for one in leftovers(folder, report.torn):
            try:
                self._finish(one, waiting, report)
            except _OF_THIS_ONE as error:
                self._postpone(one.identity.run, error, report)
                waiting.pop(one.identity.run, None)
        for run, parts in waiting.items():
            try:
                self._take_over_pending(folder, parts)
            except _OF_THIS_ONE as error:
                self._postpone(run, error, report)
        sync_folder(folder)

    def _postpone(self, run: str, error: Exception, report: RecoveryReport) -> None:
        """One that cannot be finished now keeps no other from being finished."""
        report.postponed += 1
        _log.warning("recovery.postponed", run=run, exc_info=error)

    # One batch

    def _finish(self, one: Leftover, waiting: _Waiting, report: RecoveryReport) -> None:
        with self.leases.held(one.identity.account, dead=one.folder.name) as held:
            if one.finished:
                self._put_again(held, one, waiting, report)
            elif not self._is_quiet(held, one, waiting):
                self._choose_again(held, one, report)
            crash_point("recovery.committed")
        one.clear()

    def _is_quiet(self, held: Held, one: Leftover, waiting: _Waiting) -> bool:
        """Whether all there is to write of this batch is a run record, which then is written."""
        if self._is_committed(one):
            return True
        parts = waiting.get(one.identity.run)
        if parts is None:
            return False
        if self._resolve(held, parts):
            return True
        # Refused. What was captured is in the frames; the record says what must not count any more.
        del waiting[one.identity.run]
        self._forget(one.folder, parts)
        return False

    def _put_again(self, held: Held, one: Leftover, waiting: _Waiting, report: RecoveryReport) -> None:
        if self.committer.is_committed([segment.id for segment in one.finished]):
            return
        try:
            stored, contents = self._stored_again(one)
        except IntegrityError as error:
            captured = one.without_choice(report.torn)
            if captured is None:
                raise
            _log.error("spool.segment_damaged", run=one.identity.run, exc_info=error)
            self._choose_again(held, captured, report)
            return
        crash_point("recovery.put")
        if self._commit(held, one.identity, stored, contents, one.at, report):
            # Waiting records that rode along are archived now.
            rode = [part for part in contents.parts if part.run != one.identity.run]
            self._forget(one.folder, rode)
            for part in rode:
                waiting.pop(part.run, None)

    def _stored_again(self, one: Leftover) -> tuple[list[tuple[FinishedSegment, Stored]], Contents]:
        stored = self.committer.put(one.folder, one.finished)
        contents = Contents()
        for segment in one.finished:
            with (one.folder / segment.path).open("rb") as stream:
                read_contents(stream, segment.id, self.archive.platforms, into=contents)
        return stored, contents

    def _choose_again(self, held: Held, one: Leftover, report: RecoveryReport) -> None:
        """Read the spooled exchanges as the run would have, and finish the run."""
        rereading = Rereading(self.archive, self.spool, one, self._free_part(one))
        finished = rereading.perform()
        crash_point("recovery.sealed")
        stored = self.committer.put(one.folder, finished)
        crash_point("recovery.put")
        contents = Contents(parts=list(rereading.parts))
        contents.exchanges.extend(exchange_row(entry) for entry in rereading.entries)
        self._commit(held, one.identity, stored, contents, rereading.at, report)

    def _commit(
        self,
        held: Held,
        identity: RunIdentity,
        stored: list[tuple[FinishedSegment, Stored]],
        contents: Contents,
        at: datetime | None,
        report: RecoveryReport,
    ) -> bool:
        """False: it was refused, and adopted."""
        report.batches += 1
        report.exchanges += len(contents.exchanges)
        own = [part for part in contents.parts if part.run == identity.run]
        assert at is not None
        work = Work(identity.account, identity.run, identity.number, stored, contents.exchanges, own, at)
        try:
            self.committer.commit(held, work)
        except StaleLease:
            report.adopted += self._adoption.adopt(held, identity.account, stored, contents)
            return False
        return True

    # Waiting run records

    def _take_over_pending(self, folder: Path, parts: Sequence[Part]) -> None:
        """Waiting records of a dead process wait with ours, once their rows are there."""
        with self.leases.held(parts[0].account, dead=folder.name) as held:
            if self._resolve(held, parts):
                self.pending.add(parts, settled=True)
            forget(folder, parts)

    def _settle(self, held: Held, parts: Sequence[Part]) -> None:
        """The same for one of our own whose commit gave no answer."""
        if self._resolve(held, parts):
            self.pending.settle(parts)
        else:
            self.pending.done(parts)

    def _resolve(self, held: Held, parts: Sequence[Part]) -> bool:
        """Write the rows of a waiting run record where they are missing. False: they are refused."""
        first = parts[0]
        ended = self._ended(first.run)
        if ended is not None:
            # Where the record could not be kept, and yet was, its run was finished from its frames instead.
            return ended == first.at
        if first.adopted:
            return False  # An adoption without rows did not happen; its segments are found again as orphans.
        work = Work(first.account, first.run, first.number, (), (), parts, first.at)
        try:
            self.committer.commit(held, work, logged=self._is_logged(first.run))
        except StaleLease:
            _log.warning("recovery.refused", run=first.run)
            return False
        return True

    def _ended(self, run: str) -> datetime | None:
        """When the last part of a run was written that the index knows; None: it has none."""
        with self.archive.database.read() as connection:
            return connection.execute(select(Run.finished_at).where(Run.id == run)).scalar()

    def _is_committed(self, one: Leftover) -> bool:
        """Whether its run committed this batch itself. Of one that was adopted in part, the rest may be in the frames
        alone."""
        run = one.identity.run
        adopted = select(Exchange.id).join(Segment, Segment.id == Exchange.segment_id)
        adopted = adopted.where(Exchange.run_id == run, Segment.adopted_by.is_not(None))
        with self.archive.database.read() as connection:
            row = connection.execute(select(Run.reason, Run.parts).where(Run.id == run)).first()
            if row is None or row.reason in NOT_COMMITTED:
                return False
            told = any(number == one.part for number, _ in row.parts or ())
            return one.part == 1 or (told and connection.execute(adopted.limit(1)).first() is None)

    def _free_part(self, one: Leftover) -> int:
        """The number of the part of its record that a run gets for a batch that is read again: one that no other part
        has, where some of the batch was adopted with its own."""
        with self.archive.database.read() as connection:
            parts = connection.execute(select(Run.parts).where(Run.id == one.identity.run)).scalar()
        taken = {number for number, _ in parts or ()}
        return one.part if one.part not in taken else max(taken | set(one.parts)) + 1

    def _is_logged(self, run: str) -> bool:
        """Whether the log knows its end already: its rows were there, and were lost with the index."""
        with self.archive.database.read() as connection:
            return bool(log.subjects(connection, "run.finished", [run]))

    def _forget(self, folder: Path, parts: Sequence[Part]) -> None:
        """Remove waiting records, of a dead process or of our own."""
        forget(folder, parts)
        self.pending.done(parts)


def _by_run(waiting: Sequence[Sequence[Part]]) -> _Waiting:
    return {parts[0].run: list(parts) for parts in waiting}
