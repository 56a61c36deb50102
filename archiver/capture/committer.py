"""From a sealed batch to rows: put the finished segments, then one transaction, refused if the lease is stale."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import Connection, select

from archiver.capture import leases
from archiver.capture.batch import FinishedSegment
from archiver.capture.commit import (
    ExchangeRow,
    apply_conclusions,
    apply_exchange,
    apply_imported,
    import_events,
    known_segments,
    write_exchanges,
    write_segments,
)
from archiver.capture.deposits import SOURCE, event_facts
from archiver.capture.leases import Held, StaleLease
from archiver.capture.models import Run
from archiver.capture.names import follow_names
from archiver.capture.parts import PUBLIC, Part
from archiver.capture.run_rows import write_lost_runs, write_run
from archiver.capture.standing import follow
from archiver.clock import Clock
from archiver.database import Database
from archiver.evidence import log
from archiver.evidence.log import NewEvent
from archiver.faults import crash_point
from archiver.helper import Helper
from archiver.records import followed as followed_links
from archiver.records.apply import Applied, Applier
from archiver.search.index import SearchIndex
from archiver.search.source import answered_by, read_documents
from archiver.storage.protocol import ObjectStore, Stored


@dataclass(frozen=True, slots=True)
class Work:
    """What one transaction has to write."""

    account: str
    run: str
    number: int
    segments: Sequence[tuple[FinishedSegment, Stored]]
    exchanges: Sequence[ExchangeRow]
    parts: Sequence[Part]
    """Of this run. Pending parts of earlier runs have their rows already."""
    closed_at: datetime
    """When its segments were closed: the time of the run records made then, so that a rebuild repeats it."""


@dataclass(frozen=True, slots=True)
class Committer:
    """Writes batches of one archive."""

    database: Database
    store: ObjectStore
    search: SearchIndex
    clock: Clock
    lease_lasts: timedelta

    def put(self, folder: Path, finished: Sequence[FinishedSegment]) -> list[tuple[FinishedSegment, Stored]]:
        """Put finished segment files, as they are. Putting one again is success.

        Raises:
            StoreUnavailable, Conflict, IntegrityError, OutOfSpace: they are not (all) there.
        """
        stored = []
        for one in finished:
            stored.append((one, self.store.put(one.key, folder / one.path, one.sha256)))
            crash_point("commit.put")
        return stored

    def commit(
        self,
        held: Held,
        work: Work,
        *,
        release: bool = False,
        settle: Callable[[Connection], None] | None = None,
        logged: bool = False,
        helper: Helper | None = None,
    ) -> None:
        """Everything a batch brought, in one transaction; ``settle`` writes what the clock needs to know. ``logged``:
        the log has it already, since it was committed before the index was lost.

        Raises:
            StaleLease: somebody else took the account over; nothing was written.
            DBAPIError: the database failed; whether anything was written is not known.
        """
        at = self.clock.now()

        def write(connection: Connection) -> None:
            now = leases.now(connection, self.clock)
            leases.renew(connection, held, now if release else now + self.lease_lasts, release=release)
            if _overtaken(connection, work):
                raise StaleLease("a later run of this account was archived first")
            crash_point("commit.begun")
            write_segments(connection, work.segments, work.account, work.closed_at)
            applied, followed = write_work(connection, work, arrival=work.number)
            index_changed(connection, self.search, applied, helper)
            if not logged:
                log.append(connection, [*work_events(work), *followed], at)
            if settle is not None:
                settle(connection)
            crash_point("commit.written")

        self.database.act(write)
        crash_point("commit.done")

    def is_committed(self, segments: Collection[str]) -> bool:
        """Whether there are rows for every one of these segments, by id."""
        with self.database.read() as connection:
            return not set(segments) - known_segments(connection, segments)


def write_work(connection: Connection, work: Work, arrival: int) -> tuple[Applied, list[NewEvent]]:
    """Rows of a run's parts and exchanges, interleaved as they came: the one order both live and in a rebuild. Also
    the events that follow from them, for live work to log."""
    followed: list[NewEvent] = []
    only_imported: list[str] = []
    linked: list[str] = []
    applier = Applier(connection, work.account)
    left = sorted(work.exchanges, key=lambda row: row.facts["ordinal"])
    ordered = sorted(work.parts, key=lambda part: (part.part, part.access != PUBLIC, part.access))
    for part in ordered:
        write_run(connection, part)
        before = [row for row in left if row.facts["ordinal"] < part.through]
        left = left[len(before) :]
        followed += _apply_rows(connection, applier, work.account, before, arrival, only_imported)
        apply_conclusions(connection, applier, part)
        linked += followed_links.apply(connection, work.account, part.links, part.at)
        if part.final and part.access == PUBLIC:
            followed += follow(connection, part, [one for one in ordered if one.run == part.run])
    write_lost_runs(connection, (row.facts for row in left))
    followed += _apply_rows(connection, applier, work.account, left, arrival, only_imported)
    applied = applier.flush()
    applied.changed += [*only_imported, *linked]
    return applied, followed


def _apply_rows(
    connection: Connection,
    applier: Applier,
    account: str,
    rows: Sequence[ExchangeRow],
    arrival: int,
    only_imported: list[str],
) -> list[NewEvent]:
    write_exchanges(connection, rows)
    for row in rows:
        apply_exchange(applier, row, arrival)
    brought = apply_imported(connection, account, rows, arrival)
    only_imported += brought.only_imported
    return follow_names(connection, account, rows) + import_events(account, brought)


def _overtaken(connection: Connection, work: Work) -> bool:
    """Whether another run of the account has its number or a later one."""
    others = select(Run.id).where(Run.account_id == work.account, Run.number >= work.number, Run.id != work.run)
    return connection.execute(others.limit(1)).first() is not None


def work_events(work: Work) -> list[NewEvent]:
    """What is logged of a commit, beside what follows from the end of a run."""
    events = [event for row in work.exchanges for event in exchange_events(row)]
    events += [segment_event("segment.archived", one, stored) for one, stored in work.segments]
    made = itertools.groupby(sorted(work.parts, key=_made), key=_made)
    return events + [run_event(list(parts)) for _, parts in made]


def _made(part: Part) -> tuple[str, int]:
    return part.run, part.part


def exchange_event(row: ExchangeRow) -> NewEvent:
    facts = row.facts
    return NewEvent(
        "exchange.archived",
        "exchange",
        row.id,
        {"segment": row.segment, "run": facts["run"], "account": facts["account"], "commitment": facts["commitment"]},
    )


def exchange_events(row: ExchangeRow) -> list[NewEvent]:
    """What is logged of one exchange: of a deposit also who did it."""
    events = [exchange_event(row)]
    if row.facts["source"] == SOURCE:
        actor, told = row.facts["origin"]["actor"], event_facts(row.facts, row.ask.access.value)
        events.append(NewEvent("deposit.made", "exchange", row.id, told, actor["kind"], actor["id"]))
    return events


def segment_event(kind: str, segment: FinishedSegment, stored: Stored) -> NewEvent:
    facts = {"key": segment.key, "sha256": segment.sha256, "size": segment.size, "warc_records": segment.warc_records}
    return NewEvent(kind, "segment", segment.id, facts | {"version": stored.version_id})


def run_event(parts: Sequence[Part]) -> NewEvent:
    """A run's end, or another part of its record: the same part of it in every access class is one event."""
    first = min(parts, key=lambda part: part.access != PUBLIC)
    commitments = {part.access: part.fields["commitment"] for part in parts}
    facts = {"account": first.account, "number": first.number, "part": first.part, "commitments": commitments}
    if first.final and first.access == PUBLIC:
        ended = {name: first.fields[name] for name in ("sweep", "outcome", "trigger")}
        return NewEvent("run.finished", "run", first.run, facts | ended)
    return NewEvent("run.recorded", "run", first.run, facts)


def index_changed(connection: Connection, search: SearchIndex, applied: Applied, helper: Helper | None = None) -> None:
    """Bring the search index up to date with records that changed, and with those they answer."""
    if applied.changed:
        touched = dict.fromkeys((*applied.changed, *answered_by(connection, applied.changed, applied.made)))
        search.put(connection, read_documents(connection, touched, applied.made), helper=helper)
