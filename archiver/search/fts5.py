"""Conditions in the words of SQLite: one FTS5 expression where possible, with a range of ids for dates.

Rows of ``search_words`` have ids that begin with their second (:mod:`archiver.search.places`), so a span of time is a
range of ids. Dates that stand beside the words narrow the range; dates under an *or* or *not* turn into SQL over sets
of ids. Everything typed by a person reaches SQLite as a bound parameter, and each term in it is a quoted string of
letters, digits and characters beyond ASCII.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field

from archiver.search import terms
from archiver.search.conditions import All, Always, Among, Any, Between, Condition, Never, Not, Run, all_of, has_time
from archiver.search.places import first_id

_MATCHED = "SELECT rowid AS id FROM search_words WHERE search_words MATCH ?"
_UNMATCHED = "SELECT id FROM search_record WHERE true"
_IS_MATCHED = "id IN (SELECT rowid FROM search_words WHERE search_words MATCH ?)"


@dataclass(frozen=True, slots=True)
class Selection:
    """The ids of all records that answer a condition."""

    low: int | None = None
    high: int | None = None
    match: str | None = None
    """FTS5 expression; None: words do not matter."""
    extra: str = ""
    """SQL over ``id``; only where dates and words are mixed under *or* or *not*. It then includes the words."""
    parameters: list[object] = field(default_factory=list)

    def sql(
        self, tail: str = "", *, below: int | None = None, above: int | None = None
    ) -> tuple[str, tuple[object, ...]]:
        """``SELECT id …`` of the ids, those lower than ``below`` and higher than ``above`` only, and its parameters.
        ``tail`` is ORDER BY and LIMIT."""
        sql = _UNMATCHED if self.match is None else _MATCHED
        parameters: list[object] = [] if self.match is None else [self.match]
        if self.extra:
            sql, parameters = f"{sql} AND {self.extra}", [*self.parameters]
        # A bound costs SQLite two comparisons a row, so there is none where none is needed.
        bounds = {" AND rowid >= ?": self.low, " AND rowid <= ?": self.high}
        for bound, value in (*bounds.items(), (" AND rowid < ?", below), (" AND rowid > ?", above)):
            if value is not None:
                sql += bound
                parameters.append(value)
        return f"{sql} {tail}", tuple(parameters)


def select(condition: Condition) -> Selection:
    """Where in the index the records are that answer ``condition``."""
    parts = condition.parts if isinstance(condition, All) else (condition,)
    low: int | None = None
    high: int | None = None
    words: list[Condition] = []
    mixed: list[Condition] = []
    for part in parts:
        if isinstance(part, Between):
            bounds = _bounds(part)
            low = max((bound for bound in (low, bounds[0]) if bound is not None), default=None)
            high = min((bound for bound in (high, bounds[1]) if bound is not None), default=None)
        else:
            (mixed if has_time(part) else words).append(part)
    matched = all_of(words)
    if isinstance(matched, Never) or (low is not None and high is not None and low > high):
        return Selection(low=0, high=-1)
    if not mixed:
        return Selection(low, high, None if isinstance(matched, Always) else expression(matched))
    parameters: list[object] = []
    extra = _sql(all_of([matched, *mixed]), parameters)
    return Selection(low, high, None, extra, parameters)


def _bounds(span: Between) -> tuple[int | None, int | None]:
    """Lowest and highest id of a span of time."""
    start, end = span.start, span.end
    return None if start is None else first_id(start), None if end is None else first_id(end) - 1


def expression(condition: Condition) -> str:
    """An FTS5 expression for a condition without time."""
    match condition:
        case Run():
            return '"' + " ".join(condition.terms) + ('"*' if condition.prefix else '"')
        case Any(parts):
            return " OR ".join(_inner(part) for part in parts)
        case All(parts):
            wanted = [part for part in parts if not isinstance(part, Not)]
            unwanted = [part.part for part in parts if isinstance(part, Not)]
            return _without(wanted, unwanted)
        case Not(part):
            return _without([], [part])
        case _:
            raise AssertionError(f"not for FTS5: {condition}")


def _without(wanted: Sequence[Condition], unwanted: Sequence[Condition]) -> str:
    positive = " AND ".join(_inner(part) for part in wanted) if wanted else f'"{terms.END}"'
    if not unwanted:
        return positive
    left = f"({positive})" if len(wanted) > 1 else positive
    return f"{left} NOT ({' OR '.join(_inner(part) for part in unwanted)})"


def _inner(condition: Condition) -> str:
    said = expression(condition)
    return said if isinstance(condition, Run) else f"({said})"


def _sql(condition: Condition, parameters: list[object]) -> str:
    """Set algebra over ids; appends to ``parameters`` in the order of the question marks."""
    if not has_time(condition):
        parameters.append(expression(condition))
        return _IS_MATCHED
    match condition:
        case Between():
            low, high = _bounds(condition)
            parameters += (-(2**63) if low is None else low, 2**63 - 1 if high is None else high)
            return "(id >= ? AND id <= ?)"
        case Among(rows):
            parameters.append(json.dumps(rows))
            return "id IN (SELECT value FROM json_each(?))"
        case Not(part):
            return f"NOT {_sql(part, parameters)}"
        case All(parts):
            return "(" + " AND ".join(_sql(part, parameters) for part in parts) + ")"
        case Any(parts):
            return "(" + " OR ".join(_sql(part, parameters) for part in parts) + ")"
        case _:
            raise AssertionError(f"has no time: {condition}")
