"""Adding a public account by its address, and the first look at it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated

from fastapi import APIRouter, Path, Query
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy import Connection

from archiver.accounts.service import LONGEST_REASON, UNASSIGNED, AccountView
from archiver.errors import ArchiverError, Busy, NotFound, Refused, Unreachable, UsageError
from archiver.operations import adding, is_captured
from archiver.operations.adding import OutOfReach, Understood
from archiver.people import permission
from archiver.people import service as people
from archiver.people.actions import Action
from archiver.records import service as records
from archiver.web.door import Here, NotAllowed, Seen, Visitor, Who, needs
from archiver.web.forms import Typed
from archiver.web.places import counted_for, seen_account, told
from archiver.web.site import Site

router = APIRouter()
Url = Annotated[str, Query(max_length=2 * adding.LONGEST, description="Address of the account's page or feed.")]
Platform = Annotated[str, Query(max_length=64, description="Only where the address does not tell.")]
#: What whoever adds an account can do something about.
_TOLD = (UsageError, Refused, NotFound, Unreachable, Busy)
#: Who adds accounts besides people, as entries of the log name them.
_ADDED_BY = {
    "operator": "by command",
    "account_owner": "by its owner’s consent",
    "practice": "with the practice city",
    "catch_up": "before this was written down",
}


@dataclass(frozen=True, slots=True)
class _Sent:
    """What somebody typed beside the address."""

    authority: str = ""
    why: str = ""
    official: bool = False


@router.get("/accounts/add", response_class=HTMLResponse)
@needs(Action.ACCOUNTS_CHANGE)
def ask(site: Here, who: Who, url: Url = "", platform: Platform = "") -> HTMLResponse:
    """The form; and, where an address was given, what it says."""
    if not url.strip():
        return _page(site, url, None)
    try:
        return _page(site, url, _understood(site, who, url, platform))
    except _TOLD as failure:
        return _page(site, url, None, failure)


@router.post("/accounts/add", response_class=HTMLResponse)
@needs(Action.ACCOUNTS_CHANGE)
def add(site: Here, who: Who, form: Typed) -> Response:
    """Add it, or say why not. Whoever presses twice comes to the same page."""
    url, read = form["url"][: 2 * adding.LONGEST], None
    sent = _Sent(form["authority"], form["why"][: 2 * LONGEST_REASON], form["official"] == "yes")
    try:
        read = _understood(site, who, url, form["platform"])
        account = read.account
        if account is None:
            if read.ready and read.listed is None and not sent.official:
                raise UsageError("say that it is an official account: others are never captured")
            account = adding.add(site.archive, who.person, read, sent.authority, sent.why).account.id
    except OutOfReach as failure:
        raise NotAllowed(str(failure)) from None
    except _TOLD as failure:
        return _page(site, url, read, failure, sent)
    return RedirectResponse(f"{site.base}/accounts/{account}/first", status_code=303)


@router.get("/accounts/{account_id}/first", response_class=HTMLResponse)
@needs(Action.CAPTURE_VIEW)
def first(site: Here, viewer: Seen, who: Who, account_id: Annotated[str, Path(max_length=100)]) -> HTMLResponse:
    """How the first look at an account goes."""
    now = site.archive.clock.now()
    with site.archive.database.read() as connection:
        account = seen_account(connection, viewer, account_id)
        looks = is_captured.looks_since(connection, account_id, account.added_at, now, site.dead(), viewer)
        counted = counted_for(site, connection, viewer)
        eyes = permission.viewer(connection, who.person.id, Action.RECORDS_VIEW, now)
        found = [records.record(connection, one, eyes) for one in adding.first_records(connection, eyes, account_id)]
        added_by = added_words(connection, account)
    return site.page(
        "account_first.html",
        here="accounts",
        account=account,
        looks=replace(looks, runs=tuple(told(counted, one) for one in looks.runs)),
        records=found,
        added_by=added_by,
        slow=not looks.runs and adding.is_slow(account.added_at, now),
    )


def added_words(connection: Connection, account: AccountView) -> str:
    """Who added an account, in words; empty where it is not known."""
    by = account.added_by
    if by is None:
        return ""
    if by.startswith("pe_"):
        return f"by {people.get(connection, by).name}"
    words = _ADDED_BY.get(by, by)
    return f"{words} ({account.added_user})" if account.added_user else words


def _understood(site: Site, who: Visitor, url: str, platform: str) -> Understood:
    try:
        with site.archive.database.read() as connection:
            return adding.understand(site.archive, connection, who.person, url, platform or None)
    except OutOfReach as failure:
        raise NotAllowed(str(failure)) from None


def _page(
    site: Site,
    url: str,
    read: Understood | None,
    failure: ArchiverError | None = None,
    sent: _Sent = _Sent(),
) -> HTMLResponse:
    status = 200 if failure is None else 503 if isinstance(failure, Unreachable) else 400
    return site.page(
        "account_add.html",
        here="accounts",
        status=status,
        url="" if adding.holds_secret(url) else url,
        read=read,
        failure=None if failure is None else str(failure),
        sent=sent,
        longest=LONGEST_REASON,
        unassigned=UNASSIGNED,
    )
