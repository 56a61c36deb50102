"""``archiver runs``: what was captured when, and how it ended."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from archiver.accounts import service as accounts
from archiver.archive import Archive
from archiver.capture.gaps import in_words
from archiver.capture.spool import dead
from archiver.cli import output
from archiver.cli.common import AsJson, InPractice, opened, shown
from archiver.operations import counts, history
from archiver.operations.history import RunView


def runs(
    account: Annotated[str | None, typer.Argument(help="Only of this account: its id, handle or address.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="At most so many, newest first.")] = 20,
    json: AsJson = False,
    practice: InPractice = False,
) -> None:
    """List capture runs, newest first."""
    with opened(practice=practice) as archive:
        with archive.database.read() as connection:
            account_id = accounts.find(connection, account).id if account else None
            found = history.runs(connection, archive.clock.now(), account_id, limit, dead=dead(archive.settings.spool))
        if json:
            output.as_json({"runs": [asdict(one) for one in found]})
            return
        output.table(
            ("STARTED", "ACCOUNT", "SWEEP", "OUTCOME", "WHAT IT BROUGHT", "RUN"),
            [_row(one, archive) for one in found],
            empty="No runs yet. `archiver capture` makes one now; `archiver serve` makes them on schedule.",
        )


def _row(run: RunView, archive: Archive) -> tuple[str, ...]:
    outcome = run.outcome or "under way"
    if run.reason:
        outcome = f"{outcome}: {in_words(run.reason)}"
    if run.recovery_due_at is not None:
        outcome = f"{outcome}; recovery due {shown(run.recovery_due_at, archive)}"
    return (shown(run.started_at, archive), run.account, run.sweep, outcome, counts.in_words(run.counts), run.id)
