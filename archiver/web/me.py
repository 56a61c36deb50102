"""Everybody's own page: where they are signed in, their roles and tokens, the rules they took note of."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Path
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from archiver.errors import NotFound, UsageError
from archiver.people import binding, factors, history, passkeys, permission, service, sessions
from archiver.people.acting import of_person
from archiver.people.actions import FOR_TOKENS, WRITES, Action
from archiver.people.role_words import WHAT_ROLES_DO, WHAT_TOKENS_DO
from archiver.web.door import Here, Visitor, Who, own, own_fresh
from archiver.web.forms import Typed
from archiver.web.people import names
from archiver.web.site import Site

router = APIRouter()
Id = Annotated[str, Path(max_length=100)]


@router.get("/me", response_class=HTMLResponse)
@own
def show(site: Here, visitor: Who) -> HTMLResponse:
    """What is known of whoever is signed in."""
    return _page(site, visitor)


@router.get("/rules", response_class=HTMLResponse)
@own
def show_rules(site: Here, visitor: Who) -> HTMLResponse:
    """The rules of conduct for personal information (Wis. Stat. 19.65)."""
    return site.page("rules.html", person=visitor.person)


@router.post("/rules")
@own
def take_note(site: Here, visitor: Who) -> Response:
    """Take note of them."""
    service.acknowledge(site.archive, of_person(visitor.person.id), visitor.person.id)
    return RedirectResponse(f"{site.base}/", status_code=303)


@router.post("/me/sessions/end")
@own
def end_sessions(site: Here, visitor: Who, form: Typed) -> Response:
    """End one of their sessions, or all."""
    actor, wanted = of_person(visitor.person.id), form["session"] or None
    ended = site.archive.database.act(
        lambda connection: sessions.end_sessions(
            connection, site.archive, actor, visitor.person.id, "signed_out", wanted
        )
    )
    if not ended:
        raise NotFound("there is no such session that goes on")
    return RedirectResponse(f"{site.base}/me", status_code=303)


@router.post("/me/address", response_class=HTMLResponse)
@own_fresh
def settle(site: Here, visitor: Who, form: Typed) -> Response:
    """Agree to another mail address that somebody asked for, or refuse it."""
    try:
        agree = form["answer"] == "yes"
        service.settle(site.archive, of_person(visitor.person.id), visitor.person.id, form["asked"], agree=agree)
    except UsageError as failure:
        return _page(site, visitor, failure=str(failure))
    return RedirectResponse(f"{site.base}/me", status_code=303)


@router.post("/me/tokens", response_class=HTMLResponse)
@own_fresh
def make_token(site: Here, visitor: Who, form: Typed) -> Response:
    """Make a token. It is shown in the answer, and never again."""
    try:
        scopes = {Action(one) for one in form.all("scope")}
        lasts = timedelta(days=int(form["days"] or "90"))
        _, secret = sessions.make_token(
            site.archive, of_person(visitor.person.id), visitor.person.id, form["name"], scopes, lasts, visitor.session
        )
    except (UsageError, ValueError, OverflowError) as failure:
        said = f"{failure}" if isinstance(failure, UsageError) else "that is no length of time, or no such action"
        return _page(site, visitor, failure=said)
    return _page(site, visitor, token=secret)


@router.post("/me/tokens/{token_id}/end")
@own
def end_token(site: Here, visitor: Who, token_id: Id) -> Response:
    """Let one of their tokens count no longer."""
    sessions.end_token(site.archive, of_person(visitor.person.id), visitor.person.id, token_id)
    return RedirectResponse(f"{site.base}/me", status_code=303)


def _page(site: Site, visitor: Visitor, *, token: str | None = None, failure: str | None = None) -> HTMLResponse:
    archive, person, now = site.archive, visitor.person, site.archive.clock.now()
    with archive.database.read() as connection:
        going_on = sessions.sessions(connection, archive, person.id)
        tokens = [one for one in sessions.tokens(connection, person.id) if one.counts(now)]
        held = [one for one in service.grants(connection, person.id) if one.holds(now)]
        named = names(site, connection)
        may = permission.actions_of(connection, person.id, now)
        own = {
            "asked": binding.waiting(connection, person.id, now),
            "changes": history.sign_in_changes(connection, person.id),
            "passkeys": passkeys.passkeys(connection, person.id),
            "has_password": factors.has_one(connection, person.id),
        }
    return site.page(
        "me.html",
        here="me",
        status=200 if failure is None else 400,
        person=person,
        mine=visitor.session,
        practice=visitor.practice,
        sessions=going_on,
        tokens=tokens,
        grants=held,
        names=named,
        **own,
        token=token,
        failure=failure,
        WHAT_TOKENS_DO={one.value: words for one, words in WHAT_TOKENS_DO.items()},
        WHAT_ROLES_DO={one.value: words for one, words in WHAT_ROLES_DO.items()},
        scopes=[
            (title, [(one.value, WHAT_TOKENS_DO[one]) for one in sorted(some)])
            for title, some in (("Reads", may & FOR_TOKENS - WRITES), ("Changes", may & WRITES))
            if some
        ],
    )
