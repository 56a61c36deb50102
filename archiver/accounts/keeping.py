"""What accounts are read with: kept, replaced and forgotten. Events name the account only."""

from __future__ import annotations

from sqlalchemy import Connection, select, update

from archiver.accounts import acts
from archiver.accounts.credentials import READ
from archiver.accounts.events import OPERATOR, log_event
from archiver.accounts.forgetting import forget
from archiver.accounts.grants import Grant
from archiver.accounts.models import Account
from archiver.accounts.register import service as register
from archiver.archive import Archive
from archiver.capture.models import Due
from archiver.errors import NotFound, Refused
from archiver.evidence.event_types import EventType


def keep_credential(connection: Connection, archive: Archive, account_id: str, token: str) -> None:
    """Seal and store what an account is read with, in place of an older one; what needed it is tried again at once. The
    event names the account only.

    Raises:
        MissingKey, UsageError: see :meth:`archiver.accounts.credentials.Vault.store`.
        Refused: the register lists it as a personal or a campaign account, or it is closed.
    """
    hold(connection, account_id)
    register.require_not_private(archive, connection, account_id)
    _require_not_closed(connection, account_id)
    archive.vault.store(connection, account_id, READ, token, archive.clock.now())
    _stored(connection, archive, account_id, READ)


def keep_grant(connection: Connection, archive: Archive, account_id: str, grant: Grant, purpose: str) -> None:
    """Seal and store what an account's owner granted. As :func:`keep_credential`."""
    hold(connection, account_id)
    _require_not_closed(connection, account_id)
    archive.vault.keep(connection, account_id, purpose, grant, archive.clock.now(), connected=True)
    _stored(connection, archive, account_id, purpose)


def _require_not_closed(connection: Connection, account_id: str) -> None:
    """What was forgotten when an account was closed comes back in no other way: it is opened again first."""
    state = connection.execute(select(Account.state).where(Account.id == account_id)).scalar()
    if state == acts.CLOSED:
        raise Refused("this account is closed, and nothing is kept that it could be read with: open it again first")


def _stored(connection: Connection, archive: Archive, account_id: str, purpose: str) -> None:
    now = archive.clock.now()
    connection.execute(update(Due).where(Due.account_id == account_id).values(due_at=now, failures=0))
    log_event(connection, archive, EventType.CREDENTIAL_STORED, account_id, {"purpose": purpose})


def forget_credential(
    archive: Archive, account_id: str, purpose: str, actor: tuple[str, str] = ("person", OPERATOR)
) -> None:
    """Forget what an account is read with. What was captured with it stays. ``actor``: kind and id, for the log.

    Raises:
        NotFound: there is none.
    """

    archive.database.act(lambda connection: drop_credential(connection, archive, account_id, purpose, actor))


def drop_credential(
    connection: Connection, archive: Archive, account_id: str, purpose: str, actor: tuple[str, str]
) -> None:
    """The same in the caller's transaction."""
    hold(connection, account_id)
    if not forget(connection, archive, account_id, purpose, actor):
        raise NotFound("nothing is kept that this account could be read with")


def hold(connection: Connection, account_id: str) -> None:
    """Let nobody else change an account's own row until the transaction ends. What captures write beside it goes on."""
    connection.execute(select(Account.id).where(Account.id == account_id).with_for_update(key_share=True))
