"""What is captured of one account, as far as its platform leaves it open: shown to whoever may see how it is captured,
changed by whoever may change accounts, under their name."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Path, Query
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from archiver.accounts.choices import LONGEST
from archiver.errors import Meanwhile, Refused, UsageError, WrongField
from archiver.operations import account_settings
from archiver.operations.account_settings import Settings, word
from archiver.people import permission
from archiver.people.acting import of_person
from archiver.people.actions import Action
from archiver.people.permission import Resource
from archiver.viewing import Viewer
from archiver.web.door import Here, Seen, Visitor, Who, needs
from archiver.web.forms import Form, Typed
from archiver.web.places import seen_account
from archiver.web.site import Site

router = APIRouter()
Id = Annotated[str, Path(max_length=200)]
_BEFORE: Final = "set-"
"""Before the name of a setting, in the form: no setting's name is one of the form's own."""


@router.get("/accounts/{account_id}/settings", response_class=HTMLResponse)
@needs(Action.CAPTURE_VIEW)
def show(
    site: Here, viewer: Seen, who: Who, account_id: Id, done: Annotated[str, Query(max_length=1)] = ""
) -> HTMLResponse:
    """Each setting as it is now, and the form for whoever may change it."""
    return _page(site, viewer, who, account_id, done=bool(done))


@router.post("/accounts/{account_id}/settings", response_class=HTMLResponse)
@needs(Action.ACCOUNTS_CHANGE)
def change(site: Here, viewer: Seen, who: Who, account_id: Id, form: Typed) -> Response:
    """Keep what was chosen, or show it again with what is wrong."""
    with site.archive.database.read() as connection:
        seen_account(connection, viewer, account_id)
        now = account_settings.read(site.archive, connection, account_id)
    typed = {one.name: form[_BEFORE + one.name].strip() for one in now.settings if _BEFORE + one.name in form}
    try:
        said = _said(now, typed, form)
        account_settings.change(site.archive, of_person(who.person.id), account_id, said, after=form["after"])
    except (UsageError, Refused) as failure:
        return _page(site, viewer, who, account_id, failure, {} if isinstance(failure, Meanwhile) else typed)
    return RedirectResponse(f"{site.base}/accounts/{account_id}/settings?done=1", status_code=303)


def _said(now: Settings, typed: dict[str, str], form: Form) -> dict[str, str]:
    """What is to be another; what is as usual again is taken back to that."""
    if form["after"] != now.state:
        raise Meanwhile("somebody else changed a setting meanwhile: look at how they are now, and say yours again")
    changed = [one for one in now.settings if typed.get(one.name, one.word) != one.word]
    if not changed:
        raise UsageError("nothing is changed by that: choose what is to be another")
    if form["sure"] != "yes":
        raise UsageError("confirm that it is to be captured so from now on")
    return {one.name: "" if typed[one.name] == word(one.usual) else typed[one.name] for one in changed}


def _page(
    site: Site,
    viewer: Viewer,
    who: Visitor,
    account_id: str,
    failure: UsageError | Refused | None = None,
    typed: dict[str, str] | None = None,
    *,
    done: bool = False,
) -> HTMLResponse:
    now = site.archive.clock.now()
    with site.archive.database.read() as connection:
        account = seen_account(connection, viewer, account_id)
        settings = account_settings.read(site.archive, connection, account_id)
        may = permission.may(connection, who.person.id, Action.ACCOUNTS_CHANGE, Resource(account_id), now)
    wrong = failure if isinstance(failure, WrongField) else None
    return site.page(
        "account_settings.html",
        here="accounts",
        status=200 if failure is None else 400,
        account=account,
        title=site.archive.platforms.connectors[account.platform].title,
        settings=settings.settings,
        state=settings.state,
        may=may.allowed,
        failure=None if failure is None else _words(failure, settings),
        wrong={} if wrong is None else {wrong.field: wrong.problem},
        typed=typed or {},
        done=done,
        before=_BEFORE,
        longest=LONGEST,
    )


def _words(failure: UsageError | Refused, settings: Settings) -> str:
    """A setting is called as it is on the page."""
    if not isinstance(failure, WrongField):
        return str(failure)
    titles = {one.name: one.title for one in settings.settings}
    return f"“{titles.get(failure.field, failure.field)}” {failure.problem}"
