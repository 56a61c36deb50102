"""Storing the city's application at a platform: its id, and its secret, which no page ever shows again."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Path
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy import Connection

from archiver.accounts import apps, links
from archiver.errors import NotFound, Refused, UsageError
from archiver.operations.platform_states import PlatformState, platform_states
from archiver.people.acting import of_person
from archiver.people.actions import Action
from archiver.people.service import require
from archiver.web.door import Here, Who, needs
from archiver.web.forms import Form, Typed
from archiver.web.site import Site

router = APIRouter()
Name = Annotated[str, Path(max_length=100)]
LONGEST: Final = 4000
"""Of a secret, in characters."""


@router.get("/platforms/{platform}/application", response_class=HTMLResponse)
@needs(Action.PLATFORMS_CHANGE, fresh=True)
def show(site: Here, platform: Name) -> HTMLResponse:
    """The form; nothing of what is stored but the id."""
    return _page(site, _known(site, platform))


@router.post("/platforms/{platform}/application", response_class=HTMLResponse)
@needs(Action.PLATFORMS_CHANGE, fresh=True)
def keep(site: Here, who: Who, platform: Name, form: Typed) -> Response:
    """Store it, in place of an older one."""
    row, actor = _known(site, platform), of_person(who.person.id)

    def guard(connection: Connection) -> None:
        require(connection, site.archive, actor, Action.PLATFORMS_CHANGE)

    try:
        client, secret = _typed(form)
        apps.keep(site.archive, row.app_name, client, secret, guard=guard, actor=actor.pair)
    except (UsageError, Refused) as failure:
        return _page(site, row, str(failure), form["client"][:LONGEST])
    return RedirectResponse(f"{site.base}/platforms/{platform}", status_code=303)


def _known(site: Site, platform: str) -> PlatformState:
    """A platform where the city registers an application of its own."""
    found = next((row for row in platform_states(site.archive) if row.connector.platform == platform), None)
    if found is None or found.how is None or found.how.register is not None:
        raise NotFound("there is no such platform here, or none where the city registers an application")
    return found


def _typed(form: Form) -> tuple[str, str]:
    client, secret = form["client"].strip(), form["secret"].strip()
    if not client:
        raise UsageError("give the id of the application")
    if not secret:
        raise UsageError("give the secret of the application")
    if len(secret) > LONGEST or not secret.isprintable():
        raise UsageError("that is not the secret of an application")
    if form["sure"] != "yes":
        raise UsageError("confirm that it is the City’s own application")
    return client, secret


def _page(site: Site, row: PlatformState, failure: str | None = None, client: str = "") -> HTMLResponse:
    return site.page(
        "platform_application.html",
        status=200 if failure is None else 400,
        row=row,
        back=links.return_url(site.archive),
        failure=failure,
        client=client,
        longest=LONGEST,
    )
