"""Renewing tokens before they end: one process at a time, and so that a crash loses none.

Who renews first says so in the database, asks, writes what came to the disk (:mod:`archiver.accounts.renewed_files`),
and enters it. A process that dies before anything came leaves only its word that it was about to: after a while another
asks again, with the token from before.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Final

from sqlalchemy import ColumnElement, Connection, select, update

from archiver import logs
from archiver.accounts import apps
from archiver.accounts.credentials import Held
from archiver.accounts.events import log_event
from archiver.accounts.grants import Grant
from archiver.accounts.models import Account, Credential
from archiver.accounts.renewed_files import Kept, RenewedFiles
from archiver.accounts.standing import TokenFacts, renew_at
from archiver.accounts.trades import Denied, Unrecorded, renewed
from archiver.errors import ArchiverError, Unreachable
from archiver.evidence.event_types import EventType
from archiver.faults import crash_point
from connectors.authorization import RENEWAL, Authorization, Connects
from connectors.contract import Connector, ProblemKind

if TYPE_CHECKING:
    from archiver.archive import Archive

_log = logs.get(__name__)
_MARGIN: Final = timedelta(minutes=1)
_PATIENCE = 20.0
_GOOD: Final = "good"
_NO_LONGER: Final = ProblemKind.SIGN_IN_EXPIRED.value
#: What platforms call a renewal token that no longer counts (RFC 6749 §5.2), and Meta and TikTok their own errors of
#: tokens. X says
#: ``invalid_request`` of it ("Value passed for the token was invalid"); nothing else in what is sent ever differs.
_SPENT: Final = frozenset(
    {
        "invalid_grant",
        "invalid_token",
        "invalid_request",
        "access_denied",
        "code 190",
        "OAuthException",
        "code 40102",
        "code 40103",
        "code 40105",
    }
)


@dataclass(frozen=True, slots=True)
class Owned:
    """The account that a token is for, as far as renewing it takes."""

    id: str
    platform: str
    service: str
    url: str


@dataclass(slots=True)
class Renewals:
    """Renews tokens of one archive. Safe for several threads."""

    archive: Archive
    fetcher: Unrecorded
    _locks: dict[str, threading.Lock] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def files(self) -> RenewedFiles:
        return RenewedFiles(self.archive.settings.renewals, self.archive.vault)

    @property
    def _dead_after(self) -> timedelta:
        """A process that said so long ago that it renews has died over it: none waits longer for an answer."""
        return timedelta(seconds=self.archive.settings.request_total_seconds) + _MARGIN

    def how(self, account: Owned) -> Authorization | None:
        """How the account's owner consents; None where nobody is asked."""
        connector = self.archive.platforms.connectors.get(account.platform)
        return how_of(connector, account.url)

    def is_due(self, account: Owned, held: Held) -> bool:
        """Whether it is time to ask for another token."""
        how = self.how(account)
        at = None if how is None else renew_at(facts_of(held, how), how.token_age)
        return at is not None and at <= self.archive.clock.now()

    def renew(self, account: Owned, held: Held) -> Held:
        """Another token in place of ``held``; whoever does so at the same time gets the same.

        Raises:
            Unreachable: the platform does not answer; what there is stays.
            Denied: it is not renewed any more; only the owner can.
            ArchiverError: the city's application or a key is missing, or the disk does not take it.
        """
        how = self.how(account)
        if how is None or how.renew is None or not is_renewable(held, how):
            raise Denied("this token cannot be renewed", None)
        with self._alone(f"{account.id} {held.purpose}"):
            current = self.archive.vault.held(account.id, held.purpose)
            if current is None or current.number != held.number:
                return self._other(account, held)
            since = self.archive.clock.now()
            if not self.archive.database.act(lambda connection: self._claim(connection, account.id, held, since)):
                return self._other(account, held)
            return self._renewed(account, current, how, since)

    def enter_left(self, account_id: str | None = None) -> int:
        """Enter renewed tokens that a process left when it died; how many files there were."""
        found = 0
        for kept, grant in self.files.left(account_id):
            self.archive.database.act(partial(self._enter, kept=kept, grant=grant))
            kept.path.unlink(missing_ok=True)
            found += 1
        return found

    def refuse(self, account_id: str, held: Held, problem: str, why: str) -> None:
        """Note that the platform no longer accepts a token, unless another is there by now."""

        def note(connection: Connection) -> None:
            known = connection.execute(select(Credential.refused).where(*_this(account_id, held))).one_or_none()
            if known is None or known.refused == problem or (known.refused is not None and problem == _NO_LONGER):
                return  # the first reason is the one that tells something
            values = {"refused": problem, "refused_at": self.archive.clock.now(), "refused_why": why[:500]}
            connection.execute(update(Credential).where(*_this(account_id, held)).values(**values))
            facts = {"purpose": held.purpose, "state": problem}
            log_event(connection, self.archive, EventType.CREDENTIAL_STATE_CHANGED, account_id, facts, service=True)

        self.archive.database.act(note)

    def accept(self, account_id: str, held: Held) -> None:
        """Note that the platform accepts a token that it had refused."""

        def note(connection: Connection) -> None:
            refused = (*_this(account_id, held), Credential.refused.is_not(None))
            values = {"refused": None, "refused_at": None, "refused_why": None}
            if connection.execute(update(Credential).where(*refused).values(**values)).rowcount:
                facts = {"purpose": held.purpose, "state": _GOOD}
                log_event(connection, self.archive, EventType.CREDENTIAL_STATE_CHANGED, account_id, facts, service=True)

        self.archive.database.act(note)

    # One renewal

    def _renewed(self, account: Owned, held: Held, how: Authorization, since: datetime) -> Held:
        assert how.renew is not None
        crash_point("renewal.begun")
        try:
            app = apps.app_for(self.archive, account.platform, how, account.service)
            grant = renewed(self.fetcher, how.renew, app, held.grant)
        except Denied as error:
            self._release(account.id, held, since)
            if error.code in _SPENT:
                self.refuse(account.id, held, _NO_LONGER, _refusal(held, error))
            raise
        except BaseException:
            self._release(account.id, held, since)
            raise
        crash_point("renewal.answered")
        self._keep(account.id, held, grant)
        return self._current(account, held.purpose)

    def _keep(self, account_id: str, held: Held, grant: Grant) -> None:
        """Disk first, database then; where the disk does not take it, at least the database."""
        number, kept = held.number + 1, None
        try:
            with self.archive.database.write() as connection:
                kept = self.files.keep(connection, account_id, held.purpose, number, grant)
        except ArchiverError as error:
            _log.error("renewal.not_on_disk", account=account_id, reason=str(error))
        crash_point("renewal.kept")
        entered = kept or Kept(self.archive.settings.renewals, account_id, held.purpose, number)
        self.archive.database.act(partial(self._enter, kept=entered, grant=grant))
        crash_point("renewal.entered")
        if kept is not None:
            kept.path.unlink(missing_ok=True)

    def _claim(self, connection: Connection, account_id: str, held: Held, now: datetime) -> bool:
        since = Credential.renewing_since
        free = (*_this(account_id, held), since.is_(None) | (since < now - self._dead_after))
        return connection.execute(update(Credential).where(*free).values(renewing_since=now)).rowcount == 1

    def _release(self, account_id: str, held: Held, since: datetime) -> None:
        """Give up its own claim: one that was slow enough to be taken for dead must not give up another's."""

        def release(connection: Connection) -> None:
            own = (*_this(account_id, held), Credential.renewing_since == since)
            connection.execute(update(Credential).where(*own).values(renewing_since=None))

        self.archive.database.act(release)

    def _enter(self, connection: Connection, *, kept: Kept, grant: Grant) -> None:
        now, number = self.archive.clock.now(), kept.number - 1
        self.archive.vault.renew(connection, kept.account_id, kept.purpose, grant, now, number)

    def _other(self, account: Owned, held: Held) -> Held:
        """What another process makes of it, which is at it now."""
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline:
            current = self._current(account, held.purpose)
            if current.number != held.number:
                return current
            if current.renewing_since is None:
                break
            time.sleep(0.1)
        raise Unreachable("another process is renewing this token; try again in a while")

    def _current(self, account: Owned, purpose: str) -> Held:
        current = self.archive.vault.held(account.id, purpose)
        if current is None:
            raise Denied("the token was removed", None)
        return current

    @contextmanager
    def _alone(self, name: str) -> Iterator[None]:
        with self._lock:
            lock = self._locks.setdefault(name, threading.Lock())
        with lock:
            yield


