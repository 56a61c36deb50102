"""Forgetting what an account is read with: the token goes, and the log says so in the same transaction."""

from __future__ import annotations

from sqlalchemy import Connection

from archiver.accounts.credentials import PURPOSES
from archiver.accounts.events import log_event
from archiver.archive import Archive
from archiver.evidence.event_types import EventType


def forget(connection: Connection, archive: Archive, account_id: str, purpose: str, actor: tuple[str, str]) -> bool:
    """Forget one. False: there was none. ``actor``: kind and id, for the log."""
    if not archive.vault.remove(connection, account_id, purpose):
        return False
    log_event(connection, archive, EventType.CREDENTIAL_REMOVED, account_id, {"purpose": purpose}, actor=actor)
    return True


def forget_all(connection: Connection, archive: Archive, account_id: str, actor: tuple[str, str]) -> None:
    """Forget whatever there is."""
    for purpose in PURPOSES:
        forget(connection, archive, account_id, purpose, actor)
