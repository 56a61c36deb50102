"""Copies of the index in the object store, so that a lost database need not be read anew from every segment.

A snapshot only saves work. It counts if the log says so (``index.snapshotted`` holds its SHA-256), goes into an empty
index only, and what came after it is read from segments and acts as in a rebuild, which goes on where it ends.
"""

from __future__ import annotations

import shutil
import tempfile
import time
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Final

from sqlalchemy import Connection, delete, func, insert, select

from archiver import ids, logs
from archiver.archive import Archive
from archiver.capture import rebuild as rebuilding
from archiver.capture.rebuild import RebuildReport, Watcher
from archiver.clock import to_text
from archiver.database import Lock
from archiver.errors import Busy, IntegrityError, NotFound, Refused
from archiver.evidence import log
from archiver.evidence.deltas import read_entries, restore_log, store_deltas
from archiver.evidence.entry import read_entry
from archiver.evidence.log import NewEvent
from archiver.evidence.models import Event
from archiver.faults import crash_point
from archiver.operations import snapshot_file
from archiver.operations.index_rows import snapshot_tables
from archiver.operations.snapshot_file import Head
from archiver.records.models import RebuildProgress
from archiver.storage.protocol import ObjectStore, open_first

_log = logs.get(__name__)
PREFIX: Final = "snapshots/"
_EVENT: Final = "index.snapshotted"
_PIECE = 1 << 20
_FOLDER: Final = ".snapshot-"
_ABANDONED: Final = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One that the log names."""

    id: str
    at: datetime
    sha256: str
    size: int
    rows: int
    key: str | None
    """Where it is; None: it was removed."""


def make(archive: Archive) -> Snapshot:
    """Copy the index into the store, enter that into the log, and remove copies beyond those that are kept.

    Raises:
        Busy: the index is being made anew.
        MissingKey, SettingsError: the key file cannot be used.
        StoreUnavailable, OutOfSpace: try again later.
    """
    now, name = archive.clock.now(), ids.new_id("sn")
    key = f"{PREFIX}{now:%Y%m%dT%H%M%SZ}-{name}"
    with _folder(archive) as folder:
        path = Path(folder) / "snapshot"
        rows = _write(archive, path, Head(archive.identity.id, name, to_text(now), {}))
        digest, size = _digest(path), path.stat().st_size
        archive.store.put(key, path, digest)
    facts = {"snapshot": name, "key": key, "sha256": digest, "size": size, "rows": rows}
    event = NewEvent(_EVENT, "archive", archive.identity.id, facts)
    archive.database.act(lambda connection: log.append(connection, [event], archive.clock.now()))
    store_deltas(archive.database, archive.store)
    _remove_old(archive)
    return Snapshot(name, now, digest, size, rows, key)


def newest(connection: Connection) -> datetime | None:
    """When the last one was made, as far as the log in the database says."""
    return connection.execute(select(func.max(Event.at)).where(Event.type == _EVENT)).scalar()


def is_due(archive: Archive) -> bool:
    """Whether the settings want another one now."""
    hours = archive.settings.snapshot_hours
    with archive.database.read() as connection:
        last = newest(connection) or archive.identity.created_at
    return bool(hours) and archive.clock.now() - last >= timedelta(hours=hours)


def listed(store: ObjectStore, log_origin: str) -> list[Snapshot]:
    """Every snapshot that this log in the store names, newest first. Reads the store only."""
    there = {stored.key for stored in store.list(PREFIX)}
    found = []
    for _, entry in read_entries(store):
        if entry.type == _EVENT and entry.log == log_origin:
            data = entry.data
            key = data["key"] if data["key"] in there else None
            found.append(Snapshot(data["snapshot"], entry.at, data["sha256"], data["size"], data["rows"], key))
    return found[::-1]


def restore(archive: Archive, name: str | None = None, watch: Watcher | None = None) -> tuple[Snapshot, RebuildReport]:
    """Fill an empty index from a snapshot, the newest that is there, and from whatever came after it.

    Raises:
        Refused: the index is not empty.
        NotFound: there is no such snapshot.
        IntegrityError: it is not the one that the log names, or the log is not what was signed.
        WrongStore: it was made by another version.
        MissingKey: the key file is not there, or another one.

    Where the log was read and the snapshot could not be, the index stays marked as half made: another snapshot can be
    tried, or `archiver index rebuild`.
    """
    chosen = _chosen(archive, name)
    archive.acts.key_file.keys()  # before anything is changed
    with _folder(archive) as folder:
        path = _fetched(archive, chosen, Path(folder) / "snapshot")
        with archive.database.write(Lock.REBUILD) as connection:
            _require_empty(connection, archive)
            connection.execute(delete(RebuildProgress))
            connection.execute(insert(RebuildProgress).values(account_id="", number=0, part=0))
            restore_log(connection, archive.store)
        archive.signed_log.require_as_signed()
        with archive.database.write(Lock.REBUILD) as connection:
            _require_empty(connection, archive)
            _load(archive, connection, chosen, path)
    crash_point("snapshot.loaded")
    return chosen, rebuilding.rebuild(archive, watch, restored=True)


# --- making ----------------------------------------------------------------------------------------------------------


def _write(archive: Archive, path: Path, head: Head) -> int:
    archive.database.act(archive.acts.require_key)
    key_id, key = archive.acts.key_file.first()
    with archive.database.read() as connection, path.open("wb") as target:
        if connection.execute(select(RebuildProgress.account_id).limit(1)).first() is not None:
            raise Busy("the index is being made anew; it is copied when that is done")
        done = Head(head.archive, head.id, head.at, _done(connection))
        return snapshot_file.write(connection, target, done, key_id, key)


def _done(connection: Connection) -> dict[str, tuple[int, int]]:
    """The last run and part of every account whose rows are there."""
    done: dict[str, tuple[int, int]] = {}
    query = select(Event.body).where(Event.type.in_(("run.recorded", "run.finished")))
    for body in connection.execute(query.execution_options(yield_per=1000)).scalars():
        data = read_entry(body).data
        at = (data["number"], data["part"])
        done[data["account"]] = max(at, done.get(data["account"], at))
    return done


def _remove_old(archive: Archive) -> None:
    """In the order of the log, and only what it names: neither a clock nor a stranger's object decides what is old."""
    with archive.database.read() as connection:
        query = select(Event.body).where(Event.type == _EVENT, Event.position.is_not(None)).order_by(Event.position)
        named = [read_entry(body).data["key"] for body in connection.execute(query).scalars()]
    there = {stored.key for stored in archive.store.list(PREFIX)}
    for key in [one for one in named if one in there][: -archive.settings.snapshot_keep]:
        try:
            archive.store.delete(key)
        except Refused as error:  # a store that lets nobody delete keeps them all
            _log.warning("snapshot.not_removed", key=key, reason=str(error))
            return


