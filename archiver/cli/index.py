"""``archiver index``: the index can be thrown away; the store is the evidence."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from archiver.capture.rebuild import RebuildProgressed
from archiver.capture.rebuild import rebuild as rebuild_index
from archiver.cli import output
from archiver.cli.common import AsJson, InPractice, opened
from archiver.operations.act_keys import renew_key

app = typer.Typer(
    help="The index: everything in it can be read anew from the store.", no_args_is_help=True, rich_markup_mode=None
)


@app.command("rebuild")
def rebuild(
    without_acts: Annotated[
        bool,
        typer.Option(
            "--without-acts", help="The key of the acts is lost for good: restore what can be read without them."
        ),
    ] = False,
    json: AsJson = False,
    practice: InPractice = False,
) -> None:
    """Make the index anew from the store alone. Goes on where it was stopped; stop `archiver serve` first."""
    with (
        opened(create=True, practice=practice, empty_index=True) as archive,
        output.progress("Reading", quiet=json) as line,
    ):

        def watch(progress: RebuildProgressed) -> None:
            line.show(f"{progress.phase}: {progress.records} records", progress.segments_done, progress.segments)

        report = rebuild_index(archive, watch, without_acts=without_acts)
    if json:
        output.as_json(asdict(report))
    else:
        output.line(
            f"Read {report.records:,} records in {report.exchanges:,} exchanges from {report.segments:,} segments,"
            f" and {report.acts:,} acts."
        )
        for remark in report.remarks:
            output.line(f"  note: {remark}")
        for damage in report.damaged:
            output.line(f"  damaged: {damage}")
    if report.damaged:
        raise typer.Exit(9)


@app.command("rotate-key")
def rotate_key(
    lost: Annotated[
        bool, typer.Option("--lost", help="The key file is gone for good: all that acts told is said anew.")
    ] = False,
    json: AsJson = False,
    practice: InPractice = False,
) -> None:
    """Let a new key seal acts and snapshots from now on. Earlier ones open with the keys before, which stay in the
    file."""
    with opened(practice=practice) as archive:
        said = renew_key(archive, lost=lost)
        place = archive.settings.act_key_file
    if json:
        output.as_json({"key_file": str(place), "acts": said})
    else:
        output.line(f"The new key is in {place}: copy that file to a safe place, apart from the store.")
        if said:
            output.line(f"{said:,} acts said anew what still holds.")
