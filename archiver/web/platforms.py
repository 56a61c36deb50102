"""What the city has to set up at each platform, what owners of accounts are asked there, and what is seen."""

from __future__ import annotations

from dataclasses import replace

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from archiver.accounts import links
from archiver.accounts.platforms import CAPABILITIES
from archiver.errors import NotFound
from archiver.operations.platform_states import platform_states
from archiver.operations.pushing import Pushing, pushing
from archiver.operations.quota import documented, quotas
from archiver.operations.quota_plot import plot
from archiver.people.actions import Action
from archiver.viewing import Viewer
from archiver.web.door import Here, Seen, needs

router = APIRouter()


@router.get("/platforms", response_class=HTMLResponse)
@needs(Action.PLATFORMS_VIEW)
def list_platforms(site: Here) -> HTMLResponse:
    """All of them."""
    return site.page("platforms.html", platforms=platform_states(site.archive))


@router.get("/platforms/{platform}", response_class=HTMLResponse)
@needs(Action.PLATFORMS_VIEW)
def show_platform(site: Here, viewer: Seen, platform: str) -> HTMLResponse:
    """One of them: what to register, what it costs, what is asked of owners."""
    found = next((row for row in platform_states(site.archive) if row.connector.platform == platform), None)
    if found is None:
        raise NotFound("there is no connector for such a platform here")
    capabilities = [(words, getattr(found.connector.capabilities, name, None)) for words, name in CAPABILITIES]
    back = links.return_url(site.archive)
    with site.archive.database.read() as connection:
        used = [
            one
            for one in quotas(connection, site.archive, platform)
            if one.account_id is None or viewer.sees(one.account_id)
        ]
    now = site.archive.clock.now()
    site.receiver.tell()
    return site.page(
        "platform.html",
        row=found,
        back=back,
        capability_rows=capabilities,
        documented=documented(found.connector),
        quotas=[(one, plot(one, now, site.zone)) for one in used],
        pushed=_pushed(pushing(site.archive, found.connector), viewer),
    )


def _pushed(pushed: Pushing | None, viewer: Viewer) -> Pushing | None:
    """With the accounts of which the viewer may know."""
    if pushed is None:
        return None
    return replace(pushed, accounts=tuple(one for one in pushed.accounts if viewer.sees(one.id)))
