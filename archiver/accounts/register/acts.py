"""The register's acts and the rows that are made from them. A row is added and never changed; making the index anew
adds what is not there, so that it gives the same rows from an empty index and in place."""

from __future__ import annotations

from base64 import b64decode, b64encode
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from archiver import clock
from archiver.accounts.register.models import RegisterDocument, RegisterStatement
from archiver.accounts.register.statements import SORTS, THING_OF, Thing
from archiver.evidence.act import Act
from archiver.evidence.act_types import ActKind
from archiver.evidence.acts import SERVICE, Acts, NewAct

#: Acts that are about no account's own row and are applied as soon as they are read.
KINDS = frozenset({*THING_OF, ActKind.DOCUMENT_KEPT.value})


def apply(connection: Connection, act: Act) -> None:
    """Add the row of an act where it is not there."""
    table: Any = RegisterDocument if act.kind == ActKind.DOCUMENT_KEPT else RegisterStatement
    known = connection.execute(select(table.act_id).where(table.act_id == act.id)).first()
    if known is None:
        row = _document(act) if table is RegisterDocument else _statement(act)
        connection.execute(insert(table).values(**row))
    elif table is RegisterStatement:  # an act that was given another number
        mine = RegisterStatement.act_id == act.id
        connection.execute(update(RegisterStatement).where(mine).values(number=act.number))


def record_all(connection: Connection, acts: Acts, at: datetime) -> int:
    """Say the whole register anew, since the key of its acts is lost; how many acts. Who said what, and when it was
    first entered, stays."""
    documents = connection.execute(select(RegisterDocument.__table__).order_by(RegisterDocument.entered_at)).mappings()
    said = 0
    for row in documents.all():
        content = b64encode(row["content"]).decode()
        facts = {name: row[name] for name in ("by", "name", "type", "size", "sha256")} | {"content": content}
        facts |= {"entered": clock.to_text(row["entered_at"])}
        act = acts.record(connection, NewAct(ActKind.DOCUMENT_KEPT, row["id"], facts, SERVICE), at)
        connection.execute(
            update(RegisterDocument).where(RegisterDocument.act_id == row["act_id"]).values(act_id=act.id)
        )
        said += 1
    statements = connection.execute(select(RegisterStatement.__table__).order_by(RegisterStatement.number)).mappings()
    for row in statements.all():
        says = SORTS[Thing(row["thing"])].says.model_validate(row["says"]).model_dump()  # as it is written today
        facts = {name: row[name] for name in ("effective", "by", "why", "void")} | {"says": says}
        facts |= {"entered": clock.to_text(row["entered_at"])}
        kind = ActKind(f"{row['thing']}.stated")
        act = acts.record(connection, NewAct(kind, row["thing_id"], facts, SERVICE), at)
        mine = update(RegisterStatement).where(RegisterStatement.act_id == row["act_id"])
        connection.execute(mine.values(act_id=act.id, number=act.number, says=says))
        said += 1
    return said


def _statement(act: Act) -> dict[str, Any]:
    facts, thing = act.facts, THING_OF[act.kind]
    return {
        "act_id": act.id,
        "number": act.number,
        "thing": thing.value,
        "thing_id": act.subject_id,
        "entered_at": _entered(act),
        "account_id": facts["says"]["account"] if thing is Thing.LISTING else None,
        "department_id": facts["says"]["department"] if thing is Thing.LISTING else None,
        **{name: facts[name] for name in ("effective", "void", "by", "why", "says")},
    }


def _document(act: Act) -> dict[str, Any]:
    facts = act.facts
    return {
        "id": act.subject_id,
        "act_id": act.id,
        "entered_at": _entered(act),
        "content": b64decode(facts["content"], validate=True),
        **{name: facts[name] for name in ("by", "name", "type", "size", "sha256")},
    }


def _entered(act: Act) -> datetime:
    entered = act.facts["entered"]
    return act.at if entered is None else clock.from_text(entered)
