"""The search page: a form, how the query was read, the count, what narrows it, and hits with their place in the text
marked."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Annotated, Any, Final, Literal
from urllib.parse import parse_qsl, quote, urlencode

from fastapi import APIRouter, Query
from fastapi.responses import HTMLResponse
from markupsafe import Markup
from sqlalchemy import Connection

from archiver.desk import marks
from archiver.desk.selections import listed
from archiver.errors import UsageError
from archiver.official import service as official
from archiver.official.rules import Finding
from archiver.people import permission
from archiver.people.actions import Action
from archiver.search import query as queries
from archiver.search.facets import Facets
from archiver.search.hits import Hit
from archiver.search.index import Order, Page, Results, SearchTooSlow
from archiver.search.narrowing import narrowed_by, narrower
from archiver.search.tree import Query as Asked
from archiver.viewing import Viewer
from archiver.visible import visible
from archiver.web.door import Here, Seen, Visitor, Who, needs
from archiver.web.marks import reach
from archiver.web.search_facets import Group, Known, Narrowing, groups, known_to
from archiver.web.search_help import keys, offered
from archiver.web.search_months import Histogram, histogram
from archiver.web.security import WITH_QUESTIONS
from archiver.web.site import Site
from archiver.web.words import DECIDED

router = APIRouter()
PAGE = 25
#: Characters of a query that stands in an address: of the page, and of programs.
LONGEST = 2000
#: Characters that an address may bring, so that the page can say that they are too many.
_MOST: Final = 20_000
_TRAIL: Final = 300
TRAILED: Final = ("q", "order", "after", "tag", "counts", "saved", "official")


class Counts(StrEnum):
    """How far hits are counted."""

    SOME = "some"
    """The newest 10,000."""
    ALL = "all"


@dataclass(frozen=True, slots=True)
class HitRow:
    """One hit, ready for the page."""

    hit: Hit
    account: str
    excerpt: Markup


@dataclass(frozen=True, slots=True)
class Search:
    """What somebody asks for, and where in it they are."""

    q: str
    order: Order = Order.NEWEST
    after: str | None = None
    counts: Counts = Counts.SOME
    tag: str = ""
    """Only records that have this tag of the reader's offices. No part of the query: tags never leave the desk."""

    official: str = ""
    """Only records of which this was decided, each by itself: a :class:`~archiver.official.rules.Finding`. No part of
    the query either: it is a decision of people, and nothing that was captured."""
    saved: str = ""
    """Id of the saved search that led to it."""
    given: bool = True
    """Something was asked for, were it everything; not the page as it is opened."""

    @property
    def problem(self) -> str | None:
        """Why it cannot be asked here."""
        if len(self.q) <= LONGEST:
            return None
        here = f"on this page a query has at most {LONGEST:,} characters, since it stands in an address"
        return f"{here}; this one has {len(self.q):,}. Nothing was searched: shorten it, or ask it in parts"

    def address(self, **other: str) -> str:
        """The query of this search's address, with something else in it."""
        given = {"q": self.q, "order": self.order.value} | ({"tag": self.tag} if self.tag else {})
        given |= {"official": self.official} if self.official else {}
        given |= other
        return urlencode(given if self.counts is Counts.SOME else given | {"counts": self.counts.value})

    def trailing(self) -> str:
        """The query of its address, with the page of hits."""
        more = {"after": self.after, "saved": self.saved}
        return self.address(**{name: one for name, one in more.items() if one})

    def trail(self, record_id: str) -> str:
        """What a link to a hit takes along, so that its page leads back to the hit. Nothing where that is too long to
        stand at every hit."""
        here = self.trailing()
        return f"?{urlencode({'found': here})}" if len(here) <= _TRAIL else ""


def back_to(found: str, record_id: str) -> str | None:
    """The address of a hit in its search, or of its saved search, from what its link took along
    (:meth:`Search.trail`)."""
    known = [(name, value) for name, value in parse_qsl(found) if name in TRAILED]
    saved = dict(known).get("saved")
    if saved:
        return f"saved/{quote(saved, '')}"
    return f"search?{urlencode(known)}#hit-{quote(record_id)}" if known else None


def trailed(found: str) -> Search:
    """The search that a link took along; what is no search of ours is as if it had not been said."""
    known = {name: value for name, value in parse_qsl(found) if name in TRAILED}
    choices: dict[str, Any] = {}
    for name, kind in (("order", Order), ("counts", Counts)):
        with suppress(ValueError, KeyError):
            choices[name] = kind(known[name])
    saved, tag = known.get("saved", "")[:100], known.get("tag", "")[:200]
    decided = known.get("official", "")
    choices["official"] = decided if decided in DECIDED else ""
    return Search(known.get("q", ""), after=known.get("after"), tag=tag, saved=saved, **choices)


@dataclass(frozen=True, slots=True)
class Shown:
    """One page of hits, and what narrows the search. ``slow``: counting all took too long."""

    results: Results
    rows: list[HitRow]
    facets: Facets | None
    groups: list[Group]
    histogram: Histogram | None
    within: list[tuple[str, str]]
    """Fields that narrow it: as typed, and the address without it."""
    tags: dict[str, tuple[str, ...]]
    """Of the hits, by record."""
    known: list[tuple[str, int]]
    """Every tag that the reader may put on records, and on how many it is."""
    decided: list[tuple[str, str, int]]
    """What was decided of single records that the reader sees: in addresses, in words, and of how many."""
    slow: str | None = None

    @property
    def total(self) -> str:
        if self.facets is not None and self.facets.exact:
            return f"{self.facets.counted:,}"
        return str(self.results.total)


