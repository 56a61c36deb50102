"""The index, made anew from the object store alone.

Two passes per account. The first reads every segment once: it proves that the object has the hash its key names, and
learns which run each belongs to and what the runs said. The second applies batch after batch in order of arrival with
the code that wrote the index in the first place, each in a transaction that also notes how far it came: a rebuild that
is stopped goes on where it was. Damage is reported and passed by; everything that can be read is in the index again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, delete, insert, select

from archiver import clock
from archiver.accounts.models import Account, Handle
from archiver.capture import due
from archiver.capture.adoption import finished_segment, write_adopted
from archiver.capture.batch import FinishedSegment
from archiver.capture.commit import write_segments
from archiver.capture.committer import Work, index_changed, write_work
from archiver.capture.contents import Contents, read_contents
from archiver.capture.models import Coverage, Exchange, Gap, Run, Segment, Standing, Watch
from archiver.capture.parts import Part, part_from
from archiver.errors import IntegrityError
from archiver.evidence import log
from archiver.evidence.deltas import restore_log
from archiver.evidence.log import NewEvent
from archiver.records.models import Medium, Occurrence, RebuildProgress, Record, RecordState, Version
from archiver.storage.protocol import ObjectStore, Stored
from archiver.storage.segment_names import parse_segment_key
from archiver.storage.segment_reader import ReadExchange, ReadInfo, ReadRunRecord, read_segment

if TYPE_CHECKING:
    from archiver.archive import Archive

_TABLES = (Occurrence, RecordState, Medium, Version, Record, Coverage, Gap, Standing, Watch, Exchange, Segment, Run)
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
    damaged: list[str] = field(default_factory=list)
    """One line for each object that could not be read whole."""


Watcher = Callable[[RebuildProgressed], None]


@dataclass(frozen=True, slots=True)
class _Surveyed:
    """One segment after the first pass."""

    finished: FinishedSegment
    stored: Stored
    run: str
    number: int
    first: int
    """Lowest ordinal in it."""


@dataclass(slots=True)
class _Account:
    """Everything the first pass learnt about one account."""

    id: str
    segments: list[_Surveyed] = field(default_factory=list)
    parts: dict[tuple[str, int, str], tuple[Part, _Surveyed]] = field(default_factory=dict)
    """By run, part and class, with the segment each was found in."""
    about: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class _Step:
    """What is applied together: a part of a run with the segments of its batch, or an adoption."""

    number: int
    part: int
    parts: Sequence[Part]
    segments: Sequence[_Surveyed]
    adopted: Sequence[_Surveyed] = ()


def rebuild(archive: Archive, watch: Watcher | None = None) -> RebuildReport:
    """Empty the index and fill it from the store; go on where an earlier rebuild stopped.

    Nobody may capture meanwhile. Damaged objects are named in the report.
    """
    report = RebuildReport()
    _begin(archive, report)
    by_account = _by_account(archive)
    total = sum(len(stored) for stored in by_account.values())
    for account_id, objects in sorted(by_account.items()):
        account = _survey(archive, account_id, objects, report, watch, total)
        _fill(archive, account, report, watch, total)
    _end(archive, report)
    return report


def _begin(archive: Archive, report: RebuildReport) -> None:
    with archive.database.write() as connection:
        if connection.execute(select(RebuildProgress.account_id).limit(1)).first() is None:
            for table in _TABLES:
                connection.execute(delete(table))
            archive.search.rebuild(connection)
            connection.execute(insert(RebuildProgress).values(account_id="", number=0, part=0))
        report.events = restore_log(connection, archive.store)


def _end(archive: Archive, report: RebuildReport) -> None:
    with archive.database.write() as connection:
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


# First pass


def _survey(
    archive: Archive,
    account_id: str,
    objects: Sequence[Stored],
    report: RebuildReport,
    watch: Watcher | None,
    total: int,
) -> _Account:
    account = _Account(account_id)
    for stored in objects:
        _survey_segment(archive, account, stored, report)
        report.segments += 1
        if watch is not None:
            watch(RebuildProgressed("reading", report.segments, total, report.records))
    return account


def _survey_segment(archive: Archive, account: _Account, stored: Stored, report: RebuildReport) -> None:
    named = parse_segment_key(stored.key)
    assert named is not None
    run, number, first, count, mine = "", 0, -1, 1, []
    try:
        _check_hash(archive.store, stored.key, named.sha256)
        with archive.store.open(stored.key) as stream:
            for read in read_segment(stream, bodies=False, key=stored.key):
                if isinstance(read, ReadExchange):
                    facts = read.facts
                    run, number = facts["run"], facts["run_number"]
                    first = facts["ordinal"] if first < 0 else min(first, facts["ordinal"])
                    count += 2 if read.request is None else 3
                elif isinstance(read, ReadRunRecord):
                    mine.append(part_from(read.fields))
                elif isinstance(read, ReadInfo):
                    account.about = account.about or read.account
                    count += 1
    except IntegrityError as error:
        report.damaged.append(str(error))
    if first < 0 and mine:
        run, number, first = mine[-1].run, mine[-1].number, max(mine[-1].through - 1, 0)
    surveyed = _Surveyed(finished_segment(stored, count), stored, run, number, first)
    account.segments.append(surveyed)
    for part in mine:
        account.parts[part.run, part.part, part.access] = (part, surveyed)
        account.about = part.fields.get("about", account.about)


def _check_hash(store: ObjectStore, key: str, expected: str) -> None:
    digest = sha256()
    with store.open(key) as stream:
        while data := stream.read(1 << 20):
            digest.update(data)
    if digest.hexdigest() != expected:
        raise IntegrityError(f"{key} does not have the hash its key names")


# Second pass


def _steps(account: _Account) -> Iterator[_Step]:
    """Batches in order of arrival. A segment stands with the part whose ordinals its own are among."""
    adopted_keys = {key for part, _ in account.parts.values() for key in part.adopted}
    adopted = {one.stored.key: one for one in account.segments if one.stored.key in adopted_keys}
    own = defaultdict(list)
    for one in account.segments:
        if one.stored.key not in adopted:
            own[one.run].append(one)
    runs: defaultdict[tuple[int, str], defaultdict[int, list[Part]]] = defaultdict(lambda: defaultdict(list))
    for part, home in account.parts.values():
        if home.stored.key not in adopted or part.run != home.run:
            runs[part.number, part.run][part.part].append(part)
    for (number, run), numbered in sorted(runs.items()):
        left = sorted(own.pop(run, []), key=lambda one: one.first)
        for index in sorted(numbered):
            parts = numbered[index]
            through = max(part.through for part in parts)
            here = [one for one in left if one.first < through or one.first < 0]
            left = [one for one in left if one not in here]
            taken_in = [adopted[key] for part in parts for key in part.adopted if key in adopted]
            yield _Step(number, index, parts, here, taken_in)
    # Segments whose run record was lost with another object: the exchanges count, the run stays interrupted.
    for run_segments in own.values():
        yield _Step(run_segments[0].number, 0, (), run_segments)


def _fill(archive: Archive, account: _Account, report: RebuildReport, watch: Watcher | None, total: int) -> None:
    with archive.database.write() as connection:
        _register(connection, account, archive)
        done = _done(connection, account.id)
    waiting: list[_Step] = []
    for step in _steps(account):
        if (step.number, step.part) <= done:
            continue
        waiting.append(step)
        if len(waiting) >= _TRANSACTION or step.segments or step.adopted:
            _apply(archive, account, waiting, report)
            waiting = []
            if watch is not None:
                watch(RebuildProgressed("writing", report.segments, total, report.records))
    if waiting:
        _apply(archive, account, waiting, report)


def _apply(archive: Archive, account: _Account, steps: Sequence[_Step], report: RebuildReport) -> None:
    with archive.database.write() as connection:
        for step in steps:
            _apply_step(archive, connection, account, step, report)
        last = steps[-1]
        connection.execute(delete(RebuildProgress).where(RebuildProgress.account_id == account.id))
        connection.execute(insert(RebuildProgress).values(account_id=account.id, number=last.number, part=last.part))


def _apply_step(
    archive: Archive, connection: Connection, account: _Account, step: _Step, report: RebuildReport
) -> None:
    report.runs += any(part.final for part in step.parts)
    contents = _contents(archive, step.segments, report)
    _write_segments(connection, account.id, step.segments, step.parts, None)
    work = Work(account.id, "", step.number, (), contents.exchanges, step.parts, archive.clock.now())
    applied, _ = write_work(connection, work, arrival=step.number)
    report.records += len(applied.new_records)
    index_changed(connection, archive.search, applied.changed)
    if step.adopted:
        taken_in = _contents(archive, step.adopted, report)
        by = step.parts[0].run
        _write_segments(connection, account.id, step.adopted, step.parts, by)
        write_adopted(connection, account.id, taken_in.exchanges, taken_in.parts, step.number, archive.search)


def _write_segments(
    connection: Connection,
    account_id: str,
    segments: Sequence[_Surveyed],
    parts: Sequence[Part],
    adopted_by: str | None,
) -> None:
    if segments:
        at = max((part.at for part in parts), default=clock.from_text("1970-01-01T00:00:00Z"))
        pairs = [(one.finished, one.stored) for one in segments]
        write_segments(connection, pairs, account_id, at, adopted_by=adopted_by)


def _contents(archive: Archive, segments: Iterable[_Surveyed], report: RebuildReport) -> Contents:
    contents = Contents()
    for one in segments:
        try:
            with archive.store.open(one.stored.key) as stream:
                read_contents(stream, one.finished.id, archive.platforms, into=contents, key=one.stored.key)
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


def _register(connection: Connection, account: _Account, archive: Archive) -> None:
    """The account's own row, where the index lost it too."""
    about = account.about
    if about is None or connection.execute(select(Account.id).where(Account.id == account.id)).first():
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
    connection.execute(
        insert(Handle).values(
            account_id=account.id,
            first_seen_at=added_at,
            handle=about["handle"],
            name=about["name"],
            url=about["url"],
        )
    )
    due.register(connection, account.id, archive.clock.now())
