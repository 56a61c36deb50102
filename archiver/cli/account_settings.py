"""``archiver account settings``."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated, Final

import typer

from archiver.accounts import service
from archiver.archive import Archive
from archiver.cli import output
from archiver.cli.common import AsJson, InPractice, opened, shown
from archiver.errors import UsageError
from archiver.operations import account_settings
from archiver.operations.account_settings import Setting, word
from archiver.people.acting import of_machine

_HEADS: Final = ("setting", "is", "usually", "what it is", "changed last")


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
            now = account_settings.read(archive, connection, found.id)
        if said:
            now = account_settings.change(archive, of_machine(), found.id, said)
        if json:
            output.as_json({"account": found.id, "settings": [asdict(one) for one in now.settings]})
            return
        output.table(_HEADS, [_row(one, archive) for one in now.settings], "its platform leaves nothing open")


def _row(one: Setting, archive: Archive) -> tuple[str, ...]:
    changed = "" if one.since is None else f"{shown(one.since, archive)} {one.by}"
    return one.name, one.word, word(one.usual), one.title, changed


def _said(changes: Sequence[str]) -> dict[str, str]:
    said = {}
    for one in changes:
        name, given, value = one.partition("=")
        if not given or name in said:
            raise UsageError(f"{one} is no change of a setting: say NAME=VALUE, each name once")
        said[name.strip()] = value.strip()
    return said
