"""Who of the archive's people may change the register: of one authority, or of all."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection

from archiver.accounts.permission import PERSON, Actor
from archiver.errors import Refused
from archiver.people import permission
from archiver.people.actions import Action
from archiver.people.service import PersonView


def actor_of(person: PersonView) -> Actor:
    """Somebody who is signed in, as the register's statements name them."""
    return Actor(PERSON, person.name, person.id)


def reaches(
    connection: Connection, person_id: str, at: datetime, authority: str | None, action: Action = Action.REGISTER_CHANGE
) -> bool:
    """Whether a person may change all that the register says of an authority, by its short name; None: of all, those
    to come too."""
    if not permission.may(connection, person_id, action, None, at).allowed:
        return False
    seen = permission.authorities_seen(connection, person_id, action, at)
    return seen is None or (authority is not None and authority in seen)


def require(
    connection: Connection, person_id: str, at: datetime, authority: str | None, action: Action = Action.REGISTER_CHANGE
) -> None:
    """The guard of every change that a page makes in the register, asked in the change's own transaction.

    Raises:
        Refused: the person's roles do not reach that far.
    """
    answer = permission.may(connection, person_id, action, None, at)
    if not answer.allowed:
        raise Refused(answer.reason)
    if not reaches(connection, person_id, at, authority, action):
        raise Refused("your roles do not reach there" if authority else "this takes a role for everything")
