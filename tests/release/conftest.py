from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.capture.house import House
from tests.release.town import Town, talk


@pytest.fixture
def new_house(tmp_path: Path) -> Iterator[Callable[..., House]]:
    made: list[House] = []

    def make(**given: object) -> House:
        made.append(House(tmp_path / f"house-{len(made)}", **given))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for one in made:
        one.close()


@pytest.fixture
def house(new_house: Callable[..., House]) -> House:
    return new_house()


@pytest.fixture(scope="session")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A thread that was captured. For tests that only read, or hand out."""
    house = House(tmp_path_factory.mktemp("town"))
    yield talk(house)
    house.close()
