"""The database is locked, gone or read-only, or does not say whether a commit was kept."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import event

from archiver.capture.failures import DatabaseUnavailable
from tests.faults import checks
from tests.faults.inside import Inside, at_point, inside
from tests.faults.shared import Shared
from tests.faults.town import FULL, Town

_COMMITTER = "archiver.capture.committer"


@contextmanager
def _locked(here: Inside) -> Iterator[None]:
    """Another process holds the write lock for longer than we wait."""

    def wait_briefly(connection: Any, _: object) -> None:
        connection.execute("PRAGMA busy_timeout=20")

    engine = here.archive.database.engine
    event.listen(engine, "connect", wait_briefly)
    engine.dispose()
    other = sqlite3.connect(here.town.home / "index.sqlite3", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    yield
    other.rollback()
    other.close()
    event.remove(engine, "connect", wait_briefly)
    engine.dispose()


@contextmanager
def _gone(here: Inside) -> Iterator[None]:
    """Where the database was is something else."""
    here.archive.database.engine.dispose()
    index, away = here.town.home / "index.sqlite3", here.town.folder / "away"
    away.mkdir()
    moved = [path.rename(away / path.name) for path in here.town.home.glob("index.sqlite3*")]
    index.mkdir()
    yield
    here.archive.database.engine.dispose()
    index.rmdir()
    for path in moved:
        path.rename(here.town.home / path.name)
    away.rmdir()


@contextmanager
def _read_only(here: Inside) -> Iterator[None]:
    def refuse_writes(connection: Any) -> None:
        connection.exec_driver_sql("PRAGMA query_only=1")

    engine = here.archive.database.engine
    event.listen(engine, "begin", refuse_writes)
    yield
    event.remove(engine, "begin", refuse_writes)
    engine.dispose()


@contextmanager
def _damaged(here: Inside) -> Iterator[None]:
    """The file's header is overwritten."""
    here.archive.database.engine.dispose()
    index = here.town.home / "index.sqlite3"
    content = index.read_bytes()
    index.write_bytes(b"not a database" + content[14:])
    yield
    here.archive.database.engine.dispose()
    index.write_bytes(content)


Away = Callable[[Inside], Any]
_FAULTS = [(_locked, "busy"), (_gone, "opened"), (_read_only, "written"), (_damaged, "damaged")]


@pytest.mark.parametrize(("fault", "says"), _FAULTS)
@pytest.mark.parametrize("point", ["commit.put", "commit.done"])
def test_a_database_that_fails_at_the_commit_leaves_all_in_the_spool_for_a_later_run(
    shared: Shared, fault: Away, says: str, point: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    town = shared.take()
    with inside(town) as here:
        key = here.say("Said while the database is away")
        away = fault(here)
        with monkeypatch.context() as patch:
            at_point(patch, _COMMITTER, point, away.__enter__)
            with pytest.raises(DatabaseUnavailable, match=f"the database .*{says}"):
                here.run()
        town.note_spool()
        asked = here.asked()
        with pytest.raises(DatabaseUnavailable, match="kept and finished"):
            here.run()
        assert here.asked() == asked, "nothing is captured that cannot be archived"
        away.__exit__(None, None, None)
        here.run()
    shared.check(town)
    assert key in checks.visible(town, town.accounts[1])


def test_a_process_that_ends_while_the_database_is_locked_leaves_all_to_the_next(
    shared: Shared, monkeypatch: pytest.MonkeyPatch
) -> None:
    town = shared.take()
    locked: list[Any] = []
    with pytest.raises(DatabaseUnavailable):
        _end_while_locked(town, monkeypatch, locked)
    locked[0].__exit__(None, None, None)
    town.note_spool()
    town.session(*town.everything(FULL))
    shared.check(town)


def _end_while_locked(town: Town, monkeypatch: pytest.MonkeyPatch, locked: list[Any]) -> None:
    with inside(town) as here:
        here.say("Said while the database is locked")
        locked.append(_locked(here))
        with monkeypatch.context() as patch:
            at_point(patch, _COMMITTER, "commit.put", locked[0].__enter__)
            with pytest.raises(DatabaseUnavailable):
                here.run()


# --- commits without an answer ---------------------------------------------------------------------------------------


@contextmanager
def _commits(here: Inside, number: int, *, kept: bool) -> Iterator[list[int]]:
    """The answer of one commit of a writing transaction is lost, after it was ``kept`` or before."""
    dialect = here.archive.database.engine.dialect
    real, made = dialect.do_commit, list[int]()

    def commit(connection: Any) -> None:
        if connection.total_changes == getattr(commit, "before", {}).get(id(connection), 0):
            return real(connection)
        made.append(len(made) + 1)
        if len(made) == number:
            if kept:
                real(connection)
            else:
                dialect.do_rollback(connection)
            raise sqlite3.OperationalError("disk I/O error")
        return real(connection)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(dialect, "do_commit", commit)
        yield made


@pytest.mark.slow
@pytest.mark.parametrize(
    ("quiet", "kept"),
    [(True, False), (False, True), *(pytest.param(one, one, marks=pytest.mark.long) for one in (True, False))],
)
def test_a_commit_whose_outcome_is_unknown_has_its_effect_once(shared: Shared, kept: bool, quiet: bool) -> None:
    town = shared.take()
    with inside(town) as here:
        number = 1
        while True:
            if not quiet:
                here.say(f"Said before commit {number}", picture=number % 2 == 0)
            with _commits(here, number, kept=kept) as made, suppress(DatabaseUnavailable):
                here.run()
            town.note_spool()
            here.run()
            if len(made) < number:
                break
            number += 1
        assert number > 3
    shared.check(town)


@pytest.mark.slow
@pytest.mark.parametrize("kept", [True, pytest.param(False, marks=pytest.mark.long)])
def test_a_process_that_dies_after_such_a_commit_leaves_no_doubt(shared: Shared, kept: bool) -> None:
    town = shared.take()
    for number in (1, 2, 3, 4):
        key = f"status/{town.city.say(town.cast.works, f'Said before commit {number}')}"
        _unanswered(town, number, kept=kept)
        town.note_spool()
        town.session(*town.everything(FULL))
        assert key in checks.visible(town, town.accounts[1])
        _unanswered(town, number, kept=kept)
        town.session()
    shared.check(town)


def _unanswered(town: Town, number: int, *, kept: bool) -> None:
    with (
        suppress(DatabaseUnavailable),
        inside(town) as here,
        _commits(here, number, kept=kept),
        suppress(DatabaseUnavailable),
    ):
        here.run()


def test_an_adoption_whose_commit_gave_no_answer_happens_once(shared: Shared) -> None:
    town = shared.take()
    for kept in (True, False):
        for number in (1, 2, 3, 4, 5):
            town.city.say(town.cast.works, f"Said before commit {number}")
            assert town.killed((town.accounts[1], FULL), arm="commit.begun")
            for path in Path(town.spool).glob("*/rn_*"):
                path.unlink()
            with inside(town, recover=False) as here:
                with _commits(here, number, kept=kept), suppress(DatabaseUnavailable):
                    here.capture.recover()
                here.capture.recover()
                here.run()
            checks.check(town, rebuilt=number == 5)
    shared.check(town)
