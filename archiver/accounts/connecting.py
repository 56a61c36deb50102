"""Letting an account's owner connect it: a link for one use, the way to the platform and back, and what is checked
before anything is kept.

The owner needs no login here: who has the link may use it, once, within its days. What a browser shows of it writes
nothing (mail programs open links by themselves); only pressing the button does. The platform sends the owner back with
a code and with what we sent along (RFC 6749 §10.12); that, a secret of the owner's browser and, where the platform
knows it, a challenge (RFC 7636) keep a stranger's code out. A grant of another account, or one that could write
although nobody asked for that, is not kept (law R5, R6).
"""

from __future__ import annotations

import hmac
import re
import secrets
from base64 import urlsafe_b64encode
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from hashlib import sha256
from typing import Any, Final
from urllib.parse import urlencode

from sqlalchemy import Connection, Row, insert, select, update

from archiver import ids
from archiver.accounts import apps, service
from archiver.accounts.credentials import READ, SECOND
from archiver.accounts.events import OPERATOR
from archiver.accounts.grants import Grant, complaint
from archiver.accounts.models import Account, ConnectLink
from archiver.accounts.trades import App, Denied, Unrecorded, trade_all
from archiver.archive import Archive
from archiver.capture.secret_forms import Secret
from archiver.errors import ArchiverError, NotFound, Refused, Unreachable, UsageError
from archiver.evidence import log
from archiver.evidence.event_types import EventType
from archiver.evidence.log import NewEvent
from archiver.visible import one_line
from connectors.authorization import CODE, RETURN, SCOPES, VERIFIER, Authorization, Connects, Scope
from connectors.contract import Claim, Connector

LASTS: Final = timedelta(days=7)
"""How long a link can be used, where nothing else is said."""
LONGEST: Final = timedelta(days=60)
_ROUND_TRIP: Final = timedelta(minutes=30)
"""How long the owner may take at the platform."""
_TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{43}")
_CODE: Final = re.compile(r"[\x21-\x7e]{1,4096}")
PATH: Final = "/connect/"
RETURN_PATH: Final = "/connect/return"
_ENDED: Final = {
    "connected": "This link has done its work: the account is connected.",
    "replaced": "A newer link was made for this account, so this one can no longer be used.",
    "withdrawn": "This link was withdrawn.",
}
_OVER: Final = "This link can no longer be used: its days are over. Ask for a new one."


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
class Begun:
    """The owner is on the way to the platform."""

    address: str
    browser: str
    """What the browser has to bring back."""


@dataclass(frozen=True, slots=True)
class _Link:
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


def offer(
    archive: Archive,
    name: str,
    *,
    platform: str | None = None,
    authority: str = service.UNASSIGNED,
    second: bool = False,
    lasts: timedelta = LASTS,
) -> Offer:
    """Make a link with which the owner of an account, registered or named by its address, lets the archive read it. An
    older link for the same purpose can no longer be used.

    Raises:
        NotFound, UsageError, UnknownAddress, Ambiguous: no such account, or owners cannot be asked there.
        NotFound: the city's application at the platform is not stored yet.
    """
    if not timedelta(0) < lasts <= LONGEST:
        raise UsageError(f"a link can be used for 1 to {LONGEST.days} days")
    found, claim = _named(archive, name, platform)
    connector, connects = apps.connecting(archive, claim.platform)
    account_id, url, handle = None, claim.url, claim.handle
    if found is not None:
        account_id, url, handle = found.id, found.url, found.handle
    how = connects.authorization(url)
    if how.register is None:
        apps.app_for(archive, connector.platform, how, claim.service)
    token, link, now = secrets.token_urlsafe(32), ids.new_id("cl"), archive.clock.now()
    values = {
        "id": link, "secret_sha256": _hashed(token), "account_id": account_id, "platform": connector.platform,
        "url": url, "authority": authority, "purpose": SECOND if second else READ, "made_at": now,
        "ends_at": now + lasts,
    }  # fmt: skip
    archive.database.act(lambda connection: _insert(connection, archive, values))
    return Offer(link, f"{base_url(archive)}{PATH}{token}", now + lasts, handle, connector.title)


