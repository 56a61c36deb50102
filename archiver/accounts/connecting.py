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
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from hashlib import sha256
from typing import Final
from urllib.parse import urlencode

from sqlalchemy import Connection, update

from archiver import logs
from archiver.accounts import apps, service
from archiver.accounts.grants import Grant, complaint
from archiver.accounts.in_time import InTime, Limit
from archiver.accounts.links import (
    OVER,
    OWNER,
    Link,
    LinkView,
    end,
    event,
    hashed,
    link_of,
    of_token,
    query,
    require_open,
    return_url,
    view_of,
)
from archiver.accounts.models import ConnectLink
from archiver.accounts.trades import App, Denied, Unrecorded, temporary, trade_all
from archiver.archive import Archive
from archiver.capture.oauth1 import Credentials
from archiver.capture.secret_forms import Secret
from archiver.errors import ArchiverError, NotFound, Refused, SettingsError, Unreachable, UsageError
from archiver.evidence import log
from archiver.evidence.event_types import EventType
from archiver.visible import one_line
from connectors.authorization import CODE, RETURN, SCOPES, VERIFIER, Authorization

_log = logs.get(__name__)
_ROUND_TRIP: Final = timedelta(minutes=30)
"""How long the owner may take at the platform."""
_CODE: Final = re.compile(r"[\x21-\x7e]{1,4096}")


@dataclass(frozen=True, slots=True)
class Begun:
    """The owner is on the way to the platform."""

    address: str
    browser: str
    """What the browser has to bring back."""
    cookie: str
    """Under which name: several links may be open in one browser."""


def cookie_of(state: str) -> str:
    """Name under which the browser that was sent away with ``state`` keeps its secret."""
    return f"connect-{hashed(state)[:16]}"


def ended(archive: Archive, link_id: str) -> LinkView:
    """What came of a link. Raises as :func:`look` does."""
    with archive.database.read() as connection:
        row = connection.execute(query().where(ConnectLink.id == link_id)).one_or_none()
        return view_of(archive, link_of(archive, connection, row))


def begin(archive: Archive, token: str, fetcher: Unrecorded) -> Begun:
    """Send the owner to the platform.

    Raises:
        NotFound: there is no such link, or it can no longer be used.
        Unreachable, Refused: the account's server does not make the archive known to itself.
    """
    link, fetcher = of_token(archive, token), InTime(fetcher, Limit.of(archive.settings.connect_seconds))
    require_open(archive, link)
    known = _known(archive, link.how)
    app = apps.made_known(archive, link.row.platform, link.how, link.service, known, fetcher)
    state, browser, verifier = (secrets.token_urlsafe(32) for _ in range(3))
    temporary = _temporary(link.how, known, app, state, fetcher)
    verifier = verifier if temporary is None else temporary.text

    def note(connection: Connection) -> None:
        sealed, key_id = archive.vault.seal(connection, Secret(verifier, "verifier"), "link", link.row.id)
        values = {
            "state_sha256": hashed(state), "browser_sha256": hashed(browser), "verifier": sealed,
            "verifier_key_id": key_id, "begun_at": archive.clock.now(), "said": None,
        }  # fmt: skip
        usable = (ConnectLink.id == link.row.id, ConnectLink.ended.is_(None))
        if connection.execute(update(ConnectLink).where(*usable).values(**values)).rowcount != 1:
            raise NotFound(OVER)

    archive.database.act(note)
    address = _page(archive, link.how, app, state, verifier)
    if temporary is not None:
        address = f"{link.how.page}?{urlencode((('oauth_token', temporary.token), *link.how.more))}"
    return Begun(address, browser, cookie_of(state))


def finish(
    archive: Archive,
    state: str,
    browser: str,
    *,
    code: str | None,
    error: str | None,
    fetcher: Unrecorded,
    named: str | None = None,
) -> str:
    """The owner is back from the platform: take what was granted, if it is what was asked for. The id of the link,
    which then says what came of it (:func:`ended`).

    Args:
        named: the temporary credentials that the owner agreed to, where the platform has such.

    Raises:
        NotFound: nobody is expected back with this, or not in this browser, or no longer.
    """
    link, verifier = _expected(archive, state, browser)
    limit = Limit.of(archive.settings.connect_seconds)
    try:
        if code is None or not _CODE.fullmatch(code):
            raise _NotTaken(_refusal_code(error), "nothing was granted at the platform")
        if link.how.temporary is not None and not _is_of(verifier, named):
            raise _NotTaken("other_request", "the platform answers another question than was asked; try again")
        grant = _granted(archive, link, code, verifier, InTime(fetcher, limit))
    except _NotTaken as refusal:
        _refused(archive, link, refusal.problem, str(refusal))
    except Denied as refusal:
        _refused(archive, link, "denied", str(refusal))
    except Unreachable as failure:
        _refused(archive, link, "unreachable", str(failure))
    except ArchiverError as failure:
        _refused(archive, link, "not_kept", _told(failure))
    else:
        _keep(archive, link, grant, limit)
    return str(link.row.id)


class _NotTaken(Refused):
    """What was granted is not what was asked for."""

    def __init__(self, problem: str, said: str) -> None:
        super().__init__(said)
        self.problem = problem


# The way to the platform


def _page(archive: Archive, how: Authorization, app: App, state: str, verifier: str) -> str:
    asked = [
        ("response_type", "code"), (how.client, app.client), ("redirect_uri", return_url(archive)),
        ("scope", how.separator.join(one.name for one in how.scopes)), ("state", state), *how.more,
    ]  # fmt: skip
    if how.challenge:
        digest = urlsafe_b64encode(sha256(verifier.encode()).digest()).rstrip(b"=").decode()
        asked += [("code_challenge", digest), ("code_challenge_method", "S256")]
    return f"{how.page}?{urlencode(asked)}"


