"""Segments that stand in the store without a row: adopted, never deleted. They are evidence.

An adopted segment's exchanges arrive with the adopting run. Of the run that wrote it only its existence counts, and how
much it asked and stored: its conclusions, coverage and bookmark were refused when they were fresh, and others have
looked since.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import Connection, exc, select

from archiver import ids, logs
from archiver.accounts.models import Account
from archiver.capture import leases
from archiver.capture.batch import FinishedSegment
from archiver.capture.commit import (
    ExchangeRow,
    apply_exchange,
    apply_imported,
    import_events,
    known_exchanges,
    known_segments,
    write_exchanges,
    write_segments,
)
from archiver.capture.committer import exchange_events, index_changed, run_event, segment_event
from archiver.capture.contents import Contents, check_hash, read_contents
from archiver.capture.facts import RunIdentity
from archiver.capture.leases import Held, Leases
from archiver.capture.models import Segment
from archiver.capture.names import follow_names
from archiver.capture.outcomes import RunOutcome
from archiver.capture.parts import Part, seal_part
from archiver.capture.pending import Pending
from archiver.capture.run_rows import write_lost_runs, write_run
from archiver.capture.standing import ADOPTION
from archiver.clock import to_text
from archiver.errors import Busy, IntegrityError, SettingsError
from archiver.evidence import log
from archiver.faults import crash_point
from archiver.records.apply import Applier
from archiver.records.import_rows import Brought
from archiver.search.index import SearchIndex
from archiver.storage.protocol import Stored
from archiver.storage.segment_names import parse_segment_key

if TYPE_CHECKING:
    from archiver.archive import Archive

_log = logs.get(__name__)


@dataclass(slots=True)
class Adoption:
    """Adopts for one archive."""

    archive: Archive
    pending: Pending
    leases: Leases

    def adopt_orphans(self) -> int:
        """Adopt every segment in the store that has no row and whose account nobody is capturing just now. How many.

        Whoever holds the account's lease is the only one who may commit for it, so an object without a row is an
        orphan once we hold it.
        """
        adopted = 0
        for account, orphans in self._orphans().items():
            try:
                adopted += self._adopt_of(account, orphans)
            except Busy:
                _log.info("adoption.postponed", account=account)
            except (exc.IntegrityError, exc.DataError) as error:
                _log.error("adoption.refused", account=account, exc_info=error)
        return adopted

    def _orphans(self) -> dict[str, list[Stored]]:
        with self.archive.database.read() as connection:
            known = set(connection.execute(select(Segment.key)).scalars())
        orphans = defaultdict(list)
        for stored in self.archive.store.list("segments/"):
            named = parse_segment_key(stored.key)
            if named is not None and stored.key not in known:
                orphans[named.account].append(stored)
        return orphans

    def _adopt_of(self, account: str, orphans: Sequence[Stored]) -> int:
        archive = self.archive
        with archive.database.read() as connection:
            if connection.execute(select(Account.id).where(Account.id == account)).first() is None:
                _log.warning("adoption.unknown_account", account=account, segments=len(orphans))
                return 0
        finished, contents = self._read(orphans)
        crash_point("adoption.read")
        # A run of ours counts after those that wrote them, also where the index knows nothing of these.
        numbers = [row.facts["run_number"] for row in contents.exchanges] + [part.number for part in contents.parts]
        with self.leases.held(account, above=max(numbers, default=0)) as held:
            return self.adopt(held, account, finished, contents)

    def _read(self, orphans: Sequence[Stored]) -> tuple[list[tuple[FinishedSegment, Stored]], Contents]:
        contents, finished = Contents(), []
        for stored in orphans:
            named = parse_segment_key(stored.key)
            assert named is not None
            found = Contents()
            try:
                check_hash(self.archive.store, stored.key, named.sha256, stored.version_id)
                with self.archive.store.open(stored.key, version_id=stored.version_id) as stream:
                    read_contents(stream, named.segment, self.archive.platforms, into=found, key=stored.key)
            except (IntegrityError, SettingsError) as error:
                _log.error("adoption.damaged", segment=named.segment, exc_info=error)
                continue
            contents.extend(found)
            finished.append((finished_segment(stored, found.warc_records[named.segment]), stored))
        return finished, contents

    def adopt(
        self, held: Held, account: str, finished: Sequence[tuple[FinishedSegment, Stored]], contents: Contents
    ) -> int:
        """Write rows for segments that were refused or forgotten, as having arrived with a run of our own. Those that
        have rows by now are passed over. How many were taken in.

        Raises:
            StaleLease: somebody else took the account over; nothing was written.
        """
        with self.archive.database.read() as connection:
            known = known_segments(connection, (one.id for one, _ in finished))
        taken_in = [(one, stored) for one, stored in finished if one.id not in known]
        if not taken_in:
            return 0
        part = self._part(RunIdentity(ids.new_id("rn"), held.epoch, account, "", ""), taken_in, contents)
        self.pending.add([part])
        try:
            self._write(held, account, taken_in, contents, part)
        except Busy:
            self.pending.done([part])  # refused for certain; after any other error it is looked up
            raise
        self.pending.settle([part])
        crash_point("adoption.done")
        return len(taken_in)

    def _write(
        self,
        held: Held,
        account: str,
        taken_in: Sequence[tuple[FinishedSegment, Stored]],
        contents: Contents,
        part: Part,
    ) -> None:
        at = self.archive.clock.now()

        def write(connection: Connection) -> None:
            leases.renew(connection, held, leases.now(connection, self.archive.clock) + self.leases.lasts)
            write_run(connection, part)
            write_segments(connection, taken_in, account, part.at, adopted_by=part.run)
            segments = {one.id for one, _ in taken_in}
            rows = [row for row in contents.exchanges if row.segment in segments]
            written, brought = write_adopted(connection, account, rows, contents.parts, held.epoch, self.archive.search)
            logged = log.subjects(connection, "exchange.archived", [row.id for row in written])
            events = [event for row in written if row.id not in logged for event in exchange_events(row)]
            events += [segment_event("segment.adopted", one, stored) for one, stored in taken_in]
            events += follow_names(connection, account, written) + import_events(account, brought)
            log.append(connection, [*events, run_event([part])], at)
            crash_point("adoption.written")

        self.archive.database.act(write)

    def _part(self, run: RunIdentity, finished: Sequence[tuple[FinishedSegment, Stored]], contents: Contents) -> Part:
        now = to_text(self.archive.clock.now())
        settings = contents.parts[0].fields["settings"] if contents.parts else ""
        return seal_part(
            {
                "v": 1,
                "run": run.run,
                "number": run.number,
                "part": 1,
                "account": run.account,
                "sweep": "new",
                "trigger": ADOPTION,
                "started_at": now,
                "at": now,
                "through": 0,
                "every": 0,
                "connector": run.connector,
                "settings": settings,
                "adopted": [one.key for one, _ in finished],
                "final": True,
                "outcome": RunOutcome.COMPLETE.value,
                "reason": "segments that were stored but not in the index were taken in",
            }
        )


def finished_segment(stored: Stored, warc_records: int) -> FinishedSegment:
    """A stored segment as its key names it."""
    named = parse_segment_key(stored.key)
    assert named is not None
    return FinishedSegment(
        named.segment,
        stored.key,
        "",
        named.sha256,
        stored.size,
        warc_records,
        named.authority,
        named.access,
        named.month,
        named.record_year,
    )


def write_adopted(
    connection: Connection,
    account: str,
    exchanges: Sequence[ExchangeRow],
    parts: Sequence[Part],
    arrival: int,
    search: SearchIndex,
) -> tuple[list[ExchangeRow], Brought]:
    """Rows of adopted exchanges, and what their runs' rows say of them. Which were written (one that another segment
    brought already is not written twice), and what of them came with imports."""
    for part in parts:
        write_run(connection, part, adopted=True)
    known = known_exchanges(connection, (row.id for row in exchanges))
    rows = list({row.id: row for row in exchanges if row.id not in known}.values())
    write_lost_runs(connection, (row.facts for row in rows))
    write_exchanges(connection, rows)
    applier = Applier(connection, account)
    for row in sorted(rows, key=lambda row: (row.facts["run_number"], row.facts["ordinal"])):
        apply_exchange(applier, row, arrival)
    applied = applier.flush()
    brought = apply_imported(connection, account, rows, arrival)
    applied.changed += brought.only_imported
    index_changed(connection, search, applied)
    return rows, brought
