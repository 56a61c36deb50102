"""The rows a batch writes, collected and then written in bulk, each table and kind of change in one statement."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cache
from operator import itemgetter
from typing import Any

from sqlalchemy import Column, Connection, Dialect, Table, and_, bindparam, delete, insert, or_, update
from sqlalchemy.sql.dml import Update

from archiver.records.states import Interval
from archiver.records.stored import MEDIUM, OCCURRENCE, PICTURE, RECORD, STATE, VERSION

Row = dict[str, Any]


def _update(table: Table, keys: tuple[str, ...], columns: tuple[str, ...]) -> Update:
    """An update of rows found by ``keys``, to be executed with dictionaries of ``b_KEY`` and columns."""
    found = and_(*(table.c[key] == bindparam(f"b_{key}") for key in keys))
    return update(table).where(found).values({name: bindparam(name) for name in columns})


def _all_but(table: Table, *names: str) -> tuple[str, ...]:
    return tuple(column.name for column in table.c if column.name not in names)


#: Columns of a record that change where it is only seen again.
SEEN = ("last_seen_at", "public_last_at")
_SEEN_AGAIN = _update(RECORD, ("id",), SEEN)
#: Columns of a record that change without anything being said or done.
PASSING = (
    *(*SEEN, "counts", "exchange_id", "position"),
    *("counted", "counted_deep", "counted_at", "read_at", "read_whole"),
)
_OCCURRED = _update(RECORD, ("id",), PASSING)
_RECORD = _update(RECORD, ("id",), _all_but(RECORD, "id", "account_id", "key"))
_REPEATED = _update(
    VERSION,
    ("id",),
    ("first_seen_at", "last_seen_at", "public", "public_first_at", "public_last_at", "exchange_id", "position"),
)
_VERSION = _update(VERSION, ("id",), _all_but(VERSION, "id", "record_id"))
_PLACED = _update(OCCURRENCE, ("exchange_id", "position"), ("version_id", "partial"))
_STATE = _update(STATE, ("record_id", "number"), _all_but(STATE, "record_id", "number"))
_MEDIUM = _update(MEDIUM, ("id",), ("kind", "url", "alt_text"))
_OUTCOME = _update(MEDIUM, ("id",), ("state", "reason", "exchange_id", "content_type", "sha256", "size"))
_REFUSED = _update(MEDIUM, ("id",), ("state", "reason", "exchange_id")).where(MEDIUM.c.state != "fetched")


def _later(table: Table, keys: tuple[str, ...], name: str = "last_seen_at") -> Update:
    """Raises a time where it is earlier."""
    column = table.c[name]
    at = bindparam("at", type_=column.type)
    found = and_(*(table.c[key] == bindparam(f"b_{key}") for key in keys))
    return update(table).where(found, or_(column.is_(None), column < at)).values({name: at})


_OCCURRENCE_SEEN = _later(OCCURRENCE, ("exchange_id", "position"))
_OCCURRENCE_SEEN_IN_PUBLIC = _later(OCCURRENCE, ("exchange_id", "position"), "seen_in_public_at")
_VERSION_SEEN = _later(VERSION, ("id",))
_VERSION_SEEN_IN_PUBLIC = _later(VERSION, ("id",), "public_last_at").where(VERSION.c.public_first_at.is_not(None))


def _execute(connection: Connection, *changes: tuple[Update, list[Row]]) -> None:
    for statement, rows in changes:
        if rows:
            connection.execute(statement, rows)


def insert_rows(connection: Connection, table: Table, rows: Sequence[Row]) -> None:
    """Insert rows that have a value for every column.

    On SQLite the driver gets them as they are stored, made column by column: SQLAlchemy prepares every row for itself,
    which takes as long as the insert.
    """
    if not rows:
        return
    if connection.dialect.name != "sqlite":
        connection.execute(insert(table), rows)
        return
    stored = [_stored(column, map(itemgetter(column.name), rows), connection.dialect) for column in table.c]
    connection.exec_driver_sql(_insertion(table), list(zip(*stored, strict=True)))


def _stored(column: Column[Any], values: Iterable[Any], dialect: Dialect) -> Iterable[Any]:
    """The values of one column as the driver takes them."""
    convert = column.type.dialect_impl(dialect).bind_processor(dialect)
    return values if convert is None else map(convert, values)


@cache
def _insertion(table: Table) -> str:
    names = ", ".join(f'"{column.name}"' for column in table.c)
    marks = ", ".join("?" * len(table.c))
    return f"INSERT INTO {table.name} ({names}) VALUES ({marks})"  # noqa: S608 - our own names


@dataclass(slots=True)
class Rows:
    """What one batch changes. The names say what happened to the row."""

    records: list[Row] = field(default_factory=list)
    records_changed: list[Row] = field(default_factory=list)
    records_occurred: list[Row] = field(default_factory=list)
    records_seen: list[Row] = field(default_factory=list)
    versions: list[Row] = field(default_factory=list)
    versions_changed: list[Row] = field(default_factory=list)
    versions_repeated: list[Row] = field(default_factory=list)
    versions_seen: list[Row] = field(default_factory=list)
    versions_seen_in_public: list[Row] = field(default_factory=list)
    versions_gone: list[str] = field(default_factory=list)
    occurrences: list[Row] = field(default_factory=list)
    occurrences_placed: list[Row] = field(default_factory=list)
    occurrences_seen: list[Row] = field(default_factory=list)
    occurrences_seen_in_public: list[Row] = field(default_factory=list)
    states: list[Row] = field(default_factory=list)
    states_changed: list[Row] = field(default_factory=list)
    media: list[Row] = field(default_factory=list)
    media_changed: list[Row] = field(default_factory=list)
    media_outcomes: list[tuple[str, Row]] = field(default_factory=list)
    pictures: list[Row] = field(default_factory=list)

    def write(self, connection: Connection) -> None:
        """Execute everything, in an order that foreign keys allow."""
        insert_rows(connection, RECORD, self.records)
        insert_rows(connection, VERSION, self.versions)
        _execute(connection, (_VERSION, self.versions_changed), (_REPEATED, self.versions_repeated))
        insert_rows(connection, OCCURRENCE, self.occurrences)
        _execute(
            connection,
            (_PLACED, self.occurrences_placed),
            (_OCCURRENCE_SEEN, self.occurrences_seen),
            (_OCCURRENCE_SEEN_IN_PUBLIC, self.occurrences_seen_in_public),
            (_VERSION_SEEN, self.versions_seen),
            (_VERSION_SEEN_IN_PUBLIC, self.versions_seen_in_public),
            (_RECORD, self.records_changed),
            (_OCCURRED, self.records_occurred),
            (_SEEN_AGAIN, self.records_seen),
        )
        insert_rows(connection, STATE, self.states)
        insert_rows(connection, MEDIUM, self.media)
        insert_rows(connection, PICTURE, self.pictures)
        _execute(connection, (_STATE, self.states_changed), (_MEDIUM, self.media_changed))
        for state, outcome in self.media_outcomes:
            connection.execute(_OUTCOME if state == "fetched" else _REFUSED, [outcome])
        for version_id in self.versions_gone:
            connection.execute(delete(VERSION).where(VERSION.c.id == version_id))

    def intervals(self, record_id: str, before: tuple[Interval, ...], after: tuple[Interval, ...]) -> None:
        """Write the difference between a record's intervals before and after."""
        for number, interval in enumerate(after, 1):
            if number <= len(before) and before[number - 1] == interval:
                continue
            row = {
                "state": interval.state,
                "from_at": interval.from_at,
                "last_at": interval.last_at,
                "evidence": list(interval.evidence),
                "public_from_at": interval.public_from_at,
                "public_last_at": interval.public_last_at,
            }
            if number <= len(before):
                self.states_changed.append(row | {"b_record_id": record_id, "b_number": number})
            else:
                self.states.append(row | {"record_id": record_id, "number": number})
