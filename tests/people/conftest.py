"""An archive with two offices and every kind of access, on both databases where that matters."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from archiver.archive import Archive
from archiver.clock import SetClock
from archiver.settings import Settings
from tests.people import scene


@pytest.fixture
def hands() -> SetClock:
    """A clock that tests move."""
    return SetClock(datetime(2026, 11, 30, 12, tzinfo=UTC))


#: More is asked of these archives in a minute than anybody may.
_UNLIMITED = {"api_per_minute": 0, "api_strangers_per_minute": 0}


def opened(home: Path, hands: SetClock, url: str = "", **settings: object) -> Archive:
    """An archive by that clock."""
    given = {"home": home, "web_port": 0, "disk_reserve_percent": 0, "database_url": url, **_UNLIMITED, **settings}
    return Archive.open(Settings(**given), clock=hands)  # type: ignore[arg-type]


@pytest.fixture
def archive(tmp_path: Path, hands: SetClock) -> Iterator[Archive]:
    """An empty one."""
    with opened(tmp_path / "home", hands) as made:
        yield made


@pytest.fixture(params=["sqlite", "postgresql"])
def offices(request: pytest.FixtureRequest, tmp_path: Path, hands: SetClock) -> Iterator[Archive]:
    """With what stands in :mod:`tests.people.scene`, on each database."""
    url = request.getfixturevalue("databases").new_with_tables() if request.param == "postgresql" else ""
    with opened(tmp_path / "home", hands, url) as made:
        scene.fill(made)
        yield made
