"""Signing in and out: with the city's own sign-in, or with a password and a code."""

from __future__ import annotations

import re
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from archiver.errors import ArchiverError, NotFound, Unreachable, UsageError
from archiver.people import factors, openid, passkeys, passwords, sessions
from archiver.people.acting import of_person
from archiver.people.passwords import TooManyTries
from archiver.people.refusing import SignInFailed
from archiver.web import cookies
from archiver.web.door import Here, Visitor, Who, look, open_door, own
from archiver.web.forms import Typed
from archiver.web.site import Site

router = APIRouter()
_LOCAL = re.compile(r"/(?![/\\])[\x21-\x7e]{0,1500}")
Next = Annotated[str, Query(max_length=2000)]


@router.get("/sign-in", response_class=HTMLResponse)
@open_door("nobody is signed in before it")
def show(site: Here, request: Request, next: Next = "/") -> Response:
    """The way in."""
    here = look(request)
    if here is not None and not here.practice:
        return RedirectResponse(f"{site.base}{local(next)}", status_code=303)
    return sign_in_page(site, local(next))


@router.post("/sign-in", response_class=HTMLResponse)
@open_door("nobody is signed in before it")
def sign_in(site: Here, request: Request, form: Typed) -> Response:
    """With a password and a code."""
    target = local(form["next"])
    try:
        signed_in = passwords.sign_in(
            site.archive,
            form["name"],
            form["password"],
            form["code"],
            agent=_agent(request),
            before=cookies.read(request, site, "session"),
            known=cookies.read(request, site, "browser"),
        )
    except SignInFailed as failure:
        return sign_in_page(site, target, failure, name=form["name"])
    answer = RedirectResponse(f"{site.base}{target}", status_code=303)
    cookies.put(answer, request, site, "session", signed_in.session)
    cookies.put(answer, request, site, "browser", signed_in.browser)
    return answer


@router.get("/sign-in/again", response_class=HTMLResponse)
@own
def show_again(site: Here, visitor: Who, next: Next = "/") -> Response:
    """Before a high-risk act: to show once more who it is."""
    return again_page(site, local(next), visitor)


@router.post("/sign-in/again", response_class=HTMLResponse)
@own
def again(site: Here, request: Request, visitor: Who, form: Typed) -> Response:
    """With a password and a code, once more."""
    target = local(form["next"])
    if visitor.session is None:
        return again_page(site, target, visitor)
    try:
        secret = passwords.confirm(
            site.archive,
            visitor.session,
            form["password"],
            form["code"],
            cookies.read(request, site, "browser"),
        )
    except SignInFailed as failure:
        return again_page(site, target, visitor, failure)
    answer = RedirectResponse(f"{site.base}{target}", status_code=303)
    cookies.put(answer, request, site, "session", secret)
    return answer


@router.post("/sign-in/openid", response_class=HTMLResponse)
@open_door("nobody is signed in before it")
def leave(site: Here, request: Request, form: Typed) -> Response:
    """To the city's sign-in. By a page that leads there, since a form may only be answered by us."""
    target, fresh = local(form["next"]), form["again"] == "yes"
    try:
        trip = openid.begin(site.archive, site.base, target, again=fresh)
    except Unreachable as failure:
        return sign_in_page(site, target, failure)
    answer = site.page("sign_in_leaving.html", address=trip.address)
    cookies.put(answer, request, site, "trip", trip.browser)
    return answer


@router.get("/sign-in/return", response_class=HTMLResponse)
@open_door(
    "nobody is signed in before it; it writes once, what was settled when the button was pressed (RFC 6749 §4.1.2)"
)
def come_back(
    site: Here,
    request: Request,
    state: Annotated[str, Query(max_length=200)] = "",
    code: Annotated[str | None, Query(max_length=5000)] = None,
    iss: Annotated[str | None, Query(max_length=500)] = None,
) -> Response:
    """Where the city's sign-in sends people back to."""
    before = cookies.read(request, site, "session")
    try:
        back = openid.finish(
            site.archive,
            site.base,
            state=state,
            browser=cookies.read(request, site, "trip"),
            code=code,
            issuer=iss,
            agent=_agent(request),
            before=before,
            session=sessions.of_secret(site.archive, before) if before else None,
        )
    except (SignInFailed, Unreachable, NotFound) as failure:
        return sign_in_page(site, "/", failure)
    answer = RedirectResponse(f"{site.base}{local(back.next)}", status_code=303)
    cookies.drop(answer, request, site, "trip")
    cookies.put(answer, request, site, "session", back.session)
    return answer


@router.post("/sign-out")
@own
def sign_out(site: Here, request: Request, visitor: Who) -> Response:
    """End this session."""
    session = visitor.session
    if session is not None:
        actor = of_person(visitor.person.id)
        site.archive.database.act(
            lambda connection: sessions.end_sessions(
                connection, site.archive, actor, visitor.person.id, "signed_out", session.id
            )
        )
    answer = RedirectResponse(f"{site.base}/sign-in", status_code=303)
    answer.headers["Clear-Site-Data"] = '"cache"'
    cookies.drop(answer, request, site, "session")
    return answer


def local(address: str) -> str:
    """A page of this site to go on to: never another site, whatever was asked for."""
    return address if _LOCAL.fullmatch(address) else "/"


def sign_in_page(site: Site, target: str, failure: ArchiverError | None = None, name: str = "") -> HTMLResponse:
    """The ways in."""
    values: dict[str, Any] = {"openid": bool(site.archive.settings.openid_issuer), "next": target, "name": name}
    return site.page("sign_in.html", status=_status(failure), failure=failure and str(failure), **values)


def again_page(site: Site, target: str, visitor: Visitor, failure: ArchiverError | None = None) -> HTMLResponse:
    """The ways to show once more who it is: by what somebody signed in with, or a passkey of theirs."""
    how = visitor.session.how if visitor.session else ""
    with site.archive.database.read() as connection:
        has_passkey = bool(how and passkeys.passkeys(connection, visitor.person.id))
        has_password = bool(how and factors.has_one(connection, visitor.person.id))
    values: dict[str, Any] = {
        "with_password": has_password and how != openid.OPENID,
        "openid": how == openid.OPENID,
        "with_passkey": has_passkey,
        "next": target,
    }
    return site.page("sign_in_again.html", status=_status(failure), failure=failure and str(failure), **values)


def _status(failure: ArchiverError | None) -> int:
    if failure is None:
        return 200
    if isinstance(failure, UsageError):
        return 400
    return 429 if isinstance(failure, TooManyTries) else 503 if isinstance(failure, Unreachable) else 401


def _agent(request: Request) -> str:
    return request.headers.get("user-agent", "")
