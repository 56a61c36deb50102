"""Rows of the search index on PostgreSQL: how a document is stored, put in, and taken out again."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection

from archiver.database import Base
from archiver.helper import Helper
from archiver.search import postgresql_purge, tsvector
from archiver.search.analyser import IDENTITY
from archiver.search.changes import Changes, find
from archiver.search.documents import Document
from archiver.search.models import TABLES
from archiver.search.places import choose
from archiver.search.rows import Stored

#: Characters of long documents that are written together.
_MUCH = 4_000_000
#: Tables that hold what was indexed.
_ROW_TABLES = ("search_record", "search_source")
_WORD_TABLES = ("search_words", "search_words_long", "search_words_part")
FILLED = (*_ROW_TABLES, *_WORD_TABLES)

#: A document is in ``search_words``, or in both others (:mod:`archiver.search.tsvector`). Changes go into the indexes
#: at once: with a list of pending ones, whoever comes when it is full would have to wait for all of them. Lists of
#: terms are looked through again and again, so they are not compressed.
_WORDS = """
    CREATE TABLE search_words (id bigint NOT NULL CONSTRAINT pk_search_words PRIMARY KEY, words tsvector NOT NULL);
    CREATE INDEX ix_search_words_words ON search_words USING gin (words) WITH (fastupdate = off);
    CREATE TABLE search_words_long (
        id bigint NOT NULL CONSTRAINT pk_search_words_long PRIMARY KEY, terms text COLLATE "C" NOT NULL
    );
    ALTER TABLE search_words_long ALTER COLUMN terms SET STORAGE EXTERNAL;
    CREATE TABLE search_words_part (id bigint NOT NULL, words tsvector NOT NULL);
    CREATE INDEX ix_search_words_part_id ON search_words_part (id);
    CREATE INDEX ix_search_words_part_words ON search_words_part USING gin (words) WITH (fastupdate = off);
