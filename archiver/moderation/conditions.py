"""Conditions on the tables of states and versions: whether a statement is about a change, and which still lack one."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, FromClause, Select, and_, literal_column, or_, select

from archiver.moderation.matching import EDITED, FITS, STATE, TO_EXPLAIN
from archiver.moderation.models import ModerationItem, ModerationStatement
from archiver.records.stored import STATE as STATES
from archiver.records.stored import VERSION, table

ITEM, STATEMENT = table(ModerationItem), table(ModerationStatement)


def current(statement: FromClause = STATEMENT) -> ColumnElement[bool]:
    """Whether a statement is the last of its act of moderation, and no mistake."""
    later = STATEMENT.alias()
    same = and_(later.c.moderation_id == statement.c.moderation_id, later.c.number > statement.c.number)
    return and_(~statement.c.void, ~select(later.c.act_id).where(same).exists())


def about(rows: FromClause, item: FromClause) -> ColumnElement[bool]:
    """Whether an item means the change that a row of states or of versions is."""
    at, track = _at(rows), EDITED if rows is VERSION else STATE
    mine = and_(item.c.record_id == rows.c.record_id, item.c.track == track)
    return and_(mine, or_(_named(rows, item, at), _first(rows, item, at)))


def unseen(statement: FromClause = STATEMENT) -> ColumnElement[bool]:
    """Whether a statement tells of a change of some record that the archive has not seen."""
    item = ITEM.alias()

    def known(rows: FromClause) -> ColumnElement[bool]:
        change: Select[Any] = select(literal_column("1")).select_from(rows).where(about(rows, item), rows.c.number > 1)
        return change.correlate(item).exists()

    mine = (item.c.act_id == statement.c.act_id, ~known(STATES), ~known(VERSION))
    told: Select[Any] = select(literal_column("1")).select_from(item).where(*mine)
    return told.correlate(statement).exists()


def explained(rows: FromClause) -> ColumnElement[bool]:
    """Whether a statement that holds is about a change."""
    item, statement = ITEM.alias(), STATEMENT.alias()
    joined = item.join(statement, statement.c.act_id == item.c.act_id)
    told: Select[Any] = select(literal_column("1")).select_from(joined).where(about(rows, item), current(statement))
    return told.correlate(rows).exists()


def to_explain(rows: FromClause) -> ColumnElement[bool]:
    """Whether a change is one that somebody has to explain, and nobody has."""
    if rows is VERSION:
        return literal_column("1") == literal_column("0")
    return and_(rows.c.state.in_(sorted(TO_EXPLAIN)), ~explained(rows))


def _at(rows: FromClause) -> ColumnElement[Any]:
    return rows.c.first_seen_at if rows is VERSION else rows.c.from_at


def _named(rows: FromClause, item: FromClause, at: ColumnElement[Any]) -> ColumnElement[bool]:
    """The one in effect when somebody looked."""
    later = _others(rows)
    since = (later.c.number > rows.c.number, _at_of(rows, later) <= item.c.seen_at)
    newer = select(later.c.number).where(later.c.record_id == rows.c.record_id, *since)
    return and_(item.c.seen_at.is_not(None), at <= item.c.seen_at, ~newer.correlate(rows, item).exists())


def _first(rows: FromClause, item: FromClause, at: ColumnElement[Any]) -> ColumnElement[bool]:
    """The first from its beginning on that fits."""
    earlier = _others(rows)
    before = (_at_of(rows, earlier) >= item.c.begins_at, earlier.c.number < rows.c.number, earlier.c.number > 1)
    older = select(earlier.c.number).where(earlier.c.record_id == rows.c.record_id, *before, _fits(earlier, item))
    first = ~older.correlate(rows, item).exists()
    return and_(item.c.seen_at.is_(None), at >= item.c.begins_at, _fits(rows, item), first)


def _others(rows: FromClause) -> FromClause:
    return (VERSION if rows is VERSION else STATES).alias()


def _at_of(rows: FromClause, other: FromClause) -> ColumnElement[Any]:
    return other.c.first_seen_at if rows is VERSION else other.c.from_at


def _fits(rows: FromClause, item: FromClause) -> ColumnElement[bool]:
    if "state" not in rows.c:
        return item.c.fits == "text"
    kinds = [and_(item.c.fits == name, rows.c.state.in_(sorted(some))) for name, some in FITS.items() if some]
    return or_(*kinds)
