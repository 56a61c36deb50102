"""What of a public record is known only from answers that not everybody could see (decision 9): the words of a comment
that was edited while it was hidden, and that it was hidden.

A version is public where an occurrence that shows any of it stands in a public segment; a state where an answer that
everybody could have got shows it, or where they could have got every answer that it was concluded from. That a public
record was visible before anything else was seen of it tells nothing. Both are stored with the rows, and with them from
when to when everybody could see it: :mod:`archiver.records.versions` and :mod:`archiver.records.states` are the rule.
Conditions in SQL, so that they are part of the query that counts and lists.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, FromClause, Text, and_, case, or_, select, true, type_coerce

from archiver.capture.models import Segment
from archiver.database import among
from archiver.records.seeing import of_part
from archiver.records.stored import OCCURRENCE, OPEN, RECORD, STATE, VERSION, in_public, table
from archiver.viewing import PUBLIC, Viewer
from connectors.contract import State

_SEGMENT = table(Segment)
#: Made once, not for each condition: an alias makes all columns of its table anew, which took longer than the queries.
_SEEN, _VERSION, _STATE = OCCURRENCE.alias(), VERSION.alias(), STATE.alias()
#: What is kept of an occurrence without its words begins so: JSON in the database is compact, its keys sorted.
_WORDLESS = '{"content":{}%'


def public_version(version: FromClause = VERSION) -> ColumnElement[bool]:
    """Whether what everybody could see says any of what a version says."""
    return version.c.public.is_(true())


def public_version_since(version: FromClause, since: datetime) -> ColumnElement[bool]:
    """Whether a public occurrence since then says what a version says. One without its words says nothing of it: it
    stands in whatever version was there, be it one that was seen in private alone."""
    same = and_(_SEEN.c.record_id == version.c.record_id, _SEEN.c.version_id == version.c.id, _shows(_SEEN))
    found = select(_SEEN.c.position).where(same, _SEEN.c.observed_at >= since, in_public(_SEEN.c.exchange_id))
    return found.exists()


def public_state(state: FromClause = STATE) -> ColumnElement[bool]:
    """Whether a state is known from what everybody could see, or tells nothing that they did not know."""
    first = and_(state.c.state == State.VISIBLE.value, state.c.number == 1)
    return or_(state.c.public_from_at.is_not(None), first)


def withheld(record: FromClause = RECORD) -> ColumnElement[bool]:
    """Whether anything of a public record may not be shown to who sees public things only."""
    unsaid = select(_VERSION.c.id).where(_VERSION.c.record_id == record.c.id, ~public_version(_VERSION)).exists()
    unshown = select(_STATE.c.number).where(_STATE.c.record_id == record.c.id, ~public_state(_STATE)).exists()
    return and_(record.c.access == PUBLIC, or_(unsaid, unshown))


def withheld_among(connection: Connection, record_ids: Collection[str]) -> set[str]:
    """Which of these records it is true of. One small query where their accounts hold nothing but public segments."""
    these = [*record_ids]
    if not looked_at_in_private(connection, these):
        return set()
    found = select(RECORD.c.id).where(among(connection, RECORD.c.id, these), withheld())
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


def times_of(viewer: Viewer) -> Callable[[ColumnElement[Any], ColumnElement[Any]], ColumnElement[Any]]:
    """Of what a row that is joined with its record says to who sees everything of it, and to who sees what is public
    (the second): what it says to a viewer. When an owner's token was first shown something is no public time."""
    if not any(part.only_public for part in viewer.parts):
        return lambda to_whom_all, to_all: to_whom_all
    whole = [of_part(part) for part in viewer.parts if not part.only_public]
    if not whole:
        return lambda to_whom_all, to_all: to_all
    return lambda to_whom_all, to_all: type_coerce(case((or_(*whole), to_whom_all), else_=to_all), to_all.type)


def is_told(viewer: Viewer) -> ColumnElement[bool]:
    """Whether a viewer may know of changes of a record. Where part of it is held back from them, a change may tell of
    that part, by its time alone."""
    if not any(part.only_public for part in viewer.parts):
        return true()
    return or_(~withheld(), *(of_part(part) for part in viewer.parts if not part.only_public))


def _shows(seen: FromClause) -> ColumnElement[bool]:
    """Whether an occurrence shows anything of its version (:func:`archiver.records.versions.shows`)."""
    own = type_coerce(seen.c.partial, Text)
    return or_(own.is_(None), own.not_like(_WORDLESS))
