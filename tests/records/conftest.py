from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from archiver.database import Database
from tests.records.city import City


@pytest.fixture
def new_city(tmp_path: Path) -> Iterator[Callable[[], City]]:
    made: list[City] = []

    def make() -> City:
        made.append(City(Database(f"sqlite:///{tmp_path}/index-{len(made)}.db")))
        return made[-1]

    yield make
    for one in made:
        one.database.close()


@pytest.fixture
def city(new_city: Callable[[], City]) -> City:
    return new_city()
