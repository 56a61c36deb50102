from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.capture.house import House, houses
from tests.pictures.drawing import PlainDrawer


@pytest.fixture
def drawer() -> PlainDrawer:
    return PlainDrawer()


@pytest.fixture
def new_house(tmp_path: Path, drawer: PlainDrawer) -> Iterator[Callable[..., House]]:
    """Houses that draw pictures, with a drawer that takes no time."""
    with houses(tmp_path) as make:

        def made(**settings: object) -> House:
            house = make(settings={"pictures": True, **settings})
            house.capture.drawing.drawers = drawer
            return house

        yield made


@pytest.fixture
def house(new_house: Callable[..., House]) -> House:
    return new_house()
