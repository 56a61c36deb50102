"""Is it captured? For whoever runs the city's accounts, before anything is removed (law R22)."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from archiver.capture import asking_now
from archiver.clock import from_text, to_text
from archiver.errors import Refused, UsageError
from archiver.operations import is_captured
from archiver.people.acting import of_person
from archiver.people.actions import Action
from archiver.records import service
from archiver.viewing import Viewer
from archiver.web.door import Here, Seen, Who, needs
from archiver.web.forms import Typed
from archiver.web.places import BadPlace, seen_account
from archiver.web.site import Site

router = APIRouter()
Url = Annotated[str, Query(max_length=2000, description="Address of a post or a comment.")]


@router.get("/captured", response_class=HTMLResponse)
@needs(Action.RECORDS_VIEW)
def show(
    site: Here,
    viewer: Seen,
    q: Url = "",
    account: Annotated[str, Query(max_length=100)] = "",
    asked: Annotated[str, Query(max_length=40)] = "",
) -> HTMLResponse:
    return _page(site, viewer, q, account, _time(asked))


@router.post("/captured", response_class=HTMLResponse)
@needs(Action.CAPTURE_ASK)
def ask(site: Here, viewer: Seen, who: Who, form: Typed) -> Response:
    """Have the account looked at now."""
    url, account_id = form["q"][: is_captured.LONGEST], form["account"]
    with site.archive.database.read() as connection:
        answer = is_captured.find(connection, site.archive, viewer, url)
        seen_account(connection, viewer, account_id)
    if account_id not in {one.id for one in answer.accounts}:
        raise UsageError("this address is not of that account")
    try:
        under, everything = answer.under.get(account_id, ()), form["how"] == "everything"
        at = asking_now.ask(site.archive, of_person(who.person.id), account_id, under, everything=everything)
    except Refused as failure:
        return _page(site, viewer, url, account_id, None, str(failure))
    back = urlencode({"q": url, "account": account_id, "asked": to_text(at)})
    return RedirectResponse(f"{site.base}/captured?{back}", status_code=303)


def _page(
    site: Site, viewer: Viewer, url: str, account: str, asked: datetime | None, failure: str | None = None
) -> HTMLResponse:
    with site.archive.database.read() as connection:
        answer = is_captured.find(connection, site.archive, viewer, url) if url.strip() else None
        records = [service.record(connection, one, viewer) for one in answer.records] if answer else []
        looks = None
        if asked is not None and account:
            seen_account(connection, viewer, account)
            looks = is_captured.looks_since(connection, account, asked, site.archive.clock.now(), site.dead(), viewer)
    return site.page(
        "captured.html",
        here="captured",
        status=200 if failure is None else 400,
        url=url,
        answer=answer,
        records=records,
        asked=asked,
        account=account,
        looks=looks,
        done=looks is not None and looks.done,
        failure=failure,
    )


def _time(text: str) -> datetime | None:
    try:
        return from_text(text) if text else None
    except ValueError:
        raise BadPlace("that address names no time; ask again") from None
