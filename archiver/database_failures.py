"""What a database that fails says, in words that tell a person what to do; and whether trying again can help."""

from __future__ import annotations

import sqlite3
from enum import Enum

from sqlalchemy.exc import DataError, DBAPIError, IntegrityError, ProgrammingError


class Failure(Enum):
    """Why a database did not do what it was asked. Values are how a sentence that begins "the database" goes on."""

    BUSY = "is busy with another process; try again in a moment"
    CONFLICT = "gave the work up several times because others were at the same rows; try again in a moment"
    READ_ONLY = "cannot be written; check the rights and the disk of its folder, or that it is not a standby"
    CANNOT_OPEN = "cannot be opened; check that its folder is there"
    DAMAGED = "is damaged; move it away and run `archiver index rebuild`"
    NO_ROOM = "cannot grow, its disk is full: free some space"
    AWAY = "cannot be reached; check that its server runs and that the network is up"
    STARTING = "is starting, stopping or being restarted; try again in a moment"
    REFUSED = "refuses the user or the password in ARCHIVER_DATABASE_URL"
    NO_DATABASE = "is not there under the name in ARCHIVER_DATABASE_URL; create it first"
    NO_RIGHTS = "does not give our user the rights it needs: it has to own the database"
    TOO_SLOW = "took too long and was stopped; try again in a moment"
    NO_MEMORY = "has no memory left for this; look at its server's log"
    CROWDED = "takes no more connections; raise max_connections or end what else is connected"


_SQLITE = {
    sqlite3.SQLITE_BUSY: Failure.BUSY,
    sqlite3.SQLITE_LOCKED: Failure.BUSY,
    sqlite3.SQLITE_READONLY: Failure.READ_ONLY,
    sqlite3.SQLITE_CANTOPEN: Failure.CANNOT_OPEN,
    sqlite3.SQLITE_CORRUPT: Failure.DAMAGED,
    sqlite3.SQLITE_NOTADB: Failure.DAMAGED,
    sqlite3.SQLITE_FULL: Failure.NO_ROOM,
}
#: PostgreSQL's error codes, and below them the classes that their first two characters are.
_SQLSTATE = {
    "40001": Failure.CONFLICT,
    "40P01": Failure.CONFLICT,
    "55P03": Failure.BUSY,
    "55006": Failure.BUSY,
    "57014": Failure.TOO_SLOW,
    "25006": Failure.READ_ONLY,
    "25P03": Failure.AWAY,
    "53100": Failure.NO_ROOM,
    "53200": Failure.NO_MEMORY,
    "53300": Failure.CROWDED,
    "57P01": Failure.STARTING,
    "57P02": Failure.STARTING,
    "57P03": Failure.STARTING,
    "57P05": Failure.AWAY,
    "3D000": Failure.NO_DATABASE,
    "42501": Failure.NO_RIGHTS,
}
_CLASSES = {"08": Failure.AWAY, "28": Failure.REFUSED, "XX": Failure.DAMAGED}
#: What psycopg says of a connection it could not make: it has no code, only the server's words.
_WORDS = {
    "password authentication failed": Failure.REFUSED,
    "no pg_hba.conf entry": Failure.REFUSED,
    "role ": Failure.REFUSED,
    "no password supplied": Failure.REFUSED,
    "too many clients": Failure.CROWDED,
    "too many connections": Failure.CROWDED,
    "remaining connection slots": Failure.CROWDED,
    "is starting up": Failure.STARTING,
    "is shutting down": Failure.STARTING,
    "in recovery mode": Failure.STARTING,
    "does not exist": Failure.NO_DATABASE,
}


def failure_of(error: DBAPIError) -> Failure | None:
    """Why it failed; None where that has no name here, or the statement itself was wrong."""
    code = getattr(error.orig, "sqlite_errorcode", None)
    if code is not None:
        return _SQLITE.get(code & 0xFF)
    state = getattr(error.orig, "sqlstate", None)
    if state is not None:
        return _SQLSTATE.get(state) or _CLASSES.get(state[:2])
    return _without_code(error)


def _without_code(error: DBAPIError) -> Failure | None:
    said = str(error.orig)
    if "connection" not in said and not error.connection_invalidated:
        return None
    return next((failure for words, failure in _WORDS.items() if words in said), Failure.AWAY)


def may_be_repeated(error: BaseException) -> bool:
    """Whether the same transaction, from its beginning, may succeed: it was given up for the sake of another one, and
    nothing of it happened."""
    return isinstance(error, DBAPIError) and failure_of(error) is Failure.CONFLICT


def is_ours(error: DBAPIError) -> bool:
    """Whether the statement was wrong, not the database: no reason to wait for it to get better."""
    return failure_of(error) is None and isinstance(error, IntegrityError | ProgrammingError | DataError)


def words_for(error: DBAPIError) -> str:
    """How a sentence that begins "the database" goes on."""
    failure = failure_of(error)
    return failure.value if failure is not None else f"does not work ({first_line(error)})"


def first_line(error: DBAPIError) -> str:
    """The driver's own words, one line of them."""
    return (str(error.orig).splitlines() or [type(error.orig).__name__])[0][:200]
