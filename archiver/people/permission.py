"""Who may do what with what: one question, answered by the database with the reason.

Every list, page, count, facet, export and search asks here. A permission is an action on accounts and access classes;
the query behind it (:func:`granted`) has a row for each account and class that a person's grants open, and the grant
that does. Only :func:`in_scope` knows how a grant's scope reaches accounts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, and_, exists, func, or_, select
from sqlalchemy.orm import aliased

from archiver.accounts.models import Account
from archiver.accounts.register.models import RegisterStatement
from archiver.people.actions import ON_ARCHIVE, ON_RECORDS, Action
from archiver.people.models import AccountReserve, GrantAccess, Person, RoleGrant
from archiver.people.roles import MAY, Access, Role, roles_with
from archiver.viewing import MESSAGE, PUBLIC, Viewer

#: Scopes of a grant.
EVERYTHING: Final = "everything"
AUTHORITY: Final = "authority"
DEPARTMENT: Final = "department"
"""Of an authority; by its id in the register, which says what accounts it has."""
ACCOUNT: Final = "account"
SCOPES: Final = (EVERYTHING, AUTHORITY, DEPARTMENT, ACCOUNT)


@dataclass(frozen=True, slots=True)
class Resource:
    """What an act is about: an account, and of it what stands in one access class."""

    account_id: str
    access: Access = Access.PUBLIC


@dataclass(frozen=True, slots=True)
class Answer:
    """Whether somebody may, and why."""

    allowed: bool
    reason: str


def may(connection: Connection, person_id: str, action: Action, resource: Resource | None, at: datetime) -> Answer:
    """Whether a person may do something with something; ``resource`` None: with anything at all, for what is done
    with the whole archive or shows only what it may. One grant has to open all that it takes: what several open in
    part is not added up."""
    if resource is None:
        row = connection.execute(in_effect(person_id, action, at).limit(1)).first()
        return _refused(connection, person_id, action, at) if row is None else _allowed(row)
    query = granted(person_id, action, at, city_day(connection, at)).where(Account.id == resource.account_id)
    rows = connection.execute(query).all()
    if not rows:
        return _refused(connection, person_id, action, at)
    if action not in ON_RECORDS:
        return _allowed(rows[0])
    needed = {resource.access.value, *connection.execute(_reserved(resource.account_id)).scalars()}
    lacking = {row.id: needed - {one.access for one in rows if one.id == row.id} for row in rows}
    row = min(rows, key=lambda one: len(lacking[one.id]))
    if lacking[row.id]:
        return Answer(False, f"none of your roles opens the class {min(lacking[row.id])} there")
    return _allowed(row)


def in_effect(person_id: str, action: Action, at: datetime) -> Any:
    """The grants that let a person do something at a time."""
    query = _held(person_id, at).where(RoleGrant.role.in_(sorted(role.value for role in roles_with(action))))
    query = query.where(RoleGrant.scope == EVERYTHING) if action in ON_ARCHIVE else query
    return query.order_by(RoleGrant.from_at, RoleGrant.id)


def _held(person_id: str, at: datetime) -> Any:
    """The grants of a person that are in effect."""
    columns = (RoleGrant.id, RoleGrant.role, RoleGrant.scope, RoleGrant.scope_id)
    return (
        select(*columns)
        .join(Person, Person.id == RoleGrant.person_id)
        .where(
            Person.id == person_id,
            or_(Person.ended_at.is_(None), Person.ended_at > at),
            RoleGrant.from_at <= at,
            or_(RoleGrant.ends_at.is_(None), RoleGrant.ends_at > at),
            or_(RoleGrant.revoked_at.is_(None), RoleGrant.revoked_at > at),
        )
    )


def city_day(connection: Connection, at: datetime) -> str:
    """The day by the city's calendar, on which the register is asked."""
    zone = connection.get_execution_options().get("city_zone", UTC)
    return at.astimezone(zone).date().isoformat()


def in_scope(day: str) -> ColumnElement[bool]:
    """Which accounts a grant reaches on a day: the one join between grants and the register."""
    return or_(
        RoleGrant.scope == EVERYTHING,
        and_(RoleGrant.scope == AUTHORITY, RoleGrant.scope_id == Account.authority),
        and_(RoleGrant.scope == DEPARTMENT, _in_department(RoleGrant.scope_id, day)),
        and_(RoleGrant.scope == ACCOUNT, RoleGrant.scope_id == Account.id),
    )


