"""For programs: the state of the service, the description of what they can ask, and what stood here before it had a
version (:mod:`archiver.web.programs`): these answer as ever, and nothing is added to them."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import JSONResponse, Response
from sqlalchemy.exc import SQLAlchemyError

from archiver.clock import to_text
from archiver.errors import Refused
from archiver.operations import completeness, found, health
from archiver.operations.reach import goes_back
from archiver.people import permission
from archiver.people.actions import Action
from archiver.search.index import Order, Page
from archiver.web.door import Here, Seen, look, needs, open_door, own_by_token
from archiver.web.places import AfterThread, after_thread, seen_account
from archiver.web.programs.description import described
from archiver.web.search import LONGEST
from archiver.web.site import Site

router = APIRouter()


@router.get("/api/v1/openapi.json", include_in_schema=False)
@router.get("/api/openapi.json", include_in_schema=False)
@own_by_token
def schema(request: Request) -> dict[str, Any]:
    """What there is for programs."""
    return described(request.app)


@router.get("/healthz")
@open_door("machines ask it that have no login; it tells them which check fails, and nothing else")
def healthz(site: Here, request: Request) -> Response:
    """Whether the service does its work: 200, or 503. Checks nothing of any platform. The reasons are for whoever may
    see how all platforms are set up."""
    report = health.check(site.archive, site.work)
    told = report.as_json() if _may_know_why(site, request) else report.for_strangers()
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


@router.get("/api/search")
@needs(Action.RECORDS_SEARCH)
def search(
    site: Here,
    viewer: Seen,
    q: Annotated[str, Query(max_length=LONGEST, description="Any text is a query; see docs/search.md.")],
    limit: Annotated[int, Query(ge=1, le=200, description="Hits per page.")] = 50,
    after: Annotated[str | None, Query(max_length=200, description="`next` of the page before.")] = None,
    order: Order = Order.NEWEST,
    facets: bool = False,
) -> dict[str, Any]:
    """One page of hits. `total` counts exactly up to 10,000."""
    with site.archive.database.read() as connection:
        results = site.archive.search.search(
            connection, q, viewer=viewer, page=Page(limit, after), order=order, facets=facets
        )
    return found.as_json(results, q)


@router.get("/api/accounts/{account_id}/counts")
@needs(Action.CAPTURE_VIEW)
def counts(
    site: Here,
    viewer: Seen,
    account_id: str,
    limit: Annotated[int, Query(ge=1, le=200, description="Threads per page.")] = 50,
    after: AfterThread = None,
) -> dict[str, Any]:
    """The platform's own numbers against the archive's: what the account published, how many threads are complete,
    those with a difference that is not explained (largest first), and how far back each list goes."""
    place = after_thread(after)
    with site.archive.database.read() as connection:
        account = seen_account(connection, viewer, account_id)
        if not viewer.sees_private_of(account_id):  # they are counted over all of it but messages
            raise Refused("counts are for whoever may see what only an account's owner sees")
        declared = completeness.declared_by(site.archive.platforms, account.platform)
        own = completeness.of_account(connection, account_id, declared)
        shares = completeness.shares(connection, account_id, declared)
        threads = completeness.differing(connection, account_id, declared, limit=limit, after=place)
        reach = goes_back(connection, account_id, site.archive.platforms)
    return {
        "account": account.id,
        "published": None if own is None else completeness.as_json(own),
        "threads": asdict(shares),
        "unexplained": [completeness.as_json(one) for _, one in threads],
        "next": completeness.place_of(threads) if len(threads) == limit else None,
        "goes_back": [
            asdict(one) | {"since": one.since and to_text(one.since), "at": to_text(one.at)} for one in reach
        ],
    }
