"""Taking a delivery: told to be the platform's, divided by whose it is, safe on the disk, then acknowledged. Nothing is
read of it here but whose it is; what it means is found out afterwards, as often as that takes."""

from __future__ import annotations

import threading
import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, Row, insert, select, update
from sqlalchemy.exc import DatabaseError

from archiver import logs
from archiver.accounts.events import log_event
from archiver.accounts.models import Account, Hook, Subscription
from archiver.capture import hooks
from archiver.capture.arrivals import Arrival, Arrivals, require_room
from archiver.capture.authenticity import (
    Awaited,
    Headers,
    Verdict,
    answered,
    confirmed,
    copy_without,
    kept_headers,
    verdict,
    verified,
)
from archiver.capture.hooks import OpenHook
from archiver.capture.leases import require_whole_index
from archiver.capture.terms import account_ref
from archiver.errors import ArchiverError, NotFound
from archiver.evidence.event_types import EventType
from connectors.contract import Connector
from connectors.deliveries import Keyed, Part, Receives, Receiving, Span, delivery_ask

if TYPE_CHECKING:
    from archiver.archive import Archive

_log = logs.get(__name__)
LARGEST: Final = 4 * 2**20
"""Bytes of a body."""
NOT_CAPTURED: Final = ("paused", "closed")
_TOLD_EVERY: Final = 10.0
"""Seconds between two times that counts are written down."""
_PLAIN: Final = "text/plain; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Reply:
    """What is answered."""

    status: int
    body: bytes = b""
    media_type: str = _PLAIN


_NONE: Final = Reply(404)
_TAKEN: Final = Reply(200)
_REFUSED: Final = Reply(403)


