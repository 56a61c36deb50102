"""Links for owners of accounts: made for one account, for some days and for one use; kept as a hash."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Row, insert, select, update

from archiver import ids
from archiver.accounts import apps, service
from archiver.accounts.acts import CLOSED
from archiver.accounts.credentials import READ, SECOND
from archiver.accounts.events import OPERATOR
from archiver.accounts.models import Account, ConnectLink
from archiver.archive import Archive
from archiver.database import Lock, safe_text, take
from archiver.errors import NotFound, Refused, UsageError
from archiver.evidence import log
from archiver.evidence.event_types import EventType
from archiver.evidence.log import NewEvent
from archiver.mail import service as mail
from connectors.authorization import Authorization, Connects, Scope
from connectors.contract import Claim, Connector

LASTS: Final = timedelta(days=7)
"""How long a link can be used, where nothing else is said."""
LONGEST: Final = timedelta(days=60)
PATH: Final = "/connect/"
RETURN_PATH: Final = "/connect/return"
OWNER: Final = "account_owner"
"""Whoever answers a link, as acts and entries of the log name them."""
OVER: Final = "This link can no longer be used: its days are over. Ask for a new one."
_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{43}")
_NOT_SENT: Final = {
    "connected": "the account was connected meanwhile",
    "replaced": "a newer link took its place",
    "withdrawn": "the link was withdrawn",
}
_ENDED: Final = {
    "connected": "This link has done its work: the account is connected.",
    "replaced": "A newer link was made for this account, so this one can no longer be used.",
    "withdrawn": "This link was withdrawn.",
}


@dataclass(frozen=True, slots=True)
class Offer:
    """A new link. ``address`` holds its secret, which is told here once and nowhere kept."""

    id: str
    address: str
    ends_at: datetime
    account: str
    """What the account is called."""
    platform: str


@dataclass(frozen=True, slots=True)
class LinkView:
    """What whoever has a link is shown."""

    id: str
    platform: str
    title: str
    """Of the platform."""
    account: str
    url: str
    scopes: tuple[Scope, ...]
    ends_at: datetime
    closed: str | None
    """Why it cannot be used; None: it can."""
    connected: bool
    said: str | None
    """What came of the last try, where it was not taken."""


@dataclass(frozen=True, slots=True)
class Link:
    """A link with everything that its platform says."""

    row: Row[Any]
    connector: Connector
    how: Authorization
    account_id: str | None
    platform_id: str | None
    name: str

    @property
    def service(self) -> str:
        claim = self.connector.claim(self.row.url)
        return claim.service if claim is not None else self.row.url


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks the owner, and how. ``guard`` and ``post`` are called in the transaction in which the link is made."""

    actor: tuple[str, str] = ("person", OPERATOR)
    listing_id: str | None = None
    """Entry of the register."""
    owner: str | None = None
    """By name."""
    guard: Callable[[Connection, str | None], None] | None = None
    """Raises where the actor may not; called with the account that the link is for, if the archive has it."""
    post: Callable[[Connection, Offer], None] | None = None
    """Puts the mail that brings the link into the outbox."""


_BY_COMMAND: Final = Asking()


def offer(
    archive: Archive,
    name: str,
    *,
    platform: str | None = None,
    authority: str = service.UNASSIGNED,
    second: bool = False,
    lasts: timedelta = LASTS,
    asking: Asking = _BY_COMMAND,
) -> Offer:
    """Make a link with which the owner of an account, registered or named by its address, lets the archive read it. An
    older link for the same purpose can no longer be used.

    Raises:
        Refused: ``asking.guard`` says no, or the account is closed.
        NotFound, UsageError, UnknownAddress, Ambiguous: no such account, or owners cannot be asked there.
        NotFound: the city's application at the platform is not stored yet.
    """
    if not timedelta(0) < lasts <= LONGEST:
        raise UsageError(f"a link can be used for 1 to {LONGEST.days} days")
    found, claim = _named(archive, name, platform)
    if found is not None and found.state == CLOSED:
        raise Refused("this account is closed: open it again first")
    connector, connects = apps.connecting(archive, claim.platform, None if found is not None else name)
    account_id, url, handle = None, claim.url, claim.handle
    if found is not None:
        account_id, url, handle = found.id, found.url, found.handle
    how = connects.authorization(url)
    if how.register is None:
        apps.app_for(archive, connector.platform, how, claim.service)
    token, link, now = secrets.token_urlsafe(32), ids.new_id("cl"), archive.clock.now()
    values = {
        "id": link, "secret_sha256": hashed(token), "account_id": account_id, "platform": connector.platform,
        "url": url, "authority": authority, "purpose": SECOND if second else READ, "made_at": now,
        "ends_at": now + lasts, "listing_id": asking.listing_id,
        "owner": safe_text(asking.owner) if asking.owner else None,
    }  # fmt: skip
    made = Offer(link, f"{base_url(archive)}{PATH}{token}", now + lasts, handle, connector.title)
    archive.database.act(lambda connection: _insert(connection, archive, values, asking, made))
    return made


def withdraw(
    archive: Archive,
    link: str,
    account_id: str | None = None,
    *,
    guard: Callable[[Connection], None] = lambda _: None,
    actor: tuple[str, str] = ("person", OPERATOR),
) -> None:
    """Let a link no longer be used; one for ``account_id``, where that is said. ``guard`` is asked in its transaction
    whether ``actor`` (kind and id) may.

    Raises:
        NotFound: there is none that can be.
        Refused: ``guard`` says no.
    """
    which = (ConnectLink.id == link,) if account_id is None else (ConnectLink.id == link, _of(account_id))

    def close(connection: Connection) -> None:
        guard(connection)
        if not end(connection, archive, which, "withdrawn", actor=actor):
            raise NotFound("there is no such link that could be used")

    archive.database.act(close)


