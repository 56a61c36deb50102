"""``archiver index``: the index can be thrown away; the store is the evidence."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from archiver.archive import stored_archive
from archiver.capture.rebuild import RebuildProgressed, RebuildReport
from archiver.capture.rebuild import rebuild as rebuild_index
from archiver.cli import output
from archiver.cli.common import AsJson, InPractice, opened
from archiver.clock import to_text
from archiver.errors import SettingsError, UsageError
from archiver.operations import index_move, snapshots
from archiver.operations.act_keys import renew_key
from archiver.operations.snapshots import Snapshot
from archiver.settings import load_settings, practice_settings
from archiver.visible import size

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
        _print(report)
    if report.damaged:
        raise typer.Exit(9)


@app.command("snapshot")
def snapshot(json: AsJson = False, practice: InPractice = False) -> None:
    """Copy the index into the store, sealed, without sessions or credentials. A running service does so on schedule."""
    with opened(practice=practice) as archive:
        made = snapshots.make(archive)
    if json:
        output.as_json(asdict(made))
    else:
        output.line(f"{made.key}: {made.rows:,} rows, {size(made.size)}.")


@app.command("restore")
def restore(
    listed: Annotated[bool, typer.Option("--list", help="Show what there is, and restore nothing.")] = False,
    named: Annotated[
        str | None, typer.Option("--snapshot", metavar="ID", help="Another than the newest, sn_….")
    ] = None,
    json: AsJson = False,
    practice: InPractice = False,
) -> None:
    """Fill an empty index from a snapshot and from all that came after it; stop `archiver serve` first."""
    if listed:
        _list(_in_store(practice=practice), json)
        return
    with (
        opened(create=True, practice=practice, empty_index=True) as archive,
        output.progress("Restoring", quiet=json) as line,
    ):

        def watch(progress: RebuildProgressed) -> None:
            line.show(f"{progress.phase}: {progress.records} records", progress.segments_done, progress.segments)

        chosen, report = snapshots.restore(archive, named, watch)
    if json:
        output.as_json({"snapshot": asdict(chosen), "after": asdict(report)})
    else:
        output.line(f"Restored {chosen.rows:,} rows as of {to_text(chosen.at)}.")
        _print(report)
    if report.damaged:
        raise typer.Exit(9)


@app.command("move")
def move(
    to: Annotated[
        str,
        typer.Option(
            "--to",
            metavar="URL",
            help="An empty database, as in ARCHIVER_DATABASE_URL; keep its password in a pgpass file, not here.",
        ),
    ],
    json: AsJson = False,
    practice: InPractice = False,
) -> None:
    """Move the index into another, empty database and compare every row; stop `archiver serve` first."""
    url = _database(to)
    with opened(practice=practice) as archive, output.progress("Moving", quiet=json) as line:
        moved = index_move.move(archive, url, line.show)
    if json:
        output.as_json(asdict(moved))
        return
    output.line(f"Moved {moved.rows:,} rows of {moved.tables} tables to {moved.place}; every one was compared.")
    output.line("Set ARCHIVER_DATABASE_URL to it before anything else is done.")


def _database(url: str) -> str:
    """A database address, as settings take it."""
    try:
        return load_settings(database_url=url).database_url
    except SettingsError as error:
        raise UsageError(str(error).replace("ARCHIVER_DATABASE_URL", "--to")) from None


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


def _in_store(*, practice: bool) -> list[Snapshot]:
    settings = load_settings()
    store, found = stored_archive(*((practice_settings(settings), "practice") if practice else (settings, "real")))
    return snapshots.listed(store, found.log_origin)


def _print(report: RebuildReport) -> None:
    output.line(
        f"Read {report.records:,} records in {report.exchanges:,} exchanges from {report.segments:,} segments,"
        f" and {report.acts:,} acts."
    )
    for remark in report.remarks:
        output.line(f"  note: {remark}")
    for damage in report.damaged:
        output.line(f"  damaged: {damage}")


def _list(found: list[Snapshot], json: bool) -> None:
    if json:
        output.as_json({"snapshots": [asdict(one) for one in found]})
        return
    output.table(
        ("SNAPSHOT", "MADE", "ROWS", "MIB", "THERE"),
        [
            (one.id, to_text(one.at), f"{one.rows:,}", f"{one.size / 2**20:,.1f}", "yes" if one.key else "removed")
            for one in found
        ],
        empty="There is no snapshot; `archiver index rebuild` needs none.",
    )
