"""The search index on SQLite: FTS5 over terms, rows in order of time.

``search_words`` is a contentless FTS5 table of one column of terms, so FTS5 keeps the index and nothing else; its
tokenizer only splits at spaces. SQLite before 3.43 takes a row out of such a table only when it is told word by word
what was in it, which is why ``search_source`` keeps what was indexed.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from sqlite3 import Cursor
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from archiver.helper import Helper
from archiver.search import paging, sqlite_check, sqlite_rows
from archiver.search import query as queries
from archiver.search.analyser import IDENTITY
from archiver.search.documents import Document
from archiver.search.facets import Facets, count_facets
from archiver.search.fts5 import Selection, select
from archiver.search.hits import Asked, Hit
from archiver.search.index import (
    COUNT_LIMIT,
    CheckReport,
    Listing,
    Order,
    OutdatedIndex,
    Page,
    Progress,
    Results,
    Total,
    Viewer,
    record_order,
)
from archiver.search.places import second_of
from archiver.search.register import RegisterInDatabase
from archiver.search.source import batches, read_documents
from archiver.search.sqlite_time import reading
from archiver.search.tree import Query, Register

_BATCH = 2000
_ROWS = """
    SELECT r.id, r.record_id, r.account_id, r.kind, r.state,
           s.platform, s.access, s.created_at, s.first_seen_at, s.content
    FROM ({ids}) AS hit
    CROSS JOIN search_record AS r ON r.id = hit.id
    CROSS JOIN search_source AS s ON s.id = hit.id
    ORDER BY hit.id DESC
"""
_COLUMNS = """
    SELECT r.id >> 20, r.account_id, r.kind, r.state
    FROM ({ids}) AS hit CROSS JOIN search_record AS r ON r.id = hit.id
