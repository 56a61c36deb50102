"""Asking platforms to send: at a hub (WebSub), where an account is subscribed by a question of its own (Meta), and
where the address is registered first (X). It is asked for again before it ends. Where none of it can be done the city
does it: the platform's page says how.

What is asked here is not stored: it holds secrets, and is no record. What comes of it is in the table, and in the log
where it changes."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlencode

from sqlalchemy import Connection, Row, select

from archiver import logs
from archiver.accounts.events import log_event
from archiver.accounts.models import Account, Subscription
from archiver.accounts.trades import Unrecorded
from archiver.capture import hooks
from archiver.capture.fetch_errors import FetchError, UnsendableRequest
from archiver.capture.receiving import NOT_CAPTURED, note
from archiver.capture.registering import register
from archiver.capture.terms import account_ref
from archiver.errors import ArchiverError
from archiver.evidence.event_types import EventType
from archiver.settings import Settings, is_loopback
from connectors.contract import AccountRef, Connector
from connectors.deliveries import Published, Registers, Settles, Subscribes, Subscribing

if TYPE_CHECKING:
    from archiver.archive import Archive

_log = logs.get(__name__)
_LEASE: Final = timedelta(days=10)
_EVERY_DAY: Final = timedelta(days=1)
_BEFORE: Final = timedelta(days=2)
"""So long before its lease ends a subscription is asked for again."""
_AGAIN: Final = timedelta(hours=1)
"""So long after it was asked for in vain."""
_FORM: Final = ("Content-Type", "application/x-www-form-urlencoded")
MISSING: Final = "its owner did not grant {}"


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of a subscription."""

    asked_at: datetime | None = None
    awaited: bool = False
    confirmed_at: datetime | None = None
    lease_until: datetime | None = None
    failed: str | None = None


def is_due(known: Known, again: timedelta, now: datetime, settled: Collection[str] = ()) -> bool:
    """Whether a subscription is to be asked for. ``again``: how often, where it has no end, or came to nothing for one
    of the reasons ``settled``. Pure."""
    if known.asked_at is None:
        return True
    waited = now - known.asked_at
    if known.failed in settled and not known.awaited:
        return waited >= again
    if known.awaited or known.failed is not None or known.confirmed_at is None:
        return waited >= _AGAIN
    if known.lease_until is None:
        return waited >= again
    return known.lease_until - now <= _BEFORE and waited >= _AGAIN


def is_reached(settings: Settings) -> bool:
    """Whether platforms can send to the archive: it is said where they reach it, and that is not this machine alone
    (but in tests and practice). Pure."""
    host = settings.web_url.partition("://")[2].partition(":")[0]
    return bool(host) and (not is_loopback(host) or bool(settings.trusted_origins))


