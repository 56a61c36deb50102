"""``archiver deposit``: bring files by hand; ``archiver deposits``: what was brought."""

from __future__ import annotations

from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from archiver.accounts import service as accounts
from archiver.archive import Archive
from archiver.capture.depositing import Deposited
from archiver.capture.deposits import said as checked
from archiver.capture.service import Capture
from archiver.cli import output
from archiver.cli.common import AsJson, InPractice, opened, shown
from archiver.errors import UsageError
from archiver.operations import deposits, deposits_due
from archiver.operations.deposits import BY_HAND, DepositView
from archiver.visible import size

app = typer.Typer(help="Files that were deposited by hand.", no_args_is_help=True, rich_markup_mode=None)

DepositId = Annotated[str, typer.Argument(metavar="DEPOSIT", help="Its id, ex_…, as `archiver deposits list` says it.")]


def deposit(
    files: Annotated[list[Path], typer.Argument(metavar="FILE…", help="What is deposited, byte by byte.")],
    account: Annotated[str, typer.Option(help="The account it belongs to: its id, handle or address.")],
    about: Annotated[
        str,
        typer.Option(
            help="What it shows: `moderation` (who is blocked, word filters, roles, who may comment), `account`"
            " (anything else of the account), or the id of a record, rc_…."
        ),
    ],
    by: Annotated[str, typer.Option(help="Who brings it: the name of a person.")],
    reason: Annotated[str, typer.Option(help="Why it is brought.")],
    source: Annotated[str, typer.Option(help="Where it is from: who or what made it, and how.")],
    on: Annotated[
        str | None, typer.Option("--date", metavar="YYYY-MM-DD", help="The day that it shows. Default: today.")
    ] = None,
    public: Annotated[
        bool, typer.Option("--public", help="Everybody sees it on the platform. Default: kept as private.")
    ] = False,
    json: AsJson = False,
    practice: InPractice = False,
) -> None:
    """Keep files that somebody brings by hand beside what was captured: with who, when, why and where from, under seal
    like everything else, and told apart from it for ever. For what no program is shown, such as moderation settings."""
    with opened(practice=practice) as archive:
        with archive.database.read() as connection:
            found = accounts.find(connection, account)
        today = archive.clock.now().astimezone(archive.settings.zone).date()
        day = today if on is None else _day(on)
        told = checked(about, by=by, on=day, reason=reason, source=source, public=public, today=today)
        capture = Capture(archive)
        try:
            capture.recover()  # what a command that was killed left is there already, then
            done = capture.deposit(found.id, files, told)
        finally:
            capture.close()
        if json:
            output.as_json({"account": found.id, "deposits": [asdict(one) for one in done]})
            return
        for one in done:
            _say(one)
        if any(one.new for one in done):
            output.line(f"Kept with {found.handle or found.name}, and said of it everywhere: {BY_HAND}.")


@app.command("list")
def list_deposits(
    account: Annotated[str | None, typer.Option(help="Only those of this account.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Most that are listed.")] = 50,
    json: AsJson = False,
    practice: InPractice = False,
) -> None:
    """List deposits, newest first, and of which accounts one is due."""
    with opened(practice=practice) as archive:
        with archive.database.read() as connection:
            chosen = None if account is None else accounts.find(connection, account).id
            found = deposits.deposits(connection, account_id=chosen, limit=limit)
            due = deposits_due.expected(connection, archive, chosen)
        if json:
            output.as_json(
                {"deposits": [asdict(one) for one in found], "due": [asdict(one) | {"said": one.said} for one in due]}
            )
            return
        output.table(
            ("DEPOSITED", "ACCOUNT", "ABOUT", "SHOWS", "BY", "FILE", "SIZE", "ID"),
            [
                (
                    shown(one.deposited_at, archive), one.account, one.about, one.as_of, one.by, one.name,
                    size(one.size), one.id,
                )
                for one in found
            ],
            empty="Nothing was deposited by hand yet.",
        )  # fmt: skip
        for late in (one for one in due if one.overdue):
            output.line(f"Due: {late.said}.")
            output.line(f"  {late.command}")


@app.command("show")
def show_deposit(deposit: DepositId, json: AsJson = False, practice: InPractice = False) -> None:
    """Show one deposit: what was said of it, and where it is stored."""
    with opened(practice=practice) as archive:
        with archive.database.read() as connection:
            found = deposits.deposit(connection, deposit.strip())
        if json:
            output.as_json(asdict(found) | {"note": BY_HAND})
            return
        _print(archive, found)


@app.command("get")
def get_deposit(
    deposit: DepositId,
    to: Annotated[Path, typer.Option(metavar="FILE", help="Where to write it; nothing may be there.")],
    json: AsJson = False,
    practice: InPractice = False,
) -> None:
    """Write a copy of a deposited file, byte by byte as it was brought. A stranger may have made it: open it with
    care."""
    with opened(practice=practice) as archive:
        found = deposits.copy_out(archive, deposit.strip(), to)
    if json:
        output.as_json({"deposit": found.id, "file": str(to), "sha256": found.sha256, "size": found.size})
        return
    output.line(f"Wrote {to}: {size(found.size)}, SHA-256 {found.sha256}, {BY_HAND}.")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError("--date is a day written as 2026-03-01") from None


def _say(one: Deposited) -> None:
    told = "deposited" if one.new else "is there already, and was not stored again"
    output.line(f"{one.name}: {told} ({size(one.size)}, SHA-256 {one.sha256})")
    output.line(f"  id: {one.exchange}")


def _print(archive: Archive, one: DepositView) -> None:
    output.line(f"{one.name}, {size(one.size)}: {BY_HAND}")
    output.line(f"  id: {one.id}")
    output.line(f"  account: {one.account} ({one.account_id})")
    output.line(f"  about: {one.about}{f' {one.record_id}' if one.record_id else ''}; shows {one.as_of}")
    output.line(f"  brought by: {one.by}, {shown(one.deposited_at, archive)}")
    output.line(f"  reason: {one.reason}")
    output.line(f"  source: {one.source}")
    output.line(f"  kept as: {one.access}")
    output.line(f"  SHA-256: {one.sha256}")
    output.line(f"  stored: {one.segment_key}")
    output.line(f"  at byte {one.offset}, {one.length} bytes; commitment in the log {one.commitment}")
