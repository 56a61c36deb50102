"""The tables: one way up, equal to the models, refused where they are not ours."""

from __future__ import annotations

import json
import sqlite3
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import BigInteger, Integer, String, Text, insert, inspect

from archiver import engines, migrate
from archiver.accounts.models import Account
from archiver.capture.models import Segment
from archiver.database import Database, Json
from archiver.errors import Unreachable, WrongStore
from archiver.search.documents import Document, DocumentVersion
from archiver.search.opening import open_index
from archiver.search.sqlite import SqliteSearchIndex
from archiver.viewing import Viewer
from tests.servers.databases import Databases
from tests.servers.postgresql import PASSWORD

NOW = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    database = Database(f"sqlite:///{tmp_path / 'index.sqlite3'}")
    yield database
    database.close()


@pytest.fixture(params=["sqlite", "postgresql"])
def either(request: pytest.FixtureRequest) -> Iterator[Database]:
    """An empty database of each kind."""
    if request.param == "sqlite":
        yield request.getfixturevalue("database")
        return
    made = Database(request.getfixturevalue("databases").new())
    yield made
    made.close()


def test_there_is_one_head_and_one_way_to_it() -> None:
    script = ScriptDirectory.from_config(migrate._config())
    assert len(script.get_heads()) == 1
    assert [revision.revision for revision in script.walk_revisions()][-1] == "0001"


def test_an_empty_database_comes_up_and_a_second_start_changes_nothing(either: Database) -> None:
    assert migrate.upgrade(either)
    assert not migrate.upgrade(either)
    with either.read() as connection:
        assert migrate.current(connection) == migrate.head()


def test_the_models_say_what_the_migrations_made(either: Database) -> None:
    migrate.upgrade(either)
    with either.read() as connection:
        context = MigrationContext.configure(
            connection,
            opts={"include_name": migrate.include_name, "compare_type": True, "target_metadata": migrate.metadata()},
        )
        assert compare_metadata(context, migrate.metadata()) == []


def test_names_of_keys_and_indexes_are_those_of_the_models(either: Database) -> None:
    migrate.upgrade(either)
    inspector = inspect(either.engine)
    for table in migrate.metadata().sorted_tables:
        found = {str(index["name"]) for index in inspector.get_indexes(table.name) if not index["unique"]}
        assert found == {str(index.name) for index in table.indexes}, table.name
        assert inspector.get_pk_constraint(table.name)["name"] == f"pk_{table.name}"


def test_tables_without_row_ids_are_made_so(database: Database) -> None:
    migrate.upgrade(database)
    with database.read() as connection:
        rows = {
            row.name: bool(row.wr) for row in connection.exec_driver_sql("PRAGMA table_list") if row.type == "table"
        }
    for table in migrate.metadata().sorted_tables:
        assert rows[table.name] == (table.dialect_kwargs.get("sqlite_with_rowid") is False), table.name


def test_every_table_of_the_database_is_known_or_the_search_index_own(database: Database) -> None:
    migrate.upgrade(database)
    known = set(migrate.metadata().tables) | {"alembic_version"}
    for name in inspect(database.engine).get_table_names():
        assert name in known or not migrate.include_name(name, "table", {}), name


def test_the_way_down_and_up_again_gives_the_same_tables(database: Database) -> None:
    from alembic import command

    migrate.upgrade(database)
    before = _schema(database)
    with database.write() as connection:
        command.downgrade(migrate._config(connection), "base")
    assert set(inspect(database.engine).get_table_names()) <= {"alembic_version"}
    migrate.upgrade(database)
    assert _schema(database) == before


@pytest.mark.parametrize("revision", ["0018", "0037"])
@pytest.mark.parametrize(("access", "marked"), [("private", False), ("public", True)])
def test_an_index_of_before_is_closed_to_public_readers_where_anything_was_closed(
    either: Database, access: str, marked: bool, revision: str
) -> None:
    from alembic import command

    migrate.upgrade(either)
    with either.write() as connection:
        command.downgrade(migrate._config(connection), revision)
        account = {"id": "ac_1", "platform": "feed", "service": "", "platform_id": "1", "handle": "", "name": "",
                   "url": "", "authority": "city", "state": "active", "state_since": NOW, "added_at": NOW}  # fmt: skip
        segment = {"id": "sg_1", "key": "k", "sha256": "0" * 64, "size": 1, "warc_records": 1, "authority": "city",
                   "account_id": "ac_1", "access": access, "month": "2026-03", "closed_at": NOW}  # fmt: skip
        connection.execute(insert(Account).values(account))
        connection.execute(insert(Segment).values(segment))
    migrate.upgrade(either)
    with either.read() as connection:
        assert bool(connection.exec_driver_sql("SELECT marked FROM search_indexed").scalar()) is marked


def test_on_the_way_down_no_row_is_left_that_the_version_before_cannot_read(either: Database) -> None:
    from alembic import command

    migrate.upgrade(either)
    index = open_index(either.dialect, "America/Chicago")
    plain = _document(NOW)
    split = replace(plain, record_id="rc_2", in_public=(DocumentVersion("ve_2", "what all saw", True),))
    with either.write() as connection:
        index.put(connection, [plain, split])
        command.downgrade(migrate._config(connection), "0037")
        rows = connection.exec_driver_sql("SELECT content FROM search_source").scalars().all()
        assert [len(json.loads(row)) for row in rows] == [6, 6]
        assert index.outdated(connection)
    migrate.upgrade(either)
    with either.write() as connection:
        assert index.outdated(connection)


