"""Applications: what the city registers at a platform so that owners of accounts can be asked."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import Connection, delete, insert, select

from archiver.accounts.events import OPERATOR, SIGN_IN
from archiver.accounts.models import PlatformApp
from archiver.accounts.trades import App, Unrecorded, registered
from archiver.archive import Archive
from archiver.capture.secret_forms import Secret
from archiver.database import take_chains
from archiver.errors import NotFound, UsageError
from archiver.evidence import log
from archiver.evidence.event_types import EventType
from archiver.evidence.log import NewEvent
from archiver.visible import one_line
from connectors.authorization import Authorization, Connects
from connectors.contract import Connector

_LONGEST_CLIENT = 300
_PLACE = "app"
_KNOWN_FOR: Final = timedelta(hours=1)
"""A server may forget an application that nobody used: Mastodon does after a day. And where people reach the pages may
have changed since, which is part of what the server knows."""


@dataclass(frozen=True, slots=True)
class AppView:
    """One application, without its secret."""

    platform: str
    service: str
    client: str
    added_at: datetime


def connecting(archive: Archive, platform: str, name: str | None = None) -> tuple[Connector, Connects]:
    """The connector of a platform where owners can be asked; the same object, for what it is and for what it can.

    Raises:
        SettingsError: no connector of that name.
        UsageError: owners cannot be asked there. ``name``: what was typed, where no account of the register is called
            so; it may have been meant as one.
    """
    connector = archive.connector(platform)
    if not isinstance(connector, Connects) and name is not None:
        raise UsageError(
            f"no account is called {one_line(name, 80)!r}, and nobody is asked for consent at such an address"
            f" ({connector.title}); `archiver account list` shows all accounts, `archiver platform list`"
            " where owners are asked"
        )
    if not isinstance(connector, Connects):
        raise UsageError(
            f"{connector.title} has no page on which an account's owner is asked; `archiver account token` keeps what"
            " it is read with, where it needs that"
        )
    return connector, connector


def check(archive: Archive, platform: str, client: str) -> None:
    """Whether an application with this id can be stored for a platform: asked before anybody types its secret.

    Raises:
        SettingsError, UsageError: no such platform, none where one is registered by hand, or no id of one.
    """
    connector, connects = connecting(archive, platform)
    how = connects.authorization("https://example.org/")
    if how.register is not None:
        raise UsageError(f"{connector.title}: servers make the archive known to themselves; there is nothing to store")
    if how.app is not None and how.app != platform:
        raise UsageError(f"{connector.title} uses the application of {how.app}: store that one")
    if not client.isprintable() or not client or " " in client or len(client) > _LONGEST_CLIENT:
        raise UsageError("that is not the id of an application: one word without blanks is expected")


def keep(
    archive: Archive,
    platform: str,
    client: str,
    secret: str,
    *,
    guard: Callable[[Connection], None] = lambda _: None,
    actor: tuple[str, str] = ("person", OPERATOR),
) -> None:
    """Store the application that the city registered at a platform, its secret sealed, in place of an older one.
    ``guard`` is asked in its transaction whether ``actor`` (kind and id) may.

    Raises:
        Refused: ``guard`` says no.
        SettingsError, UsageError: as :func:`check`, or nothing that it could be.
        MissingKey: the key file is gone.
    """
    check(archive, platform, client)
    app = App(client, Secret(secret, "client secret"))

    def do(connection: Connection) -> None:
        guard(connection)
        _store(connection, archive, platform, "", app, actor)

    archive.database.act(do)


def listed(connection: Connection) -> list[AppView]:
    """All applications."""
    columns = (PlatformApp.platform, PlatformApp.service, PlatformApp.client, PlatformApp.added_at)
    query = select(*columns).order_by(PlatformApp.platform, PlatformApp.service)
    return [AppView(*row) for row in connection.execute(query)]


def app_for(archive: Archive, platform: str, how: Authorization, service: str) -> App:
    """The application with which an account's owner is asked.

    Raises:
        NotFound: none is stored; it says what to do.
        MissingKey, IntegrityError: its secret cannot be opened.
    """
    name, place = how.app or platform, service if how.register is not None else ""
    query = select(PlatformApp).where(PlatformApp.platform == name, PlatformApp.service == place)
    with archive.database.read() as connection:
        row = connection.execute(query).mappings().one_or_none()
    if row is None:
        raise NotFound(
            f"the city's application at {name} is not stored yet: `archiver platform show {name}` says what to register"
            f" there, `archiver platform app {name} --id ID` stores it"
        )
    secret = archive.vault.open(row["sealed"], row["key_id"], "client secret", _PLACE, name, place)
    return App(row["client"], secret)


def made_known(
    archive: Archive, platform: str, how: Authorization, service: str, known: dict[str, str], fetcher: Unrecorded
) -> App:
    """:func:`app_for`; where servers make the archive known to themselves, that is done first, and again after a while.
    Raises as that, and:

    Raises:
        Unreachable, Denied: the server does not do so.
    """
    if how.register is None or _is_known(archive, how.app or platform, service):
        return app_for(archive, platform, how, service)
    app = registered(fetcher, how.register, known)
    archive.database.act(lambda connection: _store(connection, archive, platform, service, app))
    return app


def _is_known(archive: Archive, platform: str, service: str) -> bool:
    """Whether a server was told of the archive not long ago."""
    query = select(PlatformApp.added_at).where(PlatformApp.platform == platform, PlatformApp.service == service)
    with archive.database.read() as connection:
        told = connection.execute(query).scalar()
    return told is not None and archive.clock.now() - told < _KNOWN_FOR


def _store(
    connection: Connection,
    archive: Archive,
    platform: str,
    service: str,
    app: App,
    by: tuple[str, str] = ("person", OPERATOR),
) -> None:
    assert app.secret is not None
    now = archive.clock.now()
    take_chains(connection, [f"application {platform} {service}"])  # of two at a time both would add it
    sealed, key_id = archive.vault.seal(connection, app.secret, _PLACE, platform, service)
    this = (PlatformApp.platform == platform) & (PlatformApp.service == service)
    connection.execute(delete(PlatformApp).where(this))
    connection.execute(
        insert(PlatformApp).values(
            platform=platform, service=service, client=app.client, sealed=sealed, key_id=key_id, added_at=now
        )
    )
    facts = {"platform": platform, "service": service or None}
    actor = ("service", SIGN_IN) if service else by  # servers are told of the archive as needed
    event = NewEvent(EventType.APP_STORED.value, "archive", archive.identity.id, facts, *actor)
    log.append(connection, [event], now)
