"""Who may capture an account now.

A lease is for one run. Its epoch rises at every acquisition and is the run's number, so the order of runs is the order
of leases. A lease can expire while its holder is paused; the holder then finds a higher epoch in its commit and is
refused, so two holders never both write (the clock decides who tries, the epoch decides who writes).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, func, insert, select, update

from archiver.capture.models import Lease, Run
from archiver.database import Database
from archiver.errors import Busy


class StaleLease(Busy):
    """Somebody else took the account over in the meantime. What was stored is kept and adopted later."""


@dataclass(frozen=True, slots=True)
class Held:
    account_id: str
    epoch: int
    holder: str


def acquire(
    database: Database, account_id: str, holder: str, now: datetime, lasts: timedelta, *, dead: str | None = None
) -> Held:
    """Take the account for one run; at once where its holder is known to be ``dead``.

    Raises:
        Busy: somebody holds it and has not let it expire.
    """
    with database.write() as connection:
        row = connection.execute(
            select(Lease.epoch, Lease.holder, Lease.expires_at).where(Lease.account_id == account_id)
        ).one_or_none()
        if row is not None and row.expires_at > now and row.holder not in ("", dead):
            raise Busy("this account is being captured by another process just now; try again in a moment")
        epoch = max(row.epoch if row else 0, _last_number(connection, account_id)) + 1
        values = {"epoch": epoch, "holder": holder, "expires_at": now + lasts}
        if row is None:
            connection.execute(insert(Lease).values(account_id=account_id, **values))
        else:
            connection.execute(update(Lease).where(Lease.account_id == account_id).values(**values))
    return Held(account_id, epoch, holder)


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


def release(database: Database, held: Held, now: datetime) -> None:
    """Give the account back; the epoch stays."""
    with database.write() as connection:
        connection.execute(
            update(Lease)
            .where(Lease.account_id == held.account_id, Lease.epoch == held.epoch)
            .values(holder="", expires_at=now)
        )


def _last_number(connection: Connection, account_id: str) -> int:
    return connection.execute(select(func.max(Run.number)).where(Run.account_id == account_id)).scalar() or 0
