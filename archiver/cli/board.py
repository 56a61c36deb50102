"""``archiver board``: every account green, amber or red, with the reasons."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

from archiver.cli import output
from archiver.cli.common import AsJson, InPractice, opened, shown
from archiver.operations import board as operations
from archiver.operations.board_rules import Colour


def board(
    only: Annotated[
        Literal["red", "amber", "green"] | None, typer.Option("--only", help="Only accounts of this colour.")
    ] = None,
    check: Annotated[bool, typer.Option("--check", help="Exit 1 if any account is red.")] = False,
    json: AsJson = False,
    practice: InPractice = False,
) -> None:
    """Show every account, of the archive and of the register, the worst first: red where it is not captured as it
    should be or a gap is unexplained, amber where somebody has to act before that happens. Exit 0 with --check where
    all are green or amber, 1 where any is red; without it 0 in any case."""
    with opened(practice=practice) as archive:
        with archive.database.read() as connection:
            made = operations.board(archive, connection, days=json)
        rows = [one for one in made.rows if only in (None, one.colour.word)]
        counts = made.counts()
        if json:
            told = {colour.word: count for colour, count in counts.items()}
            output.as_json({"at": made.at, "colours": told, "accounts": [operations.as_json(one) for one in rows]})
        else:
            for one in rows:
                name, authority = one.entry.name, f" ({one.entry.authority})" if one.entry.authority else ""
                output.line(f"{one.colour.word.upper():5}  {one.platform}: {name}{authority}  [{one.id}]")
                for why in one.reasons:
                    output.line(f"       {why.said}{f' {shown(why.at, archive)}' if why.at else ''}")
            if not made.rows:
                print("No accounts yet. Add one with `archiver account add URL`.")
            else:
                print(", ".join(f"{count:,} {colour.word}" for colour, count in counts.items()))
    if check and counts[Colour.RED]:
        raise typer.Exit(1)
