from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from archiver.database import Database
from archiver.search import tsquery, tsvector
from archiver.search.index import SearchIndex
from tests.search.examples import an_index
from tests.servers.databases import Databases


@pytest.fixture(scope="module", params=["sqlite", "postgresql", "postgresql, all long"])
def engine(request: pytest.FixtureRequest) -> Iterator[str]:
    """What the index stands on. ``all long``: no document fits into one ``tsvector``, and few sets into a query."""
    with pytest.MonkeyPatch.context() as patched:
        if request.param.endswith("all long"):
            patched.setattr(tsvector, "_MOST_POSITIONS", 0)
            patched.setattr(tsvector, "_MOST_BYTES", 100)
            patched.setattr(tsquery, "_MOST_SETS", 3)
        yield request.param.partition(",")[0]


@pytest.fixture(scope="module")
def database(
    engine: str, tmp_path_factory: pytest.TempPathFactory, request: pytest.FixtureRequest
) -> Iterator[Database]:
    """A database with an empty index; tests undo what they do, or use ``fresh``."""
    yield from _database(engine, tmp_path_factory.mktemp("search"), request)


@pytest.fixture
def fresh(engine: str, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Database]:
    """A database of the test's own, to commit to."""
    yield from _database(engine, tmp_path, request)


@pytest.fixture(scope="module")
def index(database: Database) -> SearchIndex:
    return an_index(database)


def _database(engine: str, folder: Path, request: pytest.FixtureRequest) -> Iterator[Database]:
    if engine == "sqlite":
        made = Database(f"sqlite:///{folder / 'index.sqlite'}")
    else:
        databases: Databases = request.getfixturevalue("databases")
        made = Database(databases.new_with_tables())
    with made.write() as connection:
        an_index(made).create(connection)
    yield made
    made.close()
