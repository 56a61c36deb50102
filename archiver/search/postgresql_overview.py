"""The first look at what answers, on PostgreSQL: how many hits there are, which are the newest, and facets of them, all
in one pass.

To find and to read the hits is what takes long, so it is done once; and where hits are many, only the newest part of
the index is looked through, as large as it has to be by what the server knows of the words. Whether that was enough is
seen from the answer, and if it was not, all of the index is asked: what the server knows decides how long it takes and
never what is said.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from zoneinfo import ZoneInfo

from archiver.search.conditions import Condition
from archiver.search.facets import Facets, Values, by_month, month_starts, newest_first, of_hits
from archiver.search.places import SECOND_BITS, first_id, second_of
from archiver.search.postgresql_time import Question, Reader
from archiver.search.tsquery import Selection

#: First how many hits there are and the newest of them; then the counts: of a month, and of account, kind, state and
#: whether it was edited. ``OFFSET 0`` keeps the server from reading all records to find the few.
_OVERVIEW: Final = """
    WITH hit AS MATERIALIZED ({{ids}}),
    counted AS MATERIALIZED (SELECT id, also FROM hit ORDER BY id DESC LIMIT {limit:d})
    SELECT NULL::bigint, NULL::text, NULL::text, NULL::text, NULL::boolean, count(*),
           ARRAY(SELECT id FROM hit ORDER BY id DESC LIMIT {size:d})
    FROM hit
    UNION ALL
    SELECT month, account_id, kind, state, edited, count(*), NULL
    FROM (
        SELECT r.account_id, r.kind, r.state, counted.also AS edited, {month} AS month
        FROM counted CROSS JOIN LATERAL (
            SELECT account_id, kind, state FROM search_record AS one WHERE one.id = counted.id OFFSET 0
        ) AS r
    ) AS seen
    GROUP BY GROUPING SETS ((month), (account_id, kind, state, edited))
"""
_EVERYTHING: Final = """
    SELECT month, account_id, kind, state, edited, count(*)
    FROM (
        SELECT r.account_id, r.kind, r.state, hit.also AS edited, {month} AS month
        FROM ({{ids}}) AS hit JOIN search_record AS r ON r.id = hit.id
    ) AS seen
    GROUP BY GROUPING SETS ((month), (account_id, kind, state, edited))
"""
#: The lowest and the highest id, and how the ids between are spread: the bounds of parts with as many rows each, as of
#: when the server last looked.
_SPREAD: Final = """
    SELECT min(id), max(id), (
        SELECT histogram_bounds::text::bigint[] FROM pg_stats
        WHERE schemaname = current_schema() AND tablename = 'search_record' AND attname = 'id'
    )
    FROM search_record
