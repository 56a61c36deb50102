"""``archiver verify``: is every stored byte what it was?"""

from __future__ import annotations

import typer

from archiver.cli import output
from archiver.cli.common import AsJson, InPractice, opened
from archiver.operations import verify as fixity
from archiver.storage.segment_check import Checked

#: Stored bytes are not what they were, as :class:`archiver.errors.IntegrityError`.
DAMAGED = 9


def verify(json: AsJson = False, practice: InPractice = False) -> None:
    """Read everything that is stored and compare it with its digests, the index and the log. Repairs nothing."""
    with opened(practice=practice) as archive, output.progress("Reading", quiet=json) as line:

        def watch(checked: Checked) -> None:
            line.show(f"{checked.bytes_read / 2**20:,.0f} MiB", checked.number, max(checked.known, checked.number))

        report = fixity.verify(archive, watch)
    if json:
        output.as_json(report.as_json())
    else:
        _print(report)
    if not report.ok:
        raise typer.Exit(DAMAGED)


def _print(report: fixity.VerifyReport) -> None:
    for finding in report.findings:
        place = f" at byte {finding.offset}" if finding.offset is not None else ""
        output.line(f"{finding.code}: {finding.key}{place}: {finding.detail}")
    for problem in report.log_problems:
        output.line(f"log: {problem}")
    mebibytes = report.bytes_read / 2**20
    output.line(f"{report.objects:,} segments ({mebibytes:,.1f} MiB) and {report.log_entries:,} log entries read.")
    output.line(
        "Everything is what it was." if report.ok else "Something is not what it was: stop, and look at the above."
    )
