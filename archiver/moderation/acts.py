"""Acts on moderation and the rows that are made from them: a statement, and one for each record."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, insert, select

from archiver import clock
from archiver.evidence.act import Act
from archiver.evidence.act_types import ActKind
from archiver.evidence.stated import Statements, entered
from archiver.moderation.matching import fits_of
from archiver.moderation.models import ModerationItem, ModerationStatement
from archiver.moderation.words import Stage
from archiver.records.stored import table

STATEMENTS: Final = Statements(
    table(ModerationStatement), ActKind.MODERATION_STATED, "moderation_id", along=(table(ModerationItem),)
)
record_all = STATEMENTS.record_all


def apply(connection: Connection, act: Act) -> None:
    """Add the rows of an act where they are not there."""
    if STATEMENTS.apply(connection, act) and (items := _items(act, _first_entered(connection, act))):
        connection.execute(insert(ModerationItem), items)


def _first_entered(connection: Connection, act: Act) -> datetime:
    """When anything was first said of this act of moderation: a correction does not make it begin later."""
    mine = ModerationStatement.moderation_id == act.subject_id
    said: list[datetime] = [*connection.scalars(select(ModerationStatement.entered_at).where(mine))]
    return min([entered(act), *said])


def _items(act: Act, first: datetime) -> list[dict[str, Any]]:
    says, begins = act.facts["says"], first
    if says["stage"] != Stage.ANNOUNCED and says["at"] is not None:
        begins = min(first, clock.from_text(says["at"]))
    return [
        {
            "act_id": act.id,
            "position": position,
            "record_id": one["record"],
            "track": one["change"],
            "seen_at": None if one["seen"] is None else clock.from_text(one["seen"]),
            "begins_at": begins,
            "fits": fits_of(says["done"]),
        }
        for position, one in enumerate(says["records"])
    ]
