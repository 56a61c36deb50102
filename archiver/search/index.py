"""What a search index can do, whatever database it stands on."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Final, Protocol

from sqlalchemy import Connection

from archiver.errors import ArchiverError, Refused, UsageError
from archiver.helper import Helper
from archiver.search import meaning, terms
from archiver.search.conditions import All, Always, Condition, Run, all_of, any_of, negation
from archiver.search.documents import WITHHELD, Document
from archiver.search.facets import Facets
from archiver.search.hits import Hit
from archiver.search.tree import Query
from archiver.viewing import MESSAGE, Viewer

#: Hits are counted exactly up to here; beyond, the count reads "10,000+" until :meth:`SearchIndex.count_exact`.
COUNT_LIMIT = 10_000
#: What ``has:edits`` asks for, of what everybody saw.
EDITED: Final[Condition] = Run((terms.value(terms.TRAIT, "edits"),))


class SearchTooSlow(ArchiverError):  # noqa: N818 - named as the cause, like its siblings
    """The query took longer than a search may take."""


class OutdatedIndex(ArchiverError):  # noqa: N818
    """The index was made by another analyser, and has to be rebuilt before it is written to."""


class UnmarkedIndex(Refused):
    """The index was made before what is known from closed answers only was marked, so it cannot hold that back."""


class BadCursor(UsageError):  # noqa: N818
    """The place to continue from is not one that this index gave out."""


def seen_by(viewer: Viewer) -> Condition:
    """What must be true of every record shown to a viewer."""
    return _parts(viewer.parts)


def as_seen(asked: Condition, viewer: Viewer) -> Condition:
    """What must be true of every record that is shown to a viewer and answers ``asked``: by the words that everybody
    saw, and, as far as the viewer sees more than that, by all of its words."""
    open_parts = [part for part in viewer.parts if part.only_public]
    whole = meaning.closed(asked)
    if whole == asked or len(open_parts) == len(viewer.parts):
        return all_of([asked, seen_by(viewer)])
    if not open_parts:
        return all_of([whole, seen_by(viewer)])
    # What is the same for both (a span of time above all) stays outside, where the engines look for it.
    parts = asked.parts if isinstance(asked, All) else (asked,)
    same = [part for part in parts if meaning.closed(part) == part]
    other = all_of(part for part in parts if part not in same)
    more = [part for part in viewer.parts if not part.only_public]
    either = [all_of([other, _parts(open_parts)]), all_of([meaning.closed(other), _parts(more)])]
    return all_of([*same, any_of(either)])


def edited(viewer: Viewer) -> Condition:
    """What is true of those records shown to a viewer that were edited, as far as they see it."""
    if all(part.only_public for part in viewer.parts):
        return EDITED
    return as_seen(EDITED, viewer) if any(part.only_public for part in viewer.parts) else meaning.closed(EDITED)


def _parts(parts: Iterable[Viewer]) -> Condition:
    return any_of(_part(part) for part in parts)


def _part(part: Viewer) -> Condition:
    accounts: Condition = Always() if part.accounts is None else meaning.accounts(part.accounts)
    # Nearly every record is public, so it is far quicker to take away the few that are not than to look for those
    # that are. A class nobody knows counts as one that is taken away.
    hidden = [] if part.access is None else terms.access_classes_but(part.access)
    if part.only_public:
        hidden.append(terms.value(terms.TRAIT, WITHHELD))
    if not part.messages:
        hidden.append(terms.value(terms.KIND, MESSAGE))
    return all_of([accounts, negation(any_of(Run((term,)) for term in hidden))])


class Order(StrEnum):
    NEWEST = "newest"
    """By date, newest first."""
    RELEVANCE = "relevance"
    """By tier (:func:`archiver.search.meaning.tiers`), newest first in each."""


@dataclass(frozen=True, slots=True)
class Page:
    size: int = 50
    after: str | None = None
    """:attr:`Results.next` of the page before; None: the first page."""


@dataclass(frozen=True, slots=True)
class Total:
    """How many records answer."""

    count: int
    exact: bool

    def __str__(self) -> str:
        return f"{self.count:,}" + ("" if self.exact else "+")


@dataclass(frozen=True, slots=True)
class Results:
    """One page of hits, and what is known of all of them."""

    hits: tuple[Hit, ...]
    total: Total
    reading: str
    """How the query was read."""
    next: str | None
    """Where the next page begins; None: there is none."""
    facets: Facets | None = None
    not_understood: tuple[str, ...] = ()
    """What in the query nothing could be made of, each in a sentence of its own."""


@dataclass(frozen=True, slots=True)
class Beside:
    """The hits before and after one, the nearest first: the id of each, and :attr:`Page.after` for what follows it.
    The order is that of the records' own times, so what is archived meanwhile moves none of them."""

    before: tuple[tuple[str, str], ...]
    after: tuple[tuple[str, str], ...]
    place: str
    """:attr:`Page.after` for what follows the one itself."""


