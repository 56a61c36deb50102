"""For programs: the state of the service, and search."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from fastapi.responses import JSONResponse, Response

from archiver.operations import found, health
from archiver.search.index import Order, Page, Viewer
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
