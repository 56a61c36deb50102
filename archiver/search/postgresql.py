"""The search index on PostgreSQL: ``tsvector`` made of our own terms, GIN, rows in order of time.

PostgreSQL's own parsers, dictionaries and stop words take no part: terms go in as they are and are compared as bytes,
so that every query finds exactly what it finds on SQLite.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from archiver.helper import Helper
from archiver.search import paging, postgresql_check, postgresql_rows
from archiver.search import query as queries
from archiver.search.analyser import IDENTITY
from archiver.search.documents import Document
from archiver.search.facets import Facets, count_facets
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
from archiver.search.postgresql_time import Reader, reading
from archiver.search.register import RegisterInDatabase
from archiver.search.source import batches, read_documents
from archiver.search.tree import Query, Register
from archiver.search.tsquery import Selection, select

_BATCH = 2000
#: Hits, counted up to a limit; where there are no more than that, the newest of them with their rows. One row at least.
_COUNTED = f"""
    WITH hit AS MATERIALIZED ({{ids}}), counted AS (SELECT count(*) AS number FROM hit)
    SELECT counted.number, found.* FROM counted LEFT JOIN (
        SELECT {postgresql_rows.COLUMNS}
        FROM (SELECT id FROM hit ORDER BY id DESC LIMIT {{size:d}}) AS newest
        JOIN search_record AS r ON r.id = newest.id JOIN search_source AS s ON s.id = newest.id
    ) AS found ON counted.number <= {{limit:d}}
    ORDER BY found.id DESC
"""  # noqa: S608 - our own columns
_ROWS = f"""
    SELECT {postgresql_rows.COLUMNS}
    FROM ({{ids}}) AS hit JOIN search_record AS r ON r.id = hit.id JOIN search_source AS s ON s.id = hit.id
    ORDER BY r.id DESC
"""  # noqa: S608
_FACETS = """
    SELECT r.id >> 20, r.account_id, r.kind, r.state
    FROM ({ids}) AS hit JOIN search_record AS r ON r.id = hit.id ORDER BY r.id DESC
