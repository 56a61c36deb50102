"""Addresses of ours that platforms send deliveries to. Each has a last part that nobody can guess, and secrets that are
sealed: they are told to whoever sets up the platform, on the command line, and stand in no page, log or event."""

from __future__ import annotations

import json
import re
import secrets
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import Connection, Row, delete, insert, select, update

from archiver import ids
from archiver.accounts import apps, links
from archiver.accounts.events import OPERATOR
from archiver.accounts.models import Account, Hook
from archiver.capture.secret_forms import Secret
from archiver.errors import NotFound, UsageError
from archiver.evidence import log
from archiver.evidence.event_types import EventType
from archiver.evidence.log import NewEvent
from archiver.records.stored import chunks
from connectors.authorization import Connects
from connectors.contract import Connector
from connectors.deliveries import Receives

if TYPE_CHECKING:
    from archiver.archive import Archive

#: Part of the address before the platform's name.
PATH: Final = "hooks"
TOKEN: Final = re.compile(r"[A-Za-z0-9_-]{43}")
_ANY: Final = "https://example.org/"
_PLACE: Final = "hook"
SERVICE: Final = "deliveries"


@dataclass(frozen=True, slots=True, repr=False)
class OpenHook:
    """One address with what nobody may know of it."""

    id: str
    platform: str
    account: str | None
    path: str
    verify: str
    """What Meta has to know before it is answered."""
    own: Secret | None
    """Signs deliveries, where that is not the secret of the application."""
    verified_at: datetime | None
    last_at: datetime | None


def application(connector: Connector) -> str:
    """Platform whose application sends what concerns accounts of this one."""
    how = connector.authorization(_ANY) if isinstance(connector, Connects) else None
    return (how.app if how is not None else None) or connector.platform


def receiving(archive: Archive, platform: str) -> Iterator[tuple[Connector, Receives]]:
    """Connectors whose deliveries come to addresses of this platform; each twice, for what it is and what it can."""
    for _, one in sorted(archive.platforms.connectors.items()):
        if isinstance(one, Receives) and application(one) == platform:
            yield one, one


def found(archive: Archive, platform: str, path: str) -> OpenHook | None:
    """The address that ends so; None where there is none.

    Raises:
        MissingKey, IntegrityError: its secrets cannot be opened.
    """
    if not TOKEN.fullmatch(path):
        return None
    which = (Hook.path_sha256 == _hashed(path), Hook.platform == platform)
    with archive.database.read() as connection:
        row = connection.execute(select(*Hook.__table__.columns).where(*which)).one_or_none()
    return None if row is None else _opened(archive, row)


def exists(archive: Archive, platform: str, path: str) -> bool:
    """Whether there is an address that ends so."""
    if not TOKEN.fullmatch(path):
        return False
    query = select(Hook.id).where(Hook.path_sha256 == _hashed(path), Hook.platform == platform)
    with archive.database.read() as connection:
        return connection.execute(query).first() is not None


def of_platform(archive: Archive, platform: str, account: str | None = None) -> OpenHook | None:
    """The address of an application, or of one account at a hub. Raises as :func:`found`."""
    which = (Hook.platform == platform, Hook.account_id == account if account else Hook.account_id.is_(None))
    # (two commands at the same moment may make two: both take what is sent, and the first is told)
    query = select(*Hook.__table__.columns).where(*which).order_by(Hook.made_at, Hook.id).limit(1)
    with archive.database.read() as connection:
        row = connection.execute(query).one_or_none()
    return None if row is None else _opened(archive, row)


def made(archive: Archive, platform: str, *, account: str | None = None, own: str | None = None) -> OpenHook:
    """The address of an application, or of one account at a hub; made where there is none. ``own``: the secret that the
    platform signs with, in place of what was stored.

    Raises:
        UsageError: the platform sends nothing, or needs a secret of its own that was not given.
        NotFound: its application is not stored yet.
        MissingKey: the key file is gone.
    """
    connectors = list(receiving(archive, platform))
    if not connectors:
        raise UsageError(f"{platform} sends no deliveries to an application of that name")
    how = connectors[0][1].receives
    if account is None and how.challenge == "websub":
        raise UsageError(f"{connectors[0][0].title}: the archive subscribes each account by itself; nothing is entered")
    there = of_platform(archive, platform, account)
    if there is not None and own is None:
        return there
    if account is None:
        _require_secret(archive, connectors[0][0], how.own_secret, own)
    path, verify = (there.path, there.verify) if there else (_new(), _new())
    # At a hub the secret is ours to choose, for each subscription.
    chosen = own or (_new() if account is not None else None)
    hook_id = there.id if there else ids.new_id("hk")

    def act(connection: Connection) -> None:
        words = json.dumps({"path": path, "verify": verify, "own": chosen})
        sealed, key_id = archive.vault.seal(connection, Secret(words, "address"), _PLACE, hook_id)
        values: dict[str, Any] = {"sealed": sealed, "key_id": key_id}
        if there is not None:
            connection.execute(update(Hook).where(Hook.id == hook_id).values(**values))
            _log(connection, archive, EventType.HOOK_CHANGED, platform, account)
            return
        values |= {"id": hook_id, "platform": platform, "account_id": account, "path_sha256": _hashed(path)}
        connection.execute(insert(Hook).values(**values, made_at=archive.clock.now(), counts={}))
        _log(connection, archive, EventType.HOOK_MADE, platform, account)

    archive.database.act(act)
    again = of_platform(archive, platform, account)
    assert again is not None
    return again


