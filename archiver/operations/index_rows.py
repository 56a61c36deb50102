"""Rows of the index apart from any database: as lines of JSON, or straight from one database into another."""

from __future__ import annotations

import hashlib
import json
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any, Final

from sqlalchemy import Connection, LargeBinary, Table, func, insert, select

from archiver import clock, migrate
from archiver.database import Instant
from archiver.errors import IntegrityError

#: Made anew from records, with the words.
DERIVED: Final = frozenset({"search_record", "search_source", "search_indexed"})
#: How far a rebuild came: never copied.
PROGRESS: Final = frozenset({"rebuild_progress"})
#: In no snapshot: secrets, leases, what the log and its objects in the store give back, the archive's own row, which is
#: made by opening it, and what was used of platforms' allowances, which is out of date within the day.
LEFT_OUT: Final = frozenset(
    {
        *("person_factor", "sign_in_link", "sign_in_trip", "sign_in_try", "known_browser", "session", "api_token"),
        *("passkey", "passkey_challenge", "address_change"),
        *("credential", "platform_app", "connect_link", "mail", "hook", "subscription", "lease", "archive"),
        *("quota", "quota_use", "quota_cost"),
        *("event", "log_head", "log_subtree", "log_signing", "log_checkpoint", "anchor"),
    }
)
#: In a snapshot. A table that is in neither set is in none, and stops a test: somebody has to decide.
IN_SNAPSHOTS: Final = frozenset(
    {
        *("account", "handle", "due", "watch", "search_statement", "act_file", "timestamp_service"),
        *("person", "role_grant", "grant_access", "account_reserve", "access_log"),
        *("run", "exchange", "segment", "coverage", "gap", "standing", "deposit"),
        *("register_statement", "register_document"),
        *("saved_search", "saved_search_mark"),
        *("record_tag", "record_note", "selection", "selection_record", "selection_statement"),
        *("moderation_statement", "moderation_item", "change_mark", "challenge_statement"),
        "official_decision",
        "role_review_statement",
        *("record", "version", "occurrence", "state", "medium", "picture", "link", "record_link"),
        *("import", "import_end", "imported_file", "imported_version"),
    }
)
_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class TableEnd:
    """What the rows of a table came to."""

    rows: int
    sha256: str
    """Of their lines."""


def moved_tables() -> list[Table]:
    """What a move copies, in an order in which rows can be inserted."""
    return [one for one in migrate.metadata().sorted_tables if one.name not in DERIVED | PROGRESS]


def snapshot_tables() -> list[Table]:
    """What a snapshot holds, in an order in which rows can be inserted."""
    return [one for one in moved_tables() if one.name in IN_SNAPSHOTS]


def copy(source: Connection, target: Connection, one: Table) -> int:
    """Insert all rows of a table into another database; how many."""
    copied = 0
    rows = source.execute(select(*one.c), execution_options={"yield_per": _AT_ONCE}).mappings()
    for some in _several(dict(row) for row in rows):
        for row in some:
            if one.name == "event":
                row["arrival"] = None  # all have their positions
        target.execute(insert(one), some)
        copied += len(some)
    count_on(target, one)
    return copied


def count_on(connection: Connection, one: Table) -> None:
    """Let PostgreSQL give new rows of a table numbers after those that were copied into it; SQLite does by itself."""
    number = one.autoincrement_column
    if number is None or connection.dialect.name != "postgresql":
        return
    last = connection.execute(select(func.max(number))).scalar()
    sequence = connection.execute(select(func.pg_get_serial_sequence(one.name, number.name))).scalar()
    if last is not None and sequence is not None:
        connection.execute(select(func.setval(sequence, last)))


class LineWriter:
    """Turns the rows of a table into lines."""

    def __init__(self, connection: Connection, one: Table) -> None:
        self._connection, self._table = connection, one
        self._digest, self._rows = hashlib.sha256(), 0

    def lines(self) -> Iterator[bytes]:
        """``[value, …]`` in order of the columns, a line each."""
        columns = list(self._table.c)
        query = select(*columns).execution_options(yield_per=_AT_ONCE)
        with self._connection.execute(query) as rows:
            for row in rows:
                line = json.dumps([_plain(value) for value in _values(columns, row)], separators=(",", ":")).encode()
                self._digest.update(line + b"\n")
                self._rows += 1
                yield line

    @property
    def end(self) -> TableEnd:
        return TableEnd(self._rows, self._digest.hexdigest())


class LineReader:
    """Inserts the rows that lines tell of."""

    def __init__(self, connection: Connection, one: Table, columns: Sequence[str]) -> None:
        if list(columns) != list(one.c.keys()):
            raise IntegrityError(f"the snapshot holds {one.name} with other columns than this version")
        self._connection, self._table = connection, one
        self._digest, self._rows = hashlib.sha256(), 0

    def insert(self, lines: Iterable[bytes]) -> TableEnd:
        """Insert all of them; new rows are counted on from there."""
        for some in _several(self._row(line) for line in lines):
            self._connection.execute(insert(self._table), some)
        count_on(self._connection, self._table)
        return TableEnd(self._rows, self._digest.hexdigest())

    def _row(self, line: bytes) -> dict[str, Any]:
        self._digest.update(line + b"\n")
        self._rows += 1
        values = json.loads(line)
        return {column.name: _typed(column.type, value) for column, value in zip(self._table.c, values, strict=True)}


def _several(rows: Iterable[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    rest = iter(rows)
    while some := list(islice(rest, _AT_ONCE)):
        yield some


def _values(columns: Sequence[Any], row: Any) -> Iterator[Any]:
    for column, value in zip(columns, row, strict=True):
        yield clock.to_text(value) if isinstance(column.type, Instant) and value is not None else value


def _plain(value: Any) -> Any:
    return b64encode(value).decode() if isinstance(value, bytes) else value


def _typed(kind: Any, value: Any) -> Any:
    if value is None:
        return None
    if isinstance(kind, Instant):
        return clock.from_text(value)
    return b64decode(value) if isinstance(kind, LargeBinary) else value
