"""``archiver mail``: the outbox, and whether mail leaves."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated

import typer

from archiver.archive import Archive
from archiver.cli import output
from archiver.cli.common import AsJson, InPractice, opened, shown
from archiver.operations import outbox
from archiver.operations.outbox import LostMail

app = typer.Typer(help="Look at the outbox, and try whether mail leaves.", no_args_is_help=True, rich_markup_mode=None)


@app.command("list")
def show(
    state: Annotated[str | None, typer.Option(help=f"Only {', '.join(outbox.STATES)} (dead: given up).")] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="Newest first, at most so many.")] = 100,
    json: AsJson = False,
    practice: InPractice = False,
) -> None:
    """List mail that was asked for, with what became of it; never what it says. After an older copy of the database was
    put back, or the index was made anew, also what the log alone tells of. Exit 2: there is no such state."""
    with opened(practice=practice) as archive:
        found = outbox.outbox(archive, state, limit)
        lost = [] if state is not None else outbox.lost(archive, limit)
        if json:
            output.as_json({"mail": [asdict(one) for one in found], "lost": [asdict(one) for one in lost]})
            return
        rows = [
            (shown(one.made_at, archive), one.recipient, one.purpose, one.state.value, str(one.attempts),
             shown(one.ended_at or one.next_at, archive), one.reason or "-", one.id)
            for one in found
        ]  # fmt: skip
        head = ("ASKED FOR", "TO", "FOR", "STATE", "TRIES", "ENDED, OR NEXT TRY", "WHY", "ID")
        output.table(head, rows, empty="No mail is in the outbox." if lost else "No mail was asked for.")
        if lost:
            _show_lost(archive, lost)


def _show_lost(archive: Archive, lost: list[LostMail]) -> None:
    output.line()
    output.line("Of these the log alone tells: what they said, and to whom, was in a database that is not this one.")
    rows = [
        (shown(one.made_at, archive), one.purpose, one.about,
         "may have been sent; make its link anew" if one.state is None else one.state.value, one.id)
        for one in lost
    ]  # fmt: skip
    output.table(("ASKED FOR", "FOR", "LINK", "STATE", "ID"), rows, empty="")


@app.command("again")
def again(
    mail: Annotated[str, typer.Argument(metavar="MAIL", help="Its id, ml_….")],
    json: AsJson = False,
    practice: InPractice = False,
) -> None:
    """Let a mail that waits be tried at once; a running service does so within seconds. Exit 3: there is none. Exit 5:
    it has ended, and what it said is kept nowhere any more, so its link has to be made anew; or it is being sent."""
    with opened(practice=practice) as archive:
        one = outbox.again(archive, mail)
        if json:
            output.as_json(asdict(one))
            return
        output.line(f"The mail to {one.recipient} is tried again by a running service within seconds.")


@app.command("test")
def send_test(
    to: Annotated[str, typer.Argument(metavar="ADDRESS", help="Where to: name@city.example.")],
    json: AsJson = False,
    practice: InPractice = False,
) -> None:
    """Send a mail that says that it is a test, now. Exit 2: no address, or no mail is set up. Exit 4: it did not leave,
    and may another time. Exit 5: the server does not take it."""
    with opened(create=True, practice=practice) as archive:
        said = outbox.send_test(archive, to)
        if json:
            output.as_json({"to": to, "outcome": said})
            return
        output.line(f"The test mail to {to} was {said}.")
