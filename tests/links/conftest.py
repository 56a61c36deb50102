from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.capture.house import House, houses


@pytest.fixture
def new_house(tmp_path: Path) -> Iterator[Callable[..., House]]:
    """Houses for whom the practice city's own service is one for short links."""
    with houses(tmp_path) as make:

        def made(**settings: object) -> House:
            return make(settings={"link_services": ("127.0.0.1/s/",), **settings})

        yield made


@pytest.fixture
def house(new_house: Callable[..., House]) -> House:
    return new_house()
