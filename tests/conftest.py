"""Servers that tests share. Each is started by the first test that needs it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.servers import postgresql
from tests.servers.databases import Databases


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    """A PostgreSQL server on which databases can be made."""
    with postgresql.session_server() as url:
        yield url


@pytest.fixture(scope="session")
def databases(postgresql_url: str) -> Iterator[Databases]:
    """Makes databases on the session's server; they go with the session."""
    made = Databases(postgresql_url)
    yield made
    made.close()
