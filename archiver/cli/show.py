"""``archiver show``: one record with its versions, states, thread and place."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from archiver.archive import Archive
from archiver.challenges import service as challenges
from archiver.challenges.rules import OUTCOMES
from archiver.challenges.service import ChallengeView
from archiver.cli import output
from archiver.cli.common import AsJson, InPractice, opened, shown
from archiver.operations import deposits
from archiver.operations.deposits import BY_HAND, DepositView
from archiver.records import links, service
from archiver.records.followed import LinkView
from archiver.records.views import AuthorView, RecordView, ThreadView
from archiver.visible import size


def show(
    record: Annotated[str, typer.Argument(metavar="RECORD", help="Its id, rc_…, as `archiver search` says it.")],
    json: AsJson = False,
    practice: InPractice = False,
) -> None:
    """Show a record: what it says and said, what was seen of it, its thread, and where it is stored."""
    with opened(practice=practice) as archive:
        with archive.database.read() as connection:
            found = service.record(connection, record.strip())
            thread = service.thread(connection, found.id)
            brought = deposits.deposits(connection, record_id=found.id, limit=100)
            challenged = challenges.of_record(connection, found.id)
        if json:
            told = {"thread": asdict(thread), "deposits": [asdict(one) for one in brought]}
            told["challenges"] = [one.flat() for one in challenged]
            output.as_json(asdict(found) | told)
            return
        _print_record(archive, found)
        print_challenges(archive, challenged)
        _print_thread(found, thread)
        _print_place(archive, found)
        _print_deposits(archive, brought)


def _print_record(archive: Archive, record: RecordView) -> None:
    output.line(f"{record.kind} of {_name(record.author)}, {shown(record.created_at, archive)}")
    output.line(f"  id {record.id}, {record.url or 'no address'}")
    if not record.captured:
        output.line("  nothing of it was captured: what follows is what an export says")
    if record.unnamed:
        output.line("  the export gives it no id of the platform: it cannot be matched to a captured record by id")
    for same in record.suggested:
        what = "a captured record" if same.captured else "an entry of an export without an id"
        output.line(f"  may be the same as {what}, {same.why}, which is not known: {same.record_id}")
    for state in record.states:
        since, until = shown(state.from_at, archive), shown(state.last_at, archive)
        output.line(f"  {state.state.replace('_', ' ')} from {since} to {until}")
    for version in reversed(record.versions):
        since, until = shown(version.first_seen_at, archive), shown(version.last_seen_at, archive)
        print()
        output.line(f"Version {version.number}, seen {since} to {until}:")
        output.block(version.text)
        for target in links.unsaid(version.content, version.text):
            output.line(f"  link to {target}")
        for led in record.led(version):
            output.line(f"  {led_words(led)}, as of {shown(led.at, archive)}")
        for picture in record.drawn(version.number):
            output.line(
                f"  picture drawn by the archiver, not a screenshot: {picture.exchange_id},"
                f" {shown(picture.drawn_at, archive)}, {picture.width} x {picture.height}, SHA-256 {picture.sha256}"
            )
    _print_imported(archive, record)
    for medium in record.media:
        output.line(f"  {medium.kind}: {medium.state}{f' ({medium.reason})' if medium.reason else ''}, {medium.url}")


def led_words(one: LinkView) -> str:
    """Where a short link led, for a person."""
    if one.state == "led":
        return f"{one.address} leads to {one.target}"
    beyond = f" (the last address that was named: {one.target})" if one.target else ""
    return f"{one.address}: where it leads is not known: {one.reason}{beyond}"


def _print_imported(archive: Archive, record: RecordView) -> None:
    for one in record.imported:
        print()
        as_of = shown(one.stated_at, archive) if one.stated_at else "a time the export does not say"
        output.line(f"As an export has it, as of {as_of}:")
        output.block(one.text)
        output.line(f"  {one.words}; on {shown(one.brought_at, archive)} as {one.import_id}")
        if one.said_state != "visible":
            output.line(f"  the export says of it: {one.said_state.replace('_', ' ')}")
        for kind, url, _ in one.media:
            output.line(f"  {kind} named in the export: {url}")
        for file in one.files:
            output.line(f"  kept: {file.name}, {size(file.size)}, SHA-256 {file.sha256}, {file.exchange_id}")


def print_challenges(archive: Archive, found: list[ChallengeView]) -> None:
    """What was said about the record under Wis. Stat. 19.70."""
    for one in found:
        says = one.says
        print()
        by = f" (by {says.authorized})" if says.authorized else ""
        output.line(f"Challenged under Wis. Stat. 19.70 by {says.individual}{by}, received {says.received_on}:")
        output.block(says.disputed)
        decided = f" on {says.decided_on}{f', by {says.decided_by}' if says.decided_by else ''}" if one.decided else ""
        output.line(f"  {OUTCOMES[says.outcome]}{decided}")
        for name, text in (("What is right", says.correction), ("Reasons", says.reasons)):
            if text:
                output.line(f"  {name}:")
                output.block(text, "    ")
        if says.statement:
            output.line(f"  Statement of the individual, filed {says.statement_on}:")
            output.block(says.statement, "    ")
        output.line(f"  entered by {one.by}, {shown(one.entered_at, archive)}  [{one.id}]")


def _print_thread(record: RecordView, thread: ThreadView) -> None:
    if len(thread.lines) < 2:
        return
    print("\nThread:")
    for line in thread.lines:
        mark = "→ " if line.id == record.id else "  "
        said = f"{_name(line.record.author)}: {line.record.text[:100]}" if line.record else "(not captured)"
        output.line(f"{'  ' * (line.depth + 1)}{mark}{said}  [{line.id}]")


def _print_place(archive: Archive, record: RecordView) -> None:
    if not record.occurrences:
        return
    newest = record.occurrences[0]
    print(f"\nStored in {record.occurrence_count} answers; the newest:")
    output.line(f"  {newest.segment_key}")
    output.line(f"  at byte {newest.offset}, {newest.length} bytes; in the body at {newest.place}")
    output.line(f"  seen {shown(newest.observed_at, archive)}; body SHA-256 {newest.body_sha256}")


def _print_deposits(archive: Archive, found: list[DepositView]) -> None:
    if found:
        print(f"\nSomebody brought about it ({BY_HAND}):")
    for one in found:
        output.line(f"  {one.name}, by {one.by}, {shown(one.deposited_at, archive)}; shows {one.as_of}  [{one.id}]")
        output.line(f"    why: {one.reason}; from: {one.source}")


def _name(author: AuthorView) -> str:
    return author.name or author.handle or "unknown"
