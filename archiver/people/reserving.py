"""Accounts that are kept for whoever was granted library patrons (law R61)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from sqlalchemy import Connection, select

from archiver.accounts.models import Account
from archiver.archive import Archive
from archiver.errors import NotFound, UsageError
from archiver.evidence.event_types import EventType
from archiver.people import acts
from archiver.people.acting import Actor, tell
from archiver.people.guard import by_administrator
from archiver.people.models import AccountReserve
from archiver.people.roles import Access


def reserve(archive: Archive, actor: Actor, account_id: str, access: Collection[Access]) -> None:
    """Say which access classes whoever looks at an account needs besides: library patrons (law R61), or none.

    Raises:
        NotFound: there is no such account.
        UsageError: a class that accounts are not kept by.
        Refused: the actor may not.
    """
    if not set(access) <= {Access.LIBRARY_PATRON}:
        raise UsageError(f"an account can be kept for whoever was granted {Access.LIBRARY_PATRON.value}, or for nobody")

    def do(connection: Connection) -> None:
        if connection.execute(select(Account.id).where(Account.id == account_id)).first() is None:
            raise NotFound("there is no such account in this archive")
        names = sorted(one.value for one in set(access))
        query = select(AccountReserve.access).where(AccountReserve.account_id == account_id)
        if sorted(connection.execute(query).scalars()) == names:
            return
        acts.reserve(connection, account_id, names)
        archive.acts.record(
            connection, acts.reserved(account_id, names, actor.by, actor=actor.pair), archive.clock.now()
        )
        tell(connection, archive, actor, EventType.ACCOUNT_RESERVED, ("account", account_id), {"access": names})

    by_administrator(archive, actor, do)


@dataclass(frozen=True, slots=True)
class ReserveView:
    """An account, and whether it is kept for whoever was granted library patrons."""

    id: str
    name: str
    platform: str
    authority: str
    kept: bool


def reserves(connection: Connection) -> list[ReserveView]:
    """Every account, those that are kept first."""
    kept = set(connection.execute(select(AccountReserve.account_id)).scalars())
    query = select(Account.id, Account.name, Account.handle, Account.platform, Account.authority)
    rows = connection.execute(query.order_by(Account.added_at, Account.id))
    found = [ReserveView(one.id, one.name or one.handle, one.platform, one.authority, one.id in kept) for one in rows]
    return sorted(found, key=lambda one: not one.kept)
