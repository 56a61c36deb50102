from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from archiver.database import Database
from archiver.search.sqlite import SqliteSearchIndex
from archiver.search.tree import OnlyIds


@pytest.fixture(scope="module")
def database(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Database]:
    """A database file with an empty index; tests undo what they do, or use ``fresh``."""
    yield from _database(tmp_path_factory.mktemp("search"))


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Database]:
    """A database of the test's own, to commit to."""
    yield from _database(tmp_path)


@pytest.fixture(scope="module")
def index() -> SqliteSearchIndex:
    return SqliteSearchIndex(register=lambda _: OnlyIds())


def _database(folder: Path) -> Iterator[Database]:
    made = Database(f"sqlite:///{folder / 'index.sqlite'}")
    with made.write() as connection:
        SqliteSearchIndex().create(connection)
    yield made
    made.close()
