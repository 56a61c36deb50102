"""Appending to the log, in the act's own transaction."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Connection, delete, select

from archiver import ids
from archiver.database import Database
from archiver.errors import IntegrityError, NotFound
from archiver.evidence import log, tree
from archiver.evidence.entry import read_entry
from archiver.evidence.log import NewEvent
from archiver.evidence.log_check import check
from archiver.evidence.models import Archive, Event, LogHead
from tests import effort
from tests.effort import bounded
from tests.evidence import reference
from tests.evidence.samples import ACCOUNT, AT, ORIGIN, OTHER, bodies, exchange, exchanges, fill, open_database, paused


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = open_database(tmp_path / "index.sqlite")
    yield opened
    opened.close()


def test_an_empty_log_has_the_root_of_nothing(database: Database) -> None:
    with database.read() as connection:
        assert log.head(connection) == log.Head(0, tree.EMPTY_ROOT)
        assert list(log.entries(connection, 0, 0)) == []
        assert check(connection) == []


def test_an_event_becomes_an_entry_with_the_next_position(database: Database) -> None:
    assert fill(database, exchanges(3)) == range(3)
    assert fill(database, [paused()]) == range(3, 4)
    entry = read_entry(bodies(database)[3])
    assert (entry.log, entry.at, entry.type, entry.subject_id) == (ORIGIN, AT, "account.paused", ACCOUNT)
    assert (entry.actor_kind, entry.actor_id, entry.number, entry.previous) == ("person", "us_1", 1, None)
    assert len({read_entry(body).id for body in bodies(database)}) == 4


@settings(max_examples=effort.examples(25), deadline=None)
@given(sizes=st.lists(st.integers(0, 9), max_size=6))
def test_the_head_is_the_tree_over_all_entries(tmp_path_factory: pytest.TempPathFactory, sizes: list[int]) -> None:
    database = open_database(tmp_path_factory.mktemp("log") / "index.sqlite")
    for size in sizes:
        fill(database, exchanges(size))
    with database.read() as connection:
        head = log.head(connection)
        assert head == log.Head(sum(sizes), reference.mth(list(log.entries(connection, 0, head.size))))
        assert check(connection) == []
    database.close()


def test_chained_events_of_a_subject_name_the_one_before(database: Database) -> None:
    fill(database, [paused(), exchange(0), paused(OTHER), paused()])
    fill(database, [paused(), paused(OTHER)])
    entries = [(body, read_entry(body)) for body in bodies(database)]
    mine = [(body, entry) for body, entry in entries if entry.subject_id == ACCOUNT]
    assert [entry.number for _, entry in mine] == [1, 2, 3]
    assert [entry.previous for _, entry in mine[1:]] == [tree.leaf_hash(body).hex() for body, _ in mine[:-1]]
    assert [entry.number for _, entry in entries] == [1, 0, 1, 2, 3, 2]


def test_events_that_are_not_chained_do_not_count_in_a_chain(database: Database) -> None:
    unchained = NewEvent("account.resumed", "account", ACCOUNT)
    fill(database, [unchained, paused(), unchained, paused()])
    assert [(read_entry(body).number, read_entry(body).previous is None) for body in bodies(database)] == [
        (0, True),
        (1, True),
        (0, True),
        (2, False),
    ]


def test_more_subjects_than_one_query_takes_are_chained(database: Database) -> None:
    accounts = [ids.derive("ac", str(number)) for number in range(1100)]
    for _ in range(2):
        fill(database, [paused(account) for account in accounts])
    assert [read_entry(body).number for body in bodies(database)] == [1] * 1100 + [2] * 1100


def test_an_act_that_is_rolled_back_leaves_no_event(database: Database) -> None:
    fill(database, exchanges(2))

    def fail(connection: Connection) -> None:
        log.append(connection, exchanges(3), AT)
        raise RuntimeError

    with pytest.raises(RuntimeError), database.write() as connection:
        fail(connection)
    with database.read() as connection:
        assert log.head(connection).size == 2
        assert check(connection) == []


@pytest.mark.parametrize(
    "wrong",
    [
        NewEvent("record.viewed", "record", "rc_" + "a" * 32),
        NewEvent("account.paused", "account", "rc_" + "a" * 32),
        NewEvent("account.paused", "run", ACCOUNT),
        NewEvent("account.paused", "account", ACCOUNT, {"reason": "on leave"}),
        NewEvent("account.paused", "account", ACCOUNT, {}, "person", "Jane Doe"),
        NewEvent("account.added", "account", ACCOUNT, {"platform": "mastodon"}),
    ],
    ids=str,
)
def test_one_bad_event_keeps_all_out(database: Database, wrong: NewEvent) -> None:
    with pytest.raises(ValueError), database.write() as connection:
        log.append(connection, [exchange(0), wrong], AT)
    assert bodies(database) == []


def test_nothing_is_appended_for_no_events_or_without_an_archive(database: Database) -> None:
    assert fill(database, []) == range(0)
    with database.write() as connection:
        connection.execute(delete(Archive))
    with pytest.raises(NotFound, match="no archive"):
        fill(database, [paused()])


def test_missing_entries_are_not_read_over(database: Database) -> None:
    fill(database, exchanges(5))
    with database.write() as connection:
        connection.execute(delete(Event).where(Event.position == 2))
    with pytest.raises(IntegrityError, match="entry 2 "):
        bodies(database)
    with database.read() as connection, pytest.raises(IntegrityError, match="entry 5 "):
        list(log.entries(connection, 3, 6))


def test_a_head_that_does_not_fit_its_size_is_refused(database: Database) -> None:
    fill(database, exchanges(3))
    with database.write() as connection:
        log.write_head(connection, size=4)
    with pytest.raises(IntegrityError, match="does not fit"):
        fill(database, exchanges(1))


def test_entries_hold_no_more_than_the_format_says(database: Database) -> None:
    fill(database, [exchange(0), paused()])
    for body in bodies(database):
        fields = json.loads(body)
        assert set(fields) == {"v", "log", "id", "at", "type", "actor", "subject", "data"}
        assert set(fields["actor"]) == {"kind", "id"}
        assert set(fields["subject"]) == {"kind", "id", "n", "prev"}


def test_the_row_only_repeats_its_entry(database: Database) -> None:
    fill(database, [paused()])
    with database.read() as connection:
        row = connection.execute(select(*Event.__table__.columns)).one()
        stored = connection.execute(select(*LogHead.__table__.columns)).one()
    entry = read_entry(row.body)
    assert (row.id, row.at, row.type, row.subject_id, row.subject_number) == (
        entry.id,
        entry.at,
        entry.type,
        entry.subject_id,
        entry.number,
    )
    assert row.leaf == tree.leaf_hash(row.body)
    assert (stored.size, stored.frontier, stored.stored, stored.storing) == (1, row.leaf, 0, 0)


def test_500_events_take_a_small_part_of_a_commit(database: Database) -> None:
    events = exchanges(500)
    fill(database, exchanges(10))
    for _ in range(5):
        with database.write() as connection, bounded(50):
            log.append(connection, events, AT)
