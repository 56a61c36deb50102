"""Which search index belongs to which database."""

from __future__ import annotations

from archiver.search.index import SearchIndex
from archiver.search.postgresql import PostgresqlSearchIndex
from archiver.search.sqlite import SqliteSearchIndex


def open_index(dialect: str, zone: str) -> SearchIndex:
    """The search index on a database of this dialect, for a city in this time zone."""
    if dialect == "sqlite":
        return SqliteSearchIndex(zone=zone)
    return PostgresqlSearchIndex(zone=zone)
