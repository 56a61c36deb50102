"""What narrows a search: the hits by account, department, platform, kind, state and series, each with how many there
are and the search that shows them alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, TypeVar

from sqlalchemy import Connection

from archiver.accounts import service as accounts
from archiver.accounts.register.placing import Named, Place
from archiver.accounts.service import AccountView
from archiver.search.facets import Facets
from archiver.search.narrowing import term
from archiver.search.register import RegisterInDatabase, SeenRegister, short_name
from archiver.search.tree import Register
from archiver.viewing import Viewer
from archiver.web.site import Site
from archiver.web.words import STATES, plain

#: Most values of a facet that are listed.
MOST: Final = 12


@dataclass(frozen=True, slots=True)
class Choice:
    """One value of a facet: what it is called, how many hits have it, and the address of the search narrowed to it;
    None where it cannot be said behind this query."""

    words: str
    count: int
    address: str | None


@dataclass(frozen=True, slots=True)
class Group:
    """One facet. ``more``: values that are not listed."""

    title: str
    choices: Sequence[Choice]
    more: int = 0


@dataclass(frozen=True, slots=True)
class Known:
    """What is known of the accounts that the reader sees, and what names stand for to them."""

    accounts: Mapping[str, AccountView]
    places: Mapping[str, Place]
    register: Register


@dataclass(frozen=True, slots=True)
class Narrowing:
    """How this search is made narrower. ``put``: as :func:`archiver.search.narrowing.narrower`."""

    put: Callable[[str], str] | None
    address: Callable[..., str]
    """The query of the search's address with another ``q`` in it."""

    def to(self, field: str, value: str) -> str | None:
        """The address of the search narrowed to a value."""
        said = term(field, value)
        if self.put is None or said is None:
            return None
        return self.address(q=self.put(said))


_T = TypeVar("_T")
_Value = tuple[str, str, str, int]
"""Words, field, value, count."""


def groups(facets: Facets, narrowing: Narrowing, known: Known) -> list[Group]:
    """The facets, without those that would narrow nothing."""
    whole = facets.counted
    made = {
        "What became of it": _states(facets),
        "Account": _accounts(facets, known),
        "Authority": _named(facets, known, lambda place: place.authority),
        "Department": _named(facets, known, lambda place: place.department),
        "Platform": _platforms(facets, known),
        "Kind": [(plain(value), "kind", value, count) for value, count in facets.kinds],
        "Record series": _series(facets, known),
    }
    return [found for title, values in made.items() if (found := _group(title, values, whole, narrowing)) is not None]


def _group(title: str, values: Iterable[_Value], whole: int, narrowing: Narrowing) -> Group | None:
    some = [one for one in values if one[3]]
    if not any(count < whole for *_, count in some):
        return None
    choices = [Choice(words, count, narrowing.to(field, value)) for words, field, value, count in some[:MOST]]
    return Group(title, choices, len(some) - len(choices))


def _states(facets: Facets) -> Iterator[_Value]:
    """First what is asked for most: what was edited, hidden or removed."""
    yield "edited", "has", "edits", facets.edited
    for value, count in sorted(facets.states, key=lambda one: one[0] == "visible"):
        yield STATES.get(value, (plain(value), ""))[0], "state", value, count


def _accounts(facets: Facets, known: Known) -> Iterator[_Value]:
    for account_id, count in facets.accounts:
        one = known.accounts.get(account_id)
        name = one and short_name(one.platform, one.handle)
        sole = name and known.register.accounts(name) == {account_id}
        yield (one.name or one.handle) if one else account_id, "account", name if name and sole else account_id, count


def _platforms(facets: Facets, known: Known) -> Iterator[_Value]:
    counts = _added(facets, known, lambda account_id: known.accounts[account_id].platform)
    for platform, count in counts:
        yield plain(platform), "platform", platform, count


def _series(facets: Facets, known: Known) -> Iterator[_Value]:
    for series, count in _added(facets, known, lambda account_id: known.places[account_id].series):
        yield series, "series", series, count


def _named(facets: Facets, known: Known, which: Callable[[Place], Named | None]) -> Iterator[_Value]:
    counts = _added(facets, known, lambda account_id: which(known.places[account_id]))
    for named, count in counts:
        its = {one for one in known.accounts if which(known.places[one]) == named}
        usual = (name for name in (named.short, named.name) if name and known.register.departments(name) == its)
        yield named.name, "department", next(usual, named.id), count


def _added(facets: Facets, known: Known, value: Callable[[str], _T | None]) -> list[tuple[_T, int]]:
    """Hits of accounts added up by what an account has, most first."""
    found: Counter[_T] = Counter()
    for account_id, count in facets.accounts:
        one = value(account_id) if account_id in known.accounts and account_id in known.places else None
        if one is not None:
            found[one] += count
    return sorted(found.items(), key=lambda pair: (-pair[1], str(pair[0])))


def known_to(site: Site, connection: Connection, viewer: Viewer) -> Known:
    """The accounts that a viewer sees, and what names stand for to them."""
    today = site.archive.clock.now().astimezone(site.zone).date().isoformat()
    register = RegisterInDatabase(connection, lambda: today)
    seen = {one.id: one for one in accounts.list_accounts(connection) if viewer.sees(one.id)}
    places = {id_: place for id_, place in register.places.items() if id_ in seen}
    return Known(seen, places, SeenRegister(register, viewer))
