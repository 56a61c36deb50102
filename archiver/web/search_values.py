"""Every value of one facet of a search, for where the search page lists the first of them only."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Final, Literal

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse

from archiver.people.actions import Action
from archiver.search.facets import Facets
from archiver.search.index import Order, SearchTooSlow
from archiver.web.door import Here, Seen, Who, needs
from archiver.web.search import LONGEST, Counts, Search, narrowing_of, read
from archiver.web.search_facets import TITLES, Choice, Known, Narrowing, known_to, values

router = APIRouter()
_EACH: Final = 100
Facet = Literal["state", "account", "authority", "department", "platform", "kind", "series"]


@dataclass(frozen=True, slots=True)
class Values:
    """One page of values. ``there``: that have hits; ``fit``: of these, that have what was typed in their words."""

    choices: list[Choice]
    there: int
    fit: int


@router.get("/search/values", response_class=HTMLResponse)
@needs(Action.RECORDS_SEARCH)
def show(
    site: Here,
    viewer: Seen,
    who: Who,
    facet: Facet = "account",
    q: Annotated[str, Query(max_length=LONGEST)] = "",
    order: Order = Order.NEWEST,
    counts: Counts = Counts.SOME,
    tag: Annotated[str, Query(max_length=200)] = "",
    official: Literal["", "official", "personal", "campaign"] = "",
    like: Annotated[str, Query(max_length=100)] = "",
    start: Annotated[int, Query(ge=0, le=1_000_000, description="How many values to pass over.")] = 0,
) -> HTMLResponse:
    """What has hits of this search, those with most of them first."""
    asked = Search(q, order, None, counts, tag, official)
    facets, found, problem, status = None, None, None, 200
    with site.archive.database.read() as connection:
        known = known_to(site, connection, viewer)
        query = read(site, connection, who, asked, known)
        try:
            if counts is Counts.ALL:
                facets = site.archive.search.facets(connection, query, viewer=viewer, limit=None)
            else:
                facets = site.archive.search.facets(connection, query, viewer=viewer)
            found = _values(facets, known, narrowing_of(site, asked, known), facet, like, start)
        except SearchTooSlow as error:
            problem, status = str(error), 503
    return site.page(
        "search_values.html",
        here="search",
        status=status,
        asked=asked,
        facet=facet,
        title=TITLES[facet],
        titles=TITLES,
        like=like,
        found=found,
        facets=facets,
        problem=problem,
        start=start,
        each=_EACH,
        query=asked.address(facet=facet, **({"like": like} if like else {})),
    )


def _values(facets: Facets, known: Known, narrowing: Narrowing, facet: str, like: str, start: int) -> Values:
    every = list(values(facets, known, facet))
    wanted = " ".join(like.split()).casefold()
    fit = [one for one in every if wanted in one[0].casefold()]
    shown = [Choice(words, count, narrowing.to(field, value)) for words, count, field, value in fit[start:][:_EACH]]
    return Values(shown, len(every), len(fit))
