"""The tree a query is read into, in the words of whoever typed it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal, Protocol


@dataclass(frozen=True, slots=True)
class Everything:
    """An empty query: nothing is asked for, so everything answers."""


@dataclass(frozen=True, slots=True)
class Nothing:
    """A query that consists of signs only, such as ``!!!``: it finds nothing rather than everything."""


@dataclass(frozen=True, slots=True)
class Text:
    """Words in any version of a record."""

    said: str
    exact: bool = False
    """It stood in quotation marks."""
    prefix: bool = False
    """``park*``: its last word may go on."""


@dataclass(frozen=True, slots=True)
class Author:
    """Words of the author's name or handle, or the whole handle or id."""

    said: str
    exact: bool = False
    prefix: bool = False


@dataclass(frozen=True, slots=True)
class Accounts:
    """``account:``, ``department:`` or ``series:``, and the accounts it stood for when the query was read. A series
    also stands for records that are of it by themselves."""

    field: Literal["account", "department", "series"]
    said: str
    ids: frozenset[str]


@dataclass(frozen=True, slots=True)
class Value:
    """A field that has one of these values."""

    field: Literal["platform", "kind", "state", "has", "series"]
    said: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Dated:
    """``before:``, ``after:`` or ``on:``: whole seconds since 1970, ``start <= second < end``."""

    field: Literal["before", "after", "on"]
    said: str
    start: int | None
    end: int | None
    words: str
    """The same in plain words, with the time zone."""


@dataclass(frozen=True, slots=True)
class And:
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Or:
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Not:
    part: Node


Leaf = Text | Author | Accounts | Value | Dated
Node = Everything | Nothing | Leaf | And | Or | Not


@dataclass(frozen=True, slots=True)
class Query:
    """A query as it was read."""

    text: str
    root: Node
    zone: str
    """Time zone that its dates were read in."""
    left_out: tuple[str, ...] = ()
    """What could not be searched for, as typed."""
    not_understood: tuple[str, ...] = ()
    """Fields whose value was none, each in a sentence of its own: few or no hits may only mean that."""
    within: tuple[int, ...] | None = None
    """Rows of the index to which it is narrowed by what its words do not say; None: it is not. Never part of a frozen
    search."""


class Register(Protocol):
    """Knows which accounts a name stands for. Names are compared without case; a name may stand for several."""

    def accounts(self, said: str) -> frozenset[str]:
        """Ids of the accounts of this id, handle, address or name; empty where there is none."""
        ...

    def departments(self, said: str) -> frozenset[str]:
        """Ids of the accounts of this department, or of this authority."""
        ...

    def series(self, said: str) -> frozenset[str]:
        """Ids of the accounts of this record series."""
        ...


@dataclass(frozen=True, slots=True)
class OnlyIds:
    """A register that knows no names: an account is found by its id."""

    def accounts(self, said: str) -> frozenset[str]:
        return frozenset({said})

    def departments(self, said: str) -> frozenset[str]:
        return frozenset()

    def series(self, said: str) -> frozenset[str]:
        return frozenset()


@dataclass(frozen=True, slots=True)
class RememberedRegister:
    """What names stood for at an earlier time, by ``field:name``; so that an old query is read as it was then."""

    known: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def accounts(self, said: str) -> frozenset[str]:
        return self.known.get(f"account:{said}", frozenset())

    def departments(self, said: str) -> frozenset[str]:
        return self.known.get(f"department:{said}", frozenset())

    def series(self, said: str) -> frozenset[str]:
        return self.known.get(f"series:{said}", frozenset())


def leaves(node: Node, *, positive_only: bool = False) -> list[Leaf]:
    """The leaves in order of typing; ``positive_only`` leaves out what stands under a *not*."""
    found: list[Leaf] = []
    pending: list[Node] = [node]
    while pending:
        at = pending.pop()
        if isinstance(at, And | Or):
            pending.extend(reversed(at.parts))
        elif isinstance(at, Not):
            if not positive_only:
                pending.append(at.part)
        elif not isinstance(at, Everything | Nothing):
            found.append(at)
    return found
