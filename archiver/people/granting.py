"""Roles: giving, taking back, and what is in effect."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, insert, select, update

from archiver import ids
from archiver.accounts.models import Account
from archiver.accounts.register.models import RegisterStatement
from archiver.accounts.register.statements import Thing
from archiver.archive import Archive
from archiver.database import safe_text
from archiver.errors import NotFound, Refused, UsageError
from archiver.evidence.event_types import EventType
from archiver.people import acts
from archiver.people.acting import Actor, tell
from archiver.people.guard import by_administrator
from archiver.people.models import GrantAccess, RoleGrant
from archiver.people.permission import AUTHORITY, DEPARTMENT, EVERYTHING, SCOPES
from archiver.people.persons import get
from archiver.people.roles import OPENS, Access, Role, complaint, usual
from archiver.people.sessions import end_sessions

_AUTHORITY: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")


@dataclass(frozen=True, slots=True)
class GrantView:
    """One role of one person."""

    id: str
    person_id: str
    role: str
    scope: str
    scope_id: str
    stand_in: bool
    from_at: datetime
    ends_at: datetime | None
    revoked_at: datetime | None
    access: tuple[str, ...]

    def holds(self, at: datetime) -> bool:
        """Whether it is in effect."""
        return self.from_at <= at and all(end is None or end > at for end in (self.ends_at, self.revoked_at))


@dataclass(frozen=True, slots=True)
class NewGrant:
    """A role that is about to be given. ``access`` None: what is usual for the role."""

    role: Role
    scope: str = EVERYTHING
    scope_id: str = ""
    access: Collection[Access] | None = None
    stand_in: bool = False
    from_at: datetime | None = None
    ends_at: datetime | None = None
    reason: str | None = None


def grant(archive: Archive, actor: Actor, person_id: str, new: NewGrant) -> GrantView:
    """Give somebody a role. What they are signed in with ends, so that nothing of what they could do before lingers.

    Raises:
        NotFound: there is no such person, account or authority.
        UsageError: a role, scope, access class or time that cannot be.
        Refused: the actor may not, or is this person.
    """

    def do(connection: Connection) -> GrantView:
        if actor.person_id == person_id:
            raise Refused("nobody gives themselves a role: ask another administrator, or say it on the machine")
        return give(connection, archive, actor, person_id, new)

    return by_administrator(archive, actor, do)


def give(connection: Connection, archive: Archive, actor: Actor, person_id: str, new: NewGrant) -> GrantView:
    """As :func:`grant`, in the caller's transaction and without the guard."""
    person, now, grant_id = get(connection, person_id), archive.clock.now(), ids.new_id("gr")
    if person.ended_at is not None:
        raise UsageError(f"{person.name} may do nothing here any more")
    access = sorted({*(usual(new.role) if new.access is None else new.access)})
    wrong = complaint(new.role, access) or _scope_complaint(connection, new)
    if wrong:
        raise UsageError(wrong)
    from_at = new.from_at or now
    if new.ends_at is not None and new.ends_at <= from_at:
        raise UsageError("a role ends after it begins")
    row = {"role": new.role.value, "scope": new.scope, "scope_id": new.scope_id, "stand_in": new.stand_in}
    times = {"from_at": from_at, "ends_at": new.ends_at, "revoked_at": None}
    connection.execute(insert(RoleGrant).values(id=grant_id, person_id=person_id, **row, **times))
    if access:
        connection.execute(insert(GrantAccess), [{"grant_id": grant_id, "access": one.value} for one in access])
    reason = None if new.reason is None else safe_text(new.reason[:2000])
    archive.acts.record(
        connection, acts.granted(connection, grant_id, reason, actor.by, actor=actor.pair), archive.clock.now()
    )
    facts = {"person": person_id, "role": new.role.value, "scope": new.scope, "access": [one.value for one in access]}
    tell(connection, archive, actor, EventType.ROLE_GRANTED, ("grant", grant_id), facts)
    end_sessions(connection, archive, actor, person_id, "role_changed")
    return grants(connection, grant_id=grant_id)[0]


def revoke(archive: Archive, actor: Actor, grant_id: str, reason: str | None = None) -> GrantView:
    """Take a role back, at once.

    Raises:
        NotFound: there is no such role.
        Refused: the actor may not, or it is their own.
    """

    def do(connection: Connection) -> GrantView:
        found = grants(connection, grant_id=grant_id)
        if not found:
            raise NotFound("there is no such role; `archiver person list` shows them all")
        if actor.person_id == found[0].person_id:
            raise Refused("nobody changes their own roles: ask another administrator")
        if found[0].revoked_at is not None:
            return found[0]
        act = acts.revoked(grant_id, None if reason is None else safe_text(reason[:2000]), actor.by, actor=actor.pair)
        at = archive.clock.now()
        connection.execute(update(RoleGrant).where(RoleGrant.id == grant_id).values(revoked_at=at))
        archive.acts.record(connection, act, at)
        tell(connection, archive, actor, EventType.ROLE_REVOKED, ("grant", grant_id))
        end_sessions(connection, archive, actor, found[0].person_id, "role_changed")
        return grants(connection, grant_id=grant_id)[0]

    return by_administrator(archive, actor, do)


def grants(connection: Connection, person_id: str | None = None, *, grant_id: str | None = None) -> list[GrantView]:
    """Roles, the oldest first: all, or those of a person."""
    query = select(*RoleGrant.__table__.columns).order_by(RoleGrant.from_at, RoleGrant.id)
    query = query if person_id is None else query.where(RoleGrant.person_id == person_id)
    query = query if grant_id is None else query.where(RoleGrant.id == grant_id)
    opened: dict[str, list[str]] = {}
    for one, access in connection.execute(
        select(GrantAccess.grant_id, GrantAccess.access).order_by(GrantAccess.access)
    ):
        opened.setdefault(one, []).append(access)
    return [GrantView(**row, access=tuple(opened.get(row["id"], ()))) for row in connection.execute(query).mappings()]


def role_named(name: str) -> Role:
    """A role by its name.

    Raises:
        UsageError: there is none.
    """
    try:
        return Role(name.strip().replace("-", "_").replace(" ", "_"))
    except ValueError:
        raise UsageError(f"the roles are {', '.join(role.value for role in Role)}") from None


def access_named(names: Collection[str], role: Role | None = None) -> frozenset[Access]:
    """Access classes by their names.

    Raises:
        UsageError: there is none of that name.
    """
    try:
        return frozenset(Access(name.strip().replace("-", "_")) for name in names)
    except ValueError:
        known = sorted(one.value for one in (Access if role is None else OPENS[role]))
        raise UsageError(f"the access classes are {', '.join(known) or 'none'}") from None


def _scope_complaint(connection: Connection, new: NewGrant) -> str | None:
    if new.scope not in SCOPES:
        return f"a role reaches {', '.join(SCOPES)}"
    if new.scope == EVERYTHING:
        return "everything has no name" if new.scope_id else None
    if new.scope == AUTHORITY:
        return None if _AUTHORITY.fullmatch(new.scope_id) else "an authority's short name looks like city-clerk"
    if new.scope == DEPARTMENT:
        known = select(RegisterStatement.act_id).where(
            RegisterStatement.thing == Thing.DEPARTMENT.value, RegisterStatement.thing_id == new.scope_id
        )
        found = connection.execute(known.limit(1)).first()
        return None if found is not None else "there is no such department in the register"
    found = connection.execute(select(Account.id).where(Account.id == new.scope_id)).first()
    return None if found is not None else "there is no such account in this archive"
