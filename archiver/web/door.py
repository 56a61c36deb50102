"""Every page and route says what it is for, and whoever comes in is asked here. One that says nothing lets nobody in.

``@needs(Action.…)``: whoever's roles allow it, of what these roles reach; ``@acts(Action.…)``: the same by a program,
with a token that is for it; ``@own``: whoever is signed in, about
themselves; ``@open_door(…)``: everybody, with the reason why.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Annotated, Any, Final, TypeVar
from urllib.parse import quote, unquote, urlsplit

from fastapi import Depends, FastAPI, Request
from fastapi.routing import APIRoute, iter_route_contexts
from starlette.routing import Match

from archiver.people import binding, permission, service, sessions
from archiver.people.actions import FOR_TOKENS, HIGH_RISK, WRITES, Action
from archiver.people.service import PersonView
from archiver.people.sessions import SessionView, TokenView
from archiver.settings import is_loopback
from archiver.viewing import Viewer
from archiver.web.cookies import read as read_cookie
from archiver.web.rate import neighbourhood
from archiver.web.security import LARGEST_POST, bearer_of, is_own_machine, wants_json
from archiver.web.site import Site, site_of, visiting

TYPED_BY: Final = "typed_by"
"""In the address that a form is sent to once more: id of whoever was signed in when it was typed."""
_SAYS: Final = "__door__"
_F = TypeVar("_F", bound=Callable[..., Any])


@dataclass(frozen=True, slots=True)
class Door:
    """What a route is for."""

    action: Action | None = None
    """None: about whoever is signed in, or open."""
    open: str | None = None
    """Why everybody may come in."""
    fresh: bool = False
    """It has to have been shown within the last minutes who it is."""
    foreign: bool = False
    """Others may send to it: it knows them by itself."""
    token: bool = False
    """About whoever is signed in, and any token of theirs may ask."""
    program: bool = False
    """By which a program changes something: it is done with a token alone."""
    largest: int = LARGEST_POST
    """Bytes that may be sent to it."""
    noted: bool = True
    """It is written down that somebody did this. Where not: only that they were refused."""


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who is here."""

    person: PersonView
    session: SessionView | None = None
    token: TokenView | None = None

    @property
    def practice(self) -> bool:
        """Somebody at the machine itself, let into a practice archive."""
        return self.session is None and self.token is None

    @property
    def through(self) -> str:
        """Session or token by which they came."""
        return self.session.id if self.session else self.token.id if self.token else "practice"


class SignInNeeded(Exception):  # noqa: N818 - named as the cause
    """Nobody is signed in. ``again``: somebody is, and has to show once more who it is."""

    def __init__(self, address: str, *, again: bool = False) -> None:
        self.address, self.again = address, again
        super().__init__("sign in first")


class NotAllowed(Exception):  # noqa: N818 - named as the cause
    """Whoever is signed in may not; the message says what it takes."""


class RulesFirst(Exception):  # noqa: N818 - named as the cause
    """Whoever is signed in has to take note of the rules of conduct first (law R42)."""


def needs(
    action: Action, *, fresh: bool = False, largest: int = LARGEST_POST, noted: bool = True
) -> Callable[[_F], _F]:
    """Declare what a route does. ``largest``: bytes that may be sent to it. ``noted``: whether the access log tells of
    it; not of what shows nothing of what is kept, and comes with every key that somebody presses."""
    return _says(Door(action, fresh=fresh, largest=largest, noted=noted))


def acts(action: Action, *, largest: int = LARGEST_POST) -> Callable[[_F], _F]:
    """Declare a route by which a program changes something: with a token that names the action, never with what a
    browser sends by itself."""
    return _says(Door(action, program=True, largest=largest))


def own(function: _F) -> _F:
    """Declare a route that is about whoever is signed in."""
    return _says(Door())(function)


def own_by_token(function: _F) -> _F:
    """As :func:`own`, and with any of their tokens."""
    return _says(Door(token=True))(function)


def own_fresh(function: _F) -> _F:
    """As :func:`own`, and it has to have been shown within the last minutes who it is."""
    return _says(Door(fresh=True))(function)


def open_door(reason: str, *, foreign: bool = False) -> Callable[[_F], _F]:
    """Declare a route that everybody may use, with the reason why."""
    return _says(Door(open=reason, foreign=foreign))


def door_of(endpoint: object) -> Door | None:
    """What a route was declared for; None: nothing, and nobody is let in."""
    found: Door | None = getattr(endpoint, _SAYS, None)
    return found


def routes(app: FastAPI) -> Iterator[APIRoute]:
    """Every route of an application but those of mounted ones."""
    found = (one.original_route for one in iter_route_contexts(app.routes))
    return (route for route in found if isinstance(route, APIRoute))


