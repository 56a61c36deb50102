"""Saved searches as acts (:mod:`archiver.evidence.acts`), and the rows that are made from them: the last act counts."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from archiver import clock
from archiver.desk.models import SavedSearch
from archiver.evidence.act import Act
from archiver.evidence.act_types import ActKind
from archiver.evidence.acts import SERVICE, Acts, NewAct


def apply(connection: Connection, act: Act) -> None:
    """Keep what an act says, unless a later one is known."""
    mine = SavedSearch.id == act.subject_id
    known = connection.execute(select(SavedSearch.number).where(mine)).scalar()
    if known is None:
        connection.execute(insert(SavedSearch).values(id=act.subject_id, **_row(act)))
    elif known <= act.number:
        connection.execute(update(SavedSearch).where(mine).values(**_row(act)))


def record_all(connection: Connection, acts: Acts, at: datetime) -> int:
    """Say every saved search anew, since the key of their acts is lost; how many."""
    rows = connection.execute(select(SavedSearch.__table__).order_by(SavedSearch.number)).mappings().all()
    for row in rows:
        facts = {"person": row["person_id"], "saved": clock.to_text(row["saved_at"])}
        facts |= {name: row[name] for name in ("name", "query", "removed")}
        apply(connection, acts.record(connection, NewAct(ActKind.SEARCH_SAVED, row["id"], facts, SERVICE), at))
    return len(rows)


def _row(act: Act) -> dict[str, Any]:
    facts = act.facts
    return {
        "number": act.number,
        "person_id": facts["person"],
        "saved_at": act.at if facts["saved"] is None else clock.from_text(facts["saved"]),
        **{name: facts[name] for name in ("name", "query", "removed")},
    }
