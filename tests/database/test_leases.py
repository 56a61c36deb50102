"""Leases on PostgreSQL, which several machines share: by the database's clock, one holder at a time."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, insert, select, update

from archiver import ids
from archiver.accounts.models import Account
from archiver.capture import leases
from archiver.capture.leases import Held, StaleLease
from archiver.capture.models import Lease
from archiver.clock import SystemClock
from archiver.database import Database, Instant
from archiver.errors import Busy
from tests.servers.databases import Databases

_ACCOUNT = ids.account_id("mastodon", "https://city.example", "1")
_MINUTE = timedelta(minutes=1)


class WrongClock(SystemClock):
    """That of a machine which is a day ahead."""

    def now(self) -> datetime:
        return super().now() + timedelta(days=1)


@pytest.fixture
def database(databases: Databases) -> Iterator[Database]:
    opened = Database(databases.new_with_tables())
    said = dict.fromkeys(("platform", "service", "platform_id", "handle", "name", "url", "authority"), "x")
    with opened.write() as connection:
        at = SystemClock().now()
        connection.execute(
            insert(Account).values(
                id=_ACCOUNT, **said, provisional=True, state="active", state_since=at, settings={}, added_at=at
            )
        )
    yield opened
    opened.close()


def _take(database: Database, holder: str, clock: SystemClock) -> Held:
    return leases.acquire(database, _ACCOUNT, holder, clock, _MINUTE)


def test_a_machine_whose_clock_is_wrong_takes_no_account_from_another(database: Database) -> None:
    held = _take(database, "sp_right", SystemClock())
    with pytest.raises(Busy):
        _take(database, "sp_wrong", WrongClock())
    leases.release(database, held, SystemClock())
    _take(database, "sp_wrong", WrongClock())
    with database.read() as connection:
        until, now = connection.execute(select(Lease.expires_at, func.clock_timestamp(type_=Instant))).one()
    assert timedelta() < until - now <= _MINUTE, "it holds it no longer than others would"


def test_of_many_that_want_an_account_at_once_one_gets_it(database: Database) -> None:
    gate, got, refused = threading.Barrier(8), list[Held](), list[Busy]()

    def want(number: int) -> None:
        gate.wait()
        try:
            got.append(_take(database, f"sp_{number}", SystemClock()))
        except Busy as error:
            refused.append(error)

    threads = [threading.Thread(target=want, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(got), len(refused)) == (1, 7)
    assert got[0].epoch == 1


def test_whoever_was_overtaken_cannot_renew(database: Database) -> None:
    first = _take(database, "sp_first", SystemClock())
    with database.write() as connection:
        connection.execute(update(Lease).values(expires_at=func.clock_timestamp() - _MINUTE))
    second = _take(database, "sp_second", SystemClock())
    assert second.epoch > first.epoch
    with pytest.raises(StaleLease), database.write() as connection:
        leases.renew(connection, first, SystemClock().now() + _MINUTE)
