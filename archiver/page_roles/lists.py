"""The lists of roles that were captured, with their versions: read in a number of queries that does not grow with the
number of accounts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable

from sqlalchemy import Connection, select

from archiver import ids
from archiver.database import among
from archiver.page_roles.holding import LISTS, holders
from archiver.page_roles.rules import RoleList, Told
from archiver.records.models import Version
from archiver.records.stored import RECORD

_VERSION = Version.__table__.c


def of_accounts(connection: Connection, account_ids: Iterable[str]) -> dict[str, tuple[RoleList, ...]]:
    """Every list of roles of these accounts, by account; those of which none was captured are left out."""
    wanted = [ids.record_id(account, key) for account in account_ids for key in LISTS]
    columns = (RECORD.c.id, RECORD.c.account_id, RECORD.c.access, RECORD.c.state, RECORD.c.last_seen_at)
    rows = connection.execute(
        select(*columns).where(among(connection, RECORD.c.id, wanted)).order_by(RECORD.c.id)
    ).all()
    told = _versions(connection, [row.id for row in rows])
    found: defaultdict[str, list[RoleList]] = defaultdict(list)
    for row in rows:
        if row.id in told:
            one = RoleList(row.id, row.access, row.state, row.last_seen_at, tuple(told[row.id]))
            found[row.account_id].append(one)
    return {account: tuple(some) for account, some in found.items()}


def _versions(connection: Connection, record_ids: list[str]) -> dict[str, list[Told]]:
    """What each list said, the oldest first. What is known from a platform's history alone was seen by nobody."""
    columns = (_VERSION.id, _VERSION.record_id, _VERSION.content, _VERSION.first_seen_at, _VERSION.last_seen_at)
    query = select(*columns).where(among(connection, _VERSION.record_id, record_ids)).order_by(_VERSION.number)
    found: defaultdict[str, list[Told]] = defaultdict(list)
    for row in connection.execute(query):
        if row.first_seen_at is not None:
            last = row.last_seen_at or row.first_seen_at
            found[row.record_id].append(Told(row.id, row.first_seen_at, last, holders(row.content)))
    return found
