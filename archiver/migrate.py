"""Bringing the database to the tables of this version, once, whoever starts first.

The whole way up is one transaction that takes a lock before it looks at the revision (SQLite's write lock, on
PostgreSQL an advisory one), so two processes that start together cannot collide: the second finds the work done. A kill
in the middle leaves the database as it was.
"""

from __future__ import annotations

import importlib
import tempfile
from collections.abc import MutableMapping
from functools import cache
from pathlib import Path
from typing import Any

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import Script, ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, MetaData, inspect
from sqlalchemy.exc import DatabaseError, OperationalError

import migrations
from archiver.database import Base, Database, Lock
from archiver.database_failures import Failure, failure_of, first_line, words_for
from archiver.engines import require_usable
from archiver.errors import ArchiverError, Unreachable, WrongStore

#: Every module that declares tables.
_MODELS = (
    "archiver.accounts.models",
    "archiver.accounts.register.models",
    "archiver.capture.models",
    "archiver.desk.models",
    "archiver.desk.mark_models",
    "archiver.quota.models",
    "archiver.evidence.models",
    "archiver.mail.models",
    "archiver.moderation.models",
    "archiver.challenges.models",
    "archiver.official.models",
    "archiver.page_roles.models",
    "archiver.people.models",
    "archiver.records.import_models",
    "archiver.records.models",
    "archiver.search.models",
)
#: Virtual and shadow tables of the search index: made by its own DDL, invisible to the comparison.
_SEARCH_TABLES = ("search_words", "search_vocabulary")
#: In databases that began on SQLite, where it says what the primary key says too.
_ON_SQLITE = "uq_account_platform_service_platform_id"


def metadata() -> MetaData:
    """All tables of this version."""
    for name in _MODELS:
        importlib.import_module(name)
    return Base.metadata


def include_name(name: str | None, kind: str, _parents: MutableMapping[Any, Any]) -> bool:
    """Whether Alembic may look at something. It would otherwise drop the search index as unknown."""
    return name != _ON_SQLITE and not (kind == "table" and name is not None and name.startswith(_SEARCH_TABLES))


@cache
def head() -> str | None:
    """The newest revision this version knows."""
    return _script().get_current_head()


def current(connection: Connection) -> str | None:
    """The revision of a database; None for an empty one."""
    return MigrationContext.configure(connection).get_current_revision()


def upgrade(database: Database) -> bool:
    """Bring ``database`` to :func:`head`. True if anything had to be done.

    Raises:
        WrongStore: from a newer version, or not an index of this program at all, or unfit for one.
        Unreachable: the database cannot be opened, or its server is too old.
    """
    try:
        with database.read() as connection:
            require_usable(connection, database.place)
            if check(connection, database.place) == head():
                return False
        with database.write(Lock.TABLES) as connection:
            if check(connection, database.place) == head():
                return False
            command.upgrade(_config(connection), "head")
            return True
    except DatabaseError as error:
        raise unusable(database, error) from error


def is_begun(database: Database) -> bool:
    """Whether an archive was begun in a database; looking makes nothing.

    Raises:
        Unreachable: it cannot be opened.
    """
    if database.dialect == "sqlite":
        return Path(str(database.url.database)).exists()
    try:
        with database.read() as connection:
            # A process may have been killed after it had made the tables.
            tables = current(connection) is not None
            return tables and connection.exec_driver_sql("SELECT 1 FROM archive").first() is not None
    except DatabaseError as error:
        raise unusable(database, error) from error


def check(connection: Connection, place: str) -> str | None:
    """The revision of a database, if this version can work with it.

    Raises:
        WrongStore: otherwise, and says why.
    """
    revision = current(connection)
    if revision is None:
        if set(inspect(connection).get_table_names()) - {"alembic_version"}:
            raise WrongStore(f"{place} is a database of another program; name another one in ARCHIVER_DATABASE_URL")
        return None
    try:
        _script().get_revision(revision)
    except CommandError:
        raise WrongStore(
            f"the database {place} was written by a newer version (schema {revision[:40]}); install that version or a"
            " later one; nothing was changed"
        ) from None
    return revision


def unusable(database: Database, error: DatabaseError) -> ArchiverError:
    """The clear form of what the driver said while the database was opened."""
    failure = failure_of(error)
    if database.dialect != "sqlite":
        return Unreachable(f"the database {database.place} {words_for(error)}")
    if failure is Failure.DAMAGED:
        return WrongStore(
            f"{database.place} is not a readable SQLite database; restore it, or move it away and run"
            " `archiver index rebuild`"
        )
    if isinstance(error, OperationalError):
        said = first_line(error)
        return Unreachable(
            f"the database {database.place} cannot be used ({said}); check the folder, its owner and disk"
        )
    return Unreachable(f"the database {database.place} {words_for(error)}")


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(migrations.__file__).parent).replace("%", "%%"))
    config.set_main_option("path_separator", "os")
    config.attributes["connection"] = connection
    return config


@cache
def _script() -> ScriptDirectory:
    return ScriptDirectory.from_config(_config())


def write_revision(message: str, number: str) -> str:
    """For developers: write the next revision from what the models say and an empty database lacks; its path."""
    with tempfile.TemporaryDirectory() as folder:
        database = Database(f"sqlite:///{folder}/empty.sqlite3")
        if head() is not None:
            upgrade(database)
        with database.write() as connection:
            script = command.revision(_config(connection), message=message, rev_id=number, autogenerate=True)
        database.close()
    assert isinstance(script, Script)
    return str(script.path)
