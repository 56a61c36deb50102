"""How accounts are connected: until when, and what somebody has to do. For the screen, the command line and the doctor;
no token is opened for it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any

from sqlalchemy import Connection, Row, select, update

from archiver import logs
from archiver.accounts.credentials import SECOND
from archiver.accounts.events import log_event
from archiver.accounts.grants import not_granted
from archiver.accounts.models import Account, ConnectLink, Credential
from archiver.accounts.renewing import how_of
from archiver.accounts.standing import Standing, TokenFacts, best, ends_at, standing, warn_at
from archiver.archive import Archive
from archiver.capture.gaps import Cause
from archiver.capture.models import Gap
from archiver.clock import to_text
from archiver.evidence.event_types import EventType
from archiver.operations.history import gaps_told
from archiver.viewing import Viewer
from connectors.authorization import RENEWAL, Authorization, Versioned
from connectors.contract import Connector

_log = logs.get(__name__)
_SUNSET = timedelta(days=90)
#: Of gaps: somebody had to sign in.
_SIGN_IN = (Cause.SIGN_IN_EXPIRED.value, Cause.REVOKED.value, Cause.PERMISSION.value)


@dataclass(frozen=True, slots=True)
class TokenView:
    """One owner's token, without itself."""

    second: bool
    connected: bool
    """By its owner's consent; otherwise somebody gave it."""
    standing: Standing
    added_at: datetime
    renewed_at: datetime | None
    refused_why: str | None


@dataclass(frozen=True, slots=True)
class LinkState:
    """A link that can be used."""

    id: str
    made_at: datetime
    ends_at: datetime
    second: bool
    said: str | None


@dataclass(frozen=True, slots=True)
class ConnectionView:
    """How one account is connected."""

    standing: Standing
    tokens: tuple[TokenView, ...]
    links: tuple[LinkState, ...] = ()


@dataclass(frozen=True, slots=True)
class Hole:
    """Part of an account that was not looked at while somebody had to sign in."""

    stream: str
    span_from: datetime | None
    """Since when; None: from the beginning."""
    closed_at: datetime | None


@dataclass(frozen=True, slots=True)
class Refilled:
    """What became of the holes that were there when an account was connected again."""

    since: datetime
    filled: tuple[Hole, ...]
    open: tuple[Hole, ...]


def connections(connection: Connection, archive: Archive, account_id: str | None = None) -> dict[str, ConnectionView]:
    """How accounts are connected, by account; those without any token and without need of one are left out."""
    tokens: dict[str, list[TokenView]] = {}
    now, states = archive.clock.now(), {}
    for row in connection.execute(_tokens(account_id)):
        tokens.setdefault(row.account_id, []).append(_view(archive, row, now))
        states[row.account_id] = row.state
    links = _links(connection, now, account_id)
    known = {}
    for one in {*tokens, *links}:
        held = tuple(tokens.get(one, ()))
        whole = best([token.standing for token in held]) if held else standing(None, "", now, archive.settings.zone)
        known[one] = ConnectionView(whole, held, tuple(links.get(one, ())))
    return known


def refilled(connection: Connection, account_id: str, viewer: Viewer = Viewer.EVERYTHING) -> Refilled | None:
    """What was made up for since an account was last connected, and what is still missing, of what a viewer may know;
    None: it never was, or nothing was missing."""
    since = connection.execute(
        select(Credential.added_at)
        .where(Credential.account_id == account_id, Credential.connected)
        .order_by(Credential.added_at.desc())
        .limit(1)
    ).scalar()
    if since is None:
        return None
    about = (Gap.account_id == account_id, Gap.cause.in_(_SIGN_IN), Gap.opened_at <= since)
    query = select(Gap.stream, Gap.span_from, Gap.closed_at).where(*about, *gaps_told(viewer)).order_by(Gap.opened_at)
    holes = [Hole(*row) for row in connection.execute(query)]
    filled = tuple(one for one in holes if one.closed_at is not None and one.closed_at >= since)
    left = tuple(one for one in holes if one.closed_at is None)
    return Refilled(since, filled, left) if filled or left else None