# --- restoring -------------------------------------------------------------------------------------------------------


def _chosen(archive: Archive, name: str | None) -> Snapshot:
    for one in listed(archive.store, archive.identity.log_origin):
        if one.key is not None and name in (None, one.id):
            return one
    raise NotFound(
        "there is no such snapshot in the store; `archiver index restore --list` shows them,"
        " `archiver index rebuild` needs none"
    )


def _fetched(archive: Archive, chosen: Snapshot, path: Path) -> Path:
    assert chosen.key is not None
    with open_first(archive.store, chosen.key) as source, path.open("wb") as target:
        while piece := source.read(_PIECE):
            target.write(piece)
    if _digest(path) != chosen.sha256:
        raise IntegrityError(f"{chosen.key} is not the snapshot that the log names: choose another, or rebuild")
    return path


def _require_empty(connection: Connection, archive: Archive) -> None:
    begun = select(RebuildProgress.account_id).where(RebuildProgress.account_id != "")
    for query in (begun, *(select(*one.primary_key) for one in snapshot_tables())):
        if connection.execute(query.limit(1)).first() is not None:
            raise Refused(
                f"the index {archive.database.place} is not empty, and a snapshot goes into an empty one only;"
                " move it away, or run `archiver index rebuild`"
            )


def _load(archive: Archive, connection: Connection, chosen: Snapshot, path: Path) -> None:
    with path.open("rb") as source:
        keys = archive.acts.key_file.keys()
        head = snapshot_file.read(connection, source, archive.identity.id, chosen.id, keys)
    archive.search.rebuild(connection)
    progress = [{"account_id": account, "number": done[0], "part": done[1]} for account, done in head.done.items()]
    if progress:
        connection.execute(insert(RebuildProgress), progress)
    facts = {"snapshot": chosen.id, "rows": chosen.rows}
    event = NewEvent("index.restored", "archive", archive.identity.id, facts)
    log.append(connection, [event], archive.clock.now())


def _folder(archive: Archive) -> tempfile.TemporaryDirectory[str]:
    """A folder to work in. Those of processes that were killed go: a snapshot is as large as the index."""
    home = archive.settings.home
    oldest = time.time() - _ABANDONED.total_seconds()
    for left in home.glob(f"{_FOLDER}*"):
        with suppress(OSError):  # somebody else removes it
            if left.stat().st_mtime < oldest:
                shutil.rmtree(left, ignore_errors=True)
    return tempfile.TemporaryDirectory(prefix=_FOLDER, dir=home)


def _digest(path: Path) -> str:
    digest = sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()
