"""A full sweep that one run cannot finish goes on in the next ones: together they are one *round*. Pure.

A run asks only so much. What a round has reached must not be asked again before the rest was reached once, else what
comes late would never be reached at all. So the bookmark says when the round began, which lists are through, and where
the others go on. Threads need no place: the coverage of the round's runs says which were looked at.

A list goes on at a page that was read before. Lists move while nobody looks: new records push others to later pages,
deletions pull them to earlier ones. Only where that page shows again something that it showed then, everything that
stood below is on it or after it, and nothing was skipped: the two stretches are one. Else the list is read from its
beginning.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Collection, Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from archiver.capture import asks
from archiver.capture.listings import PAGE_LIMIT, STOPPED_RUN, thread_of
from archiver.capture.parts import PUBLIC
from archiver.clock import from_text, to_text
from connectors.contract import AccessClass, Ask, ProblemKind

KEY = "archiver.round"
"""Of the bookmark; connectors do not see it."""
_GONE = f"{ProblemKind.GONE.value}:"
_SHOWN = 20
"""How many records of a page are remembered, the last ones."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a list goes on: a page that was read before, and keys of records that it showed."""

    ask: Ask
    shown: tuple[str, ...]

    def fits(self, first: Ask) -> bool:
        """Whether the list is still asked for as it was then."""
        mine, now = self.ask, first
        return (mine.purpose, mine.access, mine.authorise) == (now.purpose, now.access, now.authorise)


@dataclass(frozen=True, slots=True)
class Missed:
    """A list or thread that no run of the round has looked at completely so far."""

    stream: str
    reason: str | None


@dataclass(slots=True)
class Round:
    """Where a full sweep stands that may take several runs."""

    began: datetime
    resumed: bool = False
    """An earlier run began it."""
    lists: dict[str, Place | None] = field(default_factory=dict)
    """Where each list goes on; None: it is through, with all that followed from it."""
    homes: dict[str, str] = field(default_factory=dict)
    """Access class of the part that says so: the name of a private list may hold a record's key."""
    threads: Mapping[str, str] = field(default_factory=dict)
    """Lists of threads that were looked at completely since it began, with their streams."""
    missed: Mapping[str, Missed] = field(default_factory=dict)
    """What earlier runs of it did not look at completely."""

    def is_through(self, listing: str) -> bool:
        return listing in self.lists and self.lists[listing] is None

    def still_missed(self, stream: str) -> dict[str, Missed]:
        """Threads of a stream that were not looked at completely. One that is gone is not missed."""
        return {
            name: one
            for name, one in self.missed.items()
            if thread_of(name) is not None and one.stream == stream and not (one.reason or "").startswith(_GONE)
        }

    @property
    def made_up(self) -> dict[str, Missed]:
        """What was left over for no other reason than that a run had to end: questions that are no list, and are asked
        as far as there is still a reason to."""
        found = {name: one for name, one in self.missed.items() if is_left_over(one.reason)}
        return {name: one for name, one in found.items() if thread_of(name) is None and name not in self.lists}

    def place(self, listing: str, first: Ask) -> Place | None:
        """Where a list goes on; None: at its beginning."""
        place = self.lists.get(listing)
        return place if place is not None and place.fits(first) else None


@dataclass(slots=True)
class Page:
    """A page of a list, and how many of the questions that followed from it were not put yet."""

    ask: Ask
    shown: tuple[str, ...]
    waiting: int = 0


@dataclass(slots=True)
class Walk:
    """One list on the way from its first page to its end."""

    name: str
    first: Ask
    resumed: bool = False
    ended: bool = False
    length: int = 0
    _pages: deque[Page] = field(default_factory=deque)

    def turn(self, ask: Ask, keys: Iterable[str]) -> Page:
        """A page was read. One without records is no place to go on at, so it counts as part of the page before."""
        self.length += 1
        shown = tuple(keys)[-_SHOWN:]
        if shown or not self._pages:
            self._pages.append(Page(ask, shown))
        while len(self._pages) > 1 and not self._pages[0].waiting:
            self._pages.popleft()
        return self._pages[-1]

    @property
    def is_list(self) -> bool:
        """Whether it is worth to go on with: anything else is asked in one."""
        return self.length > 1 or self.first.listing is not None

    @property
    def through(self) -> bool:
        """Its end was reached, and everything that followed was put."""
        return self.ended and not any(page.waiting for page in self._pages)

    def place(self) -> Place | None:
        """The earliest page from which something is left to do; None: its beginning, or nothing."""
        left = next((page for page in self._pages if page.waiting), None)
        page = left or (self._pages[-1] if self._pages and not self.ended else None)
        return Place(page.ask, page.shown) if page is not None and page.shown else None

    def restart(self) -> None:
        """It did not go on where it had stopped."""
        self._pages.clear()
        self.resumed = False


def is_left_over(reason: str | None) -> bool:
    """Whether something was not looked at for no other reason than that the run had to end."""
    return reason in (PAGE_LIMIT, STOPPED_RUN) or (reason or "").startswith(f"{ProblemKind.RATE.value}:")


def unbroken(shown: Collection[str], keys: Iterable[str]) -> bool:
    """Whether a page that is read again joins what was read before."""
    return not set(shown).isdisjoint(keys)


def begun(bookmarks: Mapping[str, Mapping[str, Any]], now: datetime) -> Round:
    """The round that bookmarks (by access class) tell of, else a new one. What cannot be read (a later version wrote
    it) is passed over."""
    stored = {home: bookmark[KEY] for home, bookmark in bookmarks.items() if KEY in bookmark}
    try:
        found = Round(from_text(stored[PUBLIC]["began"]), resumed=True)
    except (KeyError, TypeError, ValueError):
        return Round(now)
    for home, one in stored.items():
        for name, place in one.get("lists", {}).items():
            with suppress(KeyError, TypeError, ValueError, IndexError):
                found.lists[name] = None if place is None else Place(asks.from_json(place[0]), tuple(place[1]))
                found.homes[name] = home
    return found


def to_json(found: Round, walks: Iterable[Walk], home: Callable[[AccessClass], str]) -> dict[str, dict[str, Any]]:
    """What the bookmarks say of a round that goes on, by access class. ``home``: of each class, which part tells it."""
    lists, homes = dict(found.lists), dict(found.homes)
    for walk in walks:
        if walk.is_list and walk.length:
            lists[walk.name] = walk.place()
            homes[walk.name] = home(walk.first.access)
            if lists[walk.name] is None and not walk.through:
                del lists[walk.name]  # it goes on at its beginning
    by_class: dict[str, dict[str, Any]] = {PUBLIC: {"began": to_text(found.began)}}
    for name, one in sorted(lists.items()):
        told = None if one is None else [asks.to_json(one.ask), list(one.shown)]
        by_class.setdefault(homes[name], {}).setdefault("lists", {})[name] = told
    return by_class