def check(app: FastAPI) -> None:
    """Raises:
    TypeError: a route was not declared, or does what is of high risk without asking anew who it is, or lets programs
        do what no token is for. So it is noticed when the service starts, not when somebody asks.
    """
    known = list(routes(app))
    said = [(route.path, door_of(route.endpoint)) for route in known]
    stale = [path for path, door in said if door is not None and door.action in HIGH_RISK and not door.fresh]
    if stale:
        raise TypeError(f"routes of high risk that do not ask anew who it is: {', '.join(stale)}")
    beyond = [path for path, door in said if door is not None and door.program and door.action not in WRITES]
    if beyond:
        raise TypeError(f"routes for programs that do what no token is for: {', '.join(beyond)}")
    nameless = [route.path for route in known if door_of(route.endpoint) is None]
    if nameless or not known or len(known) < sum(1 for _ in iter_route_contexts(app.routes)):
        raise TypeError(f"routes that do not say what they are for: {', '.join(nameless)}")


def enter(request: Request) -> None:
    """Let somebody in, or not. The dependency of every route.

    Raises:
        SignInNeeded, NotAllowed, RulesFirst: not.
        TooOften: not yet.
    """
    site, door = site_of(request), door_of(request.scope.get("endpoint"))
    if door is None:
        raise NotAllowed("this page does not say what it is for")
    request.state.door = door
    request.state.visitor = None
    if door.open is not None:
        _count(request, site, None)
        return
    visitor = _who(request, site)
    _count(request, site, visitor)  # (before it is said who it is: what is refused here is not written down each time)
    request.state.visitor = visitor
    if visitor is None:
        raise SignInNeeded(_here(request, site))
    _require_typed_by(request, visitor)
    _require(site, visitor, door)
    if visitor.person.acknowledged_at is None and door.action is not None and not visitor.practice:
        raise RulesFirst
    if door.fresh and not (_fresh(site, visitor) or _practised(visitor, door)):
        raise SignInNeeded(_here(request, site), again=True)


def look(request: Request) -> Visitor | None:
    """Who is here, for pages that are open to everybody."""
    known: Visitor | None = getattr(request.state, "visitor", None)
    return known if known is not None else _who(request, site_of(request))


def visitor_of(request: Request) -> Visitor:
    """Who was let in."""
    visitor: Visitor | None = getattr(request.state, "visitor", None)
    if visitor is None:
        raise NotAllowed("nobody is signed in")
    return visitor


def viewer_of(request: Request) -> Viewer:
    """What of the archive whoever was let in sees, doing what this route does."""
    visitor, door, site = visitor_of(request), request.state.door, site_of(request)
    if door.action is None:
        return Viewer.NOTHING
    with site.archive.database.read() as connection:
        return permission.viewer(connection, visitor.person.id, door.action, site.archive.clock.now())


Here = Annotated[Site, Depends(site_of)]
Seen = Annotated[Viewer, Depends(viewer_of)]
Who = Annotated[Visitor, Depends(visitor_of)]


#: What can be tried in practice without signing in: handing out records that were made up, challenges to them, and
#: whether they are official.
_TRIED_IN_PRACTICE = frozenset({Action.RECORDS_RELEASE, Action.CHALLENGES_DECIDE, Action.OFFICIAL_DECIDE})


def _says(door: Door) -> Callable[[_F], _F]:
    def declare(function: _F) -> _F:
        setattr(function, _SAYS, door)
        return function

    return declare


def _who(request: Request, site: Site) -> Visitor | None:
    """By token, else by session, else (in practice, at the machine itself) by being there."""
    archive = site.archive
    sent = bearer_of(request.scope)
    if sent is not None:
        token = sessions.of_token(archive, sent) if wants_json(request.scope) else None
        return None if token is None else Visitor(_person(site, token.person_id), token=token)
    secret = read_cookie(request, site, "session")
    session = sessions.of_secret(archive, secret) if secret else None
    if session is not None:
        return Visitor(_person(site, session.person_id), session=session)
    if site.visitor is not None and _only_here(site) and is_own_machine(request.scope):
        return Visitor(_person(site, site.visitor))
    return None


