"""What the city has to set up at each platform, what owners of accounts are asked there, and what is seen."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends
from fastapi.responses import HTMLResponse

from archiver.accounts import apps, links
from archiver.accounts.apps import AppView
from archiver.accounts.platforms import CAPABILITIES
from archiver.errors import NotFound
from archiver.operations import connections, proving_record
from archiver.operations.proving_record import Standing
from archiver.web.site import Site, site_of
from connectors.authorization import Authorization, Connects, SetUp
from connectors.contract import Connector

router = APIRouter()
Here = Annotated[Site, Depends(site_of)]
#: Permissions are the same for every account, so any address will do to ask for them.
_ANY = "https://example.org/"


@dataclass(frozen=True, slots=True)
class PlatformRow:
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

    @property
    def app_name(self) -> str:
        """Platform whose application is used."""
        return (self.how.app if self.how is not None else None) or self.connector.platform


@router.get("/platforms", response_class=HTMLResponse)
def list_platforms(site: Here) -> HTMLResponse:
    """All of them."""
    return site.page("platforms.html", platforms=_rows(site))


@router.get("/platforms/{platform}", response_class=HTMLResponse)
def show_platform(site: Here, platform: str) -> HTMLResponse:
    """One of them: what to register, what it costs, what is asked of owners."""
    found = next((row for row in _rows(site) if row.connector.platform == platform), None)
    if found is None:
        raise NotFound("there is no connector for such a platform here")
    capabilities = [(words, getattr(found.connector.capabilities, name, None)) for words, name in CAPABILITIES]
    back = links.return_url(site.archive)
    return site.page("platform.html", row=found, back=back, capability_rows=capabilities)


def _rows(site: Site) -> list[PlatformRow]:
    archive, today = site.archive, site.archive.clock.now().date()
    with archive.database.read() as connection:
        stored = {one.platform: one for one in apps.listed(connection) if not one.service}
        trials = proving_record.last_trials(connection)
    found = []
    for _, one in sorted(archive.platforms.connectors.items()):
        how = one.authorization(_ANY) if isinstance(one, Connects) else None
        app = stored.get((how.app if how is not None else None) or one.platform)
        set_up = one.set_up if isinstance(one, Connects) else None
        standing = proving_record.standing(one, trials)
        found.append(PlatformRow(one, standing, how, set_up, app, connections.sunset(one, today)))
    return found
