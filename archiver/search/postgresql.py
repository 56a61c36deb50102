"""The search index on PostgreSQL: ``tsvector`` made of our own terms, GIN, rows in order of time.

PostgreSQL's own parsers, dictionaries and stop words take no part: terms go in as they are and are compared as bytes,
so that every query finds exactly what it finds on SQLite.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any, ClassVar

from sqlalchemy import Connection

from archiver.search import paging, postgresql_check, postgresql_rows
from archiver.search.base import BaseIndex, Found, Rows
from archiver.search.conditions import Condition
from archiver.search.facets import Facets
from archiver.search.index import CheckReport, Order, Page, Progress, Total
from archiver.search.postgresql_overview import around_ids, everything, overview
from archiver.search.postgresql_time import Habit, Reader, reading
from archiver.search.tsquery import Selection, select

#: Hits, counted up to a limit, and the ids of some of them: of the newest, where there are no more than that. Their
#: rows are read by a statement of their own, which the server plans once and not for every search.
_COUNTED = """
    WITH hit AS MATERIALIZED ({ids})
    SELECT count(*), ARRAY(SELECT id FROM hit ORDER BY id DESC LIMIT {size:d}) FROM hit
"""
_OF_IDS = f"""
    SELECT {postgresql_rows.COLUMNS}
    FROM search_record AS r JOIN search_source AS s ON s.id = r.id WHERE r.id = ANY(%s::bigint[])
    ORDER BY r.id DESC
"""  # noqa: S608 - our own columns
_ROWS = f"""
    SELECT {postgresql_rows.COLUMNS}
    FROM ({{ids}}) AS hit JOIN search_record AS r ON r.id = hit.id JOIN search_source AS s ON s.id = hit.id
    ORDER BY r.id DESC
