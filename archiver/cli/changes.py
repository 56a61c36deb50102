"""``archiver changes`` and ``archiver looks``: what changed, and when an account was looked at around a moment."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from archiver.accounts import service as accounts
from archiver.archive import Archive
from archiver.capture import spool
from archiver.cli import output
from archiver.cli.common import AsJson, InPractice, opened, shown
from archiver.errors import UsageError
from archiver.operations import changes as told
from archiver.operations.poll_times import Look, poll_times
from archiver.records import changes as records
from archiver.records.changes import WHO, Kind, Place, Wanted
from archiver.records.views import Change
from archiver.search import days

_OnlyAccount = Annotated[str | None, typer.Argument(help="Only of this account: its id, handle or address.")]


def changes(
    account: _OnlyAccount = None,
    since: Annotated[str, typer.Option(help="From this day or moment on, by the city's clocks.")] = "",
    kind: Annotated[Kind | None, typer.Option(help="Only this kind of change.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Most changes to list.")] = 50,
    before: Annotated[str | None, typer.Option(help="`next` of the page before, as --json says it.")] = None,
    json: AsJson = False,
    practice: InPractice = False,
) -> None:
    """List what was edited, hidden, deleted, is no longer returned, or is visible again, newest first."""
    with opened(practice=practice) as archive:
        with archive.database.read() as connection:
            chosen = accounts.find(connection, account).id if account else None
            wanted = Wanted(chosen, kind, _moment(archive, since) if since else None)
            found = records.recent(connection, wanted=wanted, limit=limit + 1, before=_place(before))
        more, found = len(found) > limit, found[:limit]
        if json:
            place = str(records.place_of(found[-1])) if more else None
            output.as_json({"changes": [told.as_json(one) for one in found], "next": place})
            return
        if not found:
            print("Nothing that was captured has changed.")
        for one in found:
            _tell(archive, one)
        if more:
            print("There are more: --limit, --since and `--before` lead to them.")


def looks(
    account: Annotated[str, typer.Argument(help="Its id, handle or address.")],
    moment: Annotated[str, typer.Argument(help="By the city's clocks, such as 2026-05-01T14:30.")],
    json: AsJson = False,
    practice: InPractice = False,
) -> None:
    """Show the runs of an account before and after a moment, and whether each saw all that it asked for: what can be
    said of a comment that was never captured."""
    with opened(practice=practice) as archive:
        with archive.database.read() as connection:
            chosen = accounts.find(connection, account)
            dead = spool.dead(archive.settings.spool)
            times = poll_times(connection, chosen.id, _moment(archive, moment), archive.clock.now(), dead)
        if json:
            output.as_json(told.looks_as_json(times))
            return
        for one in reversed(times.before):
            _tell_look(archive, one)
        output.line(f"-> {shown(times.at, archive)}")
        for one in times.after:
            _tell_look(archive, one)
        for said in told.in_words(times):
            output.line(said)


def _tell(archive: Archive, one: Change) -> None:
    what = "edited" if one.after is None else f"{_plain(one.before)} -> {_plain(one.after)}"
    author = one.author_name or one.account.name or one.account.handle
    output.line(f"{shown(one.at, archive)}  {one.kind} of {author} at {one.account.handle}: {what}  [{one.record_id}]")
    if one.after is None:
        output.line("  before:")
        output.block(one.text_before or "", "    ")
        output.line("  now:")
        output.block(one.text, "    ")
        return
    output.block(one.text)
    if one.after in WHO:
        output.line(f"  {WHO[one.after]}")
    if one.seen_before is not None:
        output.line(f"  last seen {_plain(one.before)}: {shown(one.seen_before, archive)}")


def _tell_look(archive: Archive, one: Look) -> None:
    ended = shown(one.run.finished_at, archive)
    seen = ", ".join(f"{part.stream} {part.complete} of {part.lists}" for part in one.streams)
    state = "complete" if one.complete else one.run.outcome or "under way"
    output.line(f"{shown(one.run.started_at, archive)} to {ended}  {one.run.sweep}: {state}  [{one.run.id}]")
    if seen:
        output.line(f"  lists read to their end: {seen}")


def _plain(state: str | None) -> str:
    return (state or "").replace("_", " ")


def _moment(archive: Archive, said: str) -> datetime:
    found = days.span(said.strip(), archive.settings.zone)
    if found is None:
        raise UsageError("no day or moment of the calendar; say it like 2026-05-01 or 2026-05-01T14:30")
    return found[0]


def _place(text: str | None) -> Place | None:
    try:
        return None if text is None else Place.read(text)
    except ValueError as error:
        raise UsageError("that page of the list does not exist; begin at the newest") from error
