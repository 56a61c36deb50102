"""One record and its account, as far as a viewer sees them: what reading a record and reading its thread begin with."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, select

from archiver.accounts.models import Account
from archiver.errors import NotFound
from archiver.records.seeing import allowed
from archiver.records.stored import RECORD, table
from archiver.records.views import AccountName, AuthorView
from archiver.viewing import Viewer

_ACCOUNT = table(Account)
_COLUMNS = tuple(_ACCOUNT.c[name].label(f"account_{name}") for name in ("platform", "handle", "name", "url"))


class NotSeenYet(NotFound):
    """There is such a record, and nobody had seen it by the moment that was asked for."""

    def __init__(self, message: str, first_seen_at: datetime | None) -> None:
        self.first_seen_at = first_seen_at
        """None: nobody ever did, only exports tell of it."""
        super().__init__(message)


def one(connection: Connection, record_id: str, viewer: Viewer) -> Row[Any]:
    """The row of a captured record, with its account's.

    Raises:
        NotFound: there is none, or not for this viewer.
    """
    query = (
        select(RECORD, *_COLUMNS)
        .join(_ACCOUNT, _ACCOUNT.c.id == RECORD.c.account_id)
        .where(RECORD.c.id == record_id, *allowed(viewer))
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        raise NotFound("there is no such record in this archive")
    return row


def account_of(row: Row[Any]) -> AccountName:
    """The account that a row of :func:`one` names."""
    return AccountName(row.account_id, row.account_platform, row.account_handle, row.account_name, row.account_url)


def account_named(connection: Connection, account_id: str) -> AccountName:
    """An account by its id."""
    query = select(_ACCOUNT.c.id.label("account_id"), *_COLUMNS).where(_ACCOUNT.c.id == account_id)
    return account_of(connection.execute(query).one())


def author_of(row: Row[Any]) -> AuthorView:
    """Who wrote it, as the record's row says."""
    return AuthorView(row.author_id, row.author_name, row.author_handle)
