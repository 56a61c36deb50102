"""What accounts of the City published while their official was a candidate (law R7). The archive reports; it does not
judge."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Connection, and_, func, or_, select

from archiver.accounts.register.candidacies import city_accounts
from archiver.accounts.register.statements import Register
from archiver.evidence.register_facts import CandidacySays
from archiver.moderation.briefs import briefs
from archiver.records.seeing import of_part
from archiver.records.stored import RECORD
from archiver.viewing import PUBLIC, Viewer
from connectors.contract import RecordKind

_PUBLISHED = (RecordKind.POST.value, RecordKind.SHARE.value, RecordKind.STORY.value)


@dataclass(frozen=True, slots=True)
class Post:
    """Something that was published in the window."""

    record_id: str
    account_id: str
    account: str
    """What it calls itself."""
    created_at: datetime
    url: str | None
    state: str
    """Empty where it is not shown, as its words are not: part of it is known from what not everybody saw."""
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
    connection: Connection,
    register: Register,
    candidacy: CandidacySays,
    zone: ZoneInfo,
    viewer: Viewer,
    limit: int = 500,
    start: int = 0,
    after: tuple[datetime, str] | None = None,
) -> Report:
    """What public accounts of the City published from the first to the last day, by the city's calendar, as far as the
    viewer sees it: nothing else is listed or counted. What the platform gives no time of is not in it. ``start``: how
    many posts to pass over; ``after``: or the time and id of the last of them."""
    listings = [one for one in city_accounts(register, candidacy) if _sees(register, one, viewer)]
    accounts = [account for one in listings if (account := register.listings[one].account) is not None]
    begin, end = _span(candidacy, zone)
    within = (
        RECORD.c.account_id.in_(accounts),
        RECORD.c.kind.in_(_PUBLISHED),
        RECORD.c.access == PUBLIC,
        RECORD.c.created_at >= begin,
        RECORD.c.created_at < end,
        or_(*map(of_part, viewer.parts)),
    )
    total = connection.execute(select(func.count()).select_from(RECORD).where(*within)).scalar_one()
    query = select(RECORD.c.id, RECORD.c.account_id, RECORD.c.created_at, RECORD.c.url).where(*within)
    if after is not None:
        at, last = after
        query = query.where(or_(RECORD.c.created_at > at, and_(RECORD.c.created_at == at, RECORD.c.id > last)))
    rows = connection.execute(query.order_by(RECORD.c.created_at, RECORD.c.id).offset(start).limit(limit)).all()
    told = briefs(connection, viewer, [row.id for row in rows])
    posts = tuple(
        Post(
            row.id,
            row.account_id,
            "" if row.id not in told else told[row.id].account,
            row.created_at,
            row.url,
            "" if row.id not in told else told[row.id].state,
            "" if row.id not in told else told[row.id].text or "",
        )
        for row in rows
    )
    without = tuple(one for one in listings if register.listings[one].account is None)
    return Report(candidacy, tuple(listings), without, int(total), posts)


def _sees(register: Register, listing_id: str, viewer: Viewer) -> bool:
    account = register.listings[listing_id].account
    return account is None or viewer.sees(account)


def _span(candidacy: CandidacySays, zone: ZoneInfo) -> tuple[datetime, datetime]:
    first, last = date.fromisoformat(candidacy.since), date.fromisoformat(candidacy.until)
    after = last + timedelta(days=1) if last < date.max else last
    return datetime.combine(first, time(), zone), datetime.combine(after, time(), zone)