def withdraw(archive: Archive, link: str) -> None:
    """Let a link no longer be used.

    Raises:
        NotFound: there is none that can be.
    """

    def end(connection: Connection) -> None:
        if not _end(connection, archive, (ConnectLink.id == link,), "withdrawn"):
            raise NotFound("there is no such link that could be used")

    archive.database.act(end)


def look(archive: Archive, token: str) -> LinkView:
    """What a link is for. Changes nothing.

    Raises:
        NotFound: there is no such link.
    """
    link = _of_token(archive, token)
    return _view(archive, link)


def ended(archive: Archive, link_id: str) -> LinkView:
    """What came of a link. Raises as :func:`look` does."""
    with archive.database.read() as connection:
        row = connection.execute(_query().where(ConnectLink.id == link_id)).one_or_none()
        return _view(archive, _link(archive, connection, row))


def begin(archive: Archive, token: str, fetcher: Unrecorded) -> Begun:
    """Send the owner to the platform.

    Raises:
        NotFound: there is no such link, or it can no longer be used.
        Unreachable, Refused: the account's server does not make the archive known to itself.
    """
    link = _of_token(archive, token)
    _require_open(archive, link)
    known = _known(archive, link.how)
    app = apps.made_known(archive, link.row.platform, link.how, link.service, known, fetcher)
    state, browser, verifier = (secrets.token_urlsafe(32) for _ in range(3))

    def note(connection: Connection) -> None:
        sealed, key_id = archive.vault.seal(connection, Secret(verifier, "verifier"), "link", link.row.id)
        values = {
            "state_sha256": _hashed(state), "browser_sha256": _hashed(browser), "verifier": sealed,
            "verifier_key_id": key_id, "begun_at": archive.clock.now(), "said": None,
        }  # fmt: skip
        usable = (ConnectLink.id == link.row.id, ConnectLink.ended.is_(None))
        if connection.execute(update(ConnectLink).where(*usable).values(**values)).rowcount != 1:
            raise NotFound(_OVER)

    archive.database.act(note)
    return Begun(_page(archive, link.how, app, state, verifier), browser)


def finish(
    archive: Archive, state: str, browser: str, *, code: str | None, error: str | None, fetcher: Unrecorded
) -> str:
    """The owner is back from the platform: take what was granted, if it is what was asked for. The id of the link,
    which then says what came of it (:func:`ended`).

    Raises:
        NotFound: nobody is expected back with this, or not in this browser, or no longer.
    """
    link, verifier = _expected(archive, state, browser)
    try:
        if code is None or not _CODE.fullmatch(code):
            raise _NotTaken(_refusal_code(error), "nothing was granted at the platform")
        grant = _granted(archive, link, code, verifier, fetcher)
    except _NotTaken as refusal:
        _refused(archive, link, refusal.problem, str(refusal))
    except Denied as refusal:
        _refused(archive, link, "denied", str(refusal))
    except Unreachable as failure:
        _refused(archive, link, "unreachable", str(failure))
    except ArchiverError as failure:
        _refused(archive, link, "not_kept", str(failure))
    else:
        _keep(archive, link, grant)
    return str(link.row.id)


def base_url(archive: Archive) -> str:
    """What links begin with: where people reach the pages."""
    settings = archive.settings
    return settings.web_url or f"http://127.0.0.1:{settings.web_port}"


def return_url(archive: Archive) -> str:
    """Where platforms send owners back to: what has to be registered there."""
    return f"{base_url(archive)}{RETURN_PATH}"


class _NotTaken(Refused):
    """What was granted is not what was asked for."""

    def __init__(self, problem: str, said: str) -> None:
        super().__init__(said)
        self.problem = problem


# The way to the platform


