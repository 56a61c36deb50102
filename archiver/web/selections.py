"""Selections: records laid aside from a search, for a request or a hold that takes them later."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Path
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from archiver.desk import selections
from archiver.moderation.briefs import briefs
from archiver.people.acting import of_person
from archiver.people.actions import Action
from archiver.web.door import Here, Seen, Who, needs
from archiver.web.forms import Typed

router = APIRouter()
Id = Annotated[str, Path(max_length=100)]
#: Records of a selection that are listed; of more the page says how many.
_LISTED: Final = 100
#: Most records of frozen searches that are looked at to count those that are seen now, each once.
COUNTED: Final = 50_000


@router.get("/selections", response_class=HTMLResponse)
@needs(Action.RECORDS_SEARCH)
def show_all(site: Here, who: Who) -> HTMLResponse:
    """Everything somebody laid aside."""
    with site.archive.database.read() as connection:
        mine = selections.listed(connection, who.person.id)
    return site.page("selections.html", here="search", mine=mine)


@router.get("/selections/{selection_id}", response_class=HTMLResponse)
@needs(Action.RECORDS_SEARCH)
def show(site: Here, viewer: Seen, who: Who, selection_id: Id, laid: Literal["aside"] | None = None) -> HTMLResponse:
    """One of them."""
    with site.archive.database.read() as connection:
        one = selections.get(connection, who.person.id, selection_id)
        frozen = selections.frozen(connection, selection_id)
        single = selections.one_by_one(connection, selection_id, viewer)
        most = len(single) + sum(len(each.record_ids) for each in frozen)
        whole = len(selections.records(connection, selection_id, viewer)) if most <= COUNTED else None
        lines = briefs(connection, viewer, single[:_LISTED])
    rows = [(record_id, lines.get(record_id)) for record_id in single[:_LISTED]]
    values: dict[str, Any] = {"whole": whole, "most": most, "single": len(single), "hidden": one.records - len(single)}
    values["laid"] = laid is not None
    return site.page("selection.html", here="search", selection=one, frozen=frozen, rows=rows, **values)


@router.post("/selections/{selection_id}/leave-out")
@needs(Action.RECORDS_SEARCH)
def leave_out(site: Here, who: Who, selection_id: Id, form: Typed) -> Response:
    """Take records or frozen searches out again."""
    selections.leave_out(site.archive, of_person(who.person.id), selection_id, form.all("of"))
    return RedirectResponse(f"{site.base}/selections/{selection_id}", status_code=303)


@router.post("/selections/{selection_id}/remove")
@needs(Action.RECORDS_SEARCH)
def remove(site: Here, who: Who, selection_id: Id) -> Response:
    """Take a selection away. No record is touched by it."""
    selections.remove(site.archive, of_person(who.person.id), selection_id)
    return RedirectResponse(f"{site.base}/selections", status_code=303)
