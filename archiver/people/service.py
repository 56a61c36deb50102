"""People and their roles: adding, ending, granting, taking back. Every act is permitted in one place, recorded with its
act file, and told to the log, in one transaction."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, TypeVar

from sqlalchemy import ColumnElement, Connection, Row, insert, or_, select, update

from archiver import ids
from archiver.accounts.models import Account
from archiver.accounts.register.models import RegisterStatement
from archiver.accounts.register.statements import Thing
from archiver.archive import Archive
from archiver.database import safe_text
from archiver.errors import NotFound, Refused, UsageError
from archiver.evidence.acts import NewAct
from archiver.evidence.event_types import EventType
from archiver.people import acts, binding, permission
from archiver.people.acting import Actor, tell
from archiver.people.actions import Action
from archiver.people.models import AccountReserve, GrantAccess, Person, RoleGrant
from archiver.people.permission import AUTHORITY, DEPARTMENT, EVERYTHING, SCOPES, Resource
from archiver.people.roles import OPENS, Access, Role, complaint, usual
from archiver.people.sessions import end_sessions, end_tokens
from archiver.viewing import Viewer
from archiver.visible import one_line

_MAIL: Final = re.compile(r"[^\s@<>\"]{1,64}@[A-Za-z0-9.-]{1,190}")
_AUTHORITY: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
LONGEST: Final = 200
"""Of a name, in characters."""
_T = TypeVar("_T")


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


def require(
    connection: Connection, archive: Archive, actor: Actor, action: Action, resource: Resource | None = None
) -> None:
    """The guard of acts: here, and wherever somebody who is signed in does something. Whoever may run commands on the
    machine may; so may the service itself.

    Raises:
        Refused: the actor's roles do not allow it.
    """
    if actor.person_id is None:
        return
    answer = permission.may(connection, actor.person_id, action, resource, archive.clock.now())
    if not answer.allowed:
        raise Refused(answer.reason)


def viewer_of(connection: Connection, archive: Archive, actor: Actor, action: Action) -> Viewer:
    """Of what somebody may do it; whoever may run commands on the machine, of everything.

    Raises:
        Refused: of nothing.
    """
    require(connection, archive, actor, action)
    if actor.person_id is None:
        return Viewer.EVERYTHING
    return permission.viewer(connection, actor.person_id, action, archive.clock.now())


def add(archive: Archive, actor: Actor, name: str, mail: str | None = None) -> PersonView:
    """Add somebody. They can do nothing until they are given a role.

    Raises:
        UsageError: not a usable name or mail address, or somebody has this address.
        Refused: the actor may not.
    """
    return _act(archive, actor, lambda connection: enter(connection, archive, actor, name, mail))


def enter(connection: Connection, archive: Archive, actor: Actor, name: str, mail: str | None) -> PersonView:
    """As :func:`add`, in the caller's transaction and without the guard."""
    now, person_id = archive.clock.now(), ids.new_id("pe")
    values = {"name": _name(name), "mail": _mail(connection, mail), "added_at": now}
    empty = dict.fromkeys(("issuer", "subject", "acknowledged_at", "trained_on", "ended_at"))
    connection.execute(insert(Person).values(id=person_id, **values, **empty))
    _state(connection, archive, actor, person_id)
    tell(connection, archive, actor, EventType.PERSON_ADDED, ("person", person_id))
    return get(connection, person_id)


def change(archive: Archive, actor: Actor, person_id: str, **values: Any) -> PersonView:
    """Change what is kept of a person: ``name``, ``mail``, ``trained_on``. Whose address changes is signed out. Where
    another address would let somebody else in as them, it is only asked for (:mod:`archiver.people.binding`), unless
    it is their own, or whoever runs the machine says it.

    Raises:
        NotFound, UsageError, Refused: as :func:`add`.
    """

    def do(connection: Connection) -> PersonView:
        before = get(connection, person_id)
        if before.ended_at is not None:
            raise UsageError(f"{before.name} may do nothing here any more: what is kept of them stays as it is")
        news = dict(values)
        if "name" in news:
            news["name"] = _name(news["name"])
        if "mail" in news:
            news["mail"] = _mail(connection, news["mail"], person_id)
            if news["mail"] != before.mail and _is_asked_for(connection, actor, person_id):
                binding.ask(connection, archive, actor, person_id, news.pop("mail"))
            elif news["mail"] != before.mail:
                news |= _let_in_anew(connection, archive, actor, person_id)
        if "trained_on" in news:
            news["trained_on"] = _date(news["trained_on"])
        return set_values(connection, archive, actor, before, news)

    return _act(archive, actor, do)