"""
_EXPLAINED: Final = "EXPLAIN (FORMAT JSON) {ids}"
#: With so many times the hits that are counted, looking through the newest part is quicker.
_MANY: Final = 2
#: How much larger that part is than it would have to be if hits were spread evenly.
_SPARE: Final = 1.5
#: Seconds, about fifty years: months that are further off are not listed.
_SPAN: Final = 50 * 365 * 86_400
#: More than the seconds from 1970 to the year 9999, either way.
_FAR: Final = 1 << 40


@dataclass(frozen=True, slots=True)
class Overview:
    """What was seen at a first look."""

    number: int
    """How many hits there are; where there are more than were to be counted, one more than that."""
    newest: Sequence[int]
    """Ids of the newest."""
    facets: Facets


def overview(
    reader: Reader, selection: Selection, edited: Condition, limit: int, size: int, zone: ZoneInfo
) -> Overview:
    """Count the newest ``limit`` hits by everything, and name the newest ``size``; those that are ``edited``, too, were
    edited."""
    months, bounds = _spread(reader, zone)
    around = _OVERVIEW.format(limit=limit, size=size, month=months.sql("counted.id"))
    above = _where_to_begin(reader, selection, limit, bounds)
    rows = _counted(reader, around, selection, edited, limit, above)
    if above is not None and rows[0][5] <= limit:
        rows = _counted(reader, around, selection, edited, limit, None)
    (*_, number, newest), *counts = rows
    return Overview(number, newest, months.facets(counts, exact=number <= limit))


def everything(reader: Reader, selection: Selection, edited: Condition, zone: ZoneInfo) -> Facets:
    """Facets of all hits, however many."""
    months, _ = _spread(reader, zone)
    rows = reader.ask(around_ids(_EVERYTHING.format(month=months.sql("r.id")), selection, also=edited))
    return months.facets(rows, exact=True)


def around_ids(around: str, selection: Selection, **which: Any) -> Question:
    """A statement around the ids of a selection; ``which``: as for :meth:`Selection.ids`."""

    def question(long: bool) -> tuple[str, Sequence[object]]:
        ids, parameters = selection.ids(long=long, **which)
        return around.format(ids=ids), parameters

    return question


def _counted(
    reader: Reader, around: str, selection: Selection, edited: Condition, limit: int, above: int | None
) -> list[tuple[Any, ...]]:
    which = {"newest": limit + 1, "above": above, "also": edited, "sort": True}
    return reader.ask(around_ids(around, selection, **which))


def _where_to_begin(reader: Reader, selection: Selection, limit: int, bounds: Sequence[int]) -> int | None:
    """The id from which on there are as many hits as are to be counted, by what the server knows; None: the first."""
    ((found,),) = reader.ask(around_ids(_EXPLAINED, selection))
    expected = found[0]["Plan"]["Plan Rows"]
    if expected <= limit * _MANY or len(bounds) < 2:
        return None
    parts = int((len(bounds) - 1) * _SPARE * limit / expected) + 1
    return None if parts >= len(bounds) - 1 else bounds[-1 - parts]


def _spread(reader: Reader, zone: ZoneInfo) -> tuple[_Months, Sequence[int]]:
    """The months there are records of, and the bounds of parts with as many records each."""
    ((first, last, bounds),) = reader.fetch(_SPREAD, ())
    if first is None:
        return _Months(0, 0, 0, zone), ()
    bounds = bounds or (last,)
    return _Months(second_of(first), second_of(last), second_of(bounds[len(bounds) // 2]), zone), bounds


class _Months:
    """The months of the city's calendar in which records are. Some have dates of their own making, of the year 1 or
    9999: months far from the middle of all are worked out for the hits that are there, and not listed one by one."""

    def __init__(self, first: int, last: int, middle: int, zone: ZoneInfo) -> None:
        """In seconds since 1970."""
        self._zone = zone
        middle = min(max(middle, first), last)
        self._low, self._high = max(first, middle - _SPAN), min(last, middle + _SPAN)
        self._months = list(month_starts(self._low, self._high, zone))

    def sql(self, row_id: str) -> str:
        """The number of a row's month; of one far off, its second instead, below zero."""
        starts = ",".join(str(first_id(start)) for _, start in self._months)
        near = f"{row_id} >= {first_id(self._low)} AND {row_id} < {first_id(self._high + 1)}"
        second = f"({row_id} >> {SECOND_BITS}) - {_FAR}"
        return f"CASE WHEN {near} THEN width_bucket({row_id}, ARRAY[{starts}]::bigint[]) ELSE {second} END"

    def facets(self, rows: Sequence[tuple[Any, ...]], *, exact: bool) -> Facets:
        """Of rows of counts."""
        values: Counter[Values] = Counter()
        months: Counter[str] = Counter()
        far: list[int] = []
        edited = 0
        for month, account, kind, state, was_edited, count, *_ in rows:
            if account is not None:
                values[account, kind, state] += count
                edited += count if was_edited else 0
            elif month < 0:
                far += [month + _FAR] * count
            else:
                months[self._months[max(month, 1) - 1][0]] += count
        months.update(dict(by_month(far, self._zone)))
        return of_hits(values, newest_first(months.items()), edited, exact=exact)
