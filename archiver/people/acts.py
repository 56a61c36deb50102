"""People and roles as acts (:mod:`archiver.evidence.acts`), and their tables made anew from them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Connection, Select, delete, func, insert, select, update

from archiver import clock
from archiver.accounts.models import Account
from archiver.evidence.act import Act
from archiver.evidence.act_types import ActKind
from archiver.evidence.acts import SERVICE, Acts, NewAct
from archiver.evidence.entry import read_entry
from archiver.evidence.event_types import EventType
from archiver.evidence.models import ActFile, Event
from archiver.people.models import AccountReserve, GrantAccess, Person, RoleGrant

KINDS: Final = frozenset({ActKind.PERSON_STATED, ActKind.ROLE_GRANTED, ActKind.ROLE_REVOKED, ActKind.ACCOUNT_RESERVED})
_TEXTS: Final = ("name", "mail", "issuer", "subject", "trained_on")
_TIMES: Final = ("added_at", "acknowledged_at", "ended_at")


def stated(connection: Connection, person_id: str, by: str | None, **more: Any) -> NewAct:
    """The act that says all of a person, as it is in this transaction."""
    row = connection.execute(select(*Person.__table__.columns).where(Person.id == person_id)).mappings().one()
    facts = {name: row[name] for name in _TEXTS} | {name: _time(row[name]) for name in _TIMES}
    return NewAct(ActKind.PERSON_STATED, person_id, facts | {"by": by}, **more)


def granted(connection: Connection, grant_id: str, reason: str | None, by: str | None, **more: Any) -> NewAct:
    """The act of giving a role."""
    row = connection.execute(select(*RoleGrant.__table__.columns).where(RoleGrant.id == grant_id)).mappings().one()
    access = connection.execute(select(GrantAccess.access).where(GrantAccess.grant_id == grant_id)).scalars()
    facts = {name: row[name] for name in ("role", "scope", "scope_id", "stand_in")}
    facts |= {"person": row["person_id"], "access": sorted(access), "reason": reason, "by": by}
    facts |= {name: _time(row[name]) for name in ("from_at", "ends_at")}
    return NewAct(ActKind.ROLE_GRANTED, grant_id, facts, **more)


def revoked(grant_id: str, reason: str | None, by: str | None, **more: Any) -> NewAct:
    """The act of taking a role back."""
    return NewAct(ActKind.ROLE_REVOKED, grant_id, {"reason": reason, "by": by}, **more)


def reserved(account_id: str, access: Iterable[str], by: str | None, **more: Any) -> NewAct:
    """The act of saying what is needed to look at an account."""
    return NewAct(ActKind.ACCOUNT_RESERVED, account_id, {"access": sorted(access), "by": by}, **more)


def record_all(connection: Connection, acts: Acts, at: datetime) -> int:
    """Say anew, under a new key, all that holds of people, roles and access. How many acts. Nothing else is ever made
    an act afterwards: a role that stands in the database and in no act was not given by anybody."""

    def of(query: Select[Any]) -> list[str]:
        return list(connection.execute(query).scalars())

    news = [stated(connection, one, None, actor=SERVICE) for one in of(select(Person.id).order_by(Person.id))]
    told = select(ActFile.number).where(ActFile.subject_id == RoleGrant.id, ActFile.kind == ActKind.ROLE_GRANTED)
    grants = select(RoleGrant.id).where(told.exists()).order_by(RoleGrant.id)
    news += [granted(connection, one, None, None, actor=SERVICE) for one in of(grants)]
    gone = of(grants.where(RoleGrant.revoked_at.is_not(None)))
    news += [revoked(one, None, None, actor=SERVICE) for one in gone]
    classes: dict[str, list[str]] = {}
    for account_id, access in connection.execute(select(AccountReserve.account_id, AccountReserve.access)):
        classes.setdefault(account_id, []).append(access)
    news += [reserved(one, access, None, actor=SERVICE) for one, access in sorted(classes.items())]
    for one in news:
        acts.record(connection, one, at)
    return len(news)


def apply(connection: Connection, act: Act) -> None:
    """What an act said of people, roles and access, in the order of the acts."""
    if act.kind == ActKind.PERSON_STATED:
        values = _person(act.facts)
        ended = connection.execute(select(Person.ended_at).where(Person.id == act.subject_id)).scalar()
        if values["ended_at"] is None:
            values["ended_at"] = ended  # nobody comes back, also where the act that ended them is lost
        _free(connection, act.subject_id, values)
        _put(connection, Person, act.subject_id, values)
    elif act.kind == ActKind.ROLE_GRANTED:
        _grant(connection, act.subject_id, act.facts)
    elif act.kind == ActKind.ROLE_REVOKED:
        mine = RoleGrant.id == act.subject_id
        connection.execute(update(RoleGrant).where(mine, RoleGrant.revoked_at.is_(None)).values(revoked_at=act.at))
    elif connection.execute(select(Account.id).where(Account.id == act.subject_id)).first() is not None:
        reserve(connection, act.subject_id, act.facts["access"])


def suspend(connection: Connection, number: int, at: datetime) -> int:
    """Let no role count that was last given before an act that cannot be read: that act may have taken it back, or may
    have ended its person. How many. They are given anew, by whoever may; nobody gets more than they had."""
    given = select(func.max(ActFile.number)).where(
        ActFile.subject_id == RoleGrant.id, ActFile.kind == ActKind.ROLE_GRANTED
    )
    going_on = (RoleGrant.revoked_at.is_(None), given.scalar_subquery() < number)
    return int(connection.execute(update(RoleGrant).where(*going_on).values(revoked_at=at)).rowcount)


def kept_back(connection: Connection) -> dict[str, frozenset[str]]:
    """What each account was last kept by, as the log has it: where an act is lost, it may be the one that said so."""
    query = select(Event.body).where(Event.type == EventType.ACCOUNT_RESERVED.value).order_by(Event.subject_number)
    entries = map(read_entry, connection.execute(query).scalars())
    last = {one.subject_id: frozenset(one.data["access"]) for one in entries}
    return {account_id: access for account_id, access in last.items() if access}


def keep_back(connection: Connection, classes: Mapping[str, Iterable[str]]) -> None:
    """Keep accounts that are there by these classes too, beside what they are kept by."""
    there = set(connection.execute(select(Account.id).where(Account.id.in_(sorted(classes)))).scalars())
    for account_id in sorted(there):
        held = connection.execute(select(AccountReserve.access).where(AccountReserve.account_id == account_id))
        reserve(connection, account_id, {*classes[account_id], *held.scalars()})


def reserve(connection: Connection, account_id: str, access: Iterable[str]) -> None:
    """Keep which access classes are needed to look at an account."""
    connection.execute(delete(AccountReserve).where(AccountReserve.account_id == account_id))
    rows = [{"account_id": account_id, "access": one} for one in sorted(set(access))]
    if rows:
        connection.execute(insert(AccountReserve), rows)


def _person(facts: Mapping[str, Any]) -> dict[str, Any]:
    times = {name: None if facts[name] is None else clock.from_text(facts[name]) for name in _TIMES}
    return {name: facts[name] for name in _TEXTS} | times


def _free(connection: Connection, person_id: str, values: Mapping[str, Any]) -> None:
    """Take what belongs to one person at a time from whoever has it just now. Where acts are said again in place, that
    is somebody to whom it passed afterwards: the acts that follow give it back."""
    others = Person.id != person_id
    if values["mail"] is not None:
        connection.execute(update(Person).where(others, Person.mail == values["mail"]).values(mail=None))
    if values["subject"] is not None:
        same = (Person.issuer == values["issuer"], Person.subject == values["subject"])
        connection.execute(update(Person).where(others, *same).values(issuer=None, subject=None))


def _grant(connection: Connection, grant_id: str, facts: Mapping[str, Any]) -> None:
    if connection.execute(select(RoleGrant.id).where(RoleGrant.id == grant_id)).first() is not None:
        return
    times = {name: None if facts[name] is None else clock.from_text(facts[name]) for name in ("from_at", "ends_at")}
    row = {name: facts[name] for name in ("role", "scope", "scope_id", "stand_in")} | times
    connection.execute(insert(RoleGrant).values(id=grant_id, person_id=facts["person"], revoked_at=None, **row))
    if facts["access"]:
        connection.execute(insert(GrantAccess), [{"grant_id": grant_id, "access": one} for one in facts["access"]])


def _put(connection: Connection, model: Any, row_id: str, values: dict[str, Any]) -> None:
    changed = connection.execute(update(model).where(model.id == row_id).values(**values)).rowcount
    if not changed:
        connection.execute(insert(model).values(id=row_id, **values))


def _time(at: datetime | None) -> str | None:
    return None if at is None else clock.to_text(at)
