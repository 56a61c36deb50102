"""``archiver counts``: the platforms' own numbers against what the archive has."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

import typer
from sqlalchemy import Connection

from archiver.accounts import service as accounts
from archiver.accounts.service import AccountView
from archiver.archive import Archive
from archiver.cli import output
from archiver.cli.common import AsJson, InPractice, opened, shown
from archiver.operations import completeness
from archiver.operations.completeness import Difference


def counts(
    account: Annotated[str | None, typer.Argument(help="Only of this account: its id, handle or address.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="Most threads to list of an account.")] = 20,
    json: AsJson = False,
    practice: InPractice = False,
) -> None:
    """Hold the platforms' own numbers against what the archive has, thread by thread, and explain where they differ.
    Lists threads with a difference that is not explained, largest first. Exit 1 if there is any."""
    with opened(practice=practice) as archive:
        with archive.database.read() as connection:
            chosen = [accounts.find(connection, account)] if account else accounts.list_accounts(connection)
            found = [(one, _told(archive, connection, one, limit)) for one in chosen]
        if json:
            output.as_json({"accounts": [_fields(*one) for one in found]})
        elif not found:
            print("No accounts yet. Add one with `archiver account add URL`.")
        else:
            for one, told in found:
                _print(archive, one, *told)
    if any(shares.unexplained or (own is not None and own.explained.unexplained) for _, (own, shares, _) in found):
        raise typer.Exit(1)


_Told = tuple[Difference | None, completeness.Shares, list[Difference]]


def _told(archive: Archive, connection: Connection, account: AccountView, limit: int) -> _Told:
    declared = completeness.declared_by(archive.platforms, account.platform)
    own = completeness.of_account(connection, account.id, declared)
    threads = completeness.differing(connection, account.id, declared, limit=limit)
    return own, completeness.shares(connection, account.id, declared), [one for _, one in threads]


def _fields(account: AccountView, told: _Told) -> dict[str, Any]:
    own, shares, threads = told
    return {
        "account": account.id,
        "handle": account.handle,
        "published": None if own is None else completeness.as_json(own),
        "threads": asdict(shares),
        "unexplained": [completeness.as_json(one) for one in threads],
    }


def _print(
    archive: Archive,
    account: AccountView,
    own: Difference | None,
    shares: completeness.Shares,
    threads: list[Difference],
) -> None:
    output.line(f"{account.handle or account.name}")
    if own is not None:
        _print_one(archive, "published", own)
    if not shares.total:
        output.line("  threads: the platform has told no number of answers yet")
        return
    output.line(
        f"  threads: {shares.total:,} with answers; {shares.complete:,} complete, {shares.explained:,} with an"
        f" explained difference, {shares.unexplained:,} with one that is not explained"
    )
    for one in threads:
        _print_one(archive, one.record_id, one)


def _print_one(archive: Archive, name: str, one: Difference) -> None:
    explained, told = one.explained, shown(one.number_at, archive)
    output.line(
        f"  {name}: the platform counts {explained.platform:,} ({told}), the archive has {explained.archived:,}"
    )
    for words in one.words:
        output.line(f"    {words}")
