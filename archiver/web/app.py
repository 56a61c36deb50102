"""The web application: the real archive's site, the practice city's beside it, one guard around both. It only reads,
but for owners of accounts who follow a link, and for what platforms send."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, Response
from fastapi.staticfiles import StaticFiles
from fastapi.telemetry import TelemetryConfig
from sqlalchemy.exc import DatabaseError
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

from archiver import __version__, logs
from archiver.errors import ArchiverError, NotFound, UsageError
from archiver.web import api, board, changes, connect, evidence, hooks, pages, platforms, records, register, search
from archiver.web.security import ErrorPage, Guard, LastResort, wants_json
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
_HEADINGS = {
    400: "That address cannot be read",
    403: "That did not come from here",
    404: "There is no such page",
    405: "These pages can only be read",
    503: "The archive cannot be read just now",
}


def create_app(site: Site, practice: Site | None = None, names: Sequence[str] = ()) -> ASGIApp:
    """The application to serve. ``names`` are host names it answers to besides the loopback ones."""
    app = _site_app(site)
    if practice is not None:
        app.mount(practice.base, _site_app(practice))
    return Guard(app, names, _error_page(site))


def _error_page(site: Site) -> ErrorPage:
    def page(status: int, message: str, number: str, json: bool) -> tuple[str, bytes]:
        response = _error(site, status, message, json=json, number=number)
        return response.headers["content-type"], bytes(response.body)

    return page


def _site_app(site: Site) -> FastAPI:
    app = FastAPI(
        title=site.title,
        version=__version__,
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
        telemetry=_NO_TELEMETRY,
    )
    app.state.site = site
    for part in (hooks, connect, platforms, board, pages, register, search, records, changes, evidence):
        app.include_router(part.router, include_in_schema=False)
    app.include_router(api.router)
    app.include_router(board.api)
    app.include_router(changes.api)
    app.mount("/static", StaticFiles(directory=_STATIC), name="static")
    app.add_middleware(LastResort, error_page=_error_page(site))
    app.add_exception_handler(HTTPException, _on_http)
    app.add_exception_handler(RequestValidationError, _on_invalid)
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
    status = 404 if isinstance(error, NotFound) else 400 if isinstance(error, UsageError) else 503
    if status == 503:
        _log.error("page.unavailable", exc_info=error)
    shown = str(error) if status != 503 else "The log of the service says why. Nothing archived is affected."
    return _error(request.app.state.site, status, shown, json=wants_json(request.scope))


def _on_database(request: Request, error: Exception) -> Response:
    _log.error("page.unavailable", exc_info=error)
    message = "The database does not answer. Try again in a moment; nothing archived is affected."
    return _error(request.app.state.site, 503, message, json=wants_json(request.scope))


def _error(site: Site, status: int, message: str, *, json: bool, number: str = "") -> Response:
    if json:
        body = {"error": message, "status": status} | ({"id": number} if number else {})
        return JSONResponse(body, status_code=status)
    heading = _HEADINGS.get(status, "Something went wrong")
    return site.page("error.html", status=status, heading=heading, message=message, number=number)
