"""Statements on moderation as somebody sees them.

Whoever sees none of the records that a statement is about does not see the statement. Names and free words of it are
shown to whoever sees what only the account's owner sees, and every one of its records; and to whoever wrote them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal

from sqlalchemy import ColumnElement, Connection, RowMapping, select

from archiver.database import among
from archiver.errors import NotFound
from archiver.evidence.matter_facts import ModerationSays
from archiver.moderation.conditions import ITEM, STATEMENT, about, current, unseen
from archiver.records.seeing import allowed, only_public
from archiver.records.stored import RECORD, STATE, VERSION
from archiver.records.withheld import times_of, withheld_among
from archiver.viewing import Viewer

_Row = Mapping[Any, Any] | RowMapping
Appeal = Literal["", "any", "open"]
NO_SUCH: Final = "there is no such statement"
#: Fields that may name people or tell what is private.
PRIVATE: Final = ("actor_name", "against", "matter", "words", "notice", "appeal", "decided_by")


@dataclass(frozen=True, slots=True)
class Told:
    """One record of a statement, and the change that it is about."""

    record_id: str
    change: str
    seen: str | None
    at: datetime | None
    """When the archive saw the change, as far as the reader may know; None: not seen."""
    number: int | None = None
    """Of the version, or of the state, that the change is."""


@dataclass(frozen=True, slots=True)
class StatementView:
    """A statement, as far as somebody sees it."""

    id: str
    act_id: str
    account_id: str
    entered_at: datetime
    void: bool
    by: str | None
    why: str | None
    says: ModerationSays
    """Without what is not shown."""
    records: tuple[Told, ...]
    """Those that are seen."""
    whole: bool
    """Whether all of it is shown."""
    mine: bool

    @property
    def unseen(self) -> bool:
        """Whether a change that it tells of was not seen."""
        return any(one.at is None for one in self.records)


def of_records(
    connection: Connection, viewer: Viewer, person_id: str | None, record_ids: Collection[str]
) -> dict[str, list[StatementView]]:
    """What is said now of each of these records, in the order of entering."""
    if not record_ids:
        return {}
    named = select(ITEM.c.act_id).where(among(connection, ITEM.c.record_id, [*record_ids]))
    rows = _rows(connection, STATEMENT.c.act_id.in_(named), current())
    found: defaultdict[str, list[StatementView]] = defaultdict(list)
    for view in _views(connection, viewer, person_id, rows):
        for record_id in dict.fromkeys(one.record_id for one in view.records):
            found[record_id].append(view)
    return found


def listed(
    connection: Connection,
    viewer: Viewer,
    person_id: str | None,
    *,
    account_id: str | None = None,
    limit: int = 50,
    before: int | None = None,
    only_unseen: bool = False,
    appeal: Appeal = "",
) -> list[tuple[int, StatementView]]:
    """What is said now, newest first, with the place of each in the list. ``only_unseen``: that tells of a change which
    the archive has not seen, of a record that the viewer sees. ``appeal``: against which somebody appealed, ``open``:
    and nobody has decided."""
    found: list[tuple[int, StatementView]] = []
    ids = viewer.account_ids
    while len(found) < limit:
        where = [current()]
        where += [] if ids is None else [STATEMENT.c.account_id.in_(sorted(ids))]
        where += [] if account_id is None else [STATEMENT.c.account_id == account_id]
        where += [] if before is None else [STATEMENT.c.number < before]
        where += [unseen()] if only_unseen else []
        query = select(STATEMENT).where(*where).order_by(STATEMENT.c.number.desc()).limit(limit)
        rows = connection.execute(query).mappings().all()
        if not rows:
            break
        numbers = {row["act_id"]: row["number"] for row in rows}
        views = _views(connection, viewer, person_id, rows)
        wanted = (one for one in views if (one.unseen or not only_unseen) and _appealed(one, appeal))
        found += [(numbers[one.act_id], one) for one in wanted]
        before = rows[-1]["number"]
    return sorted(found, key=lambda one: -one[0])[:limit]


def _appealed(one: StatementView, appeal: Appeal) -> bool:
    says = one.says
    return not appeal or (says.appeal_on is not None and (appeal == "any" or says.decided_on is None))


def one(connection: Connection, viewer: Viewer, person_id: str | None, moderation_id: str) -> list[StatementView]:
    """Everything that was said of an act of moderation, the last first.

    Raises:
        NotFound: nothing was, or nothing that this viewer sees.
    """
    rows = _rows(connection, STATEMENT.c.moderation_id == moderation_id)
    views = _views(connection, viewer, person_id, rows)
    if not views or views[-1].act_id != rows[-1]["act_id"]:
        raise NotFound(NO_SUCH)
    return views[::-1]


def _rows(connection: Connection, *where: ColumnElement[bool]) -> Sequence[_Row]:
    return connection.execute(select(STATEMENT).where(*where).order_by(STATEMENT.c.number)).mappings().all()


def _views(connection: Connection, viewer: Viewer, person_id: str | None, rows: Sequence[_Row]) -> list[StatementView]:
    seen = seen_records(connection, viewer, {each["record"] for row in rows for each in row["says"]["records"]})
    times = _times(connection, viewer, [row["act_id"] for row in rows])
    views = (_view(row, viewer, person_id, seen, times) for row in rows)
    return [one for one in views if one is not None]


def seen_records(connection: Connection, viewer: Viewer, record_ids: Collection[str]) -> set[str]:
    """Which of these records somebody sees, and may know the changes of: of a record of which part is held back from
    them, what was done may tell of that part."""
    if not record_ids:
        return set()
    query = select(RECORD.c.id, RECORD.c.account_id).where(among(connection, RECORD.c.id, [*record_ids]))
    found = {row.id: row.account_id for row in connection.execute(query.where(*allowed(viewer)))}
    closed = [record_id for record_id, account_id in found.items() if only_public(viewer, account_id)]
    return found.keys() - withheld_among(connection, closed)


def _times(
    connection: Connection, viewer: Viewer, act_ids: Sequence[str]
) -> dict[tuple[str, int], tuple[datetime | None, int]]:
    """By act and position: when the change that an item is about was seen, and its number."""
    found: dict[tuple[str, int], tuple[datetime | None, int]] = {}
    known = times_of(viewer)
    for rows, at in (
        (STATE, known(STATE.c.from_at, STATE.c.public_from_at)),
        (VERSION, known(VERSION.c.first_seen_at, VERSION.c.public_first_at)),
    ):
        query = select(ITEM.c.act_id, ITEM.c.position, at.label("at"), rows.c.number)
        joined = ITEM.join(rows, about(rows, ITEM)).join(RECORD, RECORD.c.id == rows.c.record_id)
        query = query.select_from(joined).where(rows.c.number > 1)
        for row in connection.execute(query.where(among(connection, ITEM.c.act_id, [*act_ids]))):
            found[row.act_id, row.position] = (row.at, row.number)
    return found


def _view(
    row: _Row,
    viewer: Viewer,
    person_id: str | None,
    seen: Collection[str],
    times: Mapping[tuple[str, int], tuple[datetime | None, int]],
) -> StatementView | None:
    says = row["says"]
    mine = person_id is not None and row["by_id"] == person_id
    if not viewer.sees(row["account_id"]):
        return None
    records = tuple(
        Told(one["record"], one["change"], one["seen"], *times.get((row["act_id"], position), (None, None)))
        for position, one in enumerate(says["records"])
        if one["record"] in seen
    )
    private = viewer.sees_private_of(row["account_id"])
    if not records and not (private or mine):
        return None
    if says["records"] and not records:
        return None
    whole = len(records) == len(says["records"]) and (private or mine)
    shown = says if whole else {**says, **dict.fromkeys(PRIVATE)}
    kept = {one.record_id for one in records}
    shown = {**shown, "records": [one for one in says["records"] if one["record"] in kept]}
    return StatementView(
        row["moderation_id"],
        row["act_id"],
        row["account_id"],
        row["entered_at"],
        row["void"],
        row["by"] if whole else None,
        row["why"] if whole else None,
        ModerationSays.model_validate(shown),
        records,
        whole,
        mine,
    )
