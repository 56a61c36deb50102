"""The log in the object store: put once, without overlap or hole, whatever happens; and back into a database."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import delete, select, update

from archiver import canonical
from archiver.database import Database
from archiver.errors import IntegrityError, WrongStore
from archiver.evidence import deltas, log
from archiver.evidence.deltas import encode_delta, read_deltas, restore_log, store_deltas
from archiver.evidence.log_check import check
from archiver.evidence.models import Event, LogHead
from archiver.storage.directory import DirectoryStore
from archiver.storage.protocol import Stored, StoreUnavailable
from tests import effort
from tests.evidence.samples import ORIGIN, bodies, exchanges, fill, open_database, paused


class Crash(BaseException):
    """The process is gone. No handler of the program may catch it."""


class Failing(DirectoryStore):
    """A store before which, or after whose effect, the process dies or the answer is lost."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.before: BaseException | None = None
        self.after: BaseException | None = None

    def put(self, key: str, source: Path | bytes, sha256: str) -> Stored:
        if (error := self.before) is not None:
            self.before = None
            raise error
        stored = super().put(key, source, sha256)
        if (error := self.after) is not None:
            self.after = None
            raise error
        return stored


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = open_database(tmp_path / "index.sqlite")
    yield opened
    opened.close()


@pytest.fixture
def other(tmp_path: Path) -> Iterator[Database]:
    opened = open_database(tmp_path / "other.sqlite")
    yield opened
    opened.close()


@pytest.fixture
def store(tmp_path: Path) -> Failing:
    return Failing(tmp_path / "store")


def keys(store: DirectoryStore) -> list[str]:
    return [stored.key for stored in store.list(deltas.PREFIX)]


def key(start: int, end: int) -> str:
    return f"log/delta/{start:020d}-{end:020d}"


def state(database: Database) -> tuple[int, int, int]:
    with database.read() as connection:
        head = log.read_head(connection)
    return head.size, head.stored, head.storing


def put(store: DirectoryStore, name: str, content: bytes) -> None:
    store.put(name, content, sha256(content).hexdigest())


def restore(database: Database, store: DirectoryStore) -> int:
    with database.write() as connection:
        return restore_log(connection, store)


def content_of(database: Database) -> list[tuple[Any, ...]]:
    with database.read() as connection:
        return [tuple(row) for row in connection.execute(select(*Event.__table__.columns).order_by(Event.position))]


# --- storing -------------------------------------------------------------------------------------------------------


def test_what_has_a_position_is_stored_once(database: Database, store: Failing) -> None:
    assert store_deltas(database, store) == 0
    fill(database, exchanges(3))
    assert store_deltas(database, store) == 3
    assert store_deltas(database, store) == 0
    fill(database, [paused()])
    assert store_deltas(database, store) == 1
    assert keys(store) == [key(0, 3), key(3, 4)]
    assert list(read_deltas(store)) == bodies(database)
    assert state(database) == (4, 4, 4)


def test_a_delta_is_the_entries_with_their_lengths(database: Database, store: Failing) -> None:
    fill(database, exchanges(2))
    store_deltas(database, store)
    first, second = bodies(database)
    with store.open(key(0, 2)) as file:
        assert file.read() == len(first).to_bytes(2, "big") + first + len(second).to_bytes(2, "big") + second


def test_a_delta_has_at_most_a_thousand_entries(database: Database, store: Failing) -> None:
    fill(database, exchanges(2345))
    assert store_deltas(database, store) == 2345
    assert keys(store) == [key(0, 1000), key(1000, 2000), key(2000, 2345)]
    assert list(read_deltas(store)) == bodies(database)


