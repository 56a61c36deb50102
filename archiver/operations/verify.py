"""Fixity of the whole archive: every stored object against index and log, the log against itself and what was signed.

Words for what is found: *changed*, *missing*, *untracked*, and *unreadable*.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, select

from archiver.archive import Archive
from archiver.capture.models import Segment
from archiver.errors import UsageError
from archiver.evidence import log, log_check, stored_check, timestamps
from archiver.evidence.deltas import store_deltas
from archiver.evidence.entry import read_entry
from archiver.evidence.log import NewEvent
from archiver.evidence.models import Event
from archiver.evidence.stored_check import LogCheck, LogProblem
from archiver.operations import act_check, under_way
from archiver.operations.index_check import IndexCheck
from archiver.storage import identity
from archiver.storage.damage import Code
from archiver.storage.segment_check import Checked, Finding, Fixity, Known, check_store, check_versions
from archiver.storage.segment_reader import Read, ReadRunRecord

#: Segments of a state other than this are not expected in the store.
_ARCHIVED = "archived"
_SEGMENTS = "segments/"
#: Kept by others, who check them.
_ELSEWHERE = ("acts/", "snapshots/", "probe/")
_DAY_SECONDS = 86_400

Watcher = Callable[[Checked], None]


@dataclass(slots=True)
class VerifyReport:
    """What was checked, and everything that is not as it was when it was stored."""

    objects: int = 0
    """Segments that were looked at."""
    read: int = 0
    """Of them, those that were read whole."""
    bytes_read: int = 0
    part: tuple[int, int] = (0, 1)
    """Which part of all segments was to be read, from 0, of how many."""
    stopped_at: str | None = None
    """Last segment that was read before the time was up."""
    began_after: str = ""
    """Segment after which this pass went on, where an earlier one had stopped."""
    findings: list[Finding] = field(default_factory=list)
    words: dict[str, Fixity] = field(default_factory=dict)
    """Verdict by key, for all that have findings."""
    log_entries: int = 0
    log_findings: list[LogProblem] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    checkpoints: int = 0
    time_stamps: int = 0
    acts: int = 0

    @property
    def ok(self) -> bool:
        return not self.findings and not self.log_findings

    @property
    def whole(self) -> bool:
        """Whether every segment was read."""
        return self.part[1] == 1 and self.stopped_at is None and not self.began_after

    @property
    def log_problems(self) -> list[str]:
        return [f"{one.word}: {one.key + ': ' if one.key else ''}{one.detail}" for one in self.log_findings]

    def as_json(self) -> dict[str, Any]:
        return {
            "ok": self.ok,
            "objects": self.objects,
            "read": self.read,
            "bytes_read": self.bytes_read,
            "part": list(self.part),
            "stopped_at": self.stopped_at,
            "findings": [
                {
                    "fixity": self.words.get(one.key, "changed"),
                    "code": str(one.code),
                    "key": one.key,
                    "offset": one.offset,
                    "detail": one.detail,
                }
                for one in self.findings
            ],
            "log_entries": self.log_entries,
            "checkpoints": self.checkpoints,
            "time_stamps": self.time_stamps,
            "acts": self.acts,
            "log_problems": self.log_problems,
            "remarks": self.remarks,
        }


@dataclass(slots=True)
class _Pass:
    """One pass over the segments."""

    parts: int
    part: int
    ends: float | None
    """When to stop, as :func:`time.monotonic` counts."""
    entries: int
    """Of the log when the pass began: what came later may be in segments that were not read."""
    waiting: set[str]
    """Runs whose record waited in the spool then."""
    commitments: set[str] = field(default_factory=set)
    """Of the run records that were read."""

    def chosen(self, key: str) -> bool:
        return int(sha256(key.encode()).hexdigest()[:8], 16) % self.parts == self.part

    def see(self, read: Read) -> None:
        if isinstance(read, ReadRunRecord):
            self.commitments.add(str(read.fields.get("commitment")))

    @property
    def over(self) -> bool:
        return self.ends is not None and time.monotonic() >= self.ends


def verify(
    archive: Archive, watch: Watcher | None = None, *, parts: int = 1, max_seconds: float | None = None
) -> VerifyReport:
    """Read stored segments whole and compare them with key, digests, index and log; then check the log itself.

    Args:
        parts: read one of so many parts of the segments, another one each day; all are looked for.
        max_seconds: stop reading segments then; the next call with a limit goes on there. The log is checked whole.

    Raises:
        StoreUnavailable: the store does not answer; nothing is concluded from that.
        UsageError: no such part.
    """
    if parts < 1:
        raise UsageError("write --subset as 1/N, with N at least 1")
    day = int(archive.clock.now().timestamp()) // _DAY_SECONDS
    ends = None if max_seconds is None else time.monotonic() + max_seconds
    one = _Pass(parts, day % parts, ends, _entries(archive), under_way.waiting_runs(archive.settings.home))
    after = _stopped_at(archive) if max_seconds is not None else ""
    report = VerifyReport(part=(one.part, parts), began_after=after)
    _check_segments(archive, report, one, watch)
    _check_others(archive, report)
    check_log(archive, report, one if report.whole else None, one.chosen)
    note(archive, report)
    return report


def _check_segments(archive: Archive, report: VerifyReport, one: _Pass, watch: Watcher | None) -> None:
    known = _known(archive)
    store = archive.store
    after = report.began_after
    for checked in check_store(store, known, prefix=_SEGMENTS, after=after, chosen=one.chosen, seen=one.see):
        report.objects += 1
        report.read += checked.fixity != "present"
        report.bytes_read = checked.bytes_read
        report.findings.extend(checked.findings)
        if checked.findings:
            report.words[checked.key] = checked.fixity
        if watch is not None:
            watch(checked)
        if one.over:
            report.stopped_at = checked.key
            break
    _forget_what_came_meanwhile(archive, report)


def _forget_what_came_meanwhile(archive: Archive, report: VerifyReport) -> None:
    """What was put while we read, or was put and waits for its rows, is no stranger."""
    untracked = {key for key, word in report.words.items() if word == "untracked"}
    if not untracked:
        return
    # In this order: what leaves the spool is in the index by then.
    known = under_way.segments(archive.settings.home)
    known |= _known(archive).keys()
    report.findings = [one for one in report.findings if one.key not in untracked & known]
    for key in untracked & known:
        del report.words[key]


def _check_others(archive: Archive, report: VerifyReport) -> None:
    """Whatever is in the store and has no place there, and whatever lies on top of something that has."""
    for stranger in check_versions(archive.store):
        report.findings.append(stranger)
        report.words.setdefault(stranger.key, "untracked")
    for stored in _outside_segments(archive):
        if not stored.startswith((stored_check.PREFIX, *_ELSEWHERE)) and stored != identity.KEY:
            report.findings.append(Finding(Code.UNTRACKED, stored, None, "nothing of this archive is kept there"))
            report.words[stored] = "untracked"


def _outside_segments(archive: Archive) -> Iterator[str]:
    for stored in archive.store.list():
        if stored.key.startswith(_SEGMENTS):
            break
        yield stored.key
    # Every character a key may have sorts before "~".
    for stored in archive.store.list(after=f"{_SEGMENTS}~"):
        yield stored.key


# --- the log -------------------------------------------------------------------------------------------------------


def check_log(
    archive: Archive,
    report: VerifyReport,
    whole: _Pass | None = None,
    chosen: Callable[[str], bool] = lambda key: True,
) -> None:
    """The event log: its rows against each other and the tree, against the copy in the store, against what was signed
    and stamped, and the index against it.

    Args:
        whole: the pass over all segments; None where not all were read.
        chosen: which checkpoints and time-stamps are read.
    """
    roots = archive.settings.timestamp_roots
    trusted = timestamps.read_roots(roots) if roots != Path() else []
    with archive.database.read() as connection:
        report.log_entries = log.read_head(connection).size
        rows = log_check.check(connection)
        report.log_findings = [LogProblem("changed", finding.problem) for finding in rows]
        compared = IndexCheck(connection, 0 if whole is None else whole.entries)
        found = stored_check.check(archive.signed_log, connection, trusted, chosen=chosen, each=compared.see)
        compared.end(_known_in(connection))
        if whole is not None:
            waiting = whole.waiting | under_way.waiting_runs(archive.settings.home)
            compared.missing_parts(whole.commitments, waiting)
        acts = act_check.check(archive, connection)
    _take(report, found)
    report.log_findings += acts.problems
    report.remarks += acts.remarks
    report.acts = acts.read
    if not found.problems:  # else the log is no measure for the index
        report.log_findings += compared.problems


def _take(report: VerifyReport, found: LogCheck) -> None:
    report.log_findings += found.problems
    report.remarks = found.remarks
    report.checkpoints, report.time_stamps = found.checkpoints, found.time_stamps
    if found.unchecked:
        report.remarks.append(f"{found.unchecked} time-stamps were not verified: ARCHIVER_TIMESTAMP_ROOTS is not set")


# --- the result ----------------------------------------------------------------------------------------------------


def note(archive: Archive, report: VerifyReport) -> None:
    """Enter the result into the log: that everything is what it was, or each segment that is not. A log that is itself
    damaged is left alone."""
    if report.log_findings:
        return
    with archive.database.write() as connection:
        log.append(connection, _events(archive, report, connection), archive.clock.now())
    store_deltas(archive.database, archive.store)


def _events(archive: Archive, report: VerifyReport, connection: Connection) -> list[NewEvent]:
    if report.ok:
        return [_passed(archive, report)]
    segments = {row.key: row for row in connection.execute(select(Segment.key, Segment.id, Segment.sha256))}
    return [
        NewEvent(
            "fixity.failed",
            "segment",
            segments[one.key].id,
            {"problem": str(one.code), "expected": segments[one.key].sha256, "found": None},
        )
        for one in report.findings
        if one.key in segments
    ]


def _passed(archive: Archive, report: VerifyReport) -> NewEvent:
    facts: dict[str, Any] = {"segments": report.read, "size": report.bytes_read, "entries": report.log_entries}
    if report.whole:
        return NewEvent("fixity.passed", "archive", archive.identity.id, facts)
    part, parts = report.part
    known = len(_known(archive))
    more = {"known": known, "part": part, "parts": parts, "stopped_at": report.stopped_at}
    return NewEvent("fixity.sampled", "archive", archive.identity.id, facts | more)


def _stopped_at(archive: Archive) -> str:
    """The segment at which the last pass with a limit stopped; empty where it came to the end."""
    sampled = select(Event.body).where(Event.type == "fixity.sampled")
    query = sampled.order_by(Event.at.desc(), Event.position.desc().nulls_first()).limit(1)
    with archive.database.read() as connection:
        body = connection.execute(query).scalar()
    return "" if body is None else str(read_entry(body).data["stopped_at"] or "")


def _entries(archive: Archive) -> int:
    with archive.database.read() as connection:
        return log.read_head(connection).size


def _known(archive: Archive) -> dict[str, Known]:
    with archive.database.read() as connection:
        return _known_in(connection)


def _known_in(connection: Connection) -> dict[str, Known]:
    columns = (Segment.key, Segment.sha256, Segment.size, Segment.warc_records, Segment.version_id)
    rows = connection.execute(select(*columns).where(Segment.state == _ARCHIVED))
    return {row.key: Known(row.sha256, row.size, row.warc_records, row.version_id) for row in rows}