def warn_of_ends(archive: Archive) -> int:
    """Say once of every token that its owner soon has to consent again, in the event log and in that of the service. Of
    how many."""
    with archive.database.read() as connection:
        rows = connection.execute(_tokens(None).where(Credential.warned_at.is_(None))).all()
    warned = 0
    for row in rows:
        facts = _facts(archive, row)
        at, end = warn_at(facts, archive.settings.zone), ends_at(facts)
        if at is None or end is None or at > archive.clock.now():
            continue
        archive.database.act(partial(_warn, archive=archive, row=row, end=end))
        _log.warning("credential.ending", account=row.account_id, ends=to_text(end))
        warned += 1
    return warned


def sunset(connector: Connector, today: date) -> str | None:
    """What to say of the version of a platform's API that a connector speaks, from ninety days before its end."""
    if not isinstance(connector, Versioned) or connector.api_version.ends is None:
        return None
    version = connector.api_version
    if today + _SUNSET < connector.api_version.ends:
        return None
    over = "went" if today > connector.api_version.ends else "goes"
    return f"version {version.name} of the API of {connector.title} {over} out of service on {version.ends}"


def _tokens(account_id: str | None) -> Any:
    columns = (
        Credential.account_id, Credential.purpose, Credential.added_at, Credential.got_at, Credential.expires_at,
        Credential.consent_ends_at, Credential.scopes, Credential.connected, Credential.refused,
        Credential.refused_why, Credential.number, Credential.renewal.is_not(None).label("has_renewal"),
        Account.platform, Account.url, Account.state,
    )  # fmt: skip
    query = select(*columns).join(Account, Account.id == Credential.account_id)
    query = query.order_by(Credential.account_id, Credential.purpose)
    return query if account_id is None else query.where(Credential.account_id == account_id)


def _view(archive: Archive, row: Row[Any], now: datetime) -> TokenView:
    found = standing(_facts(archive, row), row.state, now, archive.settings.zone)
    renewed = row.got_at if row.got_at is not None and row.got_at > row.added_at else None
    return TokenView(row.purpose == SECOND, row.connected, found, row.added_at, renewed, row.refused_why)


def _facts(archive: Archive, row: Row[Any]) -> TokenFacts:
    how = how_of(archive.platforms.connectors.get(row.platform), row.url)
    return TokenFacts(
        got_at=row.got_at or row.added_at,
        expires_at=row.expires_at,
        consent_ends_at=row.consent_ends_at,
        renewable=row.connected and _renews(how, row.has_renewal),
        refused=row.refused,
        missing=[] if how is None else not_granted(how, row.scopes),
        lacking=[] if how is None else not_granted(how, row.scopes, needed=True),
    )


def _renews(how: Authorization | None, has_renewal: bool) -> bool:
    if how is None or how.renew is None:
        return False
    return has_renewal or all(RENEWAL not in value for _, value in how.renew.form)


def _links(connection: Connection, now: datetime, account_id: str | None) -> dict[str, list[LinkState]]:
    usable = (ConnectLink.account_id.is_not(None), ConnectLink.ended.is_(None), ConnectLink.ends_at > now)
    query = select(ConnectLink).where(*usable).order_by(ConnectLink.made_at)
    if account_id is not None:
        query = query.where(ConnectLink.account_id == account_id)
    found: dict[str, list[LinkState]] = {}
    for row in connection.execute(query).mappings():
        state = LinkState(row["id"], row["made_at"], row["ends_at"], row["purpose"] == SECOND, row["said"])
        found.setdefault(row["account_id"], []).append(state)
    return found


def _warn(connection: Connection, *, archive: Archive, row: Row[Any], end: datetime) -> None:
    this = (
        Credential.account_id == row.account_id, Credential.purpose == row.purpose, Credential.number == row.number,
        Credential.warned_at.is_(None),
    )  # fmt: skip
    if connection.execute(update(Credential).where(*this).values(warned_at=archive.clock.now())).rowcount:
        facts = {"purpose": row.purpose, "ends": to_text(end)}
        log_event(connection, archive, EventType.CREDENTIAL_ENDING, row.account_id, facts, service=True)
