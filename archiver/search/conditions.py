"""What a query comes down to: runs of terms and spans of time, joined by all, any and not.

Every engine answers conditions, and :func:`holds` answers them for one document in plain Python. Nothing here knows
the query language, and nothing in an engine does either, so all of them decide the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from archiver.search import terms
from archiver.search.documents import Document, DocumentVersion


@dataclass(frozen=True, slots=True)
class Always:
    """Every document."""


@dataclass(frozen=True, slots=True)
class Never:
    """No document."""


@dataclass(frozen=True, slots=True)
class Run:
    """These terms stand next to each other, in this order; of the last one perhaps only the beginning."""

    terms: tuple[str, ...]
    prefix: bool = False


@dataclass(frozen=True, slots=True)
class Between:
    """Dated ``start <= second < end``, in whole seconds since 1970; None: no bound."""

    start: int | None
    end: int | None


@dataclass(frozen=True, slots=True)
class Among:
    """One of these rows of the index. Asked of an index only, never of a record by itself."""

    rows: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class All:
    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Any:
    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Not:
    part: Condition


Condition = Always | Never | Run | Between | Among | All | Any | Not


def all_of(parts: Iterable[Condition]) -> Condition:
    """Conjunction in its simplest form: flat, without repetitions, Always and Never worked out."""
    kept: dict[Condition, None] = {}
    for part in parts:
        if isinstance(part, Never):
            return part
        if isinstance(part, All):
            kept.update(dict.fromkeys(part.parts))
        elif not isinstance(part, Always):
            kept[part] = None
    return _joined(All, tuple(kept), Always())


def any_of(parts: Iterable[Condition]) -> Condition:
    """Disjunction in its simplest form."""
    kept: dict[Condition, None] = {}
    for part in parts:
        if isinstance(part, Always):
            return part
        if isinstance(part, Any):
            kept.update(dict.fromkeys(part.parts))
        elif not isinstance(part, Never):
            kept[part] = None
    return _joined(Any, tuple(kept), Never())


def _joined(join: type[All] | type[Any], parts: tuple[Condition, ...], empty: Condition) -> Condition:
    if len(parts) > 1:
        return join(parts)
    return parts[0] if parts else empty


def negation(part: Condition) -> Condition:
    """The opposite, in its simplest form."""
    if isinstance(part, Not):
        return part.part
    if isinstance(part, Between):
        before = Never() if part.start is None else Between(None, part.start)
        after = Never() if part.end is None else Between(part.end, None)
        return any_of([before, after])
    if isinstance(part, Always):
        return Never()
    return Always() if isinstance(part, Never) else Not(part)


def has_time(condition: Condition) -> bool:
    """Whether it says anything of dates, or of single rows: of ids, and not of words."""
    match condition:
        case All(parts) | Any(parts):
            return any(has_time(part) for part in parts)
        case Not(part):
            return has_time(part)
        case _:
            return isinstance(condition, Between | Among)


def holds(condition: Condition, document: Document, versions: Iterable[DocumentVersion] | None = None) -> bool:
    """Whether the condition is true of the document. ``versions`` narrows its words to those versions."""
    return _holds(condition, f" {terms.document_terms(document, versions)} ", document.second)


def _holds(condition: Condition, text: str, second: int) -> bool:
    match condition:
        case Run():
            return " " + " ".join(condition.terms) + ("" if condition.prefix else " ") in text
        case Between(start, end):
            return (start is None or start <= second) and (end is None or second < end)
        case All(parts):
            return all(_holds(part, text, second) for part in parts)
        case Any(parts):
            return any(_holds(part, text, second) for part in parts)
        case Not(part):
            return not _holds(part, text, second)
        case Among():
            raise AssertionError("a record by itself has no row")
        case _:
            return isinstance(condition, Always)