def _in_department(department_id: Any, day: str) -> ColumnElement[bool]:
    """Whether the register says that an account is a department's. One that it lists twice, otherwise, is nobody's."""
    said, later = aliased(RegisterStatement), aliased(RegisterStatement)
    newer = or_(later.effective > said.effective, and_(later.effective == said.effective, later.number > said.number))
    replaced = exists().where(later.thing_id == said.thing_id, later.effective <= day, newer)
    counts = and_(said.account_id == Account.id, said.effective <= day, ~said.void, ~replaced)
    same = said.department_id == department_id
    return and_(exists().where(counts, same), ~exists().where(counts, or_(said.department_id.is_(None), ~same)))


def granted(person_id: str, action: Action, at: datetime, day: str) -> Any:
    """A row for each account and access class that a person may do something with, and the grant that says so. The
    class is null where the role shows nothing that was captured. ``day``: by the city's calendar."""
    query = in_effect(person_id, action, at).join(Account, in_scope(day))
    query = query.outerjoin(GrantAccess, GrantAccess.grant_id == RoleGrant.id)
    return query.add_columns(Account.id.label("account_id"), GrantAccess.access.label("access"))


def viewer(connection: Connection, person_id: str, action: Action, at: datetime) -> Viewer:
    """What a person sees who does something. Whatever is shown, listed, counted or searched goes through it. Each
    grant is asked by itself: its classes count where it reaches, beside what others open, and never for them.

    Asked anew by every page, in few and short statements: nothing is remembered, so what is granted, taken back or
    reserved counts from the next page on."""
    held = _grants(connection, person_id, action, at)
    everywhere = [one for one in held.values() if one.scope == EVERYTHING]
    reserved: dict[str, set[str]] = defaultdict(set)
    for account_id, access in connection.execute(_reserved()):
        reserved[account_id].add(access)
    if len(everywhere) == len(held) and not reserved:
        anything = bool(held) and connection.execute(select(Account.id).limit(1)).first() is not None
        return _viewer([(None, one) for one in _whole(everywhere)] if anything else [])
    groups = _groups(_reached(connection, held, person_id, action, at), reserved)
    total = connection.execute(select(func.count()).select_from(Account)).scalar_one()
    always = () if reserved else _whole(everywhere)
    # Only a grant for everything reaches accounts that are added a moment later.
    return _viewer(
        [(None if len(ids) == total and one in always else frozenset(ids), one) for one, ids in groups.items()]
    )


@dataclass(slots=True)
class _Grant:
    """A grant in effect, and the access classes it opens."""

    scope: str
    classes: set[str] = field(default_factory=set)


def _grants(connection: Connection, person_id: str, action: Action, at: datetime) -> dict[str, _Grant]:
    """Those that let a person do something at a time, by id."""
    query = in_effect(person_id, action, at).outerjoin(GrantAccess, GrantAccess.grant_id == RoleGrant.id)
    held: dict[str, _Grant] = {}
    for row in connection.execute(query.add_columns(GrantAccess.access.label("access"))):
        held.setdefault(row.id, _Grant(row.scope)).classes |= {row.access} - {None}
    return held


def _reached(
    connection: Connection, held: Mapping[str, _Grant], person_id: str, action: Action, at: datetime
) -> dict[str, list[_Grant]]:
    """The grants that reach each account that any reaches."""
    reached: dict[str, list[_Grant]] = {}
    everywhere = [one for one in held.values() if one.scope == EVERYTHING]
    if everywhere:
        reached = {account_id: [*everywhere] for account_id in connection.execute(select(Account.id)).scalars()}
    narrow_ids = [grant_id for grant_id, one in held.items() if one.scope != EVERYTHING]
    if narrow_ids:
        narrow = in_effect(person_id, action, at).where(RoleGrant.id.in_(narrow_ids))
        narrow = narrow.join(Account, in_scope(city_day(connection, at)))
        for row in connection.execute(narrow.add_columns(Account.id.label("account_id"))):
            reached.setdefault(row.account_id, []).append(held[row.id])
    return reached


def _groups(reached: Mapping[str, list[_Grant]], reserved: Mapping[str, set[str]]) -> dict[_Look, set[str]]:
    """The accounts of which each look is had. Most accounts are reached by the same grants, so what these open is
    worked out once for all of them."""
    known: dict[tuple[Any, ...], list[_Look]] = {}
    groups: dict[_Look, set[str]] = defaultdict(set)
    nothing: set[str] = set()
    for account_id, grants in reached.items():
        kept = reserved.get(account_id, nothing)
        key = (*map(id, grants), *sorted(kept))
        if key not in known:
            known[key] = _most({_look(one.classes, whole=kept <= one.classes) for one in grants})
        for look in known[key]:
            groups[look].add(account_id)
    return groups


