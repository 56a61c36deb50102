"""Moving the index into another, empty database: all of it, or nothing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sqlalchemy import Connection, select, text, update

from archiver import migrate
from archiver.archive import Archive
from archiver.capture.models import Lease
from archiver.database import Database, Lock
from archiver.errors import Busy, IntegrityError, Refused, UsageError
from archiver.evidence import log
from archiver.evidence.deltas import require_current, store_deltas
from archiver.evidence.log import NewEvent
from archiver.evidence.models import Archive as ArchiveRow
from archiver.evidence.models import Event
from archiver.operations.index_rows import copy, moved_tables
from archiver.operations.under_way import is_anybody_at_it
from archiver.records.digests import differences, digests
from archiver.records.models import RebuildProgress
from archiver.search.opening import open_index

Watcher = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Moved:
    """What was moved."""

    tables: int
    rows: int
    place: str
    """Where the index is now, without user and password."""


def move(archive: Archive, url: str, watch: Watcher = lambda table, done, of: None) -> Moved:
    """Copy every table into the empty database at ``url``, compare row by row, and enter it into the log there.

    The database it was in keeps its rows, and says that they have moved: no archive can be opened on it again.

    Raises:
        UsageError: it is the same database.
        Refused: there is something in that database.
        Busy: a service or capture runs, or a rebuild is not done.
        IntegrityError: what arrived is not what was there, or the database is older than the store. Nothing was moved.
        Unreachable, WrongStore: that database cannot be used.
    """
    target = Database(url)
    try:
        if target.url == archive.database.url:
            raise UsageError("the index is in that database already")
        _require_still(archive)
        store_deltas(archive.database, archive.store)  # so that every event has its position
        require_current(archive.database, archive.store)
        migrate.upgrade(target)
        with archive.database.write(Lock.TABLES) as source, target.write(Lock.TABLES) as into:
            moved = _copy_all(archive, source, into, target, watch)
            # What is committed last: killed in between, the new one is there, and the old one cannot go on beside it,
            # for the first of the two that writes the log on makes the other older than the store.
            source.execute(update(ArchiveRow).values(moved_at=archive.clock.now()))
        store_deltas(target, archive.store)
        return moved
    finally:
        target.close()


def _require_still(archive: Archive) -> None:
    if is_anybody_at_it(archive.settings.home):
        raise Busy("a service or a capture runs on this archive: stop it first")
    with archive.database.read() as connection:
        if connection.execute(select(RebuildProgress.account_id).limit(1)).first() is not None:
            raise Busy("the index is being made anew: let `archiver index rebuild` finish first")
        taken = connection.execute(
            select(Lease.account_id).where(Lease.holder != "", Lease.expires_at > archive.clock.now()).limit(1)
        )
        if taken.first() is not None:
            raise Busy("an account is being captured, perhaps by another machine: stop every service first")


def _copy_all(archive: Archive, source: Connection, into: Connection, target: Database, watch: Watcher) -> Moved:
    for connection in (source, into):
        if connection.dialect.name == "postgresql":  # one side waits for as long as the other is read
            connection.execute(text("SET LOCAL idle_in_transaction_session_timeout = 0"))
    if source.dialect.name == "postgresql":
        source.execute(text("LOCK TABLE event IN SHARE MODE"))  # every act enters one, so none is made meanwhile
        if source.execute(select(Event.id).where(Event.position.is_(None)).limit(1)).first() is not None:
            raise Busy("something was done just now and is not in the log yet: try again")
    tables = moved_tables()
    for one in tables:
        if into.execute(select(*one.primary_key).limit(1)).first() is not None:
            raise Refused(f"the database {target.place} is not empty ({one.name}); nothing was moved")
    rows = 0
    for number, one in enumerate(tables):
        watch(one.name, number, len(tables))
        rows += copy(source, into, one)
    watch("comparing", len(tables), len(tables))
    left_out = {"event": ("arrival",)}
    found = differences(digests(source, tables, left_out), digests(into, tables, left_out))
    if found:
        raise IntegrityError(f"what arrived is not what was there, so nothing was moved: {'; '.join(found)}")
    watch("words", len(tables), len(tables))
    open_index(target.dialect, archive.settings.time_zone).rebuild(into)
    kind = "postgresql" if target.dialect == "postgresql" else "sqlite"
    moved = NewEvent("index.moved", "archive", archive.identity.id, {"to": kind, "rows": rows})
    log.append(into, [moved], archive.clock.now())
    return Moved(len(tables), rows, target.place)
