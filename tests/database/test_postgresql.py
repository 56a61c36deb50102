"""What PostgreSQL does with our transactions: nothing acknowledged is lost, nothing half done, nobody left out."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError

from archiver.database import KEY_BYTES, Database, Lock, key_text, safe_text, take
from archiver.database_failures import Failure, failure_of, is_ours, words_for
from tests.servers.databases import Databases
from tests.servers.postgresql import PASSWORD, Server


@pytest.fixture
def database(databases: Databases) -> Iterator[Database]:
    opened = Database(databases.new())
    with opened.write() as connection:
        connection.execute(text("CREATE TABLE note (id bigint PRIMARY KEY, said text NOT NULL DEFAULT '')"))
        connection.execute(text("INSERT INTO note VALUES (1, ''), (2, '')"))
    yield opened
    opened.close()


def _notes(database: Database) -> dict[int, str]:
    with database.read() as connection:
        return {row.id: row.said for row in connection.execute(text("SELECT id, said FROM note ORDER BY id"))}


def _say(connection: Connection, number: int, said: str) -> None:
    connection.execute(text("UPDATE note SET said = :said WHERE id = :id"), {"id": number, "said": said})


def test_what_was_acknowledged_is_there_for_others_and_after_a_crash_of_the_server() -> None:
    """In psycopg a transaction inside one that the driver opened unasked is only a savepoint, and its end no commit."""
    server = Server(options={})  # with fsync
    try:
        database = Database(server.url)
        with database.write() as connection:
            connection.execute(text("CREATE TABLE note (id bigint PRIMARY KEY)"))
        acknowledged = []
        for number in range(50):
            with database.read() as connection:  # a connection that has just been used, as they all are
                connection.execute(text("SELECT count(*) FROM note"))
            insert = text(f"INSERT INTO note VALUES ({number})")
            database.act(lambda connection, insert=insert: connection.execute(insert))  # type: ignore[misc]
            acknowledged.append(number)
            with Database(server.url).read() as other:
                assert other.execute(text("SELECT max(id) FROM note")).scalar() == number
        server.stop("immediate")
        server.start()
        with database.read() as connection:
            assert list(connection.execute(text("SELECT id FROM note ORDER BY id")).scalars()) == acknowledged
        database.close()
    finally:
        server.close()


def test_no_connection_is_in_a_transaction_that_nobody_began(database: Database) -> None:
    with database.engine.connect() as connection:
        driver: Any = connection.connection.driver_connection
        assert driver.autocommit
        assert driver.info.transaction_status.name == "IDLE"
        with connection.begin():
            assert driver.info.transaction_status.name == "INTRANS"
        assert driver.info.transaction_status.name == "IDLE"


def test_commits_wait_for_the_disk_whatever_the_servers_default_is(database: Database) -> None:
    with database.read() as connection:
        assert connection.execute(text("SELECT reset_val FROM pg_settings WHERE name = 'fsync'")).scalar() == "off"
        assert connection.execute(text("SHOW synchronous_commit")).scalar() == "on"
        assert connection.execute(text("SHOW TimeZone")).scalar() == "UTC"


def test_nobody_is_waited_for_that_is_gone(database: Database) -> None:
    """A transaction in which nothing happens ends, sooner where it may hold locks; so does one whose client is gone."""
    idle = text("SHOW idle_in_transaction_session_timeout")
    with database.write() as connection:
        assert connection.execute(idle).scalar() == "15min"
        assert connection.execute(text("SHOW tcp_keepalives_idle")).scalar() == "30"
        assert connection.execute(text("SHOW lock_timeout")).scalar() == "30s"
        driver: Any = connection.connection.driver_connection
        assert driver.info.get_parameters()["tcp_user_timeout"] == "60000"
    with database.read() as connection:
        assert connection.execute(idle).scalar() == "12h"
    with database.write() as connection:
        assert connection.execute(idle).scalar() == "15min"


def test_what_is_written_of_one_moment_sees_one_moment(database: Database) -> None:
    with database.write(still=True) as connection:
        before = connection.execute(text("SELECT said FROM note WHERE id = 1")).scalar()
        database.act(lambda other: _say(other, 1, "meanwhile"))
        assert connection.execute(text("SELECT said FROM note WHERE id = 1")).scalar() == before
        connection.execute(text("INSERT INTO note VALUES (3, 'of that moment')"))
    assert _notes(database) == {1: "meanwhile", 2: "", 3: "of that moment"}


def test_an_error_gives_up_everything_of_its_transaction(database: Database) -> None:
    def fail(connection: Connection) -> None:
        _say(connection, 1, "half")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        database.act(fail)
    assert _notes(database) == {1: "", 2: ""}


def test_reading_sees_one_moment_and_cannot_write(database: Database) -> None:
    with database.read() as connection:
        before = connection.execute(text("SELECT said FROM note WHERE id = 1")).scalar()
        database.act(lambda other: _say(other, 1, "meanwhile"))
        assert connection.execute(text("SELECT said FROM note WHERE id = 1")).scalar() == before
    assert _notes(database)[1] == "meanwhile"
    with pytest.raises(DBAPIError) as caught, database.read() as connection:
        _say(connection, 1, "no")
    assert failure_of(caught.value) is Failure.READ_ONLY


def test_fifty_workers_in_crossed_order_all_get_their_turn(database: Database) -> None:
    gate = threading.Barrier(50)
    errors: list[BaseException] = []

    def work(number: int) -> None:
        def act(connection: Connection) -> None:
            for one in (1, 2) if number % 2 else (2, 1):
                connection.execute(text("UPDATE note SET said = said || 'x' WHERE id = :id"), {"id": one})

        own = Database(database.url.render_as_string(hide_password=False))
        try:
            gate.wait()
            own.act(act)
        except BaseException as error:
            errors.append(error)
        finally:
            own.close()

    threads = [threading.Thread(target=work, args=(number,)) for number in range(50)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert _notes(database) == {1: "x" * 50, 2: "x" * 50}


def test_a_deadlock_is_named_and_ends_after_a_few_attempts(database: Database) -> None:
    tried = 0

    def act(connection: Connection) -> None:
        nonlocal tried
        tried += 1
        connection.execute(text("DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '40P01'; END $$"))

    with pytest.raises(DBAPIError) as caught:
        database.act(act)
    assert failure_of(caught.value) is Failure.CONFLICT
    assert 1 < tried < 50


def test_what_nobody_gave_up_is_not_done_twice(database: Database) -> None:
    tried = 0

    def act(connection: Connection) -> None:
        nonlocal tried
        tried += 1
        connection.execute(text("INSERT INTO note VALUES (1, 'again')"))

    with pytest.raises(DBAPIError) as caught:
        database.act(act)
    assert tried == 1
    assert is_ours(caught.value)


def test_a_lock_is_held_until_the_transaction_ends(database: Database) -> None:
    order: list[str] = []
    taken, ready = threading.Event(), threading.Event()

    def second() -> None:
        taken.wait()
        ready.set()
        with database.write(Lock.TABLES):
            order.append("second")

    thread = threading.Thread(target=second)
    thread.start()
    with database.write(Lock.TABLES) as connection:
        taken.set()
        ready.wait()
        waits = "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        while not connection.execute(text(waits)).scalar():
            pass
        order.append("first")
    thread.join()
    assert order == ["first", "second"]


def test_shared_locks_do_not_wait_for_each_other(database: Database) -> None:
    with database.write() as one, database.write() as other:
        take(one, Lock.REBUILD, shared=True)
        take(other, Lock.REBUILD, shared=True)


@pytest.mark.parametrize(
    ("code", "failure"),
    [
        ("40001", Failure.CONFLICT),
        ("55P03", Failure.BUSY),
        ("57014", Failure.TOO_SLOW),
        ("53100", Failure.NO_ROOM),
        ("57P01", Failure.STARTING),
        ("08006", Failure.AWAY),
        ("25006", Failure.READ_ONLY),
        ("XX001", Failure.DAMAGED),
        ("42501", Failure.NO_RIGHTS),
    ],
)
def test_what_the_server_says_has_a_name(database: Database, code: str, failure: Failure) -> None:
    with pytest.raises(DBAPIError) as caught, database.write() as connection:
        connection.execute(text(f"DO $$ BEGIN RAISE EXCEPTION 'x' USING ERRCODE = '{code}'; END $$"))
    assert failure_of(caught.value) is failure
    assert not is_ours(caught.value)


def test_a_value_that_does_not_fit_is_not_taken_for_a_database_that_is_away(database: Database) -> None:
    with pytest.raises(DBAPIError) as caught, database.write() as connection:
        connection.execute(text("SELECT CAST('x' || :n AS bigint)"), {"n": "1"})
    assert failure_of(caught.value) is None
    assert is_ours(caught.value)


@pytest.mark.parametrize(
    ("change", "failure"),
    [
        ({"password": "wrong"}, Failure.REFUSED),
        ({"username": "nobody_here"}, Failure.REFUSED),
        ({"database": "not_there"}, Failure.NO_DATABASE),
        ({"port": 1}, Failure.AWAY),
    ],
)
def test_a_connection_that_cannot_be_made_says_why_and_shows_no_password(
    database: Database, change: dict[str, Any], failure: Failure
) -> None:
    other = Database(database.url.set(**change).render_as_string(hide_password=False))
    with pytest.raises(DBAPIError) as caught, other.read():
        pass
    assert failure_of(caught.value) is failure
    assert PASSWORD not in str(caught.value) + words_for(caught.value) + other.place + repr(other.url)


def test_values_stand_in_no_error(database: Database) -> None:
    with pytest.raises(DBAPIError) as caught, database.write() as connection:
        connection.execute(text("INSERT INTO note VALUES (:id, :said)"), {"id": 1, "said": "a private word"})
    assert "a private word" not in str(caught.value)


def test_a_server_that_was_restarted_is_used_again(databases: Databases) -> None:
    server = Server()
    try:
        database = Database(server.url)
        with database.read() as connection:
            connection.execute(text("SELECT 1"))
        server.stop("immediate")
        with pytest.raises(DBAPIError) as caught, database.read():
            pass
        assert failure_of(caught.value) in (Failure.AWAY, Failure.STARTING)
        server.start()
        with database.read() as connection:
            assert connection.execute(text("SELECT 1")).scalar() == 1
        database.close()
    finally:
        server.close()


def test_every_text_can_be_kept() -> None:
    assert safe_text("a\0b\ud800") == "a␀b�"


def test_long_keys_fit_an_index_and_stay_apart() -> None:
    assert key_text("home") == "home"
    assert key_text("x" * KEY_BYTES) == "x" * KEY_BYTES
    one, other = key_text("é" * 5000 + "1"), key_text("é" * 5000 + "2")
    assert one != other
    assert len(one.encode()) <= KEY_BYTES
    assert key_text(one) == one
