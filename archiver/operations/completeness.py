"""The platforms' own numbers against what the archive has, thread by thread and for a whole account (law R63). For
whoever may see all of an account.

What a difference is made of, :func:`archiver.records.completeness.explain` says. The queries here look only into
threads that bear the mark of :mod:`archiver.records.differing`, and there count by an index, without reading records.
They repeat the rule in SQL to put the largest first, and a test holds the two together.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Row,
    Select,
    and_,
    case,
    false,
    func,
    literal,
    literal_column,
    or_,
    select,
    true,
)

from archiver.accounts.models import Account
from archiver.accounts.platforms import Platforms
from archiver.capture.standing import reached
from archiver.clock import to_text
from archiver.database import among
from archiver.records import completeness
from archiver.records.completeness import SIDES, Explained, Facts, explain, sentences
from archiver.records.stored import RECORD, VERSION
from connectors.contract import AccessClass, Counted, Extent, RecordKind, State, Stream

GONE = frozenset({State.NOT_RETURNED, State.DELETED_BY_AUTHOR, State.DELETED_BY_PAGE, State.REMOVED_BY_PLATFORM})
HIDDEN = frozenset({State.HIDDEN_BY_PAGE, State.RESTRICTED})
_GROUPS: Mapping[str, frozenset[State]] = {
    "not_returned": GONE,
    "hidden": HIDDEN,
    "held": frozenset({State.HELD_FOR_REVIEW}),
    "spam": frozenset({State.SPAM}),
}
Accounts = str | Sequence[str]
"""One account, or several."""
_CELLS = 40
"""Of the row in which shares are shown."""
_ALL = 2**31 - 1
"""A bound that is none, so that a database finds the few records that matter first and only then what is under them."""
_COUNTS = ("standing", "since", *_GROUPS, "private")


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
        found["complete"] += connection.execute(_in_plain_sight(connection, account_id, counted)).scalar_one()
        threads = _threads(connection, account_id, counted).subquery()
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
        threads = _threads(connection, account_id, counted).subquery()
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
        for profile, facts in _own(connection, account_ids, counted):
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
        threads, first = _threads(connection, account_ids, counted).subquery(), RECORD.alias("thread")
        query = select(first.c.account_id, func.count()).join(threads, threads.c.thread_id == first.c.id)
        for account_id, count in connection.execute(
            query.where(threads.c.unexplained > 0).group_by(first.c.account_id)
        ):
            found[account_id] += count
    return dict(found)


# What stands under records ------------------------------------------------------------------------------------------


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
        for row in connection.execute(_facts(connection, account_id, counted, thread_ids)):
            several[row.thread_id].append(row)
        firsts = {row.id: row for row in connection.execute(_firsts(several))}
        edited = {row[0]: row[1] for row in connection.execute(_edited(several))}
        for thread_id, rows in several.items():
            found[thread_id] = _difference(firsts[thread_id], rows, counted, edited.get(thread_id, 0))
    return found


def _difference(first: Row[Any], rows: Sequence[Row[Any]], counted: Counted, edited: int) -> Difference:
    facts = [_facts_of(row) for row in rows]
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


def _facts_of(row: Row[Any]) -> Facts:
    return Facts(
        number=row.counted,
        number_at=row.counted_at,
        read_at=row.read_at,
        read_whole=bool(row.read_whole),
        **{name: int(getattr(row, name)) for name in _COUNTS},
    )


def _firsts(thread_ids: Iterable[str]) -> Select[Any]:
    return (
        select(RECORD.c.id, RECORD.c.created_at, VERSION.c.text)
        .join(VERSION, VERSION.c.id == RECORD.c.version_id)
        .where(RECORD.c.id.in_(list(thread_ids)))
    )


def _edited(thread_ids: Iterable[str]) -> Select[Any]:
    return (
        select(RECORD.c.thread_id, func.count())
        .where(RECORD.c.thread_id.in_(list(thread_ids)), RECORD.c.versions > 1, RECORD.c.id != RECORD.c.thread_id)
        .group_by(RECORD.c.thread_id)
    )


def _in_plain_sight(connection: Connection, account_id: str, counted: Counted) -> Select[int]:
    """How many threads have what the platform counts, and nothing else."""
    bearer, first = RECORD.alias("bearer"), RECORD.alias("first")
    others = _bearers(connection, account_id, counted, None).subquery("others")
    threads = (
        select(bearer.c.thread_id)
        .join(first, first.c.id == bearer.c.thread_id)
        .where(
            bearer.c.counted > literal_column("0"),
            _of(connection, bearer.c.account_id, account_id),
            *_bears(counted, bearer, first),
            bearer.c.thread_id.not_in(select(others.c.thread_id)),
        )
        .distinct()
    )
    return select(func.count()).select_from(threads.subquery())


def _threads(connection: Connection, account_id: Accounts, counted: Counted) -> Select[Any]:
    """Each thread in which something differs, with how much is not explained, and how much is: the rule of
    :func:`explain` in SQL."""
    of = _facts(connection, account_id, counted, None).subquery()
    short = of.c.counted - of.c.standing - of.c.since
    told = and_(of.c.read_at.is_not(None), of.c.read_at >= of.c.counted_at)
    known = or_(of.c.read_whole.is_not(True), literal(counted.withheld is not None))
    missing = case((and_(short > 0, ~and_(told, known)), short), else_=0)
    surplus = case((short + of.c.since < 0, -short - of.c.since), else_=0)
    unexplained = func.sum(missing + surplus)
    apart = of.c.not_returned + of.c.hidden + of.c.held + of.c.spam + of.c.private
    away = case((and_(short > 0, told, known), short), else_=0)
    late = case((and_(short < 0, -short < of.c.since), -short), (short < 0, of.c.since), else_=0)
    return (
        select(
            of.c.thread_id,
            func.coalesce(unexplained, 0).label("unexplained"),
            func.coalesce(func.sum(apart + away + late), 0).label("parts"),
        )
        .group_by(of.c.thread_id)
        .having(func.sum(of.c.counted + of.c.standing + of.c.since + apart) > 0)
    )


def _facts(
    connection: Connection, account_id: Accounts, counted: Counted, thread_ids: Sequence[str] | None
) -> Select[Any]:
    """What is known under each record that bears the number: of these threads, or else wherever something differs."""
    bearer, under = _bearers(connection, account_id, counted, thread_ids).subquery("bearer"), RECORD.alias("under")
    sums = {name: func.sum(case((where, 1), else_=0)).label(name) for name, where in _cases(counted, bearer, under)}
    return (
        select(*(one for one in bearer.c if one.name != "access"), *sums.values())
        .select_from(bearer)
        .outerjoin(under, _is_under(counted, bearer, under))
        .group_by(*bearer.c)
    )


def _bearers(
    connection: Connection, account_id: Accounts, counted: Counted, thread_ids: Sequence[str] | None
) -> Select[Any]:
    """Records that bear the number. The list of what answers one may have been read by itself, or with its thread."""
    bearer, first = RECORD.alias("counting"), RECORD.alias("first")
    mine = bearer.c.read_at.is_not(None) & (first.c.read_at.is_(None) | (bearer.c.read_at >= first.c.read_at))
    query = (
        select(
            bearer.c.id,
            bearer.c.thread_id,
            bearer.c.access,
            bearer.c.counted,
            bearer.c.counted_at,
            case((mine, bearer.c.read_at), else_=first.c.read_at).label("read_at"),
            case((mine, bearer.c.read_whole), else_=first.c.read_whole).label("read_whole"),
        )
        .join(first, first.c.id == bearer.c.thread_id)
        .where(*_bears(counted, bearer, first))
        .limit(_ALL)
    )
    if thread_ids is None:
        return query.where(_of(connection, bearer.c.account_id, account_id), bearer.c.differs.is_(True))
    # Of few threads of a large account: not to be found by reading all that the account has.
    query = query.where(_of(connection, func.coalesce(bearer.c.account_id, ""), account_id))
    return query.where(bearer.c.counted.is_not(None), bearer.c.thread_id.in_(thread_ids))


def _bears(counted: Counted, bearer: FromClause, first: FromClause) -> list[ColumnElement[bool]]:
    """Where the number means something: in threads that the account began, and under its own answers elsewhere; only
    there the answers are read. What is gone is not asked about any more."""
    conditions: list[ColumnElement[bool]] = [
        bearer.c.kind.in_(sorted(counted.on)),
        bearer.c.state.not_in(sorted(GONE)),
        first.c.state.not_in(sorted(GONE)),
    ]
    if counted.of is Extent.ANSWERS:
        own = select(Account.platform_id).where(Account.id == bearer.c.account_id).scalar_subquery()
        conditions.append(or_(first.c.kind == RecordKind.POST.value, bearer.c.author_id == own))
    return conditions


def _of(connection: Connection, column: ColumnElement[str], account: Accounts) -> ColumnElement[bool]:
    return column == account if isinstance(account, str) else among(connection, column, account)


def _is_under(counted: Counted, bearer: FromClause, under: FromClause) -> ColumnElement[bool]:
    answers = under.c.kind != RecordKind.SETTINGS.value  # such as who may reply to it, which nobody counts
    if counted.of is Extent.ANSWERS:
        return and_(under.c.parent_id == bearer.c.id, answers)
    return and_(under.c.thread_id == bearer.c.id, under.c.id != bearer.c.id, answers)


def _cases(counted: Counted, bearer: FromClause, under: FromClause) -> Iterable[tuple[str, ColumnElement[bool]]]:
    """What is counted as what. Every record is one of them."""
    stands = under.c.state.in_(sorted({State.VISIBLE, *counted.states}))
    seen = true() if counted.private else _is_seen(under, bearer.c.access)
    before = under.c.first_seen_at <= bearer.c.counted_at
    yield "standing", and_(stands, seen, before)
    yield "since", and_(stands, seen, ~before)
    for name, states in _GROUPS.items():
        yield name, under.c.state.in_(sorted(states - counted.states))
    yield "private", false() if counted.private else and_(stands, ~seen)


def _is_seen(under: FromClause, access: ColumnElement[str]) -> ColumnElement[bool]:
    """Whether whoever sees the record that bears the number sees what is under it."""
    return or_(under.c.access == AccessClass.PUBLIC.value, under.c.access == access)


# What the account published -----------------------------------------------------------------------------------------


def _profiles(connection: Connection, account_ids: Sequence[str]) -> dict[str, Row[Any]]:
    """The profile of each account that was last counted on."""
    mine = (among(connection, RECORD.c.account_id, account_ids), RECORD.c.kind == RecordKind.PROFILE.value)
    query = select(RECORD).where(*mine, RECORD.c.counted.is_not(None)).order_by(RECORD.c.counted_at.desc())
    found: dict[str, Row[Any]] = {}
    for row in connection.execute(query):
        found.setdefault(row.account_id, row)
    return found


def _own(connection: Connection, account_ids: Sequence[str], counted: Counted) -> Iterator[tuple[Row[Any], Facts]]:
    """What is known of each account's own posts, with the profile that bears the number."""
    profiles = _profiles(connection, account_ids)
    if not profiles:
        return
    bearer = RECORD.alias("bearer")
    since = RECORD.c.first_seen_at > bearer.c.counted_at
    query = (
        select(RECORD.c.account_id, RECORD.c.state, RECORD.c.access, since, func.count())
        .join(Account, and_(Account.id == RECORD.c.account_id, Account.platform_id == RECORD.c.author_id))
        .join(bearer, bearer.c.account_id == RECORD.c.account_id)
        .where(among(connection, bearer.c.id, [one.id for one in profiles.values()]))
        .where(RECORD.c.kind.in_(sorted(counted.kinds)))
        .group_by(RECORD.c.account_id, RECORD.c.state, RECORD.c.access, since)
    )
    sums = {account_id: dict.fromkeys(_COUNTS, 0) for account_id in profiles}
    for account_id, state, access, later, number in connection.execute(query):
        seen_as = profiles[account_id].access
        sums[account_id][_group(counted, State(state), access, seen_as, later=bool(later))] += number
    reach = reached(connection, list(profiles))
    for account_id, profile in profiles.items():
        lists = [one for one in reach.get(account_id, ()) if one.stream == Stream.POSTS.value]
        yield (
            profile,
            Facts(
                number=profile.counted,
                number_at=profile.counted_at,
                read_at=max((one.looked_at for one in lists), default=None),
                read_whole=bool(lists) and all(one.since is None for one in lists),
                **sums[account_id],
            ),
        )


def _group(counted: Counted, state: State, access: str, seen_as: str, *, later: bool) -> str:
    if state is State.VISIBLE or state in counted.states:
        if not counted.private and access not in (AccessClass.PUBLIC.value, seen_as):
            return "private"
        return "since" if later else "standing"
    return next(name for name, states in _GROUPS.items() if state in states)
