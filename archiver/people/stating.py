"""What an act says of whoever states something by it. The row that is made of it: :mod:`archiver.evidence.stated`."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel
from sqlalchemy import Connection

from archiver.database import safe_text
from archiver.people.acting import Actor
from archiver.people.persons import name_of


def stated(
    connection: Connection, actor: Actor, says: BaseModel, *, why: str | None = None, void: bool = False
) -> dict[str, Any]:
    """Facts of the act by which ``actor`` states ``says``. ``why``: it is changed, or was a mistake (``void``)."""
    return {
        "by": safe_text(name_of(connection, actor)),
        "by_id": actor.person_id or actor.id,
        "why": safe_text(why) if why else None,
        "void": void,
        "entered": None,
        "says": {name: safe_text(one) if isinstance(one, str) else one for name, one in says.model_dump().items()},
    }
