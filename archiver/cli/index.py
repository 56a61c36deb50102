"""``archiver index``: the index can be thrown away; the store is the evidence."""

from __future__ import annotations

from dataclasses import asdict

import typer

from archiver.capture.rebuild import RebuildProgressed
from archiver.capture.rebuild import rebuild as rebuild_index
from archiver.cli import output
from archiver.cli.common import AsJson, InPractice, opened

app = typer.Typer(
    help="The index: everything in it can be read anew from the store.", no_args_is_help=True, rich_markup_mode=None
)


@app.callback()
def _group() -> None:
    """Keeps `rebuild` a command of its own."""


@app.command("rebuild")
def rebuild(json: AsJson = False, practice: InPractice = False) -> None:
    """Make the index anew from the store alone. Goes on where it was stopped; stop `archiver serve` first."""
    with (
        opened(create=True, practice=practice, empty_index=True) as archive,
        output.progress("Reading", quiet=json) as line,
    ):

        def watch(progress: RebuildProgressed) -> None:
            line.show(f"{progress.phase}: {progress.records} records", progress.segments_done, progress.segments)

        report = rebuild_index(archive, watch)
    if json:
        output.as_json(asdict(report))
    else:
        output.line(
            f"Read {report.records:,} records in {report.exchanges:,} exchanges from {report.segments:,} segments."
        )
        for damage in report.damaged:
            output.line(f"  damaged: {damage}")
    if report.damaged:
        raise typer.Exit(9)
