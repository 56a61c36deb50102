from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Connection, Table, insert

from archiver.accounts.models import Account
from archiver.accounts.register.models import RegisterStatement
from archiver.capture.models import Segment
from archiver.database import Base, Database, Instant
from archiver.records.import_models import ImportedVersion
from archiver.records.models import Link, Medium, Record, RecordLink, Version
from archiver.search.register import RegisterInDatabase
from archiver.search.source import answered_by, read_documents
from archiver.search.sqlite import SqliteSearchIndex
from tests.search.examples import ALL, NOON, found

_PLACEHOLDERS: dict[type, Any] = {str: "", int: 0, bool: False, object: {}, datetime: NOON}


@pytest.fixture
def archive(tmp_path: Path) -> Iterator[Database]:
    """A database with every table, two accounts, and one thread: a post, its edited comment, a reply to that."""
    database = Database(f"sqlite:///{tmp_path / 'index.sqlite'}")
    index = SqliteSearchIndex()
    with database.write() as connection:
        connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        for table in (Account, RegisterStatement, Record, Version, Medium, ImportedVersion, Segment, Link, RecordLink):
            Base.metadata.tables[table.__tablename__].create(connection)
        index.create(connection)
        _add(connection, Account, id="ac_1", platform="mastodon", handle="parks@city.example",
             name="Parks & Recreation", url="https://city.example/@parks", authority="Parks Division")  # fmt: skip
        _add(
            connection, Account, id="ac_2", platform="feed", handle="news", name="News", url="https://city.example/feed"
        )
        _record(connection, "rc_post", texts=["The pool is open"], created_at=NOON)
        _record(connection, "rc_comment", thread_id="rc_post", parent_id="rc_post", kind="comment",
                author_name="Ann Lee", texts=["first words", "second words"])  # fmt: skip
        _record(connection, "rc_reply", thread_id="rc_post", parent_id="rc_comment", texts=["thanks"], access="private")
        _record(connection, "rc_news", account_id="ac_2", texts=["Council meets"], state="hidden_by_page")
        _add(connection, Medium, id="md_1", record_id="rc_post")
    yield database
    database.close()


def _add(connection: Connection, model: type[Base], **values: Any) -> None:
    table = Base.metadata.tables[model.__tablename__]
    connection.execute(insert(table).values({**_filled(table), **values}))


def _filled(table: Table) -> dict[str, Any]:
    """Something for every column that must have a value and is of no interest here."""
    needed = [column for column in table.columns if not column.nullable and column.default is None]
    return {column.name: _PLACEHOLDERS[_type_of(column)] for column in needed}


def _type_of(column: Any) -> type:
    found: type = datetime if isinstance(column.type, Instant) else column.type.python_type
    return found


def _record(connection: Connection, id: str, *, texts: list[str], **values: Any) -> None:
    defaults = {
        "account_id": "ac_1",
        "key": id,
        "kind": "post",
        "access": "public",
        "state": "visible",
        "thread_id": id,
    }
    versions = [f"ve_{id}_{number}" for number in range(1, len(texts) + 1)]
    _add(connection, Record, **{**defaults, "id": id, "first_seen_at": NOON + timedelta(1), "version_id": versions[-1],
                                "versions": len(texts), **values})  # fmt: skip
    for number, text in reversed(list(enumerate(texts, 1))):
        _add(connection, Version, id=versions[number - 1], record_id=id, number=number, text=text)


def test_documents_are_read_from_records_with_all_their_versions(archive: Database) -> None:
    with archive.read() as connection:
        by_id = {document.record_id: document for document in read_documents(connection)}
    assert set(by_id) == {"rc_post", "rc_comment", "rc_reply", "rc_news"}
    comment = by_id["rc_comment"]
    assert [(one.text, one.current) for one in comment.versions] == [("first words", False), ("second words", True)]
    assert (comment.author_name, comment.platform, comment.created_at) == ("Ann Lee", "mastodon", None)
    assert by_id["rc_post"].flags == {"media", "comments"}
    comment = by_id["rc_comment"]
    assert not comment.flags
    assert comment.closed == {"comments"}, "its only answer is not for everybody"
    assert by_id["rc_reply"].flags == frozenset()
    assert (by_id["rc_news"].platform, by_id["rc_news"].state) == ("feed", "hidden_by_page")


def test_only_the_records_asked_for_are_read_and_each_once(archive: Database) -> None:
    with archive.read() as connection:
        asked = ["rc_reply", "rc_none", "rc_post", "rc_reply"]
        assert sorted(one.record_id for one in read_documents(connection, asked)) == ["rc_post", "rc_reply"]
        assert answered_by(connection, ["rc_comment", "rc_reply", "rc_post"]) == {"rc_post", "rc_comment"}


def test_a_rebuild_indexes_every_record_and_the_check_agrees(archive: Database) -> None:
    index = SqliteSearchIndex()
    with archive.write() as connection:
        assert index.rebuild(connection) == 4
        assert index.check(connection).ok
        assert found(index, connection, '"first words"') == {"rc_comment"}
        assert found(index, connection, "has:comments") == {"rc_post", "rc_comment"}
        connection.execute(Base.metadata.tables["record"].update().values(state="spam").where(Record.id == "rc_post"))
        report = index.check(connection)
        assert report.outdated == ["rc_post"]
        index.put(connection, read_documents(connection, report.outdated))
        assert index.check(connection).ok


@pytest.mark.parametrize(
    ("field", "ids"),
    [
        ("account:parks@city.example", {"ac_1"}),
        ("account:@Parks@City.example", {"ac_1"}),
        ('account:"parks & recreation"', {"ac_1"}),
        ("account:mastodon/parks@city.example", {"ac_1"}),
        ("account:https://city.example/@parks", {"ac_1"}),
        ("account:ac_2", {"ac_2"}),
        ('department:"parks division"', {"ac_1"}),
        ("account:parks", set()),
        ("department:news", set()),
    ],
)
def test_names_are_looked_up_in_the_account_register(archive: Database, field: str, ids: set[str]) -> None:
    index = SqliteSearchIndex()
    with archive.write() as connection:
        index.rebuild(connection)
        accounts = {hit.account_id for hit in index.search(connection, field, viewer=ALL).hits}
        assert accounts == ids


def test_the_register_is_read_only_when_a_name_is_asked_for(archive: Database) -> None:
    with archive.write() as connection:
        connection.exec_driver_sql("PRAGMA defer_foreign_keys = ON")
        register = RegisterInDatabase(connection)
        assert register.accounts("ac_1") == {"ac_1"}
        connection.execute(Base.metadata.tables["account"].delete())
        assert register.accounts("ac_1") == {"ac_1"}
        assert RegisterInDatabase(connection).accounts("ac_1") == set()
        connection.rollback()
