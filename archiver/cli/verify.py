"""``archiver verify``: is every stored byte what it was?"""

from __future__ import annotations

import re
from typing import Annotated

import typer

from archiver.cli import output
from archiver.cli.common import AsJson, InPractice, opened
from archiver.errors import UsageError
from archiver.operations import verify as fixity
from archiver.storage.segment_check import Checked
from archiver.visible import size

#: Stored bytes are not what they were, as :class:`archiver.errors.IntegrityError`.
DAMAGED = 9
_SECONDS = {"s": 1, "m": 60, "h": 3600}


def verify(
    subset: Annotated[
        str, typer.Option("--subset", metavar="1/N", help="Read one of N parts of the segments, another each day.")
    ] = "1/1",
    max_duration: Annotated[
        str | None,
        typer.Option(
            metavar="TIME", help="Stop reading segments after this time (90s, 30m, 2h); the next call goes on there."
        ),
    ] = None,
    json: AsJson = False,
    practice: InPractice = False,
) -> None:
    """Read everything that is stored and compare it with its digests, the index, the log and what was signed. Repairs
    nothing; enters the result into the log."""
    parts, seconds = _parts(subset), None if max_duration is None else _duration(max_duration)
    with opened(practice=practice) as archive, output.progress("Reading", quiet=json) as line:

        def watch(checked: Checked) -> None:
            line.show(size(checked.bytes_read), checked.number, max(checked.known, checked.number))

        report = fixity.verify(archive, watch, parts=parts, max_seconds=seconds)
    if json:
        output.as_json(report.as_json())
    else:
        _print(report)
    if not report.ok:
        raise typer.Exit(DAMAGED)


def _parts(subset: str) -> int:
    match = re.fullmatch(r"1/([1-9][0-9]{0,3})", subset)
    if match is None:
        raise UsageError("write --subset as 1/N, such as 1/30")
    return int(match[1])


def _duration(text: str) -> int:
    match = re.fullmatch(r"([1-9][0-9]{0,5})([smh])", text)
    if match is None:
        raise UsageError("write --max-duration as a number and s, m or h, such as 30m")
    return int(match[1]) * _SECONDS[match[2]]


def _print(report: fixity.VerifyReport) -> None:
    for finding in report.findings:
        place = f" at byte {finding.offset}" if finding.offset is not None else ""
        word = report.words.get(finding.key, "changed")
        output.line(f"{word}: {finding.key}{place}: {finding.detail} ({finding.code})")
    for problem in report.log_problems:
        output.line(f"log: {problem}")
    for remark in report.remarks:
        output.line(f"note: {remark}")
    of = f" of {report.objects:,}" if report.read != report.objects else ""
    read = f"{report.read:,}{of} segments ({size(report.bytes_read)})"
    output.line(f"{read} and {report.log_entries:,} log entries read,")
    output.line(
        f"{report.checkpoints:,} checkpoints, {report.time_stamps:,} time-stamps and {report.acts:,} acts checked."
    )
    if report.stopped_at is not None:
        output.line("The time was up; the next call with --max-duration goes on from there.")
    output.line(
        "Everything that was read is what it was."
        if report.ok
        else "Something is not what it was: stop, and look at the above."
    )
