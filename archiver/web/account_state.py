"""Pausing an account and resuming it: by whoever may change accounts, with the reason, under their name."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy import Connection

from archiver.accounts import links
from archiver.accounts import service as accounts
from archiver.accounts.acts import CLOSED
from archiver.accounts.service import LONGEST_REASON
from archiver.errors import Refused, UsageError
from archiver.operations import closing
from archiver.people.acting import of_person
from archiver.people.actions import Action
from archiver.people.permission import Resource
from archiver.people.service import require
from archiver.viewing import Viewer
from archiver.web.door import Here, Seen, Who, needs
from archiver.web.forms import Form, Typed
from archiver.web.places import seen_account
from archiver.web.site import Site

router = APIRouter()
Id = Annotated[str, Path(max_length=200)]
_DONE = "that was done meanwhile: this is how it stands now"


@router.get("/accounts/{account_id}/state", response_class=HTMLResponse)
@needs(Action.ACCOUNTS_CHANGE)
def show(site: Here, viewer: Seen, account_id: Id) -> HTMLResponse:
    """What pausing or resuming means, to be confirmed."""
    return _page(site, viewer, account_id)


@router.post("/accounts/{account_id}/state", response_class=HTMLResponse)
@needs(Action.ACCOUNTS_CHANGE)
def change(site: Here, viewer: Seen, who: Who, account_id: Id, form: Typed) -> Response:
    """Pause it, or resume it."""
    with site.archive.database.read() as connection:
        before = seen_account(connection, viewer, account_id)
    person = of_person(who.person.id)
    try:
        if form["do"] == "pause":
            reason = _confirmed(form)
            if before.state != "active":
                raise UsageError(_DONE)
            accounts.pause(site.archive, account_id, reason, person.pair)
        elif form["do"] == "resume":
            if before.state == "active":
                raise UsageError(_DONE)
            closing.reopen(site.archive, person, account_id, reopens=form["was"] == CLOSED)
        else:
            raise UsageError("say what is to be done")
    except (UsageError, Refused) as failure:
        return _page(site, viewer, account_id, str(failure), form["reason"])
    return RedirectResponse(f"{site.base}/accounts/{account_id}", status_code=303)


@router.post("/accounts/{account_id}/links/{connection_id}/withdraw")
@needs(Action.ACCOUNTS_CHANGE)
def withdraw(site: Here, viewer: Seen, who: Who, account_id: Id, connection_id: Id) -> Response:
    """Let a link that an owner was sent no longer be used."""
    with site.archive.database.read() as connection:
        seen_account(connection, viewer, account_id)
    actor = of_person(who.person.id)

    def guard(connection: Connection) -> None:
        require(connection, site.archive, actor, Action.ACCOUNTS_CHANGE, Resource(account_id))

    links.withdraw(site.archive, connection_id, account_id, guard=guard, actor=actor.pair)
    return RedirectResponse(f"{site.base}/accounts/{account_id}#connection", status_code=303)


def _confirmed(form: Form) -> str:
    reason = form["reason"].strip()
    if not reason:
        raise UsageError("say why: it is kept, and shown to whoever looks at the account")
    if len(reason) > LONGEST_REASON:
        raise UsageError(f"a reason has at most {LONGEST_REASON:,} characters")
    if form["sure"] != "yes":
        raise UsageError("confirm that it is to be paused")
    return reason


def _page(site: Site, viewer: Viewer, account_id: str, failure: str | None = None, reason: str = "") -> HTMLResponse:
    with site.archive.database.read() as connection:
        account = seen_account(connection, viewer, account_id)
    return site.page(
        "account_state.html",
        here="accounts",
        status=200 if failure is None else 400,
        account=account,
        failure=failure,
        reason=reason,
        longest=LONGEST_REASON,
    )
