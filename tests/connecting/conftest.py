"""A house, and its owners."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.capture.house import House
from tests.connecting.consenting import Owner


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    found = House(tmp_path)
    yield found
    found.close()


@pytest.fixture
def owner(house: House) -> Callable[[str], Owner]:
    return lambda platform: Owner.of(house, platform)
