"""Pages of the register. They are only read: things are said by command until people sign in."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from fastapi.responses import HTMLResponse, Response

from archiver.operations import register_page
from archiver.operations.master_list import master_list
from archiver.operations.master_list_files import TYPES, written
from archiver.web.site import Site, site_of

router = APIRouter()
_ON_A_PAGE = 200
"""Accounts."""
Here = Annotated[Site, Depends(site_of)]


@router.get("/register", response_class=HTMLResponse)
def show(
    site: Here,
    only: Literal["all", "lacking", "uncaptured"] = "all",
    start: Annotated[int, Query(ge=0, le=1_000_000, description="How many accounts to pass over.")] = 0,
) -> HTMLResponse:
    with site.archive.database.read() as connection:
        made = master_list(site.archive, connection)
    lacking = [one for one in made.entries if one.standing.lacks]
    shown = {"all": list(made.entries), "lacking": lacking, "uncaptured": made.uncaptured}
    return site.page(
        "register.html",
        here="register",
        only=only,
        made=made,
        entries=shown[only][start : start + _ON_A_PAGE],
        start=start,
        total=len(shown[only]),
        each=_ON_A_PAGE,
        lacking=len(lacking),
        authorities=register_page.authorities(made),
        handovers=register_page.handovers(made.register),
    )


@router.get("/register/authorities/{authority_id}", response_class=HTMLResponse)
def show_authority(site: Here, authority_id: str) -> HTMLResponse:
    with site.archive.database.read() as connection:
        page = register_page.authority(site.archive, connection, authority_id)
    return site.page("register_authority.html", here="register", page=page)


@router.get("/register/accounts/{listing_id}", response_class=HTMLResponse)
def show_listing(site: Here, listing_id: str) -> HTMLResponse:
    with site.archive.database.read() as connection:
        page = register_page.listing(site.archive, connection, listing_id)
    return site.page("register_account.html", here="register", page=page)


@router.get("/register/master-list.{form}")
def download(site: Here, form: Literal["csv", "xlsx", "pdf"]) -> Response:
    """The master list as a file."""
    with site.archive.database.read() as connection:
        made = master_list(site.archive, connection)
    name = f"master-list-{made.day}.{form}"
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    return Response(written(site.archive, made, form), media_type=TYPES[form], headers=headers)
