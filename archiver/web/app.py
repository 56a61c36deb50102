"""The web application: the real archive's site, the practice city's beside it, one guard around both, and one door in
each (:mod:`archiver.web.door`)."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import cache
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, RedirectResponse, Response
from fastapi.staticfiles import StaticFiles
from fastapi.telemetry import TelemetryConfig
from sqlalchemy.exc import DatabaseError
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Scope

from archiver import __version__, logs
from archiver.errors import ArchiverError, Busy, NotFound, Refused, UsageError
from archiver.search.index import SearchTooSlow
from archiver.web import (
    access_log,
    account_reserve,
    account_settings,
    account_state,
    adding,
    api,
    board,
    candidacies,
    captured,
    challenge_list,
    challenges,
    changes,
    closing,
    connect,
    depositing,
    door,
    evidence,
    frozen,
    handovers,
    heading,
    hooks,
    list_files,
    marks,
    me,
    moderation,
    moderation_report,
    notices,
    official,
    page_roles,
    pages,
    passkeys,
    people,
    platform_application,
    platforms,
    programs,
    reconnect,
    record_evidence,
    record_proof,
    records,
    register,
    register_documents,
    register_load,
    register_owner,
    register_reports,
    register_say,
    run_exchanges,
    saved,
    search,
    search_completing,
    search_help,
    search_hits,
    search_values,
    selections,
    sent,
    sign_in,
    welcome,
)
from archiver.web.finding import by_beginning
from archiver.web.noting import Noting
from archiver.web.programs import failures
from archiver.web.programs.description import PROBLEM_TYPE
from archiver.web.rate import TooOften
from archiver.web.security import ErrorPage, Guard, LastResort, Takes, wants_json
from archiver.web.site import Site
from archiver.web.words import without_lists

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
_UNSAID = "The log of the service says why. Nothing archived is affected."
_STATUS = ((NotFound, 404), (UsageError, 400), (Refused, 403))
#: What passes by itself, or with another question. Whoever asks is told; it is no failure of the service.
_PASSING = (Busy, SearchTooSlow)
_HEADINGS = {
    400: "That address cannot be read",
    401: "Sign in first",
    403: "That is not open to you",
    404: "There is no such page",
    405: "These pages can only be read",
    413: "That is too much at once",
    503: "The archive cannot be read just now",
}
_OF_SENT = {400: "That was not taken", 403: "That was not done", 404: "That is not there"}
"""Headings where a form was sent."""
_PAGES = (
    passkeys,
    register_load,
    notices,
    handovers,
    register_documents,
    register_say,
    adding,
    record_proof,
    frozen,
    list_files,
    depositing,
    closing,
    candidacies,
    platform_application,
    account_reserve,
    account_settings,
    register_reports,
    access_log,
    account_state,
    page_roles,
    heading,
    hooks,
    connect,
    sign_in,
    welcome,
    me,
    people,
    platforms,
    board,
    reconnect,
    pages,
    register,
    register_owner,
    search,
    search_completing,
    search_help,
    search_hits,
    search_values,
    saved,
    marks,
    selections,
    records,
    record_evidence,
    run_exchanges,
    changes,
    official,
    moderation_report,
    moderation,
    captured,
    challenge_list,
    challenges,
    evidence,
)
"""What answers people, in the order in which an address is looked for."""


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
            yield Takes(re.compile(re.escape(base) + path), said.foreign, said.largest, said.program)


def _error_page(site: Site) -> ErrorPage:
    def page(status: int, message: str, number: str, scope: Scope) -> tuple[str, bytes]:
        response = _error(site, Request(scope), status, message, number=number)
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
    app.router.routes.extend(_every_route().routes)
    door.check(app)
    app.mount("/static", StaticFiles(directory=_STATIC), name="static")
    app.add_middleware(Noting)
    app.add_middleware(LastResort, error_page=_error_page(site))
    _add_failures(app)
    return app


@cache
def _every_route() -> APIRouter:
    """The routes of every site. They are put together once: what FastAPI makes of each takes a quarter of a second in
    all, and which site is asked stands in the request."""
    every = APIRouter(dependencies=[Depends(door.enter)], strict_content_type=True)
    for part in _PAGES:
        every.include_router(by_beginning(part.router), include_in_schema=False)
    for versioned in programs.ROUTERS:
        every.include_router(by_beginning(versioned))
    every.include_router(by_beginning(api.router), include_in_schema=False)
    return every


def _add_failures(app: FastAPI) -> None:
    """What is answered where something went wrong."""
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(RequestValidationError, _on_invalid)
    app.add_exception_handler(door.SignInNeeded, _on_nobody)
    app.add_exception_handler(door.NotAllowed, _on_not_allowed)
    app.add_exception_handler(door.RulesFirst, _on_rules)
    app.add_exception_handler(ArchiverError, _on_known)
    app.add_exception_handler(DatabaseError, _on_database)
    app.add_exception_handler(TooOften, _on_too_often)


def _on_http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return _error(request.app.state.site, request, error.status_code, "Check the address.")


def _on_invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)
    told = failures.of_body(error.errors())
    if told is not None and wants_json(request.scope):
        return _error(request.app.state.site, request, told.status, told.detail, fields=told.fields)
    return _error(request.app.state.site, request, 400, "Part of the address is not usable.")


def _on_known(request: Request, error: Exception) -> Response:
    status = next((code for kind, code in _STATUS if isinstance(error, kind)), 503)
    if request.method == "POST" and wants_json(request.scope) and (told := failures.of_act(error)) is not None:
        return _error(request.app.state.site, request, told.status, told.detail, fields=told.fields)
    if isinstance(error, _PASSING):
        return _error(request.app.state.site, request, status, str(error))
    if status == 503:
        _log.error("page.unavailable", exc_info=error)
    shown = (
        without_lists(str(error)) if status != 503 else "The log of the service says why. Nothing archived is affected."
    )
    return _error(request.app.state.site, request, status, shown)


async def _on_nobody(request: Request, error: Exception) -> Response:
    assert isinstance(error, door.SignInNeeded)
    site: Site = request.app.state.site
    if wants_json(request.scope):
        answer = _error(site, request, 401, "Send a token: Authorization: Bearer …")
        answer.headers["WWW-Authenticate"] = "Bearer"
        return answer
    kept = await sent.page(request, site, error)
    if kept is not None:
        return kept
    page = "/sign-in/again" if error.again else "/sign-in"
    return RedirectResponse(f"{site.base}{page}?{urlencode({'next': error.address})}", status_code=303)


def _on_too_often(request: Request, error: Exception) -> Response:
    assert isinstance(error, TooOften)
    answer = _error(request.app.state.site, request, 429, str(error))
    answer.headers["Retry-After"] = str(error.seconds)
    return answer


def _on_not_allowed(request: Request, error: Exception) -> Response:
    return _error(request.app.state.site, request, 403, f"{str(error)[:1].upper()}{str(error)[1:]}.")


def _on_rules(request: Request, _error_: Exception) -> Response:
    site: Site = request.app.state.site
    if wants_json(request.scope):
        return _error(site, request, 403, "Its person has to take note of the rules first, on the pages.")
    return RedirectResponse(f"{site.base}/rules", status_code=303)


def _on_database(request: Request, error: Exception) -> Response:
    _log.error("page.unavailable", exc_info=error)
    message = "The database does not answer. Try again in a moment; nothing archived is affected."
    return _error(request.app.state.site, request, 503, message)


def _error(
    site: Site,
    request: Request,
    status: int,
    message: str,
    *,
    number: str = "",
    fields: Sequence[tuple[str, str]] = (),
) -> Response:
    if wants_json(request.scope):
        body = {"type": "about:blank", "title": HTTPStatus(status).phrase, "status": status, "detail": message}
        body |= {"id": number} if number else {}
        body |= {"errors": [{"field": name, "detail": said} for name, said in fields]} if fields else {}
        return JSONResponse(body, status_code=status, media_type=PROBLEM_TYPE)
    heading, back = _HEADINGS.get(status, "Something went wrong"), None
    if request.method == "POST":
        heading, back = _OF_SENT.get(status, heading), _back(site, request)
    values: dict[str, Any] = {"heading": heading, "message": message, "number": number, "back": back}
    return site.page("error.html", status=status, **values)


def _back(site: Site, request: Request) -> str | None:
    """The page on which a form stood."""
    return door.page_before(request, site) if "app" in request.scope else None
