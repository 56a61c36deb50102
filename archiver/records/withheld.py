"""What of a public record is known only from answers that not everybody could see (decision 9): the words of a comment
that was edited while it was hidden, and that it was hidden.

A version is public where an occurrence that shows any of it stands in a public segment. A state is where a public
exchange is among its evidence, or a public occurrence shows it; that a public record was visible tells nothing.
Conditions in SQL, so that they are part of the query that counts and lists.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    FromClause,
    Select,
    Text,
    and_,
    case,
    cast,
    func,
    literal_column,
    or_,
    select,
    true,
    type_coerce,
)
from sqlalchemy.dialects.postgresql import JSON

from archiver.capture.models import Exchange, Segment
from archiver.database import Instant, among
from archiver.records.moments import Sight
from archiver.records.seeing import of_part
from archiver.records.stored import OCCURRENCE, RECORD, STATE, VERSION, table
from archiver.viewing import PUBLIC, Viewer
from connectors.contract import AccessClass, State

_EXCHANGE, _SEGMENT = table(Exchange), table(Segment)
#: Segments that everybody may read: public exchanges, and the files of public records.
OPEN = (AccessClass.PUBLIC.value, AccessClass.MEDIA.value)

#: What is kept of an occurrence without its words begins so: JSON in the database is compact, its keys sorted.
_WORDLESS = '{"content":{}%'


def in_public(exchange_id: ColumnElement[str]) -> ColumnElement[bool]:
    """Whether an exchange stands in a segment that everybody may read."""
    exchange, segment = _EXCHANGE.alias(), _SEGMENT.alias()
    joined = exchange.join(segment, segment.c.id == exchange.c.segment_id)
    found = select(exchange.c.id).select_from(joined).where(exchange.c.id == exchange_id, segment.c.access.in_(OPEN))
    return found.exists()


def open_among(connection: Connection, exchange_ids: Collection[str]) -> set[str]:
    """Which of these exchanges stand in segments that everybody may read."""
    if not exchange_ids:
        return set()
    these = among(connection, _EXCHANGE.c.id, [*exchange_ids])
    return set(connection.scalars(select(_EXCHANGE.c.id).where(these, in_public(_EXCHANGE.c.id))))


def public_version(version: FromClause = VERSION, since: datetime | None = None) -> ColumnElement[bool]:
    """Whether a public occurrence (``since`` then) says what a version says. One without its words says nothing of it:
    it stands in whatever version was there, be it one that was seen in private alone."""
    seen = OCCURRENCE.alias()
    same = and_(seen.c.record_id == version.c.record_id, seen.c.version_id == version.c.id, _shows(seen))
    same = same if since is None else and_(same, seen.c.observed_at >= since)
    return select(seen.c.position).where(same, in_public(seen.c.exchange_id)).exists()


def public_state(connection: Connection, state: FromClause = STATE) -> ColumnElement[bool]:
    """Whether a state is known from what everybody could see."""
    seen = OCCURRENCE.alias()
    same = and_(seen.c.record_id == state.c.record_id, seen.c.state == state.c.state)
    shown = select(seen.c.position).where(same, in_public(seen.c.exchange_id)).exists()
    named = _evidence(connection, state)
    proven = select(literal_column("1")).select_from(named).where(in_public(named.c.value)).exists()
    return or_(state.c.state == State.VISIBLE.value, shown, proven)


def withheld(connection: Connection, record: FromClause = RECORD) -> ColumnElement[bool]:
    """Whether anything of a public record may not be shown to who sees public things only."""
    version, state = VERSION.alias(), STATE.alias()
    unsaid = select(version.c.id).where(version.c.record_id == record.c.id, ~public_version(version)).exists()
    unshown = select(state.c.number).where(state.c.record_id == record.c.id, ~public_state(connection, state)).exists()
    return and_(record.c.access == PUBLIC, or_(unsaid, unshown))


def withheld_among(connection: Connection, record_ids: Collection[str]) -> set[str]:
    """Which of these records it is true of. One small query where their accounts hold nothing but public segments."""
    these = [*record_ids]
    if not looked_at_in_private(connection, these):
        return set()
    found = select(RECORD.c.id).where(among(connection, RECORD.c.id, these), withheld(connection))
    return set(connection.scalars(found))


def looked_at_in_private(connection: Connection, record_ids: Collection[str]) -> bool:
    """Whether anything was ever stored of the accounts of these records that not everybody could see. If not, all that
    is known of them is what everybody saw."""
    if not record_ids:
        return False
    accounts = select(RECORD.c.account_id).where(among(connection, RECORD.c.id, [*record_ids])).distinct()
    return _is_closed(connection, _SEGMENT.c.account_id.in_(accounts))


def is_looked_at_in_private(connection: Connection, account_id: str) -> bool:
    """The same of one account."""
    return _is_closed(connection, _SEGMENT.c.account_id == account_id)


def _is_closed(connection: Connection, whose: ColumnElement[bool]) -> bool:
    closed = select(_SEGMENT.c.id).where(whose, _SEGMENT.c.access.not_in(OPEN))
    return connection.execute(closed.limit(1)).first() is not None


def shown_to_all_by(at: datetime, record: FromClause = RECORD) -> ColumnElement[bool]:
    """Whether what everybody could see had shown a record by a moment."""
    seen = OCCURRENCE.alias()
    by_then = and_(seen.c.record_id == record.c.id, seen.c.observed_at <= at)
    return select(seen.c.position).where(by_then, in_public(seen.c.exchange_id)).exists()


def seen_in_public(connection: Connection, record_ids: Collection[str]) -> dict[str, tuple[datetime, datetime]]:
    """When each of these records was first and last seen in what everybody could see, where it was."""
    until = func.coalesce(OCCURRENCE.c.seen_in_public_at, OCCURRENCE.c.observed_at)
    times = (func.min(OCCURRENCE.c.observed_at).label("first"), func.max(until).label("last"))
    query = select(OCCURRENCE.c.record_id, *times).group_by(OCCURRENCE.c.record_id)
    these = among(connection, OCCURRENCE.c.record_id, [*record_ids])
    found = connection.execute(query.where(these, in_public(OCCURRENCE.c.exchange_id))) if record_ids else ()
    return {row.record_id: (row.first, row.last) for row in found}


def versions_seen_in_public(connection: Connection, record_id: str) -> dict[str, tuple[datetime, datetime]]:
    """The same of each version of a record; not where its platform's history alone tells of it."""
    until = func.coalesce(OCCURRENCE.c.seen_in_public_at, OCCURRENCE.c.observed_at)
    times = (func.min(OCCURRENCE.c.observed_at).label("first"), func.max(until).label("last"))
    query = select(OCCURRENCE.c.version_id, *times).group_by(OCCURRENCE.c.version_id)
    mine = (OCCURRENCE.c.record_id == record_id, ~OCCURRENCE.c.retrospective, _shows(OCCURRENCE))
    query = query.where(in_public(OCCURRENCE.c.exchange_id))
    return {row.version_id: (row.first, row.last) for row in connection.execute(query.where(*mine))}


