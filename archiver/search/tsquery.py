"""Conditions in the words of PostgreSQL: one ``tsquery`` where possible, with a range of ids for dates.

Short documents (:mod:`archiver.search.tsvector`) are rows of ``search_words``, whose ``tsvector`` answers everything.
Long ones are rows of ``search_words_long`` and are answered by sets: in which of them a term occurs is asked of
``search_words_part``, whether terms are neighbours of their list itself. Everything typed by a person reaches
PostgreSQL as a bound parameter, and each term in it is a quoted string of letters, digits and characters beyond ASCII.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from archiver.search import terms
from archiver.search.conditions import (
    All,
    Always,
    Among,
    Any,
    Between,
    Condition,
    Never,
    Not,
    Run,
    all_of,
    any_of,
    has_time,
)
from archiver.search.places import first_id

_AMONG_SHORT = "SELECT w.id{also} FROM search_words AS w WHERE "
_AMONG_LONG = "SELECT l.id{also} FROM search_words_long AS l WHERE "
#: *Is true* says nothing more, and keeps the planner from making a join of it: of tables it knows nothing of yet, it
#: would go through the set again for every document, instead of making a table of it once.
_OCCURS = "((l.id IN (SELECT p.id FROM search_words_part AS p WHERE p.words @@ %s::tsquery)) IS TRUE)"
_LOWEST, _HIGHEST = -(2**63), 2**63 - 1
#: With more sets than this, planning takes longer than looking through the lists of the long documents.
_MOST_SETS = 100


@dataclass(frozen=True, slots=True)
class Selection:
    """The ids of all records that answer a condition."""

    condition: Condition
    short: str
    """SQL over ``search_words`` as ``w``."""
    parameters: list[object] = field(default_factory=list)

    def ids(
        self,
        *,
        long: bool,
        below: int | None = None,
        above: int | None = None,
        newest: int | None = None,
        oldest: int | None = None,
        limit: int | None = None,
        also: Condition | None = None,
        sort: bool = False,
    ) -> tuple[str, list[object]]:
        """``SELECT id …`` and its parameters.

        Args:
            long: there are long documents; look among them too.
            below: only ids lower than this.
            above: only ids from this on.
            newest: only so many, the highest ids, in falling order.
            oldest: only so many, the lowest ids, in rising order.
            limit: only so many, whichever.
            also: a second column, ``also``: whether this is true as well. A condition on words alone.
            sort: find all and sort them then. Else the server may go down the ids until it has enough ``newest``, and
                look at every document on the way, which takes longer where much is wanted.
        """
        tail = "" if newest is None else f" ORDER BY id DESC LIMIT {newest:d}"
        tail = tail if oldest is None else f" ORDER BY id LIMIT {oldest:d}"
        tail = tail if limit is None else f" LIMIT {limit:d}"
        # No index has this order.
        end = tail.replace("BY id", "BY id + 0") if sort else tail
        bounds = {" AND id < %s": below, " AND id >= %s": above}
        bound = "".join(sql for sql, value in bounds.items() if value is not None)
        values = [value for value in bounds.values() if value is not None]
        short, among = _Short(), _Long()
        sql = _AMONG_SHORT.format(also=_column(short, also)) + self.short + bound + end
        parameters = [*short.parameters, *self.parameters, *values]
        if not long:
            return sql, parameters
        second = _AMONG_LONG.format(also=_column(among, also)) + among.sql(self.condition) + bound + end
        return f"({sql}) UNION ALL ({second}){tail}", [*parameters, *among.parameters, *values]


def _column(among: _Sql, also: Condition | None) -> str:
    return "" if also is None else f", {among.sql(also)} AS also"


def select(condition: Condition) -> Selection:
    """Where in the index the records are that answer ``condition``."""
    among = _Short()
    return Selection(condition, among.sql(condition), among.parameters)


def tsquery(condition: Condition) -> str:
    """The text form of a ``tsquery`` for a condition without time."""
    match condition:
        case Run():
            last = len(condition.terms) - 1
            words = [
                f"'{term}'" + (":*" if condition.prefix and n == last else "") for n, term in enumerate(condition.terms)
            ]
            return _balanced(" <-> ", words)
        case Any(parts):
            return _balanced(" | ", [tsquery(part) for part in parts])
        case All(parts):
            wanted = [tsquery(part) for part in parts if not isinstance(part, Not)]
            unwanted = [tsquery(part.part) for part in parts if isinstance(part, Not)]
            return _without(wanted, unwanted)
        case Not(part):
            return _without([], [tsquery(part)])
        case _:
            raise AssertionError(f"not for tsquery: {condition}")


def _without(wanted: list[str], unwanted: list[str]) -> str:
    # What is only unwanted would have to go through the whole index; every document has the term that closes parts.
    positive = _balanced(" & ", wanted or [f"'{terms.END}'"])
    return f"({positive} & !{_balanced(' | ', unwanted)})" if unwanted else positive


def _balanced(operator: str, operands: Sequence[str]) -> str:
    """Joined as a tree of little depth: PostgreSQL goes down by recursion."""
    while len(operands) > 1:
        pairs = [operands[at : at + 2] for at in range(0, len(operands), 2)]
        operands = [f"({operator.join(pair)})" if len(pair) > 1 else pair[0] for pair in pairs]
    return operands[0]


class _Sql:
    """Conditions as SQL; collects parameters in the order of their places."""

    row: str

    def __init__(self) -> None:
        self.parameters: list[object] = []

    def sql(self, condition: Condition) -> str:
        match condition:
            case Always():
                return "true"
            case Never():
                return "false"
            case Between(start, end):
                self.parameters += (
                    _LOWEST if start is None else first_id(start),
                    _HIGHEST if end is None else first_id(end) - 1,
                )
                return f"({self.row}.id >= %s AND {self.row}.id <= %s)"
            case Among(rows):
                self.parameters.append(list(rows))
                return f"{self.row}.id = ANY(%s::bigint[])"
            case All(parts):
                return "(" + " AND ".join(map(self.sql, parts)) + ")"
            case Any(parts):
                return "(" + " OR ".join(map(self.sql, parts)) + ")"
            case Not(part):
                return f"NOT {self.sql(part)}"
            case Run():
                return self.run(condition)

    def run(self, run: Run) -> str:
        raise NotImplementedError


class _Short(_Sql):
    """Over short documents: what has no time is one ``tsquery``."""

    row = "w"

    def sql(self, condition: Condition) -> str:
        if isinstance(condition, Always | Never | Between | Among):
            return super().sql(condition)
        if not has_time(condition):
            self.parameters.append(tsquery(condition))
            return "w.words @@ %s::tsquery"
        if isinstance(condition, All | Any):
            words = [part for part in condition.parts if not has_time(part)]
            others = [part for part in condition.parts if has_time(part)]
            join, word = (all_of, " AND ") if isinstance(condition, All) else (any_of, " OR ")
            return "(" + word.join(map(self.sql, [join(words), *others] if words else others)) + ")"
        return super().sql(condition)


class _Long(_Sql):
    """Over long documents: each term is a set of ids, a phrase is asked of their lists."""

    row = "l"

    def __init__(self) -> None:
        super().__init__()
        self._sets = 0

    def sql(self, condition: Condition) -> str:
        if isinstance(condition, Any):
            single = [part for part in condition.parts if isinstance(part, Run) and len(part.terms) == 1]
            others = [part for part in condition.parts if part not in single]
            if len(single) > 1:
                return "(" + " OR ".join([self._occurs(any_of(single)), *map(self.sql, others)]) + ")"
        return super().sql(condition)

    def run(self, run: Run) -> str:
        if len(run.terms) == 1:
            return self._occurs(run)
        candidates = self._occurs(Run(run.terms[:1]))
        return f"({candidates} AND {self._stands(run)})"

    def _occurs(self, single: Condition) -> str:
        self._sets += 1
        if self._sets > _MOST_SETS:
            runs = single.parts if isinstance(single, Any) else (single,)
            return "(" + " OR ".join(self._stands(run) for run in runs if isinstance(run, Run)) + ")"
        self.parameters.append(tsquery(single))
        return _OCCURS

    def _stands(self, run: Run) -> str:
        self.parameters.append(" " + " ".join(run.terms) + ("" if run.prefix else " "))
        return "strpos(l.terms, %s) > 0"
