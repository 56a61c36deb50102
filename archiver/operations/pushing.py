"""What platforms send and push: whether it is set up, whether it comes, and what became of it. For the screen and the
command line; no secret is in it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, Row, select

from archiver.accounts.models import Account, Hook, Subscription
from archiver.archive import Archive
from archiver.capture import hooks
from archiver.capture.arrivals import Arrivals
from archiver.capture.subscribing import is_reached
from connectors.contract import Connector, Listens, Streams
from connectors.deliveries import Published, Receives, Receiving, Registers, Subscribes

#: What became of deliveries, in words.
BECAME: Final = {
    "taken": "taken",
    "repeated": "sent again, and taken once",
    "paused": "about accounts that are not captured",
    "unwanted": "about nothing that is captured here",
    "unreadable": "authentic, and not understood: kept in the folder deliveries/aside",
    "refused_unsigned": "refused: not signed",
    "refused_wrong": "refused: signed by somebody else",
    "refused_stale": "refused: too old",
}
_NOT_CAPTURED = ("paused", "closed")
_LATE: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class PushedAccount:
    """One account to which something is pushed."""

    id: str
    name: str
    subscribed: str
    """In words."""
    good: bool | None
    """None: it is not the archive that subscribes."""
    until: datetime | None
    last_at: datetime | None
    waiting: int
    """Deliveries that are safe and not archived yet."""
    warning: str | None


@dataclass(frozen=True, slots=True)
class Pushing:
    """What of one platform is sent or pushed."""

    receiving: Receiving | None
    """None: it sends no deliveries."""
    streams: bool
    """It is listened to, where the settings say so."""
    listens: bool
    """They do."""
    application: str
    """Platform whose application sends; the address is made for that one."""
    by_itself: bool
    """Nothing is entered at the platform."""
    made_at: datetime | None
    """When the address was made; None: there is none."""
    verified_at: datetime | None
    last_at: datetime | None
    counts: tuple[tuple[str, int], ...]
    """What became of deliveries to it, in words."""
    reached: bool
    """Platforms can send to the archive."""
    accounts: tuple[PushedAccount, ...]


def pushing(archive: Archive, connector: Connector) -> Pushing | None:
    """What of a platform is sent or pushed; None where nothing can be."""
    receives = connector.receives if isinstance(connector, Receives) else None
    streams = isinstance(connector, Streams | Listens)
    if receives is None and not streams:
        return None
    application = hooks.application(connector) if receives is not None else connector.platform
    with archive.database.read() as connection:
        made = _hooks(connection, application)
        accounts = tuple(_accounts(connection, archive, connector, receives))
    counts: dict[str, int] = {}
    for row in made:
        for name, number in row.counts.items():
            counts[name] = counts.get(name, 0) + number
    return Pushing(
        receiving=receives,
        streams=streams,
        listens=archive.settings.listen,
        application=application,
        by_itself=isinstance(connector, Published),
        made_at=min((row.made_at for row in made), default=None),
        verified_at=max((row.verified_at for row in made if row.verified_at), default=None),
        last_at=max((row.last_at for row in made if row.last_at), default=None),
        counts=tuple((words, counts[name]) for name, words in BECAME.items() if counts.get(name)),
        reached=is_reached(archive.settings),
        accounts=accounts,
    )


def left_lying(archive: Archive) -> Iterator[tuple[str, str]]:
    """What was acknowledged and is not archived, and ought to be by now: each with what to do."""
    arrivals, now = Arrivals(archive.settings.deliveries), datetime.now(UTC)
    named = arrivals.accounts()
    with archive.database.read() as connection:
        states = hooks.states(connection, named)
    for account in named:
        since, count = arrivals.oldest(account), arrivals.count(account)
        if account not in states:
            remedy = "Was the register restored without this account? Add it again, and they are archived."
            yield f"{count:,} wait for {account}, which is not in the register", remedy
        elif states[account] not in _NOT_CAPTURED and since is not None and now - since > _LATE:
            hours = (now - since) / timedelta(hours=1)
            remedy = "Look whether `archiver serve` runs, and into its log for delivery.not_archived."
            yield f"{count:,} wait for {account}, the first for {hours:,.0f} hours", remedy
    if aside := arrivals.count_aside():
        remedy = f"Look at them in {arrivals.folder / 'aside'}, and move them away: no more than a thousand are kept."
        yield f"{aside:,} were kept aside, since nobody could tell whose they are", remedy


def _hooks(connection: Connection, application: str) -> list[Row[Any]]:
    columns = (Hook.made_at, Hook.verified_at, Hook.last_at, Hook.counts)
    return list(connection.execute(select(*columns).where(Hook.platform == application)))


def _accounts(
    connection: Connection, archive: Archive, connector: Connector, receives: Receiving | None
) -> list[PushedAccount]:
    query = (
        select(Account.id, Account.handle, Account.state, *Subscription.__table__.columns)
        .join(Subscription, Subscription.account_id == Account.id, isouter=True)
        .where(Account.platform == connector.platform, Account.state.not_in(_NOT_CAPTURED))
        .order_by(Account.handle, Account.id)
    )
    return [_account(archive, connector, receives, row) for row in connection.execute(query)]


def _account(archive: Archive, connector: Connector, receives: Receiving | None, row: Row[Any]) -> PushedAccount:
    now = archive.clock.now()
    words, good = _standing(connector, row, now)
    waiting = Arrivals(archive.settings.deliveries).count(row.id)
    warning = _warning(receives, row, now) if receives is not None else None
    return PushedAccount(row.id, row.handle, words, good, row.lease_until, row.last_at, waiting, warning)


def _standing(connector: Connector, row: Row[Any], now: datetime) -> tuple[str, bool | None]:
    if isinstance(connector, Streams | Listens):
        if row.connected_at is None:
            return "not listened to", None
        return ("listened to", True) if row.broken_at is None else ("the stream is broken", False)
    by_us = isinstance(connector, Registers) and row.asked_at is not None
    if not by_us and not isinstance(connector, Published | Subscribes):
        return "subscribed by the city", None
    if row.failed is not None:
        return f"not subscribed: {row.failed}", False
    if row.confirmed_at is None:
        return ("asked for, not confirmed yet", None) if row.awaited else ("not subscribed", None)
    if row.lease_until is not None and row.lease_until <= now:
        return "the subscription ran out", False
    return "subscribed", True


def _warning(receives: Receiving, row: Row[Any], now: datetime) -> str | None:
    """What somebody should look at: that nothing comes any more."""
    since = row.last_at or row.confirmed_at
    if since is None or now - since <= receives.quiet:
        return None
    return f"nothing came for {(now - since).days} days: look whether the platform still sends"
