"""The PostgreSQL under an archive stops, is read-only or locked, gives work up, or does not say whether a commit was
kept; and a leader is paused in the middle of its commit."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

import psycopg
import pytest
from sqlalchemy import event
from sqlalchemy.engine import make_url

from archiver.capture.failures import DatabaseUnavailable
from archiver.records import digests
from tests.faults import checks
from tests.faults.inside import Inside, at_point, inside
from tests.faults.sessions import open_archive
from tests.faults.town import FULL, NEW, Town
from tests.servers.commit_proxy import CommitProxy, Loss
from tests.servers.databases import Databases
from tests.servers.postgresql import Server

pytestmark = pytest.mark.slow

_COMMITTER = "archiver.capture.committer"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """One that may be stopped."""
    started = Server()
    yield started
    started.close()


@pytest.fixture(scope="module")
def town(server: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """An archive on that server, with a folder as its store and leases that last a second."""
    databases = Databases(server.url)
    url = databases.new_with_tables()
    folder = tmp_path_factory.mktemp("postgresql") / "town"
    made = Town(folder, {"database_url": url, "lease_seconds": 1}, lose_index=lambda: databases.empty(url))
    with ExitStack() as ending:
        ending.callback(made.close)
        made.session(*made.everything(FULL))
        yield made


@contextmanager
def _admin(town: Town) -> Iterator[psycopg.Connection[Any]]:
    """Beside the archive, in its database."""
    plain = make_url(town.settings["database_url"]).set(drivername="postgresql")
    with psycopg.connect(plain.render_as_string(hide_password=False), autocommit=True) as connection:
        yield connection


_OTHERS = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
_END_OTHERS = f"SELECT pg_terminate_backend(pid) {_OTHERS}"


# --- away, read-only, locked -----------------------------------------------------------------------------------------


@contextmanager
def _read_only(here: Inside) -> Iterator[None]:
    """As after a takeover, while the new primary does not write yet."""
    with _admin(here.town) as admin:
        name = admin.info.dbname
        admin.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
        admin.execute(_END_OTHERS)
        yield
        admin.execute("SET default_transaction_read_only = off")
        admin.execute(f"ALTER DATABASE {name} RESET default_transaction_read_only")
        admin.execute(_END_OTHERS)


@contextmanager
def _locked(here: Inside) -> Iterator[None]:
    """Somebody holds a table for longer than we wait."""

    def wait_briefly(connection: Any, _: object) -> None:
        connection.execute("SET lock_timeout = '100ms'")

    engine = here.archive.database.engine
    event.listen(engine, "connect", wait_briefly)
    engine.dispose()
    with _admin(here.town) as admin, admin.transaction():
        admin.execute("LOCK TABLE lease IN ACCESS EXCLUSIVE MODE")
        yield
    event.remove(engine, "connect", wait_briefly)
    engine.dispose()


@pytest.mark.parametrize(("fault", "says"), [(_read_only, "written|reached|stopping"), (_locked, "busy")])
def test_a_database_that_cannot_be_written_leaves_all_in_the_spool(
    town: Town, fault: Callable[[Inside], Any], says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with inside(town) as here:
        _fails_and_is_finished_later(here, "commit.put", lambda: fault(here), says, monkeypatch)
    checks.check(town, rebuilt=False)


def test_a_server_that_crashes_anywhere_in_a_commit_loses_and_doubles_nothing(
    town: Town, server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    @contextmanager
    def stopped() -> Iterator[None]:
        server.stop("immediate")
        yield
        server.start()

    with inside(town) as here:
        for point in ("commit.put", "commit.begun", "commit.written", "commit.done"):
            _fails_and_is_finished_later(here, point, stopped, "reached|stopping|starting", monkeypatch)
    checks.check(town, rebuilt=False)


def _fails_and_is_finished_later(
    here: Inside, point: str, fault: Callable[[], Any], says: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The database fails when a run comes to ``point``: nothing further is asked for until it is back."""
    key, away = here.say(f"Said before {point}"), fault()
    with monkeypatch.context() as patch:
        at_point(patch, _COMMITTER, point, away.__enter__)
        with pytest.raises(DatabaseUnavailable, match=f"the database .*({says})"):
            here.run()
    here.town.note_spool()
    asked = here.asked()
    with pytest.raises(DatabaseUnavailable, match="kept and finished"):
        here.run()
    assert here.asked() == asked, "nothing is captured that cannot be archived"
    away.__exit__(None, None, None)
    here.run()
    assert key in checks.visible(here.town, here.office)


# --- given up, and without an answer -----------------------------------------------------------------------------


