"""What accounts of the City published while their official was a candidate (law R7). The archive reports; it does not
judge."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, func, select

from archiver.accounts.register.candidacies import city_accounts
from archiver.accounts.register.statements import Register
from archiver.evidence.register_facts import CandidacySays
from archiver.records.models import Record, Version
from connectors.contract import RecordKind

_PUBLISHED = (RecordKind.POST.value, RecordKind.SHARE.value, RecordKind.STORY.value)


@dataclass(frozen=True, slots=True)
class Post:
    """Something that was published in the window."""

    record_id: str
    account_id: str
    created_at: datetime
    url: str | None
    state: str
    text: str


@dataclass(frozen=True, slots=True)
class Report:
    """One candidacy. ``total`` counts all posts; ``posts`` are the first of them, in the order of time."""

    candidacy: CandidacySays
    listings: tuple[str, ...]
    not_captured: tuple[str, ...]
    """Listings of which the archive can say nothing."""
    total: int
    posts: tuple[Post, ...]


def report(
    connection: Connection, register: Register, candidacy: CandidacySays, zone: ZoneInfo, limit: int = 500
) -> Report:
    """What public accounts of the City published from the first to the last day, by the city's calendar. What the
    platform gives no time of is not in it."""
    listings = city_accounts(register, candidacy)
    accounts = [account for one in listings if (account := register.listings[one].account) is not None]
    begin, end = _span(candidacy, zone)
    within = (
        Record.account_id.in_(accounts),
        Record.kind.in_(_PUBLISHED),
        Record.access == "public",
        Record.created_at >= begin,
        Record.created_at < end,
    )
    total = connection.execute(select(func.count()).select_from(Record).where(*within)).scalar_one()
    columns = (Record.id, Record.account_id, Record.created_at, Record.url, Record.state, Version.text)
    query = select(*columns).outerjoin(Version, Version.id == Record.version_id).where(*within)
    rows = connection.execute(query.order_by(Record.created_at, Record.id).limit(limit))
    posts = tuple(
        Post(row.id, row.account_id, row.created_at, row.url, row.state, row.text or "")
        for row in rows
        if row.created_at is not None
    )
    without = tuple(one for one in listings if register.listings[one].account is None)
    return Report(candidacy, tuple(listings), without, int(total), posts)


def _span(candidacy: CandidacySays, zone: ZoneInfo) -> tuple[datetime, datetime]:
    first, last = date.fromisoformat(candidacy.since), date.fromisoformat(candidacy.until)
    after = last + timedelta(days=1) if last < date.max else last
    return datetime.combine(first, time(), zone), datetime.combine(after, time(), zone)