@router.get("/search", response_class=HTMLResponse)
@needs(Action.RECORDS_SEARCH)
def show(
    site: Here,
    viewer: Seen,
    who: Who,
    q: Annotated[str | None, Query(max_length=_MOST)] = None,
    order: Order = Order.NEWEST,
    after: Annotated[str | None, Query(max_length=200)] = None,
    counts: Counts = Counts.SOME,
    tag: Annotated[str, Query(max_length=200)] = "",
    official: Literal["", "official", "personal", "campaign"] = "",
    tagged: Annotated[int | None, Query(ge=1, le=1000)] = None,
) -> HTMLResponse:
    """Ask, and see what answers."""
    asked = Search(q or "", order, after, counts, tag, official, given=q is not None or bool(tag.strip() or official))
    return shown(site, viewer, who, asked, tagged=tagged)


def shown(site: Site, viewer: Viewer, who: Visitor, asked: Search, status: int = 200, **more: Any) -> HTMLResponse:
    """The page of a search. ``more``: what was done with its hits, or typed."""
    values: dict[str, Any] = {"asked": asked, "orders": tuple(Order), "found": None, "problem": asked.problem}
    values |= {"tagged": None, "failed": None, "typed": {"selection": "", "tag": ""}, "chosen": frozenset()} | more
    values["KEYS"] = keys()
    status = 400 if asked.problem else status
    with site.archive.database.read() as connection:
        known = known_to(site, connection, viewer)
        values |= {"offered": offered(known), "selections": listed(connection, who.person.id)}
        if asked.given and not asked.problem:
            try:
                values["found"] = find(site, connection, viewer, who, asked, known)
            except SearchTooSlow as error:
                values["problem"], status = str(error), 503
    page = site.page("search.html", here="search", status=status, **values)
    page.headers["content-security-policy"] = WITH_QUESTIONS
    return page


def find(site: Site, connection: Connection, viewer: Viewer, who: Visitor, asked: Search, known: Known) -> Shown:
    """One page of hits.

    Raises:
        SearchTooSlow: it took longer than a search may take.
        BadCursor: ``after`` is no place in this search.
    """

    search = site.archive.search
    marker = reach(site, connection, who)
    query, page = read(site, connection, who, asked, known), Page(PAGE, asked.after)
    few = asked.counts is Counts.SOME
    results = search.search(connection, query, viewer=viewer, page=page, order=asked.order, facets=few)
    facets, slow = results.facets, None
    if not few:
        try:
            facets = search.facets(connection, query, viewer=viewer, limit=None)
        except SearchTooSlow as error:
            slow = str(error)
    narrowing = narrowing_of(site, asked, known)
    within = [(typed, asked.address(q=rest)) for typed, rest in narrowed_by(asked.q, _reader(site, known))]
    ids = [hit.record_id for hit in results.hits]
    return Shown(
        results=results,
        rows=[row(hit, known) for hit in results.hits],
        facets=facets,
        groups=[] if facets is None else groups(facets, narrowing, known),
        histogram=None if facets is None else histogram(facets, narrowing),
        within=within,
        tags={} if marker is None else marks.of_records(connection, marker, ids),
        known=[] if marker is None else marks.known(connection, marker),
        decided=[(one, DECIDED[one], n) for one, n in official.counts(connection, viewer) if not asked.official],
        slow=slow,
    )


def read(site: Site, connection: Connection, who: Visitor, asked: Search, known: Known) -> Asked:
    """The query as it is read for whoever asks."""
    query = _reader(site, known)(asked.q)
    if asked.tag:
        query = replace(query, within=_tagged(connection, reach(site, connection, who), asked.tag))
    if asked.official:
        rows = _decided(site, connection, who, asked.official)
        query = replace(query, within=rows if query.within is None else tuple(sorted({*rows} & {*query.within})))
    return query


def narrowing_of(site: Site, asked: Search, known: Known) -> Narrowing:
    """How a search is made narrower."""
    return Narrowing(narrower(asked.q, _reader(site, known)), asked.address)


def _reader(site: Site, known: Known) -> Callable[[str], Asked]:
    return lambda text: queries.parse(text, zone=site.zone.key, register=known.register)


def _decided(site: Site, connection: Connection, who: Visitor, finding: str) -> tuple[int, ...]:
    """Rows of the records of which this was decided, that whoever asks may read."""
    eyes = permission.viewer(connection, who.person.id, Action.RECORDS_SEARCH, site.archive.clock.now())
    return site.archive.search.rows(connection, official.found(connection, eyes, Finding(finding)))


def _tagged(connection: Connection, marker: Viewer | None, tag: str) -> tuple[int, ...]:
    """Rows of the records with a tag; none for who may not read tags."""
    try:
        word = marks.tag_of(tag)
    except UsageError:
        return ()
    return () if marker is None else tuple(one.row for one in marks.tagged(connection, marker, word))


def row(hit: Hit, known: Known) -> HitRow:
    account = known.accounts.get(hit.account_id)
    name = (account.name or account.handle) if account else hit.account_id
    # The excerpt escapes the text before it marks what was found; what is done to it here adds no markup.
    return HitRow(hit, name, Markup(visible(hit.excerpt.html())))  # noqa: S704
