"""The access log (law R42) as it is read: which of its lines, and what they are about in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, Connection, func, or_, select

from archiver import ids
from archiver.accounts.models import Account
from archiver.capture.models import Run
from archiver.people.access_log import EntryView
from archiver.people.models import AccessEntry, Person
from archiver.records.models import Record

#: What an id is of, where nothing more is known of it.
_KINDS: Final = {
    "rc": "a record",
    "rn": "a run",
    "ac": "an account",
    "pe": "a person",
    "au": "an authority",
    "ex": "an exchange",
    "li": "an account of the register",
    "ho": "a hand-over",
    "do": "a document",
    "md": "an act of moderation",
    "cy": "a candidacy",
    "xm": "an exception",
    "cu": "somebody in a role",
}


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which lines of the log. Empty, or None: all."""

    person_id: str = ""
    action: str = ""
    account_id: str = ""
    """Looks at an account, its runs and its records."""
    authority: str = ""
    """The same of every account of an authority, by its short name, and what the register says of it."""
    since: datetime | None = None
    until: datetime | None = None


def conditions(wanted: Wanted) -> Iterator[ColumnElement[bool]]:
    """What has to be so of a line that is wanted."""
    if wanted.person_id:
        yield AccessEntry.person_id == wanted.person_id
    if wanted.action:
        yield AccessEntry.action == wanted.action
    if wanted.account_id:
        yield or_(AccessEntry.subject == wanted.account_id, _of(Account.id == wanted.account_id))
    if wanted.authority:
        own = AccessEntry.subject == ids.authority_id(wanted.authority)
        mine = select(Account.id).where(Account.authority == wanted.authority)
        yield or_(own, AccessEntry.subject.in_(mine), _of(Account.authority == wanted.authority))
    if wanted.since is not None:
        yield AccessEntry.at >= wanted.since
    if wanted.until is not None:
        yield AccessEntry.at < wanted.until


def _of(accounts: ColumnElement[bool]) -> ColumnElement[bool]:
    """Lines about a record or a run of these accounts."""
    mine = select(Account.id).where(accounts)
    record = select(Record.id).where(Record.id == AccessEntry.subject, Record.account_id.in_(mine)).exists()
    return or_(record, select(Run.id).where(Run.id == AccessEntry.subject, Run.account_id.in_(mine)).exists())


def named(connection: Connection, lines: Sequence[EntryView]) -> dict[str, str]:
    """What the lines are about, in words, as far as it is still known: an account's name, a person's, whose record or
    run it is."""
    wanted = {one.subject for one in lines if one.subject}
    name = func.coalesce(func.nullif(Account.name, ""), Account.handle)
    of = (Account.id, name, "the account {}"), (Person.id, Person.name, "{}")
    found: dict[str, str] = {}
    for key, said, words in of:
        rows = connection.execute(select(key, said).where(key.in_(wanted)))
        found |= {row[0]: words.format(row[1]) for row in rows}
    for model, words in ((Record, "a record of {}"), (Run, "a run of {}")):
        query = select(model.id, name).join(Account, Account.id == model.account_id).where(model.id.in_(wanted))
        found |= {row[0]: words.format(row[1]) for row in connection.execute(query)}
    for one in wanted - found.keys():
        kind = _KINDS.get(one.partition("_")[0])
        if kind is not None:
            found[one] = kind
    return found
