"""What a process that died left behind, finished: before anything new is fetched, the platform may no longer have it.

For every batch found in a spool folder that nobody holds:

* a *choice* is there: the finished segment files are put again as they are, and committed;
* only frames: the exchanges in them are read, chosen and committed in the name of their run, which ends *interrupted*;
* a later run of the account was archived in the meantime: the segments are put and **adopted** (see
  :mod:`archiver.capture.adoption`); nothing that was refused when it was fresh moves a bookmark or coverage.

Torn tails of frame files are kept aside, never dropped.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import select

from archiver import logs
from archiver.capture import leases
from archiver.capture.adoption import Adoption
from archiver.capture.asking import understand_wire
from archiver.capture.batch import Batch, FinishedSegment, clear_files, stems, taken_from_frame
from archiver.capture.commit import exchange_row
from archiver.capture.committer import Committer, Work, closed_at
from archiver.capture.contents import Contents, read_contents
from archiver.capture.facts import Taken
from archiver.capture.leases import Held, StaleLease
from archiver.capture.models import Run
from archiver.capture.parts import Part
from archiver.capture.pending import Pending, left_behind
from archiver.capture.run import RunState, RunTerms, terms_from
from archiver.capture.seen import Seen
from archiver.capture.spool import Spool, keep_torn, read_frames, sync_folder
from archiver.faults import crash_point
from archiver.storage.protocol import Stored

if TYPE_CHECKING:
    from archiver.archive import Archive

_log = logs.get(__name__)


@dataclass(slots=True)
class RecoveryReport:
    """What was found and done."""

    folders: int = 0
    batches: int = 0
    exchanges: int = 0
    adopted: int = 0
    torn: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Recovery:
    """Drains spool folders for one process."""

    archive: Archive
    spool: Spool
    pending: Pending
    committer: Committer

    def recover(self) -> RecoveryReport:
        """Drain every folder of a dead process, then adopt what stands in the store without a row.

        Raises:
            StoreUnavailable, OutOfSpace, IntegrityError: some of it could not be finished; nothing is lost, the next
                start goes on.
        """
        report = RecoveryReport()
        for folder in self.spool.abandoned():
            report.folders += 1
            self._drain(folder, report)
            self._take_over_pending(folder)
        report.adopted += Adoption(self.archive, self.pending, self.committer, self.spool.folder.name).adopt_orphans()
        return report

    def finish_own(self, account_id: str) -> None:
        """Finish batches of this process whose commit failed before (the store or the database was away).

        Raises:
            ArchiverError: still away; nothing new is captured on top.
        """
        report = RecoveryReport()
        self._drain(self.spool.folder, report, only=account_id)

    def _drain(self, folder: Path, report: RecoveryReport, only: str | None = None) -> None:
        for stem in list(stems(folder)):
            terms = _terms_of(folder, stem, report)
            if terms is None:
                clear_files(folder, stem)  # no exchange was kept: nothing but an empty segment
            elif only is None or terms.identity.account == only:
                self._finish(folder, stem, terms, report)

    def _finish(self, folder: Path, stem: str, terms: RunTerms, report: RecoveryReport) -> None:
        account = terms.identity.account
        with self._leased(account, folder.name) as held:
            choice = folder / f"{stem}.choice"
            if choice.exists():
                stored, contents = self._put_again(folder, choice)
            else:
                stored, contents = self._choose_again(folder, stem, terms, report)
            report.batches += 1
            report.exchanges += len(contents.exchanges)
            self._commit(held, terms, stored, contents, report)
        clear_files(folder, stem)
        clear_files(self.spool.folder, stem)
        sync_folder(folder)

    def _put_again(self, folder: Path, choice: Path) -> tuple[list[tuple[FinishedSegment, Stored]], Contents]:
        finished = [FinishedSegment(**one) for one in json.loads(choice.read_bytes())["segments"]]
        stored = self.committer.put(folder, finished)
        contents = Contents()
        for one in finished:
            with (folder / one.path).open("rb") as stream:
                read_contents(stream, one.id, self.archive.platforms, into=contents)
        return stored, contents

    def _choose_again(
        self, folder: Path, stem: str, terms: RunTerms, report: RecoveryReport
    ) -> tuple[list[tuple[FinishedSegment, Stored]], Contents]:
        """Read the spooled exchanges as the run would have, and finish the run."""
        number = int(stem.split(".")[1])
        batch = Batch(self.spool.folder, terms.identity, number, terms.segments)
        state = RunState(terms, self.spool, batch, {}, part=number)
        seen = Seen(self.archive.database, terms.identity.account, terms.identity.run)
        connector = self.archive.platforms.connector(terms.identity.platform)
        last = 0
        for taken in _spooled(folder, stem, report):
            reading = understand_wire(connector, taken.ask, taken.wire)
            whole = Taken(taken.ordinal, taken.ask, taken.wire, reading, taken.medium, taken.follows, taken.control_of)
            last = taken.ordinal + 1
            state.tally.asked(taken.ask.purpose, taken.wire.status)
            choice = seen.choose(whole, reading).choice
            if choice.store or taken.medium or taken.control_of is not None:
                state.store([whole])
                seen.stored(whole, reading)
            else:
                state.tally_of(taken.ask.access).seen_again(choice.same, taken.wire.received_at)
        at = self.archive.clock.now()
        parts = state.parts(at, last, None)
        finished = batch.seal(parts, at)
        crash_point("recovery.sealed")
        stored = self.committer.put(self.spool.folder, finished)
        contents = Contents(parts=list(parts))
        contents.exchanges.extend(exchange_row(entry) for entry in batch.entries)
        return stored, contents

    def _commit(
        self,
        held: Held,
        terms: RunTerms,
        stored: list[tuple[FinishedSegment, Stored]],
        contents: Contents,
        report: RecoveryReport,
    ) -> None:
        identity = terms.identity
        own = [part for part in contents.parts if part.run == identity.run]
        work = Work(
            identity.account, identity.run, identity.number, stored, contents.exchanges, own, closed_at(contents.parts)
        )
        try:
            self.committer.commit(held, work)
        except StaleLease:
            adoption = Adoption(self.archive, self.pending, self.committer, self.spool.folder.name)
            report.adopted += adoption.adopt(held, identity.account, stored, contents)

    def _take_over_pending(self, folder: Path) -> None:
        """Waiting run records of a dead process: their rows are written where the process died in between, and they
        wait with ours."""
        for path, parts in left_behind(folder).items():
            if parts:
                with self._leased(parts[0].account, folder.name) as held:
                    self._settle_pending(held, parts)
            path.unlink()
            sync_folder(folder)

    def _settle_pending(self, held: Held, parts: Sequence[Part]) -> None:
        with self.archive.database.read() as connection:
            runs = select(Run.id).where(Run.id.in_([part.run for part in parts]))
            there = set(connection.execute(runs).scalars())
        # An adoption without rows did not happen; its segments are found again as orphans.
        kept = [part for part in parts if part.run in there or not part.adopted]
        if kept:
            self.pending.add(kept)
        for part in kept:
            if part.run not in there:
                self.committer.commit(held, Work(part.account, part.run, part.number, (), (), [part], part.at))

    @contextmanager
    def _leased(self, account: str, dead: str) -> Iterator[Held]:
        archive = self.archive
        lasts = timedelta(seconds=archive.settings.lease_seconds)
        now = archive.clock.now()
        held = leases.acquire(archive.database, account, self.spool.folder.name, now, lasts, dead=dead)
        try:
            yield held
        finally:
            leases.release(archive.database, held, archive.clock.now())


def _terms_of(folder: Path, stem: str, report: RecoveryReport) -> RunTerms | None:
    """The terms of a batch's run; None where not one exchange was kept."""
    path = folder / f"{stem}.frames"
    if not path.exists():
        return None
    with path.open("rb") as file:
        first, exchanges, end = None, 0, 0
        for header, _, after in read_frames(file):
            first, end = first or header.get("terms"), after
            exchanges += "ask" in header
    torn = keep_torn(path, end)
    if torn is not None:
        report.torn.append(torn.name)
        _log.warning("spool.torn", file=torn.name)
    return terms_from(first) if first is not None and exchanges else None


def _spooled(folder: Path, stem: str, report: RecoveryReport) -> Iterator[Taken]:
    with (folder / f"{stem}.frames").open("rb") as file:
        for header, parts, _ in read_frames(file):
            if "ask" in header:
                yield taken_from_frame(header, parts, folder)