def removed(archive: Archive, platform: str) -> None:
    """Let the address of an application take nothing any more. The next one has another end.

    Raises:
        NotFound: there is none.
    """

    def act(connection: Connection) -> None:
        gone = connection.execute(delete(Hook).where(Hook.platform == platform, Hook.account_id.is_(None)))
        if not gone.rowcount:
            raise NotFound(f"there is no address for {platform}")
        _log(connection, archive, EventType.HOOK_REMOVED, platform, None)

    archive.database.act(act)


def address(archive: Archive, hook: OpenHook) -> str:
    """Where the platform sends to. A secret."""
    return f"{links.base_url(archive)}/{PATH}/{hook.platform}/{hook.path}"


def signing_secret(archive: Archive, hook: OpenHook) -> Secret:
    """What signs deliveries to an address.

    Raises:
        NotFound: it is not stored.
        MissingKey, IntegrityError: it cannot be opened.
    """
    if hook.own is not None:
        return hook.own
    connector = next(iter(receiving(archive, hook.platform)))[0]
    assert isinstance(connector, Connects)
    secret = apps.app_for(archive, connector.platform, connector.authorization(_ANY), "").secret
    assert secret is not None
    return secret


def account_rows(connection: Connection, platform: str, platform_ids: Iterable[str]) -> dict[str, list[Row[Any]]]:
    """Accounts of the register that a platform calls so, however many it names, by what it calls them."""
    found: defaultdict[str, list[Row[Any]]] = defaultdict(list)
    for chunk in chunks(sorted(set(platform_ids))):
        which = (Account.platform == platform, Account.platform_id.in_(chunk))
        for row in connection.execute(select(*Account.__table__.columns).where(*which).order_by(Account.id)):
            found[row.platform_id].append(row)
    return found


def account(connection: Connection, account_id: str) -> Row[Any]:
    """One account of the register.

    Raises:
        NotFound: there is none.
    """
    row = connection.execute(select(*Account.__table__.columns).where(Account.id == account_id)).one_or_none()
    if row is None:
        raise NotFound(f"there is no account {account_id}")
    return row


def states(connection: Connection, accounts: Sequence[str]) -> dict[str, str]:
    """States of those of these accounts that are registered."""
    found: dict[str, str] = {}
    for chunk in chunks(accounts):
        query = select(Account.id, Account.state).where(Account.id.in_(chunk))
        found |= {row.id: row.state for row in connection.execute(query)}
    return found


def _require_secret(archive: Archive, connector: Connector, called: str | None, own: str | None) -> None:
    if own is not None:
        return
    if called is not None:
        raise UsageError(f"{connector.title} signs with its {called}: give it with --secret")
    assert isinstance(connector, Connects)
    apps.app_for(archive, connector.platform, connector.authorization(_ANY), "")


def _opened(archive: Archive, row: Row[Any]) -> OpenHook:
    said = json.loads(archive.vault.open(row.sealed, row.key_id, "address", _PLACE, row.id).value)
    own = None if said["own"] is None else Secret(said["own"], "signing secret")
    return OpenHook(
        row.id, row.platform, row.account_id, said["path"], said["verify"], own, row.verified_at, row.last_at
    )


def _log(connection: Connection, archive: Archive, kind: EventType, platform: str, account: str | None) -> None:
    actor = ("service", SERVICE) if account is not None else ("person", OPERATOR)
    event = NewEvent(kind.value, "archive", archive.identity.id, {"platform": platform, "account": account}, *actor)
    log.append(connection, [event], archive.clock.now())


def _new() -> str:
    return secrets.token_urlsafe(32)


def _hashed(path: str) -> str:
    return sha256(path.encode()).hexdigest()
