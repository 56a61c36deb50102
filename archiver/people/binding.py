"""By what the city's sign-in knows somebody. Whoever has another's mail address there would sign in as them, so that
one person alone never changes it for another: what one asks for, the person themselves, another administrator or
whoever runs the machine settles (docs/decisions/0015)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import Connection, exists, insert, select, update

from archiver import ids
from archiver.archive import Archive
from archiver.errors import NotFound, Refused
from archiver.evidence.event_types import EventType
from archiver.evidence.models import Event
from archiver.people import permission
from archiver.people.acting import Actor, tell
from archiver.people.actions import Action
from archiver.people.models import AddressChange, Person, PersonFactor, RoleGrant
from archiver.people.passkeys import end_all as end_passkeys
from archiver.people.sessions import end_sessions, end_tokens

LASTS: Final = timedelta(days=7)
STANDS: Final = timedelta(days=7)
"""How long before it was asked an administrator has to have been one who agrees: somebody made up for it would have
stood on everybody's list for that long."""


@dataclass(frozen=True, slots=True)
class Asked:
    """Another address that was asked for, and waits."""

    id: str
    person_id: str
    mail: str | None
    asked_by: str
    """Id of the person who did."""
    asked_name: str
    made_at: datetime
    ends_at: datetime


def is_known(connection: Connection, person_id: str) -> bool:
    """Whether another address would let somebody else in as this person: they were given a role once, or have signed
    in. Until then they are nobody, and whoever adds them may mend their address."""
    mine = select(Person.id).where(Person.id == person_id)
    bound = Person.subject.is_not(None)
    given = exists().where(RoleGrant.person_id == person_id)
    signs_in = exists().where(PersonFactor.person_id == person_id)
    return connection.execute(mine.where(bound | given | signs_in)).first() is not None


def waiting(connection: Connection, person_id: str, at: datetime) -> Asked | None:
    """What was asked for and is to be settled; None: nothing."""
    columns = (*(getattr(AddressChange, name) for name in ("id", "person_id", "mail", "asked_by")),
               Person.name.label("asked_name"), AddressChange.made_at, AddressChange.ends_at)  # fmt: skip
    query = select(*columns).join(Person, Person.id == AddressChange.asked_by)
    query = query.where(AddressChange.person_id == person_id, AddressChange.ended_at.is_(None))
    row = connection.execute(query.where(AddressChange.ends_at > at)).first()
    return None if row is None else Asked(**row._mapping)


def ask(connection: Connection, archive: Archive, actor: Actor, person_id: str, mail: str | None) -> None:
    """Ask for another address, in place of what was asked for before. Changes nothing of the person."""
    assert actor.person_id is not None, "whoever runs the machine changes it"
    now = archive.clock.now()
    drop(connection, archive, person_id)
    row = {"id": ids.new_id("bc"), "person_id": person_id, "mail": mail, "asked_by": actor.person_id}
    connection.execute(insert(AddressChange).values(**row, made_at=now, ends_at=now + LASTS, ended_at=None))
    tell(connection, archive, actor, EventType.ADDRESS_ASKED, ("person", person_id))


def drop(connection: Connection, archive: Archive, person_id: str) -> None:
    """Let nobody agree any more to what was asked for: something newer was asked for, or holds."""
    waits = update(AddressChange).where(AddressChange.person_id == person_id, AddressChange.ended_at.is_(None))
    connection.execute(waits.values(ended_at=archive.clock.now()))


def take(
    connection: Connection, archive: Archive, actor: Actor, person_id: str, asked_id: str, *, agree: bool
) -> Asked:
    """End what was asked for, once, whoever comes first; it is for the caller to change the address where they agree.

    Raises:
        NotFound: nothing of that id waits.
        Refused: whoever asked for it cannot agree to it, nor who became an administrator about when it was asked.
    """
    found = waiting(connection, person_id, archive.clock.now())
    if found is None or found.id != asked_id:
        raise NotFound("nothing waits to be settled here: it was settled, replaced, or its time is over")
    ended: Any = update(AddressChange).where(AddressChange.id == asked_id, AddressChange.ended_at.is_(None))
    if agree and actor.person_id is not None:
        if actor.person_id == found.asked_by:
            raise Refused("whoever asked cannot agree to it: another administrator can, or the person themselves")
        ended = ended.where(AddressChange.asked_by != actor.person_id)
        if actor.person_id != person_id and not _stood(connection, actor.person_id, found.made_at, archive.clock.now()):
            raise Refused(
                f"who became an administrator less than {STANDS.days} days before it was asked cannot agree to it:"
                " another administrator can, the person themselves, or whoever runs the machine"
                " (`archiver person change`)"
            )
    if connection.execute(ended.values(ended_at=archive.clock.now())).rowcount != 1:
        raise NotFound("nothing waits to be settled here: it was settled just now")
    if not agree:
        tell(connection, archive, actor, EventType.ADDRESS_REFUSED, ("person", person_id))
    return found


def may_agree(connection: Connection, asked: Asked, person_id: str, now: datetime) -> bool:
    """Whether an administrator, or the person themselves, can agree to what was asked for."""
    if person_id == asked.asked_by:
        return False
    return person_id == asked.person_id or _stood(connection, person_id, asked.made_at, now)


def _stood(connection: Connection, person_id: str, asked_at: datetime, now: datetime) -> bool:
    """Whether somebody may change people by a role that was given long enough before; by when it was given, as the log
    says, since from when on it counts is anybody's to say who gives it."""
    query = permission.in_effect(person_id, Action.PEOPLE_CHANGE, now).join(Event, Event.subject_id == RoleGrant.id)
    given = query.where(Event.type == EventType.ROLE_GRANTED.value, Event.at <= asked_at - STANDS)
    return connection.execute(given.limit(1)).first() is not None


def forget(connection: Connection, archive: Archive, actor: Actor, person_id: str, why: str) -> None:
    """End everything by which somebody got in as this person: sessions, tokens, passkeys."""
    end_sessions(connection, archive, actor, person_id, why)
    end_tokens(connection, archive, actor, person_id)
    end_passkeys(connection, archive, actor, person_id)
