"""Pages of the register, for whoever may see accounts: all of the authorities that their roles reach, and of others the
accounts alone that they do."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from fastapi.responses import HTMLResponse, Response
from sqlalchemy import Connection

from archiver.accounts.register.service import LONGEST_WHY
from archiver.operations import register_page
from archiver.operations.master_list import master_list
from archiver.operations.master_list_files import TYPES, written
from archiver.operations.register_page import ListingPage
from archiver.operations.register_seen import Sight, seen
from archiver.operations.wanted import NONE, NONE_IN_WORDS
from archiver.people import permission
from archiver.people.actions import Action
from archiver.people.registering import Reach
from archiver.web.door import Here, Seen, Visitor, Who, needs
from archiver.web.narrowing import Narrowed, choices
from archiver.web.register_load import may_load
from archiver.web.site import Site

router = APIRouter()
_ON_A_PAGE = 12
"""Accounts: a page of them stays below 100 KB."""


def sight_of(site: Here, viewer: Seen, who: Who) -> Sight:
    """What of the register whoever was let in sees."""
    with site.archive.database.read() as connection:
        now, action = site.archive.clock.now(), Action.CAPTURE_VIEW
        asked = (connection, who.person.id, action, now)
        knows = permission.may(connection, who.person.id, Action.PLATFORMS_VIEW, None, now).allowed
        return Sight(viewer, permission.authorities_seen(*asked), permission.departments_seen(*asked), knows)


Sees = Annotated[Sight, Depends(sight_of)]


@router.get("/register", response_class=HTMLResponse)
@needs(Action.CAPTURE_VIEW)
def show(
    site: Here,
    sight: Sees,
    who: Who,
    narrowed: Narrowed,
    only: Literal["all", "lacking", "uncaptured"] = "all",
    start: Annotated[int, Query(ge=0, le=1_000_000, description="How many accounts to pass over.")] = 0,
) -> HTMLResponse:
    with site.archive.database.read() as connection:
        made = seen(master_list(site.archive, connection), sight)
    lacking = [one for one in made.entries if one.standing.lacks]
    of_kind = {"all": list(made.entries), "lacking": lacking, "uncaptured": made.uncaptured}
    shown = [one for one in of_kind[only] if narrowed.keeps_entry(one)]
    authorities = register_page.authorities(made, sight)
    return site.page(
        "register.html",
        here="register",
        only=only,
        narrowed=narrowed,
        choices=choices(made.entries),
        nobodys=NONE,
        none_in_words=NONE_IN_WORDS,
        made=made,
        entries=shown[start : start + _ON_A_PAGE],
        start=start,
        total=len(shown),
        each=_ON_A_PAGE,
        lacking=len(lacking),
        authorities=authorities,
        linked={one.id for one in authorities},
        handovers=register_page.handovers(made.register, sight=sight),
        part=sight.authorities is not None,
        may_load=may_load(site, who),
    )


@router.get("/register/authorities/{authority_id}", response_class=HTMLResponse)
@needs(Action.CAPTURE_VIEW)
def show_authority(site: Here, sight: Sees, who: Who, authority_id: str) -> HTMLResponse:
    with site.archive.database.read() as connection:
        page = register_page.authority(site.archive, connection, authority_id, sight)
        may, may_except = _may(site, connection, who, authority_id)
    return site.page(
        "register_authority.html", here="register", page=page, linked={authority_id}, may=may, may_except=may_except
    )


@router.get("/register/accounts/{listing_id}", response_class=HTMLResponse)
@needs(Action.CAPTURE_VIEW)
def show_listing(site: Here, sight: Sees, who: Who, listing_id: str) -> HTMLResponse:
    with site.archive.database.read() as connection:
        page = register_page.listing(site.archive, connection, listing_id, sight)
    return listing_shown(site, page, who)


def _may(site: Site, connection: Connection, who: Visitor, authority: str | None) -> tuple[bool, bool]:
    """Whether somebody may change what is said of an authority, by its id, and grant exceptions there."""
    actions, now = (Action.REGISTER_CHANGE, Action.EXCEPTIONS_DECIDE), site.archive.clock.now()
    change, grant = (Reach.of(connection, who.person.id, now, one).over(authority).allowed for one in actions)
    return change, grant


def owner_fields(page: ListingPage) -> dict[str, str]:
    """What the form about an account's owner holds before anybody typed."""
    says = page.entry.listing
    assert says is not None
    held = {"owner": says.owner, "position": says.owner_position, "mail": says.owner_mail}
    return {name: value or "" for name, value in held.items()}


def listing_shown(
    site: Site, page: ListingPage, who: Visitor, *, failure: str | None = None, typed: dict[str, str] | None = None
) -> HTMLResponse:
    """The page of a listed account. ``typed``: about its owner, and ``failure``: what is wrong with it."""
    with site.archive.database.read() as connection:
        listing = page.entry.listing
        may_name, may_except = _may(site, connection, who, listing.authority if listing is not None else None)
    return site.page(
        "register_account.html",
        here="register",
        status=200 if failure is None else 400,
        page=page,
        may_name=may_name,
        may_except=may_except,
        failure=failure,
        typed=typed or owner_fields(page),
        longest=LONGEST_WHY,
    )


@router.get("/register/master-list.{form}")
@needs(Action.CAPTURE_VIEW)
def download(site: Here, sight: Sees, form: Literal["csv", "xlsx", "pdf"]) -> Response:
    """The master list as a file, as far as it is seen."""
    with site.archive.database.read() as connection:
        made = seen(master_list(site.archive, connection), sight)
    part = "" if sight.authorities is None else "-part"
    name = f"master-list-{made.day}{part}.{form}"
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(written(site.archive, made, form), media_type=TYPES[form], headers=headers)