@dataclass(frozen=True, slots=True)
class Listing:
    """Every record that answers, without a page: newest first, by record id where the second is the same."""

    query: Query
    record_ids: tuple[str, ...]
    records: int
    """How many records the index held, of whatever kind."""


@dataclass(slots=True)
class CheckReport:
    """Whether the index says the same as the records. Lists name at most :data:`MOST_NAMED` records."""

    records: int = 0
    missing: list[str] = field(default_factory=list)
    """Records that are not in the index."""
    outdated: list[str] = field(default_factory=list)
    """Records that the index holds as they no longer are."""
    orphaned: list[str] = field(default_factory=list)
    """In the index, but no such record."""
    wrong: int = 0
    """All of the above, counted."""
    terms_differ: bool = False
    """The words in the index are not those of the records it holds."""
    damage: str | None = None
    """What the database says is broken in the index itself."""

    @property
    def ok(self) -> bool:
        return not (self.wrong or self.terms_differ or self.damage)


#: Records named one by one in a :class:`CheckReport`.
MOST_NAMED = 100
#: Called with the number of records done so far.
Progress = Callable[[int], None]


class SearchIndex(Protocol):
    """Finds records. Every method works in the caller's transaction; none commits."""

    def create(self, connection: Connection) -> None:
        """Make the tables that are not there yet."""
        ...

    def put(self, connection: Connection, documents: Iterable[Document], *, helper: Helper | None = ...) -> None:
        """Index these records, or index them again with what has changed; ``helper`` may work out their words.

        Raises:
            OutdatedIndex: the index was made by another analyser.
        """
        ...

    def remove(self, connection: Connection, record_ids: Iterable[str]) -> None:
        """Take these records out; ids that are not in the index are no error.

        Raises:
            OutdatedIndex: the index was made by another analyser.
        """
        ...

    def read(self, connection: Connection, query_text: str, viewer: Viewer = ...) -> Query:
        """How a query is read here and now (time zone, names of accounts that the viewer sees)."""
        ...

    def search(
        self,
        connection: Connection,
        query: str | Query,
        *,
        viewer: Viewer,
        page: Page = ...,
        order: Order = ...,
        count_limit: int = ...,
        facets: bool = ...,
    ) -> Results:
        """One page of hits. Any text is a query.

        Raises:
            SearchTooSlow: it took longer than a search may take.
            BadCursor: ``page.after`` is not from this index, or from a search in another order.
        """
        ...

    def count_exact(self, connection: Connection, query: str | Query, *, viewer: Viewer) -> int:
        """How many records answer, however many.

        Raises:
            SearchTooSlow: it took longer than a search may take.
        """
        ...

    def facets(self, connection: Connection, query: str | Query, *, viewer: Viewer, limit: int | None = ...) -> Facets:
        """Facets of all hits, or of the newest ``limit``.

        Raises:
            SearchTooSlow: it took longer than a search may take.
        """
        ...

    def beside(
        self, connection: Connection, query: str | Query, record_id: str, *, viewer: Viewer, order: Order, most: int
    ) -> Beside | None:
        """The hits beside one, at most ``most`` on either side; None: the record is none of the hits.

        Raises:
            SearchTooSlow: it took longer than a search may take.
        """
        ...

    def listing(self, connection: Connection, query: str | Query, *, viewer: Viewer) -> Listing:
        """All hits at once, in an order that a rebuild repeats.

        Raises:
            SearchTooSlow: it took longer than a listing may take.
        """
        ...

    def rows(self, connection: Connection, record_ids: Collection[str]) -> tuple[int, ...]:
        """The rows of these records, for :attr:`archiver.search.tree.Query.within`; those of no record are left out."""
        ...

    def outdated(self, connection: Connection) -> bool:
        """Whether another analyser made the index, so that it has to be rebuilt."""
        ...

    def check(self, connection: Connection, progress: Progress | None = ...) -> CheckReport:
        """Compare the index with the records, word by word."""
        ...

    def rebuild(self, connection: Connection, progress: Progress | None = ..., *, helper: Helper | None = ...) -> int:
        """Make the index anew from the records; returns how many."""
        ...

    def purge(self, connection: Connection) -> None:
        """Make sure that nothing of removed records is left in the index's own files, if they were removed in a
        transaction before this one, which has written nothing yet. Waits a while for others that can still see them.

        Raises:
            Busy: others still can. Nothing was done.
        """
        ...


def record_order(rows: Iterable[tuple[int, str]]) -> Sequence[str]:
    """Record ids of (second, record id): newest first, then by id, whatever order an index stores them in."""
    return [record_id for _, record_id in sorted(rows, key=lambda row: (-row[0], row[1]))]
