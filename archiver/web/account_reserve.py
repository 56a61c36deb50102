"""Keeping an account for whoever was granted what tells who uses a library (Wis. Stat. 43.30, law R4, R61)."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from archiver.errors import Refused, UsageError
from archiver.people import service
from archiver.people.acting import of_person
from archiver.people.actions import Action
from archiver.people.roles import Access
from archiver.web.door import Here, Who, needs
from archiver.web.forms import Typed
from archiver.web.site import Site

router = APIRouter()
Id = Annotated[str, Path(max_length=200)]


@router.get("/people/reserved", response_class=HTMLResponse)
@needs(Action.PEOPLE_CHANGE, fresh=True)
def show(site: Here) -> HTMLResponse:
    """Every account, and which of them are kept."""
    return _page(site)


@router.post("/people/reserved/{account_id}", response_class=HTMLResponse)
@needs(Action.PEOPLE_CHANGE, fresh=True)
def change(site: Here, who: Who, account_id: Id, form: Typed) -> Response:
    """Keep one, or open it again."""
    try:
        if form["do"] not in ("keep", "open"):
            raise UsageError("say what is to be done")
        if form["do"] == "open" and form["sure"] != "yes":
            raise UsageError("confirm that every role that reaches this account may see it again")
        needed = [Access.LIBRARY_PATRON] if form["do"] == "keep" else []
        service.reserve(site.archive, of_person(who.person.id), account_id, needed)
    except (UsageError, Refused) as failure:
        return _page(site, str(failure))
    return RedirectResponse(f"{site.base}/people/reserved", status_code=303)


def _page(site: Site, failure: str | None = None) -> HTMLResponse:
    with site.archive.database.read() as connection:
        found = service.reserves(connection)
        granted = service.opened_to(connection, Access.LIBRARY_PATRON, site.archive.clock.now())
    return site.page(
        "people_reserved.html",
        here="people",
        status=200 if failure is None else 400,
        accounts=found,
        granted=granted,
        failure=failure,
    )
