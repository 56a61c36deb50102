"""What the search indexes do alike on every database: writing in batches, and a page from what the database finds."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any, ClassVar, Generic, Protocol, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, select

from archiver.database import among
from archiver.helper import Helper
from archiver.search import paging
from archiver.search import query as queries
from archiver.search.analyser import IDENTITY
from archiver.search.conditions import Condition
from archiver.search.documents import Document
from archiver.search.facets import Facets
from archiver.search.hits import Asked, Hit
from archiver.search.index import (
    COUNT_LIMIT,
    Beside,
    CheckReport,
    Listing,
    Order,
    OutdatedIndex,
    Page,
    Progress,
    Results,
    Total,
    UnmarkedIndex,
    edited,
    record_order,
)
from archiver.search.models import SearchRecord
from archiver.search.paging import S
from archiver.search.places import second_of
from archiver.search.register import RegisterInDatabase, SeenRegister
from archiver.search.source import batches, read_documents
from archiver.search.tree import Query, Register
from archiver.viewing import Viewer

_BATCH = 2000
_LOWEST = -(2**62)
_INDEXED = SearchRecord.__table__
#: What an engine reads with, in the transaction of a connection.
R = TypeVar("R")
#: (step, row) of the hits of a page.
Found = list[tuple[int, tuple[Any, ...]]]


class Waiting(Protocol):
    """Documents whose rows are written, and whose words are still to come."""

    def write_words(self, connection: Connection) -> None: ...


class Rows(Protocol):
    """How one database keeps what is indexed: a module."""

    def create(self, connection: Connection) -> None:
        """Make the tables that are not there yet."""
        ...

    def note_analyser(self, connection: Connection, *, replace: bool) -> None:
        """Note whose words are in the index."""
        ...

    def put(self, connection: Connection, documents: Sequence[Document], helper: Helper | None = None) -> Waiting:
        """Index these documents; of several with one record id the last counts. What has not changed is left alone.
        The words must be written by the caller, before those of any later call."""
        ...

    def remove(self, connection: Connection, record_ids: Collection[str]) -> None:
        """Take these records out."""
        ...

    def empty(self, connection: Connection) -> None:
        """Take everything out."""
        ...

    def settle(self, connection: Connection) -> None:
        """Everything was written: have reading be as fast as it can."""
        ...

    def purge(self, connection: Connection) -> None:
        """Leave nothing of removed records in the files of the index."""
        ...


class BaseIndex(ABC, Generic[S, R]):
    """:class:`archiver.search.index.SearchIndex`, as far as it is the same on every database."""

    _rows: ClassVar[Rows]

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

    # -- what each database does its own way

    @abstractmethod
    def check(self, connection: Connection, progress: Progress | None = None) -> CheckReport: ...

    @abstractmethod
    def _select(self, condition: Condition) -> S:
        """How the engine writes down what answers a condition."""

    @abstractmethod
    def _reading(self, connection: Connection, seconds: float) -> AbstractContextManager[R]:
        """Read in the connection's transaction, for so many seconds at most."""

    @abstractmethod
    def _page(self, reader: R, plan: paging.Plan[S], page: Page, count_limit: int) -> tuple[Found, Total]:
        """The hits of one page, with one more where there is one, and how many there are."""

    def _answer(
        self, reader: R, plan: paging.Plan[S], page: Page, count_limit: int, newest: int
    ) -> tuple[Found, Total, Facets]:
        """One page, how many there are, and facets of the ``newest`` so many."""
        return *self._page(reader, plan, page, count_limit), self._facets(reader, plan.condition, plan.edited, newest)

    @abstractmethod
    def _count(self, reader: R, selection: S) -> int:
        """How many records answer."""

    @abstractmethod
    def _facets(self, reader: R, condition: Condition, edited: Condition, limit: int | None) -> Facets:
        """Facets of all hits, or of the newest ``limit``; those that are ``edited``, too, were edited."""

    @abstractmethod
    def _names(self, reader: R, selection: S) -> Iterable[tuple[Any, ...]]:
        """Row and record ids of all hits."""

    @abstractmethod
    def _beside(
        self, reader: R, selection: S, size: int, *, below: int | None = None, above: int | None = None
    ) -> list[tuple[int, str]]:
        """Row and record ids of the ``size`` hits next below a row, or next above one; lowest first. With neither, of
        the newest."""

    @abstractmethod
    def _held(self, reader: R) -> int:
        """How many records the index holds."""

    # -- writing

    def create(self, connection: Connection) -> None:
        self._rows.create(connection)

    def put(self, connection: Connection, documents: Iterable[Document], *, helper: Helper | None = None) -> None:
        self._refuse_if_outdated(connection)
        for _ in self._put_all(connection, documents, helper):
            pass

    def remove(self, connection: Connection, record_ids: Iterable[str]) -> None:
        self._refuse_if_outdated(connection)
        for batch in batches(record_ids, _BATCH):
            self._rows.remove(connection, batch)

    def rebuild(self, connection: Connection, progress: Progress | None = None, *, helper: Helper | None = None) -> int:
        self._rows.empty(connection)
        self._rows.note_analyser(connection, replace=True)
        connection.exec_driver_sql("UPDATE search_indexed SET marked = true")
        done = 0
        for count in self._put_all(connection, self._documents(connection), helper):
            done += count
            if progress:
                progress(done)
        self._rows.settle(connection)
        return done

    def purge(self, connection: Connection) -> None:
        self._rows.purge(connection)

    def outdated(self, connection: Connection) -> bool:
        return bool(connection.exec_driver_sql("SELECT analyser FROM search_indexed").scalar() != IDENTITY)

    def _put_all(self, connection: Connection, documents: Iterable[Document], helper: Helper | None) -> Iterator[int]:
        """Index one batch after the other; how many each had. The words of one are worked out by the helper while the
        next is read."""
        waiting: Waiting | None = None
        for batch in batches(documents, _BATCH):
            following = self._rows.put(connection, batch, helper)
            if waiting is not None:
                waiting.write_words(connection)
            waiting = following
            yield len(batch)
        if waiting is not None:
            waiting.write_words(connection)

    def _refuse_if_outdated(self, connection: Connection) -> None:
        if self.outdated(connection):
            raise OutdatedIndex("the search index was made by another version; rebuild it first")

    # -- reading

    def _refuse_if_unmarked(self, connection: Connection, viewer: Viewer) -> None:
        """Whoever sees public things only is told nothing by an index that cannot hold back what was said unseen."""
        if not any(part.only_public and part.access for part in viewer.parts):
            return
        if not connection.exec_driver_sql("SELECT marked FROM search_indexed").scalar():
            raise UnmarkedIndex(
                "search has to be made anew before it is open to whoever sees public things only:"
                " `archiver index rebuild` does that"
            )

    def read(self, connection: Connection, query_text: str, viewer: Viewer = Viewer.EVERYTHING) -> Query:
        return self._read(connection, query_text, viewer)

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
        asked = self._asked(connection, query, viewer)
        self._refuse_if_unmarked(connection, viewer)
        plan = paging.plan(asked, viewer, order, self._select)
        with self._reading(connection, self._timeout) as reader:
            counted: Facets | None = None
            if facets:
                found, total, counted = self._answer(reader, plan, page, count_limit, COUNT_LIMIT)
            else:
                found, total = self._page(reader, plan, page, count_limit)
        shown, context = found[: page.size], Asked(asked, viewer)
        return Results(
            hits=tuple(Hit(row, context) for _, row in shown),
            total=total,
            reading=queries.describe(asked),
            next=paging.name(order, shown[-1][0], shown[-1][1][0]) if len(found) > page.size and shown else None,
            facets=counted,
            not_understood=asked.not_understood,
        )

    def count_exact(self, connection: Connection, query: str | Query, *, viewer: Viewer) -> int:
        selection = self._selection(connection, query, viewer)
        with self._reading(connection, self._timeout) as reader:
            return self._count(reader, selection)

    def facets(
        self, connection: Connection, query: str | Query, *, viewer: Viewer, limit: int | None = COUNT_LIMIT
    ) -> Facets:
        self._refuse_if_unmarked(connection, viewer)
        condition = paging.whole(self._asked(connection, query, viewer), viewer)
        with self._reading(connection, self._timeout) as reader:
            return self._facets(reader, condition, edited(viewer), limit)

    def listing(self, connection: Connection, query: str | Query, *, viewer: Viewer) -> Listing:
        asked = self._asked(connection, query, viewer)
        self._refuse_if_unmarked(connection, viewer)
        selection = self._select(paging.whole(asked, viewer))
        with self._reading(connection, self._listing_timeout) as reader:
            rows = [(second_of(row_id), name) for row_id, name in self._names(reader, selection)]
            held = self._held(reader)
        return Listing(asked, tuple(record_order(rows)), held)

    def beside(
        self, connection: Connection, query: str | Query, record_id: str, *, viewer: Viewer, order: Order, most: int
    ) -> Beside | None:
        self._refuse_if_unmarked(connection, viewer)
        asked, rows = self._asked(connection, query, viewer), self.rows(connection, [record_id])
        if not rows or not (asked.within is None or rows[0] in asked.within):
            return None
        (row,) = rows
        plan = paging.plan(asked, viewer, order, self._select)
        alone = paging.plan(replace(asked, within=(row,)), viewer, order, self._select)
        with self._reading(connection, self._timeout) as reader:
            steps = [step for step, one in enumerate(alone.steps) if self._beside(reader, one, 1)]
            if not steps:
                return None
            return Beside(
                self._walk(reader, plan, range(steps[0], -1, -1), row, most, up=True),
                self._walk(reader, plan, range(steps[0], len(plan.steps)), row, most, up=False),
                paging.name(order, steps[0], row),
            )

    def _walk(
        self, reader: R, plan: paging.Plan[S], steps: range, row: int, most: int, *, up: bool
    ) -> tuple[tuple[str, str], ...]:
        """The hits above a row, or below it, over the steps, the nearest first: record ids, and the place after."""
        found: list[tuple[str, str]] = []
        for step in steps:
            left = most - len(found)
            start = row if step == steps[0] else None
            bounds = {"above": _LOWEST if start is None else start} if up else {"below": start}
            hits = self._beside(reader, plan.steps[step], left, **bounds)
            found += [(name, paging.name(plan.order, step, at)) for at, name in (hits if up else hits[::-1])]
            if len(found) >= most:
                break
        return tuple(found)

    def rows(self, connection: Connection, record_ids: Collection[str]) -> tuple[int, ...]:
        these = among(connection, _INDEXED.c.record_id, sorted(record_ids))
        return tuple(connection.scalars(select(_INDEXED.c.id).where(these).order_by(_INDEXED.c.id)))

    def _asked(self, connection: Connection, query: str | Query, viewer: Viewer) -> Query:
        return self._read(connection, query, viewer) if isinstance(query, str) else query

    def _read(self, connection: Connection, query_text: str, viewer: Viewer) -> Query:
        register = SeenRegister(self._register(connection), viewer)
        return queries.parse(query_text, zone=self._zone.key, register=register)

    def _selection(self, connection: Connection, query: str | Query, viewer: Viewer) -> S:
        self._refuse_if_unmarked(connection, viewer)
        return self._select(paging.whole(self._asked(connection, query, viewer), viewer))
