"""Asking owners to connect their accounts: one from the board, several from a list, and what came of it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.responses import HTMLResponse

from archiver.accounts import links
from archiver.errors import Refused
from archiver.mail.transports import is_file
from archiver.operations import board, reconnecting
from archiver.operations.reconnecting import MOST, Outcome, Way
from archiver.operations.register_seen import Sight
from archiver.people.actions import Action
from archiver.settings import is_loopback
from archiver.web.asking import words_of
from archiver.web.board import TONES, SetUp
from archiver.web.door import Here, NotAllowed, Visitor, Who, needs
from archiver.web.forms import Typed
from archiver.web.register import Sees
from archiver.web.site import Site

router = APIRouter()
Id = Annotated[str, Path(max_length=100)]


@router.get("/reconnect", response_class=HTMLResponse)
@needs(Action.ACCOUNTS_CHANGE)
def choose(site: Here, sight: Sees, who: Who, set_up: SetUp) -> HTMLResponse:
    """Every account that waits for its owner."""
    return _list(site, sight, who, set_up)


@router.post("/reconnect", response_class=HTMLResponse)
@needs(Action.ACCOUNTS_CHANGE)
def ask_several(site: Here, sight: Sees, who: Who, set_up: SetUp, form: Typed) -> HTMLResponse:
    """Ask the owners that were chosen."""
    chosen = list(dict.fromkeys(form.all("owner")))
    if not chosen or len(chosen) > MOST:
        words = f"choose at most {MOST} at once" if chosen else "choose whom to ask first"
        return _list(site, sight, who, set_up, failure=words)
    return _came_of_it(site, [_asked(site, sight, who, one) for one in chosen])


@router.post("/accounts/{account_id}/reconnect", response_class=HTMLResponse)
@needs(Action.ACCOUNTS_CHANGE)
def ask_owner(site: Here, sight: Sees, who: Who, account_id: Id) -> HTMLResponse:
    """Ask the owner of an account of the archive."""
    return _one(site, sight, who, account_id)


@router.post("/register/accounts/{listing_id}/reconnect", response_class=HTMLResponse)
@needs(Action.ACCOUNTS_CHANGE)
def ask_owner_of_listed(site: Here, sight: Sees, who: Who, listing_id: Id) -> HTMLResponse:
    """Ask the owner of an account that the register lists."""
    return _one(site, sight, who, listing_id)


def _one(site: Site, sight: Sight, who: Visitor, subject: str) -> HTMLResponse:
    try:
        return _came_of_it(site, [reconnecting.ask(site.archive, who.person, subject, sight)])
    except Refused as refusal:
        raise NotAllowed(str(refusal)) from None


def _asked(site: Site, sight: Sight, who: Visitor, subject: str) -> Outcome:
    try:
        return reconnecting.ask(site.archive, who.person, subject, sight)
    except Refused as refusal:
        return Outcome(subject, "", Way.REFUSED, why=str(refusal))


def _list(
    site: Site, sight: Sight, who: Visitor, set_up: frozenset[str] | None, *, failure: str | None = None
) -> HTMLResponse:
    with site.archive.database.read() as connection:
        made = board.board(site.archive, connection, site.board, days=False, sight=sight, platforms=set_up)
        found = reconnecting.waiting(site.archive, connection, who.person.id, made.rows)
    return site.page(
        "reconnect.html",
        here="accounts",
        status=200 if failure is None else 400,
        failure=failure,
        most=MOST,
        tones=TONES,
        **words_of(site, found),
    )


def _came_of_it(site: Site, outcomes: list[Outcome]) -> HTMLResponse:
    host = links.base_url(site.archive).partition("://")[2].rpartition(":")[0] or "127.0.0.1"
    refused = all(one.way is Way.REFUSED for one in outcomes)
    return site.page(
        "reconnect_asked.html",
        here="accounts",
        status=409 if refused else 200,
        outcomes=outcomes,
        only_here=is_loopback(host.strip("[]")),
        into_folder=is_file(site.archive.settings),
    )
