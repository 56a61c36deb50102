"""What the disk and the database say when they fail, as errors that tell a person what to do."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy.exc import DBAPIError

from archiver.capture.spool import disk_error
from archiver.database_failures import Failure, failure_of, is_ours, words_for
from archiver.errors import ArchiverError, OutOfSpace, Unreachable


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
        if is_ours(error):
            raise  # not the database's fault
        raise _database_error(error) from error
    except OSError as error:
        raise disk_error(error, folder) from error


def _database_error(error: DBAPIError) -> ArchiverError:
    if failure_of(error) is Failure.NO_ROOM:
        return OutOfSpace("no room left on the disk of the database: free some space; capturing then goes on")
    said = words_for(error)
    return DatabaseUnavailable(f"the database {said}. What was captured is kept and finished when it works again")
