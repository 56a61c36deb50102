"""``archiver storage``: what the object store really does."""

from __future__ import annotations

from typing import Annotated

import typer

from archiver.cli import output
from archiver.cli.common import AsJson, InPractice, opened

app = typer.Typer(help="The object store: try out what it does.", no_args_is_help=True, rich_markup_mode=None)


@app.callback()
def _group() -> None:
    """Keeps `probe` a command of its own."""


@app.command("probe")
def probe(
    short: Annotated[bool, typer.Option("--short", help="Only what leaves nothing locked; takes seconds.")] = False,
    json: AsJson = False,
    practice: InPractice = False,
) -> None:
    """Try out whether the store keeps what is stored: conditions, checksums, locks. Takes some minutes, writes
    under `probe/` only and removes it. Exit 1 if the store was not shown to keep what is stored, exit 9 if stored
    objects can be overwritten."""
    from archiver.operations import probe_record
    from archiver.operations.probe import FULL, SHORT

    with opened(practice=practice) as archive:
        report = probe_record.probe_and_record(archive, SHORT if short else FULL)
    if json:
        output.as_json(report.as_json())
    else:
        for line in probe_record.lines(report):
            output.line(line)
    if report.overwrites:
        raise typer.Exit(9)
    if report.codes("failed") or not report.immutable:
        raise typer.Exit(1)
