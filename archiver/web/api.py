"""For programs: the state of the service, and search."""

from __future__ import annotations

from dataclasses import asdict
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from fastapi.responses import JSONResponse, Response

from archiver.accounts import service as accounts
from archiver.clock import to_text
from archiver.operations import completeness, found, health
from archiver.operations.reach import goes_back
from archiver.search.index import Order, Page
from archiver.viewing import Viewer
from archiver.web.places import AfterThread, after_thread
from archiver.web.search import LONGEST
from archiver.web.site import Site, site_of

router = APIRouter()
Here = Annotated[Site, Depends(site_of)]


@router.get("/healthz")
def healthz(site: Here) -> Response:
    """Whether the service does its work: 200, or 503 with the reasons. Checks nothing of any platform."""
    report = health.check(site.archive, site.work)
    return JSONResponse(report.as_json(), status_code=200 if report.ok else 503)


@router.get("/api/search")
def search(
    site: Here,
    q: Annotated[str, Query(max_length=LONGEST, description="Any text is a query; see docs/search.md.")],
    limit: Annotated[int, Query(ge=1, le=200, description="Hits per page.")] = 50,
    after: Annotated[str | None, Query(max_length=200, description="`next` of the page before.")] = None,
    order: Order = Order.NEWEST,
    facets: bool = False,
) -> dict[str, Any]:
    """One page of hits. `total` counts exactly up to 10,000."""
    with site.archive.database.read() as connection:
        results = site.archive.search.search(
            connection, q, viewer=Viewer.EVERYTHING, page=Page(limit, after), order=order, facets=facets
        )
    return found.as_json(results, q)


@router.get("/api/accounts/{account_id}/counts")
def counts(
    site: Here,
    account_id: str,
    limit: Annotated[int, Query(ge=1, le=200, description="Threads per page.")] = 50,
    after: AfterThread = None,
) -> dict[str, Any]:
    """The platform's own numbers against the archive's: what the account published, how many threads are complete,
    those with a difference that is not explained (largest first), and how far back each list goes."""
    place = after_thread(after)
    with site.archive.database.read() as connection:
        account = accounts.get(connection, account_id)
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
