"""``archiver account``: the register of accounts."""

from __future__ import annotations

import getpass
import sys
from dataclasses import asdict
from typing import Annotated

import typer

from archiver.accounts import service, tokens
from archiver.accounts.service import AccountView
from archiver.archive import Archive
from archiver.capture.gaps import in_words
from archiver.capture.spool import dead
from archiver.cli import output
from archiver.cli.account_settings import settings
from archiver.cli.common import AsJson, InPractice, opened, shown
from archiver.cli.connect import connect, disconnect, say_connection, withdraw
from archiver.cli.register_common import day_of
from archiver.errors import UsageError
from archiver.operations import closing, deposits_due, history, proving_record
from archiver.people.acting import of_machine

app = typer.Typer(help="Register, list and look at accounts.", no_args_is_help=True, rich_markup_mode=None)

Account = Annotated[str, typer.Argument(metavar="ACCOUNT", help="Its id, handle or address.")]


@app.command("add")
def add(
    url: Annotated[str, typer.Argument(metavar="URL", help="Address of the account's page or feed.")],
    platform: Annotated[
        str | None,
        typer.Option(
            help="Only where the address cannot tell: mastodon, bluesky, youtube, facebook, instagram, threads, x,"
            " feed …"
        ),
    ] = None,
    authority: Annotated[str, typer.Option(help="Short name of the office whose record it is.")] = service.UNASSIGNED,
    why: Annotated[str | None, typer.Option(help="Why, in your words; kept with the account.")] = None,
    token: Annotated[
        bool,
        typer.Option(
            "--token",
            help="Ask for the token or API key it is read with, or read it from standard input. YouTube, Facebook,"
            " Instagram, Threads and X need one, or their owner's consent: `archiver account connect`.",
        ),
    ] = False,
    json: AsJson = False,
    practice: InPractice = False,
) -> None:
    """Register an account; a running service begins to capture it by itself."""
    credential = _asked_for() if token else None
    with opened(create=True, practice=practice) as archive:
        by = service.By(user=of_machine().by, why=why)
        added = service.add(archive, url, platform, authority, credential=credential, by=by)
        if json:
            output.as_json({"new": added.new, "account": asdict(added.account)})
            return
        account = added.account
        output.line(
            f"{'Added' if added.new else 'Already registered'}: {account.handle or account.name}"
            f" on {account.platform} ({account.url})"
        )
        output.line(f"  id: {account.id}")
        _say_proof(archive, account)
        if added.new:
            print("  A running `archiver serve` captures it within seconds; `archiver capture` does so now.")


@app.command("list")
def list_accounts(json: AsJson = False, practice: InPractice = False) -> None:
    """List all accounts with their state and last run."""
    with opened(practice=practice) as archive:
        with archive.database.read() as connection:
            accounts = service.list_accounts(connection)
            now, ended = archive.clock.now(), dead(archive.settings.spool)
            last, gaps = history.last_runs(connection, now, ended), history.open_gaps(connection)
            held = history.held(connection, now, ended)
        if json:
            rows = [
                {
                    **asdict(one),
                    "open_gaps": gaps.get(one.id, 0),
                    "last_run": _run(last.get(one.id)),
                    "held": _held(held.get(one.id)),
                }
                for one in accounts
            ]
            output.as_json({"accounts": rows})
            return
        output.table(
            ("ACCOUNT", "PLATFORM", "STATE", "LAST RUN", "OUTCOME", "GAPS", "ID"),
            [
                (
                    one.handle or one.name,
                    one.platform,
                    one.state,
                    shown(last[one.id].started_at, archive) if one.id in last else "-",
                    _outcome(held.get(one.id) or last.get(one.id), archive),
                    str(gaps.get(one.id, 0)),
                    one.id,
                )
                for one in accounts
            ],
            empty="No accounts yet. Add one with `archiver account add URL`.",
        )


@app.command("show")
def show(account: Account, json: AsJson = False, practice: InPractice = False) -> None:
    """Show one account: what it is, what is covered, what is due next."""
    with opened(practice=practice) as archive:
        with archive.database.read() as connection:
            found = service.find(connection, account)
            covered = history.coverage(connection, found.id)
            gaps = history.gaps(connection, found.id)
            due = history.due(connection, found.id).get(found.id, [])
            deposit = next(iter(deposits_due.expected(connection, archive, found.id)), None)
        if json:
            output.as_json(
                asdict(found)
                | {
                    "coverage": [asdict(one) for one in covered],
                    "gaps": [asdict(one) for one in gaps],
                    "due": [asdict(one) for one in due],
                    "deposit_due": None if deposit is None else asdict(deposit) | {"said": deposit.said},
                }
            )
            return
        _print_facts(found)
        _say_proof(archive, found)
        say_connection(archive, found.id)
        for one in covered:
            why = in_words(one.reason) if one.reason else "not finished"
            extent = "all of it" if one.complete else f"partly: {why}"
            output.line(f"  covered {shown(one.at, archive)}: {one.listing}, {extent}, {one.seen} seen")
        for gap in gaps:
            output.line(f"  gap in {gap.stream}: {in_words(gap.cause)}. {gap.remedy}")
        for next_sweep in due:
            output.line(f"  next {next_sweep.sweep} sweep: {shown(next_sweep.due_at, archive)}")
        if deposit is not None:
            since = "was due" if deposit.overdue else "is due"
            output.line(f"  a deposit {since} {shown(deposit.due_at, archive)}: {deposit.said}")
            output.line(f"    {deposit.command}")


