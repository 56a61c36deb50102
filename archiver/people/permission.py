"""Who may do what with what: one question, answered by the database with the reason.

Every list, page, count, facet, export and search asks here. A permission is an action on accounts and access classes;
the query behind it (:func:`granted`) has a row for each account and class that a person's grants open, and the grant
that does. Only :func:`in_scope` knows how a grant's scope reaches accounts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass, replace
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
    grant is asked by itself: its classes count where it reaches, beside what others open, and never for them."""
    opened: dict[tuple[str, str], set[str]] = defaultdict(set)
    everywhere: set[str] = set()
    for row in connection.execute(granted(person_id, action, at, city_day(connection, at))):
        opened[row.account_id, row.id] |= {row.access} - {None}
        if row.scope == EVERYTHING:
            everywhere.add(row.id)
    reserved: dict[str, set[str]] = defaultdict(set)
    for account_id, access in connection.execute(_reserved()):
        reserved[account_id].add(access)
    looks: dict[str, set[_Look]] = defaultdict(set)
    for (account_id, _), given in opened.items():
        looks[account_id].add(_look(given, whole=reserved[account_id] <= given))
    groups: dict[_Look, set[str]] = defaultdict(set)
    for account_id, some in looks.items():
        for one in _most(some):
            groups[one].add(account_id)
    total = connection.execute(select(func.count()).select_from(Account)).scalar_one()
    always = _most({_look(given, whole=True) for (_, grant), given in opened.items() if grant in everywhere})
    parts = []
    for one, accounts in sorted(groups.items(), key=lambda group: (sorted(group[0].classes), group[0].watched)):
        # Only a grant for everything reaches accounts that are added a moment later.
        all_of_them = len(accounts) == total and one in always and not any(reserved.values())
        parts.append(_part(None if all_of_them else frozenset(accounts), one))
    return Viewer.NOTHING if not parts else replace(parts[0], also=tuple(parts[1:]))


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
