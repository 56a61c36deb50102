"""Rows of the search index on SQLite: how a document is stored, put in, and taken out again word by word."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from archiver.database import Base
from archiver.helper import Helper
from archiver.search.analyser import IDENTITY
from archiver.search.changes import find
from archiver.search.documents import Document
from archiver.search.models import TABLES
from archiver.search.places import choose
from archiver.search.rows import Stored, to_document
from archiver.search.terms import document_terms

#: Bytes of new words that FTS5 collects in memory before it writes a segment.
_COLLECTED = 8 << 20

_STORED = """
    SELECT r.id, r.record_id, r.account_id, r.kind, r.state,
           s.platform, s.access, s.created_at, s.first_seen_at, s.content
    FROM json_each(?) AS wanted
    CROSS JOIN search_record AS r ON r.record_id = wanted.value
    CROSS JOIN search_source AS s ON s.id = r.id
"""
_WRITE_WORDS = "INSERT INTO search_words (search_words, rowid, terms) VALUES (?, ?, ?)"
_WRITE_RECORD = "INSERT OR REPLACE INTO search_record (id, record_id, account_id, kind, state) VALUES (?, ?, ?, ?, ?)"
_WRITE_SOURCE = (
    "INSERT OR REPLACE INTO search_source (id, platform, access, created_at, first_seen_at, content)"
    " VALUES (?, ?, ?, ?, ?, ?)"
)


def create(connection: Connection) -> None:
    """Make the tables that are not there yet."""
    Base.metadata.create_all(connection, tables=TABLES)
    if not connection.exec_driver_sql("SELECT 1 FROM sqlite_master WHERE name = 'search_words'").first():
        create_words(connection)
    note_analyser(connection, replace=False)


def create_words(connection: Connection) -> None:
    """The virtual tables: the words, and a view of their vocabulary that takes no room."""
    connection.exec_driver_sql(
        "CREATE VIRTUAL TABLE search_words USING fts5 (terms, content='', columnsize=0, tokenize='ascii')"
    )
    connection.exec_driver_sql("INSERT INTO search_words (search_words, rank) VALUES ('hashsize', ?)", (_COLLECTED,))
    connection.exec_driver_sql("CREATE VIRTUAL TABLE search_vocabulary USING fts5vocab (search_words, row)")


def note_analyser(connection: Connection, *, replace: bool) -> None:
    how = "REPLACE" if replace else "IGNORE"
    connection.exec_driver_sql(f"INSERT OR {how} INTO search_indexed (id, analyser) VALUES (1, ?)", (IDENTITY,))  # noqa: S608 - one of two words


def empty(connection: Connection) -> None:
    """Take everything out at once."""
    connection.exec_driver_sql("INSERT INTO search_words (search_words) VALUES ('delete-all')")
    connection.exec_driver_sql("DELETE FROM search_record")
    connection.exec_driver_sql("DELETE FROM search_source")


def purge(connection: Connection) -> None:
    """Rewrite the words as one segment: nothing of removed records is left in it, and reading is fastest."""
    connection.exec_driver_sql("INSERT INTO search_words (search_words) VALUES ('optimize')")


settle = purge


def stored(connection: Connection, record_ids: Iterable[str]) -> dict[str, Stored]:
    """What the index holds of these records, by record id."""
    rows = connection.exec_driver_sql(_STORED, (json.dumps(list(record_ids)),))
    return {row.record_id: row for row in map(Stored._make, rows)}


@dataclass(frozen=True, slots=True)
class Put:
    """Documents whose rows are written, and whose words are still to come."""

    old: list[Stored]
    ids: list[int]
    terms: Callable[[], list[str]]

    def write_words(self, connection: Connection) -> None:
        new_words = [(None, row_id, terms) for row_id, terms in zip(self.ids, self.terms(), strict=True)]
        _write_words(connection, [*_taken_out(self.old), *new_words])


def put(connection: Connection, documents: Sequence[Document], helper: Helper | None = None) -> Put:
    """See :meth:`archiver.search.base.Rows.put`."""
    changes = find(documents, lambda record_ids: stored(connection, record_ids), helper)
    old = list(changes.before.values())
    ids = choose(changes.documents, changes.before, lambda wanted: _taken(connection, wanted))
    _forget(connection, [row.id for row in old if ids[row.record_id] != row.id])
    if changes.rows:
        new_rows = [(ids[row.record_id], *row[1:]) for row in changes.rows]
        connection.exec_driver_sql(_WRITE_RECORD, [row[:5] for row in new_rows])
        connection.exec_driver_sql(_WRITE_SOURCE, [(row[0], *row[5:]) for row in new_rows])
    return Put(old, [ids[row.record_id] for row in changes.rows], changes.terms)


def remove(connection: Connection, record_ids: Collection[str]) -> None:
    """Take these records out."""
    rows = list(stored(connection, record_ids).values())
    _write_words(connection, _taken_out(rows))
    _forget(connection, [row.id for row in rows])


_Words = tuple[str | None, int, str]


def _taken_out(rows: Iterable[Stored]) -> list[_Words]:
    return [("delete", row.id, document_terms(to_document(row))) for row in rows]


def _write_words(connection: Connection, operations: list[_Words]) -> None:
    # FTS5 writes a new segment whenever ids do not grow, so they are sorted; a delete goes before the insert of its id.
    operations.sort(key=lambda operation: (operation[1], operation[0] is None))
    if operations:
        connection.exec_driver_sql(_WRITE_WORDS, operations)


def _forget(connection: Connection, ids: list[int]) -> None:
    if ids:
        gone: list[tuple[Any, ...]] = [(row_id,) for row_id in ids]
        connection.exec_driver_sql("DELETE FROM search_record WHERE id = ?", gone)
        connection.exec_driver_sql("DELETE FROM search_source WHERE id = ?", gone)


def _taken(connection: Connection, ids: Iterable[int]) -> set[int]:
    found = connection.exec_driver_sql(
        "SELECT id FROM search_record WHERE id IN (SELECT value FROM json_each(?))", (json.dumps(list(ids)),)
    )
    return {row_id for (row_id,) in found}
