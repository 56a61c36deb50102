"""Acts on moderation and the rows that are made from them. A row is added and never changed; making the index anew adds
what is not there, so that it gives the same rows from an empty index and in place."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from archiver import clock
from archiver.evidence.act import Act
from archiver.evidence.act_types import ActKind
from archiver.evidence.acts import SERVICE, Acts, NewAct
from archiver.moderation.matching import fits_of
from archiver.moderation.models import ModerationItem, ModerationStatement
from archiver.moderation.words import Stage


def apply(connection: Connection, act: Act) -> None:
    """Add the rows of an act where they are not there."""
    known = select(ModerationStatement.act_id).where(ModerationStatement.act_id == act.id)
    if connection.execute(known).first() is not None:  # an act that was given another number
        mine = ModerationStatement.act_id == act.id
        connection.execute(update(ModerationStatement).where(mine).values(number=act.number))
        return
    connection.execute(insert(ModerationStatement).values(**_statement(act)))
    items = _items(act, _first_entered(connection, act))
    if items:
        connection.execute(insert(ModerationItem), items)


def record_all(connection: Connection, acts: Acts, at: datetime) -> int:
    """Say every statement anew, since the key of their acts is lost; how many. Who said what, and when it was first
    entered, stays."""
    rows = connection.execute(select(ModerationStatement.__table__).order_by(ModerationStatement.number)).mappings()
    said = rows.all()
    for row in said:
        facts = {name: row[name] for name in ("by", "by_id", "why", "void", "says")}
        facts |= {"entered": clock.to_text(row["entered_at"])}
        act = acts.record(connection, NewAct(ActKind.MODERATION_STATED, row["moderation_id"], facts, SERVICE), at)
        for table in (ModerationStatement, ModerationItem):
            connection.execute(update(table).where(table.act_id == row["act_id"]).values(act_id=act.id))
        mine = ModerationStatement.act_id == act.id
        connection.execute(update(ModerationStatement).where(mine).values(number=act.number))
    return len(said)


def _statement(act: Act) -> dict[str, Any]:
    facts = act.facts
    return {
        "act_id": act.id,
        "number": act.number,
        "moderation_id": act.subject_id,
        "account_id": facts["says"]["account"],
        "entered_at": _entered(act),
        **{name: facts[name] for name in ("void", "by", "by_id", "why", "says")},
    }


def _first_entered(connection: Connection, act: Act) -> datetime:
    """When anything was first said of this act of moderation: a correction does not make it begin later."""
    mine = ModerationStatement.moderation_id == act.subject_id
    said: list[datetime] = [*connection.scalars(select(ModerationStatement.entered_at).where(mine))]
    return min([_entered(act), *said])


def _items(act: Act, entered: datetime) -> list[dict[str, Any]]:
    says, begins = act.facts["says"], entered
    if says["stage"] != Stage.ANNOUNCED and says["at"] is not None:
        begins = min(entered, clock.from_text(says["at"]))
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


def _entered(act: Act) -> datetime:
    entered = act.facts["entered"]
    return act.at if entered is None else clock.from_text(entered)
