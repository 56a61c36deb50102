"""Help for whoever searches: what can be asked, and the values that fields have for them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from archiver.accounts.register.placing import Named, Place
from archiver.people.actions import Action
from archiver.search import fields
from archiver.search.narrowing import term
from archiver.search.register import short_name
from archiver.web.door import Here, Seen, needs
from archiver.web.search_facets import Known, known_to
from archiver.web.words import plain

router = APIRouter()
#: Most values of a field that the page lists, and that the box offers.
MOST: Final = 200
OFFERED: Final = 20
#: Keys of the search page, and what they do.
KEYS: Final = (
    ("/", "to the query box"),
    ("j k", "to the next hit, to the one before"),
    ("Enter", "open the hit"),
    ("j k u", "on the page of a hit: to the next one, to the one before, back to the list"),
    ("x", "choose the hit, or not"),
    ("↓ ↑", "in the box: through what it offers"),
    ("Enter", "in the box: take what is marked; with nothing marked, search"),
    ("Escape", "in the box: close what it offers"),
)


@dataclass(frozen=True, slots=True)
class Value:
    """One value: as it is typed, and what it means."""

    typed: str
    words: str


@dataclass(frozen=True, slots=True)
class Field:
    """A field that has values to choose from. ``name``: as it is typed."""

    title: str
    name: str
    values: tuple[Value, ...]

    @classmethod
    def of(cls, title: str, name: str, pairs: Iterable[tuple[str, str]]) -> Field:
        """Those of these values, each with what it means, that can be typed."""
        typed = ((term(name, value), words) for value, words in pairs)
        return cls(title, name, tuple(Value(said, words) for said, words in typed if said is not None))

    @property
    def listed(self) -> tuple[Value, ...]:
        """Those that the page lists."""
        return self.values[:MOST]

    @property
    def more(self) -> int:
        """Those that it does not."""
        return max(len(self.values) - MOST, 0)


#: By the title of a field: the facet that lists all its values.
_FACETS: Final = {
    "Accounts": "account",
    "Authorities": "authority",
    "Departments": "department",
    "Platforms": "platform",
    "Record series": "series",
}


@router.get("/search/help", response_class=HTMLResponse)
@needs(Action.RECORDS_SEARCH)
def show(site: Here, viewer: Seen) -> HTMLResponse:
    """What can be asked."""
    with site.archive.database.read() as connection:
        known = known_to(site, connection, viewer)
    return site.page("search_help.html", here="search", fields=[*fields_of(known)], KEYS=keys(), FACETS=_FACETS)


def keys() -> list[tuple[list[str], str]]:
    """Keys of the search page, each by itself, and what they do."""
    return [(pressed.split(), does) for pressed, does in KEYS]


def offered(known: Known) -> list[str]:
    """What the box offers to whoever begins to type."""
    fixed = [f"{name}:{value}" for name in ("state", "has", "kind") for value in fields.usual(name)]
    own = [one.typed for field in fields_of(known) if field.title in _OWN for one in field.values[:OFFERED]]
    return [*fixed, *own]


_OWN: Final = ("Accounts", "Authorities", "Departments")


def fields_of(known: Known) -> Iterator[Field]:
    """Fields and their values. Only what the reader sees: no accounts of others, nor what only they have, are named."""
    accounts = sorted(known.accounts.values(), key=lambda one: (one.name or one.handle).casefold())
    yield Field.of("Accounts", "account", ((short_name(a.platform, a.handle), a.name or a.handle) for a in accounts))
    yield Field.of("Authorities", "department", _named(known, lambda place: place.authority))
    yield Field.of("Departments", "department", _named(known, lambda place: place.department))
    yield Field.of("Platforms", "platform", ((one, plain(one)) for one in sorted({a.platform for a in accounts})))
    series = sorted({place.series for place in known.places.values() if place.series})
    yield Field.of("Record series", "series", ((one, one) for one in series))
    for title, name in (("Kinds", "kind"), ("What became of it", "state"), ("What it has", "has")):
        yield Field.of(title, name, ((value, plain(value)) for value in fields.usual(name)))


def _named(known: Known, which: Callable[[Place], Named | None]) -> list[tuple[str, str]]:
    found = {one for place in known.places.values() if (one := which(place)) is not None}
    return [(one.short or one.id, one.name) for one in sorted(found, key=lambda one: (one.name.casefold(), one.id))]