def _page(archive: Archive, how: Authorization, app: App, state: str, verifier: str) -> str:
    asked = [
        ("response_type", "code"), ("client_id", app.client), ("redirect_uri", return_url(archive)),
        ("scope", how.separator.join(one.name for one in how.scopes)), ("state", state), *how.more,
    ]  # fmt: skip
    if how.challenge:
        digest = urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        asked += [("code_challenge", digest), ("code_challenge_method", "S256")]
    return f"{how.page}?{urlencode(asked)}"


def _known(archive: Archive, how: Authorization, code: str = "", verifier: str = "") -> dict[str, str]:
    scopes = how.separator.join(one.name for one in how.scopes)
    return {RETURN: return_url(archive), SCOPES: scopes, CODE: code, VERIFIER: verifier}


# The way back


def _expected(archive: Archive, state: str, browser: str) -> tuple[_Link, str]:
    """Whom we expect back, and the secret behind the challenge; nobody is expected twice."""
    with archive.database.read() as connection:
        found = connection.execute(_query().where(ConnectLink.state_sha256 == _hashed(state))).one_or_none()
        link = _link(archive, connection, found)
    row, now = link.row, archive.clock.now()
    if not hmac.compare_digest(row.browser_sha256 or "", _hashed(browser)):
        raise NotFound("this did not begin in this browser: open the link again, and stay in one browser")

    def use_up(connection: Connection) -> bool:
        this = (ConnectLink.id == row.id, ConnectLink.state_sha256 == row.state_sha256)
        values = {"state_sha256": None, "browser_sha256": None, "verifier": None, "verifier_key_id": None}
        return connection.execute(update(ConnectLink).where(*this).values(**values)).rowcount == 1

    if not archive.database.act(use_up) or now - row.begun_at > _ROUND_TRIP:
        raise NotFound("this took too long, or was used before: open the link again")
    _require_open(archive, link)
    return link, archive.vault.open(row.verifier, row.verifier_key_id, "verifier", "link", row.id).value


def _granted(archive: Archive, link: _Link, code: str, verifier: str, fetcher: Unrecorded) -> Grant:
    app = apps.app_for(archive, link.row.platform, link.how, link.service)
    known = _known(archive, link.how, code, verifier)
    claim = link.connector.claim(link.row.url)
    names = [one for one in (link.platform_id, None if claim is None else claim.handle) if one]
    grant = trade_all(fetcher, link.how.trades, known, app, names)
    account = link.platform_id
    if account is None and grant.access is not None:
        account = service.identified(archive, link.row.url, link.row.platform, grant.access)
    found = complaint(link.how, grant, account or "")
    if found is not None:
        raise _NotTaken(*found)
    return grant


def _keep(archive: Archive, link: _Link, grant: Grant) -> None:
    row = link.row
    try:
        account_id, kept = link.account_id, False
        if account_id is None:
            given = {"credential": grant, "purpose": row.purpose}
            account_id = service.add(archive, row.url, row.platform, row.authority, **given).account.id
            kept = True
        left = None if kept else grant
        archive.database.act(partial(_connected, archive=archive, link=link, account_id=account_id, grant=left))
    except ArchiverError as failure:
        _refused(archive, link, "not_kept", str(failure))


def _connected(connection: Connection, *, archive: Archive, link: _Link, account_id: str, grant: Grant | None) -> None:
    now = archive.clock.now()
    if not _end(connection, archive, (ConnectLink.id == link.row.id,), "connected", account_id):
        raise NotFound(_OVER)
    if grant is not None:
        service.keep_grant(connection, archive, account_id, grant, link.row.purpose)
    facts = {"account": account_id, "purpose": link.row.purpose}
    log.append(connection, [_event(EventType.CONNECTION_MADE, link.row.id, facts, owner=True)], now)


def _refused(archive: Archive, link: _Link, problem: str, said: str) -> None:
    def note(connection: Connection) -> None:
        this = ConnectLink.id == link.row.id
        connection.execute(update(ConnectLink).where(this).values(said=one_line(said, 500)))
        facts = {"account": link.account_id, "problem": problem}
        event = _event(EventType.CONNECTION_REFUSED, link.row.id, facts, owner=True)
        log.append(connection, [event], archive.clock.now())

    archive.database.act(note)


