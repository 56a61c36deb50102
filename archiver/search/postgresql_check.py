"""Does the index on PostgreSQL say what the records say? Compared row by row, then document by document in their
words; last, whether GIN finds as many documents of a sample of terms as there are."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Iterable, Iterator

from sqlalchemy import Connection
from sqlalchemy.exc import DatabaseError

from archiver.search import postgresql_rows, tsvector
from archiver.search.checking import BATCH, compare_rows, name
from archiver.search.documents import Document
from archiver.search.index import CheckReport, Progress
from archiver.search.rows import Stored, to_document
from archiver.search.terms import document_terms

_SAMPLED = 512
_ALL = f"""
    SELECT {postgresql_rows.COLUMNS} FROM search_record AS r JOIN search_source AS s ON s.id = r.id
    WHERE r.id > %s ORDER BY r.id LIMIT %s
"""  # noqa: S608 - our own columns
_SHORT_DIFFER = """
    SELECT EXISTS (
        SELECT FROM unnest(%s::bigint[], %s::text[]) AS said (id, words) LEFT JOIN search_words AS w ON w.id = said.id
        WHERE w.words IS DISTINCT FROM said.words::tsvector
    )
"""
_LONG_IS = """
    SELECT EXISTS (SELECT FROM search_words_long WHERE id = %s AND terms = %s),
           (SELECT count(*) FROM search_words_part AS p
            JOIN unnest(%s::text[]) AS said (words) ON p.words = said.words::tsvector WHERE p.id = %s)
"""
_NUMBERS = """
    SELECT (SELECT count(*) FROM search_words), (SELECT count(*) FROM search_words_long),
           (SELECT count(*) FROM search_words_part)
"""
_BY_INDEX = """
    SET LOCAL enable_seqscan = off; SET LOCAL enable_indexscan = off; SET LOCAL enable_indexonlyscan = off
"""
_HAVING = """
    SELECT said.term, (SELECT count(*) FROM search_words AS w WHERE w.words @@ ('''' || said.term || '''')::tsquery)
    FROM unnest(%s::text[]) AS said (term)
"""


def check(connection: Connection, documents: Iterable[Document], progress: Progress | None) -> CheckReport:
    """Compare the index with ``documents``, which are to be all there are."""
    report = CheckReport()
    try:
        with connection.begin_nested() as undone:  # so that damage does not end the caller's transaction
            seen = compare_rows(documents, lambda ids: postgresql_rows.stored(connection, ids), report, progress)
            report.terms_differ = not _Words(connection).agree(seen, report)
            undone.rollback()
    except DatabaseError as error:
        report.damage = str(error.orig)
    return report


class _Words:
    """Compares the words of everything in the index with those of the stored rows."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._numbers = [0, 0, 0]
        self._sample = _Sample()

    def agree(self, seen: set[int], report: CheckReport) -> bool:
        is_same = True
        for rows in self._rows():
            for row in rows:
                if row.id not in seen:
                    name(report, report.orphaned, row.record_id)
            said = [(row.id, document_terms(to_document(row))) for row in rows]
            is_same = self._are_same(said) and is_same
        return is_same and self._numbers == self._counted() and self._is_found()

    def _rows(self) -> Iterator[list[Stored]]:
        last = -(2**63)
        while rows := [Stored._make(row) for row in self._connection.exec_driver_sql(_ALL, (last, BATCH))]:
            yield rows
            last = rows[-1].id

    def _are_same(self, said: list[tuple[int, str]]) -> bool:
        ids: list[int] = []
        vectors: list[str] = []
        is_same = True
        for row_id, terms in said:
            vector = tsvector.short(terms)
            if vector is None:
                is_same = self._is_long(row_id, terms) and is_same
            else:
                ids.append(row_id)
                vectors.append(vector)
                self._sample.add(set(terms.split(" ")))
        self._numbers[0] += len(ids)
        return is_same and not self._connection.exec_driver_sql(_SHORT_DIFFER, (ids, vectors)).scalar()

    def _is_long(self, row_id: int, terms: str) -> bool:
        parts = list(tsvector.parts(terms))
        self._numbers[1] += 1
        self._numbers[2] += len(parts)
        found = self._connection.exec_driver_sql(_LONG_IS, (row_id, f" {terms} ", parts, row_id)).one()
        return tuple(found) == (True, len(parts))

    def _counted(self) -> list[int]:
        return list(self._connection.exec_driver_sql(_NUMBERS).one())

    def _is_found(self) -> bool:
        """Whether the index itself finds what the table says."""
        self._connection.exec_driver_sql(_BY_INDEX)
        found = self._connection.exec_driver_sql(_HAVING, (list(self._sample.having),))
        return {row[0]: row[1] for row in found} == dict(self._sample.having)


class _Sample:
    """How many documents have each of some terms, of whatever vocabulary: those with the lowest hashes."""

    def __init__(self) -> None:
        self.having: Counter[str] = Counter()
        self._bound = 1 << 32

    def add(self, terms: set[str]) -> None:
        self.having.update(term for term in terms if zlib.crc32(term.encode()) < self._bound)
        while len(self.having) > _SAMPLED:
            self._bound //= 2
            kept = {term: count for term, count in self.having.items() if zlib.crc32(term.encode()) < self._bound}
            self.having = Counter(kept)
