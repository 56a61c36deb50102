"""What is captured of one account, as far as its connector leaves it to the City: the account's settings.

They are part of the register, kept in its acts and frozen into each run (``docs/runs.md``). A change is for what is
captured from then on; nothing that is stored gets another access class by it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from hashlib import sha256
from typing import Any, Final

from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails
from sqlalchemy import Connection, select, update

from archiver import canonical
from archiver.accounts import acts
from archiver.accounts.events import log_event
from archiver.accounts.models import Account
from archiver.archive import Archive
from archiver.capture.masking import mask_text
from archiver.database import safe_text
from archiver.errors import Meanwhile, NotFound, UsageError, WrongField
from archiver.evidence.acts import PERSON
from archiver.evidence.event_types import EventType
from archiver.visible import one_line

LONGEST: Final = 2000
"""Of a setting that is text, in characters."""
SETTINGS: Final = "settings"
"""What an entry of the log calls the change of a setting; the codes behind it name which."""
_ADDRESS: Final = re.compile(r"https?://[^/\s]+(?:/\S*)?")
_CODE: Final = re.compile("[a-z][a-z0-9_-]{0,29}")


@dataclass(frozen=True, slots=True)
class Choice:
    """One setting. ``value``: as it is, in JSON's types; ``usual``: as it is where nobody says otherwise; ``chosen``:
    whether somebody said it."""

    name: str
    title: str
    description: str
    value: Any
    usual: Any
    chosen: bool


def choices(archive: Archive, connection: Connection, account_id: str) -> list[Choice]:
    """The settings that an account has, in the order of its connector; none: its connector leaves nothing open.

    Raises:
        NotFound: there is no such account, or its connector is not installed.
    """
    model, chosen = _chosen(archive, connection, account_id)
    usual = model().model_dump(mode="json")
    return [
        Choice(name, field.title or name, field.description or "", (usual | chosen)[name], usual[name], name in chosen)
        for name, field in model.model_fields.items()
    ]


def state_of(values: Mapping[str, Any]) -> str:
    """A word that is another one as soon as any setting is: by it a form knows what it was filled in on. ``values``: by
    the names of the settings."""
    return sha256(canonical.encode(dict(values))).hexdigest()[:16]


def choose(
    archive: Archive,
    connection: Connection,
    account_id: str,
    said: Mapping[str, str],
    actor: tuple[str, str] = PERSON,
    after: str | None = None,
) -> None:
    """Set some of them, each said in words (``yes``, ``no``, a number, an address); an empty word takes it back to what
    is usual. In the transaction of whoever holds the account, and was asked whether it may be. What changes nothing is
    not written. ``actor``: whoever does it, by kind and id. ``after``: :func:`state_of` what was read before.

    Raises:
        WrongField: it cannot be that. UsageError: there is no setting of that name. Nothing is changed.
        Meanwhile: somebody else changed one since it was read.
        NotFound: as :func:`choices`.
    """
    shown = {one.name: one.value for one in choices(archive, connection, account_id)}
    if after is not None and after != state_of(shown):
        raise Meanwhile("somebody else changed a setting meanwhile: look at how they are now, and say yours again")
    model, before = _chosen(archive, connection, account_id)
    kept = _with(model, before, said)
    changed = [name for name in model.model_fields if _value(kept, name) != _value(before, name)]
    if not changed:
        return
    connection.execute(update(Account).where(Account.id == account_id).values(settings=kept))
    archive.acts.record(connection, acts.registered(connection, account_id, actor=actor), archive.clock.now())
    fields = [SETTINGS, *(name for name in changed if _CODE.fullmatch(name) and name != SETTINGS)]
    log_event(connection, archive, EventType.ACCOUNT_CHANGED, account_id, {"fields": fields}, actor=actor)


def _value(settings: Mapping[str, Any], name: str) -> tuple[bool, Any]:
    return name in settings, settings.get(name)


def _chosen(archive: Archive, connection: Connection, account_id: str) -> tuple[type[BaseModel], dict[str, Any]]:
    """The model of the account's settings, and those that somebody chose."""
    row = connection.execute(select(Account.platform, Account.settings).where(Account.id == account_id)).one_or_none()
    connector = None if row is None else archive.platforms.connectors.get(row.platform)
    if row is None or connector is None:
        raise NotFound(f"no account {account_id}" if row is None else f"there is no connector for {row.platform} here")
    return connector.settings, dict(row.settings or {})


def _with(model: type[BaseModel], before: Mapping[str, Any], said: Mapping[str, str]) -> dict[str, Any]:
    if unknown := sorted(said.keys() - model.model_fields.keys()):
        there = ", ".join(model.model_fields) or "none"
        raise UsageError(f"this account has no setting {one_line(', '.join(unknown), 100)}; those that it has: {there}")
    for name, word in said.items():
        _require_usable(name, word, model.model_fields[name])
    kept = {name: value for name, value in before.items() if said.get(name) != ""}
    kept |= {name: word for name, word in said.items() if word != ""}
    try:
        return model.model_validate(kept).model_dump(mode="json", exclude_unset=True)
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0]) if first["loc"] else SETTINGS
        raise WrongField(name, _problem(first, model.model_fields.get(name))) from None


def _require_usable(name: str, word: str, field: FieldInfo) -> None:
    if len(word) > LONGEST:
        raise WrongField(name, f"has at most {LONGEST:,} characters")
    if safe_text(word) != word or one_line(word) != word:
        raise WrongField(name, "has to be one line of plain characters")
    if mask_text(word) != word:
        raise WrongField(name, "holds what looks like a password or key, which would be shown: leave that out")
    example = _example(field)
    if word and example and _ADDRESS.match(example) and not _ADDRESS.fullmatch(word):
        raise WrongField(name, f"has to be an address like {example}")


def _problem(error: ErrorDetails, field: FieldInfo | None) -> str:
    """What is wrong, in plain words."""
    kind, limits = error["type"], error.get("ctx", {})
    if kind.startswith("bool"):
        return "has to be yes or no"
    if kind.startswith(("int", "float", "decimal")):
        return "has to be a number" if kind.startswith(("float", "decimal")) else "has to be a whole number"
    for name, words in (("ge", "at least"), ("gt", "more than"), ("le", "at most"), ("lt", "less than")):
        if name in limits:
            return f"has to be {words} {limits[name]}"
    example = "" if field is None else _example(field)
    return f"has to be written like {example}" if example else "cannot be that"


def _example(field: FieldInfo) -> str:
    """How the text of a setting looks; empty: it is no text."""
    example = next(iter(field.examples or ()), field.default)
    return example if isinstance(example, str) else ""
