"""The ledger in the database, shared by all processes: every statement adds, so that no count overwrites another."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Table, and_, case, delete, func, literal, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from archiver.database import key_text
from archiver.quota.buckets import Bucket
from archiver.quota.models import Quota, QuotaCost, QuotaUse
from archiver.quota.standing import SLOT, Said, slot_of
from connectors.contract import RateFacts

KEPT = timedelta(days=40)
"""How long use is kept."""
RECENT = timedelta(hours=26)
"""As far back as a window of a day may reach, one with a change of clocks included."""
_NEWEST = 3
"""Weight, in tenths, of the last sweep in what one usually costs."""


@dataclass(slots=True)
class Noted:
    """What one process learnt of one bucket since it last wrote it down."""

    bucket: Bucket
    used: defaultdict[datetime, int] = field(default_factory=lambda: defaultdict(int))
    """By the beginning of each slot."""
    told: RateFacts | None = None
    told_at: datetime | None = None
    since: int = 0
    """Used after it was told; where it was not, all of it."""
    empty_until: datetime | None = None
    answered_at: datetime | None = None
    """Something was given since it was last refused: then it is not empty, whatever the refusal named."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One bucket as the ledger has it."""

    key: str
    platform: str
    allowance: str
    subject: str
    purpose: str
    said: Said
    slots: Mapping[datetime, int]


def write(connection: Connection, noted: Iterable[Noted], costs: Mapping[tuple[str, str, str], float]) -> None:
    """Add what was noted, in the caller's transaction. In order of the keys, so that two processes never wait for each
    other. ``costs``: what sweeps have used, by (key, account, sweep)."""
    for one in sorted(noted, key=lambda one: one.bucket.key):
        key = key_text(one.bucket.key)
        _add_use(connection, key, one)
        _say(connection, key, one)
    for (named, account, sweep), cost in sorted(costs.items()):
        _add_cost(connection, key_text(named), account, sweep, cost)


def read(connection: Connection, now: datetime, platform: str | None = None) -> list[Entry]:
    """All buckets, or those of a platform, with their use of the last 26 hours; what is kept by the day, of 40 days."""
    query = select(Quota.__table__).order_by(Quota.key)
    used = (
        select(QuotaUse.key, QuotaUse.at, QuotaUse.used)
        .join(Quota, Quota.key == QuotaUse.key)
        .where(or_(QuotaUse.at > now - RECENT, and_(Quota.coarse.is_(True), QuotaUse.at > now - KEPT)))
    )
    if platform is not None:
        query, used = query.where(Quota.platform == platform), used.where(Quota.platform == platform)
    slots: defaultdict[str, dict[datetime, int]] = defaultdict(dict)
    for key, at, count in connection.execute(used):
        slots[key][at] = count
    return [_entry(row, slots.get(row.key, {})) for row in connection.execute(query)]


def costs(connection: Connection) -> dict[tuple[str, str, str], float]:
    """What sweeps usually use, by (key, account, sweep)."""
    query = select(QuotaCost.key, QuotaCost.account_id, QuotaCost.sweep, QuotaCost.cost)
    return {(key, account, sweep): cost / 1000 for key, account, sweep, cost in connection.execute(query)}


def forget(connection: Connection, before: datetime, fine: datetime) -> None:
    """Remove old use: before ``before``, and what is kept by the quarter of an hour before ``fine``."""
    connection.execute(delete(QuotaUse).where(QuotaUse.at < before))
    monthly = select(Quota.key).where(Quota.coarse.is_(True))
    connection.execute(delete(QuotaUse).where(QuotaUse.at < fine, QuotaUse.key.not_in(monthly)))


def _entry(row: Any, slots: Mapping[datetime, int]) -> Entry:
    said = Said(row.limit, row.remaining, row.reset_at, row.told_at, row.since, row.empty_until, row.met_limit)
    return Entry(row.key, row.platform, row.allowance, row.subject, row.purpose, said, slots)


def _add_use(connection: Connection, key: str, one: Noted) -> None:
    rows = [{"key": key, "at": at, "used": used} for at, used in sorted(one.used.items()) if used]
    if rows:
        statement = _insert(connection, QuotaUse)
        together = {"used": QuotaUse.used + statement.excluded.used}
        connection.execute(statement.on_conflict_do_update(index_elements=["key", "at"], set_=together), rows)


def _say(connection: Connection, key: str, one: Noted) -> None:
    """Only what is newer takes the place of what was told; what another process counted since then stays added."""
    bucket, told = one.bucket, one.told
    values: dict[str, Any] = {
        "key": key, "platform": bucket.platform, "allowance": bucket.allowance.name, "subject": bucket.subject,
        "purpose": bucket.purpose, "limit": told.limit if told else None, "remaining": told.remaining if told else None,
        "reset_at": told.reset_at if told else None, "told_at": one.told_at, "since": one.since,
        "empty_until": one.empty_until, "met_limit": None, "coarse": slot_of(bucket.allowance) > SLOT,
    }  # fmt: skip
    if one.empty_until is not None:
        values["met_limit"] = _count(connection, key, bucket, one.empty_until)
    statement = _insert(connection, Quota)
    changed: dict[str, Any] = {"since": Quota.since + statement.excluded.since}
    if told is not None:
        for name in ("limit", "remaining", "reset_at", "told_at", "since"):
            changed[name] = statement.excluded[name]
    if one.empty_until is not None:
        changed |= {name: statement.excluded[name] for name in ("empty_until", "met_limit")}
    elif told is not None and (told.remaining or 0) > 0:
        changed["empty_until"] = None
    elif one.answered_at is not None:
        ended = literal(one.answered_at, Quota.empty_until.type)
        changed["empty_until"] = case((Quota.empty_until > ended, ended), else_=Quota.empty_until)
    connection.execute(statement.on_conflict_do_update(index_elements=["key"], set_=changed), values)


def _count(connection: Connection, key: str, bucket: Bucket, until: datetime) -> int | None:
    """Our own count of the window that ends when the refusal does."""
    since = until - bucket.allowance.every
    query = select(func.sum(QuotaUse.used)).where(QuotaUse.key == key, QuotaUse.at >= since)
    return int(connection.execute(query).scalar() or 0) or None


def _add_cost(connection: Connection, key: str, account: str, sweep: str, cost: float) -> None:
    statement = _insert(connection, QuotaCost)
    mixed = (QuotaCost.cost * (10 - _NEWEST) + statement.excluded.cost * _NEWEST) // 10
    statement = statement.on_conflict_do_update(index_elements=["key", "account_id", "sweep"], set_={"cost": mixed})
    connection.execute(statement, {"key": key, "account_id": account, "sweep": sweep, "cost": round(cost * 1000)})


def _insert(connection: Connection, model: type[Quota] | type[QuotaUse] | type[QuotaCost]) -> Any:
    made: Table = model.__table__  # type: ignore[assignment]
    return postgresql.insert(made) if connection.dialect.name == "postgresql" else sqlite.insert(made)