def version_in_public_since(version: FromClause = VERSION) -> ColumnElement[Any]:
    """When what everybody could see first showed a version, in SQL; null where nothing did. It was perhaps seen in
    private before, and that time is no public one."""
    seen = OCCURRENCE.alias()
    same = and_(seen.c.version_id == version.c.id, seen.c.record_id == version.c.record_id, ~seen.c.retrospective)
    return _time(func.min(seen.c.observed_at), and_(same, _shows(seen)), seen)


def state_in_public_since(state: FromClause = STATE) -> ColumnElement[Any]:
    """The same of a state. One that nothing showed was concluded, and its time is that of its evidence; that a record
    is visible is never concluded."""
    concluded = case((state.c.state != State.VISIBLE.value, state.c.from_at))
    return func.coalesce(_state_in_public(state, func.min, ("observed_at", "seen_in_public_at")), concluded)


def state_in_public_until(state: FromClause = STATE) -> ColumnElement[Any]:
    """When what everybody could see last showed a state; null where nothing did."""
    return _state_in_public(state, func.max, ("seen_in_public_at", "observed_at"))


def _state_in_public(
    state: FromClause, chosen: Callable[[Any], ColumnElement[Any]], names: tuple[str, str]
) -> ColumnElement[Any]:
    seen = OCCURRENCE.alias()
    first, other = (seen.c[name] for name in names)
    within = [one.between(state.c.from_at, state.c.last_at) for one in (first, other)]
    same = and_(seen.c.record_id == state.c.record_id, seen.c.state == state.c.state, ~seen.c.retrospective)
    return _time(chosen(case((within[0], first), else_=other)), and_(same, or_(*within)), seen)