@pytest.mark.parametrize("lost", [StoreUnavailable("no answer"), Crash()], ids=["unavailable", "killed"])
@pytest.mark.parametrize("when", ["before", "after"])
def test_a_range_that_was_begun_is_put_unchanged(
    database: Database, store: Failing, when: str, lost: BaseException
) -> None:
    fill(database, exchanges(3))
    setattr(store, when, lost)
    with pytest.raises(type(lost)):
        store_deltas(database, store)
    assert state(database) == (3, 0, 3)
    fill(database, exchanges(2, start=3))
    assert store_deltas(database, store) == 5
    assert keys(store) == [key(0, 3), key(3, 5)]
    assert list(read_deltas(store)) == bodies(database)


@pytest.mark.parametrize("step", ["_next", "_require_free", "_count"])
def test_a_kill_between_any_two_steps_changes_nothing(
    database: Database, store: Failing, step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    fill(database, exchanges(3))
    real: Callable[..., Any] = getattr(deltas, step)

    def die_after(*arguments: Any) -> Any:
        real(*arguments)
        raise Crash

    monkeypatch.setattr(deltas, step, die_after)
    with suppress(Crash):
        store_deltas(database, store)
    monkeypatch.undo()
    fill(database, exchanges(1, start=3))
    store_deltas(database, store)
    assert keys(store) == [key(0, 3), key(3, 4)]
    assert list(read_deltas(store)) == bodies(database)


@settings(max_examples=effort.examples(30), deadline=None)
@given(
    steps=st.lists(
        st.tuples(st.integers(0, 4), st.sampled_from(["put", "before", "after", "unavailable", "nothing", "rebuild"])),
        max_size=8,
    )
)
def test_any_history_of_failures_ends_in_the_same_log(
    tmp_path_factory: pytest.TempPathFactory, steps: list[tuple[int, str]]
) -> None:
    folder = tmp_path_factory.mktemp("log")
    database, store, made = open_database(folder / "index.sqlite"), Failing(folder / "store"), 0
    for count, happens in steps:
        fill(database, exchanges(count, start=made))
        made += count
        if happens in ("before", "after"):
            setattr(store, happens, Crash())
        elif happens == "unavailable":
            store.after = StoreUnavailable("no answer")
        elif happens == "rebuild":
            restore(database, store)
        if happens not in ("nothing", "rebuild"):
            with suppress(Crash, StoreUnavailable):
                store_deltas(database, store)
    store.before = store.after = None
    store_deltas(database, store)
    assert list(read_deltas(store)) == bodies(database)
    assert state(database)[:2] == (made, made)
    rebuilt = open_database(folder / "other.sqlite")
    assert restore(rebuilt, store) == made
    assert content_of(rebuilt) == content_of(database)
    database.close()
    rebuilt.close()


def test_callers_at_the_same_time_put_every_entry_once(database: Database, store: Failing) -> None:
    fill(database, exchanges(50))
    counted: list[int] = []
    begin = threading.Barrier(5)

    def work(number: int) -> None:
        begin.wait()
        for turn in range(4):
            if number == 0:
                fill(database, exchanges(7, start=50 + 7 * turn))
            counted.append(store_deltas(database, store))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    store_deltas(database, store)
    assert list(read_deltas(store)) == bodies(database)
    assert state(database) == (78, 78, 78)
    assert sum(counted) == 78


def test_a_database_set_back_to_an_older_state_stores_nothing(
    database: Database, other: Database, store: Failing
) -> None:
    fill(database, exchanges(3))
    store_deltas(database, store)
    restore(other, store)
    fill(database, exchanges(4, start=3))
    store_deltas(database, store)
    fill(other, exchanges(2, start=3))
    with pytest.raises(IntegrityError, match="older"):
        store_deltas(other, store)
    assert keys(store) == [key(0, 3), key(3, 7)]


def test_other_entries_under_the_same_range_are_refused(database: Database, other: Database, store: Failing) -> None:
    fill(database, exchanges(3))
    store_deltas(database, store)
    fill(other, exchanges(3))
    with pytest.raises(IntegrityError):
        store_deltas(other, store)
    assert list(read_deltas(store)) == bodies(database)


def test_entries_missing_in_the_database_are_not_stored_over(database: Database, store: Failing) -> None:
    fill(database, exchanges(3))
    with database.write() as connection:
        connection.execute(delete(Event).where(Event.position == 1))
    with pytest.raises(IntegrityError, match="missing"):
        store_deltas(database, store)
    assert keys(store) == []


# --- reading -------------------------------------------------------------------------------------------------------


@pytest.fixture
def entries(database: Database) -> list[bytes]:
    fill(database, exchanges(4))
    return bodies(database)


def reading(store: DirectoryStore) -> None:
    list(read_deltas(store))


@pytest.mark.parametrize(
    ("names", "problem"),
    [
        ([(1, 2)], "from entry 0"),
        ([(0, 2), (3, 4)], "from entry 2"),
        ([(0, 2), (1, 3)], "from entry 2"),
        ([(0, 1), (0, 2)], "from entry 1"),
        ([(0, 2), (2, 2)], "not a delta"),
        ([(0, 2), (2, 1)], "not a delta"),
    ],
)
def test_deltas_that_do_not_follow_each_other_are_refused(
    store: Failing, entries: list[bytes], names: list[tuple[int, int]], problem: str
) -> None:
    for start, end in names:
        put(store, key(start, end), encode_delta(entries[start:end]))
    with pytest.raises(IntegrityError, match=problem):
        reading(store)


@pytest.mark.parametrize("name", ["log/delta/0-1", key(0, 1) + ".gz", key(0, 1)[:-1], "log/delta/x/" + key(0, 1)])
def test_other_objects_among_the_deltas_are_refused(store: Failing, entries: list[bytes], name: str) -> None:
    put(store, name, encode_delta(entries[:1]))
    with pytest.raises(IntegrityError, match="not a delta"):
        reading(store)


def test_every_truncation_and_every_flipped_byte_is_refused_or_another_entry(
    tmp_path: Path, entries: list[bytes]
) -> None:
    content = encode_delta(entries[:2])
    for number, size in enumerate([*range(0, len(content), 17), len(content) - 1]):
        store = DirectoryStore(tmp_path / f"cut{number}")
        put(store, key(0, 2), content[:size])
        with pytest.raises(IntegrityError, match="cut short"):
            reading(store)
    for number, at in enumerate(range(0, len(content), 23)):
        store = DirectoryStore(tmp_path / f"flip{number}")
        put(store, key(0, 2), content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
        try:
            assert list(read_deltas(store)) != entries[:2]
        except IntegrityError:
            continue


@pytest.mark.parametrize(
    "spoil",
    [
        lambda content: content + b"\0",
        lambda content: content + content,
        lambda content: b"\0\0" + content,
        lambda content: content.replace(b'"v":1', b'"v":2'),
        lambda content: content.replace(b'{"actor"', b'{ "actor"'),
        lambda content: b"\0\x02{}" * 2,
        lambda content: b"",
    ],
)
def test_a_delta_that_holds_anything_else_is_refused(
    store: Failing, entries: list[bytes], spoil: Callable[[bytes], bytes]
) -> None:
    put(store, key(0, 2), spoil(encode_delta(entries[:2])))
    with pytest.raises(IntegrityError):
        reading(store)


def test_an_empty_store_holds_an_empty_log(store: Failing) -> None:
    assert list(read_deltas(store)) == []


# --- restoring -----------------------------------------------------------------------------------------------------


def test_a_log_is_restored_to_the_same_rows_and_can_go_on(database: Database, other: Database, store: Failing) -> None:
    fill(database, [*exchanges(1500), paused(), paused()])
    store_deltas(database, store)
    assert restore(other, store) == 1502
    assert content_of(other) == content_of(database)
    assert state(other) == (1502, 1502, 1502)
    assert restore(other, store) == 0
    fill(other, [paused()])
    with other.read() as connection:
        assert check(connection) == []
        assert log.head(connection).size == 1503
    assert store_deltas(other, store) == 1


def test_entries_beyond_the_last_stored_one_are_kept(database: Database, store: Failing) -> None:
    fill(database, exchanges(3))
    store_deltas(database, store)
    fill(database, exchanges(2, start=3))
    before = content_of(database)
    assert restore(database, store) == 0
    assert content_of(database) == before
    assert state(database) == (5, 3, 3)
    assert store_deltas(database, store) == 2


def test_a_range_in_flight_is_counted_or_kept(database: Database, store: Failing) -> None:
    fill(database, exchanges(3))
    store.before = Crash()
    with pytest.raises(Crash):
        store_deltas(database, store)
    assert restore(database, store) == 0
    assert state(database) == (3, 0, 3)
    store.after = Crash()
    with pytest.raises(Crash):
        store_deltas(database, store)
    assert restore(database, store) == 0
    assert state(database) == (3, 3, 3)


def test_missing_newer_entries_are_filled_in(database: Database, other: Database, store: Failing) -> None:
    fill(database, exchanges(3))
    store_deltas(database, store)
    restore(other, store)
    fill(database, exchanges(3, start=3))
    store_deltas(database, store)
    assert restore(other, store) == 3
    assert content_of(other) == content_of(database)


@pytest.mark.parametrize("own", [1, 3, 7])
def test_a_database_with_other_entries_is_refused_and_left_alone(
    database: Database, other: Database, store: Failing, own: int
) -> None:
    fill(database, exchanges(3))
    store_deltas(database, store)
    fill(other, exchanges(own))
    before = content_of(other)
    with pytest.raises(IntegrityError, match=r"entry 0 .* differs"):
        restore(other, store)
    assert content_of(other) == before
    assert state(other) == (own, 0, 0)


def test_one_edited_row_is_refused(database: Database, store: Failing) -> None:
    fill(database, [*exchanges(3), paused()])
    store_deltas(database, store)
    with database.write() as connection:
        body = connection.execute(select(Event.body).where(Event.position == 3)).scalar_one()
        connection.execute(update(Event).where(Event.position == 3).values(body=body.replace(b"us_1", b"us_2")))
    with pytest.raises(IntegrityError, match="entry 3 "):
        restore(database, store)


def test_a_store_that_lost_its_last_delta_is_refused(database: Database, store: Failing) -> None:
    fill(database, exchanges(3))
    store_deltas(database, store)
    fill(database, exchanges(1, start=3))
    store_deltas(database, store)
    store.delete(key(3, 4))
    with pytest.raises(IntegrityError, match=r"3 entries .* of 4"):
        restore(database, store)


def test_the_log_of_another_archive_is_refused(tmp_path: Path, store: Failing) -> None:
    theirs = open_database(tmp_path / "theirs.sqlite", "other.example/log")
    mine = open_database(tmp_path / "mine.sqlite")
    fill(theirs, exchanges(2))
    store_deltas(theirs, store)
    with pytest.raises(WrongStore, match=ORIGIN):
        restore(mine, store)
    assert state(mine) == (0, 0, 0)
    theirs.close()
    mine.close()


def test_a_store_that_names_one_event_twice_is_refused(other: Database, store: Failing, entries: list[bytes]) -> None:
    put(store, key(0, 2), encode_delta([entries[0], entries[0]]))
    with pytest.raises(IntegrityError, match="twice"):
        restore(other, store)
    assert state(other) == (0, 0, 0)


def test_entries_of_a_later_version_are_restored_as_they_are(
    other: Database, store: Failing, entries: list[bytes]
) -> None:
    fields = canonical.decode(entries[0])
    later = canonical.encode(fields | {"type": "hold.placed", "more": "x"})
    put(store, key(0, 1), encode_delta([later]))
    assert restore(other, store) == 1
    assert bodies(other) == [later]
    with other.read() as connection:
        assert check(connection) == []
        assert connection.execute(select(LogHead.stored)).scalar_one() == 1
