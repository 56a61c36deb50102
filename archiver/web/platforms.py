"""What the city has to set up at each platform, what owners of accounts are asked there, and what is seen."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from archiver.accounts import links
from archiver.accounts.platforms import CAPABILITIES
from archiver.errors import NotFound
from archiver.operations.platform_states import platform_states
from archiver.people.actions import Action
from archiver.web.door import Here, needs

router = APIRouter()


@router.get("/platforms", response_class=HTMLResponse)
@needs(Action.PLATFORMS_VIEW)
def list_platforms(site: Here) -> HTMLResponse:
    """All of them."""
    return site.page("platforms.html", platforms=platform_states(site.archive))


@router.get("/platforms/{platform}", response_class=HTMLResponse)
@needs(Action.PLATFORMS_VIEW)
def show_platform(site: Here, platform: str) -> HTMLResponse:
    """One of them: what to register, what it costs, what is asked of owners."""
    found = next((row for row in platform_states(site.archive) if row.connector.platform == platform), None)
    if found is None:
        raise NotFound("there is no connector for such a platform here")
    capabilities = [(words, getattr(found.connector.capabilities, name, None)) for words, name in CAPABILITIES]
    back = links.return_url(site.archive)
    return site.page("platform.html", row=found, back=back, capability_rows=capabilities)
