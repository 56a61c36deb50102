"""What is new among the records that answer a search: seen for the first time, edited, or in another state since."""

from __future__ import annotations

from collections.abc import Collection, Set
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, select

from archiver.records.stored import RECORD, STATE, VERSION
from archiver.records.withheld import (
    is_told,
    record_in_public_since,
    state_in_public_since,
    times_of,
    version_in_public_since,
)
from archiver.search.conditions import holds
from archiver.search.index import SearchIndex, SearchTooSlow
from archiver.search.paging import whole
from archiver.search.source import read_documents
from archiver.viewing import Viewer

#: Up to so many touched records are held against the query one by one; of more, the index is asked which answer.
ONE_BY_ONE: Final = 1000
_KNOWN: Final = "known"
#: Most records that are looked at, the newest changes first.
MOST: Final = 100_000


@dataclass(frozen=True, slots=True)
class Touch:
    """A record became known, was edited, or changed its state."""

    record_id: str
    at: datetime
    what: str
    """``known``, ``edited`` or ``state``."""


@dataclass(frozen=True, slots=True)
class Touched:
    """What became of records from a moment on."""

    touches: tuple[Touch, ...] = ()
    whole: bool = True
    """False: there are more than :data:`MOST` of a kind."""

    def since(self, moment: datetime) -> dict[str, Touch]:
        """The last of each record from a later moment on, by id; one that became known then is known, whatever came
        after."""
        found: dict[str, Touch] = {}
        for one in self.touches:
            before = found.get(one.record_id)
            if one.at >= moment and (before is None or (one.at > before.at and before.what != _KNOWN)):
                found[one.record_id] = one
        return found


@dataclass(frozen=True, slots=True)
class News:
    """What is new of a search."""

    touches: tuple[Touch, ...] = ()
    """One of each record, the latest first."""
    exact: bool = True
    """False: at least these."""
    slow: bool = False
    """The search took too long to say."""


def touched(connection: Connection, viewer: Viewer, since: datetime) -> Touched:
    """Records that became known to a viewer or changed, as far as they may know, from a moment on. What was brought
    with an export is not among them."""
    found: list[Touch] = []
    every, known, told = True, times_of(viewer), is_told(connection, viewer)
    for name, rows, seen_at, in_public, where in (
        (_KNOWN, RECORD, RECORD.c.first_seen_at, record_in_public_since(), ()),
        ("edited", VERSION, VERSION.c.first_seen_at, version_in_public_since(), (VERSION.c.number > 1, told)),
        ("state", STATE, STATE.c.from_at, state_in_public_since(), (STATE.c.number > 1, told)),
    ):
        at = known(seen_at, in_public)
        query = select(RECORD.c.id, at.label("at")).where(at >= since, *where).order_by(at.desc()).limit(MOST + 1)
        if rows is not RECORD:
            query = query.select_from(rows.join(RECORD, RECORD.c.id == rows.c.record_id))
        changed = connection.execute(query).all()
        every = every and len(changed) <= MOST
        found += [Touch(one, moment, name) for one, moment in changed[:MOST]]
    return Touched(tuple(found), every)


def news(
    connection: Connection, index: SearchIndex, query: str, viewer: Viewer, since: datetime, known: Touched
) -> News:
    """What of ``known`` (touched since then, or earlier) answers a search and is shown to a viewer."""
    late = known.since(since)
    try:
        answering = _answering(connection, index, query, viewer, late.keys())
    except SearchTooSlow:
        return News(exact=False, slow=True)
    newest = sorted((late[one] for one in answering), key=lambda one: (one.at, one.record_id), reverse=True)
    return News(tuple(newest), exact=known.whole)


def _answering(
    connection: Connection, index: SearchIndex, query: str, viewer: Viewer, late: Set[str]
) -> Collection[str]:
    if not late:
        return ()
    if len(late) > ONE_BY_ONE:
        asked = replace(index.read(connection, query, viewer), within=index.rows(connection, late))
        return index.listing(connection, asked, viewer=viewer).record_ids
    wanted = whole(index.read(connection, query, viewer), viewer)
    return [one.record_id for one in read_documents(connection, late) if holds(wanted, one)]
