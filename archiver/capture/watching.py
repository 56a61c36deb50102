"""Which threads are looked at again, and when. Working state: a rebuild starts it anew."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, Row, and_, insert, or_, select, update

from archiver import ids
from archiver.accounts.models import Account
from archiver.capture.models import Watch
from archiver.capture.watch_times import Rule, next_look
from archiver.records.models import Record
from archiver.settings import Settings
from connectors.contract import RecordKind, RecordRef, State

#: Kinds of records that begin a thread.
_FIRST = (RecordKind.POST.value, RecordKind.STORY.value, RecordKind.REVIEW.value, RecordKind.MENTION.value)
_REF = select(Record.key, Record.kind, Record.url, Watch.looked_at)
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


def answered(connection: Connection, account_id: str) -> list[RecordRef]:
    """Threads in which answers are known that have not gone: a full sweep looks at each of them again."""
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
    query = (
        _REF.join(Watch, Watch.record_id == Record.id, isouter=True)
        .join(Account, Account.id == Record.account_id)
        .where(
            Record.account_id == account_id,
            Record.id.in_(there),
            Record.state != State.NOT_RETURNED.value,
            or_(Record.kind.in_(_FIRST), Record.author_id == Account.platform_id),
        )
    )
    return [_ref(row) for row in connection.execute(query.order_by(Record.id))]


def _ref(row: Row[str, str, str | None, datetime | None]) -> RecordRef:
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
        values = {"due_at": due_at, "looks": row.looks + 1, "changed_at": changed_at}
        values |= {
            "stored_bytes": stored,
            "unique_bytes": unique,
            "looked_at": began if look.through else row.looked_at,
        }
        connection.execute(update(Watch).where(Watch.record_id == record_id).values(**values))