@dataclass(frozen=True, slots=True)
class Subscriber:
    """Subscribes accounts of one archive."""

    archive: Archive
    fetcher: Unrecorded

    def keep_up(self) -> None:
        """Ask for what is due. One account's failure keeps no other from being asked for. Where nobody can reach us,
        nothing is asked for."""
        if not is_reached(self.archive.settings):
            return
        for row, connector in self._accounts():
            try:
                self._one(row, connector)
            except (ArchiverError, OSError) as error:
                _log.error("subscription.failed", account=row.id, exc_info=error)

    def _accounts(self) -> Iterator[tuple[Row[Any], Connector]]:
        query = select(*Account.__table__.columns).where(Account.state.not_in(NOT_CAPTURED)).order_by(Account.id)
        with self.archive.database.read() as connection:
            rows = connection.execute(query).all()
        known = self.archive.platforms.connectors
        yield from ((row, known[row.platform]) for row in rows if row.platform in known)

    def _one(self, row: Row[Any], connector: Connector) -> None:
        reference = account_ref(row, connector, authorised=True)
        if isinstance(connector, Published):
            if is_due(self._known(row.id), _LEASE, self.archive.clock.now()):
                self._at_hub(row.id, connector, reference)
        elif isinstance(connector, Subscribes) and (wanted := connector.subscribing(reference)) is not None:
            hook = hooks.of_platform(self.archive, hooks.application(connector))
            # Who was never asked whether the address is ours sends nothing there.
            ready = hook is not None and hook.verified_at is not None
            if ready and is_due(self._known(row.id), wanted.again, self.archive.clock.now()):
                self._at_platform(row.id, wanted)
        elif isinstance(connector, Registers):
            hook = hooks.of_platform(self.archive, hooks.application(connector))
            settled = connector.settled if isinstance(connector, Settles) else ()
            if hook is not None and is_due(self._known(row.id), _EVERY_DAY, self.archive.clock.now(), settled):
                ended = register(self.archive, self.fetcher, row, connector, hook)
                if ended is not None:
                    self._ended(row.id, ended.failed)

    # A hub

    def _at_hub(self, account: str, connector: Connector, reference: AccountRef) -> None:
        """What is waited for is written down first: the hub may ask before it has answered us."""
        assert isinstance(connector, Published)
        hub, topic = connector.topic(reference)
        hook = hooks.made(self.archive, connector.platform, account=account)
        assert hook.own is not None
        now = self.archive.clock.now()
        self._note(account, topic=topic, asked_at=now, awaited=True)
        form = [
            ("hub.callback", hooks.address(self.archive, hook)),
            ("hub.mode", "subscribe"),
            ("hub.topic", topic),
            ("hub.verify", "async"),
            ("hub.secret", hook.own.value),
            ("hub.lease_seconds", str(int(_LEASE.total_seconds()))),
        ]
        failed = self._asked(hub, form, account=None)
        if failed is not None:
            self._ended(account, failed)

    # A platform

    def _at_platform(self, account: str, wanted: Subscribing) -> None:
        held = self.archive.vault.held(account)
        scopes = None if held is None else held.grant.scopes
        if held is None or (wanted.needs is not None and scopes is not None and wanted.needs not in scopes):
            self._ended(account, MISSING.format(wanted.needs or "it"))
            return
        self._ended(account, self._asked(wanted.url, wanted.form, account=account))

    def _asked(self, url: str, form: Sequence[tuple[str, str]], *, account: str | None) -> str | None:
        """Ask; why it came to nothing, or None. Nothing of the answer is repeated."""
        token = None if account is None else self.archive.vault.token(account)
        body = urlencode(form).encode()
        try:
            answer = self.fetcher.unrecorded("POST", url, headers=[_FORM], body=body, authorization=token, limit=2**20)
        except (FetchError, UnsendableRequest) as error:
            return f"nobody answered ({error.code})"
        return None if 200 <= answer.status < 300 else f"the answer was {answer.status}"

    # What came of it

    def _known(self, account: str) -> Known:
        columns = (Subscription.asked_at, Subscription.awaited, Subscription.confirmed_at, Subscription.lease_until)
        query = select(*columns, Subscription.failed).where(Subscription.account_id == account)
        with self.archive.database.read() as connection:
            row = connection.execute(query).one_or_none()
        return Known() if row is None else Known(*row)

    def _ended(self, account: str, failed: str | None) -> None:
        before, now = self._known(account), self.archive.clock.now()
        values: dict[str, Any] = {"failed": failed, "awaited": False, "asked_at": now}
        values |= {"confirmed_at": now} if failed is None else {}
        was = before.confirmed_at is not None and before.failed is None
        changed = was != (failed is None) or (before.asked_at is None and failed is not None)

        def act(connection: Connection) -> None:
            note(connection, account, **values)
            if changed:
                facts = {"state": "subscribed" if failed is None else "failed"}
                log_event(connection, self.archive, EventType.SUBSCRIPTION_CHANGED, account, facts, service=True)

        self.archive.database.act(act)

    def _note(self, account: str, **values: Any) -> None:
        self.archive.database.act(lambda connection: note(connection, account, **values))
