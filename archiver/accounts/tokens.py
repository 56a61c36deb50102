"""Giving the archive a token with which an account is read."""

from __future__ import annotations

from sqlalchemy import Connection, update

from archiver.accounts import service
from archiver.accounts.credentials import READ
from archiver.accounts.events import log_event
from archiver.accounts.service import AccountView
from archiver.archive import Archive
from archiver.capture.models import Due
from archiver.evidence.event_types import EventType


def keep(archive: Archive, account: str, token: str) -> AccountView:
    """Seal and store ``token`` for an account, in place of an older one; what needed it is tried again at once. The
    event names the account only.

    Raises:
        NotFound: no such account.
        MissingKey, UsageError: see :meth:`archiver.accounts.credentials.Vault.store`.
    """
    now = archive.clock.now()

    def store(connection: Connection) -> AccountView:
        found = service.find(connection, account)
        service.hold(connection, found.id)
        archive.vault.store(connection, found.id, READ, token, now)
        connection.execute(update(Due).where(Due.account_id == found.id).values(due_at=now, failures=0))
        log_event(connection, archive, EventType.CREDENTIAL_STORED, found.id, {"purpose": READ})
        return found

    return archive.database.act(store)
