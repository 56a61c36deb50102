"""Who is responsible for a listed account and where they are written to, said on its page."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from archiver.accounts.register import owners
from archiver.errors import NotFound, Refused, UsageError
from archiver.operations import register_page
from archiver.operations.register_page import ListingPage
from archiver.operations.register_seen import Sight
from archiver.people.actions import Action
from archiver.people.registering import Reach, actor_of
from archiver.web.door import Here, NotAllowed, Visitor, Who, needs
from archiver.web.forms import Typed
from archiver.web.register import Sees, listing_shown, owner_fields
from archiver.web.site import Site

router = APIRouter()
Listing = Annotated[str, Path(max_length=100)]


@router.post("/register/accounts/{listing_id}/owner", response_class=HTMLResponse)
@needs(Action.REGISTER_CHANGE)
def say(site: Here, sight: Sees, who: Who, listing_id: Listing, form: Typed) -> Response:
    """Keep what was typed, or show it again with what is wrong."""
    page = _seen(site, sight, who, listing_id)
    typed = {name: form[name] for name in owner_fields(page)}
    actor, why = actor_of(site.archive.clock, who.person), form["why"].strip() or None
    try:
        if "owner" not in form:
            raise UsageError("that form cannot be read")
        owners.name_owner(site.archive, actor, listing_id, **typed, why=why)
    except (UsageError, Refused) as failure:
        return listing_shown(site, page, who, failure=str(failure), typed=typed)
    return RedirectResponse(f"{site.base}/register/accounts/{listing_id}#owner", status_code=303)


def _seen(site: Site, sight: Sight, who: Visitor, listing_id: str) -> ListingPage:
    """The account, if it is there, is seen, and may be changed; the same words for all three."""
    with site.archive.database.read() as connection:
        try:
            page = register_page.listing(site.archive, connection, listing_id, sight)
        except NotFound:
            page = None
        now = site.archive.clock.now()
        listing = page.entry.listing if page is not None else None
        reach = Reach.of(connection, who.person.id, now)
        if page is None or not reach.over(listing.authority if listing is not None else None).allowed:
            raise NotAllowed("your roles do not reach there")
    return page