@dataclass(slots=True)
class Receiver:
    """Takes deliveries for one archive. Safe for several threads."""

    archive: Archive
    arrivals: Arrivals = field(init=False)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _counts: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    _last: dict[str, datetime] = field(default_factory=dict)
    """By hook, and by account."""
    _told: float = field(default_factory=time.monotonic)

    def __post_init__(self) -> None:
        self.arrivals = Arrivals(self.archive.settings.deliveries)

    def knows(self, platform: str, path: str) -> bool:
        """Whether there is such an address. Nobody else's body is even read.

        Raises:
            DatabaseUnavailable: try again later.
        """
        return hooks.exists(self.archive, platform, path)

    # Whether the address is ours

    def challenge(self, platform: str, path: str, query: Sequence[tuple[str, str]]) -> Reply:
        """Answer the platform's question whether the address is ours, and nobody else's.

        Raises:
            MissingKey, IntegrityError, DatabaseUnavailable: try again later.
        """
        hook = hooks.found(self.archive, platform, path)
        if hook is None or len(dict(query)) != len(query):
            return _NONE
        asked, how = dict(query), self._how(hook).challenge
        if how == "websub":
            return self._hub(hook, asked)
        if how == "verify_token":
            said = verified(asked, hook.verify)
        else:
            said = answered(how, asked, self._secret(hook)) if isinstance(how, Keyed) else None
        if said is None:
            return _REFUSED
        self._verified(hook)
        return Reply(200, said, "application/json" if isinstance(how, Keyed) else _PLAIN)

    def _hub(self, hook: OpenHook, asked: Mapping[str, str]) -> Reply:
        """A hub that asks whether we did, or says that it will not. Anybody may say so: it is only asked again."""
        which = Subscription.account_id == hook.account
        with self.archive.database.read() as connection:
            row = connection.execute(select(*Subscription.__table__.columns).where(which)).one_or_none()
        if row is None or row.topic is None:
            return _NONE
        if asked.get("hub.mode") == "denied":
            return _TAKEN
        standing = row.confirmed_at if row.failed is None else None
        awaited = Awaited(row.topic, row.asked_at if row.awaited else None, row.lease_until, standing)
        found = confirmed(asked, awaited, self.archive.clock.now())
        if found is None:
            return _NONE
        if found.again:
            return Reply(200, found.challenge)
        now = self.archive.clock.now()
        values = {"awaited": False, "confirmed_at": now, "lease_until": found.lease_until, "failed": None}
        # Once: of two that ask at the same time, the other one asks again.
        once = (which, Subscription.awaited, Subscription.asked_at == row.asked_at)

        def act(connection: Connection) -> bool:
            if connection.execute(update(Subscription).where(*once).values(**values)).rowcount != 1:
                return False
            if row.confirmed_at is None or row.failed is not None:
                kind, facts = EventType.SUBSCRIPTION_CHANGED, {"state": "subscribed"}
                log_event(connection, self.archive, kind, row.account_id, facts, service=True)
            return True

        if not self.archive.database.act(act):
            return _NONE
        self._verified(hook)
        return Reply(200, found.challenge)

    def _verified(self, hook: OpenHook) -> None:
        now = self.archive.clock.now()
        self.archive.database.act(
            lambda connection: connection.execute(update(Hook).where(Hook.id == hook.id).values(verified_at=now))
        )

    # Deliveries

    def take(self, platform: str, path: str, headers: Headers, body: bytes) -> Reply:
        """Take a delivery. It is acknowledged once it is safe, or once it is certain that nobody wants it.

        Raises:
            SpoolError, OutOfSpace, MissingKey, IntegrityError, DatabaseUnavailable: it was not taken; the platform
                sends it again.
            RebuildUnderWay: the same. Who is captured cannot be told: accounts go through all their states again.
        """
        hook = hooks.found(self.archive, platform, path)
        if hook is None:
            return _NONE
        now = self.archive.clock.now()
        found = verdict(self._how(hook).signed, headers, body, self._secret(hook), now)
        if found is not Verdict.GOOD:
            self._count(hook.id, f"refused_{found.value}")
            _log.warning("delivery.refused", platform=platform, why=found.value)
            return _REFUSED
        require_room(self.archive.settings)
        became, accounts = self._take(hook, headers, body, now)
        self._count(hook.id, became, now, accounts)
        return _TAKEN

    def _take(self, hook: OpenHook, headers: Headers, body: bytes, now: datetime) -> tuple[str, list[str]]:
        """What became of an authentic delivery, which is the best that became of a part of it; and the accounts."""
        became: list[str] = []
        accounts: list[str] = []
        told = [(one, can.parts(body)) for one, can in hooks.receiving(self.archive, hook.platform)]
        if not any(parts for _, parts in told) and any(parts is None for _, parts in told):
            kept = self.arrivals.keep_aside(body)
            _log.error("delivery.nobodys", platform=hook.platform, kept=kept)
            return "unreadable", []
        every = [part for _, parts in told for part in parts or ()]
        for connector, parts in told:
            named = self._named(connector, parts or ())
            for part in {(one.account, one.access): one for one in parts or ()}.values():
                rows = [row for row in named.get(part.account, ()) if hook.account in (None, row.id)]
                came, kept_for = self._keep(rows, connector, part, every, headers, body, now)
                became.append(came)
                accounts += kept_for
        return next((one for one in ("taken", "repeated", "paused") if one in became), "unwanted"), accounts

    def _named(self, connector: Connector, parts: Sequence[Part]) -> Mapping[str, Sequence[Row[Any]]]:
        """Accounts of the register that a delivery names, by what the platform calls them."""
        with self.archive.database.read() as connection:
            require_whole_index(connection)
            return hooks.account_rows(connection, connector.platform, (part.account for part in parts))

    def _keep(
        self, wanted: Sequence[Row[Any]], connector: Connector, part: Part, every: Sequence[Part], headers: Headers,
        body: bytes, now: datetime,
    ) -> tuple[str, list[str]]:  # fmt: skip
        captured = [row for row in wanted if row.state not in NOT_CAPTURED]
        if not captured:
            return "paused" if wanted else "unwanted", []
        assert isinstance(connector, Receives)
        copy, masked = copy_without(body, _others(every, part))
        kept = False
        for row in captured:
            reference = account_ref(row, connector, authorised=False)
            arrival = Arrival(
                account=row.id,
                body=copy,
                media_type=connector.receives.media_type,
                received_at=now,
                ask=delivery_ask(connector.platform, reference, part.access),
                headers=kept_headers(connector.receives, headers),
                masked=masked,
                whole=sha256(body).hexdigest(),
            )
            kept |= self.arrivals.keep(arrival)
        return "taken" if kept else "repeated", [row.id for row in captured]

    # Small parts

    def _how(self, hook: OpenHook) -> Receiving:
        return next(iter(hooks.receiving(self.archive, hook.platform)))[1].receives

    def _secret(self, hook: OpenHook) -> bytes:
        """What signs; empty where it is not stored, and then nothing is authentic."""
        try:
            return hooks.signing_secret(self.archive, hook).value.encode()
        except NotFound:
            return b""

    # Counting

    def _count(self, hook: str, what: str, at: datetime | None = None, accounts: Sequence[str] = ()) -> None:
        """Count a delivery. That this cannot be written down is no reason to have it sent again."""
        with self._lock:
            self._counts[hook][what] += 1
            self._last.update(dict.fromkeys((hook, *accounts), at) if at is not None else {})
            if time.monotonic() - self._told < _TOLD_EVERY:
                return
        try:
            self.tell()
        except (ArchiverError, DatabaseError) as error:
            _log.warning("delivery.not_counted", exc_info=error)

    def tell(self) -> None:
        """Write down what became of deliveries since the last time. What cannot be written down is next time."""
        with self._lock:
            counts, self._counts = self._counts, defaultdict(Counter)
            last, self._last = self._last, {}
            self._told = time.monotonic()
        if not counts and not last:
            return
        try:
            self.archive.database.act(lambda connection: _write(connection, counts, last))
        except BaseException:
            with self._lock:
                for hook, some in counts.items():
                    self._counts[hook] += some
                self._last = last | self._last
            raise


def _others(every: Sequence[Part], part: Part) -> list[Span]:
    """What of a body is not of this account, or not of this class."""
    mine = (part.account, part.access)
    return [one.span for one in every if one.span is not None and (one.account, one.access) != mine]


def _write(connection: Connection, counts: Mapping[str, Counter[str]], last: Mapping[str, datetime]) -> None:
    for hook_id in {*counts, *(one for one in last if one.startswith("hk_"))}:
        before = connection.execute(select(Hook.counts).where(Hook.id == hook_id).with_for_update()).scalar() or {}
        values: dict[str, Any] = {"counts": dict(Counter(before) + counts.get(hook_id, Counter()))}
        values |= {"last_at": last[hook_id]} if hook_id in last else {}
        connection.execute(update(Hook).where(Hook.id == hook_id).values(**values))
    for account, at in last.items():
        if account.startswith("ac_"):
            note(connection, account, last_at=at)


def note(connection: Connection, account: str, **values: Any) -> None:
    """Write down something of what a platform sends of an account."""
    mine = Subscription.account_id == account
    if connection.execute(select(Account.id).where(Account.id == account)).first() is None:
        return
    if not connection.execute(update(Subscription).where(mine).values(**values)).rowcount:
        connection.execute(insert(Subscription).values(account_id=account, **{"awaited": False, **values}))


__all__ = ["LARGEST", "NOT_CAPTURED", "Receiver", "Reply", "note"]