def test_starters_at_the_same_time_do_not_collide(either: Database) -> None:
    url = either.url.render_as_string(hide_password=False)
    done: list[bool] = []
    errors: list[BaseException] = []
    gate = threading.Barrier(6)

    def start() -> None:
        database = Database(url)
        try:
            gate.wait()
            done.append(migrate.upgrade(database))
        except BaseException as error:
            errors.append(error)
        finally:
            database.close()

    threads = [threading.Thread(target=start) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert errors == []
    assert sorted(done) == [False] * 5 + [True]


def test_a_database_of_a_newer_version_is_refused_and_not_touched(database: Database, tmp_path: Path) -> None:
    migrate.upgrade(database)
    with sqlite3.connect(tmp_path / "index.sqlite3") as raw:
        raw.execute("UPDATE alembic_version SET version_num = '9999'")
    before = _schema(database)
    with pytest.raises(WrongStore, match="newer version") as caught:
        migrate.upgrade(database)
    assert caught.value.exit_code == 6
    assert _schema(database) == before


def test_a_database_of_another_program_is_refused_and_not_touched(database: Database, tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "index.sqlite3") as raw:
        raw.execute("CREATE TABLE invoices (id INTEGER)")
    with pytest.raises(WrongStore, match="another program"):
        migrate.upgrade(database)
    assert inspect(database.engine).get_table_names() == ["invoices"]


def test_a_file_that_is_no_database_is_refused_and_not_touched(database: Database, tmp_path: Path) -> None:
    content = b"this is a letter to the mayor, not a database\n" * 50
    (tmp_path / "index.sqlite3").write_bytes(content)
    with pytest.raises(WrongStore, match="not a readable SQLite database"):
        migrate.upgrade(database)
    assert (tmp_path / "index.sqlite3").read_bytes() == content


def test_a_database_in_a_folder_that_is_not_there_is_unreachable(tmp_path: Path) -> None:
    with pytest.raises(Unreachable, match="check the folder"):
        migrate.upgrade(Database(f"sqlite:///{tmp_path / 'missing' / 'index.sqlite3'}"))


def test_a_record_put_into_the_index_of_a_migrated_database_is_found(database: Database) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    migrate.upgrade(database)
    index = SqliteSearchIndex()
    with database.write() as connection:
        assert not index.outdated(connection)
        index.put(connection, [_document(now)])
        found = index.search(connection, "snowplough", viewer=Viewer.EVERYTHING)
        other = index.search(connection, "snowman", viewer=Viewer.EVERYTHING)
    assert [hit.record_id for hit in found.hits] == ["rc_1"]
    assert other.total.count == 0


def test_on_postgresql_text_sorts_by_code_points_and_numbers_have_64_bits(databases: Databases) -> None:
    database = Database(databases.new_with_tables())
    inspector = inspect(database.engine)
    for table in migrate.metadata().sorted_tables:
        for column in inspector.get_columns(table.name):
            kind, where = column["type"], f"{table.name}.{column['name']}"
            if isinstance(kind, Text | String) and not isinstance(table.c[column["name"]].type, Json):
                assert kind.collation == "C", where
            assert not isinstance(kind, Integer) or isinstance(kind, BigInteger), where
    database.close()


def test_on_postgresql_the_way_down_and_up_again_gives_the_same_tables(databases: Databases) -> None:
    from alembic import command

    database = Database(databases.new_with_tables())
    before = _columns(database)
    with database.write() as connection:
        command.downgrade(migrate._config(connection), "base")
    assert set(inspect(database.engine).get_table_names()) <= {"alembic_version"}
    migrate.upgrade(database)
    assert _columns(database) == before
    database.close()


def test_on_postgresql_what_is_not_ours_or_too_new_is_refused(databases: Databases) -> None:
    database = Database(databases.new())
    with database.write() as connection:
        connection.exec_driver_sql("CREATE TABLE invoices (id integer)")
    with pytest.raises(WrongStore, match="another program") as caught:
        migrate.upgrade(database)
    assert PASSWORD not in str(caught.value)
    with database.write() as connection:
        connection.exec_driver_sql("DROP TABLE invoices")
    migrate.upgrade(database)
    with database.write() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(WrongStore, match="newer version"):
        migrate.upgrade(database)
    database.close()


def test_a_server_that_is_too_old_or_in_another_encoding_is_one_clear_line(
    databases: Databases, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = Database(databases.new(encoding="LATIN1"))
    with pytest.raises(WrongStore, match="ENCODING 'UTF8'"):
        migrate.upgrade(other)
    other.close()
    database = Database(databases.new())
    monkeypatch.setattr(engines, "OLDEST", 99)
    with pytest.raises(Unreachable, match="version 99 or later is needed"):
        migrate.upgrade(database)
    database.close()


def _columns(database: Database) -> dict[str, list[str]]:
    inspector = inspect(database.engine)
    return {
        name: sorted(
            str((column["name"], column["type"], column["nullable"])) for column in inspector.get_columns(name)
        )
        for name in inspector.get_table_names()
    }


def _document(now: datetime) -> Document:
    return Document(
        record_id="rc_1",
        account_id="ac_1",
        platform="mastodon",
        kind="post",
        access="public",
        state="visible",
        created_at=now,
        first_seen_at=now,
        versions=(DocumentVersion("ve_1", "The snowplough comes at six.", current=True),),
    )


def _schema(database: Database) -> list[tuple[str, str]]:
    with database.read() as connection:
        rows = connection.exec_driver_sql("SELECT name, sql FROM sqlite_master WHERE sql IS NOT NULL ORDER BY name")
        return [(name, sql) for name, sql in rows]