"""
_MOMENT = """to_char({} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')"""
#: The columns of :class:`archiver.search.rows.Stored`, of ``r`` and ``s``.
COLUMNS = (
    "r.id, r.record_id, r.account_id, r.kind, r.state, s.platform, s.access,"
    f" {_MOMENT.format('s.created_at')}, {_MOMENT.format('s.first_seen_at')}, s.content"
)
_STORED = f"""
    SELECT {COLUMNS} FROM search_record AS r JOIN search_source AS s ON s.id = r.id WHERE r.record_id = ANY(%s)
"""  # noqa: S608 - our own columns
_WRITE_RECORD = """
    INSERT INTO search_record (id, record_id, account_id, kind, state)
    SELECT * FROM unnest(%s::bigint[], %s::text[], %s::text[], %s::text[], %s::text[]) AS new (id, a, b, c, d)
    ORDER BY id
    ON CONFLICT DO NOTHING RETURNING record_id, id
"""
_WRITE_SOURCE = """
    INSERT INTO search_source (id, platform, access, created_at, first_seen_at, content) VALUES (%s, %s, %s, %s, %s, %s)
"""
_WRITE_SHORT = "INSERT INTO search_words (id, words) VALUES (%s, %s::tsvector)"
_WRITE_LONG = "INSERT INTO search_words_long (id, terms) VALUES (%s, %s)"
_WRITE_PART = "INSERT INTO search_words_part (id, words) VALUES (%s, %s::tsvector)"


def create(connection: Connection) -> None:
    """Make the tables that are not there yet."""
    Base.metadata.create_all(connection, tables=TABLES)
    if connection.exec_driver_sql("SELECT to_regclass('search_words')").scalar() is None:
        create_words(connection)
    note_analyser(connection, replace=False)


def create_words(connection: Connection) -> None:
    """The tables of the words."""
    connection.exec_driver_sql(_WORDS)


def note_analyser(connection: Connection, *, replace: bool) -> None:
    how = "UPDATE SET analyser = excluded.analyser" if replace else "NOTHING"
    connection.exec_driver_sql(
        f"INSERT INTO search_indexed (id, analyser) VALUES (1, %s) ON CONFLICT (id) DO {how}",  # noqa: S608 - one of two
        (IDENTITY,),
    )


def empty(connection: Connection) -> None:
    """Take everything out. Whoever searches meanwhile sees what was there before, which TRUNCATE would not let them."""
    for table in FILLED:
        connection.exec_driver_sql(f"DELETE FROM {table}")  # noqa: S608 - our own names


def settle(connection: Connection) -> None:
    """Have the planner know what is in the tables now."""
    connection.exec_driver_sql("ANALYZE " + ", ".join(FILLED))


def purge(connection: Connection) -> None:
    """Write the tables anew in order of time, without what was removed (:func:`postgresql_purge.rewrite`)."""
    keys = {table: "ix_search_words_part_id" if table == "search_words_part" else f"pk_{table}" for table in FILLED}
    postgresql_purge.rewrite(connection, keys)


def stored(connection: Connection, record_ids: Iterable[str]) -> dict[str, Stored]:
    """What the index holds of these records, by record id."""
    rows = connection.exec_driver_sql(_STORED, (list(record_ids),))
    return {row.record_id: row for row in map(Stored._make, rows)}


@dataclass(frozen=True, slots=True)
class Put:
    """Documents whose rows are written, and whose words are still to come."""

    ids: list[int]
    changes: Changes

    def write_words(self, connection: Connection) -> None:
        # Only now are the words there that an earlier call may have left to be written.
        _delete(connection, _WORD_TABLES, [row.id for row in self.changes.before.values()])
        write_words(connection, self.ids, self.changes.terms())


def put(connection: Connection, documents: Sequence[Document], helper: Helper | None = None) -> Put:
    """See :meth:`archiver.search.base.Rows.put`."""
    changes = find(documents, lambda record_ids: stored(connection, record_ids), helper)
    _delete(connection, _ROW_TABLES, [row.id for row in changes.before.values()])
    ids = _place(connection, changes)
    sources: list[tuple[Any, ...]] = [(ids[row.record_id], *row[5:]) for row in changes.rows]
    if sources:
        connection.exec_driver_sql(_WRITE_SOURCE, sources)
    return Put([ids[row.record_id] for row in changes.rows], changes)


def remove(connection: Connection, record_ids: Collection[str]) -> None:
    """Take these records out."""
    _delete(connection, FILLED, _ids_of(connection, record_ids))


def write_words(connection: Connection, ids: Sequence[int], terms: Sequence[str]) -> None:
    """Make these documents findable."""
    short: list[tuple[Any, ...]] = []
    long: list[tuple[int, str]] = []
    for row_id, found in sorted(zip(ids, terms, strict=True)):
        vector = tsvector.short(found)
        if vector is None:
            long.append((row_id, found))
        else:
            short.append((row_id, vector))
    if short:
        connection.exec_driver_sql(_WRITE_SHORT, short)
    _write_long(connection, long)


def _write_long(connection: Connection, long: list[tuple[int, str]]) -> None:
    """A few at once: they may be of any size."""
    at = 0
    while at < len(long):
        lists: list[tuple[Any, ...]] = []
        parts: list[tuple[Any, ...]] = []
        size = 0
        while at < len(long) and size < _MUCH:
            row_id, found = long[at]
            lists.append((row_id, f" {found} "))
            parts += [(row_id, part) for part in tsvector.parts(found)]
            size += len(found)
            at += 1
        connection.exec_driver_sql(_WRITE_LONG, lists)
        connection.exec_driver_sql(_WRITE_PART, parts)


def _place(connection: Connection, changes: Changes) -> dict[str, int]:
    """Write the rows that hits are counted by; the ids they got. Where another transaction took an id or the record
    itself meanwhile, we have waited for its end: then the record is put in its stead, or another id is found."""
    placed: dict[str, int] = {}
    waiting, before = changes.documents, changes.before
    rows = {row.record_id: row for row in changes.rows}
    while waiting:
        ids = choose(waiting, before, lambda wanted: _taken(connection, wanted))
        new = [rows[record_id]._replace(id=row_id)[:5] for record_id, row_id in ids.items()]
        written = connection.exec_driver_sql(_WRITE_RECORD, tuple(list(column) for column in zip(*new, strict=True)))
        placed.update((record_id, row_id) for record_id, row_id in written)
        waiting, before = [document for document in waiting if document.record_id not in placed], {}
        remove(connection, [document.record_id for document in waiting])
    return placed


def _taken(connection: Connection, ids: Iterable[int]) -> set[int]:
    found = connection.exec_driver_sql("SELECT id FROM search_record WHERE id = ANY(%s::bigint[])", (list(ids),))
    return {row_id for (row_id,) in found}


def _ids_of(connection: Connection, record_ids: Collection[str]) -> list[int]:
    if not record_ids:
        return []
    found = connection.exec_driver_sql("SELECT id FROM search_record WHERE record_id = ANY(%s)", (list(record_ids),))
    return [row_id for (row_id,) in found]


def _delete(connection: Connection, tables: Iterable[str], ids: list[int]) -> None:
    if ids:
        for table in tables:
            connection.exec_driver_sql(f"DELETE FROM {table} WHERE id = ANY(%s::bigint[])", (ids,))  # noqa: S608