"""  # noqa: S608
_NAMES = "SELECT r.id, r.record_id FROM ({ids}) AS hit JOIN search_record AS r ON r.id = hit.id"
_COUNT = "SELECT count(*) FROM ({ids}) AS hit"
#: More hits than this are not all fetched to find those beside one: going through the times ends soon then.
_FEW = 10_000
_HELD = "SELECT count(*) FROM search_record"


class PostgresqlSearchIndex(BaseIndex[Selection, Reader]):
    """:class:`archiver.search.index.SearchIndex` on PostgreSQL 15 or later."""

    _rows: ClassVar[Rows] = postgresql_rows

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self._habit = Habit()

    def check(self, connection: Connection, progress: Progress | None = None) -> CheckReport:
        return postgresql_check.check(connection, self._documents(connection), progress)

    def _select(self, condition: Condition) -> Selection:
        return select(condition)

    def _reading(self, connection: Connection, seconds: float) -> AbstractContextManager[Reader]:
        return reading(connection, seconds, self._habit)

    def _page(self, reader: Reader, plan: paging.Plan[Selection], page: Page, count_limit: int) -> tuple[Found, Total]:
        return _page(reader, plan, page, count_limit)

    def _count(self, reader: Reader, selection: Selection) -> int:
        return _count(reader, selection)

    def _answer(
        self, reader: Reader, plan: paging.Plan[Selection], page: Page, count_limit: int, newest: int
    ) -> tuple[Found, Total, Facets]:
        if max(count_limit, page.size) > newest:  # (more is asked for than one look finds)
            return super()._answer(reader, plan, page, count_limit, newest)
        seen = overview(reader, plan.whole, plan.edited, newest, page.size + 1, self._zone)
        if page.after is None and plan.order is Order.NEWEST:
            found: Found = [(0, row) for row in _of_ids(reader, seen.newest)]
        else:
            found, _ = _hits(reader, plan, page, count_limit)
        if page.after is None and len(found) <= page.size:  # all of them: that is exact, whatever was to be counted
            return found, Total(len(found), exact=True), seen.facets
        return found, _total(seen.number, count_limit), seen.facets

    def _facets(self, reader: Reader, condition: Condition, edited: Condition, limit: int | None) -> Facets:
        selection = self._select(condition)
        if limit is None:
            return everything(reader, selection, edited, self._zone)
        return overview(reader, selection, edited, limit, 0, self._zone).facets

    def _names(self, reader: Reader, selection: Selection) -> list[tuple[Any, ...]]:
        return _rows(reader, _NAMES, selection)

    def _beside(
        self, reader: Reader, selection: Selection, size: int, *, below: int | None = None, above: int | None = None
    ) -> list[tuple[int, str]]:
        bounds = {"below": below, "above": None if above is None else above + 1}  # (there it is counted itself)
        if len(few := _rows(reader, _NAMES, selection, limit=_FEW + 1, **bounds)) > _FEW:
            which = "newest" if above is None else "oldest"
            return sorted((row[0], row[1]) for row in _rows(reader, _NAMES, selection, **bounds, **{which: size}))
        found = sorted((row[0], row[1]) for row in few)
        return found[-size:] if above is None else found[:size]

    def _held(self, reader: Reader) -> int:
        return int(reader.fetch(_HELD, ())[0][0])


def _page(reader: Reader, plan: paging.Plan[Selection], page: Page, count_limit: int) -> tuple[Found, Total]:
    found, counted = _hits(reader, plan, page, count_limit)
    if page.after is None and len(found) <= page.size:
        return found, Total(len(found), exact=True)
    if page.after is None and len(plan.steps) == 1:
        number = count_limit + 1 if counted is None else counted
    else:
        number = _count(reader, plan.whole, count_limit + 1)
    return found, _total(number, count_limit)


def _total(number: int, limit: int) -> Total:
    """How many there are, where of more than ``limit`` it is only known that there are more."""
    return Total(min(number, limit), exact=number <= limit)


def _hits(reader: Reader, plan: paging.Plan[Selection], page: Page, count_limit: int) -> tuple[Found, int | None]:
    """The hits of one page, and how many answer from there on in the last step that was looked through."""
    first, below = paging.place(plan, page.after)
    found: Found = []
    counted: int | None = None
    for step in range(first, len(plan.steps)):
        size = page.size + 1 - len(found)
        counted, rows = _newest(reader, plan.steps[step], size, below if step == first else None, count_limit)
        found += [(step, row) for row in rows]
        if len(found) > page.size:
            break
    return found, counted


def _newest(
    reader: Reader, selection: Selection, size: int, below: int | None, limit: int
) -> tuple[int | None, list[tuple[Any, ...]]]:
    """How many answer, None where more than ``limit``, and the newest ``size`` of them.

    Few hits are fetched all, and sorted then. Going down the times until a page is full would be quicker where hits are
    many and everywhere, and endless where they are few and old; which of the two it is is known after counting.
    """
    limit = max(limit, size)

    def question(long: bool) -> tuple[str, Sequence[object]]:
        ids, parameters = selection.ids(long=long, below=below, limit=limit + 1)
        return _COUNTED.format(ids=ids, size=size), parameters

    ((number, newest),) = reader.ask(question)
    if number <= limit:
        return number, _of_ids(reader, newest)
    return None, _rows(reader, _ROWS, selection, newest=size, below=below)


def _of_ids(reader: Reader, ids: Sequence[int]) -> list[tuple[Any, ...]]:
    return reader.fetch(_OF_IDS, (list(ids),)) if ids else []


def _count(reader: Reader, selection: Selection, limit: int | None = None) -> int:
    return int(_rows(reader, _COUNT, selection, limit=limit)[0][0])


def _rows(reader: Reader, around: str, selection: Selection, **which: Any) -> list[tuple[Any, ...]]:
    """Rows of a statement around the ids of a selection; ``which``: as for :meth:`Selection.ids`."""
    return reader.ask(around_ids(around, selection, **which))
