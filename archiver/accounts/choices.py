"""What is captured of one account, as far as its connector leaves it to the City: the account's settings.

They are part of the register, kept in its acts and frozen into each run (``docs/runs.md``). A change is for what is
captured from then on; nothing that is stored gets another access class by it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError
from sqlalchemy import Connection, select, update

from archiver.accounts import acts
from archiver.accounts.events import log_event
from archiver.accounts.keeping import hold
from archiver.accounts.models import Account
from archiver.archive import Archive
from archiver.errors import NotFound, UsageError
from archiver.evidence.acts import PERSON
from archiver.evidence.event_types import EventType


@dataclass(frozen=True, slots=True)
class Choice:
    """One setting. ``value``: as it is, in JSON's types; ``usual``: as it is where nobody says otherwise."""

    name: str
    title: str
    description: str
    value: Any
    usual: Any


def choices(archive: Archive, connection: Connection, account_id: str) -> list[Choice]:
    """The settings that an account has, in the order of its connector; none: its connector leaves nothing open.

    Raises:
        NotFound: there is no such account, or its connector is not installed.
    """
    model, chosen = _chosen(archive, connection, account_id)
    values, usual = (one.model_dump(mode="json") for one in (model.model_validate(chosen), model()))
    return [
        Choice(name, field.title or name, field.description or "", values[name], usual[name])
        for name, field in model.model_fields.items()
    ]


def choose(archive: Archive, account_id: str, said: Mapping[str, str], actor: tuple[str, str] = PERSON) -> list[Choice]:
    """Set some of them, each said in words (``yes``, ``no``, a number, an address); an empty word takes it back to what
    is usual. All settings afterwards. What changes nothing is not written. ``actor``: whoever does it, by kind and id.

    Raises:
        UsageError: there is no setting of that name, or it cannot be that. Nothing is changed.
        NotFound: as :func:`choices`.
    """

    def act(connection: Connection) -> list[Choice]:
        hold(connection, account_id)
        model, before = _chosen(archive, connection, account_id)
        after = _with(model, before, said)
        if after != before:
            connection.execute(update(Account).where(Account.id == account_id).values(settings=after))
            now = archive.clock.now()
            archive.acts.record(connection, acts.registered(connection, account_id, actor=actor), now)
            log_event(connection, archive, EventType.ACCOUNT_CHANGED, account_id, {"fields": ["settings"]}, actor=actor)
        return choices(archive, connection, account_id)

    return archive.database.act(act)


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
        raise UsageError(f"this account has no setting {', '.join(unknown)}; those that it has: {there}")
    kept = {name: value for name, value in before.items() if said.get(name) != ""}
    kept |= {name: word for name, word in said.items() if word != ""}
    try:
        return model.model_validate(kept).model_dump(mode="json", exclude_unset=True)
    except ValidationError as error:
        wrong = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        raise UsageError(f"nothing was changed: {wrong}") from None
