"""What stands at each platform: whether it was tried, whether owners are asked there, and with which application."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from archiver.accounts import apps
from archiver.accounts.apps import AppView
from archiver.accounts.platforms import credential_of
from archiver.archive import Archive
from archiver.operations import connections, proving_record
from archiver.operations.proving_record import Standing
from connectors.authorization import ApiVersion, Authorization, Connects, SetUp, Versioned
from connectors.contract import Connector

#: Permissions are the same for every account, so any address will do to ask for them.
_ANY = "https://example.org/"


@dataclass(frozen=True, slots=True)
class PlatformState:
    """One platform of this installation."""

    connector: Connector
    standing: Standing
    how: Authorization | None
    """None: owners are not asked there."""
    set_up: SetUp | None
    app: AppView | None
    """The city's application, where one is stored."""
    ends: str | None
    """What to say of the end of its API's version."""
    version: ApiVersion | None = None
    """Which version of its API is spoken; None: it has none."""

    def is_over(self, today: date) -> bool:
        """Whether that version is past its last day: whatever answers yet may stop, or answer as another version."""
        return self.version is not None and self.version.ends is not None and self.version.ends < today

    @property
    def app_name(self) -> str:
        """Platform whose application is used."""
        return app_name(self.connector, self.how)

    @property
    def credential(self) -> str | None:
        """What the city itself gives for an account with ``--token``, where owners are not asked and it needs that."""
        return None if self.how is not None else credential_of(self.connector)


def platform_states(archive: Archive) -> list[PlatformState]:
    """All platforms, by name."""
    today = archive.clock.now().date()
    with archive.database.read() as connection:
        stored = {one.platform: one for one in apps.listed(connection) if not one.service}
        trials = proving_record.last_trials(connection)
    found = []
    for _, one in sorted(archive.platforms.connectors.items()):
        how = authorization_of(one)
        set_up = one.set_up if isinstance(one, Connects) else None
        standing, ends = proving_record.standing(one, trials), connections.sunset(one, today)
        version = one.api_version if isinstance(one, Versioned) else None
        found.append(PlatformState(one, standing, how, set_up, stored.get(app_name(one, how)), ends, version))
    return found


def authorization_of(connector: Connector) -> Authorization | None:
    """How owners are asked at a platform; None: they are not."""
    return connector.authorization(_ANY) if isinstance(connector, Connects) else None


def app_name(connector: Connector, how: Authorization | None) -> str:
    """Platform whose application is used."""
    return (how.app if how is not None else None) or connector.platform