@pytest.mark.parametrize("table", ["segment", "event"])
def test_a_commit_that_was_given_up_for_another_is_done_again_and_once(town: Town, table: str) -> None:
    with _admin(town) as admin:
        admin.execute("CREATE SEQUENCE times")  # what it counts is not undone with the transaction
        admin.execute(
            "CREATE FUNCTION give_up() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF nextval('times') < 3 THEN"
            " RAISE EXCEPTION 'deadlock detected' USING ERRCODE = '40P01'; END IF; RETURN NEW; END $$"
        )
        admin.execute(f"CREATE TRIGGER give_up BEFORE INSERT ON {table} FOR EACH ROW EXECUTE FUNCTION give_up()")
        with inside(town) as here:
            key = here.say()
            here.run()
        admin.execute(f"DROP TRIGGER give_up ON {table}")
        tried = admin.execute("SELECT last_value FROM times").fetchone()
        admin.execute("DROP FUNCTION give_up")
        admin.execute("DROP SEQUENCE times")
    assert tried is not None
    assert tried[0] >= 3
    checks.check(town, rebuilt=False)
    assert key in checks.visible(town, town.accounts[1])


def test_a_commit_whose_outcome_is_unknown_has_its_effect_once(town: Town, thorough: bool) -> None:
    every = [(number, loss) for number in range(1, 9) for loss in Loss]
    short = [(1, Loss.LATE), (2, Loss.ASKING), (2, Loss.ANSWER), (2, Loss.LATE), (3, Loss.ANSWER), (4, Loss.ANSWER)]
    with CommitProxy(town.settings["database_url"]) as proxy, inside(town, database_url=proxy.url) as here:
        for number, loss in every if thorough else short:
            key, before = here.say(f"Said before commit {number} {loss.name}"), proxy.commits
            proxy.strike(number, loss)
            said = _unavailable(here)
            assert proxy.commits >= before + min(number, 2), said
            town.note_spool()
            here.run()
            assert key in checks.visible(town, here.office)
    checks.check(town, rebuilt=False)


def _unavailable(here: Inside) -> str:
    """Run; what was said where the database did not answer."""
    try:
        here.run()
    except DatabaseUnavailable as error:
        return f"{error} {error.__cause__!r}"
    return ""


# --- the paused leader ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("point", ["commit.put", "commit.written"])
def test_a_leader_that_was_paused_does_not_write_when_it_wakes(town: Town, point: str) -> None:
    account = town.accounts[1]
    first = town.say("Said before the pause")
    paused = town.start((account, NEW), arm=f"{point}:1:SIGSTOP")
    paused.wait_until_paused()
    town.note_spool()
    if point == "commit.written":
        with _admin(town) as admin:  # as the server does by itself after a quarter of an hour
            assert admin.execute(f"{_END_OTHERS} AND state = 'idle in transaction'").fetchall() == [(True,)]
    time.sleep(1.1)
    second = town.say("Said during the pause")
    told = town.session((account, NEW))
    assert [run.outcome.value for run in told.runs] == ["complete"]
    paused.resume()
    late = paused.wait()
    assert late is not None
    assert not late.crash, late.crash
    assert [one.partition(":")[0] for one in late.errors] == [
        "StaleLease" if point == "commit.put" else "DatabaseUnavailable"
    ]
    town.session(*town.everything(NEW))
    checks.check(town, rebuilt=point == "commit.written")
    assert {first, second} <= checks.visible(town, account)


# --- a backup --------------------------------------------------------------------------------------------------------


def test_a_restored_backup_is_noticed_and_brought_up_to_date_from_the_store(town: Town, server: Server) -> None:
    name = make_url(town.settings["database_url"]).database
    with Databases(server.url).admin() as admin:
        admin.execute(f"CREATE DATABASE backup TEMPLATE {name}")
        key = town.say("Said after the backup")
        town.session(*town.everything(NEW))
        with open_archive(town.home, town.settings) as archive:
            before = checks.content(archive)
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
        admin.execute(f"ALTER DATABASE backup RENAME TO {name}")
    asked = len(town.server.log)
    told = town.start((town.accounts[1], NEW)).wait()
    assert told is not None
    assert "older than the store" in told.crash
    assert len(town.server.log) == asked, "nothing is captured into a database that is older than the store"
    town.session(rebuild=True)
    with open_archive(town.home, town.settings) as archive:
        assert digests.differences(before, checks.content(archive)) == []
    town.sign_in()
    town.session(*town.everything(NEW))
    checks.check(town, rebuilt=False)
    assert key in checks.visible(town, town.accounts[1])
