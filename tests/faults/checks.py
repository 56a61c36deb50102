"""What must hold of an archive whose processes were killed, looked at from outside."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Table, select

from archiver.archive import Archive
from archiver.capture.asking import understand_wire
from archiver.capture.models import Exchange, Lease, Run, Segment
from archiver.capture.rebuild import rebuild
from archiver.evidence import log, log_check
from archiver.evidence.deltas import read_deltas
from archiver.evidence.models import Event
from archiver.practice.city import City
from archiver.practice.server import PracticeServer
from archiver.records import digests
from archiver.records.contents import plain, within
from archiver.records.models import Record, Version
from archiver.storage.segment_check import check_segment
from archiver.storage.segment_reader import ReadRunRecord, read_segment
from connectors.contract import SweepKind
from tests.capture.observed import Observed
from tests.capture.secrecy import nothing_left
from tests.faults.sessions import open_archive
from tests.faults.town import Spooled, Town


def check(town: Town, *, rebuilt: bool = True) -> None:
    """Everything that can be checked while nobody captures and the spool is drained.

    ``rebuilt``: also that the store alone gives the same index.
    """
    assert town.left_in_spool() == []
    with open_archive(town.home, town.settings) as archive, archive.database.read() as connection:
        _rows_and_objects_agree(archive, connection)
        _nothing_is_doubled(connection)
        _run_records_agree(archive, connection)
        _log_is_whole(archive, connection)
        _nothing_captured_is_lost(archive, connection, town.spooled)
        _leases_are_free(connection)
    if rebuilt:
        rebuilds_equal(town)


def _rows(connection: Connection, model: type[Any]) -> list[Any]:
    one: Table = model.__table__
    return list(connection.execute(select(one)))


def _rows_and_objects_agree(archive: Archive, connection: Connection) -> None:
    rows = {row.key: row for row in _rows(connection, Segment)}
    objects = {stored.key: stored for stored in archive.store.list("segments/")}
    assert rows.keys() == objects.keys(), "every segment row has its object, and every object its row"
    for key, row in rows.items():
        found = check_segment(archive.store, key, sha256=row.sha256, size=row.size, warc_records=row.warc_records)
        assert found == []


def _nothing_is_doubled(connection: Connection) -> None:
    events = Counter((row.type, row.subject_id) for row in _rows(connection, Event))
    exchanges = _rows(connection, Exchange)
    assert all(events["exchange.archived", row.id] == 1 for row in exchanges)
    assert sum(kind == "exchange.archived" for kind, _ in events) == len(exchanges)
    for row in _rows(connection, Segment):
        kinds = (events["segment.archived", row.id], events["segment.adopted", row.id])
        assert kinds == ((0, 1) if row.adopted_by else (1, 0))
    runs = _rows(connection, Run)
    assert len({(row.account_id, row.number) for row in runs}) == len(runs)
    for row in runs:
        assert events["run.finished", row.id] == (row.outcome != "interrupted"), row
    parts: Counter[tuple[str, int, str]] = Counter()
    for row in _rows(connection, Event):
        if row.type in ("run.recorded", "run.finished"):
            data = json.loads(row.body)["data"]
            parts.update((row.subject_id, data["part"], access) for access in data["commitments"])
    assert not parts or max(parts.values()) == 1


def _run_records_agree(archive: Archive, connection: Connection) -> None:
    """Every run has left its record in the store, and where one stands twice it is the same to the byte."""
    records: dict[tuple[str, int, str], Any] = {}
    for stored in archive.store.list("segments/"):
        with archive.store.open(stored.key) as stream:
            for read in read_segment(stream, bodies=False):
                if isinstance(read, ReadRunRecord):
                    fields = read.fields
                    key = fields["run"], fields["part"], fields.get("access", "public")
                    assert records.setdefault(key, fields) == fields, "two records of the same part of a run"
    assert {run for run, _, _ in records} == {row.id for row in _rows(connection, Run)}


def _log_is_whole(archive: Archive, connection: Connection) -> None:
    assert log_check.check(connection) == []
    head = log.read_head(connection)
    assert head.stored == head.size, "everything in the log is in the store"
    assert connection.execute(select(Event.id).where(Event.position.is_(None))).first() is None, "nothing waits"
    assert list(read_deltas(archive.store)) == list(log.entries(connection, 0, head.size))


def _leases_are_free(connection: Connection) -> None:
    assert {row.holder for row in _rows(connection, Lease)} <= {""}


def _nothing_captured_is_lost(archive: Archive, connection: Connection, spooled: Iterable[Spooled]) -> None:
    """Each exchange that was on the disk is stored to the byte, or everything it shows is known."""
    stored = {(row.run_id, row.ordinal): row for row in _rows(connection, Exchange)}
    for one in spooled:
        row = stored.get((one.run, one.taken.ordinal))
        if row is None:
            assert _shows_nothing_new(archive, connection, one), (
                one.run,
                one.taken.ordinal,
                one.taken.ask,
                one.taken.wire,
            )
        elif one.taken.wire.body_file is None:
            assert row.block_sha256 == hashlib.sha256(one.taken.wire.response).hexdigest()


def _shows_nothing_new(archive: Archive, connection: Connection, one: Spooled) -> bool:
    taken = one.taken
    if taken.medium is not None:
        return False
    reading = understand_wire(archive.platforms.connector(one.platform), taken.ask, taken.wire)
    if reading.problem is not None or reading.quarantine:
        query = select(Exchange.id).where(Exchange.uri == taken.wire.url, Exchange.problem.is_not(None))
        return connection.execute(query).first() is not None
    for seen in reading.records:
        versions = connection.execute(
            select(Version.content).join(Record, Record.id == Version.record_id).where(Record.key == seen.key)
        ).scalars()
        if not any(within(plain(seen.content), content) for content in versions):
            return False
    return True


# --- the whole archive ---------------------------------------------------------------------------------------------


def content(archive: Archive) -> dict[str, digests.TableDigest]:
    with archive.database.read() as connection:
        return digests.digests(connection)


def rebuilds_equal(town: Town) -> None:
    """The store and the keys give the same index: beside another home so that the archive is left as it is, or else in
    place, after its database was thrown away."""
    if town.lose_index is not None:
        _rebuilds_in_place(town, town.lose_index)
        return
    copy = town.folder / "copy"
    shutil.rmtree(copy, ignore_errors=True)
    shutil.copytree(town.home / "store", copy / "store", copy_function=os.link)
    if (town.home / "keys").exists():  # no act was made yet, and nothing signed
        shutil.copytree(town.home / "keys", copy / "keys")
    with open_archive(town.home, town.settings) as archive:
        before = content(archive)
    with open_archive(copy, town.settings, empty_index=True) as archive:
        assert rebuild(archive).damaged == []
        difference = digests.differences(before, content(archive))
        assert not difference, "\n".join([*difference, *_first_differences(town.home, copy)])
        with archive.database.read() as connection:
            assert log_check.check(connection) == []
    shutil.rmtree(copy)


def _rebuilds_in_place(town: Town, lose_index: Callable[[], None]) -> None:
    with open_archive(town.home, town.settings) as archive:
        before = content(archive)
    lose_index()
    town.session(rebuild=True)
    with open_archive(town.home, town.settings) as archive, archive.database.read() as connection:
        assert digests.differences(before, content(archive)) == []
        assert log_check.check(connection) == []
    town.sign_in()


def _first_differences(left: Path, right: Path) -> Iterable[str]:
    """The first rows that differ, for whoever reads the failure."""
    import sqlite3

    one, two = (sqlite3.connect(home / "index.sqlite3") for home in (left, right))
    for table in (
        "run",
        "segment",
        "exchange",
        "record",
        "version",
        "occurrence",
        "state",
        "medium",
        "coverage",
        "gap",
    ):
        rows = [{repr(row) for row in database.execute(f"select * from {table}")} for database in (one, two)]
        for mark, only in (("-", rows[0] - rows[1]), ("+", rows[1] - rows[0])):
            yield from (f"{mark} {table} {row[:400]}" for row in sorted(only)[:3])
    one.close()
    two.close()


def visible(town: Town, account: str) -> set[str]:
    """Keys of an account's records that the archive takes for standing."""
    with open_archive(town.home, town.settings) as archive, archive.database.read() as connection:
        query = select(Record.key).where(Record.account_id == account, Record.state == "visible")
        return set(connection.execute(query).scalars())


# --- beside the city -------------------------------------------------------------------------------------------------


@dataclass
class _Looked(Observed):
    city: City
    server: PracticeServer
    archive: Archive
    looks: list[tuple[datetime, str, SweepKind]]


def agrees(town: Town) -> None:
    """After a *full* look at everything: the archive says what could be seen of the city's own accounts, and no more;
    what was edited or deleted, and nothing else."""
    with open_archive(town.home, town.settings) as archive:
        town.presence.check(_Looked(town.city, town.server, archive, town.looks))


def tells_no_secret(town: Town) -> None:
    """In nothing that is kept, spool, database and logs included, and in nothing that a process told, is a secret."""
    nothing_left(town.folder, "".join(town.said).encode(), *town.presence.secrets)
