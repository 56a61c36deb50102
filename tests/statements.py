"""Statements that were made into SQL once stay so for all archives of a process, as they do in a service, which has one
archive. Otherwise each test would spend more time on that than on what it shows."""

from __future__ import annotations

from functools import cache
from typing import Any

from sqlalchemy import Engine, create_engine
from sqlalchemy.engine import URL, Dialect
from sqlalchemy.util import LRUCache

from archiver import engines

_MOST = 5_000
_COMPILED: LRUCache[Any, Any] = LRUCache(_MOST)


def share() -> None:
    """Let every SQLite engine that is made from now on find what others have made of a statement."""
    vars(engines)["create_engine"] = _engine


def _engine(url: URL, **options: Any) -> Engine:
    engine = create_engine(url, **options)
    if url.get_backend_name() == "sqlite":
        # Whose dialect it is, is part of what a statement is found by.
        engine.dialect = _dialect()
        engine._compiled_cache = _COMPILED
    return engine


@cache
def _dialect() -> Dialect:
    """One that knows what its library can do."""
    engine = create_engine("sqlite://")
    with engine.connect():
        pass
    engine.dispose()
    return engine.dialect
