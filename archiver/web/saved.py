"""Saved searches, and what is new in them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final

from fastapi import APIRouter, Path
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from archiver.clock import from_text, to_text
from archiver.desk import saved
from archiver.desk.news import News, Touched, news, touched
from archiver.desk.saved import Saved
from archiver.errors import UsageError
from archiver.moderation.briefs import briefs
from archiver.operations.changes import new_since
from archiver.people.acting import of_person
from archiver.people.actions import Action
from archiver.viewing import Viewer
from archiver.web.door import Here, Seen, Who, needs
from archiver.web.forms import Typed
from archiver.web.search import Search
from archiver.web.site import Site

router = APIRouter()
Id = Annotated[str, Path(max_length=100)]
#: Records of one saved search that are listed as new; of more the page says how many.
_LISTED: Final = 100


@dataclass(frozen=True, slots=True)
class Line:
    """A saved search on the list."""

    saved: Saved
    news: News


@router.get("/saved", response_class=HTMLResponse)
@needs(Action.RECORDS_SEARCH)
def show_all(site: Here, viewer: Seen, who: Who) -> HTMLResponse:
    """Everything somebody saved, with how much is new."""
    return _all(site, viewer, who.person.id)


@router.post("/saved", response_class=HTMLResponse)
@needs(Action.RECORDS_SEARCH)
def save(site: Here, viewer: Seen, who: Who, form: Typed) -> Response:
    """Save a search under a name."""
    try:
        saved.save(site.archive, of_person(who.person.id), form["name"], form["query"])
    except UsageError as failure:
        return _all(site, viewer, who.person.id, str(failure), {"name": form["name"], "query": form["query"]})
    return RedirectResponse(f"{site.base}/saved", status_code=303)


@router.get("/saved/{saved_id}", response_class=HTMLResponse)
@needs(Action.RECORDS_SEARCH)
def show(site: Here, viewer: Seen, who: Who, saved_id: Id) -> HTMLResponse:
    """What is new in one."""
    with site.archive.database.read() as connection:
        one = saved.get(connection, who.person.id, saved_id)
        since, until = new_since(connection, one.looked_at), site.archive.clock.now()
        found = news(connection, site.archive.search, one.query, viewer, since, touched(connection, viewer, since))
        shown = found.touches[:_LISTED]
        lines = briefs(connection, viewer, [each.record_id for each in shown])
    rows = [(lines[each.record_id], each.at, each.what) for each in shown if each.record_id in lines]
    trail = Search(one.query, saved=one.id).trail("")
    return site.page(
        "saved_one.html", here="search", saved=one, news=found, rows=rows, until=to_text(until), trail=trail
    )


@router.post("/saved/{saved_id}/seen")
@needs(Action.RECORDS_SEARCH)
def mark(site: Here, who: Who, saved_id: Id, form: Typed) -> Response:
    """Its owner has seen what is new, up to when the page was made."""
    saved.mark(site.archive, of_person(who.person.id), saved_id, _moment(form["until"]))
    return RedirectResponse(f"{site.base}/saved", status_code=303)


@router.post("/saved/{saved_id}/remove")
@needs(Action.RECORDS_SEARCH)
def remove(site: Here, who: Who, saved_id: Id) -> Response:
    """Take one off the list. No record is touched by it."""
    saved.remove(site.archive, of_person(who.person.id), saved_id)
    return RedirectResponse(f"{site.base}/saved", status_code=303)


def _all(
    site: Site, viewer: Viewer, person_id: str, failure: str | None = None, typed: dict[str, str] | None = None
) -> HTMLResponse:
    with site.archive.database.read() as connection:
        mine = saved.listed(connection, person_id)
        since = {one.id: new_since(connection, one.looked_at) for one in mine}
        known = touched(connection, viewer, min(since.values())) if mine else Touched()
        lines = [
            Line(one, news(connection, site.archive.search, one.query, viewer, since[one.id], known)) for one in mine
        ]
    return site.page(
        "saved.html",
        here="search",
        status=200 if failure is None else 400,
        lines=lines,
        failure=failure,
        typed=typed or {"name": "", "query": ""},
    )


def _moment(text: str) -> datetime:
    try:
        return from_text(text)
    except ValueError:
        raise UsageError("this form does not say up to when: go back to the list") from None
