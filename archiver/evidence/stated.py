"""Rows of what people stated by acts: a row for each act, in a table with the columns ``act_id``, ``number``,
``account_id``, ``entered_at``, ``void``, ``by``, ``by_id``, ``why`` and ``says``, and the id of what it is about. A row
is added and never changed; making the index anew adds what is not there, so that it gives the same rows from an empty
index and in place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Table, insert, select, update

from archiver import clock
from archiver.evidence.act import Act
from archiver.evidence.act_types import ActKind
from archiver.evidence.acts import SERVICE, Acts, NewAct

_FACTS = ("void", "by", "by_id", "why", "says")


def entered(act: Act) -> datetime:
    """When it was first entered, be it by an act whose key is lost."""
    said = act.facts["entered"]
    return act.at if said is None else clock.from_text(said)


@dataclass(frozen=True, slots=True)
class Statements:
    """What acts of one kind state.

    Args:
        subject: the column with the id of what is stated of.
        also: further columns, each with the member of what is said that stands in it.
        along: tables whose rows belong to a statement, by its ``act_id``.
    """

    table: Table
    kind: ActKind
    subject: str
    also: Mapping[str, str] = field(default_factory=dict)
    along: tuple[Table, ...] = ()

    def apply(self, connection: Connection, act: Act) -> bool:
        """Add the row of an act where it is not there; whether it was added."""
        mine = self.table.c.act_id == act.id
        if connection.execute(select(self.table.c.act_id).where(mine)).first() is not None:
            # an act that was given another number
            connection.execute(update(self.table).where(mine).values(number=act.number))
            return False
        connection.execute(insert(self.table).values(**self._row(act)))
        return True

    def record_all(self, connection: Connection, acts: Acts, at: datetime) -> int:
        """Say every statement anew, since the key of their acts is lost; how many. Who said what, and when it was first
        entered, stays."""
        said = connection.execute(select(self.table).order_by(self.table.c.number)).mappings().all()
        for row in said:
            facts = {name: row[name] for name in _FACTS} | {"entered": clock.to_text(row["entered_at"])}
            act = acts.record(connection, NewAct(self.kind, row[self.subject], facts, SERVICE), at)
            for table in (self.table, *self.along):
                connection.execute(update(table).where(table.c.act_id == row["act_id"]).values(act_id=act.id))
            connection.execute(update(self.table).where(self.table.c.act_id == act.id).values(number=act.number))
        return len(said)

    def _row(self, act: Act) -> dict[str, Any]:
        says = act.facts["says"]
        return {
            "act_id": act.id,
            "number": act.number,
            self.subject: act.subject_id,
            "account_id": says["account"],
            "entered_at": entered(act),
            **{column: says[member] for column, member in self.also.items()},
            **{name: act.facts[name] for name in _FACTS},
        }
