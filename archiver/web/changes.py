"""What changed, newest first; and when an account was looked at around a moment. Pages, and the same for programs."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse
from sqlalchemy import Connection

from archiver.accounts import service as accounts
from archiver.accounts.service import AccountView
from archiver.operations import changes as told
from archiver.operations.poll_times import poll_times
from archiver.people.actions import Action
from archiver.records import changes
from archiver.records.changes import Kind, Place, Wanted
from archiver.search import days
from archiver.viewing import Viewer
from archiver.web.door import Here, Seen, needs
from archiver.web.places import BadPlace, seen_account
from archiver.web.site import Site

router = APIRouter()
api = APIRouter()
_PAGE = 50
_MOMENT = "A day or a moment by the city's clocks: 2026-05-01 or 2026-05-01T14:30."
Account = Annotated[str, Query(max_length=100, description="Only of this account: its id.")]
KindOf = Annotated[Kind | None, Query(description="Only this kind of change.")]
Since = Annotated[str, Query(max_length=40, description=f"From then on. {_MOMENT}")]
Before = Annotated[str | None, Query(max_length=200, description="`next` of the page before.")]
At = Annotated[str, Query(max_length=40, description=_MOMENT)]


@router.get("/changes", response_class=HTMLResponse)
@needs(Action.RECORDS_VIEW)
def show(
    site: Here,
    viewer: Seen,
    account: Account = "",
    kind: str = "",
    since: Since = "",
    before: Before = None,
) -> HTMLResponse:
    wanted = Wanted(account or None, _kind(kind), moment(site, since))
    place = _place(before)
    with site.archive.database.read() as connection:
        known = _known(connection, viewer)
        found = changes.recent(connection, viewer, wanted=wanted, limit=_PAGE + 1, before=place)
    older = None
    if len(found) > _PAGE:
        found = found[:_PAGE]
        older = urlencode(_said(account, kind, since) | {"before": str(changes.place_of(found[-1]))})
    return site.page(
        "changes.html",
        here="changes",
        changes=found,
        older=older,
        newest=urlencode(_said(account, kind, since)),
        later=place is not None,
        accounts=known,
        wanted={"account": account, "kind": kind, "since": _typed(site, since)},
    )


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


@api.get("/api/changes")
@needs(Action.RECORDS_VIEW)
def changes_for_programs(
    site: Here,
    viewer: Seen,
    account: Account = "",
    kind: KindOf = None,
    since: Since = "",
    limit: Annotated[int, Query(ge=1, le=200, description="Changes per page.")] = 50,
    before: Before = None,
) -> dict[str, Any]:
    """What was edited, hidden, or is no longer returned, newest first, with what it said before and now."""
    wanted = Wanted(account or None, kind, moment(site, since))
    with site.archive.database.read() as connection:
        found = changes.recent(connection, viewer, wanted=wanted, limit=limit + 1, before=_place(before))
    more = len(found) > limit
    return {
        "changes": [told.as_json(one) for one in found[:limit]],
        "next": str(changes.place_of(found[limit - 1])) if more else None,
    }


@api.get("/api/looks")
@needs(Action.CAPTURE_VIEW)
def looks_for_programs(site: Here, viewer: Seen, account: Account, at: At) -> dict[str, Any]:
    """The runs of an account before and after a moment, nearest first, with whether each saw all that it asked for."""
    when = moment(site, at)
    if when is None:
        raise BadPlace("say a moment, such as 2026-05-01T14:30")
    with site.archive.database.read() as connection:
        seen_account(connection, viewer, account)
        times = poll_times(connection, account, when, site.archive.clock.now(), site.dead(), viewer)
    return told.looks_as_json(times)


def _known(connection: Connection, viewer: Viewer) -> list[AccountView]:
    """The accounts that can be chosen."""
    return [one for one in accounts.list_accounts(connection) if viewer.sees(one.id)]


def moment(site: Site, said: str) -> datetime | None:
    """A moment by the city's clocks; None where nothing is said.

    Raises:
        BadPlace: it is none.
    """
    if not said.strip():
        return None
    found = days.span(said.strip()[:16], site.zone)
    if found is None:
        raise BadPlace("no day or moment of the calendar; say it like 2026-05-01 or 2026-05-01T14:30")
    return found[0]


def _typed(site: Site, said: str) -> str:
    """What was said as a field for a moment takes it."""
    found = moment(site, said)
    return "" if found is None else found.astimezone(site.zone).strftime("%Y-%m-%dT%H:%M")


def _said(account: str, kind: str, since: str) -> dict[str, str]:
    given = {"account": account, "kind": kind, "since": since}
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
