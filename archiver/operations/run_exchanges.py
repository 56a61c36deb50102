"""The stored exchanges of a run, for people: what was asked and what came, whether it shows a record or not.

Who may look: whoever sees all of the account. Who sees what is private of it but no messages is shown what was asked
for and shows nothing but records that they see; everybody else, of that, what stands in a segment that everybody may
read. What is left out is neither counted nor numbered.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, Select, and_, false, func, not_, or_, select

from archiver.capture.models import Exchange, Run, Segment
from archiver.capture.reading import LINK
from archiver.errors import NotFound
from archiver.operations.exchange_page import StoredAt, stored
from archiver.records.models import Medium, Occurrence, Record
from archiver.records.seeing import allowed
from archiver.records.stored import OPEN
from archiver.viewing import PUBLIC, Viewer
from connectors.contract import Stream

NO_SUCH: Final = "there is no such stored answer of this run"


@dataclass(frozen=True, slots=True)
class ExchangeRow:
    """One exchange in the list. ``size``: bytes as stored, with what is known of it; ``records``: those of them that
    the viewer sees."""

    id: str
    method: str | None
    uri: str
    status: int | None
    received_at: datetime
    size: int
    records: int
    problem: str | None


def listed(
    connection: Connection, viewer: Viewer, run_id: str, whole: Collection[str], *, limit: int, after: str | None = None
) -> list[ExchangeRow]:
    """Exchanges of a run in the order they were asked. ``whole``: accounts of which the viewer may know everything;
    ``after``: id of the last on the page before.

    Raises:
        NotFound: there is no such place in the list, or not for this viewer.
    """
    seen = _seen(connection, viewer, run_id, whole)
    if after is not None:
        ordinal = connection.execute(_query(Exchange.ordinal).where(Exchange.id == after, *seen)).scalar_one_or_none()
        if ordinal is None:
            raise NotFound("that page of the list does not exist; begin at the first")
        seen = [*seen, or_(Exchange.ordinal > ordinal, and_(Exchange.ordinal == ordinal, Exchange.id > after))]
    size = Exchange.facts_offset + Exchange.facts_length - Exchange.offset
    names = (Exchange.id, Exchange.method, Exchange.uri, Exchange.status, Exchange.received_at, Exchange.problem)
    query = _query(*names, size.label("size")).where(*seen).order_by(Exchange.ordinal, Exchange.id).limit(limit)
    rows = connection.execute(query).mappings().all()
    counts = _records(connection, viewer, [row["id"] for row in rows])
    return [ExchangeRow(**row, records=counts.get(row["id"], 0)) for row in rows]


def find(
    connection: Connection, viewer: Viewer, run_id: str, exchange_id: str, whole: Collection[str]
) -> tuple[StoredAt, list[str]]:
    """One of them, and the records in it that the viewer sees, at most a hundred.

    Raises:
        NotFound: there is none, or not for this viewer: the two read the same.
    """
    query = stored().where(Exchange.id == exchange_id, *_seen(connection, viewer, run_id, whole))
    row = connection.execute(query).mappings().one_or_none()
    if row is None:
        raise NotFound(NO_SUCH)
    shown = _shown(viewer, Record.id).where(Occurrence.exchange_id == exchange_id).distinct().order_by(Record.id)
    return StoredAt(**row, place=None), list(connection.scalars(shown.limit(100)))


def _query(*columns: Any) -> Select[Any]:
    return select(*columns).join(Segment, Segment.id == Exchange.segment_id)


def _shown(viewer: Viewer, *columns: Any) -> Select[Any]:
    joined = select(*columns).select_from(Occurrence).join(Record, Record.id == Occurrence.record_id)
    return joined.where(*allowed(viewer))


def _records(connection: Connection, viewer: Viewer, exchange_ids: list[str]) -> dict[str, int]:
    each = Occurrence.exchange_id
    query = _shown(viewer, each, func.count(Record.id.distinct())).where(each.in_(exchange_ids)).group_by(each)
    return {row[0]: row[1] for row in connection.execute(query)}


def _seen(connection: Connection, viewer: Viewer, run_id: str, whole: Collection[str]) -> list[ColumnElement[bool]]:
    """Conditions on exchanges and their segments."""
    account_id = connection.execute(select(Run.account_id).where(Run.id == run_id)).scalar()
    of_it = Exchange.run_id == run_id
    if account_id is None or not viewer.sees(account_id):
        return [false()]
    return [of_it] if account_id in whole else [of_it, *_in_part(viewer, account_id)]


def _in_part(viewer: Viewer, account_id: str) -> Iterator[ColumnElement[bool]]:
    here = [part for part in viewer.parts if part.accounts is None or account_id in part.accounts]
    yield Exchange.stream != Stream.MESSAGES.value
    # (Where a link of some record leads is told with the record.)
    yield Exchange.purpose != LINK
    for table in (Occurrence, Medium):
        other = select(table.exchange_id).join(Record, Record.id == table.record_id)
        yield ~other.where(table.exchange_id == Exchange.id, not_(and_(*allowed(viewer)))).exists()
    if viewer.sees_private_of(account_id):
        # (What was pushed, imported or brought may hold messages that no record tells of.)
        yield or_(Segment.access.in_(OPEN), Exchange.method.is_not(None))
    elif any(part.access is not None and PUBLIC in part.access for part in here):
        yield Segment.access.in_(OPEN)
    else:
        yield false()
