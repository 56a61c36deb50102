"""What the commands on the register share."""

from __future__ import annotations

import mimetypes
from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Annotated, Any

import typer
from sqlalchemy import Connection

from archiver.accounts.permission import Actor, acting
from archiver.accounts.register import service
from archiver.accounts.register.service import Stated
from archiver.accounts.register.statements import Register, Thing
from archiver.archive import Archive
from archiver.cli import output
from archiver.errors import NotFound, UsageError
from archiver.evidence.register_facts import LARGEST_DOCUMENT, Facts

By = Annotated[
    str | None, typer.Option("--by", metavar="NAME", help="Who says so; by default the user of the operating system.")
]
From = Annotated[
    str | None,
    typer.Option(
        "--from",
        metavar="DATE",
        help="Day from which it holds. By default: of a change today; of what is new, as far back as it goes.",
    ),
]
Correct = Annotated[
    bool, typer.Option("--correct", help="What the register says was wrong from its beginning; this takes its place.")
]
Void = Annotated[bool, typer.Option("--void", help="It was entered by mistake; from now on there is no such thing.")]
Because = Annotated[str | None, typer.Option("--because", metavar="WORDS", help="Why; it is kept with the change.")]
Attached = Annotated[
    list[Path] | None,
    typer.Option("--document", metavar="FILE", help="A document to keep with it, such as the signed letter. Several."),
]
OnDay = Annotated[str | None, typer.Option("--on", metavar="DATE", help="As of another day.")]

Builder = Callable[[Connection, Register], tuple[str, Facts]]


def day_of(text: str | None, option: str) -> date | None:
    """A day that was typed.

    Raises:
        UsageError: it is none.
    """
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise UsageError(f"{option} takes a day as 2026-04-21") from None


def text_of_day(text: str | None, option: str) -> str | None:
    """The same, as the register writes it; an empty text takes away what was there."""
    day = day_of(text or None, option)
    return text if day is None else day.isoformat()


def kept(archive: Archive, actor: Actor, files: Sequence[Path] | None) -> list[str]:
    """Keep files with the register; their ids."""
    return [_keep(archive, actor, path) for path in files or ()]


def _keep(archive: Archive, actor: Actor, path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_DOCUMENT + 1)
    except OSError as error:
        raise NotFound(f"cannot read {path}: {error.strerror or error}") from None
    kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return service.keep_document(archive, actor, path.name, kind, content)


def given(**options: Any) -> dict[str, Any]:
    """Options that were given; an empty text takes away what was there."""
    return {name: value or None for name, value in options.items() if value is not None}


def say(
    archive: Archive,
    by: str | None,
    thing: Thing,
    build: Builder,
    *,
    effective: str | None = None,
    correct: bool = False,
    void: bool = False,
    why: str | None = None,
) -> Stated:
    """Say something in one transaction; ``build`` gets the register as of the day and gives id and words."""
    actor, start = acting(by), day_of(effective, "--from")

    def act(connection: Connection) -> Stated:
        service.alone(connection)
        register = service.read(connection, start or service.today(archive))
        thing_id, says = build(connection, register)
        return service.state(
            connection, archive, actor, thing_id, thing, says, effective=start, correct=correct, void=void, why=why
        )

    return archive.database.act(act)


def tell(stated: Stated, what: str, json: bool) -> None:
    """Say what came of it."""
    if json:
        output.as_json(asdict(stated))
        return
    words = {"new": "Entered", "changed": "Changed", "corrected": "Corrected", "void": "Taken out", "same": "No change"}
    fields = f" ({', '.join(one.replace('_', ' ') for one in stated.fields)})" if stated.fields else ""
    output.line(f"{words[stated.change]}: {what}{fields}")
    output.line(f"  id: {stated.id}")
    if stated.stopped:
        output.line(f"  Its capture has ended: {stated.stopped}. What was captured stays.")
