"""Does the index on SQLite say what the records say? Compared row by row, then word by word."""

from __future__ import annotations

import zlib
from array import array
from collections import Counter
from collections.abc import Iterable, Iterator

from sqlalchemy import Connection
from sqlalchemy.exc import DatabaseError

from archiver.search import sqlite_rows
from archiver.search.checking import BATCH, compare_rows, name
from archiver.search.documents import Document
from archiver.search.index import CheckReport, Progress
from archiver.search.rows import Stored, to_document
from archiver.search.terms import document_terms

_BUCKETS = 1 << 16
_ALL = """
    SELECT r.id, r.record_id, r.account_id, r.kind, r.state,
           s.platform, s.access, s.created_at, s.first_seen_at, s.content
    FROM search_record AS r CROSS JOIN search_source AS s ON s.id = r.id
    WHERE r.id > ? ORDER BY r.id LIMIT ?
"""


def check(connection: Connection, documents: Iterable[Document], progress: Progress | None) -> CheckReport:
    """Compare the index with ``documents``, which are to be all there are."""
    report = CheckReport()
    try:
        seen = compare_rows(documents, lambda ids: sqlite_rows.stored(connection, ids), report, progress)
        _compare_words(connection, seen, report)
        if connection.get_execution_options().get("archiver_write"):  # FTS5 wants to write in order to look
            connection.exec_driver_sql("INSERT INTO search_words (search_words) VALUES ('integrity-check')")
    except DatabaseError as error:
        report.damage = str(error.orig)
    return report


def _compare_words(connection: Connection, seen: set[int], report: CheckReport) -> None:
    """Term by term, how many documents have it and how often: too many numbers to keep, so they are added up in
    buckets by the hash of the term. A difference shows unless two of them cancel out in one bucket."""
    expected, there = _Sums(), _Sums()
    for rows in _all_rows(connection):
        often: Counter[str] = Counter()
        having: Counter[str] = Counter()
        for row in rows:
            if row.id not in seen:
                name(report, report.orphaned, row.record_id)
            found = document_terms(to_document(row)).split(" ")
            often.update(found)
            having.update(set(found))
        for term, count in often.items():
            expected.add(term, having[term], count)
    for term, having_it, count in connection.exec_driver_sql("SELECT term, doc, cnt FROM search_vocabulary"):
        there.add(term, having_it, count)
    report.terms_differ = expected != there


def _all_rows(connection: Connection) -> Iterator[list[Stored]]:
    last = -(2**63)
    while rows := [Stored._make(row) for row in connection.exec_driver_sql(_ALL, (last, BATCH))]:
        yield rows
        last = rows[-1].id


class _Sums:
    """Documents and occurrences, by bucket of terms."""

    def __init__(self) -> None:
        self.documents = array("q", bytes(8 * _BUCKETS))
        self.occurrences = array("q", bytes(8 * _BUCKETS))

    def add(self, term: str, documents: int, occurrences: int) -> None:
        bucket = zlib.crc32(term.encode()) % _BUCKETS
        self.documents[bucket] += documents
        self.occurrences[bucket] += occurrences

    def __eq__(self, other: object) -> bool:
        assert isinstance(other, _Sums)
        return self.documents == other.documents and self.occurrences == other.occurrences

    __hash__ = None  # type: ignore[assignment]
