"""A city of made-up answers, on each database."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from archiver.database import Database
from tests.records.city import City


@pytest.fixture(params=["sqlite", "postgresql"])
def city(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[City]:
    if request.param == "postgresql":
        url = request.getfixturevalue("databases").new_with_tables()
    else:
        url = f"sqlite:///{tmp_path / 'index.db'}"
    made = City(Database(url))
    yield made
    made.database.close()
