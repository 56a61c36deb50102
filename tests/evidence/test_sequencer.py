"""Positions in the log on PostgreSQL: in order of insertion, without gap or fork, whoever is killed when."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from sqlalchemy import insert, select, text, update
from sqlalchemy.exc import DBAPIError

from archiver import faults, ids
from archiver.database import Database
from archiver.database_failures import Failure, failure_of
from archiver.errors import IntegrityError
from archiver.evidence import log, sequencer
from archiver.evidence.deltas import read_deltas, restore_log, store_deltas
from archiver.evidence.entry import read_entry
from archiver.evidence.log_check import check
from archiver.evidence.models import Archive, Event
from archiver.evidence.sequencer import sequence
from archiver.storage.directory import DirectoryStore
from tests import forking
from tests.evidence import reference
from tests.evidence.samples import ACCOUNT, AT, ORIGIN, OTHER, exchange, exchanges, fill, paused
from tests.servers.commit_proxy import CommitProxy, Loss
from tests.servers.databases import Databases


@pytest.fixture
def url(databases: Databases) -> str:
    made = databases.new_with_tables()
    _begin(made)
    return made


@pytest.fixture
def database(url: str) -> Iterator[Database]:
    opened = Database(url)
    yield opened
    opened.close()


@pytest.fixture
def store(tmp_path: Path) -> DirectoryStore:
    return DirectoryStore(tmp_path / "store")


def _begin(url: str) -> None:
    database = Database(url)
    with database.write() as connection:
        connection.execute(
            insert(Archive).values(id=ids.derive("av", "one"), kind="real", log_origin=ORIGIN, created_at=AT)
        )
    database.close()


def _positions(database: Database) -> list[int | None]:
    """In order of arrival."""
    with database.read() as connection:
        return list(connection.execute(select(Event.position).order_by(Event.arrival)).scalars())


def _is_whole(database: Database) -> int:
    """How many entries have a position; the log fits together in every way that can be recomputed."""
    with database.read() as connection:
        assert check(connection) == []
        head = log.head(connection)
        found = list(log.entries(connection, 0, head.size))
        assert head.root == reference.mth(found)
        assert len({read_entry(body).id for body in found}) == head.size
    return head.size


def test_an_event_waits_for_its_position_and_gets_it_in_order_of_insertion(database: Database) -> None:
    assert fill(database, exchanges(3)) == range(0)
    assert fill(database, [paused()]) == range(0)
    assert _positions(database) == [None] * 4
    assert _is_whole(database) == 0
    assert sequence(database) == 4
    assert _positions(database) == [0, 1, 2, 3]
    assert sequence(database) == 0
    fill(database, [exchange(9)])
    assert sequence(database) == 1
    assert _is_whole(database) == 5


def test_more_than_one_batch_is_sequenced(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sequencer, "_WAITING", sequencer._WAITING.limit(7))
    fill(database, exchanges(40))
    assert sequence(database) == 40
    assert _positions(database) == list(range(40))
    assert _is_whole(database) == 40


def test_storing_gives_positions_first(database: Database, store: DirectoryStore) -> None:
    fill(database, exchanges(5))
    assert store_deltas(database, store) == 5
    with database.read() as connection:
        assert list(read_deltas(store)) == list(log.entries(connection, 0, 5))


def test_what_is_committed_late_comes_after_what_was_not_and_nothing_is_left_out(database: Database) -> None:
    with database.write() as late:
        log.append(late, exchanges(2, start=100), AT)
        fill(database, exchanges(3))
        assert sequence(database) == 3
    assert sequence(database) == 2
    assert _positions(database) == [3, 4, 0, 1, 2]
    assert _is_whole(database) == 5


def test_a_chain_is_not_forked_by_many_who_append_at_once(database: Database) -> None:
    gate = threading.Barrier(8)

    def append() -> None:
        gate.wait()
        for number in range(5):
            fill(database, [paused(), paused(OTHER)] if number % 2 else [paused(OTHER), paused()])

    threads = [threading.Thread(target=append) for _ in range(8)]
    stop = threading.Event()

    def give_positions() -> None:
        while not stop.is_set():
            sequence(database)

    sequencing = threading.Thread(target=give_positions)
    sequencing.start()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    stop.set()
    sequencing.join()
    sequence(database)
    assert _is_whole(database) == 80
    with database.read() as connection:
        for account in (ACCOUNT, OTHER):
            numbers = select(Event.subject_number).where(Event.subject_id == account).order_by(Event.position)
            assert list(connection.execute(numbers).scalars()) == list(range(1, 41))


def _killed_at(url: str, point: str) -> None:
    faults.arm(point)
    sequence(Database(url))


@pytest.mark.parametrize(
    "point", ["sequencer.begun", "sequencer.lengthened", "sequencer.placed", "sequencer.committed"]
)
@pytest.mark.faults
def test_killed_at_any_step_it_leaves_no_gap_and_no_fork(database: Database, url: str, point: str) -> None:
    fill(database, [*exchanges(10), paused()])
    process = forking.CONTEXT.Process(target=_killed_at, args=(url, point))
    process.start()
    process.join()
    assert process.exitcode == -signal.SIGKILL
    given = _is_whole(database)
    assert given == (11 if point == "sequencer.committed" else 0)
    fill(database, [paused(), exchange(50)])
    assert sequence(database) == 13 - given
    assert _is_whole(database) == 13
    assert sorted(position for position in _positions(database) if position is not None) == list(range(13))


def test_many_sequencers_and_writers_at_once_give_each_position_once(database: Database, url: str) -> None:
    def write(number: int) -> None:
        for step in range(10):
            fill(database, exchanges(3, start=1000 * number + 3 * step))

    def give(_number: int) -> None:
        mine = Database(url)
        for _ in range(10):
            sequence(mine)
        mine.close()

    threads = [threading.Thread(target=act, args=(number,)) for number in range(4) for act in (write, give)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    sequence(database)
    assert _is_whole(database) == 120


@pytest.mark.faults
def test_a_sequencer_that_was_paused_keeps_others_out_for_a_while_only_and_does_nothing_when_it_wakes(
    database: Database, url: str
) -> None:
    fill(database, exchanges(5))
    process = forking.CONTEXT.Process(target=_paused_at, args=(url, "sequencer.lengthened:1:SIGSTOP"))
    process.start()
    assert process.pid is not None
    waiting = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state LIKE 'idle in%'"
    with database.engine.connect().execution_options(archiver_write=True) as connection, connection.begin():
        while not connection.execute(text(waiting)).scalar():
            assert process.is_alive()
            connection.execute(text("SELECT pg_sleep(0.05), pg_stat_clear_snapshot()"))
    fill(database, exchanges(2, start=20))
    assert sequence(database) == 7, "the server ends it, and another takes over"
    os.kill(process.pid, signal.SIGCONT)
    process.join()
    assert process.exitcode == _ENDED
    fill(database, [exchange(30)])
    assert sequence(database) == 1
    assert _positions(database) == list(range(8))
    assert _is_whole(database) == 8


_ENDED = 23


def _paused_at(url: str, point: str) -> None:
    sequencer._IDLE_SECONDS = 1  # type: ignore[misc]
    faults.arm(point)
    with pytest.raises(DBAPIError) as caught:
        sequence(Database(url))
    raise SystemExit(_ENDED if failure_of(caught.value) is Failure.AWAY else 1)


@pytest.mark.parametrize("loss", Loss)
@pytest.mark.faults
def test_a_commit_without_an_answer_leaves_no_gap_and_gives_no_position_twice(
    database: Database, store: DirectoryStore, url: str, loss: Loss
) -> None:
    with CommitProxy(url) as proxy:
        through = Database(proxy.url)
        for number in range(1, 5):  # positions, range, counted; the fourth is none
            fill(database, [exchange(2 * number), paused()])
            before = proxy.commits
            proxy.strike(number, loss)
            with suppress(DBAPIError):
                store_deltas(through, store)
            assert proxy.commits > before
            while store_deltas(through, store):
                pass
        through.close()
    store_deltas(database, store)
    assert _is_whole(database) == 8
    assert _positions(database) == list(range(8))
    with database.read() as connection:
        assert list(read_deltas(store)) == list(log.entries(connection, 0, 8))


def test_a_database_that_was_set_back_after_it_was_looked_at_gives_no_positions(
    database: Database, store: DirectoryStore
) -> None:
    fill(database, exchanges(4))
    store_deltas(database, store)
    fill(database, exchanges(2, start=50))
    with pytest.raises(IntegrityError, match="set back"):
        sequence(database, stored=5)
    assert _positions(database) == [0, 1, 2, 3, None, None]
    assert sequence(database, stored=4) == 2


def test_a_database_older_than_its_store_gives_no_positions(
    database: Database, store: DirectoryStore, databases: Databases
) -> None:
    fill(database, [*exchanges(2), paused(), paused()])
    store_deltas(database, store)
    older = Database(databases.new_with_tables())
    _begin(older.url.render_as_string(hide_password=False))
    fill(older, [exchange(500), paused(), paused(OTHER), paused()])
    said = _said_of_the_waiting(older)
    with pytest.raises(IntegrityError, match="index rebuild"):
        store_deltas(older, store)
    assert _positions(older) == [None] * 4
    for times in (4, 0):
        with older.write() as connection:
            assert restore_log(connection, store) == times
        assert _said_of_the_waiting(older) == said, "the same acts, further down the chain"
    assert store_deltas(older, store) == 4
    assert _is_whole(older) == 8
    with older.read() as connection:
        numbers = select(Event.subject_number).where(Event.subject_id == ACCOUNT).order_by(Event.position)
        assert list(connection.execute(numbers).scalars()) == [1, 2, 3, 4]
    older.close()


def _said_of_the_waiting(database: Database) -> list[tuple[str, str, object]]:
    query = select(Event.body).where(Event.position.is_(None)).order_by(Event.arrival)
    with database.read() as connection:
        entries = [read_entry(body) for body in connection.execute(query).scalars()]
    return [(one.id, one.type, one.at) for one in entries]


def test_an_event_that_was_changed_while_it_waited_is_not_written_anew(
    database: Database, store: DirectoryStore, databases: Databases
) -> None:
    fill(database, [paused()])
    store_deltas(database, store)
    older = Database(databases.new_with_tables())
    _begin(older.url.render_as_string(hide_password=False))
    fill(older, [paused()])
    with older.write() as connection:
        body = connection.execute(select(Event.body)).scalar_one()
        connection.execute(update(Event).values(body=body.replace(b'"us_1"', b'"us_2"')))
    with pytest.raises(IntegrityError, match="changed while it waited"), older.write() as connection:
        restore_log(connection, store)
    older.close()


def test_events_that_waited_when_the_database_was_copied_get_the_positions_they_have_in_the_store(
    database: Database, store: DirectoryStore
) -> None:
    fill(database, [exchange(0), paused(), exchange(1)])
    store_deltas(database, store)
    # As in a copy of the database that was made before the sequencer came by, but after the second event.
    with database.write() as connection:
        connection.execute(text("DELETE FROM log_head"))
        connection.execute(text("DELETE FROM event WHERE position = 0"))
        connection.execute(update(Event).values(position=None))
    fill(database, [exchange(7)])
    with database.write() as connection:
        assert restore_log(connection, store) == 3
    assert store_deltas(database, store) == 1
    assert _is_whole(database) == 4


def test_an_event_that_waits_and_differs_from_the_stores_is_not_taken_for_it(
    database: Database, store: DirectoryStore
) -> None:
    fill(database, exchanges(2))
    store_deltas(database, store)
    with database.write() as connection:
        connection.execute(text("DELETE FROM log_head"))
        connection.execute(update(Event).values(position=None))
        body = connection.execute(select(Event.body).order_by(Event.arrival).limit(1)).scalar_one()
        changed = body.replace(b"0f0f", b"0f1f", 1)
        connection.execute(update(Event).where(Event.body == body).values(body=changed))
    with pytest.raises(IntegrityError, match="differs between"), database.write() as connection:
        restore_log(connection, store)


def test_a_changed_event_that_waits_is_found(database: Database) -> None:
    fill(database, [paused(), paused()])
    with database.write() as connection:
        body = connection.execute(select(Event.body).where(Event.subject_number == 2)).scalar_one()
        connection.execute(
            update(Event).where(Event.subject_number == 2).values(body=body.replace(b'"us_1"', b'"us_2"'))
        )
    with database.read() as connection:
        assert [finding.problem for finding in check(connection)] == ["the entry does not have the leaf hash on record"]
