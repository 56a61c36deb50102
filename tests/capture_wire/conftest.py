"""What the tests of fetching share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from archiver.http import Fetcher
from tests.servers import Authority, RawServer

MakeFetcher = Callable[..., Fetcher]


@pytest.fixture(scope="session")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture
def fetcher_for(authority: Authority) -> Iterator[MakeFetcher]:
    """Makes fetchers that trust the given servers, with short time limits."""
    made: list[Fetcher] = []

    def make(*servers: RawServer, **options: Any) -> Fetcher:
        limits = {"connect_timeout": 60.0, "read_timeout": 60.0, "total_timeout": 120.0} | options
        made.append(
            Fetcher(
                user_agent="records-archiver/test",
                trusted_origins=frozenset(server.origin for server in servers),
                certificate_authorities=Path(authority.certificate),
                **limits,
            )
        )
        return made[-1]

    yield make
    for fetcher in made:
        fetcher.close()
