"""What is done with the hits of a search: the chosen ones are tagged or laid aside. Where that cannot be, the page
comes again with what was typed and chosen, and says at the field what is wrong."""

from __future__ import annotations

from fastapi import APIRouter
from fastapi.responses import RedirectResponse, Response

from archiver.desk import marks, selections
from archiver.errors import UsageError
from archiver.people import permission
from archiver.people.acting import of_person
from archiver.people.actions import Action
from archiver.web.door import Here, Visitor, Who, needs
from archiver.web.forms import Form, Typed
from archiver.web.search import shown, trailed
from archiver.web.site import Site

router = APIRouter()


@router.post("/search/tag")
@needs(Action.RECORDS_MARK)
def tag_hits(site: Here, who: Who, form: Typed) -> Response:
    """Put a tag on the chosen hits, and go back to them."""
    chosen = form.all("record")
    try:
        marks.tag(site.archive, of_person(who.person.id), chosen, form["tag"])
    except UsageError as error:
        return _again(site, who, form, "tag", error)
    back = f"{_back(form)}&tagged={len(set(chosen))}".removeprefix("&")
    return RedirectResponse(f"{site.base}/search?{back}#done", status_code=303)


@router.post("/search/select")
@needs(Action.RECORDS_SEARCH)
def select(site: Here, who: Who, form: Typed) -> Response:
    """Lay the chosen hits aside, or all that answers the search."""
    try:
        where = _laid_aside(site, who, form)
    except UsageError as error:
        return _again(site, who, form, "selection", error)
    return RedirectResponse(f"{site.base}/selections/{where}?laid=aside", status_code=303)


def _laid_aside(site: Site, who: Visitor, form: Form) -> str:
    actor, every, chosen = of_person(who.person.id), form["do"] == "all", form.all("record")
    if not every and not chosen:
        raise UsageError("choose at least one record")
    selection_id = selections.make(site.archive, actor, form["selection"])
    if every:
        selections.add_all(site.archive, actor, selection_id, form["query"])
    else:
        selections.add(site.archive, actor, selection_id, chosen)
    return selection_id


def _back(form: Form) -> str:
    return form["back"].partition("#")[0][:8000]


def _again(site: Site, who: Visitor, form: Form, field: str, error: UsageError) -> Response:
    """The search from which the form came, with what is wrong; where none is named, the usual page of an error."""
    if not form["back"]:
        raise error
    asked = trailed(_back(form))
    now = site.archive.clock.now()
    with site.archive.database.read() as connection:
        viewer = permission.viewer(connection, who.person.id, Action.RECORDS_SEARCH, now)
    failed = {"field": field, "why": str(error)}
    typed = {name: form[name] for name in ("selection", "tag")}
    return shown(site, viewer, who, asked, status=400, failed=failed, typed=typed, chosen=frozenset(form.all("record")))