def settle(archive: Archive, actor: Actor, person_id: str, asked_id: str, *, agree: bool) -> PersonView:
    """Agree to another address that was asked for, or refuse it. The person themselves can, another administrator than
    who asked, and whoever runs the machine; who asked can take it back.

    Raises:
        NotFound: nothing waits, or somebody was quicker.
        UsageError: somebody else has this address by now.
        Refused: the actor may not.
    """

    def do(connection: Connection) -> PersonView:
        if actor.person_id != person_id:
            require(connection, archive, actor, Action.PEOPLE_CHANGE)
        asked = binding.take(connection, archive, actor, person_id, asked_id, agree=agree)
        before = get(connection, person_id)
        if not agree:
            return before
        news = {"mail": _mail(connection, asked.mail, person_id)}
        return set_values(
            connection, archive, actor, before, news | _let_in_anew(connection, archive, actor, person_id)
        )

    return archive.database.act(do)


def _is_asked_for(connection: Connection, actor: Actor, person_id: str) -> bool:
    others = actor.person_id is not None and actor.person_id != person_id
    return others and binding.is_known(connection, person_id)


def _let_in_anew(connection: Connection, archive: Archive, actor: Actor, person_id: str) -> dict[str, None]:
    """Whoever has the new address at the city's sign-in is to be known anew; who came in before does so no more. What
    was asked for before it is none that anybody still agrees to."""
    binding.drop(connection, archive, person_id)
    binding.forget(connection, archive, actor, person_id, "changed")
    return {"issuer": None, "subject": None}


def acknowledge(archive: Archive, actor: Actor, person_id: str) -> PersonView:
    """Somebody took note of the rules of conduct (law R42). Everybody does so for themselves.

    Raises:
        NotFound: there is no such person.
        Refused: for somebody else.
    """
    if actor.person_id != person_id:
        raise Refused("everybody takes note of the rules for themselves")

    def do(connection: Connection) -> PersonView:
        return set_values(
            connection, archive, actor, get(connection, person_id), {"acknowledged_at": archive.clock.now()}
        )

    return archive.database.act(do)


def set_values(
    connection: Connection, archive: Archive, actor: Actor, before: PersonView, values: dict[str, Any]
) -> PersonView:
    """Write what differs, with act and event. Without the guard."""
    news = {name: value for name, value in values.items() if getattr(before, name) != value}
    if not news:
        return before
    connection.execute(update(Person).where(Person.id == before.id).values(**news))
    _state(connection, archive, actor, before.id)
    tell(connection, archive, actor, EventType.PERSON_CHANGED, ("person", before.id), {"fields": sorted(news)})
    return get(connection, before.id)


def end(archive: Archive, actor: Actor, person_id: str) -> PersonView:
    """Let somebody do nothing here any more: sessions and tokens end at once, roles count no longer.

    Raises:
        NotFound: there is no such person.
        Refused: the actor may not, or is this person.
    """

    def do(connection: Connection) -> PersonView:
        if actor.person_id == person_id:
            raise Refused("nobody ends themselves: ask another administrator")
        before = get(connection, person_id)
        if before.ended_at is not None:
            return before
        connection.execute(update(Person).where(Person.id == person_id).values(ended_at=archive.clock.now()))
        end_sessions(connection, archive, actor, person_id, "ended")
        end_tokens(connection, archive, actor, person_id)
        binding.drop(connection, archive, person_id)
        _state(connection, archive, actor, person_id)
        tell(connection, archive, actor, EventType.PERSON_ENDED, ("person", person_id))
        return get(connection, person_id)

    return _act(archive, actor, do)


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

    return _act(archive, actor, do)


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
    _record(connection, archive, actor, acts.granted(connection, grant_id, reason, actor.by, actor=actor.pair))
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

    return _act(archive, actor, do)


