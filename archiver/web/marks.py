"""Tags and notes on records: put there and taken away, and the list of tags."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy import Connection

from archiver.desk import marks
from archiver.desk.marks import Marks
from archiver.people import permission
from archiver.people.acting import of_person
from archiver.people.actions import Action
from archiver.viewing import Viewer
from archiver.web.door import Here, Seen, Visitor, Who, needs
from archiver.web.forms import Typed
from archiver.web.site import Site

router = APIRouter()
Id = Annotated[str, Path(max_length=200)]


def reach(site: Site, connection: Connection, who: Visitor) -> Viewer | None:
    """Of what somebody sees and writes tags and notes; None: of nothing."""
    now = site.archive.clock.now()
    if not permission.may(connection, who.person.id, Action.RECORDS_MARK, None, now).allowed:
        return None
    return permission.viewer(connection, who.person.id, Action.RECORDS_MARK, now)


def on_record(site: Site, connection: Connection, who: Visitor, record_id: str) -> Marks | None:
    """What stands on a record; None: that is nothing for whoever asks."""
    viewer = reach(site, connection, who)
    if viewer is None or not marks.found(connection, viewer, [record_id]):
        return None
    return marks.of_record(connection, viewer, who.person.id, record_id, site.archive.clock.now())


@router.get("/tags", response_class=HTMLResponse)
@needs(Action.RECORDS_MARK)
def show(site: Here, viewer: Seen) -> HTMLResponse:
    """Every tag, and on how many records it is."""
    with site.archive.database.read() as connection:
        known = marks.known(connection, viewer)
    return site.page("tags.html", here="search", known=known)


@router.post("/records/{record_id}/tags")
@needs(Action.RECORDS_MARK)
def tag(site: Here, who: Who, record_id: Id, form: Typed) -> Response:
    """Put a tag on a record, or take it away."""
    act = marks.untag if form["do"] == "remove" else marks.tag
    act(site.archive, of_person(who.person.id), [record_id], form["tag"])
    return RedirectResponse(f"{site.base}/records/{record_id}#marks", status_code=303)


@router.post("/records/{record_id}/notes")
@needs(Action.RECORDS_MARK)
def note(site: Here, who: Who, record_id: Id, form: Typed) -> Response:
    """Write a note on a record."""
    marks.note(site.archive, of_person(who.person.id), record_id, form["text"])
    return RedirectResponse(f"{site.base}/records/{record_id}#marks", status_code=303)


@router.post("/records/{record_id}/notes/{note_id}/remove")
@needs(Action.RECORDS_MARK)
def remove_note(site: Here, who: Who, record_id: Id, note_id: Id) -> Response:
    """Take one of one's own notes away, or one whose writer cannot any more."""
    marks.remove_note(site.archive, of_person(who.person.id), record_id, note_id)
    return RedirectResponse(f"{site.base}/records/{record_id}#marks", status_code=303)
