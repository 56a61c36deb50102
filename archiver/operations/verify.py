"""Fixity of the whole archive: every stored object against the index, and the event log against itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select

from archiver.archive import Archive
from archiver.capture.models import Segment
from archiver.storage.segment_check import Checked, Finding, Known, check_store

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
    check_log(archive, report)
    return report


def _known(archive: Archive) -> dict[str, Known]:
    columns = (Segment.key, Segment.sha256, Segment.size, Segment.warc_records)
    with archive.database.read() as connection:
        rows = connection.execute(select(*columns).where(Segment.state == _ARCHIVED))
        return {row.key: Known(row.sha256, row.size, row.warc_records) for row in rows}
