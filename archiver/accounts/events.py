"""Events of the account register."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sqlalchemy import Connection

from archiver.archive import Archive
from archiver.evidence import log
from archiver.evidence.event_types import EventType
from archiver.evidence.log import NewEvent

#: Who acts while there is no sign-in: whoever may run commands on this machine.
OPERATOR = "operator"
#: The part of the service that keeps accounts connected.
SIGN_IN = "sign_in"


def log_event(
    connection: Connection,
    archive: Archive,
    kind: EventType,
    account_id: str,
    facts: Mapping[str, Any],
    *,
    service: bool = False,
    actor: tuple[str, str] = ("person", OPERATOR),
) -> None:
    """Enter a person's act on an account, or what the ``service`` found of it, into the log, in the act's own
    transaction."""
    who = ("service", SIGN_IN) if service else actor
    event = NewEvent(kind.value, "account", account_id, dict(facts), *who, chained=True)
    log.append(connection, [event], archive.clock.now())