def _refusal_code(error: str | None) -> str:
    return "denied" if error is None or error == "access_denied" else "platform_error"


# Links


def _named(archive: Archive, name: str, platform: str | None) -> tuple[service.AccountView | None, Claim]:
    """An account of the register, or what an address may be."""
    with archive.database.read() as connection:
        try:
            found = service.find(connection, name)
        except NotFound:
            _, claim = archive.platforms.claim(name, platform)
            return service.claimed(connection, claim), claim
    return found, archive.platforms.claim(found.url, found.platform)[1]


def _insert(connection: Connection, archive: Archive, values: dict[str, Any]) -> None:
    same = [ConnectLink.url == values["url"], ConnectLink.platform == values["platform"]]
    _end(connection, archive, (*same, ConnectLink.purpose == values["purpose"]), "replaced")
    connection.execute(insert(ConnectLink).values(**values))
    facts = {"platform": values["platform"], "account": values["account_id"], "purpose": values["purpose"]}
    log.append(connection, [_event(EventType.CONNECTION_OFFERED, values["id"], facts)], archive.clock.now())


def _end(
    connection: Connection, archive: Archive, which: Sequence[Any], how: str, account_id: str | None = None
) -> bool:
    now = archive.clock.now()
    values: dict[str, Any] = dict.fromkeys(("state_sha256", "browser_sha256", "verifier"))
    values |= {"ended": how, "ended_at": now}
    values |= {"account_id": account_id} if account_id is not None else {}
    query = select(ConnectLink.id).where(*which, ConnectLink.ended.is_(None))
    ended = list(connection.execute(query.with_for_update()).scalars())
    for link_id in ended:
        connection.execute(update(ConnectLink).where(ConnectLink.id == link_id).values(**values))
        if how != "connected":
            log.append(connection, [_event(EventType.CONNECTION_WITHDRAWN, link_id, {})], now)
    return bool(ended)


def _event(kind: EventType, link_id: str, facts: dict[str, Any], *, owner: bool = False) -> NewEvent:
    return NewEvent(kind.value, "connection", link_id, facts, "person", "account_owner" if owner else OPERATOR)


def _query() -> Any:
    return select(*ConnectLink.__table__.columns)


def _of_token(archive: Archive, token: str) -> _Link:
    if not _TOKEN.fullmatch(token):
        raise NotFound("there is no such link: was it copied whole?")
    with archive.database.read() as connection:
        row = connection.execute(_query().where(ConnectLink.secret_sha256 == _hashed(token))).one_or_none()
        return _link(archive, connection, row)


def _link(archive: Archive, connection: Connection, row: Row[Any] | None) -> _Link:
    if row is None:
        raise NotFound("there is no such link: was it copied whole?")
    connector = archive.connector(row.platform)
    if not isinstance(connector, Connects):
        raise NotFound(_OVER)
    claim = connector.claim(row.url)
    name, platform_id = claim.handle if claim is not None else row.url, None
    account = connection.execute(select(Account).where(Account.id == row.account_id)).mappings().one_or_none()
    if account is not None:
        name, platform_id = account["handle"], account["platform_id"]
    return _Link(row, connector, connector.authorization(row.url), row.account_id, platform_id, name)


def _view(archive: Archive, link: _Link) -> LinkView:
    row = link.row
    return LinkView(
        id=row.id, platform=row.platform, title=link.connector.title, account=link.name, url=row.url,
        scopes=link.how.scopes, ends_at=row.ends_at, closed=_closed(archive, row), connected=row.ended == "connected",
        said=row.said,
    )  # fmt: skip


def _closed(archive: Archive, row: Row[Any]) -> str | None:
    if row.ended is not None:
        return _ENDED.get(row.ended, _OVER)
    return _OVER if row.ends_at <= archive.clock.now() else None


def _require_open(archive: Archive, link: _Link) -> None:
    closed = _closed(archive, link.row)
    if closed is not None:
        raise NotFound(closed)


def _hashed(secret: str) -> str:
    return sha256(secret.encode()).hexdigest()
