"""What changed, newest first; and when an account was looked at around a moment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse, RedirectResponse, Response
from sqlalchemy import Connection

from archiver.accounts import service as accounts
from archiver.accounts.service import AccountView
from archiver.clock import from_text, to_text
from archiver.errors import UsageError
from archiver.moderation import service as moderation
from archiver.moderation import statements
from archiver.moderation.conditions import to_explain
from archiver.moderation.words import DONE
from archiver.operations import changes as told
from archiver.operations.poll_times import poll_times
from archiver.people.actions import Action
from archiver.records import changes
from archiver.records.changes import Kind, Place, Wanted
from archiver.records.views import Change
from archiver.viewing import Viewer
from archiver.web.door import Here, Seen, Visitor, Who, needs
from archiver.web.forms import Typed
from archiver.web.places import BadPlace, seen_account
from archiver.web.site import Site
from archiver.web.times import moment, typed

router = APIRouter()
_PAGE = 50
_MOMENT = "A day or a moment by the city's clocks: 2026-05-01 or 2026-05-01T14:30."
Account = Annotated[str, Query(max_length=100, description="Only of this account: its id.")]
Since = Annotated[str, Query(max_length=40, description=f"From then on. {_MOMENT}")]
Before = Annotated[str | None, Query(max_length=200, description="`next` of the page before.")]
Unexplained = Annotated[bool, Query(description="Only what somebody has to explain, and nobody has.")]
New = Annotated[bool, Query(description="Only what came since you last looked.")]
At = Annotated[str, Query(max_length=40, description=_MOMENT)]


@dataclass(frozen=True, slots=True)
class ChangeRow:
    """A change, with what is said of who did it and why."""

    change: Change
    statements: list[statements.StatementView]
    unexplained: bool


@router.get("/changes", response_class=HTMLResponse)
@needs(Action.RECORDS_VIEW)
def show(
    site: Here,
    viewer: Seen,
    who: Who,
    account: Account = "",
    kind: str = "",
    since: Since = "",
    unexplained: Unexplained = False,
    new: New = False,
    before: Before = None,
) -> HTMLResponse:
    place = _place(before)
    with site.archive.database.read() as connection:
        known = _known(connection, viewer)
        mark = moderation.marked(connection, who.person.id)
        wanted = _wanted(site, connection, account, _kind(kind), since, unexplained, mark if new else None)
        found = changes.recent(connection, viewer, wanted=wanted, limit=_PAGE + 1, before=place)
        more, found = len(found) > _PAGE, found[:_PAGE]
        rows = _rows(connection, viewer, who, found)
    said = _said(account, kind, since, unexplained, new)
    return site.page(
        "changes.html",
        here="changes",
        rows=rows,
        older=urlencode(said | {"before": str(changes.place_of(found[-1]))}) if more else None,
        newest=urlencode(said),
        sheet=None if new or unexplained or not rows else urlencode(_exact(account, kind, wanted.since)),
        later=place is not None,
        accounts=known,
        wanted={"account": account, "kind": kind, "since": _typed(site, since), "unexplained": unexplained, "new": new},
        mark=mark,
        until=to_text(site.archive.clock.now()),
        as_text=to_text,
        DONE=DONE,
    )


@router.post("/changes/seen")
@needs(Action.RECORDS_VIEW)
def looked(site: Here, who: Who, form: Typed) -> Response:
    """Remember up to when somebody looked: nobody else learns of it."""
    try:
        until = from_text(form["until"])
    except ValueError:
        raise UsageError("that page is not one of ours; look again") from None
    moderation.mark(site.archive, who.person.id, until)
    return RedirectResponse(f"{site.base}/changes?new=yes", status_code=303)


@router.get("/looks", response_class=HTMLResponse)
@needs(Action.CAPTURE_VIEW)
def show_looks(site: Here, viewer: Seen, account: Account = "", at: At = "") -> HTMLResponse:
    when = moment(site, at)
    with site.archive.database.read() as connection:
        known = _known(connection, viewer)
        chosen = seen_account(connection, viewer, account) if account else None
        times = None
        if chosen is not None and when is not None:
            times = poll_times(connection, chosen.id, when, site.archive.clock.now(), site.dead(), viewer)
    return site.page(
        "looks.html",
        here="changes",
        accounts=known,
        chosen=chosen,
        at=_typed(site, at),
        times=times,
        words=told.in_words,
    )


def _wanted(
    site: Site,
    connection: Connection,
    account: str,
    kind: Kind | None,
    since: str,
    unexplained: bool,
    mark: datetime | None,
) -> Wanted:
    times = [moment(site, since), None if mark is None else told.new_since(connection, mark)]
    latest = max((at for at in times if at is not None), default=None)
    return Wanted(account or None, kind, latest, more=to_explain if unexplained else None)


def _rows(connection: Connection, viewer: Viewer, who: Visitor, found: list[Change]) -> list[ChangeRow]:
    said = statements.of_records(connection, viewer, who.person.id, {one.record_id for one in found})
    return [
        ChangeRow(one, told.about(one, mine := said.get(one.record_id, [])), told.lacks(one, mine)) for one in found
    ]


def _known(connection: Connection, viewer: Viewer) -> list[AccountView]:
    """The accounts that can be chosen."""
    return [one for one in accounts.list_accounts(connection) if viewer.sees(one.id)]


def _typed(site: Site, said: str) -> str:
    """What was said as a field for a moment takes it."""
    return typed(site, moment(site, said))


def _said(account: str, kind: str, since: str, unexplained: bool, new: bool) -> dict[str, str]:
    given = {"account": account, "kind": kind, "since": since}
    given |= {"unexplained": "yes" if unexplained else "", "new": "yes" if new else ""}
    return {name: value for name, value in given.items() if value}


def _exact(account: str, kind: str, since: datetime | None) -> dict[str, str]:
    """The same for programs, who are told moments with their zone."""
    given = {"account": account, "kind": kind, "since": "" if since is None else to_text(since)}
    return {name: value for name, value in given.items() if value}


def _kind(text: str) -> Kind | None:
    if not text:
        return None
    if text not in {one.value for one in Kind}:
        raise BadPlace("there is no such kind of change")
    return Kind(text)


def _place(text: str | None) -> Place | None:
    try:
        return None if text is None else Place.read(text)
    except ValueError as error:
        raise BadPlace("that page of the list does not exist; begin at the newest") from error
