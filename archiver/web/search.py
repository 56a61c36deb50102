"""The search page: a form, how the query was read, the count, facets, and hits with their place in the text marked."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse
from markupsafe import Markup

from archiver.accounts import service as accounts
from archiver.people.actions import Action
from archiver.search.facets import Facets
from archiver.search.hits import Hit
from archiver.search.index import Order, Page, Results, SearchTooSlow
from archiver.viewing import Viewer
from archiver.visible import visible
from archiver.web.door import Here, Seen, needs
from archiver.web.site import Site
from archiver.web.words import STATES, plain

router = APIRouter()
PAGE = 25
LONGEST = 2000
_FACET = 10


@dataclass(frozen=True, slots=True)
class HitRow:
    """One hit, ready for the page."""

    hit: Hit
    account: str
    excerpt: Markup


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a facet: what it is called, how many hits have it, and the address of the search narrowed to it."""

    words: str
    count: int
    address: str


@router.get("/search", response_class=HTMLResponse)
@needs(Action.RECORDS_SEARCH)
def show(
    site: Here,
    viewer: Seen,
    q: Annotated[str, Query(max_length=LONGEST)] = "",
    order: Order = Order.NEWEST,
    after: Annotated[str | None, Query(max_length=200)] = None,
) -> HTMLResponse:
    values: dict[str, Any] = {"q": q, "order": order.value, "orders": tuple(Order), "later": after is not None}
    if not q.strip():
        return site.page("search.html", here="search", results=None, problem=None, **values)
    try:
        results, names = find(site, viewer, q, order, after)
    except SearchTooSlow as error:
        return site.page("search.html", here="search", results=None, problem=str(error), status=503, **values)
    older = urlencode({"q": q, "order": order.value, "after": results.next}) if results.next else None
    return site.page(
        "search.html",
        here="search",
        results=results,
        problem=None,
        rows=[row(hit, names) for hit in results.hits],
        facets=_choices(results.facets, q, order, names),
        older=older,
        **values,
    )


def find(site: Site, viewer: Viewer, query: str, order: Order, after: str | None) -> tuple[Results, dict[str, str]]:
    """One page of hits, and the names of accounts by id."""
    page = Page(PAGE, after)
    with site.archive.database.read() as connection:
        results = site.archive.search.search(connection, query, viewer=viewer, page=page, order=order, facets=True)
        names = {one.id: one.name or one.handle for one in accounts.list_accounts(connection) if viewer.sees(one.id)}
    return results, names


def row(hit: Hit, names: dict[str, str]) -> HitRow:
    # The excerpt escapes the text before it marks what was found; what is done to it here adds no markup.
    return HitRow(hit, names.get(hit.account_id, hit.account_id), Markup(visible(hit.excerpt.html())))  # noqa: S704


def _choices(facets: Facets | None, query: str, order: Order, names: dict[str, str]) -> dict[str, list[Choice]]:
    if facets is None:
        return {}
    groups = {
        "Account": [(names.get(value, value), "account", value, count) for value, count in facets.accounts],
        "Kind": [(plain(value), "kind", value, count) for value, count in facets.kinds],
        "State": [(STATES.get(value, (plain(value), ""))[0], "state", value, count) for value, count in facets.states],
        "Year": [(value, "on", value, count) for value, count in facets.years],
    }
    return {
        title: [Choice(words, count, _narrowed(query, order, field, value)) for words, field, value, count in found]
        for title, every in groups.items()
        if len(found := every[:_FACET]) > 1
    }


def _narrowed(query: str, order: Order, field: str, value: str) -> str:
    # The parentheses keep an OR of the query together.
    whole = f"({query}) {field}:{value}" if " OR " in query else f"{query} {field}:{value}"
    return urlencode({"q": whole, "order": order.value})
