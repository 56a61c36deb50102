"""Records that somebody lays aside under a name, one by one or as everything that answers a search, which is then
frozen. From here a request or a hold takes them. Each is its owner's alone, and their own work (decision 18)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, delete, func, insert, select

from archiver import ids
from archiver.archive import Archive
from archiver.database import among, safe_text, take_chains
from archiver.desk import marks
from archiver.desk.freezing import freeze
from archiver.desk.mark_models import Selection, SelectionRecord, SelectionStatement
from archiver.errors import NotFound, Refused, UsageError
from archiver.people.acting import Actor
from archiver.people.actions import Action
from archiver.people.service import viewer_of
from archiver.records.stored import table
from archiver.search import statements
from archiver.search.statements import Statement
from archiver.viewing import Viewer

LONGEST_NAME: Final = 100
#: Most selections that one person keeps, and records of one that are laid aside one by one.
MOST: Final = 100
MOST_RECORDS: Final = 5000

_SELECTION, _RECORD, _STATEMENT = table(Selection), table(SelectionRecord), table(SelectionStatement)


@dataclass(frozen=True, slots=True)
class Selected:
    """A selection. ``records``: laid aside one by one; ``statements``: frozen searches, all of whose records are in
    it."""

    id: str
    name: str
    made_at: datetime
    records: int
    statements: int


# -- acts


def make(archive: Archive, actor: Actor, name: str) -> str:
    """Begin a selection, or find the one of that name; its id.

    Raises:
        Refused: the actor may not search.
        UsageError: no name, one that is too long, or too many selections.
    """
    name = " ".join(safe_text(name).split())
    if not 0 < len(name) <= LONGEST_NAME:
        raise UsageError(f"give the selection a name of at most {LONGEST_NAME} characters")

    def keep(connection: Connection) -> str:
        person_id, _ = _may(connection, archive, actor)
        mine = listed(connection, person_id)
        for one in mine:
            if one.name.casefold() == name.casefold():
                return one.id
        if len(mine) >= MOST:
            raise UsageError(f"{MOST} selections are kept already: take one away first")
        row = {"id": ids.new_id("sl"), "person_id": person_id, "name": name, "made_at": archive.clock.now()}
        connection.execute(insert(_SELECTION).values(**row))
        return str(row["id"])

    return archive.database.act(keep)


def add(archive: Archive, actor: Actor, selection_id: str, record_ids: Collection[str]) -> int:
    """Lay records aside; how many were not in it.

    Raises:
        NotFound: the actor has no such selection, or sees no such record.
        Refused: as :func:`make`.
        UsageError: none was chosen, or there would be too many.
    """

    def keep(connection: Connection) -> int:
        person_id, viewer = _may(connection, archive, actor)
        get(connection, person_id, selection_id)
        wanted = set(record_ids)
        if not wanted:
            raise UsageError("choose at least one record")
        if len(marks.found(connection, viewer, wanted)) < len(wanted):
            raise NotFound("there is no such record")
        held = set(_records(connection, selection_id))
        if len(held | wanted) > MOST_RECORDS:
            raise UsageError(f"a selection takes {MOST_RECORDS:,} records one by one: freeze a search for more")
        now, new = archive.clock.now(), sorted(wanted - held)
        if new:
            connection.execute(insert(_RECORD), [_row(selection_id, now, record_id=one) for one in new])
        return len(new)

    return archive.database.act(keep)


def add_all(archive: Archive, actor: Actor, selection_id: str, query: str) -> Statement:
    """Freeze a search, and lay aside everything that answers it.

    Raises:
        NotFound: the actor has no such selection, or nothing answers.
        Refused, UsageError, OutdatedIndex, SearchTooSlow: as :func:`archiver.desk.freezing.freeze`.
    """
    with archive.database.read() as connection:
        person_id, _ = _may(connection, archive, actor)
        get(connection, person_id, selection_id)
    statement = freeze(archive, actor, query)

    def keep(connection: Connection) -> None:
        get(connection, person_id, selection_id)
        now = archive.clock.now()
        connection.execute(insert(_STATEMENT).values(_row(selection_id, now, statement_id=statement.id)))

    archive.database.act(keep)
    return statement


def leave_out(archive: Archive, actor: Actor, selection_id: str, chosen: Collection[str]) -> None:
    """Take records or frozen searches out of a selection again, by id.

    Raises:
        NotFound, Refused: as :func:`add`.
    """

    def take(connection: Connection) -> None:
        person_id, _ = _may(connection, archive, actor)
        get(connection, person_id, selection_id)
        for one, column in ((_RECORD, _RECORD.c.record_id), (_STATEMENT, _STATEMENT.c.statement_id)):
            these = among(connection, column, sorted(chosen))
            connection.execute(delete(one).where(one.c.selection_id == selection_id, these))

    archive.database.act(take)


def remove(archive: Archive, actor: Actor, selection_id: str) -> None:
    """Take a selection away. No record is touched by it; searches that were frozen for it stay.

    Raises:
        NotFound, Refused: as :func:`add`.
    """

    def take(connection: Connection) -> None:
        person_id, _ = _may(connection, archive, actor)
        get(connection, person_id, selection_id)
        for one in (_RECORD, _STATEMENT):
            connection.execute(delete(one).where(one.c.selection_id == selection_id))
        connection.execute(delete(_SELECTION).where(_SELECTION.c.id == selection_id))

    archive.database.act(take)


# -- reading


def listed(connection: Connection, person_id: str) -> list[Selected]:
    """Somebody's selections, by name."""
    rows = connection.execute(_chosen().where(_SELECTION.c.person_id == person_id))
    return sorted((Selected(*row) for row in rows), key=lambda one: (one.name.casefold(), one.id))