def _time(chosen: ColumnElement[Any], where: ColumnElement[bool], seen: FromClause) -> ColumnElement[Any]:
    query = select(type_coerce(chosen, Instant)).where(where, in_public(seen.c.exchange_id))
    return query.scalar_subquery()


def record_in_public_since(record: FromClause = RECORD) -> ColumnElement[Any]:
    """The same of a record."""
    seen = OCCURRENCE.alias()
    return _time(func.min(seen.c.observed_at), seen.c.record_id == record.c.id, seen)


def times_of(viewer: Viewer) -> Callable[[ColumnElement[Any], ColumnElement[Any]], ColumnElement[Any]]:
    """Of a time of a row that is joined with its record, what a viewer may know: to who sees what is public, when
    everybody could see it (the second). When an owner's token was first shown it, is no public time. Of accounts of
    which nothing private is stored both are the same."""
    if not any(part.only_public for part in viewer.parts):
        return lambda at, in_public: at
    open_to_them = [of_part(part) for part in viewer.parts if not part.only_public]
    same = or_(RECORD.c.account_id.not_in(closed_accounts()), *open_to_them)
    return lambda at, in_public: type_coerce(case((same, at), else_=in_public), Instant)


def is_told(connection: Connection, viewer: Viewer) -> ColumnElement[bool]:
    """Whether a viewer may know of changes of a record. Where part of it is held back from them, a change may tell of
    that part, by its time alone."""
    if not any(part.only_public for part in viewer.parts):
        return true()
    return or_(~withheld(connection), *(of_part(part) for part in viewer.parts if not part.only_public))


def closed_accounts() -> Select[tuple[str]]:
    """Accounts of which anything is stored that not everybody could see."""
    return select(_SEGMENT.c.account_id).where(_SEGMENT.c.access.not_in(OPEN)).distinct()


def states_seen_in_public(connection: Connection, record_id: str) -> list[Sight]:
    """In which states what everybody could see showed a record, and when, as far as it is kept."""
    names = ("state", "observed_at", "seen_in_public_at")
    query = select(*(OCCURRENCE.c[name] for name in names)).where(OCCURRENCE.c.record_id == record_id)
    rows = connection.execute(query.where(~OCCURRENCE.c.retrospective, in_public(OCCURRENCE.c.exchange_id)))
    return [Sight(row.state, at) for row in rows for at in (row.observed_at, row.seen_in_public_at) if at is not None]


def _shows(seen: FromClause) -> ColumnElement[bool]:
    """Whether an occurrence shows anything of its version (:func:`archiver.records.versions.shows`)."""
    own = type_coerce(seen.c.partial, Text)
    return or_(own.is_(None), own.not_like(_WORDLESS))


def _evidence(connection: Connection, state: FromClause) -> FromClause:
    """The ids of exchanges that a state names, a row each."""
    if connection.dialect.name == "sqlite":
        return func.json_each(cast(state.c.evidence, Text)).table_valued("value").alias()
    return func.json_array_elements_text(cast(cast(state.c.evidence, Text), JSON)).table_valued("value").alias()
