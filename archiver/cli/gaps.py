"""``archiver gaps``: what could not be looked at, why, and what to do."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from archiver.accounts import service as accounts
from archiver.capture.gaps import in_words
from archiver.cli import output
from archiver.cli.common import AsJson, InPractice, opened, shown
from archiver.operations import history
from archiver.operations.gap_imports import with_imports
from archiver.operations.reach import goes_back


def gaps(
    account: Annotated[str | None, typer.Argument(help="Only of this account: its id, handle or address.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="Also those that a later sweep closed.")] = False,
    json: AsJson = False,
    practice: InPractice = False,
) -> None:
    """List gaps: spans that were not looked at, with cause and remedy; and how far back each account goes, where its
    first capture stopped. Open gaps do not change the exit code."""
    with opened(practice=practice) as archive:
        with archive.database.read() as connection:
            account_id = accounts.find(connection, account).id if account else None
            found = with_imports(connection, history.gaps(connection, account_id, closed=everything))
            of = [account_id] if account_id else [one.id for one in accounts.list_accounts(connection)]
            begin = [one for each in of for one in goes_back(connection, each, archive.platforms)]
        if json:
            output.as_json({"gaps": [asdict(one) for one in found], "goes_back": [asdict(one) for one in begin]})
            return
        if not found:
            print("No open gaps.")
        for gap in found:
            state = "open" if gap.closed_at is None else f"closed {shown(gap.closed_at, archive)}"
            since = "never looked at before" if gap.span_from is None else f"since {shown(gap.span_from, archive)}"
            output.line(f"{gap.account}: {gap.stream}, {since} ({state})")
            output.line(f"  cause:  {in_words(gap.cause)}")
            output.line(f"  remedy: {gap.remedy}")
            for told in gap.imported:
                count = "1 record" if told.records == 1 else f"{told.records:,} records"
                output.line(f"  an export tells of {count} of that time: {told.import_id}")
                output.line(f"    given by {told.source or 'whom is not known'}; brought, not captured: the gap stays")
        for one in begin:
            if one.since is None and not everything:
                continue
            back = "the beginning" if one.since is None else shown(one.since, archive)
            output.line(f"{one.account}: {one.stream} ({one.listing}) goes back to {back}")
            if one.remedy is not None:
                output.line(f"  cause:  {one.cause or 'the platform returned nothing older'}")
                output.line(f"  remedy: {one.remedy}")