def _count(request: Request, site: Site, visitor: Visitor | None) -> None:
    """Count what a program asks: by its token or session; where nobody is known, by its address. What tells monitors
    whether all is well is counted apart, and so is who asks at the machine itself: no other stranger uses that up, and
    makes a watch on the machine believe that the service is ill.

    Raises:
        TooOften: it is not to be answered yet.
    """
    if not wants_json(request.scope):
        return
    if visitor is not None:
        site.program_rate.take(visitor.through, "program")
        return
    address = neighbourhood(request.client.host if request.client else "")
    if is_own_machine(request.scope):
        address = "here"  # (a proxy on this machine has its address, too, and all strangers of the world behind it)
    what = "health" if request.scope["path"].endswith("/healthz") else "anything"
    site.stranger_rate.take(f"{what} {address}", "stranger")


def _only_here(site: Site) -> bool:
    """Whether nobody but this machine is meant to reach the pages: they listen there only, and no other name is set.
    Where one is, a proxy stands before them, and whoever comes by it looks as if they sat at the machine."""
    settings = site.archive.settings
    return is_loopback(settings.web_host) and all(is_loopback(name.strip("[]")) for name in settings.names)


def _person(site: Site, person_id: str) -> PersonView:
    with site.archive.database.read() as connection:
        return service.get(connection, person_id)


def _require(site: Site, visitor: Visitor, door: Door) -> None:
    now, person_id, action = site.archive.clock.now(), visitor.person.id, door.action
    _require_token(visitor, door)
    with site.archive.database.read() as connection:
        answer = None if action is None else permission.may(connection, person_id, action, None, now)
        actions = permission.actions_of(connection, person_id, now)
        asked = binding.waiting(connection, person_id, now) is not None
    shown = visiting.get()
    if shown is not None:
        shown.name, shown.practice, shown.actions = visitor.person.name, visitor.practice, actions
        shown.asked = asked
    if answer is not None and not answer.allowed:
        raise NotAllowed(answer.reason)


def _require_token(visitor: Visitor, door: Door) -> None:
    """Where somebody came with a token, that it is for this; and what a program does, that it came with one."""
    if visitor.token is None:
        if door.program:
            raise NotAllowed("a program changes something with a token alone: Authorization: Bearer …")
    elif not door.token and door.action not in FOR_TOKENS:
        raise NotAllowed("no token is for that: do it on the pages, signed in, and show there who it is where asked")
    elif not (door.token or _is_for(visitor.token, door.action)):
        raise NotAllowed("this token is not for that: make one that names it, on your own page")


def _require_typed_by(request: Request, visitor: Visitor) -> None:
    """Let nobody do in their own name what somebody else typed, who was signed in here before."""
    if request.method == "POST" and request.query_params.get(TYPED_BY, visitor.person.id) != visitor.person.id:
        raise NotAllowed(
            "this was typed while somebody else was signed in here, and would be done in your name: nothing was done."
            " Begin with a form of your own"
        )


def _is_for(token: TokenView, action: Action | None) -> bool:
    return action in FOR_TOKENS and action.value in token.scopes


def _fresh(site: Site, visitor: Visitor) -> bool:
    return visitor.session is not None and sessions.is_fresh(site.archive, visitor.session)


def _practised(visitor: Visitor, door: Door) -> bool:
    """Whether somebody at the machine of a practice archive tries what takes showing who it is. They are nobody, so
    there is nothing to show; what makes people, roles, tokens or applications stays closed to them."""
    return visitor.practice and door.action in _TRIED_IN_PRACTICE


def page_before(request: Request, site: Site) -> str | None:
    """The page of ours on which a form stood, as the browser says (Referer), without what the site stands under; None:
    it does not say, or nobody can go there."""
    try:
        said = urlsplit(request.headers.get("referer", ""))
    except ValueError:
        return None
    ours = said.netloc == request.headers.get("host") and said.path.startswith(f"{site.base}/")
    path = said.path.removeprefix(site.base)
    if not ours or path.startswith("/sign-in") or not _is_page(request, unquote(said.path)):
        return None
    return path + (f"?{said.query}" if said.query else "")


def _is_page(request: Request, path: str) -> bool:
    """Whether an address can be opened."""
    asked = {**request.scope, "method": "GET", "path": path}
    return any(one.matches(asked)[0] is Match.FULL for one in routes(request.app))


def _here(request: Request, site: Site) -> str:
    """The page to come back to: where a form was sent from, since nobody can come back to the sending."""
    path = str(request.scope["path"]).removeprefix(site.base) or "/"
    if request.method != "GET":
        before = page_before(request, site)
        if before is not None:
            return before
        if path.startswith("/register/"):  # (there a form has the address that it is sent to, or one right below it)
            return quote(path if _is_page(request, request.scope["path"]) else path.rpartition("/")[0], safe="/")
        return next((page for page in ("/me", "/people") if path.startswith(page)), "/")
    query = request.scope["query_string"].decode("latin-1")
    return quote(path, safe="/") + (f"?{query}" if query else "")
