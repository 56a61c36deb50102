"""Who is known here, read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, or_, select

from archiver.errors import NotFound, UsageError
from archiver.people import permission
from archiver.people.acting import Actor
from archiver.people.actions import Action
from archiver.people.models import GrantAccess, Person, RoleGrant
from archiver.people.roles import Access
from archiver.visible import one_line


@dataclass(frozen=True, slots=True)
class PersonView:
    """Somebody who may sign in, or did."""

    id: str
    name: str
    mail: str | None
    issuer: str | None
    subject: str | None
    added_at: datetime
    acknowledged_at: datetime | None
    trained_on: str | None
    ended_at: datetime | None


def get(connection: Connection, person_id: str) -> PersonView:
    """One person.

    Raises:
        NotFound: there is none.
    """
    row = connection.execute(_people().where(Person.id == person_id)).one_or_none()
    if row is None:
        raise NotFound("there is no such person here; `archiver person list` shows them all")
    return _view(row)


def find(connection: Connection, name: str) -> PersonView:
    """A person as somebody names them: id, mail address or name.

    Raises:
        NotFound: nobody is called so.
        UsageError: several are.
    """
    wanted = name.strip()
    query = _people().where(or_(Person.id == wanted, Person.mail == wanted.casefold(), Person.name == wanted))
    found = [_view(row) for row in connection.execute(query)]
    if not found:
        raise NotFound(f"nobody is called {one_line(name, 80)!r}; `archiver person list` shows them all")
    if len(found) > 1:
        raise UsageError(f"several are called so; name one by id: {', '.join(one.id for one in found)}")
    return found[0]


def name_of(connection: Connection, actor: Actor) -> str:
    """The name of whoever acts; of who is nobody of the archive's people, the machine's user."""
    if actor.person_id is None:
        return actor.by or actor.id
    return str(connection.execute(select(Person.name).where(Person.id == actor.person_id)).scalar_one())


def people(connection: Connection) -> list[PersonView]:
    """Everybody, by name."""
    return [_view(row) for row in connection.execute(_people().order_by(Person.name, Person.id))]


def opened_to(connection: Connection, access: Access, at: datetime) -> list[PersonView]:
    """People with a role in effect that opens an access class, by name."""
    holding = select(RoleGrant.person_id).join(GrantAccess, GrantAccess.grant_id == RoleGrant.id)
    holding = holding.where(GrantAccess.access == access.value, *_counts(at))
    query = _people().where(Person.id.in_(holding), or_(Person.ended_at.is_(None), Person.ended_at > at))
    return [_view(row) for row in connection.execute(query.order_by(Person.name, Person.id))]


def has_administrator(connection: Connection, at: datetime) -> bool:
    """Whether somebody may add people and give roles."""
    return any(
        permission.may(connection, one, Action.PEOPLE_CHANGE, None, at).allowed
        for one in connection.execute(select(Person.id).where(Person.ended_at.is_(None))).scalars()
    )


def _counts(at: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        RoleGrant.from_at <= at,
        or_(RoleGrant.ends_at.is_(None), RoleGrant.ends_at > at),
        or_(RoleGrant.revoked_at.is_(None), RoleGrant.revoked_at > at),
    )


def _people() -> Any:
    return select(*[getattr(Person, name) for name in PersonView.__dataclass_fields__])


def _view(row: Row[Any]) -> PersonView:
    return PersonView(**row._mapping)