def how_of(connector: Connector | None, url: str) -> Authorization | None:
    """How the owner of the account at ``url`` consents; None where nobody is asked."""
    return connector.authorization(url) if isinstance(connector, Connects) else None


def is_renewable(held: Held, how: Authorization | None) -> bool:
    """Whether a token can be renewed without its owner."""
    if how is None or how.renew is None or not held.connected:
        return False
    return held.grant.renewal is not None or all(RENEWAL not in value for _, value in how.renew.form)


def facts_of(held: Held, how: Authorization | None) -> TokenFacts:
    """A token as the rules see it."""
    grant = held.grant
    return TokenFacts(
        got_at=held.got_at,
        expires_at=grant.expires_at,
        consent_ends_at=grant.consent_ends_at,
        renewable=is_renewable(held, how),
        refused=held.refused,
    )


def due_credentials(connection: Connection, before: datetime) -> list[tuple[Owned, str]]:
    """Tokens of accounts that are captured and end before a time: account and purpose."""
    query = (
        select(Account.id, Account.platform, Account.service, Account.url, Credential.purpose)
        .join(Credential, Credential.account_id == Account.id)
        .where(Credential.connected, Credential.expires_at < before, Credential.refused.is_(None))
        .order_by(Credential.expires_at)
    )
    return [(Owned(*row[:4]), row[4]) for row in connection.execute(query)]


def renew_all_due(renewals: Renewals, longest: timedelta = timedelta(days=100)) -> int:
    """Renew every token that is due, whether or not its account is being captured: one that ends while nobody looks
    can only be renewed by its owner. How many. What cannot be renewed now is tried again; the log says so."""
    renewals.enter_left()
    with renewals.archive.database.read() as connection:
        ending = due_credentials(connection, renewals.archive.clock.now() + longest)
    done = 0
    for account, purpose in ending:
        try:
            held = renewals.archive.vault.held(account.id, purpose)
            if held is not None and renewals.is_due(account, held):
                renewals.renew(account, held)
                done += 1
        except ArchiverError as error:
            _log.warning("renewal.failed", account=account.id, purpose=purpose, reason=str(error))
    return done


def _this(account_id: str, held: Held) -> tuple[ColumnElement[bool], ...]:
    return (
        Credential.account_id == account_id,
        Credential.purpose == held.purpose,
        Credential.number == held.number,
    )


def _refusal(held: Held, error: Denied) -> str:
    if held.renewing_since is not None:
        return "a process died while it renewed the token, and the platform no longer takes the old one"
    return str(error)
