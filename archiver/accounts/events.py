"""Events of the account register."""

from __future__ import annotations

from collections.abc import Mapping

from sqlalchemy import Connection

from archiver.archive import Archive
from archiver.evidence import log
from archiver.evidence.log import NewEvent


def log_event(
    connection: Connection, archive: Archive, kind: str, account_id: str, facts: Mapping[str, str]
) -> None:
    """Enter an act on an account into the log, in the act's own transaction. ``facts`` hold codes, never names."""
    log.append(connection, [NewEvent(kind, "account", account_id, dict(facts))], archive.clock.now())
