"""What the disk and the database say when they fail, as errors that tell a person what to do."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.exc import DBAPIError, IntegrityError, ProgrammingError

from archiver.capture.spool import disk_error
from archiver.errors import ArchiverError, OutOfSpace, Unreachable

_SAYS = {
    sqlite3.SQLITE_BUSY: "is busy with another process; try again in a moment",
    sqlite3.SQLITE_LOCKED: "is busy with another process; try again in a moment",
    sqlite3.SQLITE_READONLY: "cannot be written; check the rights and the disk of its folder",
    sqlite3.SQLITE_CANTOPEN: "cannot be opened; check that its folder is there",
    sqlite3.SQLITE_CORRUPT: "is damaged; move it away and run `archiver index rebuild`",
    sqlite3.SQLITE_NOTADB: "is damaged; move it away and run `archiver index rebuild`",
}


class DatabaseUnavailable(Unreachable):
    """The index does not take or give rows. Whether the last transaction was kept is looked up before going on."""


@contextmanager
def named_failures(folder: Path) -> Iterator[None]:
    """Turn what the system or the database raises inside into an error a person can act on. What was captured is in
    the spool ``folder`` and is finished from there.

    Raises:
        OutOfSpace: a disk is full.
        SpoolError: the disk of the spool fails.
        DatabaseUnavailable: the database fails.
    """
    try:
        yield
    except DBAPIError as error:
        if isinstance(error, IntegrityError | ProgrammingError):
            raise  # not the database's fault
        raise _database_error(error) from error
    except OSError as error:
        raise disk_error(error, folder) from error


def _database_error(error: DBAPIError) -> ArchiverError:
    code = getattr(error.orig, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_FULL:
        return OutOfSpace("no room left on the disk of the database: free some space; capturing then goes on")
    says = _SAYS.get(code, f"does not answer ({error.orig}); check its disk")
    return DatabaseUnavailable(f"the database {says}. What was captured is kept and finished when it works again")