def _whole(grants: Collection[_Grant]) -> list[_Look]:
    """What these grants open of an account of which nothing is reserved."""
    return _most({_look(one.classes, whole=True) for one in grants})


def _viewer(parts: Iterable[tuple[frozenset[str] | None, _Look]]) -> Viewer:
    """Whoever has these looks at these accounts; None: at all of them."""
    ordered = sorted(parts, key=lambda part: (sorted(part[1].classes), part[1].watched))
    made = [_part(accounts, look) for accounts, look in ordered]
    return replace(made[0], also=tuple(made[1:])) if made else Viewer.NOTHING


def actions_of(connection: Connection, person_id: str, at: datetime) -> frozenset[Action]:
    """Everything that any of a person's roles allows somewhere."""
    held: set[Action] = set()
    for role, scope in connection.execute(_held(person_id, at).with_only_columns(RoleGrant.role, RoleGrant.scope)):
        allowed = MAY[Role(role)]
        held |= allowed if scope == EVERYTHING else allowed - ON_ARCHIVE
    return frozenset(held)


def accounts_seen(connection: Connection, person_id: str, action: Action, at: datetime) -> frozenset[str]:
    """Ids of the accounts that a person may do something with."""
    query = granted(person_id, action, at, city_day(connection, at))
    return frozenset(row.account_id for row in connection.execute(query))


def authorities_seen(connection: Connection, person_id: str, action: Action, at: datetime) -> frozenset[str] | None:
    """Short names of the authorities of which a person sees all that the register says, whether it is captured or not;
    None: of all of them. Whoever sees an account alone sees what is said of that account."""
    scopes = connection.execute(in_effect(person_id, action, at)).all()
    if any(row.scope == EVERYTHING for row in scopes):
        return None
    return frozenset(row.scope_id for row in scopes if row.scope == AUTHORITY)


def departments_seen(connection: Connection, person_id: str, action: Action, at: datetime) -> frozenset[str]:
    """Ids of the departments of which a person sees what the register says of their accounts, captured or not."""
    scopes = connection.execute(in_effect(person_id, action, at)).all()
    return frozenset(row.scope_id for row in scopes if row.scope == DEPARTMENT)


_SEEN: Final = frozenset({Access.PUBLIC.value, Access.PRIVATE.value, Access.MESSAGE.value})


@dataclass(frozen=True, slots=True)
class _Look:
    """What one grant opens of one account."""

    classes: frozenset[str]
    watched: bool
    """Whether it may be known since when messages were not looked at (:attr:`Viewer.watched`)."""


def _look(given: Collection[str], *, whole: bool) -> _Look:
    """``whole``: the grant opens all that the account is kept by. A role that shows no records at all keeps the
    capture going; one that shows only what was public is to know nothing of messages."""
    classes = frozenset(given) & _SEEN if whole else frozenset()
    return _Look(classes, not given or Access.PRIVATE.value in given)


def _most(looks: Collection[_Look]) -> list[_Look]:
    """Those that another does not show as well."""
    return [
        one
        for one in looks
        if not any(one != more and one.classes <= more.classes and one.watched <= more.watched for more in looks)
    ]


def _part(accounts: frozenset[str] | None, look: _Look) -> Viewer:
    """Access classes of people as those of stored exchanges. An account of which only its being captured may be known
    shows none of its records."""
    if Access.PRIVATE.value in look.classes:
        return Viewer(accounts, None, MESSAGE in look.classes)
    seen = frozenset({PUBLIC}) if Access.PUBLIC.value in look.classes else frozenset()
    return Viewer(accounts, seen, False, watched=look.watched)


def _reserved(account_id: str | None = None) -> Any:
    if account_id is not None:
        return select(AccountReserve.access).where(AccountReserve.account_id == account_id)
    return select(AccountReserve.account_id, AccountReserve.access)


def _allowed(row: object) -> Answer:
    role, scope, scope_id = (str(getattr(row, name)) for name in ("role", "scope", "scope_id"))
    where = "everything" if scope == EVERYTHING else f"{scope} {scope_id}"
    return Answer(True, f"{role.replace('_', ' ')} of {where} ({getattr(row, 'id', '')})")


def _refused(connection: Connection, person_id: str, action: Action, at: datetime) -> Answer:
    """Why not, in words that tell nothing of what is not shown."""
    if connection.execute(in_effect(person_id, action, at).limit(1)).first() is not None:
        return Answer(False, "your roles do not reach there")
    needed = ", ".join(sorted(role.value.replace("_", " ") for role in roles_with(action)))
    return Answer(False, f"this takes one of these roles: {needed}")
