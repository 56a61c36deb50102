"""Marks the records under which the platform counts something else than what the archive has in plain sight, so that
they are found among a million. What the difference is, is worked out when it is shown."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any, Final

from sqlalchemy import Column, ColumnElement, Connection, bindparam, func, select, update

from archiver.database import among
from archiver.records.stored import RECORD, chunks
from connectors.contract import AccessClass, State

#: Columns of a record that the mark of it, or of what it is under, depends on.
DEPENDS_ON: Final = frozenset({"counted", "counted_deep", "state", "access", "parent_id", "thread_id"})
_MARK = (
    update(RECORD)
    .where(RECORD.c.id == bindparam("b_id"))
    .values(differs=bindparam("b_differs", type_=RECORD.c.differs.type))
)


def concerned(row: Mapping[str, Any]) -> set[str]:
    """Ids of the records whose mark may be another one because of this row."""
    return {row[name] for name in ("id", "parent_id", "thread_id") if row[name] is not None}


def alone(row: Mapping[str, Any]) -> bool | None:
    """The mark of a new record, as long as nothing is known under it: so it is for most, and then
    :func:`bring_up_to_date` leaves the row as it was inserted."""
    return None if row["counted"] is None else row["counted"] != 0


def bring_up_to_date(connection: Connection, record_ids: Collection[str]) -> None:
    """Mark these records, or take the mark from them. Those that bear no number are passed over."""
    for bearers, under in _bearers(connection, record_ids, RECORD.c.counted.is_not(None)):
        marks = [(one, _differs(one.counted, one.access, under.get(one.id, {}))) for one in bearers]
        changed = [{"b_id": one.id, "b_differs": mark} for one, mark in marks if one.differs != mark]
        if changed:
            connection.execute(_MARK, changed)


def lacking(connection: Connection, record_ids: Collection[str]) -> set[str]:
    """First records of the threads in which the platform counts more under one of these than is in plain sight."""
    found: set[str] = set()
    for bearers, under in _bearers(connection, record_ids, RECORD.c.differs.is_(True)):
        found |= {one.thread_id for one in bearers if one.counted > _plain(one.access, under.get(one.id, {}))}
    return found


_Under = dict[str, dict[tuple[str, str], int]]


def _bearers(
    connection: Connection, record_ids: Collection[str], which: ColumnElement[bool]
) -> Iterator[tuple[Sequence[Any], _Under]]:
    """Those of these records that bear a number, in portions, and what is known under each."""
    columns = (
        RECORD.c.id, RECORD.c.thread_id, RECORD.c.counted, RECORD.c.counted_deep, RECORD.c.access, RECORD.c.differs,
    )  # fmt: skip
    for chunk in chunks(sorted(record_ids)):
        bearers = connection.execute(select(*columns).where(among(connection, RECORD.c.id, chunk), which)).all()
        under = _under(connection, RECORD.c.parent_id, [one.id for one in bearers if not one.counted_deep])
        under |= _under(connection, RECORD.c.thread_id, [one.id for one in bearers if one.counted_deep])
        yield bearers, under


def _under(connection: Connection, above: Column[str], bearers: list[str]) -> _Under:
    """How many records there are under each, by state and access class."""
    if not bearers:
        return {}
    query = select(above, RECORD.c.state, RECORD.c.access, func.count())
    query = query.where(among(connection, above, bearers), RECORD.c.id != above)
    found: _Under = defaultdict(dict)
    for bearer, state, access, number in connection.execute(query.group_by(above, RECORD.c.state, RECORD.c.access)):
        found[bearer][state, access] = number
    return found


def _differs(counted: int, access: str, under: Mapping[tuple[str, str], int]) -> bool:
    return not counted == _plain(access, under) == sum(under.values())


def _plain(access: str, under: Mapping[tuple[str, str], int]) -> int:
    """How many are visible to whoever sees what they are under."""
    seen = (AccessClass.PUBLIC.value, access)
    return sum(number for (state, of), number in under.items() if state == State.VISIBLE.value and of in seen)