"""
_NAMES = "SELECT r.id, r.record_id FROM ({ids}) AS hit CROSS JOIN search_record AS r ON r.id = hit.id"
_COUNT = "SELECT count(*) FROM ({ids})"
_NEWEST = "ORDER BY rowid DESC LIMIT {:d}"


class SqliteSearchIndex:
    """:class:`archiver.search.index.SearchIndex` on SQLite 3.38 or later with FTS5."""

    def __init__(
        self,
        *,
        zone: str = queries.DEFAULT_ZONE,
        register: Callable[[Connection], Register] = RegisterInDatabase,
        documents: Callable[[Connection], Iterable[Document]] = read_documents,
        timeout: float = 5.0,
        listing_timeout: float = 120.0,
    ) -> None:
        """``zone``: the city's, for dates. ``register``: who knows accounts by name. ``documents``: all there is to
        index. Timeouts are seconds, for one page and for a listing."""
        self._zone = ZoneInfo(zone)
        self._register = register
        self._documents = documents
        self._timeout = timeout
        self._listing_timeout = listing_timeout

    # -- writing

    def create(self, connection: Connection) -> None:
        sqlite_rows.create(connection)

    def put(self, connection: Connection, documents: Iterable[Document], *, helper: Helper | None = None) -> None:
        self._refuse_if_outdated(connection)
        for _ in sqlite_rows.put_all(connection, batches(documents, _BATCH), helper):
            pass

    def remove(self, connection: Connection, record_ids: Iterable[str]) -> None:
        self._refuse_if_outdated(connection)
        for batch in batches(record_ids, _BATCH):
            sqlite_rows.remove(connection, batch)

    def rebuild(self, connection: Connection, progress: Progress | None = None, *, helper: Helper | None = None) -> int:
        sqlite_rows.empty(connection)
        sqlite_rows.note_analyser(connection, replace=True)
        done = 0
        for count in sqlite_rows.put_all(connection, batches(self._documents(connection), _BATCH), helper):
            done += count
            if progress:
                progress(done)
        sqlite_rows.merge(connection)
        return done

    def purge(self, connection: Connection) -> None:
        sqlite_rows.merge(connection)

    def outdated(self, connection: Connection) -> bool:
        return sqlite_rows.analyser_of(connection) != IDENTITY

    def check(self, connection: Connection, progress: Progress | None = None) -> CheckReport:
        return sqlite_check.check(connection, self._documents(connection), progress)

    def _refuse_if_outdated(self, connection: Connection) -> None:
        if self.outdated(connection):
            raise OutdatedIndex("the search index was made by another version; rebuild it first")

    # -- reading

    def read(self, connection: Connection, query_text: str) -> Query:
        return queries.parse(query_text, zone=self._zone.key, register=self._register(connection))

    def search(
        self,
        connection: Connection,
        query: str | Query,
        *,
        viewer: Viewer,
        page: Page = Page(),  # noqa: B008 - immutable
        order: Order = Order.NEWEST,
        count_limit: int = COUNT_LIMIT,
        facets: bool = True,
    ) -> Results:
        asked = self._asked(connection, query)
        plan = paging.plan(asked, viewer, order, select)
        with reading(connection, self._timeout) as cursor:
            found = _page(cursor, plan, page)
            if page.after is None and len(found) <= page.size:
                total = Total(len(found), exact=True)
            else:
                total = _total(cursor, plan.whole, count_limit)
            counted = self._facets(cursor, plan.whole, COUNT_LIMIT) if facets else None
        shown, context = found[: page.size], Asked(asked)
        return Results(
            hits=tuple(Hit(row, context) for _, row in shown),
            total=total,
            reading=queries.describe(asked),
            next=paging.name(order, shown[-1][0], shown[-1][1][0]) if len(found) > page.size and shown else None,
            facets=counted,
        )

    def count_exact(self, connection: Connection, query: str | Query, *, viewer: Viewer) -> int:
        selection = _selection(self._asked(connection, query), viewer)
        with reading(connection, self._timeout) as cursor:
            return _count(cursor, selection, "")

    def facets(
        self, connection: Connection, query: str | Query, *, viewer: Viewer, limit: int | None = COUNT_LIMIT
    ) -> Facets:
        selection = _selection(self._asked(connection, query), viewer)
        with reading(connection, self._timeout) as cursor:
            return self._facets(cursor, selection, limit)

    def listing(self, connection: Connection, query: str | Query, *, viewer: Viewer) -> Listing:
        asked = self._asked(connection, query)
        selection = _selection(asked, viewer)
        with reading(connection, self._listing_timeout) as cursor:
            rows = [(second_of(row_id), name) for row_id, name in _rows(cursor, _NAMES, selection, "")]
            held = cursor.execute("SELECT count(*) FROM search_record").fetchone()[0]
        return Listing(asked, tuple(record_order(rows)), held)

    def _asked(self, connection: Connection, query: str | Query) -> Query:
        return self.read(connection, query) if isinstance(query, str) else query

    def _facets(self, cursor: Cursor, selection: Selection, limit: int | None) -> Facets:
        tail = "" if limit is None else _NEWEST.format(limit + 1)
        found = _rows(cursor, _COLUMNS, selection, tail)
        return count_facets(found, limit, self._zone)


def _selection(query: Query, viewer: Viewer) -> Selection:
    return select(paging.whole(query, viewer))


def _page(cursor: Cursor, plan: paging.Plan[Selection], page: Page) -> list[tuple[int, tuple[Any, ...]]]:
    """(step, row) of one page, and of one hit more where there is one."""
    first, below = paging.place(plan, page.after)
    found: list[tuple[int, tuple[Any, ...]]] = []
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


def _rows(cursor: Cursor, around: str, selection: Selection, tail: str, *, below: int | None = None) -> Cursor:
    """Rows of a statement around the ids of a selection."""
    ids, parameters = selection.sql(tail, below=below)
    return cursor.execute(around.format(ids=ids), parameters)
