from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bluesky.town import Town
from tests.capture.conftest import house, new_house
from tests.servers import bluesky
from tests.servers.bluesky import Network

__all__ = ["house", "new_house"]


@pytest.fixture(scope="session")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Network]:
    """Bluesky's own servers."""
    with bluesky.running(tmp_path_factory) as found:
        yield found


@pytest.fixture
def town(network: Network, tmp_path: Path) -> Iterator[Town]:
    """People on the network, and an archive."""
    found = Town(network, tmp_path / "archive")
    yield found
    found.close()
