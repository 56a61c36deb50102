"""The index moved into another database: every row, or nothing."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from sqlalchemy import update

from archiver import migrate
from archiver.archive import Archive
from archiver.capture.service import Capture
from archiver.errors import Busy, IntegrityError, Refused, UsageError, WrongStore
from archiver.evidence import service as evidence
from archiver.evidence.models import Archive as ArchiveRow
from archiver.operations import index_move
from archiver.operations.index_move import move
from archiver.operations.index_rows import DERIVED, IN_SNAPSHOTS, LEFT_OUT, PROGRESS, copy, moved_tables
from archiver.operations.verify import verify
from archiver.records.digests import differences, digests
from archiver.settings import Settings
from connectors.contract import SweepKind
from tests.operations.conftest import Lived
from tests.servers.databases import Databases


@pytest.fixture
def archive(lived: Lived, tmp_path: Path) -> Archive:
    """A copy of the archive, index and all."""
    old, home = lived.house.home / "archive", tmp_path / "copy"
    with lived.house.archive.database.write():  # nobody writes meanwhile
        shutil.copytree(old, home, ignore=shutil.ignore_patterns("spool"))
    return _open(lived, home, f"sqlite:///{home / 'index.sqlite3'}")


def _open(lived: Lived, home: Path, url: str) -> Archive:
    places = {"home": home, "store_url": (home / "store").as_uri(), "key_file": home / "keys" / "tokens.key"}
    settings = lived.house.archive.settings.model_copy(update={**places, "database_url": url})
    assert isinstance(settings, Settings)
    return Archive.open(settings, kind="practice", clock=lived.house.clock)


def test_from_sqlite_to_postgresql_and_back_every_row_is_the_same_and_capture_goes_on(
    lived: Lived, archive: Archive, databases: Databases, tmp_path: Path
) -> None:
    url, home = databases.new(), archive.settings.home
    with archive.database.read() as connection:
        before = digests(connection, [one for one in moved_tables() if one.name != "event"])
    moved = move(archive, url)
    assert moved.rows > 100
    assert "test" in moved.place
    archive.close()
    with _open(lived, home, url) as there:
        with there.database.read() as connection:
            assert there.search.check(connection).ok
            after = digests(connection, [one for one in moved_tables() if one.name != "event"])
        assert {name for name in before if before[name] != after[name]} <= {"log_head"}, differences(before, after)
        token = there.vault.token(lived.house.looks[0][1])
        assert token is not None
        capture = Capture(there)
        lived.house.later(hours=1)
        assert capture.run(lived.house.looks[0][1], SweepKind.NEW, trigger="person").outcome in (
            "complete",
            "unchanged",
        )
        capture.close()
        evidence.sign(there.signed_log)
        assert verify(there).ok
        back = tmp_path / "back.sqlite3"
        assert move(there, f"sqlite:///{back}").rows > moved.rows
    with _open(lived, home, f"sqlite:///{back}") as again:
        assert verify(again).ok
    with pytest.raises(WrongStore, match="was moved out of this database"):
        _open(lived, home, f"sqlite:///{home / 'index.sqlite3'}")


def test_of_two_databases_that_a_kill_left_only_one_can_go_on(lived: Lived, archive: Archive, tmp_path: Path) -> None:
    home, url = archive.settings.home, f"sqlite:///{tmp_path / 'new.sqlite3'}"
    move(archive, url)
    with archive.database.write() as connection:  # as if the move had been killed before it came so far
        connection.execute(update(ArchiveRow).values(moved_at=None))
    archive.close()
    with (
        _open(lived, home, f"sqlite:///{home / 'index.sqlite3'}") as old,
        pytest.raises(IntegrityError, match="the database"),
    ):
        evidence.sign(old.signed_log)


def test_of_every_table_it_is_decided_whether_a_snapshot_holds_it() -> None:
    assert {one.name for one in migrate.metadata().sorted_tables} == DERIVED | PROGRESS | LEFT_OUT | IN_SNAPSHOTS
    assert not LEFT_OUT & IN_SNAPSHOTS


def test_what_is_not_empty_or_in_use_is_refused_and_nothing_moves(
    lived: Lived, archive: Archive, tmp_path: Path
) -> None:
    url = f"sqlite:///{tmp_path / 'new.sqlite3'}"
    with pytest.raises(UsageError, match="already"):
        move(archive, str(archive.settings.database_url))
    with Archive.open(Settings(home=tmp_path / "other")) as other, pytest.raises(Refused, match="not empty"):
        move(archive, other.settings.database_url)
    capture = Capture(archive)
    with pytest.raises(Busy, match="stop it first"):
        move(archive, url)
    capture.close()
    move(archive, url)
    with pytest.raises(IntegrityError, match="older"):
        move(archive, url)
    archive.close()


def test_a_row_that_does_not_arrive_stops_the_move(
    archive: Archive, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"sqlite:///{tmp_path / 'new.sqlite3'}"

    def losing(source: object, target: object, one: object) -> int:
        if getattr(one, "name", "") == "coverage":
            return 0
        return copy(source, target, one)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(index_move, "copy", losing)
        with pytest.raises(IntegrityError, match="nothing was moved: coverage"):
            move(archive, url)
    assert move(archive, url).tables > 20, "nothing had been left there"
    archive.close()
