"""Which threads are looked at again, and when. Working state: a rebuild starts it anew."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, Select, and_, insert, or_, select, update

from archiver import ids
from archiver.accounts.models import Account
from archiver.capture.listings import thread_of
from archiver.capture.models import Coverage, Run, Watch
from archiver.capture.rounds import Missed, Round
from archiver.capture.watch_times import Rule, next_look
from archiver.database import safe_text
from archiver.records import differing
from archiver.records.models import Record
from archiver.records.stored import chunks
from archiver.settings import Settings
from connectors.contract import RecordKind, RecordRef, State, SweepKind

#: Kinds of records that begin a thread.
_FIRST = (RecordKind.POST.value, RecordKind.STORY.value, RecordKind.REVIEW.value, RecordKind.MENTION.value)
#: Of what is said under these nobody makes a list.
_WITHOUT_LIST = (RecordKind.MENTION.value, RecordKind.SHARE.value)
_REF = select(Record.key, Record.kind, Record.url, Record.last_seen_at, Watch.looked_at)
_NEVER = datetime(1, 1, 1, tzinfo=UTC)
_WEEK_IN_STEPS = 7.4
"""log2 of the hours of a week and one: the storage factor of the settings is what a thread reaches in a week."""


@dataclass(slots=True)
class Looked:
    """What a look at a thread came to."""

    answer_bytes: int = 0
    stored_bytes: int = 0
    through: bool = False
    """Everything in it was looked at."""

    def note(self, size: int, *, stored: bool) -> None:
        self.answer_bytes = max(self.answer_bytes, size)
        self.stored_bytes += size if stored else 0


def rule(settings: Settings) -> Rule:
    """The bounds the settings give."""
    return Rule(
        shortest=timedelta(seconds=settings.watch_first_seconds),
        longest=timedelta(seconds=settings.watch_longest_seconds),
        asleep_after=timedelta(days=settings.watch_days),
        growth=(settings.watch_storage_factor - 1) / _WEEK_IN_STEPS,
    )


def threads(connection: Connection, account_id: str, settings: Settings, now: datetime) -> list[RecordRef]:
    """Threads that are due for another look, longest overdue first."""
    query = (
        _REF.join(Watch, Watch.record_id == Record.id)
        .where(Watch.account_id == account_id, Watch.due_at <= now, Record.state != State.NOT_RETURNED.value)
        .order_by(Watch.due_at)
        .limit(settings.watch_threads)
    )
    return [_ref(row) for row in connection.execute(query)]


def for_round(connection: Connection, account_id: str, found: Round) -> list[RecordRef]:
    """Threads that a full sweep looks at: all in which answers are known that have not gone, and what earlier runs of
    its round began and did not get to the end of; without those that they are through with. Those that the round has
    not tried come first, then those that were not looked at for the longest time."""
    done = {thread_of(name) for name in found.threads}
    tried = {key for name in found.missed if (key := thread_of(name)) is not None}
    rows = {row.key: row for row in connection.execute(_answered(account_id))}
    for chunk in chunks(tried - rows.keys()):
        known = _REF.join(Watch, Watch.record_id == Record.id, isouter=True).where(Record.account_id == account_id)
        there = (Record.key.in_([safe_text(key) for key in chunk]), Record.state != State.NOT_RETURNED.value)
        rows |= {row.key: row for row in connection.execute(known.where(*there))}
    left = [row for row in rows.values() if row.key not in done and not _is_seen(row, found)]
    left.sort(key=lambda row: (row.key in tried, row.looked_at or _NEVER, row.key))
    return [_ref(row) for row in left]


def _is_seen(row: Any, found: Round) -> bool:
    """Whether an earlier run of the round saw all there is to see: of some kinds nobody lists the answers."""
    return found.resumed and row.kind in _WITHOUT_LIST and row.last_seen_at >= found.began


def _answered(account_id: str) -> Select[str, str, str | None, datetime, datetime | None]:
    answer = Record.__table__.alias("answer")
    there = (
        select(answer.c.thread_id)
        .where(
            answer.c.account_id == account_id,
            answer.c.id != answer.c.thread_id,
            answer.c.state != State.NOT_RETURNED.value,
        )
        .distinct()
    )
    return (
        _REF.join(Watch, Watch.record_id == Record.id, isouter=True)
        .join(Account, Account.id == Record.account_id)
        .where(
            Record.account_id == account_id,
            Record.id.in_(there),
            Record.state != State.NOT_RETURNED.value,
            or_(Record.kind.in_(_FIRST), Record.author_id == Account.platform_id),
        )
    )


def round_of(connection: Connection, account_id: str, found: Round) -> Round:
    """The round with what its runs so far looked at, and what they did not get to the end of."""
    if not found.resumed:
        return found
    query = (
        select(Coverage.listing, Coverage.stream, Coverage.complete, Coverage.reason, Run.sweep)
        .join(Run, Run.id == Coverage.run_id)
        .where(Coverage.account_id == account_id, Run.account_id == account_id, Run.started_at >= found.began)
        .order_by(Run.number)
    )
    looked: dict[str, str] = {}
    missed: dict[str, Missed] = {}
    for row in connection.execute(query):
        if thread_of(row.listing) is None and row.sweep != SweepKind.FULL.value:
            continue  # other sweeps go through a list only as far as what is known
        if row.complete:
            missed.pop(row.listing, None)
            looked[row.listing] = row.stream
        elif row.listing not in looked:
            missed[row.listing] = Missed(row.stream, row.reason)
    there = {name: stream for name, stream in looked.items() if thread_of(name) is not None}
    return replace(found, threads=there, missed=missed)


def _ref(row: Row[str, str, str | None, datetime, datetime | None]) -> RecordRef:
    """``seen_at`` is when all of the thread was last looked at: its first record alone may have been seen since."""
    return RecordRef(row.key, RecordKind(row.kind), None, row.url, row.looked_at)


def watch_new(connection: Connection, account_id: str, settings: Settings, now: datetime) -> None:
    """Begin to watch threads that are new in the index: those of posts, and what is under the account's own answers to
    others."""
    bounds = rule(settings)
    answered = Record.__table__.alias("answered")
    own_answer = and_(
        Record.kind == RecordKind.COMMENT.value,
        Record.author_id == Account.platform_id,
        answered.c.author_id.is_distinct_from(Account.platform_id),
    )
    query = (
        select(Record.id, Record.created_at, Record.first_seen_at)
        .join(Account, Account.id == Record.account_id)
        .join(answered, answered.c.id == Record.parent_id, isouter=True)
        .join(Watch, Watch.record_id == Record.id, isouter=True)
        .where(
            Record.account_id == account_id,
            Record.created_at > now - bounds.asleep_after,
            or_(Record.kind.in_(_FIRST), own_answer),
            Record.thread_id == Record.id,
            Watch.record_id.is_(None),
        )
    )
    rows = []
    for record_id, created_at, first_seen_at in connection.execute(query):
        created_at = created_at or first_seen_at
        due_at = next_look(now, posted_at=created_at, changed_at=created_at, rule=bounds)
        rows.append({"record_id": record_id, "account_id": account_id, "due_at": due_at, "changed_at": created_at})
    if rows:
        connection.execute(insert(Watch), rows)


def look_soon(
    connection: Connection, account_id: str, recounted: Collection[str], settings: Settings, now: datetime
) -> None:
    """Look again soon into threads of which the platform now counts more than is known, be it that they were not read
    or that it does not list yet what it counts. Once for each change of a number: of what is counted and never
    returned, the number stays, and the looks are as rare as ever."""
    numbers = {ids.record_id(account_id, key) for key in recounted}
    soon = now + rule(settings).shortest
    for chunk in chunks(sorted(differing.lacking(connection, numbers))):
        mine = (Watch.account_id == account_id, Watch.record_id.in_(chunk))
        connection.execute(update(Watch).where(*mine, Watch.due_at > soon).values(due_at=soon))


def look_now(
    connection: Connection, account_id: str, keys: Collection[str], now: datetime, *, asked: bool = False
) -> None:
    """Known threads are due at once, where they were not before. ``asked``: because somebody asks, so that no run that
    is under way puts it off."""
    for chunk in chunks(sorted(ids.record_id(account_id, key) for key in keys)):
        mine = (Watch.account_id == account_id, Watch.record_id.in_(chunk))
        connection.execute(update(Watch).where(*mine, Watch.due_at > now).values(due_at=now))
        if asked:
            connection.execute(update(Watch).where(*mine).values(asked_at=now))


def looked_at(
    connection: Connection,
    account_id: str,
    looked: Mapping[str, Looked],
    settings: Settings,
    began: datetime,
    now: datetime,
) -> None:
    """Plan the next look of threads that were looked at. ``began``: when the sweep did."""
    by_id = {ids.record_id(account_id, key): look for key, look in looked.items()}
    query = select(Watch, Record.created_at).join(Record, Record.id == Watch.record_id)
    for record_id, look in by_id.items():
        row = connection.execute(query.where(Watch.record_id == record_id)).one_or_none()
        if row is None:
            continue
        stored = row.stored_bytes + look.stored_bytes
        unique = max(row.unique_bytes, look.answer_bytes)
        changed_at = now if look.stored_bytes else row.changed_at
        due_at = next_look(
            now,
            posted_at=row.created_at or row.changed_at,
            changed_at=changed_at,
            stored_bytes=stored,
            unique_bytes=unique,
            answer_bytes=look.answer_bytes,
            rule=rule(settings),
        )
        asked = row.asked_at is not None and began < row.asked_at <= now  # while it was looked at
        values = {"due_at": row.due_at if asked else due_at, "looks": row.looks + 1, "changed_at": changed_at}
        values["asked_at"] = row.asked_at if asked else None
        values |= {
            "stored_bytes": stored,
            "unique_bytes": unique,
            "looked_at": began if look.through else row.looked_at,
        }
        connection.execute(update(Watch).where(Watch.record_id == record_id).values(**values))
