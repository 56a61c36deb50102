"""Imports as acts (:mod:`archiver.evidence.acts`): who brought what and why stands in no stored file of theirs."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from archiver import clock
from archiver.evidence.act import Act
from archiver.evidence.act_types import ActKind
from archiver.evidence.acts import SERVICE, Acts, NewAct
from archiver.evidence.models import ActFile
from archiver.records.import_models import Import

_FACTS = ("format", "name", "sha256", "size", "source", "reason", "brought_by", "confirmed")


def begun(row: Mapping[str, Any], actor: tuple[str, str] | None = None) -> NewAct:
    """The act of ordering an import, from its row."""
    made_at = row["made_at"]
    facts = {name: row[name] for name in _FACTS}
    facts |= {"account": row["account_id"], "made_at": None if made_at is None else clock.to_text(made_at)}
    facts["at"] = clock.to_text(row["at"])
    return NewAct(ActKind.IMPORT_BEGUN, row["id"], facts, *([actor] if actor else []))


def record_all(connection: Connection, acts: Acts, at: datetime, *, anew: bool = False) -> int:
    """Record every import that no act tells of; or, ``anew``, all. How many."""
    query = select(Import.__table__).order_by(Import.at, Import.id)
    if not anew:
        query = query.where(~select(ActFile.number).where(ActFile.subject_id == Import.id).exists())
    rows = connection.execute(query).mappings().all()
    for row in rows:
        acts.record(connection, begun(dict(row), SERVICE), at)
    return len(rows)


def apply(connection: Connection, act: Act) -> None:
    """Enter the import that an act ordered, where it is not there. Its account is."""
    if connection.execute(select(Import.id).where(Import.id == act.subject_id)).first() is not None:
        return
    facts = act.facts
    made_at = facts["made_at"]
    values = {name: facts[name] for name in _FACTS} | {"id": act.subject_id, "account_id": facts["account"]}
    values |= {"made_at": None if made_at is None else clock.from_text(made_at), "at": clock.from_text(facts["at"])}
    connection.execute(insert(Import).values(**values))
