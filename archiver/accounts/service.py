"""The account register: adding an account by its address, listing, pausing, resuming."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

from sqlalchemy import Connection, Row, insert, select, update

from archiver import ids
from archiver.accounts import acts, whose
from archiver.accounts.credentials import READ
from archiver.accounts.events import OPERATOR, log_event
from archiver.accounts.grants import Grant
from archiver.accounts.identify import Identity, ask_platform
from archiver.accounts.in_time import Limit
from archiver.accounts.keeping import drop_credential, forget_credential, hold, keep_credential, keep_grant
from archiver.accounts.models import Account, Handle
from archiver.accounts.platforms import credential_of
from archiver.accounts.register import linking
from archiver.accounts.register import service as register
from archiver.accounts.register.addresses import bare
from archiver.accounts.register.capacity import May
from archiver.accounts.schedule import first_due
from archiver.archive import Archive
from archiver.capture.masking import mask_text
from archiver.capture.models import Due
from archiver.capture.secret_forms import Secret
from archiver.database import safe_text, take_chains
from archiver.errors import Meanwhile, NotFound, Refused, UsageError
from archiver.evidence.acts import PERSON
from archiver.evidence.event_types import EventType
from archiver.settings import city_origin
from archiver.visible import one_line
from connectors.authorization import Connects
from connectors.contract import Answer, Ask, Claim, Connector
from connectors.links import origin

__all__ = [
    "LONGEST_REASON",
    "NO_SUCH",
    "UNASSIGNED",
    "AccountView",
    "Added",
    "By",
    "add",
    "claimed",
    "drop_credential",
    "find",
    "forget_credential",
    "get",
    "hold",
    "identified",
    "keep_credential",
    "keep_grant",
    "list_accounts",
    "pause",
    "require_own_world",
    "resume",
]

_AUTHORITY = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
UNASSIGNED = "unassigned"
NO_SUCH = "there is no such account in this archive; `archiver account list` shows them all"
LONGEST_REASON = 2000
"""Of a pause, and of adding an account, in characters."""


@dataclass(frozen=True, slots=True)
class AccountView:
    """One account of the register."""

    id: str
    platform: str
    service: str
    platform_id: str
    handle: str
    name: str
    url: str
    authority: str
    provisional: bool
    state: str
    state_since: datetime
    state_reason: str | None
    added_at: datetime
    added_by: str | None
    added_user: str | None
    added_why: str | None


@dataclass(frozen=True, slots=True)
class By:
    """Who adds an account, and why."""

    actor: tuple[str, str] = ("person", OPERATOR)
    """Kind and id, as acts and entries of the log name them."""
    user: str | None = None
    """On the command line: the machine's user."""
    why: str | None = None


_NOBODY_NAMED: Final = By()


@dataclass(frozen=True, slots=True)
class Added:
    """What came of adding an account. ``new`` is false where it was in the register before."""

    account: AccountView
    new: bool


def add(
    archive: Archive,
    url: str,
    platform: str | None = None,
    authority: str = UNASSIGNED,
    fetch: Callable[[Ask], Answer] | None = None,
    credential: str | Grant | None = None,
    purpose: str = READ,
    along: Callable[[Connection, str], None] | None = None,
    by: By = _NOBODY_NAMED,
    limit: Limit | None = None,
) -> Added:
    """Register the account at ``url``. The platform is asked who it is; its stable id, not the handle, is the identity.

    Account, handle, due times and event are one transaction; adding it again changes nothing and says so. A
    ``credential`` (API key, token, what its owner granted) is kept in the same transaction, sealed, in place of one
    that was there; so is what ``along`` writes of the account's id, and where that fails nothing is kept. ``by``: who
    does it, as its act and its event name them. ``limit``: how long asking may take; None: as long as the settings say.

    Raises:
        UnknownAddress, Ambiguous: see :meth:`archiver.accounts.platforms.Platforms.claim`.
        UsageError: not a usable short name of an authority, or an address with a credential in it; or the platform
            answers nobody without a credential, and none was given, or none that it could be.
        Unreachable, Refused: the platform does not answer, or knows no such account; or the register lists it as one
            that is not captured; or it is real and this archive for practice, or the other way round; or the
            credential speaks for another account (:func:`archiver.accounts.whose.require_own`).
    """
    _require_usable(url, authority, by)
    connector, claim = archive.platforms.claim(url, platform)
    if fetch is None:  # (else nobody is asked)
        require_own_world(archive, claim)
    secret = _credential(connector, credential)
    claim = _known_as(claim, credential.account if isinstance(credential, Grant) else None)
    limit = Limit.of(archive.settings.connect_seconds) if limit is None else limit
    identity = ask_platform(archive, connector, claim, fetch, secret, limit)
    facts = identity.facts
    if facts.platform_id != safe_text(facts.platform_id):
        raise Refused("the platform gives this account an id that is no text; nothing was added")
    if fetch is None and secret is not None and not isinstance(credential, Grant):
        whose.require_own(archive, connector, claim.url, facts.platform_id, secret, limit)
    account_id = ids.account_id(claim.platform, claim.service, facts.platform_id)

    def enter(connection: Connection) -> Added:
        take_chains(connection, [account_id])
        known = connection.execute(select(Account.id).where(Account.id == account_id)).first()
        if known is None:
            _insert(connection, archive, account_id, claim, identity, authority, by)
        name = linking.Name(claim.platform, claim.service, facts.platform_id, facts.handle or claim.handle, claim.url)
        linking.begin(connection, archive, account_id, name, new=known is None, told=facts.url)
        if isinstance(credential, Grant):
            keep_grant(connection, archive, account_id, credential, purpose)
        elif secret is not None:
            keep_credential(connection, archive, account_id, secret.value)
        if along is not None:
            along(connection, account_id)
        return Added(get(connection, account_id), new=known is None)

    return archive.database.act(enter)


