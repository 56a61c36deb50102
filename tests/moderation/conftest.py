"""Two offices on each database; and a city that is captured for real."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from archiver.archive import Archive
from archiver.clock import SetClock
from tests.capture.house import House
from tests.people import scene
from tests.people.conftest import opened


@pytest.fixture
def hands() -> SetClock:
    """A clock that tests move."""
    return SetClock(datetime(2026, 3, 20, 12, tzinfo=UTC))


@pytest.fixture(params=["sqlite", "postgresql"])
def offices(request: pytest.FixtureRequest, tmp_path: Path, hands: SetClock) -> Iterator[Archive]:
    """With what stands in :mod:`tests.people.scene`, on each database."""
    url = request.getfixturevalue("databases").new_with_tables() if request.param == "postgresql" else ""
    with opened(tmp_path / "home", hands, url) as made:
        scene.fill(made)
        yield made


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    """A city that is captured for real."""
    house = House(tmp_path)
    yield house
    house.close()
