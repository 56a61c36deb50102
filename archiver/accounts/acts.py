"""Acts on the register as they are kept (:mod:`archiver.evidence.acts`), and the register made anew from them.

An account's names are those it was added under: what it called itself later follows from stored answers. Its state
after a run follows from run records. So an act has to be applied in its place among the runs of its account.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from archiver import clock
from archiver.accounts.models import Account, Handle
from archiver.evidence.act import Act
from archiver.evidence.act_types import ActKind
from archiver.evidence.acts import PERSON, SERVICE, Acts, NewAct
from archiver.evidence.models import ActFile

_WHOLE = ("platform", "service", "platform_id", "authority", "provisional", "settings", "state", "state_reason")
_NAMES = ("handle", "name", "url")
CLOSED = "closed"
"""State of an account that the City uses no more."""
_ADDED = ("added_by", "added_user", "added_why")
"""Not in version 1."""


def registered(connection: Connection, account_id: str, **more: Any) -> NewAct:
    """The act that says all of an account that only the register knows."""
    row = connection.execute(select(*Account.__table__.columns).where(Account.id == account_id)).mappings().one()
    first = select(Handle.handle, Handle.name, Handle.url).where(Handle.account_id == account_id)
    names = connection.execute(first.order_by(Handle.first_seen_at).limit(1)).mappings().one_or_none() or row
    facts = {name: row[name] for name in (*_WHOLE, *_ADDED)} | {name: names[name] for name in _NAMES}
    times = {name: clock.to_text(row[name]) for name in ("added_at", "state_since")}
    return NewAct(ActKind.ACCOUNT_REGISTERED, account_id, facts | times, **more)


def state_set(account_id: str, state: str, reason: str | None, actor: tuple[str, str] = PERSON) -> NewAct:
    """The act by which a person pauses or resumes an account."""
    return NewAct(ActKind.ACCOUNT_STATE_SET, account_id, {"state": state, "reason": reason}, actor)


def record_all(connection: Connection, acts: Acts, at: datetime, *, anew: bool = False) -> int:
    """Record what the register says of accounts that no act tells of; or, ``anew``, of all. How many."""
    query = select(Account.id).order_by(Account.added_at, Account.id)
    if not anew:
        told = select(ActFile.number).where(ActFile.subject_id == Account.id).exists()
        query = query.where(~told)
    accounts: Sequence[str] = connection.execute(query).scalars().all()
    for account_id in accounts:
        acts.record(connection, registered(connection, account_id, actor=SERVICE), at)
    return len(accounts)


def enter(connection: Connection, act: Act) -> bool:
    """Enter the account that an act registered, as it was then: captured, under its first names. False: it is there."""
    if connection.execute(select(Account.id).where(Account.id == act.subject_id)).first() is not None:
        return False
    facts = act.facts
    added_at = clock.from_text(facts["added_at"])
    names = {name: facts[name] for name in _NAMES}
    connection.execute(
        insert(Account).values(
            id=act.subject_id, platform=facts["platform"], service=facts["service"], platform_id=facts["platform_id"],
            authority=facts["authority"], provisional=facts["provisional"], settings=facts["settings"],
            state="active", state_since=added_at, added_at=added_at, **names, **_added(facts),
        )
    )  # fmt: skip
    connection.execute(insert(Handle).values(account_id=act.subject_id, first_seen_at=added_at, **names))
    return True


def apply(connection: Connection, act: Act) -> None:
    """What an act changed, in its place among the runs of its account."""
    values = _changed(act)
    connection.execute(update(Account).where(Account.id == act.subject_id).values(**values))


def _changed(act: Act) -> dict[str, Any]:
    facts = act.facts
    if act.kind == ActKind.ACCOUNT_ASSIGNED:
        return {"authority": facts["authority"]}
    if act.kind == ActKind.ACCOUNT_STATE_SET:
        return {"state": facts["state"], "state_since": act.at, "state_reason": facts["reason"]}
    if act.kind == ActKind.ACCOUNT_CLOSED:
        return {"state": CLOSED, "state_since": act.at, "state_reason": facts["reason"]}
    whole = {name: facts[name] for name in _WHOLE} | _added(facts)
    return whole | {name: clock.from_text(facts[name]) for name in ("added_at", "state_since")}


def _added(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {name: facts.get(name) for name in _ADDED}
