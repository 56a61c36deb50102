"""What is captured of one account, as far as its platform leaves it open: read with who set it and when, and changed by
whoever may change the account. The command, the page and programs all come through here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, select

from archiver.accounts import choices
from archiver.accounts.choices import Choice
from archiver.accounts.keeping import hold
from archiver.archive import Archive
from archiver.evidence.entry import Entry, read_entry
from archiver.evidence.event_types import EventType
from archiver.evidence.models import Event
from archiver.people.acting import Actor
from archiver.people.actions import Action
from archiver.people.models import Person
from archiver.people.permission import Resource
from archiver.people.service import require

_MOST: Final = 500
"""Entries of the log that are read."""
_BY: Final = {"operator": "by command"}


@dataclass(frozen=True, slots=True)
class Setting:
    """One setting, in plain words.

    ``value``, ``usual``: in JSON's types. ``since``, ``by``: when and by whom it was changed last; None: it never was,
    or, where it is ``not_kept``, that cannot be told: an entry of the log names no setting."""

    name: str
    title: str
    description: str
    value: Any
    usual: Any
    chosen: bool
    since: datetime | None
    by: str | None
    not_kept: bool

    @property
    def yes_or_no(self) -> bool:
        return isinstance(self.usual, bool)

    @property
    def word(self) -> str:
        """The value as somebody types it."""
        return word(self.value)

    @property
    def usual_word(self) -> str:
        return word(self.usual)


@dataclass(frozen=True, slots=True)
class Settings:
    """All settings of an account, in the order of its connector. ``state``: another word as soon as any is changed."""

    account: str
    settings: tuple[Setting, ...]
    state: str


def word(value: Any) -> str:
    """A value as somebody types it; empty: nothing is said."""
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else "" if value is None else str(value)


def read(archive: Archive, connection: Connection, account_id: str) -> Settings:
    """The settings of an account.

    Raises:
        NotFound: there is no such account, or its connector is not installed.
    """
    found = choices.choices(archive, connection, account_id)
    changes, whole = _changes(connection, account_id) if found else ({}, True)
    told = tuple(_setting(connection, one, changes.get(one.name), whole) for one in found)
    return Settings(account_id, told, choices.state_of({one.name: one.value for one in found}))


def change(
    archive: Archive, actor: Actor, account_id: str, said: Mapping[str, str], *, after: str | None = None
) -> Settings:
    """Set some of them, each said in words; an empty word takes it back to what is usual. A change is for what is
    captured from then on; nothing that is stored gets another access class by it.

    Args:
        after: ``state`` of what was read before; None: whatever it is now.

    Raises:
        Refused: the actor's roles do not allow it.
        NotFound: as :func:`read`.
        UsageError, Meanwhile: as :func:`archiver.accounts.choices.choose`. Nothing is changed.
    """

    def act(connection: Connection) -> Settings:
        hold(connection, account_id)
        require(connection, archive, actor, Action.ACCOUNTS_CHANGE, Resource(account_id))
        choices.choose(archive, connection, account_id, said, actor.pair, after)
        return read(archive, connection, account_id)

    return archive.database.act(act)


def _setting(connection: Connection, one: Choice, changed: Entry | None, whole: bool) -> Setting:
    since, by = (None, None) if changed is None else (changed.at, _by(connection, changed))
    not_kept = changed is None and (one.chosen or not whole)
    return Setting(one.name, one.title, one.description, one.value, one.usual, one.chosen, since, by, not_kept)


def _changes(connection: Connection, account_id: str) -> tuple[dict[str, Entry], bool]:
    """The last entry of the log on each setting, by its name; and whether every change says of which setting it was."""
    mine = (Event.subject_id == account_id, Event.type == EventType.ACCOUNT_CHANGED.value)
    query = select(Event.body).where(*mine).order_by(Event.subject_number.desc()).limit(_MOST)
    entries = [read_entry(body) for body in connection.execute(query).scalars()]
    told = [one for one in entries if choices.SETTINGS in one.data["fields"]]
    found: dict[str, Entry] = {}
    for entry in told:
        found = {name: entry for name in entry.data["fields"] if name != choices.SETTINGS} | found
    return found, len(entries) < _MOST and all(len(one.data["fields"]) > 1 for one in told)


def _by(connection: Connection, entry: Entry) -> str:
    name = connection.execute(select(Person.name).where(Person.id == entry.actor_id)).scalar()
    return f"by {name}" if name else _BY.get(entry.actor_id, entry.actor_id)
