"""On what an archive stands in a test run: ``TEST_BACKEND=embedded`` (the default: SQLite and a folder) or
``production`` (PostgreSQL).

:func:`places` gives the settings of the archive in a home; a home keeps the database it was given, also for other
processes, which read of it in a file beside the home.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from tests import tables
from tests.servers.databases import Databases
from tests.servers.postgresql import NAMED

#: Of this process; set by :mod:`tests.conftest` in a production run.
databases: Databases | None = None


def is_production() -> bool:
    return os.environ.get("TEST_BACKEND", "embedded") == "production"


def doctor_code() -> int:
    """How ``archiver doctor`` ends where all is well. Our own PostgreSQL does not wait for its disk, and it says so."""
    return 1 if is_production() and NAMED not in os.environ else 0


def places(home: Path) -> dict[str, Any]:
    """Settings that say where index and store of the archive in ``home`` are."""
    return {"database_url": database_url(home)} if is_production() else {}


def database_url(home: Path) -> str:
    """The index of the archive in ``home``."""
    if not is_production():
        home.mkdir(parents=True, exist_ok=True)
        return f"sqlite:///{home / 'index.sqlite3'}"
    noted = home.with_name(home.name + ".database")
    if not noted.exists():
        assert databases is not None, "only the test's own process makes databases"
        noted.parent.mkdir(parents=True, exist_ok=True)
        noted.write_text(databases.new_with_tables())
    return noted.read_text()


def prepare(home: Path, settings: Mapping[str, Any]) -> None:
    """Lay an empty index with the tables of this version into ``home``, if one is to be there: for processes that begin
    an archive there."""
    if not is_production() and "database_url" not in settings:
        home.mkdir(mode=0o700, parents=True, exist_ok=True)
        tables.lay(home / "index.sqlite3")


def lose_index(home: Path) -> None:
    """Throw the index of an archive away, which nobody has open."""
    if not is_production():
        for path in home.glob("index.sqlite3*"):
            path.unlink()
        return
    assert databases is not None
    databases.empty(database_url(home))
