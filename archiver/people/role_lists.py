"""Of which accounts somebody is told who has a role at the platform (law R71). It is told to nobody who sees only what
was public."""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime

from sqlalchemy import Connection, select

from archiver.people import permission
from archiver.people.actions import Action
from archiver.people.models import AccountReserve
from archiver.people.roles import OPENS, Access, Role


def told(connection: Connection, person_id: str, action: Action, at: datetime) -> frozenset[str]:
    """Ids of the accounts of which a person is told it, doing something: by a role that shows no records at all, since
    it looks after the accounts and their security; by any other only where it opens the class *private*, and all that
    the account is kept by. Each grant is asked by itself."""
    reserved: defaultdict[str, set[str]] = defaultdict(set)
    for account_id, access in connection.execute(select(AccountReserve.account_id, AccountReserve.access)):
        reserved[account_id].add(access)
    opened: defaultdict[tuple[str, str, str], set[str]] = defaultdict(set)
    query = permission.granted(person_id, action, at, permission.city_day(connection, at))
    for row in connection.execute(query):
        opened[row.account_id, row.id, row.role] |= {row.access} - {None}
    return frozenset(
        account_id
        for (account_id, _, role), classes in opened.items()
        if not OPENS[Role(role)] or {Access.PRIVATE.value, *reserved[account_id]} <= classes
    )
