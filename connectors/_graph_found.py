"""What a body of Meta's Graph API holds, collected while it is read; and the parts of every list. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import ClassVar, Generic, TypeVar

from connectors import drift
from connectors._graph_pages import next_page
from connectors._graph_values import is_ident, listed, total
from connectors.contract import Ask, JSONValue, Problem, ProblemKind, Reading, SeenRecord
from connectors.values import Json, Unreadable

_Place = TypeVar("_Place")


@dataclass(slots=True)
class Found(Generic[_Place]):
    """What one body holds. Each platform says which fields it knows, and how it describes a place."""

    known: ClassVar[Mapping[str, frozenset[str]]]
    """Fields by kind of thing."""

    ask: Ask
    records: list[SeenRecord] = field(default_factory=list)
    quarantine: list[tuple[str, str]] = field(default_factory=list)
    drift: set[str] = field(default_factory=set)
    lost: str | None = None
    """Why the list cannot be followed any further, though it goes on."""

    def place(self, pointer: str) -> _Place:
        """Where in the body and in the account something stands."""
        raise NotImplementedError

    def named(self, name: str) -> str | None:
        """What the question says under a name, where that is a text."""
        found = self.ask.context.get(name)
        return found if isinstance(found, str) else None

    @property
    def unread(self) -> bool:
        """Whether this list held anything that could not be read, on this page or before."""
        return self.ask.context.get("unread") is True or bool(self.quarantine)

    def note(self, kind: str, value: JSONValue) -> None:
        """Note names that this kind of thing does not have."""
        self.drift |= drift.unknown(self.known[kind], kind, value)

    def add(
        self, kind: str, value: JSONValue, pointer: str, make: Callable[[JSONValue, _Place], SeenRecord]
    ) -> SeenRecord | None:
        """Add what ``make`` reads; None where it is unreadable."""
        self.note(kind, value)
        self.quarantine += [(f"{pointer}/{name}", "an error in place of it") for name in failed_edges(value)]
        try:
            record = make(value, self.place(pointer))
        except Unreadable as error:
            self.quarantine.append((pointer, str(error)))
            return None
        self.records.append(record)
        return record

    def reading(self) -> Reading:
        return Reading(
            records=tuple(self.records),
            quarantine=tuple(self.quarantine),
            drift=drift.report(self.drift),
            problem=None if self.lost is None else Problem(ProblemKind.CONTRACT, self.lost),
        )

    def entries(self, body: Json) -> Sequence[JSONValue]:
        """What a list holds.

        Raises:
            Unreadable: it is none.
        """
        self.note("list", body)
        entries = body.get("data")
        if not isinstance(entries, list):
            raise Unreadable("a list without its entries")
        return entries

    def following(self, body: Json, **context: JSONValue) -> Ask | None:
        """The next page; where it cannot be told, what was read stays, and the list is left incomplete."""
        more = {"unread": True} if self.unread else {}
        try:
            return next_page(self.ask, body, **more, **context)
        except Unreadable as error:
            self.lost = str(error)
            self.quarantine.append(("/paging", self.lost))
            return None


def failed(value: JSONValue) -> bool:
    """Whether a part of a thing is an error in place of what was asked for."""
    return isinstance(value, dict) and isinstance(value.get("error"), dict)


def failed_edges(thing: JSONValue) -> Iterator[str]:
    """Parts of a thing that are an error in place of what was asked for, though the answer as a whole is a success."""
    if isinstance(thing, dict):
        yield from (name for name, value in thing.items() if failed(value))


def counted(ask: Ask, body: Json) -> dict[str, int]:
    """The platform's own total of a list, where it says one."""
    told = total(body)
    return {} if told is None else {ask.listing or ask.purpose: told}


def idents(ask: Ask, name: str = "ids") -> list[str]:
    """Ids of the things that a question asks for by name; or others that its context holds."""
    given = ask.context.get(name)
    return [one for one in given if isinstance(one, str)] if isinstance(given, list | tuple) else []


def thread_of(ask: Ask) -> str:
    """Key of the post that a question is about."""
    return str(ask.context.get("thread", ""))


def looked_for(ask: Ask) -> tuple[str, ...]:
    """Keys that a direct look asks for."""
    return tuple(key for key in ask.context.get("look", ()) if isinstance(key, str))


def inside(thing: Json, name: str) -> Iterator[Json]:
    """What stands in a list inside a thing; nothing where it cannot be read."""
    with suppress(Unreadable):
        yield from (one for one in listed(thing, name) if isinstance(one, dict))


def shown_in(entries: Sequence[JSONValue]) -> tuple[str, ...]:
    """Keys of the posts that a list of them shows."""
    return tuple(f"media/{one['id']}" for one in entries if isinstance(one, dict) and is_ident(one.get("id")))


def escaped(name: str) -> str:
    """``name`` as a step of a JSON pointer (RFC 6901)."""
    return name.replace("~", "~0").replace("/", "~1")
