"""An archive with a register, and a city that is captured for real where a test needs one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from archiver.archive import Archive
from archiver.clock import SetClock
from archiver.settings import Settings
from tests import backends
from tests.capture.house import House
from tests.register.town import Town

NOW = datetime(2026, 3, 2, 18, tzinfo=UTC)


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Archive]:
    home = tmp_path / "home"
    backends.prepare(home, {})
    settings = Settings(home=home, disk_reserve_percent=0, **backends.places(home))
    with Archive.open(settings, clock=SetClock(NOW)) as archive:
        yield archive


@pytest.fixture
def town(archive: Archive) -> Town:
    return Town(archive)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    house = House(tmp_path)
    yield house
    house.close()