"""
_NAMES = "SELECT r.id, r.record_id FROM ({ids}) AS hit JOIN search_record AS r ON r.id = hit.id"
_COUNT = "SELECT count(*) FROM ({ids}) AS hit"
#: (step, row) of the hits of a page.
_Found = list[tuple[int, tuple[Any, ...]]]


class PostgresqlSearchIndex:
    """:class:`archiver.search.index.SearchIndex` on PostgreSQL 15 or later."""

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
        postgresql_rows.create(connection)

    def put(self, connection: Connection, documents: Iterable[Document], *, helper: Helper | None = None) -> None:
        self._refuse_if_outdated(connection)
        for _ in postgresql_rows.put_all(connection, batches(documents, _BATCH), helper):
            pass

    def remove(self, connection: Connection, record_ids: Iterable[str]) -> None:
        self._refuse_if_outdated(connection)
        for batch in batches(record_ids, _BATCH):
            postgresql_rows.remove(connection, batch)

    def rebuild(self, connection: Connection, progress: Progress | None = None, *, helper: Helper | None = None) -> int:
        postgresql_rows.empty(connection)
        postgresql_rows.note_analyser(connection, replace=True)
        done = 0
        for count in postgresql_rows.put_all(connection, batches(self._documents(connection), _BATCH), helper):
            done += count
            if progress:
                progress(done)
        postgresql_rows.settle(connection)
        return done

    def purge(self, connection: Connection) -> None:
        postgresql_rows.rewrite(connection)

    def outdated(self, connection: Connection) -> bool:
        return postgresql_rows.analyser_of(connection) != IDENTITY

    def check(self, connection: Connection, progress: Progress | None = None) -> CheckReport:
        return postgresql_check.check(connection, self._documents(connection), progress)

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
        with reading(connection, self._timeout) as reader:
            found, total = _page(reader, plan, page, count_limit)
            counted = self._facets(reader, plan.whole, COUNT_LIMIT) if facets else None
        shown, context = found[: page.size], Asked(asked)
        return Results(
            hits=tuple(Hit(row, context) for _, row in shown),
            total=total,
            reading=queries.describe(asked),
            next=paging.name(order, shown[-1][0], shown[-1][1][0]) if len(found) > page.size and shown else None,
            facets=counted,
        )

    def count_exact(self, connection: Connection, query: str | Query, *, viewer: Viewer) -> int:
        selection = self._selection(connection, query, viewer)
        with reading(connection, self._timeout) as reader:
            return _count(reader, selection)

    def facets(
        self, connection: Connection, query: str | Query, *, viewer: Viewer, limit: int | None = COUNT_LIMIT
    ) -> Facets:
        selection = self._selection(connection, query, viewer)
        with reading(connection, self._timeout) as reader:
            return self._facets(reader, selection, limit)

    def listing(self, connection: Connection, query: str | Query, *, viewer: Viewer) -> Listing:
        asked = self._asked(connection, query)
        selection = select(paging.whole(asked, viewer))
        with reading(connection, self._listing_timeout) as reader:
            rows = [(second_of(row_id), name) for row_id, name in _rows(reader, _NAMES, selection)]
            held = int(reader.ask("SELECT count(*) FROM search_record", ())[0][0])
        return Listing(asked, tuple(record_order(rows)), held)

    def _asked(self, connection: Connection, query: str | Query) -> Query:
        return self.read(connection, query) if isinstance(query, str) else query

    def _selection(self, connection: Connection, query: str | Query, viewer: Viewer) -> Selection:
        return select(paging.whole(self._asked(connection, query), viewer))

    def _facets(self, reader: Reader, selection: Selection, limit: int | None) -> Facets:
        found = _rows(reader, _FACETS, selection, newest=None if limit is None else limit + 1)
        return count_facets(found, limit, self._zone)


def _page(reader: Reader, plan: paging.Plan[Selection], page: Page, count_limit: int) -> tuple[_Found, Total]:
    """The hits of one page, with one more where there is one, and how many there are."""
    first, below = paging.place(plan, page.after)
    found: _Found = []
    counted: int | None = None
    for step in range(first, len(plan.steps)):
        size = page.size + 1 - len(found)
        counted, rows = _newest(reader, plan.steps[step], size, below if step == first else None, count_limit)
        found += [(step, row) for row in rows]
        if len(found) > page.size:
            break
    if page.after is None and len(found) <= page.size:
        return found, Total(len(found), exact=True)
    if page.after is None and len(plan.steps) == 1:
        number = count_limit + 1 if counted is None else counted
    else:
        number = _count(reader, plan.whole, count_limit + 1)
    return found, Total(min(number, count_limit), exact=number <= count_limit)


def _newest(
    reader: Reader, selection: Selection, size: int, below: int | None, limit: int
) -> tuple[int | None, list[tuple[Any, ...]]]:
    """How many answer, None where more than ``limit``, and the newest ``size`` of them.

    Few hits are fetched all, and sorted then. Going down the times until a page is full would be quicker where hits are
    many and everywhere, and endless where they are few and old; which of the two it is is known after counting.
    """
    limit = max(limit, size)
    ids, parameters = selection.ids(long=reader.has_long, below=below, limit=limit + 1)
    rows = reader.ask(_COUNTED.format(ids=ids, size=size, limit=limit), parameters)
    number = int(rows[0][0])
    if number <= limit:
        return number, [row[1:] for row in rows] if number else []
    return None, _rows(reader, _ROWS, selection, newest=size, below=below)


def _count(reader: Reader, selection: Selection, limit: int | None = None) -> int:
    ids, parameters = selection.ids(long=reader.has_long, limit=limit)
    return int(reader.ask(_COUNT.format(ids=ids), parameters)[0][0])


def _rows(
    reader: Reader, around: str, selection: Selection, *, newest: int | None = None, below: int | None = None
) -> list[tuple[Any, ...]]:
    """Rows of a statement around the ids of a selection."""
    ids, parameters = selection.ids(long=reader.has_long, below=below, newest=newest)
    return reader.ask(around.format(ids=ids), parameters)