def _of(account_id: str) -> ColumnElement[bool]:
    return ConnectLink.account_id == account_id


def look(archive: Archive, token: str) -> LinkView:
    """What a link is for. Changes nothing.

    Raises:
        NotFound: there is no such link.
    """
    link = of_token(archive, token)
    return view_of(archive, link)


def base_url(archive: Archive) -> str:
    """What links begin with: where people reach the pages."""
    settings = archive.settings
    return settings.web_url or f"http://127.0.0.1:{settings.web_port}"


def return_url(archive: Archive) -> str:
    """Where platforms send owners back to: what has to be registered there."""
    return f"{base_url(archive)}{RETURN_PATH}"


def of_token(archive: Archive, token: str) -> Link:
    """The link that a secret opens.

    Raises:
        NotFound: there is none.
    """
    if not _TOKEN.fullmatch(token):
        raise NotFound("there is no such link: was it copied whole?")
    with archive.database.read() as connection:
        row = connection.execute(query().where(ConnectLink.secret_sha256 == hashed(token))).one_or_none()
        return link_of(archive, connection, row)


def link_of(archive: Archive, connection: Connection, row: Row[Any] | None) -> Link:
    """A link with what its platform says. Raises as :func:`of_token` does."""
    if row is None:
        raise NotFound("there is no such link: was it copied whole?")
    connector = archive.connector(row.platform)
    if not isinstance(connector, Connects):
        raise NotFound(OVER)
    claim = connector.claim(row.url)
    name, platform_id = claim.handle if claim is not None else row.url, None
    account = connection.execute(select(Account).where(Account.id == row.account_id)).mappings().one_or_none()
    if account is not None:
        name, platform_id = account["handle"], account["platform_id"]
    return Link(row, connector, connector.authorization(row.url), row.account_id, platform_id, name)


def query() -> Any:
    """All of links."""
    return select(*ConnectLink.__table__.columns)


def require_open(archive: Archive, link: Link) -> None:
    """Raises:
    NotFound: the link can no longer be used; it says why.
    """
    closed = _closed(archive, link.row)
    if closed is not None:
        raise NotFound(closed)


def view_of(archive: Archive, link: Link) -> LinkView:
    """What whoever has a link is shown."""
    row = link.row
    return LinkView(
        id=row.id, platform=row.platform, title=link.connector.title, account=link.name, url=row.url,
        scopes=link.how.scopes, ends_at=row.ends_at, closed=_closed(archive, row), connected=row.ended == "connected",
        said=row.said,
    )  # fmt: skip


def end(
    connection: Connection,
    archive: Archive,
    which: Sequence[Any],
    how: str,
    account_id: str | None = None,
    *,
    actor: tuple[str, str] = ("person", OPERATOR),
) -> bool:
    """Let links no longer be used; whether there was one that could be. ``actor``: who took them back."""
    now = archive.clock.now()
    values: dict[str, Any] = dict.fromkeys(("state_sha256", "browser_sha256", "verifier"))
    values |= {"ended": how, "ended_at": now}
    values |= {"account_id": account_id} if account_id is not None else {}
    query = select(ConnectLink.id).where(*which, ConnectLink.ended.is_(None))
    ended = list(connection.execute(query.with_for_update()).scalars())
    for link_id in ended:
        connection.execute(update(ConnectLink).where(ConnectLink.id == link_id).values(**values))
        mail.drop(connection, archive, link_id, _NOT_SENT.get(how, OVER))
        if how != "connected":
            told = NewEvent(EventType.CONNECTION_WITHDRAWN.value, "connection", link_id, {}, *actor)
            log.append(connection, [told], now)
    return bool(ended)


def event(kind: EventType, link_id: str, facts: dict[str, Any], *, owner: bool = False) -> NewEvent:
    """What happened to a link, for the log."""
    return NewEvent(kind.value, "connection", link_id, facts, "person", OWNER if owner else OPERATOR)


def hashed(secret: str) -> str:
    """What is kept of a secret."""
    return sha256(secret.encode()).hexdigest()


def _closed(archive: Archive, row: Row[Any]) -> str | None:
    if row.ended is not None:
        return _ENDED.get(row.ended, OVER)
    return OVER if row.ends_at <= archive.clock.now() else None


def _named(archive: Archive, name: str, platform: str | None) -> tuple[service.AccountView | None, Claim]:
    """An account of the register, or what an address may be."""
    with archive.database.read() as connection:
        try:
            found = service.find(connection, name)
        except NotFound:
            _, claim = archive.platforms.claim(name, platform)
            return service.claimed(connection, claim), claim
    return found, archive.platforms.claim(found.url, found.platform)[1]


def _insert(connection: Connection, archive: Archive, values: dict[str, Any], asking: Asking, made: Offer) -> None:
    take(connection, Lock.LINKS)
    if asking.guard is not None:
        asking.guard(connection, values["account_id"])
    same = [ConnectLink.url == values["url"], ConnectLink.platform == values["platform"]]
    end(connection, archive, (*same, ConnectLink.purpose == values["purpose"]), "replaced", actor=asking.actor)
    connection.execute(insert(ConnectLink).values(**values))
    facts = {"platform": values["platform"], "account": values["account_id"], "purpose": values["purpose"]}
    kind = EventType.CONNECTION_OFFERED.value
    told = NewEvent(kind, "connection", values["id"], facts, *asking.actor)
    log.append(connection, [told], archive.clock.now())
    if asking.post is not None:
        asking.post(connection, made)
