"""For machines: the state of the service, and the description of what programs ask (:mod:`archiver.web.programs`)."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from sqlalchemy.exc import SQLAlchemyError

from archiver.operations import health
from archiver.people import permission
from archiver.people.actions import Action
from archiver.web.door import Here, look, open_door, own_by_token
from archiver.web.programs.description import described
from archiver.web.site import Site

router = APIRouter()


@router.get("/api/v1/openapi.json", include_in_schema=False)
@own_by_token
def schema(request: Request) -> dict[str, Any]:
    """What there is for programs."""
    return described(request.app)


@router.get("/healthz")
@open_door("machines ask it that have no login; it tells them which check fails, and nothing else")
def healthz(site: Here, request: Request) -> Response:
    """Whether the service does its work: 200, or 503. Checks nothing of any platform. The reasons are for whoever may
    see how all platforms are set up."""
    known = _may_know_why(site, request)
    report = health.check(site.archive, site.work, details=known)
    told = report.as_json() if known else report.for_strangers()
    return JSONResponse(told, status_code=200 if report.ok else 503)


def _may_know_why(site: Site, request: Request) -> bool:
    action = Action.PLATFORMS_VIEW
    try:
        visitor = look(request)
        if visitor is None or (visitor.token is not None and action.value not in visitor.token.scopes):
            return False
        with site.archive.database.read() as connection:
            at = site.archive.clock.now()
            allowed = permission.may(connection, visitor.person.id, action, None, at).allowed
            return allowed and permission.authorities_seen(connection, visitor.person.id, action, at) is None
    except SQLAlchemyError:
        return False  # the check of the database says so