def _require_usable(url: str, authority: str, by: By) -> None:
    if not _AUTHORITY.fullmatch(authority):
        raise UsageError("an authority's short name has lower-case letters, digits and dashes, such as city-clerk")
    if by.why is not None and len(by.why) > LONGEST_REASON:
        raise UsageError(f"a reason has at most {LONGEST_REASON:,} characters")
    if mask_text(url) != url:
        raise UsageError(
            "this address holds what looks like a password or key, which would be stored with every answer and shown to"
            " whoever asks for records; name the public address instead"
        )


def require_own_world(archive: Archive, claim: Claim) -> None:
    """Keep what is made up out of the real archive, and what is real out of the practice archive.

    Raises:
        Refused: it does not belong here.
    """
    if archive.practice:
        # Some platforms are one service, wherever their addresses are.
        if not {claim.service, origin(urlsplit(claim.url))} & set(archive.settings.trusted_origins):
            raise Refused(
                "this is the practice archive, which captures the made-up city alone: a real account is added to the"
                " real archive"
            )
    elif claim.service == city_origin(archive.settings.home / "practice"):
        raise Refused("this is an account of the practice city, which is made up: it never gets into the real archive")


def _insert(
    connection: Connection,
    archive: Archive,
    account_id: str,
    claim: Claim,
    identity: Identity,
    authority: str,
    by: By,
) -> None:
    now, facts = archive.clock.now(), identity.facts
    shown = {"handle": safe_text(facts.handle), "name": safe_text(facts.name), "url": safe_text(identity.url)}
    connection.execute(
        insert(Account).values(
            id=account_id,
            platform=claim.platform,
            service=claim.service,
            platform_id=facts.platform_id,
            authority=authority,
            state_since=now,
            added_at=now,
            added_by=by.actor[1],
            added_user=by.user,
            added_why=safe_text(by.why) if by.why else None,
            **shown,
        )
    )
    connection.execute(insert(Handle).values(account_id=account_id, first_seen_at=now, **shown))
    rows = [{"account_id": account_id, "sweep": sweep, "due_at": at} for sweep, at in first_due(archive.settings, now)]
    connection.execute(insert(Due), rows)
    archive.acts.record(connection, acts.registered(connection, account_id, actor=by.actor), now)
    data = {"platform": claim.platform, "service": claim.service, "authority": authority}
    log_event(connection, archive, EventType.ACCOUNT_ADDED, account_id, data, actor=by.actor)


def identified(
    archive: Archive, url: str, platform: str, token: Secret, named: str | None = None, limit: Limit | None = None
) -> str:
    """The platform's id of the account at ``url``, asked for with a token, whose grant says that it is of ``named``.
    Raises as :func:`add` does."""
    connector, claim = archive.platforms.claim(url, platform)
    return ask_platform(archive, connector, _known_as(claim, named), None, token, limit).facts.platform_id


def _known_as(claim: Claim, named: str | None) -> Claim:
    """The claim with the id that a grant says the account has."""
    return claim if not named else replace(claim, platform_id=named)


def _credential(connector: Connector, given: str | Grant | None) -> Secret | None:
    """What an account is asked for with, before it is registered."""
    if isinstance(given, Grant):
        return given.access
    if given is not None:
        return Secret(given)
    needed = credential_of(connector)
    if needed is not None:
        ask = ", or let its owner connect it (`archiver account connect`)" if isinstance(connector, Connects) else ""
        raise UsageError(f"{connector.title} answers nobody without a credential ({needed}): give it with --token{ask}")
    return None


def list_accounts(connection: Connection) -> list[AccountView]:
    """All accounts in the order they were added."""
    return [_view(row) for row in connection.execute(_query().order_by(Account.added_at, Account.id))]


