"""Locks that roll: lengthened before they end, in walks that can be stopped, and never beyond a due date."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from archiver.clock import SystemClock, from_text
from archiver.evidence.entry import read_entry
from archiver.evidence.models import Event
from archiver.operations import locks
from archiver.storage.lock_rules import days_for, lengthened, round_every
from archiver.storage.protocol import StoreUnavailable
from tests.evidence.house import House
from tests.evidence.samples import AT
from tests.servers.seaweedfs import SeaweedFS
from tests.storage.conftest import s3_keys  # noqa: F401
from tests.storage.samples import sha

days = st.integers(1, 3660)
moments = st.datetimes(datetime(2026, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))


@given(now=moments, count=days, present=st.none() | moments, due=st.none() | moments)
def test_a_lock_is_only_lengthened_never_beyond_its_days_or_the_due_date(
    now: datetime, count: int, present: datetime | None, due: datetime | None
) -> None:
    until = lengthened(now, count, present, due)
    if until is not None:
        assert until > now
        assert present is None or until > present
        assert until <= now + timedelta(days=count)
        assert due is None or until <= due
        assert lengthened(now, count, until, due) is None, "once is enough"


@given(count=days, start=moments)
def test_no_lock_falls_under_three_quarters_of_its_days_between_two_walks(count: int, start: datetime) -> None:
    until = lengthened(start, count, None)
    now = start
    for _ in range(20):
        assert until is not None
        now += round_every(count)
        assert until - now >= min(timedelta(days=count) * 3 / 4, timedelta(days=count) - timedelta(days=1))
        until = lengthened(now, count, until) or until


def test_the_log_is_locked_for_at_least_as_long_as_the_rest_and_trials_never() -> None:
    assert days_for("log/delta/1", 30, 400) == 400
    assert days_for("log/delta/1", 500, 400) == 500
    assert days_for("segments/a", 30, 400) == 30
    assert days_for("segments/a", 0, 400) == days_for("probe/a", 30, 400) == days_for("snapshots/a", 30, 400) == 0


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    one = House(tmp_path / "home", {"log_lock_days": 400, "s3_lock_days": 80})
    one.act(3)
    one.sign()
    one.archive.store.put("segments/a", b"ours", sha(b"ours"))
    yield one
    one.close()


def until(house: House, key: str) -> datetime | None:
    said = house.archive.store.locked_until(key)
    return None if said is None else from_text(said)


def walked(house: House) -> list[object]:
    with house.archive.database.read() as connection:
        rows = connection.execute(Event.__table__.select().where(Event.type == "storage.locked")).all()
    return [read_entry(row.body).data for row in rows]


def test_locks_are_lengthened_when_it_is_time_and_not_before(house: House) -> None:
    assert locks.told(house.archive) == (True, "not looked at yet: the running service does")
    first = locks.roll(house.archive, threading.Event())
    assert first is not None
    assert until(house, "segments/a") == AT + timedelta(days=80), "it had no lock yet"
    deltas = house.keys("log/delta/")
    assert {until(house, key) for key in deltas} == {AT + timedelta(days=400)}
    assert locks.roll(house.archive, threading.Event()) is None
    house.later(days=4)
    assert locks.roll(house.archive, threading.Event()) is None
    house.later(days=56)
    second = locks.roll(house.archive, threading.Event())
    assert second is not None
    assert second.lengthened == second.looked
    assert until(house, "segments/a") == AT + timedelta(days=140)
    assert {until(house, key) for key in deltas} == {AT + timedelta(days=460)}
    assert walked(house) == [{"objects": one.looked, "lengthened": one.lengthened} for one in (first, second)]
    ok, said = locks.told(house.archive)
    assert ok
    assert "the first ends on" in said
    house.later(days=12)
    assert not locks.told(house.archive)[0], "nobody has looked for too long"


def test_a_walk_that_was_stopped_goes_on_behind_what_it_has_done(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    store, stop, lock = type(house.archive.store), threading.Event(), house.archive.store.lock
    done: list[str] = []

    def locking(_: object, key: str, until: datetime, version_id: str | None = None) -> None:
        lock(key, until, version_id)
        done.append(key)
        stop.set()

    monkeypatch.setattr(store, "lock", locking)
    half = locks.roll(house.archive, stop)
    assert half is not None
    assert half.ended_at is None
    assert len(done) == 1
    assert locks.told(house.archive)[1].endswith(f"under way since {AT:%Y-%m-%d}")

    def away(*_: object) -> None:
        raise StoreUnavailable("away")

    monkeypatch.setattr(store, "lock", away)
    with pytest.raises(StoreUnavailable):
        locks.roll(house.archive, threading.Event())
    monkeypatch.setattr(store, "lock", locking)
    stop = threading.Event()
    while (walk := locks.roll(house.archive, threading.Event())) is not None:
        assert walk.begun_at == half.begun_at
    assert len(set(done)) == len(done), "nothing was locked twice"
    assert until(house, "segments/a") is not None
    (house.home / "locks.json").write_text("{")
    assert locks.roll(house.archive, threading.Event()) is not None, "a lost state only begins a walk anew"


def test_locks_of_a_bucket_are_lengthened_in_their_own_mode(
    seaweedfs: SeaweedFS,
    bucket: str,
    s3_keys: None,  # noqa: F811
    tmp_path: Path,
) -> None:
    places = {"store_url": f"s3://{bucket}/a", "s3_endpoint_url": seaweedfs.http}
    short = House(tmp_path / "home", {**places, "log_lock_days": 1, "s3_lock_days": 1}, SystemClock())  # type: ignore[arg-type]
    short.act()
    short.sign()
    short.archive.store.put("segments/a", b"ours", sha(b"ours"))
    short.close()
    longer = House(tmp_path / "home", {**places, "log_lock_days": 20, "s3_lock_days": 10}, SystemClock())  # type: ignore[arg-type]
    walk = locks.roll(longer.archive, threading.Event())
    longer.close()
    assert walk is not None
    assert walk.refused is None
    found = {}
    for one in seaweedfs.client().list_object_versions(Bucket=bucket)["Versions"]:
        key = one["Key"].removeprefix("a/")
        head = seaweedfs.client().head_object(Bucket=bucket, Key=one["Key"], VersionId=one["VersionId"])
        found[key.partition("/")[0]] = (head["ObjectLockMode"], head["ObjectLockRetainUntilDate"])
    now = datetime.now(UTC)
    assert {name: mode for name, (mode, _) in found.items()} == {
        "archive.json": "GOVERNANCE",
        "segments": "GOVERNANCE",
        "log": "COMPLIANCE",
    }
    assert {name: round((at - now) / timedelta(days=1)) for name, (_, at) in found.items()} == {
        "archive.json": 10,
        "segments": 10,
        "log": 20,
    }


def test_a_bucket_without_locks_is_told_once_and_keeps_nothing_from_going_on(
    seaweedfs: SeaweedFS,
    s3_keys: None,  # noqa: F811
    tmp_path: Path,
) -> None:
    with seaweedfs.bucket(lock=False) as bucket:
        places = {"store_url": f"s3://{bucket}/a", "s3_endpoint_url": seaweedfs.http, "log_lock_days": 20}
        house = House(tmp_path / "home", places, SystemClock())  # type: ignore[arg-type]
        house.act()
        house.sign()
        walk = locks.roll(house.archive, threading.Event())
        assert walk is not None
        assert walk.refused is not None
        assert "no Object Lock" in locks.told(house.archive)[1]
        assert locks.roll(house.archive, threading.Event()) is None
        house.close()
