"""A city of made-up answers, on each database."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import httpx
import pytest

from archiver.archive import Archive
from archiver.clock import SetClock
from archiver.database import Database
from archiver.web.app import create_app
from archiver.web.server import PageServer, bind
from archiver.web.site import Site
from tests.capture.house import House
from tests.people import scene
from tests.people.conftest import opened
from tests.reading.town import Told
from tests.records.city import City
from tests.signed_in import everything


@pytest.fixture(params=["sqlite", "postgresql"])
def city(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[City]:
    if request.param == "postgresql":
        url = request.getfixturevalue("databases").new_with_tables()
    else:
        url = f"sqlite:///{tmp_path / 'index.db'}"
    made = City(Database(url))
    yield made
    made.database.close()


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    made = House(tmp_path_factory.mktemp("reading"), settings={"time_zone": "America/Chicago", "web_port": 0})
    yield made
    made.close()


@pytest.fixture(scope="module")
def told(house: House) -> Told:
    return Told(house)


@pytest.fixture(scope="module")
def client(house: House, told: Told) -> Iterator[httpx.Client]:
    pages = PageServer(create_app(Site(house.archive)), bind(house.archive.settings))
    pages.start()
    with httpx.Client(base_url=pages.url.rstrip("/"), timeout=60, cookies=everything(house.archive)) as made:
        yield made
    pages.stop()


@pytest.fixture
def offices(tmp_path: Path) -> Iterator[Archive]:
    """Two offices, and every kind of access."""
    with opened(tmp_path / "home", SetClock(datetime(2026, 11, 30, 12, tzinfo=UTC))) as made:
        scene.fill(made)
        yield made
