"""Houses with accounts on platforms that count what they are asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.capture.house import House, houses


@pytest.fixture
def make_house(tmp_path: Path) -> Iterator[Callable[..., House]]:
    with houses(tmp_path) as make:
        yield make
