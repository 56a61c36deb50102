"""The search index on SQLite: FTS5 over terms, rows in order of time.

``search_words`` is a contentless FTS5 table of one column of terms, so FTS5 keeps the index and nothing else; its
tokenizer only splits at spaces. SQLite before 3.43 takes a row out of such a table only when it is told word by word
what was in it, which is why ``search_source`` keeps what was indexed.
"""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Mapping
from contextlib import AbstractContextManager
from sqlite3 import Cursor
from typing import ClassVar

from sqlalchemy import Connection

from archiver.search import paging, sqlite_check, sqlite_rows
from archiver.search.base import BaseIndex, Found, Rows
from archiver.search.conditions import Condition, all_of
from archiver.search.facets import Counts, Facets, Values, by_month, of_hits
from archiver.search.fts5 import Selection, select
from archiver.search.index import CheckReport, Page, Progress, Total
from archiver.search.places import second_of
from archiver.search.sqlite_time import reading

_ROWS = """
    SELECT r.id, r.record_id, r.account_id, r.kind, r.state,
           s.platform, s.access, s.created_at, s.first_seen_at, s.content
    FROM ({ids}) AS hit
    CROSS JOIN search_record AS r ON r.id = hit.id
    CROSS JOIN search_source AS s ON s.id = hit.id
    ORDER BY hit.id DESC
"""
_COLUMNS = """
    SELECT r.id, r.account_id, r.kind, r.state
    FROM ({ids}) AS hit CROSS JOIN search_record AS r ON r.id = hit.id
"""
_VALUES = "SELECT r.account_id, r.kind, r.state FROM ({ids}) AS hit CROSS JOIN search_record AS r ON r.id = hit.id"
_NAMES = "SELECT r.id, r.record_id FROM ({ids}) AS hit CROSS JOIN search_record AS r ON r.id = hit.id"
_COUNT = "SELECT count(*) FROM ({ids})"
_NEWEST = "ORDER BY rowid DESC LIMIT {:d}"
_OLDEST = "ORDER BY rowid LIMIT {:d}"


class SqliteSearchIndex(BaseIndex[Selection, Cursor]):
    """:class:`archiver.search.index.SearchIndex` on SQLite 3.38 or later with FTS5."""

    _rows: ClassVar[Rows] = sqlite_rows

    def check(self, connection: Connection, progress: Progress | None = None) -> CheckReport:
        return sqlite_check.check(connection, self._documents(connection), progress)

    def _select(self, condition: Condition) -> Selection:
        return select(condition)

    def _reading(self, connection: Connection, seconds: float) -> AbstractContextManager[Cursor]:
        return reading(connection, seconds)

    def _page(self, reader: Cursor, plan: paging.Plan[Selection], page: Page, count_limit: int) -> tuple[Found, Total]:
        found = _page(reader, plan, page)
        if page.after is None and len(found) <= page.size:
            return found, Total(len(found), exact=True)
        return found, _total(reader, plan.whole, count_limit)

    def _count(self, reader: Cursor, selection: Selection) -> int:
        return _count(reader, selection, "")

    def _facets(self, reader: Cursor, condition: Condition, edited: Condition, limit: int | None) -> Facets:
        selection, both = self._select(condition), self._select(all_of([condition, edited]))
        if limit is None:
            values, months = self._tally(reader, selection)
            return of_hits(values, months, self._count(reader, both), exact=True)
        rows = _rows(reader, _COLUMNS, selection, _NEWEST.format(limit + 1)).fetchall()
        exact = len(rows) <= limit
        rows.sort(reverse=True)
        rows = rows[:limit]
        lowest = rows[-1][0] if rows else 0
        newest = _rows(reader, "{ids}", both, _NEWEST.format(limit))
        changed = sum(1 for (row_id,) in newest if row_id >= lowest)
        seconds = [second_of(row[0]) for row in rows]
        return of_hits(Counter(row[1:] for row in rows), by_month(seconds, self._zone), changed, exact=exact)

    def _tally(self, reader: Cursor, selection: Selection) -> tuple[Mapping[Values, int], Counts]:
        """All hits, by account, kind and state, and by month of the city's calendar."""
        # Counted here: SQLite would sort all of them by their values first, which takes three times as long.
        values: Counter[Values] = Counter(_rows(reader, _VALUES, selection, ""))
        seconds = array("q", (second_of(row[0]) for row in _rows(reader, "{ids}", selection, "")))
        return values, by_month(seconds, self._zone)

    def _names(self, reader: Cursor, selection: Selection) -> Cursor:
        return _rows(reader, _NAMES, selection, "")

    def _beside(
        self, reader: Cursor, selection: Selection, size: int, *, below: int | None = None, above: int | None = None
    ) -> list[tuple[int, str]]:
        tail = (_OLDEST if above is not None else _NEWEST).format(size)
        return sorted(_rows(reader, _NAMES, selection, tail, below=below, above=above))

    def _held(self, reader: Cursor) -> int:
        return int(reader.execute("SELECT count(*) FROM search_record").fetchone()[0])


def _page(cursor: Cursor, plan: paging.Plan[Selection], page: Page) -> Found:
    first, below = paging.place(plan, page.after)
    found: Found = []
    for step in range(first, len(plan.steps)):
        tail = _NEWEST.format(page.size + 1 - len(found))
        rows = _rows(cursor, _ROWS, plan.steps[step], tail, below=below if step == first else None)
        found.extend([(step, row) for row in rows])
        if len(found) > page.size:
            break
    return found


def _total(cursor: Cursor, selection: Selection, limit: int) -> Total:
    count = _count(cursor, selection, f"LIMIT {limit + 1:d}")
    return Total(min(count, limit), exact=count <= limit)


def _count(cursor: Cursor, selection: Selection, tail: str) -> int:
    return int(next(_rows(cursor, _COUNT, selection, tail))[0])


def _rows(cursor: Cursor, around: str, selection: Selection, tail: str, **bounds: int | None) -> Cursor:
    """Rows of a statement around the ids of a selection; ``bounds``: as for :meth:`Selection.sql`."""
    ids, parameters = selection.sql(tail, **bounds)
    return cursor.execute(around.format(ids=ids), parameters)
