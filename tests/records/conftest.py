from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from archiver.database import Database
from tests import backends
from tests.records.city import City


@pytest.fixture
def new_city(tmp_path: Path) -> Iterator[Callable[[], City]]:
    made: list[City] = []

    def make() -> City:
        made.append(City(Database(backends.database_url(tmp_path / f"index-{len(made)}"))))
        return made[-1]

    yield make
    for one in made:
        one.database.close()


@pytest.fixture
def city(new_city: Callable[[], City]) -> City:
    return new_city()
