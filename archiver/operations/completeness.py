"""The platforms' own numbers against what the archive has, thread by thread and for a whole account (law R63). For
whoever may see all of an account.

What a difference is made of, :func:`archiver.records.completeness.explain` says.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    Connection,
    Row,
    and_,
    case,
    func,
    or_,
    select,
)

from archiver.accounts.platforms import Platforms
from archiver.clock import to_text
from archiver.operations import completeness_queries as queries
from archiver.records import completeness
from archiver.records.completeness import SIDES, Explained, explain, sentences
from archiver.records.stored import RECORD
from connectors.contract import Counted, Extent

_CELLS = 40
"""Of the row in which shares are shown."""


@dataclass(frozen=True, slots=True)
class Difference:
    """The platform's number of one thread, or of an account's own posts, against the archive's."""

    record_id: str
    """First record of the thread; the profile."""
    text: str
    created_at: datetime | None
    number_at: datetime
    """When the platform last told (one of) its number(s)."""
    read_at: datetime | None
    """When the list was last read to its end; None: never."""
    edited: int
    """Of what the archive has, how many have several versions."""
    explained: Explained
    words: tuple[str, ...]
    """Every part of the difference."""
    says: str
    """What the platform counts."""


@dataclass(frozen=True, slots=True)
class Shares:
    """How many threads of an account have what the platform counts."""

    complete: int
    explained: int
    unexplained: int

    @property
    def total(self) -> int:
        return self.complete + self.explained + self.unexplained

    @property
    def cells(self) -> list[tuple[str, str]]:
        """The shares as a row of cells, each a tone and a sign. No share is too small for one."""
        marks = (("good", "✓", self.complete), ("warn", "~", self.explained), ("bad", "!", self.unexplained))
        there = [(tone, mark, number) for tone, mark, number in marks if number]
        free = _CELLS - len(there)
        return [
            (tone, mark) for tone, mark, number in there for _ in range(1 + round(free * number / (self.total or 1)))
        ]


def declared_by(platforms: Platforms, platform: str) -> tuple[Counted, ...]:
    """What the numbers of a platform count; none where its connector is not installed."""
    connector = platforms.connectors.get(platform)
    return () if connector is None else connector.capabilities.counted


def as_json(one: Difference) -> dict[str, Any]:
    """A difference for programs. ``platform - archived`` is the sum of ``parts`` and of ``missing``, less ``surplus``;
    parts of which the archive has more are below 0."""
    signs = {"platform": 1, "archive": -1}
    return {
        "record": one.record_id,
        "platform": one.explained.platform,
        "archived": one.explained.archived,
        "verdict": one.explained.verdict.value,
        "state": one.explained.state,
        "parts": {why.value: signs[SIDES[why]] * count for why, count in one.explained.parts.items()},
        "missing": one.explained.missing,
        "surplus": one.explained.surplus,
        "edited": one.edited,
        "told_at": to_text(one.number_at),
        "read_at": None if one.read_at is None else to_text(one.read_at),
        "words": list(one.words),
        "counts": one.says,
    }


def shares(connection: Connection, account_id: str, declared: Sequence[Counted]) -> Shares:
    """How many threads are complete, explained and not explained; without those of which the platform counts nothing
    and the archive has nothing."""
    found = dict.fromkeys(("complete", "explained", "unexplained"), 0)
    for counted in _under(declared):
        found["complete"] += connection.execute(queries.in_plain_sight(connection, account_id, counted)).scalar_one()
        threads = queries.threads(connection, account_id, counted).subquery()
        state = case(
            (threads.c.unexplained > 0, "unexplained"), (threads.c.parts > 0, "explained"), else_="complete"
        ).label("state")
        for row in connection.execute(select(state, func.count()).group_by(state)):
            found[row[0]] += row[1]
    return Shares(**found)


def differing(
    connection: Connection,
    account_id: str,
    declared: Sequence[Counted],
    *,
    limit: int = 50,
    after: tuple[int, str] | None = None,
) -> list[tuple[int, Difference]]:
    """Threads with a difference that is not explained, the largest first, each with how much it is. ``after``: that
    number, and the id of the thread, where the page before ended."""
    found: list[tuple[int, str, Counted]] = []
    for counted in _under(declared):
        threads = queries.threads(connection, account_id, counted).subquery()
        query = select(threads.c.thread_id, threads.c.unexplained).where(threads.c.unexplained > 0)
        if after is not None:
            number, thread_id = after
            last = and_(threads.c.unexplained == number, threads.c.thread_id > thread_id)
            query = query.where(or_(threads.c.unexplained < number, last))
        query = query.order_by(threads.c.unexplained.desc(), threads.c.thread_id).limit(limit)
        found += [(row.unexplained, row.thread_id, counted) for row in connection.execute(query)]
    chosen = sorted(found, key=lambda one: (-one[0], one[1]))[:limit]
    told = _explained(connection, account_id, chosen)
    return [(number, told[thread_id]) for number, thread_id, _ in chosen if thread_id in told]


