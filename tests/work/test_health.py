"""What the health says of a service that does its work, and of one that does not."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, update

from archiver.accounts.models import Account
from archiver.archive import Archive
from archiver.capture.models import Due, Lease, Run
from archiver.capture.spool import Spool, dead
from archiver.clock import SetClock
from archiver.operations import doctor, health, history
from archiver.settings import Settings
from archiver.work.service import Work

NOW = datetime(2026, 5, 1, tzinfo=UTC)


@pytest.fixture
def clock() -> SetClock:
    return SetClock(NOW)


@pytest.fixture
def work(tmp_path: Path, clock: SetClock) -> Iterator[Work]:
    settings = Settings(home=tmp_path / "home", disk_reserve_percent=0, tick_seconds=0.05, snapshot_hours=0)
    with Archive.open(settings, clock=clock) as archive:
        work = Work(archive)
        yield work
        work.capture.close()


def _account(work: Work) -> None:
    with work.archive.database.write() as connection:
        connection.execute(
            insert(Account).values(
                id="ac_1", platform="feed", service="s", platform_id="1", handle="h", name="n", url="u",
                state_since=NOW, added_at=NOW,
            )
        )  # fmt: skip


def _reasons(work: Work) -> list[str]:
    return [reason.partition(":")[0] for reason in health.check(work.archive, work).as_json()["reasons"]]


def test_a_service_that_ticks_is_well_and_one_that_stopped_ticking_is_not(work: Work, clock: SetClock) -> None:
    assert _reasons(work) == []
    clock.advance(timedelta(minutes=2))
    assert _reasons(work) == ["clock"], "it never ticked since it was started"
    work.ticker.beat = clock.now()
    assert _reasons(work) == []
    work.ticker.failing = "RuntimeError"
    assert _reasons(work) == ["clock"]


def test_a_sweep_that_waits_for_long_is_said_unless_the_account_is_paused(work: Work, clock: SetClock) -> None:
    work.ticker.beat = clock.now()
    with work.archive.database.write() as connection:
        for name, state in (("ac_1", "active"), ("ac_2", "paused")):
            connection.execute(
                insert(Account).values(
                    id=name, platform="feed", service="s", platform_id=name, handle=name, name=name, url="u",
                    state=state, state_since=NOW, added_at=NOW,
                )
            )  # fmt: skip
        late = {"ac_1": NOW - timedelta(minutes=10), "ac_2": NOW - timedelta(days=9)}
        for name, at in late.items():
            connection.execute(insert(Due).values(account_id=name, sweep="new", due_at=at, failures=0))
    assert _reasons(work) == []
    clock.advance(timedelta(minutes=6))
    work.ticker.beat = clock.now()
    assert _reasons(work) == ["schedule"]


def test_a_full_disk_is_said(work: Work) -> None:
    settings = work.archive.settings.model_copy(update={"disk_reserve_percent": 99.99})
    object.__setattr__(work.archive, "settings", settings)
    assert "disk" in _reasons(work)


def test_the_doctor_finds_an_open_home_a_full_disk_and_a_store_that_is_gone(work: Work, tmp_path: Path) -> None:
    settings = work.archive.settings
    assert [one for one in doctor.examine(settings) if not one.ok] == []
    assert list((tmp_path / "home" / "store" / "probe").glob("*")) == [], "the probe is removed again"
    (tmp_path / "home").chmod(0o755)
    found = {one.what: one for one in doctor.examine(settings) if not one.ok}
    assert list(found) == ["home"]
    assert "chmod 700" in found["home"].remedy
    (tmp_path / "home").chmod(0o700)
    full = settings.model_copy(update={"disk_reserve_percent": 99.99})
    assert [one.what for one in doctor.examine(full) if not one.ok] == ["disk"]
    (tmp_path / "home" / "store").rename(tmp_path / "aside")
    assert [one.what for one in doctor.examine(settings) if not one.ok] == ["archive"]


def test_the_doctor_never_fails_itself(tmp_path: Path) -> None:
    (tmp_path / "junk.sqlite3").write_bytes(b"junk" * 1000)
    findings = doctor.examine(Settings(home=tmp_path, database_url=f"sqlite:///{tmp_path}/junk.sqlite3"))
    assert {"tables", "archive"} <= {one.what for one in findings if not one.ok}
    assert all(one.remedy for one in findings if not one.ok)


def test_a_run_is_under_way_while_its_account_is_held_and_interrupted_afterwards(work: Work) -> None:
    _account(work)
    with work.archive.database.write() as connection:
        connection.execute(
            insert(Run).values(
                id="rn_1", account_id="ac_1", number=7, sweep="new", trigger="schedule", started_at=NOW,
                finished_at=NOW, outcome="interrupted", reason="stopped before its end", settings_hash="0",
                connector_version="1", counts={}, bookmark_before={}, bookmark_after={}, drift=[],
            )
        )  # fmt: skip
        until = NOW + timedelta(minutes=2)
        connection.execute(insert(Lease).values(account_id="ac_1", epoch=7, holder="sp_1", expires_at=until))
        assert [one.outcome for one in history.runs(connection, NOW)] == [None]
        assert history.last_runs(connection, NOW)["ac_1"].reason is None
        assert history.run(connection, until, "rn_1").outcome == "interrupted", "the holder died"
        left = history.run(connection, NOW, "rn_1", dead={"sp_1"})
        assert (left.outcome, left.recovery_due_at) == ("interrupted", NOW), "the holder is known to have died"
        assert history.run(connection, until, "rn_1").recovery_due_at == until
        assert history.held(connection, NOW) == {}
        connection.execute(update(Lease).values(epoch=8))
        assert history.run(connection, NOW, "rn_1").outcome == "interrupted", "another run holds the account"
        assert history.run(connection, NOW, "rn_1").recovery_due_at is None
        assert history.held(connection, NOW) == {"ac_1": history.HoldView(None)}, "of which nothing is archived yet"
        assert history.held(connection, NOW, {"sp_1"})["ac_1"].recovery_due_at == NOW


def test_a_folder_is_dead_once_nobody_holds_its_lock(work: Work) -> None:
    root = work.archive.settings.spool
    assert dead(root) == frozenset(), "our own is held by ourselves"
    other = Spool(root, "sp_other")
    (other.folder / "kept").write_bytes(b"something")
    assert dead(root) == frozenset()
    other.close()
    assert dead(root) == {"sp_other"}
    assert dead(root, tried={"sp_other"}) == frozenset()
    assert dead(root / "not there") == frozenset()


def test_what_a_process_held_that_died_is_free_at_the_next_tick(work: Work, clock: SetClock) -> None:
    _account(work)
    with work.archive.database.write() as connection:
        until = NOW + timedelta(minutes=15)
        connection.execute(insert(Lease).values(account_id="ac_1", epoch=7, holder="sp_other", expires_at=until))
    other = Spool(work.archive.settings.spool, "sp_other")
    (other.folder / "kept").write_bytes(b"something")
    work.capture.take_over()
    with work.archive.database.read() as connection:
        assert history.held(connection, NOW, dead(work.archive.settings.spool))["ac_1"].recovery_due_at is None
    other.close()
    with work.archive.database.read() as connection:
        assert history.held(connection, NOW, dead(work.archive.settings.spool))["ac_1"].recovery_due_at == NOW
    work.capture.take_over()
    with work.archive.database.read() as connection:
        assert history.held(connection, NOW) == {}