@app.command("token")
def token(account: Account, json: AsJson = False) -> None:
    """Store the token (on Bluesky: an app password; on YouTube: an API key, or a token of the owner; on Facebook: the
    Page's access token; on Instagram: that of the Page the account is linked to; on Threads: one of the account; on X:
    an app-only bearer token, or a token of the owner) an account is read with. It is asked for, or read from standard
    input; never an argument."""
    given = _asked_for()
    with opened() as archive:
        found = tokens.keep(archive, account, given)
        if json:
            output.as_json({"account": found.id, "stored": True})
            return
        output.line(
            f"Stored, encrypted, for {found.handle or found.name}. Its key is in {archive.settings.key_file}:"
            " copy that file to a safe place, apart from backups of the database."
        )


app.command("settings")(settings)
app.command("connect")(connect)
app.command("withdraw")(withdraw)
app.command("disconnect")(disconnect)


@app.command("pause")
def pause(
    account: Account,
    reason: Annotated[str, typer.Option(help="Why; it is kept with the account.")] = "",
    json: AsJson = False,
    practice: InPractice = False,
) -> None:
    """Stop capturing an account until it is resumed."""
    with opened(practice=practice) as archive:
        with archive.database.read() as connection:
            found = service.find(connection, account)
        _say_state(service.pause(archive, found.id, reason or "paused by a person"), json)


@app.command("close")
def close(
    account: Account,
    became: Annotated[
        str, typer.Option(help="What became of it: deleted, left (it stands there unused), given (to somebody else).")
    ],
    reason: Annotated[str, typer.Option(help="Why; it is kept with the account.")],
    on: Annotated[
        str | None, typer.Option("--on", metavar="DATE", help="Last day on which it was used. Default: today.")
    ] = None,
    without_look: Annotated[
        str, typer.Option(metavar="WHY", help="Why nobody looked at all of it a last time, where that cannot be.")
    ] = "",
    json: AsJson = False,
    practice: InPractice = False,
) -> None:
    """End the capture of an account that the City uses no more. What is stored stays. Look at all of it a last time
    before: `archiver capture ACCOUNT --sweep full`. `archiver account resume` takes it back."""
    with opened(practice=practice) as archive:
        with archive.database.read() as connection:
            found = service.find(connection, account)
        day = day_of(on, "--on") or archive.clock.now().astimezone(archive.settings.zone).date()
        said = closing.Closing(day, became, reason, without_look)
        _say_state(closing.close(archive, of_machine(), found.id, said), json)


@app.command("resume")
def resume(account: Account, json: AsJson = False, practice: InPractice = False) -> None:
    """Capture an account again, at once."""
    with opened(practice=practice) as archive:
        with archive.database.read() as connection:
            found = service.find(connection, account)
        _say_state(closing.reopen(archive, of_machine(), found.id), json)


def _asked_for() -> str:
    """A secret from the prompt or standard input."""
    given = getpass.getpass("Token (not shown): ") if sys.stdin.isatty() else sys.stdin.readline()
    if not given.strip():
        raise UsageError("no token was given: type it at the prompt, or pipe it in as one line")
    return given.strip()


def _say_state(account: AccountView, json: bool) -> None:
    if json:
        output.as_json(asdict(account))
    else:
        output.line(f"{account.handle or account.name} is {account.state}.")


def _say_proof(archive: Archive, account: AccountView) -> None:
    """Where its connector was never tried against the live platform, or failed there."""
    connector = archive.platforms.connectors.get(account.platform)
    if connector is None:
        return
    with archive.database.read() as connection:
        standing = proving_record.standing(connector, proving_record.last_trials(connection))
    if not standing.proven:
        output.line(f"  {connector.title}: {standing.said}")


def _print_facts(account: AccountView) -> None:
    output.line(f"{account.handle or account.name} on {account.platform}")
    for name in (
        "id",
        "url",
        "platform_id",
        "authority",
        "state",
        "state_reason",
        "added_by",
        "added_user",
        "added_why",
    ):
        value = getattr(account, name)
        if value:
            output.line(f"  {name.replace('_', ' ')}: {value}")


def _outcome(found: history.RunView | history.HoldView | None, archive: Archive) -> str:
    """How the last run ended, or that it has not."""
    if found is None:
        return "not captured yet"
    if found.recovery_due_at is not None:
        return f"interrupted; recovery due {shown(found.recovery_due_at, archive)}"
    return (found.outcome if isinstance(found, history.RunView) else None) or "under way"


def _held(hold: history.HoldView | None) -> dict[str, object] | None:
    return None if hold is None else asdict(hold)


def _run(run: history.RunView | None) -> dict[str, object] | None:
    return None if run is None else asdict(run)
