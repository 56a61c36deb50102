"""A frozen search, opened: its records as they were listed then, and what has become of them since.

Whoever did not freeze it sees of it what they see now: a record that is not theirs is counted as withheld, and its
place stays empty.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, select

from archiver.archive import Archive
from archiver.database import among
from archiver.desk import marks
from archiver.desk.mark_models import Selection, SelectionStatement
from archiver.errors import NotFound
from archiver.evidence.entry import read_entry
from archiver.evidence.models import Event
from archiver.records import as_all_saw
from archiver.records.seeing import only_public
from archiver.records.states import in_public
from archiver.records.stored import RECORD, STATE, VERSION, intervals, table
from archiver.records.withheld import public_version
from archiver.search import statements
from archiver.search.index import SearchTooSlow
from archiver.search.statements import Reproduction, Statement
from archiver.viewing import Viewer

_SELECTION, _STATEMENT, _EVENT = table(Selection), table(SelectionStatement), table(Event)


@dataclass(frozen=True, slots=True)
class Checked:
    """The list, hashed again."""

    sha256: str
    holds: bool
    logged: bool
    """Whether the log says that a search with this hash and so many hits was frozen under this id."""


@dataclass(frozen=True, slots=True)
class Line:
    """One record at its place of the list. ``record_id`` None: it is withheld."""

    place: int
    record_id: str | None
    edited: bool = False
    changed: bool = False
    """What is known of whether it is there has changed since."""


def opened(connection: Connection, person_id: str, statement_id: str) -> tuple[Statement, Checked]:
    """A frozen search that stands in a selection of this person's, and whether it is what was frozen.

    Raises:
        NotFound: they have laid aside no such search.
        IntegrityError: it cannot be read at all.
    """
    mine = select(_STATEMENT.c.statement_id).join(_SELECTION, _SELECTION.c.id == _STATEMENT.c.selection_id)
    where = (_STATEMENT.c.statement_id == statement_id, _SELECTION.c.person_id == person_id)
    if connection.execute(mine.where(*where).limit(1)).first() is None:
        raise NotFound("you have laid aside no such search")
    found = statements.load(connection, statement_id)
    return found, check(connection, found)


def check(connection: Connection, statement: Statement) -> Checked:
    """Hash the list anew, and compare it with what the log took down when it was frozen."""
    query = select(_EVENT.c.body).where(_EVENT.c.subject_id == statement.id, _EVENT.c.type == "search.frozen")
    said = [read_entry(body).data for body in connection.execute(query).scalars()]
    logged = [(one["sha256"], one["hits"]) for one in said]
    digest = statement.sha256
    return Checked(digest, (digest, len(statement.record_ids)) in logged, bool(logged))


def lines(
    connection: Connection, viewer: Viewer, statement: Statement, first: int = 0, most: int | None = None
) -> Iterator[Line]:
    """A part of the list in its order, as this viewer sees it."""
    part = statement.record_ids[first : None if most is None else first + most]
    seen = {one.record_id for one in marks.found(connection, viewer, part)}
    edited, changed = _since(connection, viewer, statement, seen)
    for place, record_id in enumerate(part, first + 1):
        if record_id in seen:
            yield Line(place, record_id, record_id in edited, record_id in changed)
        else:
            yield Line(place, None)


def withheld(connection: Connection, viewer: Viewer, statement: Statement) -> int:
    """How many records of the list this viewer does not see."""
    return len(statement.record_ids) - len(marks.found(connection, viewer, statement.record_ids))


def again(archive: Archive, connection: Connection, viewer: Viewer, statement: Statement) -> tuple[int, int] | None:
    """The same search, done again: how many of its records that this viewer sees answer it no longer, and how many
    that they see are new. None: it takes too long, or cannot be done with the index as it is."""
    try:
        found: Reproduction = statements.reproduce(connection, archive.search, statement)
    except SearchTooSlow:
        return None
    gone, new = (len(marks.found(connection, viewer, some)) for some in (found.gone, found.new))
    return gone, new


def _since(connection: Connection, viewer: Viewer, statement: Statement, seen: set[str]) -> tuple[set[str], set[str]]:
    """Of these records, those with a version, and with a state, that is younger than the list, as the viewer sees."""
    if not seen:
        return set(), set()
    query = select(RECORD.c.id, RECORD.c.account_id).where(among(connection, RECORD.c.id, sorted(seen)))
    accounts = {row.id: row.account_id for row in connection.execute(query)}
    public = {one for one, account in accounts.items() if only_public(viewer, account)}
    found: list[set[str]] = []
    for rows, at in ((VERSION, VERSION.c.first_seen_at), (STATE, STATE.c.from_at)):
        query = select(rows.c.record_id).where(at > statement.at, rows.c.number > 1)
        found.append(set(connection.scalars(query.where(among(connection, rows.c.record_id, sorted(seen - public))))))
    edited, changed = _since_in_public(connection, sorted(public), statement.at)
    return found[0] | edited, found[1] | changed


def _since_in_public(connection: Connection, record_ids: Sequence[str], since: datetime) -> tuple[set[str], set[str]]:
    """The same, as everybody saw it: what they saw again after something that only an owner's token was shown is
    neither edited nor changed."""
    if not record_ids:
        return set(), set()
    younger = (
        VERSION.c.public_first_at > since,
        VERSION.c.number > 1,
        among(connection, VERSION.c.record_id, record_ids),
    )
    edited = set(connection.scalars(select(VERSION.c.record_id).where(*younger, public_version())))
    mixed = as_all_saw.versions_of(connection, sorted(edited))
    edited -= {one for one, some in mixed.items() if not any(_is_later(each.first_seen_at, since) for each in some[1:])}
    states = {one: in_public(some) for one, some in intervals(connection, record_ids).items()}
    return edited, {one for one, some in states.items() if any(_is_later(each.from_at, since) for each in some[1:])}


def _is_later(at: datetime | None, since: datetime) -> bool:
    return at is not None and at > since
