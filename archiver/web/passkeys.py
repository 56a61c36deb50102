"""Pages on which a browser is asked for a passkey. Beside the search page, they alone run a
script: ours, which is one small file."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from archiver.errors import NotFound, UsageError
from archiver.people import passkeys
from archiver.people.acting import of_person
from archiver.people.passkeys import Place
from archiver.people.refusing import SignInFailed
from archiver.people.sessions import SessionView
from archiver.settings import is_loopback
from archiver.web import cookies
from archiver.web.door import Here, Visitor, Who, open_door, own, own_fresh
from archiver.web.forms import Typed
from archiver.web.security import WITH_SCRIPT, host_of
from archiver.web.sign_in import again_page, local, sign_in_page
from archiver.web.site import Site

router = APIRouter()
Id = Annotated[str, Path(max_length=100)]
_NOBODY = "nobody is signed in before it"
_NO_NAME = (
    "passkeys are for pages with a name: open them as http://localhost on this machine, or by the service's own name"
)


@router.post("/sign-in/passkey", response_class=HTMLResponse)
@open_door(_NOBODY)
def ask(site: Here, request: Request, form: Typed) -> Response:
    """What the browser is to answer."""
    target = local(form["next"])
    try:
        options = passkeys.ask(site.archive, place_of(request))
    except UsageError as failure:
        return sign_in_page(site, target, failure)
    words = "Your browser shows the passkeys of this service that your device holds, and checks that it is you."
    return _page(site, "Sign in with a passkey", words, options, "/sign-in/passkey/used", "/sign-in", target)


@router.post("/sign-in/passkey/used", response_class=HTMLResponse)
@open_door(_NOBODY)
def sign_in(site: Here, request: Request, form: Typed) -> Response:
    """With what the passkey answered."""
    target = local(form["next"])
    try:
        secret = passkeys.sign_in(
            site.archive,
            place_of(request),
            form["answer"],
            agent=request.headers.get("user-agent", ""),
            before=cookies.read(request, site, "session"),
        )
    except (SignInFailed, UsageError) as failure:
        return sign_in_page(site, target, failure)
    return _signed_in(site, request, target, secret)


@router.post("/sign-in/again/passkey", response_class=HTMLResponse)
@own
def ask_again(site: Here, request: Request, visitor: Who, form: Typed) -> Response:
    """What the browser is to answer, to show once more who it is."""
    target = local(form["next"])
    try:
        options = passkeys.ask(site.archive, place_of(request), _session(visitor))
    except UsageError as failure:
        return again_page(site, target, visitor, failure)
    words = "What follows can do harm. Show with your passkey that it is still you."
    return _page(
        site, "Show again who you are", words, options, "/sign-in/again/passkey/used", "/sign-in/again", target
    )


@router.post("/sign-in/again/passkey/used", response_class=HTMLResponse)
@own
def again(site: Here, request: Request, visitor: Who, form: Typed) -> Response:
    """With what the passkey answered, once more."""
    target = local(form["next"])
    try:
        secret = passkeys.confirm(site.archive, _session(visitor), place_of(request), form["answer"])
    except (SignInFailed, UsageError) as failure:
        return again_page(site, target, visitor, failure)
    return _signed_in(site, request, target, secret)


@router.post("/me/passkeys", response_class=HTMLResponse)
@own_fresh
def ask_to_add(site: Here, request: Request, visitor: Who) -> Response:
    """What the browser is to make."""
    options = passkeys.ask_to_add(site.archive, _session(visitor), place_of(request))
    words = (
        "Your device makes a key that only it can use, after it has checked that it is you. The key itself stays there."
    )
    return _page(site, "Add a passkey", words, options, "/me/passkeys/made", "/me", "/me", making=True)


@router.post("/me/passkeys/made", response_class=HTMLResponse)
@own_fresh
def add(site: Here, request: Request, visitor: Who, form: Typed) -> Response:
    """Keep it."""
    passkeys.add(site.archive, _session(visitor), place_of(request), form["answer"], form["name"])
    return RedirectResponse(f"{site.base}/me", status_code=303)


@router.post("/me/passkeys/{passkey_id}/end")
@own_fresh
def end(site: Here, visitor: Who, passkey_id: Id) -> Response:
    """Let one of their passkeys count no longer."""
    passkeys.end(site.archive, of_person(visitor.person.id), visitor.person.id, passkey_id)
    return RedirectResponse(f"{site.base}/me", status_code=303)


def place_of(request: Request) -> Place:
    """The name and origin under which these pages are open. The guard has seen to it that the name is one of ours.

    Raises:
        UsageError: they are open by an address, which no passkey can be for.
    """
    name = host_of(request.scope)
    if name != "localhost" and is_loopback(name.strip("[]")):
        raise UsageError(_NO_NAME)
    scheme = "https" if cookies.is_secure(request) else request.url.scheme
    return Place(name, f"{scheme}://{request.headers['host'].lower()}")


def _session(visitor: Visitor) -> SessionView:
    if visitor.session is None:
        raise NotFound("nobody is signed in here whom a passkey could be of")
    return visitor.session


def _signed_in(site: Site, request: Request, target: str, secret: str) -> Response:
    answer = RedirectResponse(f"{site.base}{target}", status_code=303)
    cookies.put(answer, request, site, "session", secret)
    return answer


def _page(
    site: Site, heading: str, words: str, options: str, target: str, back: str, next: str, *, making: bool = False
) -> HTMLResponse:
    shown: dict[str, Any] = {
        "heading": heading,
        "words": words,
        "options": options,
        "target": target,
        "back": back,
        "next": next,
    }
    answer = site.page("passkey.html", making=making, **shown)
    answer.headers["content-security-policy"] = WITH_SCRIPT
    return answer
