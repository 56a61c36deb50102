"""What an account calls itself, over time: the register follows what stored answers say of the account."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import Connection, insert, select, update

from archiver.accounts.models import Account, Handle
from archiver.capture.asking import origin
from archiver.capture.commit import IMPORTED, ExchangeRow
from archiver.clock import from_text
from archiver.database import safe_text
from archiver.evidence.event_types import EventType
from archiver.evidence.log import NewEvent
from connectors.contract import AccountFacts

_NAMES = ("handle", "name", "url")


def follow_names(connection: Connection, account: str, rows: Iterable[ExchangeRow]) -> list[NewEvent]:
    """Enter the names that exchanges show, live and in a rebuild alike. The events to log, in live work.

    Facts under another platform id are those of another account and pass by: handles are given to others.
    What an import brought is no sight of the account, and passes by too.
    """
    events: list[NewEvent] = []
    for row in rows:
        facts = None if row.facts["source"] == IMPORTED else row.reading.account
        if facts is not None and row.reading.problem is None:
            events += _follow(connection, account, facts, from_text(row.facts["received_at"]))
    return events


def _follow(connection: Connection, account: str, facts: AccountFacts, at: datetime) -> list[NewEvent]:
    if facts.platform_id != safe_text(facts.platform_id):
        return []
    own = select(Account.id).where(Account.id == account, Account.platform_id == facts.platform_id)
    if connection.execute(own).first() is None:
        return []
    said = {name: safe_text(getattr(facts, name)) for name in _NAMES}
    if said == _known(connection, account, at):
        return []
    same_time = (Handle.account_id == account, Handle.first_seen_at == at)
    if connection.execute(update(Handle).where(*same_time).values(**said)).rowcount == 0:
        connection.execute(insert(Handle).values(account_id=account, first_seen_at=at, **said))
    return _register(connection, account)


def _known(connection: Connection, account: str, at: datetime | None) -> dict[str, str]:
    """What the account was last known to call itself at a time; None: now."""
    query = select(Handle.handle, Handle.name, Handle.url).where(Handle.account_id == account)
    if at is not None:
        query = query.where(Handle.first_seen_at <= at)
    row = connection.execute(query.order_by(Handle.first_seen_at.desc()).limit(1)).one_or_none()
    return dict(row._mapping) if row is not None else {}


def _register(connection: Connection, account: str) -> list[NewEvent]:
    """Bring the account's own row up to date. An address on another server is noted among the names and not taken over:
    the account's address says which server may see its token."""
    query = select(Account.handle, Account.name, Account.url).where(Account.id == account)
    before, now = dict(connection.execute(query).one()._mapping), _known(connection, account, None)
    if origin(now["url"]) != origin(before["url"]):
        now["url"] = before["url"]
    changed = [name for name in _NAMES if now[name] != before[name]]
    if not changed:
        return []
    connection.execute(update(Account).where(Account.id == account).values({name: now[name] for name in changed}))
    return [NewEvent(EventType.ACCOUNT_CHANGED.value, "account", account, {"fields": changed}, chained=True)]
