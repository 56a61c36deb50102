"""Closing an account that the City uses no more, after a last look at all of it."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Final

from fastapi import APIRouter, Path
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from archiver.accounts.service import LONGEST_REASON
from archiver.capture import asking_now
from archiver.errors import Refused, UsageError
from archiver.operations import closing
from archiver.operations.closing import BECAME, Closing
from archiver.people.acting import of_person
from archiver.people.actions import Action
from archiver.viewing import Viewer
from archiver.web.door import Here, Seen, Who, needs
from archiver.web.forms import Form, Typed
from archiver.web.places import seen_account
from archiver.web.site import Site

router = APIRouter()
Id = Annotated[str, Path(max_length=200)]
_EMPTY: Final = dict.fromkeys(("closed_on", "became", "reason", "no_look"), "")


@router.get("/accounts/{account_id}/close", response_class=HTMLResponse)
@needs(Action.ACCOUNTS_CHANGE)
def show(site: Here, viewer: Seen, account_id: Id) -> HTMLResponse:
    """What closing means, and whether all of it was looked at a last time."""
    return _page(site, viewer, account_id)


@router.post("/accounts/{account_id}/close", response_class=HTMLResponse)
@needs(Action.ACCOUNTS_CHANGE)
def close(site: Here, viewer: Seen, who: Who, account_id: Id, form: Typed) -> Response:
    """Have it looked at a last time, or close it."""
    with site.archive.database.read() as connection:
        seen_account(connection, viewer, account_id)
    actor, there = of_person(who.person.id), f"{site.base}/accounts/{account_id}"
    try:
        if form["do"] == "look":
            asking_now.ask(site.archive, actor, account_id, everything=True)
            return RedirectResponse(f"{there}/close?asked=1", status_code=303)
        if form["do"] != "close":
            raise UsageError("say what is to be done")
        closing.close(site.archive, actor, account_id, _said(form))
    except (UsageError, Refused) as failure:
        return _page(site, viewer, account_id, str(failure), {name: form[name] for name in _EMPTY})
    return RedirectResponse(there, status_code=303)


def _said(form: Form) -> Closing:
    try:
        day = date.fromisoformat(form["closed_on"])
    except ValueError:
        raise UsageError("say on which day it was used last: a day like 2026-03-01") from None
    if form["sure"] != "yes":
        raise UsageError("confirm that it is to be closed")
    return Closing(day, form["became"], form["reason"], form["no_look"])


def _page(
    site: Site, viewer: Viewer, account_id: str, failure: str | None = None, typed: dict[str, str] | None = None
) -> HTMLResponse:
    today = site.archive.clock.now().astimezone(site.zone).date()
    with site.archive.database.read() as connection:
        account = seen_account(connection, viewer, account_id)
        looks = closing.whole_looks(connection, account_id)
        values: dict[str, Any] = {
            "closed": closing.closed(connection, account),
            "asked": closing.is_asked(connection, account_id),
        }
    newest = max(looks, key=lambda one: one.began, default=None)
    values |= {"newest": newest, "is_last": newest is not None and closing.is_last(newest, today, site.zone)}
    values |= {"typed": _EMPTY | {"closed_on": today.isoformat()} | (typed or {}), "today": today.isoformat()}
    return site.page(
        "account_close.html",
        here="accounts",
        status=200 if failure is None else 400,
        account=account,
        failure=failure,
        became=BECAME,
        longest=LONGEST_REASON,
        **values,
    )