def get(connection: Connection, person_id: str, selection_id: str) -> Selected:
    """One of somebody's selections.

    Raises:
        NotFound: they have no such selection.
    """
    mine = (_SELECTION.c.id == selection_id, _SELECTION.c.person_id == person_id)
    row = connection.execute(_chosen().where(*mine)).one_or_none()
    if row is None:
        raise NotFound("you have no such selection")
    return Selected(*row)


def frozen(connection: Connection, selection_id: str) -> list[Statement]:
    """The frozen searches of a selection, in the order of freezing."""
    query = select(_STATEMENT.c.statement_id).where(_STATEMENT.c.selection_id == selection_id)
    found = connection.execute(query.order_by(_STATEMENT.c.at, _STATEMENT.c.statement_id)).scalars().all()
    return [statements.load(connection, one) for one in found]


def one_by_one(connection: Connection, selection_id: str, viewer: Viewer) -> list[str]:
    """Records that were laid aside one by one and that a viewer sees now, the newest first."""
    held = _records(connection, selection_id)
    seen = {one.record_id: one.row for one in marks.found(connection, viewer, held)}
    return sorted(seen, key=lambda one: seen[one], reverse=True)


def records(connection: Connection, selection_id: str, viewer: Viewer) -> list[str]:
    """Every record of a selection that a viewer sees now, each once: those laid aside, then those of its frozen
    searches."""
    every = dict.fromkeys(one_by_one(connection, selection_id, viewer))
    for statement in frozen(connection, selection_id):
        seen = {one.record_id for one in marks.found(connection, viewer, statement.record_ids)}
        every |= dict.fromkeys(one for one in statement.record_ids if one in seen)
    return list(every)


def _chosen() -> Any:
    def count(of: Any) -> Any:
        return select(func.count()).where(of.c.selection_id == _SELECTION.c.id).scalar_subquery()

    columns = (_SELECTION.c.id, _SELECTION.c.name, _SELECTION.c.made_at)
    return select(*columns, count(_RECORD), count(_STATEMENT))


def _records(connection: Connection, selection_id: str) -> list[str]:
    query = select(_RECORD.c.record_id).where(_RECORD.c.selection_id == selection_id)
    return [*connection.execute(query.order_by(_RECORD.c.record_id)).scalars()]


def _row(selection_id: str, at: datetime, **of: str) -> dict[str, Any]:
    return {"selection_id": selection_id, "at": at, **of}


def _may(connection: Connection, archive: Archive, actor: Actor) -> tuple[str, Viewer]:
    """Who it is, and what they see. Nobody else changes their selections until the transaction ends."""
    if actor.person_id is None:
        raise Refused("a selection is somebody's own: sign in on the pages")
    viewer = viewer_of(connection, archive, actor, Action.RECORDS_SEARCH)
    take_chains(connection, [actor.person_id])
    return actor.person_id, viewer
