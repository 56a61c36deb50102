"""Who may capture an account now.

A lease is for one run. Its epoch rises at every acquisition and is the run's number, so the order of runs is the order
of leases. A lease can expire while its holder is paused; the holder then finds a higher epoch in its commit and is
refused, so two holders never both write (the clock decides who tries, the epoch decides who writes).
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection, Row, func, insert, select, update
from sqlalchemy.exc import DBAPIError

from archiver import logs
from archiver.accounts.models import Account
from archiver.capture.models import Lease, Run
from archiver.clock import Clock, SystemClock
from archiver.database import Database, Instant, Lock, take
from archiver.errors import Busy
from archiver.faults import crash_point
from archiver.records.models import RebuildProgress

_log = logs.get(__name__)


class StaleLease(Busy):
    """Somebody else took the account over in the meantime. What was stored is kept and adopted later."""


class RebuildUnderWay(Busy):
    """What is in the index is not all there is, and not all as it was last."""


def require_whole_index(connection: Connection) -> None:
    """Refuse what would be wrong while the index is being made anew.

    Raises:
        RebuildUnderWay: it is.
    """
    if connection.execute(select(RebuildProgress.account_id).limit(1)).first() is not None:
        raise RebuildUnderWay(
            "the index is being made anew: wait until `archiver index rebuild` is done, or run it again to go"
            " on where it was stopped"
        )


@dataclass(frozen=True, slots=True)
class Held:
    account_id: str
    epoch: int
    holder: str


@dataclass(slots=True)
class Leases:
    """Takes accounts for one process: one thread per account in here, one process per account anywhere."""

    database: Database
    clock: Clock
    lasts: timedelta
    holder: str
    """Name of this process's spool folder, which lives and dies with it."""
    _active: set[str] = field(default_factory=set)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def held(self, account_id: str, *, dead: str | None = None, above: int = 0) -> Iterator[Held]:
        """Hold the account's lease; at once where its holder is known to be ``dead``. Its epoch is ``above`` a number
        that a run of the account is known to have had.

        Raises:
            Busy: another thread or process is at it.
        """
        with self.using(account_id):
            held = acquire(self.database, account_id, self.holder, self.clock, self.lasts, dead=dead, above=above)
            crash_point("lease.taken")
            try:
                yield held
            finally:
                self._release(held)

    @contextmanager
    def using(self, account_id: str) -> Iterator[None]:
        """Keep other threads of this process off an account.

        Raises:
            Busy: one of them is at it.
        """
        with self._lock:
            if account_id in self._active:
                raise Busy("this account is being captured just now; try again in a moment")
            self._active.add(account_id)
        try:
            yield
        finally:
            with self._lock:
                self._active.discard(account_id)

    def _release(self, held: Held) -> None:
        """Give the account back. Where that fails the lease runs out by itself, and we can take it again at once."""
        try:
            release(self.database, held, self.clock)
        except DBAPIError as error:
            _log.warning("lease.not_released", account=held.account_id, exc_info=error)

    def free(self, dead: str) -> None:
        """Give back whatever a process that died was holding."""

        def give_back(connection: Connection) -> None:
            given = {"holder": "", "expires_at": now(connection, self.clock)}
            connection.execute(update(Lease).where(Lease.holder == dead).values(**given))

        self.database.act(give_back)


def now(connection: Connection, clock: Clock) -> datetime:
    """The time by which leases run out. On PostgreSQL, which several machines may share, it is the database's own, so
    that one whose clock is wrong takes no account from another; a clock that is set is everybody's clock."""
    if connection.dialect.name == "postgresql" and isinstance(clock, SystemClock):
        at: datetime = connection.execute(select(func.clock_timestamp(type_=Instant))).scalar_one()
        return at
    return clock.now()


def acquire(
    database: Database,
    account_id: str,
    holder: str,
    clock: Clock,
    lasts: timedelta,
    *,
    dead: str | None = None,
    above: int = 0,
) -> Held:
    """Take the account for one run; at once where its holder is ourselves (the lease could not be given back) or is
    known to be ``dead``. The epoch is higher than any before, than any run's number, and than ``above``.

    Raises:
        Busy: somebody holds it and has not let it expire, or a rebuild is under way.
    """

    def give(connection: Connection) -> Held:
        take(connection, Lock.REBUILD, shared=True)
        require_whole_index(connection)
        row, at = _locked(connection, account_id), now(connection, clock)
        if row is not None and row.expires_at > at and row.holder not in ("", dead, holder):
            raise Busy("this account is being captured by another process just now; try again in a moment")
        epoch = max(row.epoch if row else 0, _last_number(connection, account_id), above) + 1
        values = {"epoch": epoch, "holder": holder, "expires_at": at + lasts}
        if row is None:
            connection.execute(insert(Lease).values(account_id=account_id, **values))
        else:
            connection.execute(update(Lease).where(Lease.account_id == account_id).values(**values))
        return Held(account_id, epoch, holder)

    return database.act(give)


def _locked(connection: Connection, account_id: str) -> Row[int, str, datetime] | None:
    """The account's lease, which nobody else changes until the transaction ends; neither is one made where there is
    none. A commit under way is waited for: it may lengthen the lease."""
    query = select(Lease.epoch, Lease.holder, Lease.expires_at).where(Lease.account_id == account_id).with_for_update()
    found = connection.execute(query).one_or_none()
    if found is None:
        connection.execute(select(Account.id).where(Account.id == account_id).with_for_update(key_share=True))
        found = connection.execute(query).one_or_none()
    return found


def renew(connection: Connection, held: Held, until: datetime, *, release: bool = False) -> None:
    """Prove, inside the transaction that writes, that the lease is still ours; lengthen it, or give it back.

    Raises:
        StaleLease: it is not.
    """
    result = connection.execute(
        update(Lease)
        .where(Lease.account_id == held.account_id, Lease.epoch == held.epoch, Lease.holder == held.holder)
        .values(expires_at=until, holder="" if release else held.holder)
    )
    if result.rowcount != 1:
        raise StaleLease("another process took this account over; its run goes on, this one stops")


def release(database: Database, held: Held, clock: Clock) -> None:
    """Give the account back, unless the commit did; the epoch stays."""
    mine = (Lease.account_id == held.account_id, Lease.epoch == held.epoch, Lease.holder == held.holder)
    with database.read() as connection:
        if connection.execute(select(Lease.epoch).where(*mine)).first() is None:
            return
    database.act(
        lambda connection: connection.execute(
            update(Lease).where(*mine).values(holder="", expires_at=now(connection, clock))
        )
    )


def revoke_all(connection: Connection) -> None:
    """Take every account from whoever holds it: what they bring from now on is refused, and adopted later. Whoever
    calls this keeps new leases from being given in the same transaction."""
    connection.execute(update(Lease).values(epoch=Lease.epoch + 1, holder=""))


def _last_number(connection: Connection, account_id: str) -> int:
    return connection.execute(select(func.max(Run.number)).where(Run.account_id == account_id)).scalar() or 0
