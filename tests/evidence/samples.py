"""A database with the tables of the log, and events to put into it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from sqlalchemy import Table, insert

from archiver import ids
from archiver.database import Base, Database
from archiver.evidence import log, models
from archiver.evidence.log import NewEvent
from archiver.evidence.models import Archive

AT = datetime(2026, 11, 22, 13, 0, 0, 123456, tzinfo=UTC)
ORIGIN = "records.city.example/main"
ACCOUNT = ids.account_id("mastodon", "https://city.example", "1")
OTHER = ids.account_id("mastodon", "https://city.example", "2")
RUN = ids.derive("rn", "one")
SEGMENT = ids.derive("sg", "one")


def open_database(path: Path, origin: str = ORIGIN) -> Database:
    database = Database(f"sqlite:///{path}")
    tables = [one.__table__ for one in vars(models).values() if isinstance(one, type) and hasattr(one, "__table__")]
    with database.write() as connection:
        Base.metadata.create_all(connection, [table for table in tables if isinstance(table, Table)])
        connection.execute(
            insert(Archive).values(id=ids.derive("av", "one"), kind="real", log_origin=origin, created_at=AT)
        )
    return database


def exchange(ordinal: int) -> NewEvent:
    data = {"segment": SEGMENT, "run": RUN, "account": ACCOUNT, "commitment": "cra-tree/1:" + "0f" * 32}
    return NewEvent("exchange.archived", "exchange", ids.exchange_id(RUN, ordinal), data)


def exchanges(count: int, start: int = 0) -> list[NewEvent]:
    return [exchange(start + number) for number in range(count)]


def paused(account: str = ACCOUNT) -> NewEvent:
    return NewEvent("account.paused", "account", account, {}, "person", "us_1", chained=True)


def fill(database: Database, events: Sequence[NewEvent]) -> range:
    with database.write() as connection:
        return log.append(connection, events, AT)


def bodies(database: Database) -> list[bytes]:
    with database.read() as connection:
        return list(log.entries(connection, 0, log.head(connection).size))
