"""Searches that somebody comes back to: saved, listed, looked at, taken off the list. Each is its owner's alone."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, func, select

from archiver import ids
from archiver.archive import Archive
from archiver.clock import to_text
from archiver.database import safe_text, take_chains
from archiver.desk import acts
from archiver.desk.models import SavedSearch, SavedSearchMark
from archiver.errors import KEY_USED, Meanwhile, NotFound, Refused, UsageError
from archiver.evidence.act_types import ActKind
from archiver.evidence.acts import NewAct
from archiver.evidence.desk_facts import LONGEST_NAME, LONGEST_QUERY
from archiver.people.acting import Actor
from archiver.people.actions import Action
from archiver.people.service import require

#: Most searches that one person keeps.
MOST: Final = 200


@dataclass(frozen=True, slots=True)
class Saved:
    """A saved search."""

    id: str
    name: str
    query: str
    saved_at: datetime
    looked_at: datetime
    """Up to when its owner has seen what answers it."""


def save(archive: Archive, actor: Actor, name: str, query: str, saved_id: str | None = None) -> str:
    """Save a search under a name; its id. ``saved_id``: the one that it gets; where it is there, it was saved already.

    Raises:
        Refused: the actor may not search.
        UsageError: no name or query, one that is too long, a name that is taken, or too many searches.
        Meanwhile: something else has that id.
        Busy, MissingKey: as :meth:`archiver.evidence.acts.Acts.record`.
    """
    name, query = " ".join(safe_text(name).split()), safe_text(query).strip()
    if not 0 < len(name) <= LONGEST_NAME:
        raise UsageError(f"give the search a name of at most {LONGEST_NAME} characters")
    if not 0 < len(query) <= LONGEST_QUERY:
        raise UsageError(f"there is nothing to save: a search has 1 to {LONGEST_QUERY:,} characters")

    def keep(connection: Connection) -> str:
        person_id = _may(connection, archive, actor)
        take_chains(connection, [person_id])
        if saved_id is not None and _is_saved(connection, saved_id, (person_id, name, query)):
            return saved_id
        mine = listed(connection, person_id)
        if len(mine) >= MOST:
            raise UsageError(f"{MOST} searches are saved already: take one off the list first")
        if any(one.name.casefold() == name.casefold() for one in mine):
            raise UsageError(f"a search named {name} is saved already: choose another name")
        new_id = saved_id or ids.new_id("sv")
        facts = {"person": person_id, "name": name, "query": query, "saved": None, "removed": False}
        _record(connection, archive, actor, new_id, facts)
        return new_id

    return archive.database.act(keep)


def remove(archive: Archive, actor: Actor, saved_id: str) -> None:
    """Take a search off the list.

    Raises:
        NotFound: the actor has no such search.
        Refused, Busy, MissingKey: as :func:`save`.
    """

    def take_off(connection: Connection) -> None:
        person_id = _may(connection, archive, actor)
        take_chains(connection, [person_id])
        one = get(connection, person_id, saved_id)
        facts = {"person": person_id, "name": one.name, "query": one.query, "saved": to_text(one.saved_at)}
        _record(connection, archive, actor, saved_id, facts | {"removed": True})

    archive.database.act(take_off)


def mark(archive: Archive, actor: Actor, saved_id: str, at: datetime) -> None:
    """Remember that its owner has seen what answered up to a time; never earlier than before, nor in the future.

    Raises:
        NotFound, Refused: as :func:`remove`.
    """

    def keep(connection: Connection) -> None:
        person_id = _may(connection, archive, actor)
        take_chains(connection, [person_id])
        one, table = get(connection, person_id, saved_id), _table()
        until = max(one.looked_at, min(at, archive.clock.now()))
        changed = connection.execute(table.update().where(table.c.saved_id == saved_id).values(at=until))
        if changed.rowcount == 0:
            connection.execute(table.insert().values(saved_id=saved_id, at=until))

    archive.database.act(keep)


def listed(connection: Connection, person_id: str) -> list[Saved]:
    """Somebody's searches, by name."""
    query = _chosen().where(SavedSearch.person_id == person_id, ~SavedSearch.removed)
    return sorted((Saved(*row) for row in connection.execute(query)), key=lambda one: (one.name.casefold(), one.id))


def get(connection: Connection, person_id: str, saved_id: str) -> Saved:
    """One of somebody's searches.

    Raises:
        NotFound: they have no such search.
    """
    mine = (SavedSearch.id == saved_id, SavedSearch.person_id == person_id, ~SavedSearch.removed)
    row = connection.execute(_chosen().where(*mine)).one_or_none()
    if row is None:
        raise NotFound("you have no such saved search")
    return Saved(*row)


def _is_saved(connection: Connection, saved_id: str, what: tuple[str, str, str]) -> bool:
    """Whether it was, if it was taken off the list since or not."""
    columns = (SavedSearch.person_id, SavedSearch.name, SavedSearch.query)
    row = connection.execute(select(*columns).where(SavedSearch.id == saved_id)).one_or_none()
    if row is not None and tuple(row) != what:
        raise Meanwhile(KEY_USED)
    return row is not None


def _chosen() -> Any:
    looked = func.coalesce(SavedSearchMark.at, SavedSearch.saved_at, type_=SavedSearch.__table__.c.saved_at.type)
    return select(SavedSearch.id, SavedSearch.name, SavedSearch.query, SavedSearch.saved_at, looked).outerjoin(
        SavedSearchMark, SavedSearchMark.saved_id == SavedSearch.id
    )


def _may(connection: Connection, archive: Archive, actor: Actor) -> str:
    if actor.person_id is None:
        raise Refused("a search is saved for a person: sign in on the pages")
    require(connection, archive, actor, Action.RECORDS_SEARCH)
    return actor.person_id


def _record(connection: Connection, archive: Archive, actor: Actor, saved_id: str, facts: dict[str, Any]) -> None:
    new = NewAct(ActKind.SEARCH_SAVED, saved_id, facts, actor.pair)
    acts.apply(connection, archive.acts.record(connection, new, archive.clock.now()))


def _table() -> Any:
    return SavedSearchMark.__table__
