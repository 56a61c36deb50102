"""What narrows a search: the hits by account, department, platform, kind, state and series, each with how many there
are and the search that shows them alone."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, TypeVar

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
#: What facets are called, by their names in addresses.
TITLES: Final = {
    "state": "What became of it",
    "account": "Account",
    "authority": "Authority",
    "department": "Department",
    "platform": "Platform",
    "kind": "Kind",
    "series": "Record series",
}
#: No state, and listed among them.
_EDITED: Final = "edited"


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

    name: str
    """In an address."""
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
_Said = tuple[str, str, str]
"""Words, field and value."""


def groups(facets: Facets, narrowing: Narrowing, known: Known) -> list[Group]:
    """The facets, without those that would narrow nothing."""
    made = (_group(one, facets.counted, narrowing) for one in _every(facets, known))
    return [one for one in made if one is not None]


def values(facets: Facets, known: Known, name: str) -> Iterator[tuple[str, int, str, str]]:
    """Every value of one facet: words, hits, and the field and value that narrow to it.

    Raises:
        KeyError: there is no such facet.
    """
    facet = {one.name: one for one in _every(facets, known)}[name]
    for one, count in facet.counts:
        words, field, value = facet.said(one)
        yield words, count, field, value


@dataclass(frozen=True, slots=True)
class _Facet:
    name: str
    counts: Sequence[tuple[Any, int]]
    said: Callable[[Any], _Said]


def _every(facets: Facets, known: Known) -> Iterator[_Facet]:
    def facet(name: str, counts: Iterable[tuple[_T, int]], said: Callable[[_T], _Said]) -> _Facet:
        return _Facet(name, [one for one in counts if one[1]], said)

    yield facet("state", _states(facets), _state)
    yield facet("account", facets.accounts, lambda account_id: _account(account_id, known))
    yield _named("authority", facets, known, lambda place: place.authority)
    yield _named("department", facets, known, lambda place: place.department)
    yield facet("platform", _platforms(facets, known), lambda one: (plain(one), "platform", one))
    yield facet("kind", facets.kinds, lambda one: (plain(one), "kind", one))
    yield facet("series", _series(facets, known), lambda one: (one, "series", one))


def _group(facet: _Facet, whole: int, narrowing: Narrowing) -> Group | None:
    """What is said of a value is worked out for those that are listed: of hundreds of accounts it takes a while."""
    if not any(count < whole for _, count in facet.counts):
        return None
    choices = []
    for one, count in facet.counts[:MOST]:
        words, field, value = facet.said(one)
        choices.append(Choice(words, count, narrowing.to(field, value)))
    return Group(facet.name, TITLES[facet.name], choices, len(facet.counts) - len(choices))


def _states(facets: Facets) -> Iterator[tuple[str, int]]:
    """First what is asked for most: what was edited, hidden or removed."""
    yield _EDITED, facets.edited
    yield from sorted(facets.states, key=lambda one: one[0] == "visible")


def _state(value: str) -> _Said:
    if value == _EDITED:
        return "edited", "has", "edits"
    return STATES.get(value, (plain(value), ""))[0], "state", value


def _account(account_id: str, known: Known) -> _Said:
    one = known.accounts.get(account_id)
    name = one and short_name(one.platform, one.handle)
    sole = name and known.register.accounts(name) == {account_id}
    return (one.name or one.handle) if one else account_id, "account", name if name and sole else account_id


def _platforms(facets: Facets, known: Known) -> list[tuple[str, int]]:
    return _added(facets, known, lambda account_id: known.accounts[account_id].platform)


def _series(facets: Facets, known: Known) -> list[tuple[str, int]]:
    return _added(facets, known, lambda account_id: known.places[account_id].series)


def _named(name: str, facets: Facets, known: Known, which: Callable[[Place], Named | None]) -> _Facet:
    counts = _added(facets, known, lambda account_id: which(known.places[account_id]))
    accounts: dict[Named, set[str]] = defaultdict(set)
    for account_id in known.accounts:
        if (its := which(known.places[account_id])) is not None:
            accounts[its].add(account_id)

    def said(named: Named) -> _Said:
        names = (name for name in (named.short, named.name) if name)
        usual = (name for name in names if known.register.departments(name) == accounts[named])
        return named.name, "department", next(usual, named.id)

    return _Facet(name, counts, said)


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
