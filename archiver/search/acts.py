"""Frozen searches as acts (:mod:`archiver.evidence.acts`): nothing that is captured tells of them."""

from __future__ import annotations

from datetime import datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, insert, select

from archiver import canonical, clock
from archiver.evidence.act import Act
from archiver.evidence.act_types import ActKind
from archiver.evidence.acts import PERSON, SERVICE, Acts, NewAct
from archiver.evidence.models import ActFile
from archiver.search.models import SearchStatement
from archiver.search.statements import Statement


def frozen(statement: Statement, actor: tuple[str, str] = PERSON) -> NewAct:
    """The act of freezing a search; ``actor``: who froze it, by kind and id."""
    return _frozen(statement.id, statement.body, actor)


def record_all(connection: Connection, acts: Acts, at: datetime, *, anew: bool = False) -> int:
    """Record every frozen search that no act tells of; or, ``anew``, all. How many."""
    query = select(SearchStatement.id).order_by(SearchStatement.at, SearchStatement.id)
    if not anew:
        query = query.where(~select(ActFile.number).where(ActFile.subject_id == SearchStatement.id).exists())
    found = connection.execute(query).scalars().all()
    for statement_id in found:
        body = connection.execute(select(SearchStatement.body).where(SearchStatement.id == statement_id)).scalar_one()
        acts.record(connection, _frozen(statement_id, body, SERVICE), at)
    return len(found)


def apply(connection: Connection, act: Act) -> None:
    """Keep the statement of an act, where it is not there."""
    if connection.execute(select(SearchStatement.id).where(SearchStatement.id == act.subject_id)).first() is not None:
        return
    statement: Any = act.facts["statement"]
    body = canonical.encode(statement)
    row = {"id": act.subject_id, "at": clock.from_text(statement["at"]), "sha256": sha256(body).hexdigest()}
    connection.execute(insert(SearchStatement).values(**row, body=body))


def _frozen(statement_id: str, body: bytes, actor: tuple[str, str]) -> NewAct:
    return NewAct(ActKind.SEARCH_FROZEN, statement_id, {"statement": canonical.decode(body)}, actor)
