"""The web application: the real archive's site, the practice city's beside it, one guard around both, and one door in
each (:mod:`archiver.web.door`)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from http import HTTPStatus
from pathlib import Path
from urllib.parse import urlencode

from fastapi import Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from fastapi.staticfiles import StaticFiles
from fastapi.telemetry import TelemetryConfig
from sqlalchemy.exc import DatabaseError
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

from archiver import __version__, logs
from archiver.errors import ArchiverError, NotFound, Refused, UsageError
from archiver.web import (
    api,
    board,
    captured,
    challenges,
    changes,
    connect,
    door,
    evidence,
    handovers,
    heading,
    hooks,
    marks,
    me,
    moderation,
    moderation_report,
    pages,
    passkeys,
    people,
    platforms,
    programs,
    reconnect,
    record_evidence,
    records,
    register,
    register_documents,
    register_load,
    register_owner,
    register_say,
    saved,
    search,
    search_help,
    selections,
    sign_in,
    welcome,
)
from archiver.web.noting import Noting
from archiver.web.programs.description import PROBLEM_TYPE
from archiver.web.security import ErrorPage, Guard, LastResort, Takes, wants_json
from archiver.web.site import Site

_log = logs.get(__name__)
_STATIC = Path(__file__).parent / "static"
#: FastAPI would send requests, and the words of errors, to whatever collector the environment names.
_NO_TELEMETRY: TelemetryConfig = {
    "tracing": False,
    "metrics": False,
    "logs": False,
    "operation_spans": False,
    "auto_configure": False,
}
_STATUS = ((NotFound, 404), (UsageError, 400), (Refused, 403))
_HEADINGS = {
    400: "That address cannot be read",
    401: "Sign in first",
    403: "That is not open to you",
    404: "There is no such page",
    405: "These pages can only be read",
    503: "The archive cannot be read just now",
}


def create_app(site: Site, practice: Site | None = None, names: Sequence[str] = ()) -> ASGIApp:
    """The application to serve. ``names`` are host names it answers to besides the loopback ones."""
    app = _site_app(site)
    takes = list(_takes(app, ""))
    if practice is not None:
        beside = _site_app(practice)
        takes += _takes(beside, practice.base)
        app.mount(practice.base, beside)
    return Guard(app, names, _error_page(site), takes)


def _takes(app: FastAPI, base: str) -> Iterator[Takes]:
    """The routes that take a POST."""
    for route in door.routes(app):
        said = door.door_of(route.endpoint)
        if "POST" in (route.methods or ()) and said is not None:
            path = re.sub(r"\{[^}]*\}", "[^/]{1,200}", route.path)
            yield Takes(re.compile(re.escape(base) + path), said.foreign, said.largest)


def _error_page(site: Site) -> ErrorPage:
    def page(status: int, message: str, number: str, json: bool) -> tuple[str, bytes]:
        response = _error(site, status, message, json=json, number=number)
        return response.headers["content-type"], bytes(response.body)

    return page


def _site_app(site: Site) -> FastAPI:
    _ = site.seal  # (where it is not usable, nothing starts)
    app = FastAPI(
        title=site.title,
        version=__version__,
        docs_url=None,
        redoc_url=None,
        openapi_url=None,
        dependencies=[Depends(door.enter)],
        telemetry=_NO_TELEMETRY,
    )
    app.state.site = site
    app.include_router(passkeys.router, include_in_schema=False)
    app.include_router(register_load.router, include_in_schema=False)
    app.include_router(handovers.router, include_in_schema=False)
    app.include_router(register_documents.router, include_in_schema=False)
    app.include_router(register_say.router, include_in_schema=False)
    for part in (
        *(heading, hooks, connect, sign_in, welcome, me, people),
        *(
            platforms,
            board,
            reconnect,
            pages,
            register,
            register_owner,
            search,
            search_help,
            saved,
            marks,
            selections,
            records,
            record_evidence,
            changes,
            moderation_report,
            moderation,
            captured,
            challenges,
            evidence,
        ),
    ):
        app.include_router(part.router, include_in_schema=False)
    for versioned in programs.ROUTERS:
        app.include_router(versioned)
    for unversioned in (api.router, board.api, changes.api):
        app.include_router(unversioned, include_in_schema=False)
    door.check(app)
    app.mount("/static", StaticFiles(directory=_STATIC), name="static")
    app.add_middleware(Noting)
    app.add_middleware(LastResort, error_page=_error_page(site))
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(door.SignInNeeded, _on_nobody)
    app.add_exception_handler(door.NotAllowed, _on_not_allowed)
    app.add_exception_handler(door.RulesFirst, _on_rules)
    app.add_exception_handler(ArchiverError, _on_known)
    app.add_exception_handler(DatabaseError, _on_database)
    return app


def _on_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    message = "Check the address."
    return _error(request.app.state.site, error.status_code, message, json=wants_json(request.scope))


def _on_invalid(request: Request, _error_: Exception) -> Response:
    return _error(request.app.state.site, 400, "Part of the address is not usable.", json=wants_json(request.scope))


def _on_known(request: Request, error: Exception) -> Response:
    status = next((code for kind, code in _STATUS if isinstance(error, kind)), 503)
    if status == 503:
        _log.error("page.unavailable", exc_info=error)
    shown = str(error) if status != 503 else "The log of the service says why. Nothing archived is affected."
    return _error(request.app.state.site, status, shown, json=wants_json(request.scope))


def _on_nobody(request: Request, error: Exception) -> Response:
    assert isinstance(error, door.SignInNeeded)
    site: Site = request.app.state.site
    if wants_json(request.scope):
        answer = _error(site, 401, "Send a token: Authorization: Bearer …", json=True)
        answer.headers["WWW-Authenticate"] = "Bearer"
        return answer
    page = "/sign-in/again" if error.again else "/sign-in"
    return RedirectResponse(f"{site.base}{page}?{urlencode({'next': error.address})}", status_code=303)


def _on_not_allowed(request: Request, error: Exception) -> Response:
    return _error(request.app.state.site, 403, f"{error}".capitalize() + ".", json=wants_json(request.scope))


def _on_rules(request: Request, _error_: Exception) -> Response:
    site: Site = request.app.state.site
    if wants_json(request.scope):
        return _error(site, 403, "Its person has to take note of the rules first, on the pages.", json=True)
    return RedirectResponse(f"{site.base}/rules", status_code=303)


def _on_database(request: Request, error: Exception) -> Response:
    _log.error("page.unavailable", exc_info=error)
    message = "The database does not answer. Try again in a moment; nothing archived is affected."
    return _error(request.app.state.site, 503, message, json=wants_json(request.scope))


def _error(site: Site, status: int, message: str, *, json: bool, number: str = "") -> Response:
    if json:
        body = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": message}
        return JSONResponse(body | ({"id": number} if number else {}), status_code=status, media_type=PROBLEM_TYPE)
    heading = _HEADINGS.get(status, "Something went wrong")
    return site.page("error.html", status=status, heading=heading, message=message, number=number)
