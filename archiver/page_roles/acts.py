"""Acts on reviews of page roles and the rows that are made from them. A row is added and never changed; making the
index anew adds what is not there, so that it gives the same rows from an empty index and in place."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection, insert, select, update

from archiver import clock
from archiver.evidence.act import Act
from archiver.evidence.act_types import ActKind
from archiver.evidence.acts import SERVICE, Acts, NewAct
from archiver.page_roles.models import RoleReviewStatement

_FACTS = ("void", "by", "by_id", "why", "says")


def apply(connection: Connection, act: Act) -> None:
    """Add the row of an act where it is not there."""
    mine = RoleReviewStatement.act_id == act.id
    if connection.execute(select(RoleReviewStatement.act_id).where(mine)).first() is not None:
        # an act that was given another number
        connection.execute(update(RoleReviewStatement).where(mine).values(number=act.number))
    else:
        connection.execute(insert(RoleReviewStatement).values(**_row(act)))


def record_all(connection: Connection, acts: Acts, at: Any) -> int:
    """Say every statement anew, since the key of their acts is lost; how many. Who said what, and when it was first
    entered, stays."""
    rows = connection.execute(select(RoleReviewStatement.__table__).order_by(RoleReviewStatement.number)).mappings()
    said = rows.all()
    for row in said:
        facts = {name: row[name] for name in _FACTS} | {"entered": clock.to_text(row["entered_at"])}
        act = acts.record(connection, NewAct(ActKind.ROLES_REVIEWED, row["review_id"], facts, SERVICE), at)
        mine = RoleReviewStatement.act_id == row["act_id"]
        connection.execute(update(RoleReviewStatement).where(mine).values(act_id=act.id, number=act.number))
    return len(said)


def _row(act: Act) -> dict[str, Any]:
    facts = act.facts
    entered = facts["entered"]
    return {
        "act_id": act.id,
        "number": act.number,
        "review_id": act.subject_id,
        "account_id": facts["says"]["account"],
        "entered_at": act.at if entered is None else clock.from_text(entered),
        **{name: facts[name] for name in _FACTS},
    }
