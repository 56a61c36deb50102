"""Reading on PostgreSQL with a limit on how long it may take."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import psycopg
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from archiver.search.index import SearchTooSlow

#: The savepoint lets the transaction go on after a statement that was stopped; going back to it also takes the settings
#: back. Compiling a statement takes longer than most searches; sets of a million ids fit into the memory.
_BEGIN = """
    SAVEPOINT search;
    SET LOCAL statement_timeout = {milliseconds:d};
    SET LOCAL jit = off;
    SET LOCAL work_mem = '64MB';
    SELECT EXISTS (SELECT FROM search_words_long)
"""
_END = "ROLLBACK TO SAVEPOINT search; RELEASE SAVEPOINT search"


class Reader:
    """Asks in the connection's transaction until the time is over. It is the driver's own cursor: a page of hits is
    small work, and SQLAlchemy's share of it would be a third."""

    has_long: bool
    """Whether there are long documents."""

    def __init__(self, cursor: psycopg.Cursor[Any], limit: float) -> None:
        self._cursor = cursor
        self._limit = limit
        self._deadline = time.monotonic() + limit

    def begin(self) -> None:
        """Set the limits, and look whether there are long documents. May itself be stopped for taking too long."""
        cursor = self._cursor
        cursor.execute(_BEGIN.format(milliseconds=self._milliseconds(self._limit)))
        while cursor.nextset():
            pass
        self.has_long = bool(cursor.fetchall()[0][0])

    def ask(self, sql: str, parameters: Sequence[object]) -> list[tuple[Any, ...]]:
        """All rows. Planned for these very parameters: how often a word occurs decides how it is best looked for."""
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise self.too_slow()
        if left < self._limit / 2:
            self._cursor.execute(f"SET LOCAL statement_timeout = {self._milliseconds(left):d}")
        return self._cursor.execute(sql.encode(), parameters, prepare=False).fetchall()

    def is_over(self) -> bool:
        """Whether a statement that was stopped just now was stopped for taking too long."""
        return time.monotonic() >= self._deadline - 0.01

    def too_slow(self) -> SearchTooSlow:
        return SearchTooSlow(
            f"this search took longer than {self._limit:g} seconds; narrow it by a date or an account, or lengthen a *"
        )

    @staticmethod
    def _milliseconds(seconds: float) -> int:
        return max(1, round(seconds * 1000))  # 0 would be no limit


@contextmanager
def reading(connection: Connection, limit: float) -> Iterator[Reader]:
    """Read in the connection's transaction.

    Raises:
        SearchTooSlow: it took longer than ``limit`` seconds, and was stopped. The transaction goes on.
        sqlalchemy.exc.DBAPIError: the database cannot be read.
    """
    raw = connection.connection.driver_connection
    assert isinstance(raw, psycopg.Connection)
    with raw.cursor() as cursor:
        reader: Reader | None = None
        try:
            reader = Reader(cursor, limit)
            reader.begin()
            yield reader
        except psycopg.Error as error:
            if isinstance(error, psycopg.errors.QueryCanceled) and reader is not None and reader.is_over():
                raise reader.too_slow() from error
            raise DBAPIError.instance(
                "reading the search index", None, error, psycopg.Error, dialect=connection.dialect
            ) from error
        finally:
            with suppress(psycopg.Error):  # a connection that was lost has nothing to go back to
                cursor.execute(_END)
