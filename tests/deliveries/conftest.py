from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.capture.conftest import house, new_house
from tests.capture.house import House
from tests.deliveries.scene import SETTINGS, Scene, served

__all__ = ["house", "new_house"]


@pytest.fixture
def scene(new_house: Callable[..., House]) -> Iterator[Scene]:
    with served(new_house(settings=SETTINGS)) as found:
        yield found
