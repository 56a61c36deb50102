"""What stands under records that bear a number of their platform, and what an account published, counted in SQL.

The queries look only into threads that bear the mark of :mod:`archiver.records.differing`, and there count by an index,
without reading records. They repeat the rule of :func:`archiver.records.completeness.explain` in SQL to put the largest
first, and a test holds the two together.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
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
from archiver.capture.standing import reached
from archiver.database import among
from archiver.records.completeness import Facts
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
_ALL = 2**31 - 1
"""A bound that is none, so that a database finds the few records that matter first and only then what is under them."""
_COUNTS = ("standing", "since", *_GROUPS, "private")


def facts_of(row: Row[Any]) -> Facts:
    """What a row of :func:`facts` says."""
    return Facts(
        number=row.counted,
        number_at=row.counted_at,
        read_at=row.read_at,
        read_whole=bool(row.read_whole),
        **{name: int(getattr(row, name)) for name in _COUNTS},
    )


def firsts(thread_ids: Iterable[str]) -> Select[Any]:
    """First records of threads, with what they say."""
    return (
        select(RECORD.c.id, RECORD.c.created_at, VERSION.c.text)
        .join(VERSION, VERSION.c.id == RECORD.c.version_id)
        .where(RECORD.c.id.in_(list(thread_ids)))
    )


def edited(thread_ids: Iterable[str]) -> Select[Any]:
    """How many records of each thread have several versions, but for the first."""
    return (
        select(RECORD.c.thread_id, func.count())
        .where(RECORD.c.thread_id.in_(list(thread_ids)), RECORD.c.versions > 1, RECORD.c.id != RECORD.c.thread_id)
        .group_by(RECORD.c.thread_id)
    )


def in_plain_sight(connection: Connection, account_id: str, counted: Counted) -> Select[int]:
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


def threads(connection: Connection, account_id: Accounts, counted: Counted) -> Select[Any]:
    """Each thread in which something differs, with how much is not explained, and how much is: the rule of
    :func:`explain` in SQL."""
    of = facts(connection, account_id, counted, None).subquery()
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


def facts(
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


def _profiles(connection: Connection, account_ids: Sequence[str]) -> dict[str, Row[Any]]:
    """The profile of each account that was last counted on."""
    mine = (among(connection, RECORD.c.account_id, account_ids), RECORD.c.kind == RecordKind.PROFILE.value)
    query = select(RECORD).where(*mine, RECORD.c.counted.is_not(None)).order_by(RECORD.c.counted_at.desc())
    found: dict[str, Row[Any]] = {}
    for row in connection.execute(query):
        found.setdefault(row.account_id, row)
    return found


def own(connection: Connection, account_ids: Sequence[str], counted: Counted) -> Iterator[tuple[Row[Any], Facts]]:
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
        sums[account_id][group(counted, State(state), access, seen_as, later=bool(later))] += number
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


def group(counted: Counted, state: State, access: str, seen_as: str, *, later: bool) -> str:
    """As what a record is counted."""
    if state is State.VISIBLE or state in counted.states:
        if not counted.private and access not in (AccessClass.PUBLIC.value, seen_as):
            return "private"
        return "since" if later else "standing"
    return next(name for name, states in _GROUPS.items() if state in states)
