"""What changed in how somebody comes in, from the log: shown to the person, to administrators and to the auditor."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, select

from archiver.evidence.entry import read_entry
from archiver.evidence.event_types import EventType
from archiver.evidence.models import Event
from archiver.people.models import Person

_FIELDS: Final = frozenset({"mail", "issuer", "subject"})
_WORDS: Final = {
    EventType.ADDRESS_ASKED: "another mail address was asked for",
    EventType.ADDRESS_REFUSED: "another mail address was refused",
    EventType.SIGN_IN_SET: "password and code were set, by a link made on the machine",
    EventType.PASSKEY_ADDED: "a passkey was added",
    EventType.PASSKEY_ENDED: "a passkey was ended",
    EventType.PASSKEY_REFUSED: "a passkey that is known answered otherwise than it should, and was refused",
}
_MOST: Final = 200
"""Entries that are read."""


@dataclass(frozen=True, slots=True)
class Change:
    """One change of how somebody comes in."""

    at: datetime
    said: str
    by: str
    """Name of who did it; who runs the machine, and the service itself, have none."""


def sign_in_changes(connection: Connection, person_id: str, limit: int = 20) -> list[Change]:
    """The newest first."""
    kinds = [one.value for one in (*_WORDS, EventType.PERSON_CHANGED)]
    query = select(Event.body).where(Event.subject_id == person_id, Event.type.in_(kinds))
    found = []
    for body in connection.execute(query.order_by(Event.subject_number.desc()).limit(_MOST)).scalars():
        entry = read_entry(body)
        said = _said(entry.type, entry.data.get("fields", ()))
        if said is not None:
            found.append(Change(entry.at, said, _name(connection, entry.actor_kind, entry.actor_id, person_id)))
    return found[:limit]


def _said(kind: str, fields: object) -> str | None:
    if kind != EventType.PERSON_CHANGED:
        return _WORDS[EventType(kind)]
    changed = _FIELDS & set(fields if isinstance(fields, list | tuple) else ())
    if "mail" in changed:
        return "the mail address was changed, and the city's sign-in forgotten"
    return "the city's sign-in was tied to this person" if changed else None


def _name(connection: Connection, kind: str, actor_id: str, person_id: str) -> str:
    if actor_id == person_id:
        return "the person"
    name = connection.execute(select(Person.name).where(Person.id == actor_id)).scalar()
    return str(name) if name else "whoever runs the machine" if kind != "service" else "the service"
