"""What was captured when, and what was not: runs, coverage, gaps and due times, as pages and commands show them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, func, select

from archiver.accounts.models import Account
from archiver.capture.models import Coverage, Due, Exchange, Gap, Lease, Run, Segment
from archiver.capture.outcomes import closed_name
from archiver.capture.standing import LOOKED_AT_NOTHING
from archiver.database import among
from archiver.errors import NotFound
from archiver.operations.gap_history import (
    GapImport,
    GapView,
    gaps,
    gaps_from,
    gaps_since,
    gaps_told,
    of_accounts,
    open_gaps,
)
from archiver.records.models import Record
from archiver.records.service import allowed
from archiver.viewing import Viewer
from connectors.contract import Stream

__all__ = [
    "CoverageView",
    "DueView",
    "GapImport",
    "GapView",
    "HoldView",
    "RunView",
    "Totals",
    "coverage",
    "due",
    "gaps",
    "gaps_from",
    "gaps_since",
    "gaps_told",
    "held",
    "last_runs",
    "newest_runs",
    "open_gaps",
    "record_counts",
    "run",
    "runs",
    "runs_after",
    "totals",
]

_NOT_ALL = "not everything that was asked for was answered"
_LEFT = "its process ended in the middle; what it captured beyond this is kept and not archived yet"


@dataclass(frozen=True, slots=True)
class RunView:
    """One run. ``account`` is its handle, ``name`` what it calls itself. ``outcome`` None: under way.
    ``recovery_due_at``: its process ended in the middle, and from then on another finishes what it left."""

    id: str
    account_id: str
    account: str
    name: str
    number: int
    sweep: str
    trigger: str
    started_at: datetime
    finished_at: datetime | None
    outcome: str | None
    reason: str | None
    counts: dict[str, int]
    drift: tuple[str, ...]
    recovery_due_at: datetime | None = None

    @property
    def seconds(self) -> float | None:
        return None if self.finished_at is None else (self.finished_at - self.started_at).total_seconds()


@dataclass(frozen=True, slots=True)
class HoldView:
    """A run that has archived nothing yet. ``recovery_due_at`` None: it is under way; else its process ended, and from
    then on another finishes what it left."""

    recovery_due_at: datetime | None


@dataclass(frozen=True, slots=True)
class CoverageView:
    """How far a listing was last looked at."""

    listing: str
    stream: str
    at: datetime
    span_from: datetime | None
    complete: bool
    seen: int
    reason: str | None


@dataclass(frozen=True, slots=True)
class DueView:
    sweep: str
    due_at: datetime
    failures: int


@dataclass(frozen=True, slots=True)
class Totals:
    """What the archive holds."""

    accounts: int
    records: int
    exchanges: int
    segments: int
    stored_bytes: int
    open_gaps: int


def runs(
    connection: Connection,
    now: datetime,
    account_id: str | None = None,
    limit: int = 50,
    before: tuple[datetime, str] | None = None,
    dead: Collection[str] = (),
    viewer: Viewer = Viewer.EVERYTHING,
    *,
    looking: bool = False,
) -> list[RunView]:
    """Runs, newest first; ``before`` (start, id) is where the page before ended. ``dead``: processes of this machine
    that ended, by the names under which they held accounts. ``looking``: only runs that looked at the account."""
    query = _run_query().where(*of_accounts(viewer, Run.account_id))
    query = query.order_by(Run.started_at.desc(), Run.id.desc()).limit(limit)
    if account_id is not None:
        query = query.where(Run.account_id == account_id)
    if before is not None:
        at, run_id = before
        query = query.where((Run.started_at < at) | ((Run.started_at == at) & (Run.id < run_id)))
    if looking:
        query = query.where(Run.trigger.not_in(LOOKED_AT_NOTHING))
    return [_run_view(row, now, dead, viewer) for row in connection.execute(query)]


def runs_after(
    connection: Connection,
    now: datetime,
    account_id: str,
    at: datetime,
    limit: int,
    dead: Collection[str] = (),
    viewer: Viewer = Viewer.EVERYTHING,
) -> list[RunView]:
    """Runs that looked at an account and began after a moment, oldest first."""
    mine = (
        *of_accounts(viewer, Run.account_id),
        Run.account_id == account_id,
        Run.started_at > at,
        Run.trigger.not_in(LOOKED_AT_NOTHING),
    )
    query = _run_query().where(*mine).order_by(Run.started_at, Run.id).limit(limit)
    return [_run_view(row, now, dead, viewer) for row in connection.execute(query)]


def last_runs(
    connection: Connection, now: datetime, dead: Collection[str] = (), viewer: Viewer = Viewer.EVERYTHING
) -> dict[str, RunView]:
    """The newest run of every account that looked at it; of which of them a viewer knows is for whoever asks."""
    query = _run_query().where(among(connection, Run.__table__.c.id, newest_runs(connection)))
    return {row.account_id: _run_view(row, now, dead, viewer) for row in connection.execute(query)}


def newest_runs(connection: Connection, *conditions: ColumnElement[bool]) -> list[str]:
    """Id of each account's newest run that looked at it, of those that the conditions hold of. Found by index, account
    by account: joined in one statement, SQLite reads every run that there is."""
    newest = (
        select(Run.id)
        .where(Run.account_id == Account.id, Run.trigger.not_in(LOOKED_AT_NOTHING), *conditions)
        .order_by(Run.number.desc())
        .limit(1)
        .correlate(Account)
        .scalar_subquery()
    )
    return [
        run_id for run_id in connection.execute(select(newest).select_from(Account)).scalars() if run_id is not None
    ]


def held(connection: Connection, now: datetime, dead: Collection[str] = ()) -> dict[str, HoldView]:
    """Accounts that somebody holds for a run of which nothing is archived yet."""
    query = (
        select(Lease.account_id, Lease.holder, Lease.expires_at)
        .outerjoin(Run, (Run.account_id == Lease.account_id) & (Run.number == Lease.epoch))
        .where(Lease.holder != "", Run.id.is_(None))
    )
    return {
        row.account_id: HoldView(_recovery_due_at(row.holder, row.expires_at, now, dead))
        for row in connection.execute(query)
    }


def run(
    connection: Connection,
    now: datetime,
    run_id: str,
    dead: Collection[str] = (),
    viewer: Viewer = Viewer.EVERYTHING,
) -> RunView:
    """One run.

    Raises:
        NotFound: there is none, or not for this viewer.
    """
    row = connection.execute(_run_query().where(Run.id == run_id, *of_accounts(viewer, Run.account_id))).one_or_none()
    if row is None:
        raise NotFound("there is no such run in this archive")
    return _run_view(row, now, dead, viewer)


def coverage(connection: Connection, account_id: str) -> list[CoverageView]:
    """The last look at each listing of an account; single threads are summed up by their runs, not listed."""
    query = (
        select(*Coverage.__table__.columns)
        .join(Run, Run.id == Coverage.run_id)
        .where(Coverage.account_id == account_id, ~Coverage.listing.contains(":"))
        .order_by(Run.number.desc())
        .limit(1000)
    )
    newest: dict[str, CoverageView] = {}
    for row in connection.execute(query):
        newest.setdefault(
            row.listing,
            CoverageView(row.listing, row.stream, row.at, row.span_from, row.complete, row.seen, row.reason),
        )
    return [newest[listing] for listing in sorted(newest)]


def due(
    connection: Connection, account_id: str | None = None, *, viewer: Viewer = Viewer.EVERYTHING
) -> dict[str, list[DueView]]:
    """When each account that a viewer sees is looked at next, soonest first."""
    query = select(Due.account_id, Due.sweep, Due.due_at, Due.failures).order_by(Due.due_at)
    if account_id is not None:
        query = query.where(Due.account_id == account_id)
    found: dict[str, list[DueView]] = {}
    for account, sweep, due_at, failures in connection.execute(query):
        if viewer.sees(account):
            found.setdefault(account, []).append(DueView(sweep, due_at, failures))
    return found


def record_counts(
    connection: Connection, account_id: str | None = None, viewer: Viewer = Viewer.EVERYTHING
) -> dict[str, int]:
    """How many records each account has, of those a viewer may see; accounts without any are left out."""
    query = select(Record.account_id, func.count()).where(*allowed(viewer)).group_by(Record.account_id)
    if account_id is not None:
        query = query.where(Record.account_id == account_id)
    return {row[0]: row[1] for row in connection.execute(query)}


def totals(connection: Connection, viewer: Viewer = Viewer.EVERYTHING) -> Totals:
    """What the archive holds, counted, of what a viewer may see. Stored exchanges are counted where all of their
    account is seen."""
    ids = viewer.account_ids
    whole = None if Viewer() in viewer.parts else [one for one in ids or () if viewer.sees_all_of(one)]
    wholly = Viewer(None if whole is None else frozenset(whole))

    def count(query: Select[Any]) -> int:
        return int(connection.execute(query).scalar() or 0)

    return Totals(
        accounts=count(select(func.count()).select_from(Account).where(*of_accounts(viewer, Account.id))),
        records=count(select(func.count()).select_from(Record).where(*allowed(viewer))),
        exchanges=count(select(func.count()).select_from(Exchange).where(*of_accounts(wholly, Exchange.account_id))),
        segments=count(select(func.count()).select_from(Segment).where(*of_accounts(wholly, Segment.account_id))),
        stored_bytes=count(select(func.sum(Segment.size)).where(*of_accounts(wholly, Segment.account_id))),
        open_gaps=count(select(func.count()).select_from(Gap).where(Gap.closed_at.is_(None), *gaps_told(viewer))),
    )


def _run_query() -> Select[Any]:
    """Runs with their account, and who holds the account for them: what is committed of a run that goes on reads
    *interrupted*, which is what it is if nothing more comes."""
    held = (Lease.epoch == Run.number) & (Lease.holder != "")
    columns = [*Run.__table__.columns, Account.name, Account.handle, Lease.holder, Lease.expires_at]
    joined = select(*columns).join(Account, Account.id == Run.account_id)
    return joined.outerjoin(Lease, (Lease.account_id == Run.account_id) & held)


def _recovery_due_at(holder: str, expires_at: datetime, now: datetime, dead: Collection[str]) -> datetime | None:
    """Since when another process may finish what the holder of an account left: at once where it is known to have
    ended, else when its hold runs out. None: it may well be at it."""
    if holder in dead or expires_at <= now:
        return min(expires_at, now)
    return None


def _reason(row: Row[Any], viewer: Viewer) -> str | None:
    """Why a run ended as it did, as far as a viewer may know: as with gaps, nothing of messages."""
    closed = row.reason is not None and row.reason.startswith(closed_name(Stream.MESSAGES))
    return _NOT_ALL if closed and not viewer.watches(row.account_id) else row.reason


def _run_view(row: Row[Any], now: datetime, dead: Collection[str], viewer: Viewer = Viewer.EVERYTHING) -> RunView:
    due = None if row.holder is None else _recovery_due_at(row.holder, row.expires_at, now, dead)
    under_way = row.holder is not None and due is None
    return RunView(
        id=row.id,
        account_id=row.account_id,
        account=row.handle or row.name,
        name=row.name or row.handle,
        number=row.number,
        sweep=row.sweep,
        trigger=row.trigger,
        started_at=row.started_at,
        finished_at=None if under_way else row.finished_at,
        outcome=None if under_way else row.outcome,
        reason=None if under_way else _reason(row, viewer) if due is None else _LEFT,
        counts=dict(row.counts or {}),
        drift=tuple(row.drift or ()),
        recovery_due_at=due,
    )