def reserve(archive: Archive, actor: Actor, account_id: str, access: Collection[Access]) -> None:
    """Say which access classes whoever looks at an account needs besides: library patrons (law R61), or none.

    Raises:
        NotFound: there is no such account.
        UsageError: a class that accounts are not kept by.
        Refused: the actor may not.
    """
    if not set(access) <= {Access.LIBRARY_PATRON}:
        raise UsageError(f"an account can be kept for whoever was granted {Access.LIBRARY_PATRON.value}, or for nobody")

    def do(connection: Connection) -> None:
        if connection.execute(select(Account.id).where(Account.id == account_id)).first() is None:
            raise NotFound("there is no such account in this archive")
        names = sorted(one.value for one in set(access))
        query = select(AccountReserve.access).where(AccountReserve.account_id == account_id)
        if sorted(connection.execute(query).scalars()) == names:
            return
        acts.reserve(connection, account_id, names)
        _record(connection, archive, actor, acts.reserved(account_id, names, actor.by, actor=actor.pair))
        tell(connection, archive, actor, EventType.ACCOUNT_RESERVED, ("account", account_id), {"access": names})

    _act(archive, actor, do)


@dataclass(frozen=True, slots=True)
class ReserveView:
    """An account, and whether it is kept for whoever was granted library patrons."""

    id: str
    name: str
    platform: str
    authority: str
    kept: bool


def reserves(connection: Connection) -> list[ReserveView]:
    """Every account, those that are kept first."""
    kept = set(connection.execute(select(AccountReserve.account_id)).scalars())
    query = select(Account.id, Account.name, Account.handle, Account.platform, Account.authority)
    rows = connection.execute(query.order_by(Account.added_at, Account.id))
    found = [ReserveView(one.id, one.name or one.handle, one.platform, one.authority, one.id in kept) for one in rows]
    return sorted(found, key=lambda one: not one.kept)


def opened_to(connection: Connection, access: Access, at: datetime) -> list[PersonView]:
    """People with a role in effect that opens an access class, by name."""
    holding = select(RoleGrant.person_id).join(GrantAccess, GrantAccess.grant_id == RoleGrant.id)
    holding = holding.where(GrantAccess.access == access.value, *_counts(at))
    query = _people().where(Person.id.in_(holding), or_(Person.ended_at.is_(None), Person.ended_at > at))
    return [_view(row) for row in connection.execute(query.order_by(Person.name, Person.id))]


def _counts(at: datetime) -> tuple[ColumnElement[bool], ...]:
    return (
        RoleGrant.from_at <= at,
        or_(RoleGrant.ends_at.is_(None), RoleGrant.ends_at > at),
        or_(RoleGrant.revoked_at.is_(None), RoleGrant.revoked_at > at),
    )


# Reading ------------------------------------------------------------------------------------------------------------


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


def people(connection: Connection) -> list[PersonView]:
    """Everybody, by name."""
    return [_view(row) for row in connection.execute(_people().order_by(Person.name, Person.id))]


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


def has_administrator(connection: Connection, at: datetime) -> bool:
    """Whether somebody may add people and give roles."""
    return any(
        permission.may(connection, one, Action.PEOPLE_CHANGE, None, at).allowed
        for one in connection.execute(select(Person.id).where(Person.ended_at.is_(None))).scalars()
    )


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


def _act(archive: Archive, actor: Actor, do: Callable[[Connection], _T]) -> _T:
    """Everything here that changes something is an administrator's."""

    def guarded(connection: Connection) -> _T:
        require(connection, archive, actor, Action.PEOPLE_CHANGE)
        return do(connection)

    return archive.database.act(guarded)


def _state(connection: Connection, archive: Archive, actor: Actor, person_id: str) -> None:
    _record(connection, archive, actor, acts.stated(connection, person_id, actor.by, actor=actor.pair))


def _record(connection: Connection, archive: Archive, _actor: Actor, act: NewAct) -> None:
    archive.acts.record(connection, act, archive.clock.now())


def _people() -> Any:
    return select(*[getattr(Person, name) for name in PersonView.__dataclass_fields__])


def _view(row: Row[Any]) -> PersonView:
    return PersonView(**row._mapping)


def _name(name: str) -> str:
    said = safe_text(one_line(name.strip()))
    if not said or len(said) > LONGEST:
        raise UsageError(f"a name has 1 to {LONGEST} characters")
    return said


def _mail(connection: Connection, mail: str | None, own: str | None = None) -> str | None:
    if mail is None or not mail.strip():
        return None
    said = mail.strip().casefold()
    if not _MAIL.fullmatch(said):
        raise UsageError("a mail address looks like name@city.example")
    known = connection.execute(select(Person.id).where(Person.mail == said)).scalar()
    if known not in (None, own):
        raise UsageError("somebody here has this mail address")
    return said


def _date(text: str | None) -> str | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError:
        raise UsageError("a date looks like 2026-11-30") from None


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
