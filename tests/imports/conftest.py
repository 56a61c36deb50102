from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.capture.house import House, houses
from tests.imports.desk import Desk


@pytest.fixture
def new_house(tmp_path: Path) -> Iterator[Callable[..., House]]:
    with houses(tmp_path) as make:
        yield make


@pytest.fixture
def desk(new_house: Callable[..., House], tmp_path: Path) -> Desk:
    """The city's account on the practice X, of which nothing was captured yet."""
    return Desk.on_x(new_house(), tmp_path)
