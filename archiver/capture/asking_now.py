"""Having an account looked at at once because somebody asks (law R22): what is due is done first, by the same runs as
ever. Nothing is asked of any address but through the account's connector."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from functools import partial

from sqlalchemy import Connection, select

from archiver.accounts.models import Account
from archiver.accounts.register import service as register
from archiver.archive import Archive
from archiver.capture import due
from archiver.errors import NotFound, Refused
from archiver.evidence.event_types import EventType
from archiver.people.acting import Actor, tell
from archiver.people.actions import Action
from archiver.people.permission import Resource
from archiver.people.service import require
from connectors.contract import SweepKind

_STATES = {
    "paused": "its capture is paused: somebody who may change accounts lets it go on",
    "closed": "it is closed",
}


def ask(
    archive: Archive, actor: Actor, account_id: str, under: Collection[str] = (), *, everything: bool = False
) -> datetime:
    """Have an account looked at as soon as a worker is free: what is new, and the threads that are named; or, where
    ``everything``, every list from end to end. When it was asked.

    Raises:
        NotFound: there is no such account, or not for this actor.
        Refused: the actor may not, or the account is not captured now.
    """
    register.require_allowed(archive, account_id)
    return archive.database.act(partial(_ask, archive, actor, account_id, tuple(under), everything))


def _ask(
    archive: Archive, actor: Actor, account_id: str, under: Collection[str], everything: bool, connection: Connection
) -> datetime:
    now = archive.clock.now()
    state = connection.execute(select(Account.state).where(Account.id == account_id)).scalar()
    require(connection, archive, actor, Action.CAPTURE_ASK, Resource(account_id))
    if state is None:
        raise NotFound("there is no such account")
    if state in _STATES:
        raise Refused(_STATES[state])
    kinds = (SweepKind.FULL,) if everything else (SweepKind.NEW, SweepKind.WATCH)
    due.look_now(connection, account_id, kinds, under, now)
    facts = {"sweep": kinds[0].value}
    tell(connection, archive, actor, EventType.CAPTURE_ASKED, ("account", account_id), facts)
    return now
