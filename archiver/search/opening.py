"""Which search index belongs to which database."""

from __future__ import annotations

from functools import partial
from zoneinfo import ZoneInfo

from archiver.clock import Clock, SystemClock
from archiver.search.index import SearchIndex
from archiver.search.postgresql import PostgresqlSearchIndex
from archiver.search.register import RegisterInDatabase
from archiver.search.sqlite import SqliteSearchIndex


def open_index(dialect: str, zone: str, clock: Clock | None = None) -> SearchIndex:
    """The search index on a database of this dialect, for a city in this time zone. ``clock`` says which day it is,
    since names stand for what the register says today."""
    now = (clock or SystemClock()).now

    def today() -> str:
        return now().astimezone(ZoneInfo(zone)).date().isoformat()

    register = partial(RegisterInDatabase, today=today)
    if dialect == "sqlite":
        return SqliteSearchIndex(zone=zone, register=register)
    return PostgresqlSearchIndex(zone=zone, register=register)
