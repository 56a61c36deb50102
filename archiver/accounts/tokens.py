"""Giving the archive a token with which an account is read."""

from __future__ import annotations

from sqlalchemy import Connection

from archiver.accounts import service, whose
from archiver.accounts.credentials import given
from archiver.accounts.in_time import Limit
from archiver.accounts.service import AccountView
from archiver.archive import Archive


def keep(archive: Archive, account: str, token: str) -> AccountView:
    """Seal and store ``token`` for an account, in place of an older one; what needed it is tried again at once. The
    event names the account only.

    Raises:
        NotFound: no such account.
        MissingKey, UsageError: see :meth:`archiver.accounts.credentials.Vault.store`.
        Refused, Unreachable: see :func:`archiver.accounts.whose.require_own`; what was there before stays.
    """
    with archive.database.read() as connection:
        known = service.find(connection, account)
    connector = archive.platforms.connector(known.platform)
    limit = Limit.of(archive.settings.connect_seconds)
    whose.require_own(archive, connector, known.url, known.platform_id, given(token), limit)

    def store(connection: Connection) -> AccountView:
        found = service.find(connection, account)
        service.keep_credential(connection, archive, found.id, token)
        return found

    return archive.database.act(store)
