"""What was removed is gone from the index's files on PostgreSQL, also where others can still see it for a while."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from threading import Timer

import pytest

from archiver.database import Database
from archiver.errors import Busy
from archiver.search import postgresql_purge
from archiver.search.index import SearchIndex
from tests.search.examples import a_document, found
from tests.servers.databases import Databases

pytestmark = pytest.mark.parametrize("engine", ["postgresql"], indirect=True)

_WORD = "unmistakable"


@pytest.fixture
def filled(fresh: Database, index: SearchIndex) -> Database:
    """An index that has a word in records to be removed."""
    with fresh.write() as connection:
        index.put(connection, [a_document(f"the {_WORD} word", id="rc_1"), a_document("other", id="rc_2")])
        index.put(connection, [a_document(f"the {_WORD} word " * 300, id="rc_3")])
    assert _is_in_files(fresh)
    return fresh


@pytest.fixture
def other(databases: Databases) -> Iterator[Database]:
    """Another database on the same server."""
    made = Database(databases.new())
    yield made
    made.close()


def _remove(database: Database, index: SearchIndex) -> None:
    with database.write() as connection:
        index.remove(connection, ["rc_1", "rc_3"])


def _purge(database: Database, index: SearchIndex) -> None:
    with database.write() as connection:
        index.purge(connection)


def test_purged_words_are_no_longer_in_the_files(filled: Database, index: SearchIndex) -> None:
    _remove(filled, index)
    _purge(filled, index)
    assert not _is_in_files(filled)
    with filled.read() as connection:
        assert found(index, connection, "") == {"rc_2"}
        assert found(index, connection, "other") == {"rc_2"}


# -- others that can still see what was removed


@contextmanager
def _reading(database: Database) -> Iterator[None]:
    with database.read() as connection:
        connection.exec_driver_sql("SELECT 1")
        yield


@contextmanager
def _writing(database: Database) -> Iterator[None]:
    with database.write() as connection:
        connection.exec_driver_sql("SELECT pg_current_xact_id()")
        yield


@contextmanager
def _preparing(database: Database) -> Iterator[None]:
    """A transaction that is prepared, and belongs to no session any more."""
    with database.engine.connect().execution_options(archiver_write=True) as connection:
        if connection.exec_driver_sql("SELECT current_setting('max_prepared_transactions')").scalar() == "0":
            pytest.skip("the server prepares no transactions")
        name = f"kept in {database.url.database}"  # they are the server's, not the database's
        connection.exec_driver_sql("SELECT pg_current_xact_id()")
        connection.exec_driver_sql(f"PREPARE TRANSACTION '{name}'")
        connection.rollback()
        try:
            yield
        finally:
            assert connection.connection.driver_connection is not None
            connection.connection.driver_connection.execute(f"ROLLBACK PREPARED '{name}'")


_HOLDERS = pytest.mark.parametrize(
    ("holding", "elsewhere", "named"),
    [
        pytest.param(_reading, False, "process", id="reads here"),
        pytest.param(_writing, False, "process", id="writes here"),
        pytest.param(_writing, True, "process", id="writes in another database"),
        pytest.param(_preparing, False, "prepared transaction 'kept in test_", id="prepared"),
    ],
)
Holding = Callable[[Database], AbstractContextManager[None]]


@_HOLDERS
def test_nothing_is_purged_that_others_keep_seeing(
    filled: Database,
    other: Database,
    index: SearchIndex,
    holding: Holding,
    elsewhere: bool,
    named: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with holding(other if elsewhere else filled):
        _remove(filled, index)
        before = _files(filled)
        with monkeypatch.context() as patched:
            patched.setattr(postgresql_purge, "PATIENCE", 0.3)
            with filled.write() as connection, pytest.raises(Busy, match=f"nothing was purged.*{named}.*purge again"):
                index.purge(connection)
        assert _files(filled) == before
        with filled.read() as connection:
            assert found(index, connection, "") == {"rc_2"}
    _purge(filled, index)
    assert not _is_in_files(filled)


@_HOLDERS
def test_others_are_waited_for(
    filled: Database, other: Database, index: SearchIndex, holding: Holding, elsewhere: bool, named: str
) -> None:
    del named
    held = holding(other if elsewhere else filled)
    held.__enter__()
    _remove(filled, index)
    leaving = Timer(0.5, held.__exit__, (None, None, None))
    leaving.start()
    _purge(filled, index)
    leaving.join()
    assert not _is_in_files(filled)


def test_who_only_reads_another_database_is_not_waited_for(
    filled: Database, other: Database, index: SearchIndex
) -> None:
    with _reading(other):
        _remove(filled, index)
        _purge(filled, index)
        assert not _is_in_files(filled)


def test_tables_that_are_in_use_are_not_waited_for_without_end(
    filled: Database, index: SearchIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting = postgresql_purge._pause
    _remove(filled, index)
    # It keeps its lock, and no snapshot: one would go back to whatever another test was writing when it began.
    with filled.write() as using:
        using.exec_driver_sql("SELECT count(*) FROM search_words")
        with filled.write() as connection, monkeypatch.context() as patched:
            # Without patience for the lock; other tests' transactions on the same server are waited for.
            patched.setattr(
                postgresql_purge, "_pause", lambda until, why: waiting(0 if "are used" in why else until, why)
            )
            with pytest.raises(Busy, match="are used by another transaction"):
                index.purge(connection)
            assert found(index, using, "other") == {"rc_2"}  # what was locked until then is free again
    _purge(filled, index)
    assert not _is_in_files(filled)


def test_a_purge_is_not_in_the_transaction_of_the_removal(filled: Database, index: SearchIndex) -> None:
    with filled.write() as connection:
        index.remove(connection, ["rc_1"])
        with pytest.raises(ValueError, match="transaction of its own"):
            index.purge(connection)


# -- files


_RELATIONS = """
    SELECT pg_relation_filepath(oid) FROM pg_class
    WHERE (position('search' IN relname) > 0
           OR oid IN (SELECT reltoastrelid FROM pg_class WHERE position('search' IN relname) > 0))
      AND pg_relation_filepath(oid) IS NOT NULL
    ORDER BY 1
"""


def _files(database: Database) -> list[str]:
    """The files of the tables, their lists of long values and their indexes."""
    with database.read() as connection:
        return list(connection.exec_driver_sql(_RELATIONS).scalars())


def _is_in_files(database: Database) -> bool:
    """Whether the word stands in any of them."""
    files = _files(database)
    assert files
    with database.engine.connect().execution_options(archiver_write=True) as connection:
        connection.exec_driver_sql("CHECKPOINT")
        connection.rollback()
        read = "SELECT position(%s::bytea IN pg_read_binary_file(%s)) > 0"
        return any(connection.exec_driver_sql(read, (_WORD[3:].encode(), path)).scalar() for path in files)
