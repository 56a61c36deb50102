from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.capture.house import House, houses
from tests.release.town import Town, talk


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--mutations", type=int, default=500, help="changed evidence bundles that are tried")


@pytest.fixture
def new_house(tmp_path: Path) -> Iterator[Callable[..., House]]:
    with houses(tmp_path) as make:
        yield make


@pytest.fixture
def house(new_house: Callable[..., House]) -> House:
    return new_house()


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A thread that was captured. For tests that only read, or hand out."""
    house = House(tmp_path_factory.mktemp("town"))
    yield talk(house)
    house.close()


@pytest.fixture
def mutations(request: pytest.FixtureRequest) -> int:
    """How many changed bundles are tried."""
    return int(request.config.getoption("--mutations", default=500))
