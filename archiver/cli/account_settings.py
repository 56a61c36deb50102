"""``archiver account settings``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Any

import typer

from archiver.accounts import choices, service
from archiver.cli import output
from archiver.cli.common import AsJson, InPractice, opened
from archiver.errors import UsageError


def settings(
    account: Annotated[str, typer.Argument(metavar="ACCOUNT", help="Its id, handle or address.")],
    changes: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[NAME=VALUE]...",
            help="What to change; `NAME=` takes it back to what is usual. None: only show them.",
        ),
    ] = None,
    json: AsJson = False,
    practice: InPractice = False,
) -> None:
    """Show or change what is captured of one account, as far as its platform leaves it open. A change is for what is
    captured from then on; nothing that is stored gets another access class by it."""
    said = _said(changes or ())
    with opened(practice=practice) as archive:
        with archive.database.read() as connection:
            found = service.find(connection, account)
            shown = choices.choices(archive, connection, found.id)
        if said:
            shown = choices.choose(archive, found.id, said)
        if json:
            output.as_json({"account": found.id, "settings": [asdict(one) for one in shown]})
            return
        rows = [(one.name, _word(one.value), _word(one.usual), one.title) for one in shown]
        output.table(("setting", "is", "usually", "what it is"), rows, "its platform leaves nothing open")


def _said(changes: Sequence[str]) -> dict[str, str]:
    said = {}
    for one in changes:
        name, given, value = one.partition("=")
        if not given or name in said:
            raise UsageError(f"{one} is no change of a setting: say NAME=VALUE, each name once")
        said[name.strip()] = value.strip()
    return said


def _word(value: Any) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else "" if value is None else str(value)
