"""What is new among the records that answer a search: seen for the first time, edited, or in another state since."""

from __future__ import annotations

from collections.abc import Collection, Sequence, Set
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, FromClause, literal_column, select

from archiver.records import as_all_saw
from archiver.records.seeing import only_public
from archiver.records.stored import RECORD, STATE, VERSION
from archiver.records.versions import Version
from archiver.records.withheld import is_told, times_of
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
    every, known, told = True, times_of(viewer), is_told(viewer)
    for name, rows, (first, last), in_public, where in (
        (_KNOWN, RECORD, _seen(RECORD), RECORD.c.public_first_at, ()),
        ("edited", VERSION, _seen(VERSION), VERSION.c.public_first_at, (_changed(VERSION), told)),
        ("state", STATE, (STATE.c.from_at, STATE.c.last_at), STATE.c.public_from_at, (_changed(STATE), told)),
    ):
        at = known(first, in_public)
        # (no time is after the last)
        query = (
            select(RECORD.c.id, at.label("at"), RECORD.c.account_id)
            .where(last >= since, at >= since, *where)
            .order_by(at.desc())
            .limit(MOST + 1)
        )
        if rows is not RECORD:
            query = query.select_from(rows.join(RECORD, RECORD.c.id == rows.c.record_id))
        changed = connection.execute(query).all()
        every = every and len(changed) <= MOST
        unknown = _unknown_to(connection, viewer, changed[:MOST], since) if rows is VERSION else set()
        found += [Touch(one, moment, name) for one, moment, _ in changed[:MOST] if one not in unknown]
    return Touched(tuple(found), every)


def _unknown_to(connection: Connection, viewer: Viewer, edited: Sequence[Any], since: datetime) -> set[str]:
    """Of edited records, those that say to a viewer what they said: another wording of them was only seen in private,
    and what everybody saw later is to everybody the first (:mod:`archiver.records.as_all_saw`)."""
    public = sorted({row.id for row in edited if only_public(viewer, row.account_id)})
    mixed = as_all_saw.versions_of(connection, public) if public else {}
    return {one for one, some in mixed.items() if not any(_is_since(each, since) for each in some[1:])}


def _is_since(version: Version, since: datetime) -> bool:
    return version.first_seen_at is not None and version.first_seen_at >= since


def _seen(rows: FromClause) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
    return rows.c.first_seen_at, rows.c.last_seen_at


def _changed(rows: FromClause) -> ColumnElement[bool]:
    """Written into the statement, so that the index of rows with a number above 1 is used."""
    return rows.c.number > literal_column("1")


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
