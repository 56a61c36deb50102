"""Finding rows of the log that somebody touched."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Connection, delete, insert, select, update

from archiver import ids
from archiver.database import Database
from archiver.evidence import log, tree
from archiver.evidence.entry import read_entry
from archiver.evidence.log_check import Finding, check
from archiver.evidence.models import Archive, Event, LogHead
from tests.evidence.samples import AT, exchanges, fill, open_database, paused

EDITED = 5
"""Position of an event in the middle of a chain."""


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = open_database(tmp_path / "index.sqlite")
    fill(opened, [*exchanges(3), paused(), *exchanges(1), paused(), paused(), *exchanges(4)])
    yield opened
    opened.close()


def findings(database: Database) -> list[Finding]:
    with database.read() as connection:
        return check(connection)


def body_at(connection: Connection, position: int) -> bytes:
    return bytes(connection.execute(select(Event.body).where(Event.position == position)).scalar_one())


def set_row(connection: Connection, place: int, **values: object) -> None:
    connection.execute(update(Event).where(Event.position == place).values(**values))


def edit_body(connection: Connection) -> None:
    set_row(connection, EDITED, body=body_at(connection, EDITED).replace(b"us_1", b"us_2"))


def edit_body_and_leaf(connection: Connection) -> None:
    edit_body(connection)
    set_row(connection, EDITED, leaf=tree.leaf_hash(body_at(connection, EDITED)))


def edit_everything_but_the_chain(connection: Connection) -> None:
    edit_body_and_leaf(connection)
    recompute_head(connection)


def recompute_head(connection: Connection) -> None:
    leaves = list(connection.execute(select(Event.leaf).order_by(Event.position)).scalars())
    log.write_head(connection, size=len(leaves), frontier=b"".join(tree.frontier_of(leaves)))


def leave_out_of_a_chain(connection: Connection) -> None:
    """As an insider would who knows the format: positions closed up, head recomputed."""
    connection.execute(delete(Event).where(Event.position == EDITED))
    for position in range(EDITED + 1, 11):
        set_row(connection, position, position=position - 1)
    recompute_head(connection)


def delete_in_the_middle(connection: Connection) -> None:
    connection.execute(delete(Event).where(Event.position == 4))


def delete_the_last(connection: Connection) -> None:
    connection.execute(delete(Event).where(Event.position == 10))


def delete_everything(connection: Connection) -> None:
    connection.execute(delete(Event))


def delete_the_head(connection: Connection) -> None:
    connection.execute(delete(LogHead))


def insert_a_copy(connection: Connection) -> None:
    row = dict(connection.execute(select(*Event.__table__.columns).where(Event.position == 0)).mappings().one())
    connection.execute(insert(Event).values(row | {"id": ids.new_id("ev"), "position": 11}))


def insert_without_position(connection: Connection) -> None:
    row = dict(connection.execute(select(*Event.__table__.columns).where(Event.position == 0)).mappings().one())
    connection.execute(insert(Event).values(row | {"id": ids.new_id("ev"), "position": None}))


def swap(connection: Connection) -> None:
    set_row(connection, 8, position=99)
    set_row(connection, 9, position=8)
    set_row(connection, 99, position=9)


def swap_in_a_chain_and_recompute(connection: Connection) -> None:
    set_row(connection, 5, position=99)
    set_row(connection, 6, position=5)
    set_row(connection, 99, position=6)
    recompute_head(connection)


def change_a_column(connection: Connection) -> None:
    set_row(connection, 7, at=AT + timedelta(days=1))


def change_the_subject(connection: Connection) -> None:
    set_row(connection, 7, subject_id=ids.new_id("ex"))


def change_the_leaf(connection: Connection) -> None:
    set_row(connection, 7, leaf=bytes(32))


def shift_everything(connection: Connection) -> None:
    for position in reversed(range(11)):
        set_row(connection, position, position=position + 1)


def replace_by_no_entry(connection: Connection) -> None:
    set_row(connection, 7, body=b"{}", leaf=tree.leaf_hash(b"{}"))


def rename_the_log(connection: Connection) -> None:
    connection.execute(update(Archive).values(log_origin="other.example/log"))


def claim_more_is_stored(connection: Connection) -> None:
    log.write_head(connection, stored=12, storing=12)


def break_the_frontier(connection: Connection) -> None:
    log.write_head(connection, frontier=bytes(32))


def roll_the_head_back(connection: Connection) -> None:
    leaves = list(connection.execute(select(Event.leaf).where(Event.position < 6).order_by(Event.position)).scalars())
    log.write_head(connection, size=6, frontier=b"".join(tree.frontier_of(leaves)))


TOUCHES: list[tuple[Callable[[Connection], None], str]] = [
    (edit_body, "leaf hash on record"),
    (edit_body_and_leaf, "do not give the tree"),
    (edit_everything_but_the_chain, "does not follow"),
    (leave_out_of_a_chain, "does not follow"),
    (delete_in_the_middle, "entries 4 to 4 are missing"),
    (delete_the_last, "should have 11 entries, and has 10"),
    (delete_everything, "should have 11 entries, and has 0"),
    (delete_the_head, "should have 0 entries, and has 11"),
    (insert_a_copy, "columns of the row"),
    (insert_without_position, "has no position"),
    (swap, "do not give the tree"),
    (swap_in_a_chain_and_recompute, "does not follow"),
    (change_a_column, "columns of the row"),
    (change_the_subject, "columns of the row"),
    (change_the_leaf, "leaf hash on record"),
    (shift_everything, "entries 0 to 0 are missing"),
    (replace_by_no_entry, "cannot be read"),
    (rename_the_log, "another log"),
    (claim_more_is_stored, "in the object store"),
    (break_the_frontier, "does not fit"),
    (roll_the_head_back, "should have 6 entries, and has 11"),
]


@pytest.mark.law("R66", "R67")
@pytest.mark.parametrize(("touch", "problem"), TOUCHES, ids=lambda one: getattr(one, "__name__", None))
def test_what_was_touched_is_found(database: Database, touch: Callable[[Connection], None], problem: str) -> None:
    assert findings(database) == []
    with database.write() as connection:
        touch(connection)
    assert any(problem in one.problem for one in findings(database)), findings(database)


def test_a_finding_names_the_row(database: Database) -> None:
    with database.write() as connection:
        event = read_entry(body_at(connection, EDITED)).id
        edit_body(connection)
    first = findings(database)[0]
    assert (first.position, first.event) == (EDITED, event)


def test_findings_are_bounded(database: Database) -> None:
    fill(database, exchanges(1200))
    with database.write() as connection:
        connection.execute(update(Event).values(leaf=bytes(32)))
    assert len(findings(database)) == 1000
