"""Who may do what with what: one question, answered by the database with the reason.

Every list, page, count, facet, export and search asks here. A permission is an action on accounts and access classes;
the query behind it (:func:`granted`) has a row for each account and class that a person's grants open, and the grant
that does. Only :func:`in_scope` knows how a grant's scope reaches accounts.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, and_, func, or_, select

from archiver.accounts.models import Account
from archiver.people.actions import ON_ARCHIVE, ON_RECORDS, Action
from archiver.people.models import AccountReserve, GrantAccess, Person, RoleGrant
from archiver.people.roles import MAY, Access, Role, roles_with
from archiver.viewing import MESSAGE, PUBLIC, Viewer

#: Scopes of a grant.
EVERYTHING: Final = "everything"
AUTHORITY: Final = "authority"
ACCOUNT: Final = "account"
SCOPES: Final = (EVERYTHING, AUTHORITY, ACCOUNT)


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
    with the whole archive or shows only what it may."""
    grants = in_effect(person_id, action, at)
    if resource is None:
        row = connection.execute(grants.limit(1)).first()
        return _refused(connection, person_id, action, at) if row is None else _allowed(row)
    query = granted(person_id, action, at).where(Account.id == resource.account_id)
    rows = connection.execute(query).all()
    if not rows:
        return _refused(connection, person_id, action, at)
    if action not in ON_RECORDS:
        return _allowed(rows[0])
    needed = {resource.access.value, *connection.execute(_reserved(resource.account_id)).scalars()}
    missing = sorted(needed - {row.access for row in rows})
    if missing:
        return Answer(False, f"none of your roles opens the class {missing[0]} there")
    return _allowed(next((row for row in rows if row.access == resource.access.value), rows[0]))


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


def in_scope() -> ColumnElement[bool]:
    """Which accounts a grant reaches: the one join between grants and the register."""
    return or_(
        RoleGrant.scope == EVERYTHING,
        and_(RoleGrant.scope == AUTHORITY, RoleGrant.scope_id == Account.authority),
        and_(RoleGrant.scope == ACCOUNT, RoleGrant.scope_id == Account.id),
    )


def granted(person_id: str, action: Action, at: datetime) -> Any:
    """A row for each account and access class that a person may do something with, and the grant that says so. The
    class is null where the role shows nothing that was captured."""
    query = in_effect(person_id, action, at).join(Account, in_scope())
    query = query.outerjoin(GrantAccess, GrantAccess.grant_id == RoleGrant.id)
    return query.add_columns(Account.id.label("account_id"), GrantAccess.access.label("access"))


def viewer(connection: Connection, person_id: str, action: Action, at: datetime) -> Viewer:
    """What a person sees who does something. Whatever is shown, listed, counted or searched goes through it."""
    opened: dict[str, set[str]] = defaultdict(set)
    everywhere: set[str] = set()
    for row in connection.execute(granted(person_id, action, at)):
        opened[row.account_id].add(row.access or "")
        if row.scope == EVERYTHING:
            everywhere.add(row.access or "")
    reserved: dict[str, set[str]] = defaultdict(set)
    for account_id, access in connection.execute(_reserved()):
        reserved[account_id].add(access)
    groups: dict[frozenset[str], set[str]] = defaultdict(set)
    for account_id, given in opened.items():
        whole = reserved[account_id] <= given
        groups[frozenset(given & _SEEN) if whole else frozenset()].add(account_id)
    total = connection.execute(select(func.count()).select_from(Account)).scalar_one()
    parts = []
    for classes, accounts in sorted(groups.items(), key=lambda group: sorted(group[0])):
        # Only a grant for everything reaches accounts that are added a moment later.
        all_of_them = len(accounts) == total and classes == everywhere & _SEEN and not any(reserved.values())
        parts.append(_part(None if all_of_them else frozenset(accounts), classes))
    return Viewer.NOTHING if not parts else Viewer(*_fields(parts[0]), also=tuple(parts[1:]))


def actions_of(connection: Connection, person_id: str, at: datetime) -> frozenset[Action]:
    """Everything that any of a person's roles allows somewhere."""
    held: set[Action] = set()
    for role, scope in connection.execute(_held(person_id, at).with_only_columns(RoleGrant.role, RoleGrant.scope)):
        allowed = MAY[Role(role)]
        held |= allowed if scope == EVERYTHING else allowed - ON_ARCHIVE
    return frozenset(held)


def accounts_seen(connection: Connection, person_id: str, action: Action, at: datetime) -> frozenset[str]:
    """Ids of the accounts that a person may do something with."""
    return frozenset(row.account_id for row in connection.execute(granted(person_id, action, at)))


def authorities_seen(connection: Connection, person_id: str, action: Action, at: datetime) -> frozenset[str] | None:
    """Short names of the authorities of which a person sees all that the register says, whether it is captured or not;
    None: of all of them. Whoever sees an account alone sees what is said of that account."""
    scopes = connection.execute(in_effect(person_id, action, at)).all()
    if any(row.scope == EVERYTHING for row in scopes):
        return None
    return frozenset(row.scope_id for row in scopes if row.scope == AUTHORITY)


_SEEN: Final = frozenset({Access.PUBLIC.value, Access.PRIVATE.value, Access.MESSAGE.value})


def _part(accounts: frozenset[str] | None, classes: frozenset[str]) -> Viewer:
    """Access classes of people as those of stored exchanges. An account of which only its being captured may be known
    shows none of its records."""
    messages = MESSAGE in classes
    if Access.PRIVATE.value in classes:
        return Viewer(accounts, None, messages)
    return Viewer(accounts, frozenset({PUBLIC}) if Access.PUBLIC.value in classes else frozenset(), False)


def _fields(part: Viewer) -> tuple[frozenset[str] | None, frozenset[str] | None, bool]:
    return part.accounts, part.access, part.messages


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
