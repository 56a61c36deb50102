"""``archiver show``: one record with its versions, states, thread and place."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from archiver.archive import Archive
from archiver.cli import output
from archiver.cli.common import AsJson, InPractice, opened, shown
from archiver.operations import record_view
from archiver.operations.record_view import InThread, RecordView


def show(
    record: Annotated[str, typer.Argument(metavar="RECORD", help="Its id, rc_…, as `archiver search` says it.")],
    json: AsJson = False,
    practice: InPractice = False,
) -> None:
    """Show a record: what it says and said, what was seen of it, its thread, and where it is stored."""
    with opened(practice=practice) as archive:
        with archive.database.read() as connection:
            found = record_view.view(connection, record.strip())
            thread = record_view.thread(connection, found.thread_id)
        if json:
            output.as_json(asdict(found) | {"thread": [asdict(one) for one in thread]})
            return
        _print_record(archive, found)
        _print_thread(found, thread)
        _print_place(archive, found)


def _print_record(archive: Archive, record: RecordView) -> None:
    author = record.author_name or record.author_handle or "unknown"
    output.line(f"{record.kind} of {author}, {shown(record.created_at, archive)}")
    output.line(f"  id {record.id}, {record.url or 'no address'}")
    for state in record.states:
        output.line(f"  {state.state.replace('_', ' ')} from {shown(state.from_at, archive)}"
                    f" to {shown(state.last_at, archive)}")  # fmt: skip
    for version in reversed(record.versions):
        print()
        output.line(f"Version {version.number}, seen {shown(version.first_seen_at, archive)}"
                    f" to {shown(version.last_seen_at, archive)}:")  # fmt: skip
        output.block(version.text)
    for medium in record.media:
        output.line(f"  {medium.kind}: {medium.state}{f' ({medium.reason})' if medium.reason else ''}, {medium.url}")


def _print_thread(record: RecordView, thread: list[InThread]) -> None:
    if len(thread) < 2:
        return
    print("\nThread:")
    for one in thread:
        here = "→ " if one.id == record.id else "  "
        author = one.author_name or one.author_handle or "unknown"
        output.line(f"{'  ' * (one.depth + 1)}{here}{author}: {one.text[:100]}  [{one.id}]")


def _print_place(archive: Archive, record: RecordView) -> None:
    if not record.places:
        return
    newest = record.places[0]
    print(f"\nStored in {len(record.places)} answers; the newest:")
    output.line(f"  {newest.segment}")
    output.line(f"  at byte {newest.offset}, {newest.length} bytes; in the body at {newest.place}")
    output.line(f"  SHA-256 {newest.block_sha256}, seen {shown(newest.observed_at, archive)}")