def place_of(threads: Sequence[tuple[int, Difference]]) -> str | None:
    """Where a page of them ended, for the next one."""
    return f"{threads[-1][0]},{threads[-1][1].record_id}" if threads else None


def of_thread(
    connection: Connection, account_id: str, thread_id: str, declared: Sequence[Counted]
) -> Difference | None:
    """One thread. None: the platform does not say how many there should be."""
    for counted in _under(declared):
        told = _explained(connection, account_id, [(0, thread_id, counted)])
        if thread_id in told:
            return told[thread_id]
    return None


def of_account(connection: Connection, account_id: str, declared: Sequence[Counted]) -> Difference | None:
    """What the account itself published. None: the platform does not say how much that is."""
    return published(connection, {account_id: declared}).get(account_id)


def published(connection: Connection, declared: Mapping[str, Sequence[Counted]]) -> dict[str, Difference]:
    """What accounts themselves published, by account: in a few queries for each kind of number. Those whose platform
    does not say how much that is are left out. ``declared``: what is counted, by account."""
    by_counted: dict[Counted, list[str]] = defaultdict(list)
    for account_id, some in declared.items():
        for counted in some:
            if counted.of is Extent.ACCOUNT:
                by_counted[counted].append(account_id)
                break
    found: dict[str, Difference] = {}
    for counted, account_ids in by_counted.items():
        for profile, facts in queries.own(connection, account_ids, counted):
            explained = explain(facts, counted)
            found[profile.account_id] = Difference(
                record_id=profile.id,
                text="",
                created_at=None,
                number_at=facts.number_at,
                read_at=facts.read_at,
                edited=0,
                explained=explained,
                words=tuple(sentences(explained, counted)),
                says=counted.says,
            )
    return found


def unexplained(connection: Connection, declared: Mapping[str, Sequence[Counted]]) -> dict[str, int]:
    """How many threads of each account have a difference that is not explained; accounts without any are left out."""
    by_counted: dict[Counted, list[str]] = defaultdict(list)
    for account_id, some in declared.items():
        for counted in _under(some):
            by_counted[counted].append(account_id)
    found: dict[str, int] = defaultdict(int)
    for counted, account_ids in by_counted.items():
        threads, first = queries.threads(connection, account_ids, counted).subquery(), RECORD.alias("thread")
        query = select(first.c.account_id, func.count()).join(threads, threads.c.thread_id == first.c.id)
        for account_id, count in connection.execute(
            query.where(threads.c.unexplained > 0).group_by(first.c.account_id)
        ):
            found[account_id] += count
    return dict(found)


def _under(declared: Sequence[Counted]) -> list[Counted]:
    return [one for one in declared if one.of is not Extent.ACCOUNT]


def _explained(
    connection: Connection, account_id: str, threads: Sequence[tuple[int, str, Counted]]
) -> dict[str, Difference]:
    by_counted: dict[Counted, list[str]] = defaultdict(list)
    for _, thread_id, counted in threads:
        by_counted[counted].append(thread_id)
    found: dict[str, Difference] = {}
    for counted, thread_ids in by_counted.items():
        several: dict[str, list[Row[Any]]] = defaultdict(list)
        for row in connection.execute(queries.facts(connection, account_id, counted, thread_ids)):
            several[row.thread_id].append(row)
        firsts = {row.id: row for row in connection.execute(queries.firsts(several))}
        edited = {row[0]: row[1] for row in connection.execute(queries.edited(several))}
        for thread_id, rows in several.items():
            found[thread_id] = _difference(firsts[thread_id], rows, counted, edited.get(thread_id, 0))
    return found


def _difference(first: Row[Any], rows: Sequence[Row[Any]], counted: Counted, edited: int) -> Difference:
    facts = [queries.facts_of(row) for row in rows]
    explained = completeness.together(explain(one, counted) for one in facts)
    read = [one.read_at for one in facts if one.read_at is not None]
    return Difference(
        record_id=first.id,
        text=first.text,
        created_at=first.created_at,
        number_at=max(one.number_at for one in facts),
        read_at=max(read, default=None),
        edited=edited,
        explained=explained,
        words=tuple(sentences(explained, counted)),
        says=counted.says,
    )
