"""Reading on SQLite with a limit on how long it may take."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Connection
from sqlalchemy.exc import OperationalError

from archiver.search.index import SearchTooSlow

#: SQLite looks at the clock once in so many steps of its machine.
_STEPS = 5_000


@contextmanager
def reading(connection: Connection, limit: float) -> Iterator[sqlite3.Cursor]:
    """A cursor in the connection's transaction, for reading only. It is the driver's own: a page of hits is small work,
    and SQLAlchemy's share of it would be a third.

    Raises:
        SearchTooSlow: it took longer than ``limit`` seconds, and was stopped. The transaction goes on.
        sqlalchemy.exc.OperationalError: the database cannot be read.
    """
    raw = connection.connection.driver_connection
    assert isinstance(raw, sqlite3.Connection)
    deadline = time.monotonic() + limit
    raw.set_progress_handler(lambda: time.monotonic() > deadline, _STEPS)
    cursor = raw.cursor()
    try:
        yield cursor
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode != sqlite3.SQLITE_INTERRUPT:
            raise OperationalError("reading the search index", None, error) from error
        message = f"this search took longer than {limit:g} seconds; narrow it by a date or an account, or lengthen a *"
        raise SearchTooSlow(message) from error
    finally:
        cursor.close()
        raw.set_progress_handler(None, 0)
