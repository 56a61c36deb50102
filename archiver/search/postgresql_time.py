"""Reading on PostgreSQL with a limit on how long it may take.

Most searches are short, so that waiting for the server's answers is a large part of them. What a search sets for
itself and its first question are sent together, in the driver's pipeline.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

import psycopg
from sqlalchemy import Connection
from sqlalchemy.exc import DBAPIError

from archiver.search.index import SearchTooSlow

#: The savepoint lets the transaction go on after a statement that was stopped; going back to it also takes the settings
#: back.
_BEGIN = "SAVEPOINT search"
_END = ("ROLLBACK TO SAVEPOINT search", "RELEASE SAVEPOINT search")
#: Compiling a statement takes longer than most searches; sets of a million ids fit into the memory.
_SET = """
    SELECT set_config('statement_timeout', %s, true), set_config('jit', 'off', true),
           set_config('work_mem', '64MB', true), EXISTS (SELECT FROM search_words_long)
"""
_SHORTEN = "SELECT set_config('statement_timeout', %s, true)"
#: A statement and its parameters, given whether there are long documents to look among.
Question = Callable[[bool], tuple[str, Sequence[object]]]


@dataclass(slots=True)
class Habit:
    """What earlier searches found, to ask the right question at once. A wrong one costs time, and nothing else."""

    has_long: bool = False
    """Whether there were long documents."""


class Reader:
    """Asks in the connection's transaction until the time is over. It is the driver's own cursor: a page of hits is
    small work, and SQLAlchemy's share of it would be a third."""

    def __init__(self, connection: psycopg.Connection[Any], limit: float, habit: Habit) -> None:
        self._connection = connection
        self._limit = limit
        self._habit = habit
        self._deadline = time.monotonic() + limit
        self._set: psycopg.Cursor[Any] | None = None

    def begin(self) -> None:
        """Set the limits, and look whether there are long documents. What comes of it is seen with the first answer."""
        self._connection.execute(_BEGIN, prepare=False)
        self._set = self._connection.execute(_SET, (self._milliseconds(self._limit),), prepare=True)

    def ask(self, question: Question) -> list[tuple[Any, ...]]:
        """All rows. Planned for these very parameters: how often a word occurs decides how it is best looked for."""
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise self.too_slow()
        if left < self._limit / 2:
            self._connection.execute(_SHORTEN, (self._milliseconds(left),), prepare=True)
        guessed = self._habit.has_long
        rows = self._answer(question(guessed), prepare=False)
        if self._look_for_long() and not guessed:
            return self._answer(question(True), prepare=False)
        return rows

    def fetch(self, sql: str, parameters: Sequence[object]) -> list[tuple[Any, ...]]:
        """All rows of a statement that is planned once for whatever parameters."""
        return self._answer((sql, parameters), prepare=True)

    def is_over(self) -> bool:
        """Whether a statement that was stopped just now was stopped for taking too long."""
        return time.monotonic() >= self._deadline - 0.01

    def too_slow(self) -> SearchTooSlow:
        return SearchTooSlow(
            f"this search took longer than {self._limit:g} seconds; narrow it by a date or an account, or lengthen a *"
        )

    def _answer(self, question: tuple[str, Sequence[object]], *, prepare: bool) -> list[tuple[Any, ...]]:
        sql, parameters = question
        return self._connection.execute(sql.encode(), parameters, prepare=prepare).fetchall()

    def _look_for_long(self) -> bool:
        if self._set is not None:
            self._habit.has_long = bool(self._set.fetchall()[0][3])
            self._set = None
        return self._habit.has_long

    @staticmethod
    def _milliseconds(seconds: float) -> str:
        return str(max(1, round(seconds * 1000)))  # 0 would be no limit


@contextmanager
def reading(connection: Connection, limit: float, habit: Habit) -> Iterator[Reader]:
    """Read in the connection's transaction.

    Raises:
        SearchTooSlow: it took longer than ``limit`` seconds, and was stopped. The transaction goes on.
        sqlalchemy.exc.DBAPIError: the database cannot be read.
    """
    raw = connection.connection.driver_connection
    assert isinstance(raw, psycopg.Connection)
    reader = Reader(raw, limit, habit)
    try:
        with raw.pipeline():
            reader.begin()
            yield reader
            for statement in _END:
                raw.execute(statement, prepare=False)
    except BaseException as error:
        with suppress(psycopg.Error):  # a connection that was lost has nothing to go back to
            for statement in _END:
                raw.execute(statement)
        if not isinstance(error, psycopg.Error):
            raise
        if isinstance(error, psycopg.errors.QueryCanceled) and reader.is_over():
            raise reader.too_slow() from error
        raise DBAPIError.instance(
            "reading the search index", None, error, psycopg.Error, dialect=connection.dialect
        ) from error
