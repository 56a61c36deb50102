"""How far back each list of an account goes, where it stopped and why: what lies before the first capture (law R63)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from archiver.accounts import service as accounts
from archiver.accounts.platforms import Platforms
from archiver.capture.gaps import OUT_OF_REACH
from archiver.capture.standing import reached


@dataclass(frozen=True, slots=True)
class GoesBack:
    """An entry of the ledger: what of one list was never within reach, or that all of it was."""

    account_id: str
    account: str
    stream: str
    listing: str
    since: datetime | None
    """None: it goes back to its beginning."""
    at: datetime
    """When it was read so far."""
    run: str
    cause: str | None
    """Why it begins there, in the connector's words; None where nothing is before it, or nobody can say."""
    remedy: str | None


def goes_back(connection: Connection, account_id: str, platforms: Platforms) -> list[GoesBack]:
    """Each list of an account that was ever read, by stream."""
    account = accounts.get(connection, account_id)
    connector = platforms.connectors.get(account.platform)
    history = None if connector is None else connector.capabilities.history
    return [
        GoesBack(
            account_id=account.id,
            account=account.handle or account.name,
            stream=one.stream,
            listing=one.listing,
            since=one.since,
            at=one.at,
            run=one.run,
            cause=None if one.since is None else history,
            remedy=None if one.since is None else OUT_OF_REACH,
        )
        for one in reached(connection, [account_id]).get(account_id, ())
    ]
