"""Fixity of the whole archive: every stored object against the index, and the event log against itself."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Connection, select

from archiver.archive import Archive
from archiver.capture.models import Segment
from archiver.errors import IntegrityError
from archiver.evidence import deltas, log, log_check
from archiver.evidence.log import NewEvent
from archiver.storage.segment_check import Checked, Finding, Known, check_store, check_versions

#: Segments of a state other than this are not expected in the store.
_ARCHIVED = "archived"

Watcher = Callable[[Checked], None]


@dataclass(slots=True)
class VerifyReport:
    """What was checked, and everything that is not as it was when it was stored."""

    objects: int = 0
    bytes_read: int = 0
    findings: list[Finding] = field(default_factory=list)
    log_entries: int = 0
    log_problems: list[str] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        return not self.findings and not self.log_problems

    def as_json(self) -> dict[str, Any]:
        return {
            "ok": self.ok,
            "objects": self.objects,
            "bytes_read": self.bytes_read,
            "findings": [
                {"code": str(one.code), "key": one.key, "offset": one.offset, "detail": one.detail}
                for one in self.findings
            ],
            "log_entries": self.log_entries,
            "log_problems": self.log_problems,
        }


def verify(archive: Archive, watch: Watcher | None = None) -> VerifyReport:
    """Read every segment whole and compare it with its key, its own digests and the index; then check the log.

    Raises:
        StoreUnavailable: the store does not answer; nothing is concluded from that.
    """
    report = VerifyReport()
    for checked in check_store(archive.store, _known(archive), prefix="segments/"):
        report.objects += 1
        report.bytes_read = checked.bytes_read
        report.findings.extend(checked.findings)
        if watch is not None:
            watch(checked)
    report.findings.extend(check_versions(archive.store, "segments/"))
    check_log(archive, report)
    note(archive, report)
    return report


def check_log(archive: Archive, report: VerifyReport) -> None:
    """The event log: its rows against each other and the tree, and against the copy in the store."""
    with archive.database.read() as connection:
        head = log.read_head(connection)
        report.log_entries = head.size
        report.log_problems = [finding.problem for finding in log_check.check(connection)]
        if not report.log_problems:
            report.log_problems = list(_log_against_store(archive, connection, head.stored))


def _log_against_store(archive: Archive, connection: Connection, stored: int) -> Iterator[str]:
    position = 0
    try:
        for mine, theirs in zip(log.entries(connection, 0, stored), deltas.read_deltas(archive.store), strict=False):
            if mine != theirs:
                yield f"entry {position} differs between the database and {archive.store.name}"
                return
            position += 1
    except IntegrityError as error:
        yield str(error)
        return
    if position < stored:
        yield f"{archive.store.name} has {position} entries of the log, of {stored} that were put there"


def note(archive: Archive, report: VerifyReport) -> None:
    """Enter the result into the log: that everything is what it was, or each segment that is not. A log that is itself
    damaged is left alone."""
    if report.log_problems:
        return
    with archive.database.write() as connection:
        log.append(connection, _events(archive, report, connection), archive.clock.now())
    deltas.store_deltas(archive.database, archive.store)


def _events(archive: Archive, report: VerifyReport, connection: Connection) -> list[NewEvent]:
    if report.ok:
        facts = {"segments": report.objects, "size": report.bytes_read, "entries": report.log_entries}
        return [NewEvent("fixity.passed", "archive", archive.identity.id, facts)]
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


def _known(archive: Archive) -> dict[str, Known]:
    columns = (Segment.key, Segment.sha256, Segment.size, Segment.warc_records, Segment.version_id)
    with archive.database.read() as connection:
        rows = connection.execute(select(*columns).where(Segment.state == _ARCHIVED))
        return {row.key: Known(row.sha256, row.size, row.warc_records, row.version_id) for row in rows}
