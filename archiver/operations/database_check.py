"""What doctor says of the database itself: whether it is sound, and whether what it acknowledges is kept."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy import Connection, text

from archiver.database import Database

#: How far the database server's clock may be from ours.
CLOCK_TOLERANCE = timedelta(seconds=60)
_ON_THE_DISK = ("fsync", "full_page_writes", "synchronous_commit")
_FACTS = text(
    "SELECT current_setting('server_version') AS version, pg_is_in_recovery() AS standby,"
    " current_setting('data_checksums') AS checksums, clock_timestamp() AS now,"
    " current_setting('fsync') AS fsync, current_setting('full_page_writes') AS full_page_writes,"
    " current_setting('synchronous_commit') AS synchronous_commit,"
    " current_setting('synchronous_standby_names') AS standbys"
)


@dataclass(frozen=True, slots=True)
class Soundness:
    """What was found of a database."""

    found: str
    """What it is, for people."""
    problem: str = ""
    remedy: str = ""


def look(database: Database) -> Soundness:
    """Examine a database that can be reached.

    Raises:
        sqlalchemy.exc.DBAPIError: it cannot be read.
    """
    with database.read() as connection:
        return _sqlite(connection) if database.dialect == "sqlite" else _postgresql(connection, datetime.now(UTC))


def has_fts5() -> bool:
    """Whether this Python's SQLite can search text."""
    with sqlite3.connect(":memory:") as connection:
        try:
            connection.execute("CREATE VIRTUAL TABLE probe USING fts5 (words)")
        except sqlite3.OperationalError:
            return False
    return True


def _sqlite(connection: Connection) -> Soundness:
    said = connection.exec_driver_sql("PRAGMA quick_check(1)").scalar()
    strangers = connection.exec_driver_sql("PRAGMA foreign_key_check").first()
    if said != "ok" or strangers is not None:
        remedy = "Restore it from a copy, or run `archiver index rebuild`."
        return Soundness("SQLite", "its own check finds damage", remedy)
    return Soundness("its own check finds nothing wrong")


def _postgresql(connection: Connection, now: datetime) -> Soundness:
    facts = connection.execute(_FACTS).mappings().one()
    settings = {name: str(facts[name]) for name in _ON_THE_DISK}
    version = str(facts["version"]).split(" ")[0]
    said = f"PostgreSQL {version}, checksums {facts['checksums']}"
    said += ", with synchronous standbys" if facts["standbys"] else ""
    for problem, remedy in _problems(bool(facts["standby"]), settings, facts["now"] - now):
        return Soundness(said, problem, remedy)
    return Soundness(f"{said}; what it acknowledges is on its disk")


def _problems(standby: bool, settings: dict[str, str], ahead: timedelta) -> Iterator[tuple[str, str]]:
    """What makes a server unfit for an archive, the worst first, and what to do."""
    if standby:
        yield "it is a standby, nothing can be written", "Name the primary in ARCHIVER_DATABASE_URL."
    for name, value in settings.items():
        if value == "off":
            yield (
                f"{name} is off, so what it acknowledges is lost when its machine stops",
                f"Set {name} = on in postgresql.conf and restart the server.",
            )
    if abs(ahead) > CLOCK_TOLERANCE:
        seconds = ahead.total_seconds()
        yield f"its clock is {seconds:+,.0f} seconds from this machine's", "Set both clocks; use NTP."