def get(connection: Connection, account_id: str) -> AccountView:
    """One account by its id.

    Raises:
        NotFound: there is none.
    """
    row = connection.execute(_query().where(Account.id == account_id)).one_or_none()
    if row is None:
        raise NotFound(NO_SUCH)
    return _view(row)


def find(connection: Connection, name: str) -> AccountView:
    """An account as a person names it: its id or the beginning of it, its handle, name or address.

    Raises:
        NotFound: none matches.
        UsageError: several do.
    """
    wanted = name.strip().casefold().rstrip("/")
    accounts = list_accounts(connection)
    exact = [one for one in accounts if one.id == wanted]
    found = exact or [one for one in accounts if wanted in _names(one)]
    if not found and len(wanted) >= 6 and wanted.startswith("ac_"):
        found = [one for one in accounts if one.id.startswith(wanted)]
    if not found:
        raise NotFound(f"no account is called {one_line(name, 80)!r}; `archiver account list` shows them all")
    if len(found) > 1:
        raise UsageError(f"several accounts match; name one by its id: {', '.join(one.id for one in found)}")
    return found[0]


def claimed(connection: Connection, claim: Claim) -> AccountView | None:
    """The registered account that an address names by its handle; None where there is none, or it is not certain."""
    same = (Account.platform == claim.platform, Account.service == claim.service)
    found = [_view(row) for row in connection.execute(_query().where(*same))]
    wanted = bare(claim.handle, claim.service)
    named = [one for one in found if bare(one.handle, one.service) == wanted]
    return named[0] if len(named) == 1 else None


def _names(account: AccountView) -> set[str]:
    handle = account.handle.casefold().lstrip("@")
    local = handle.partition("@")[0]
    names = {handle, f"@{handle}", local, f"@{local}", account.name.casefold()}
    return names | {account.url.casefold().rstrip("/")} - {"", "@"}


def pause(archive: Archive, account_id: str, reason: str, actor: tuple[str, str] = PERSON) -> AccountView:
    """Stop capturing an account until it is resumed. What is captured stays; the pause is a gap, and is logged.
    ``actor``: whoever does it, by kind and id.

    Raises:
        UsageError: the reason is too long.
        Meanwhile: it is closed.
    """
    if len(reason) > LONGEST_REASON:
        raise UsageError(f"a reason has at most {LONGEST_REASON:,} characters")
    return archive.database.act(lambda connection: _change(connection, archive, account_id, "paused", reason, actor))


def resume(archive: Archive, account_id: str, actor: tuple[str, str] = PERSON, *, reopens: bool = True) -> AccountView:
    """Capture an account again, at once. ``reopens``: also one that is closed.

    Raises:
        Refused: the register lists it as one that is not captured, or not yet.
        Meanwhile: it is closed, and is not to be opened by this.
    """
    return archive.database.act(lambda connection: resume_in(connection, archive, account_id, actor, reopens=reopens))


def resume_in(
    connection: Connection, archive: Archive, account_id: str, actor: tuple[str, str] = PERSON, *, reopens: bool = True
) -> AccountView:
    """As :func:`resume`, in the caller's transaction."""
    return _change(connection, archive, account_id, "active", None, actor, from_closed=reopens)


def _change(
    connection: Connection,
    archive: Archive,
    account_id: str,
    state: str,
    reason: str | None,
    actor: tuple[str, str],
    *,
    from_closed: bool = False,
) -> AccountView:
    now = archive.clock.now()
    hold(connection, account_id)
    before = get(connection, account_id)
    if before.state == state:
        return before
    if before.state == acts.CLOSED and not from_closed:
        raise Meanwhile("it is closed: whoever wants it captured again opens it again on its page")
    if state == "active":
        may, why_not = register.allowed(archive, connection, account_id)
        if may is not May.RUN:
            raise Refused(f"{why_not}; it stays as it is (law R5)")
    told = safe_text(reason) if reason else None
    values = {"state": state, "state_since": now, "state_reason": told}
    connection.execute(update(Account).where(Account.id == account_id).values(**values))
    if state == "active":
        connection.execute(update(Due).where(Due.account_id == account_id).values(due_at=now, failures=0))
    archive.acts.record(connection, acts.state_set(account_id, state, told, actor), now)
    kind = EventType.ACCOUNT_RESUMED if state == "active" else EventType.ACCOUNT_PAUSED
    log_event(connection, archive, kind, account_id, {}, actor=actor)
    return get(connection, account_id)


def _query() -> Any:
    return select(*[getattr(Account, name) for name in AccountView.__dataclass_fields__])


def _view(row: Row[Any]) -> AccountView:
    return AccountView(**row._mapping)