def _temporary(
    how: Authorization, known: dict[str, str], app: App, state: str, fetcher: Unrecorded
) -> Credentials | None:  # fmt: skip
    """Temporary credentials, which know where the owner is sent back to, and with what; None: the platform has none."""
    if how.temporary is None:
        return None
    back = f"{known[RETURN]}?{urlencode({'state': state})}"
    return temporary(fetcher, how.temporary, {**known, RETURN: back}, app)


def _is_of(verifier: str, named: str | None) -> bool:
    """Whether what the owner agreed to are the temporary credentials of this link."""
    credentials = Credentials.of(verifier)
    return credentials is not None and hmac.compare_digest(credentials.token.encode(), (named or "").encode())


def _known(archive: Archive, how: Authorization, code: str = "", verifier: str = "") -> dict[str, str]:
    scopes = how.separator.join(one.name for one in how.scopes)
    return {RETURN: return_url(archive), SCOPES: scopes, CODE: code, VERIFIER: verifier}


# The way back


def _expected(archive: Archive, state: str, browser: str) -> tuple[Link, str]:
    """Whom we expect back, and the secret behind the challenge; nobody is expected twice."""
    with archive.database.read() as connection:
        found = connection.execute(query().where(ConnectLink.state_sha256 == hashed(state))).one_or_none()
        link = link_of(archive, connection, found)
    row, now = link.row, archive.clock.now()
    if not hmac.compare_digest(row.browser_sha256 or "", hashed(browser)):
        raise NotFound("this did not begin in this browser: open the link again, and stay in one browser")

    def use_up(connection: Connection) -> bool:
        this = (ConnectLink.id == row.id, ConnectLink.state_sha256 == row.state_sha256)
        values = {"state_sha256": None, "browser_sha256": None, "verifier": None, "verifier_key_id": None}
        return connection.execute(update(ConnectLink).where(*this).values(**values)).rowcount == 1

    if not archive.database.act(use_up) or now - row.begun_at > _ROUND_TRIP:
        raise NotFound("this took too long, or was used before: open the link again")
    require_open(archive, link)
    return link, archive.vault.open(row.verifier, row.verifier_key_id, "verifier", "link", row.id).value


def _granted(archive: Archive, link: Link, code: str, verifier: str, fetcher: InTime) -> Grant:
    app = apps.app_for(archive, link.row.platform, link.how, link.service)
    known = _known(archive, link.how, code, verifier)
    claim = link.connector.claim(link.row.url)
    names = [one for one in (link.platform_id, None if claim is None else claim.handle) if one]

    def identify(token: Secret, named: str | None = None) -> str:
        url, platform = link.row.url, link.row.platform
        return link.platform_id or service.identified(archive, url, platform, token, named, fetcher.limit)

    grant = trade_all(fetcher, link.how.trades, known, app, names, identify)
    account = identify(grant.access, grant.account) if grant.access is not None else ""
    found = complaint(link.how, grant, account)
    if found is not None:
        raise _NotTaken(*found)
    return grant


def _keep(archive: Archive, link: Link, grant: Grant, limit: Limit) -> None:
    """All of it or nothing: the link may have been withdrawn while its owner was away."""
    row = link.row
    try:
        if link.account_id is None:
            made = partial(_connected, archive=archive, link=link)
            by = service.By(("person", OWNER))
            given = {"credential": grant, "purpose": row.purpose, "along": made, "by": by, "limit": limit}
            service.add(archive, row.url, row.platform, row.authority, **given)
        else:
            again = partial(_again, archive=archive, link=link, account_id=link.account_id, grant=grant)
            archive.database.act(again)
    except Unreachable as failure:
        _refused(archive, link, "unreachable", str(failure))
    except ArchiverError as failure:
        _refused(archive, link, "not_kept", _told(failure))


def _again(connection: Connection, *, archive: Archive, link: Link, account_id: str, grant: Grant) -> None:
    service.keep_grant(connection, archive, account_id, grant, link.row.purpose)
    _connected(connection, account_id, archive=archive, link=link)


def _connected(connection: Connection, account_id: str, *, archive: Archive, link: Link) -> None:
    if not end(connection, archive, (ConnectLink.id == link.row.id,), "connected", account_id):
        raise NotFound(OVER)
    facts = {"account": account_id, "purpose": link.row.purpose}
    log.append(connection, [event(EventType.CONNECTION_MADE, link.row.id, facts, owner=True)], archive.clock.now())


def _refused(archive: Archive, link: Link, problem: str, said: str) -> None:
    def note(connection: Connection) -> None:
        this = ConnectLink.id == link.row.id
        connection.execute(update(ConnectLink).where(this).values(said=one_line(said, 500)))
        facts = {"account": link.account_id, "problem": problem}
        told = event(EventType.CONNECTION_REFUSED, link.row.id, facts, owner=True)
        log.append(connection, [told], archive.clock.now())

    archive.database.act(note)


def _told(failure: ArchiverError) -> str:
    """What of a failure its owner may read, who has no login here: nothing of this machine."""
    if isinstance(failure, Refused | UsageError | NotFound) and not isinstance(failure, SettingsError):
        return str(failure)
    _log.error("connection.not_kept", exc_info=failure)
    return "the archive could not keep it just now; the log of its service says why"


def _refusal_code(error: str | None) -> str:
    return "denied" if error is None or error == "access_denied" else "platform_error"
