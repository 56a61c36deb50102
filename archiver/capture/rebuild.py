"""The index, made anew from the object store alone.

First the acts that no exchange tells of (:mod:`archiver.capture.restoring`). Then two passes per account. One
(:mod:`archiver.capture.survey`) reads every segment once, proves it, and learns in which order everything arrived. The
other applies batch after batch in that order with the code that wrote the index in
the first place, each in a transaction that also notes how far it came: a rebuild that is stopped goes on where it was.
Damage is reported and passed by; everything that can be read is in the index again. What had been committed and not
logged in the store when the database was lost is logged now, so that every exchange has its entry.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from contextlib import closing
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy import Connection, delete, insert, select

from archiver import clock
from archiver.accounts import acts as register
from archiver.accounts.models import Account, Handle
from archiver.capture import due, leases
from archiver.capture.adoption import write_adopted
from archiver.capture.commit import import_events, write_segments
from archiver.capture.committer import (
    Work,
    exchange_events,
    index_changed,
    segment_event,
    work_events,
    write_work,
)
from archiver.capture.contents import Contents, read_contents
from archiver.capture.models import Coverage, Deposit, Exchange, Gap, Run, Segment, Standing, Watch
from archiver.capture.names import follow_names
from archiver.capture.proving import is_logged
from archiver.capture.restoring import RestoredActs, Turn, in_turn, restore_acts
from archiver.capture.survey import Logged, Step, Survey, Surveyed, read_logged, steps
from archiver.database import Lock
from archiver.errors import Busy, IntegrityError
from archiver.evidence import log
from archiver.evidence.act_reading import FoundAct
from archiver.evidence.deltas import restore_log
from archiver.evidence.log import NewEvent
from archiver.evidence.signer import CheckpointRefused
from archiver.faults import crash_point
from archiver.helper import OnDemand
from archiver.people import acts as people
from archiver.records.import_models import ImportedFile, ImportedVersion, ImportEnd
from archiver.records.models import (
    Link,
    Medium,
    Occurrence,
    Picture,
    RebuildProgress,
    Record,
    RecordLink,
    RecordState,
    Version,
)
from archiver.storage.protocol import Stored
from archiver.storage.segment_names import parse_segment_key

if TYPE_CHECKING:
    from archiver.archive import Archive

_TABLES = (
    ImportedVersion,
    ImportedFile,
    ImportEnd,
    RecordLink,
    Link,
    Picture,
    Occurrence,
    RecordState,
    Medium,
    Version,
    Record,
    Coverage,
    Gap,
    Standing,
    Watch,
    Deposit,
    Exchange,
    Segment,
    Run,
)
_WORTH_HELP = 1000
"""So many records of one commit before a helping process is started, which takes longer than to index a few."""
_TRANSACTION = 20


@dataclass(frozen=True, slots=True)
class RebuildProgressed:
    """For a watching person."""

    phase: str
    segments_done: int
    segments: int
    records: int


@dataclass(slots=True)
class RebuildReport:
    segments: int = 0
    exchanges: int = 0
    records: int = 0
    runs: int = 0
    events: int = 0
    acts: int = 0
    """Acts that only files of their own tell of."""
    remarks: list[str] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)
    """One line for each object that could not be read whole, or is missing."""


Watcher = Callable[[RebuildProgressed], None]


def rebuild(
    archive: Archive, watch: Watcher | None = None, *, without_acts: bool = False, restored: bool = False
) -> RebuildReport:
    """Empty the index and fill it from the store; go on where an earlier rebuild stopped.

    Nobody captures meanwhile: runs under way are refused when they commit, and no lease is given until it is done.
    Damaged objects are named in the report.

    Args:
        without_acts: the key of the acts is lost. Accounts are then entered as segments have them, provisional and
            captured; what else only acts tell of stays lost.
        restored: the index was filled from a snapshot just now: only what came after it is read.

    Raises:
        MissingKey: there are acts, and their key file is not there. Nothing was changed.
    """
    report = RebuildReport()
    logged, restored_acts = _begin(archive, report, without_acts, restored)
    if not restored:
        report.damaged += _not_as_signed(archive)
    acts = restored_acts.by_account
    by_account = _by_account(archive)
    report.damaged += _missing(by_account, logged)
    if restored:
        by_account = _with_news(archive, by_account)
    by_account.update({account: [] for account in acts if account not in by_account})
    total = sum(len(stored) for stored in by_account.values())
    with closing(OnDemand()) as beside:
        for account_id, objects in sorted(by_account.items()):
            account = Survey(account_id)
            for stored in objects:
                account.read(archive.store, stored)
                report.segments += 1
                if watch is not None:
                    watch(RebuildProgressed("reading", report.segments, total, report.records))
            report.damaged += account.damaged
            its_acts = acts.get(account_id, [])
            _fill(archive, account, its_acts, restored_acts, logged, report, watch, total, beside)
    _end(archive, report)
    crash_point("rebuild.ended")
    return report


def _begin(
    archive: Archive, report: RebuildReport, without_acts: bool = False, restored: bool = False
) -> tuple[Logged, RestoredActs]:
    with archive.database.write(Lock.REBUILD) as connection:
        anew = False
        if connection.execute(select(RebuildProgress.account_id).limit(1)).first() is None:
            # First: this waits for commits under way, so that what they wrote is there to be deleted.
            leases.revoke_all(connection)
            for table in _TABLES:
                connection.execute(delete(table))
            archive.search.rebuild(connection)
            connection.execute(insert(RebuildProgress).values(account_id="", number=0, part=0))
            anew = True
        report.events = restore_log(connection, archive.store)
        logged = read_logged(connection)
        acts = restore_acts(archive, connection, anew=anew, without=without_acts, only_new=restored)
        report.acts = acts.count
        report.damaged += acts.problems
        report.remarks += acts.remarks
    crash_point("rebuild.begun")
    return logged, acts


def _end(archive: Archive, report: RebuildReport) -> None:
    with archive.database.write(Lock.REBUILD) as connection:
        connection.execute(delete(RebuildProgress))
        counted = {"segments": report.segments, "exchanges": report.exchanges, "damaged": len(report.damaged)}
        archived = NewEvent("index.rebuilt", "archive", archive.identity.id, counted)
        log.append(connection, [archived], archive.clock.now())


def _by_account(archive: Archive) -> dict[str, list[Stored]]:
    objects = defaultdict(list)
    for stored in archive.store.list("segments/"):
        named = parse_segment_key(stored.key)
        if named is not None:
            objects[named.account].append(stored)
    return objects


def _missing(by_account: dict[str, list[Stored]], logged: Logged) -> list[str]:
    """Segments that the log names and the store does not have."""
    there = {named.segment for some in by_account.values() for one in some if (named := parse_segment_key(one.key))}
    gone = sorted({*logged.archived, *logged.adopted} - there)
    return [f"the log names the segment {one}, which is not in the store" for one in gone]


def _not_as_signed(archive: Archive) -> list[str]:
    """What is wrong with the log. The index is made of it all the same: nothing
    is signed again until somebody has looked."""
    try:
        archive.signed_log.require_as_signed()
    except CheckpointRefused as error:
        return [f"the log is not what was signed: {error.detail}"]
    return []


def _with_news(archive: Archive, by_account: dict[str, list[Stored]]) -> dict[str, list[Stored]]:
    """Those accounts of which the store has a segment that the index does not know. What a run left without one is in
    no store either."""
    with archive.database.read() as connection:
        known = set(connection.execute(select(Segment.key)).scalars())
    return {account: objects for account, objects in by_account.items() if any(one.key not in known for one in objects)}


def _fill(
    archive: Archive,
    account: Survey,
    acts: Sequence[FoundAct],
    restored: RestoredActs,
    logged: Logged,
    report: RebuildReport,
    watch: Watcher | None,
    total: int,
    beside: OnDemand,
) -> None:
    with archive.database.write(Lock.REBUILD) as connection:
        _register(connection, account, archive)
        if account.account in restored.reserved:
            people.apply(connection, restored.reserved[account.account])
        if account.account in restored.kept_back:
            people.keep_back(connection, {account.account: restored.kept_back[account.account]})
        done = _done(connection, account.account)
    waiting: list[Turn] = []
    for turn in in_turn(steps(account, logged), acts, logged):
        if isinstance(turn, Step) and (turn.number, turn.part) <= done:
            # What was done before it was applied with it, but for an act that was committed late.
            waiting = [one for one in waiting if not isinstance(one, Step) and one.sealed.act.number in restored.fresh]
            continue
        waiting.append(turn)
        if isinstance(turn, Step) and (len(waiting) >= _TRANSACTION or turn.segments or turn.adopted):
            _apply(archive, account.account, waiting, logged, report, beside)
            waiting = []
            if watch is not None:
                watch(RebuildProgressed("writing", report.segments, total, report.records))
    if waiting:
        _apply(archive, account.account, waiting, logged, report, beside)


def _apply(
    archive: Archive, account: str, some: Sequence[Turn], logged: Logged, report: RebuildReport, beside: OnDemand
) -> None:
    with archive.database.write(Lock.REBUILD) as connection:
        done = _done(connection, account)
        first = next((turn for turn in some if isinstance(turn, Step)), None)
        if first is not None and (first.number, first.part) <= done:
            raise Busy("another process makes the index anew too; let it finish")
        for turn in some:
            if not isinstance(turn, Step):
                register.apply(connection, turn.sealed.act)
                continue
            events = _apply_step(archive, connection, account, turn, report, beside)
            if not turn.is_logged(logged):
                _log(connection, events, archive.clock.now())
        last = next((turn for turn in reversed(some) if isinstance(turn, Step)), None)
        if last is not None:
            connection.execute(delete(RebuildProgress).where(RebuildProgress.account_id == account))
            connection.execute(insert(RebuildProgress).values(account_id=account, number=last.number, part=last.part))
    crash_point("rebuild.applied")


def _apply_step(
    archive: Archive, connection: Connection, account: str, step: Step, report: RebuildReport, beside: OnDemand
) -> list[NewEvent]:
    """Write what one commit wrote. Returns what it had logged."""
    report.runs += any(part.final for part in step.parts)
    contents = _contents(archive, connection, step.segments, report)
    pairs = [(one.finished, one.stored) for one in step.segments]
    for one in step.segments:
        write_segments(connection, [(one.finished, one.stored)], account, _closed_at(step, one))
    work = Work(account, "", step.number, pairs, contents.exchanges, step.parts, archive.clock.now())
    applied, followed = write_work(connection, work, arrival=step.number)
    report.records += len(applied.new_records)
    helper = beside.get() if len(applied.changed) >= _WORTH_HELP else None
    index_changed(connection, archive.search, applied, helper)
    events = [*work_events(work), *followed]
    return events + _adopt_again(archive, connection, account, step, report) if step.adopted else events


def _adopt_again(
    archive: Archive, connection: Connection, account: str, step: Step, report: RebuildReport
) -> list[NewEvent]:
    part = step.parts[0]
    contents = _contents(archive, connection, step.adopted, report)
    pairs = [(one.finished, one.stored) for one in step.adopted]
    write_segments(connection, pairs, account, part.at, adopted_by=part.run)
    rows, brought = write_adopted(connection, account, contents.exchanges, contents.parts, step.number, archive.search)
    followed = follow_names(connection, account, rows) + import_events(account, brought)
    adopted = [segment_event("segment.adopted", *pair) for pair in pairs]
    return [*(event for row in rows for event in exchange_events(row)), *adopted, *followed]


def _closed_at(step: Step, segment: Surveyed) -> datetime:
    """When a segment was closed: at the time of the run record that closed it. One that holds nothing but waiting
    records was made for them at that moment."""
    if not segment.holds_exchanges:
        return segment.at
    return max((part.at for part in step.parts), default=segment.at)


def _log(connection: Connection, events: Sequence[NewEvent], at: datetime) -> None:
    """Log what is not logged yet. The entries bear the time at which they are made."""
    named = [event.subject_id for event in events if event.type == "exchange.archived"]
    known = log.subjects(connection, "exchange.archived", named)
    log.append(connection, [event for event in events if event.subject_id not in known], at)


def _contents(
    archive: Archive, connection: Connection, segments: Iterable[Surveyed], report: RebuildReport
) -> Contents:
    contents = Contents()
    for one in segments:
        counts_as = None if one.intact else partial(is_logged, connection)
        try:
            with archive.store.open(one.stored.key, version_id=one.stored.version_id) as stream:
                read_contents(
                    stream,
                    one.finished.id,
                    archive.platforms,
                    into=contents,
                    key=one.stored.key,
                    counts_as=counts_as,
                )
        except IntegrityError as error:
            if str(error) not in report.damaged:
                report.damaged.append(str(error))
    report.exchanges += len(contents.exchanges)
    return contents


def _done(connection: Connection, account_id: str) -> tuple[int, int]:
    row = connection.execute(
        select(RebuildProgress.number, RebuildProgress.part).where(RebuildProgress.account_id == account_id)
    ).one_or_none()
    return (row.number, row.part) if row else (0, -1)


def _register(connection: Connection, account: Survey, archive: Archive) -> None:
    """The account's own row, where the index lost it too."""
    about = account.about
    if about is None or connection.execute(select(Account.id).where(Account.id == account.account)).first():
        return
    added_at = clock.from_text(about["added_at"])
    named = {name: about[name] for name in ("id", "platform", "service", "platform_id", "handle", "name", "url")}
    connection.execute(
        insert(Account).values(
            **named,
            authority=about["authority"],
            settings=about["settings"],
            provisional=True,
            state="active",
            state_since=added_at,
            added_at=added_at,
        )
    )
    first = account.first_about or about
    names = {name: first[name] for name in ("handle", "name", "url")}
    connection.execute(insert(Handle).values(account_id=account.account, first_seen_at=added_at, **names))
    due.register(connection, account.account, archive.clock.now())
