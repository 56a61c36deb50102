"""Gaps as people and programs read them, of what a viewer may know."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, func, or_, select, tuple_

from archiver.accounts.models import Account
from archiver.capture.models import Gap
from archiver.viewing import Viewer
from connectors.contract import Stream


@dataclass(frozen=True, slots=True)
class GapView:
    """A hole in what was looked at. ``closed_at`` None: still open."""

    account_id: str
    account: str
    name: str
    stream: str
    span_from: datetime | None
    opened_at: datetime
    opened_by: str
    cause: str
    remedy: str
    closed_at: datetime | None
    closed_by: str | None
    imported: tuple[GapImport, ...] = ()
    """What exports tell of that time, where it was asked for. It closes nothing."""


@dataclass(frozen=True, slots=True)
class GapImport:
    """What one import tells of the time of a gap."""

    import_id: str
    source: str | None
    """Who gave it; None: its act is lost."""
    brought_at: datetime
    records: int
    """Records of that time and stream that it tells of, and of which nothing was captured."""


def gaps(
    connection: Connection,
    account_id: str | None = None,
    *,
    closed: bool = False,
    limit: int = 500,
    viewer: Viewer = Viewer.EVERYTHING,
) -> list[GapView]:
    """Gaps, open ones first, then newest first. Closed ones only if asked for."""
    query = _query(viewer).order_by(Gap.closed_at.is_not(None), Gap.opened_at.desc()).limit(limit)
    if account_id is not None:
        query = query.where(Gap.account_id == account_id)
    if not closed:
        query = query.where(Gap.closed_at.is_(None))
    return [_gap_view(row) for row in connection.execute(query)]


def gaps_from(
    connection: Connection,
    viewer: Viewer = Viewer.EVERYTHING,
    account_id: str | None = None,
    *,
    closed: bool,
    limit: int,
    after: tuple[datetime, str, str, str] | None = None,
) -> list[GapView]:
    """Gaps, those opened last first, page by page; ``after`` (opened, account, stream, run) is where the page before
    ended."""
    here = (Gap.account_id, Gap.stream, Gap.opened_by)
    query = _query(viewer).order_by(Gap.opened_at.desc(), *here).limit(limit)
    if account_id is not None:
        query = query.where(Gap.account_id == account_id)
    if not closed:
        query = query.where(Gap.closed_at.is_(None))
    if after is not None:
        at, *place = after
        query = query.where((Gap.opened_at < at) | ((Gap.opened_at == at) & (tuple_(*here) > tuple_(*place))))
    return [_gap_view(row) for row in connection.execute(query)]


def gaps_since(connection: Connection, since: datetime, viewer: Viewer = Viewer.EVERYTHING) -> dict[str, list[GapView]]:
    """Gaps that were open at some time since, by account, newest first."""
    query = _query(viewer).order_by(Gap.opened_at.desc())
    found: dict[str, list[GapView]] = {}
    for row in connection.execute(query.where(Gap.closed_at.is_(None) | (Gap.closed_at >= since))):
        found.setdefault(row.account_id, []).append(_gap_view(row))
    return found


def open_gaps(connection: Connection) -> dict[str, int]:
    """How many open gaps each account has; accounts without one are left out."""
    query = select(Gap.account_id, func.count()).where(Gap.closed_at.is_(None)).group_by(Gap.account_id)
    return {row[0]: row[1] for row in connection.execute(query)}


def _query(viewer: Viewer) -> Select[Any]:
    """Gaps that a viewer may know of, with their account."""
    columns = [*Gap.__table__.columns, Account.name, Account.handle]
    return select(*columns).join(Account, Account.id == Gap.account_id).where(*gaps_told(viewer))


def of_accounts(viewer: Viewer, account_id: Any) -> list[ColumnElement[bool]]:
    """Conditions for accounts of which a viewer sees anything."""
    ids = viewer.account_ids
    return [] if ids is None else [account_id.in_(sorted(ids))]


def gaps_told(viewer: Viewer) -> list[ColumnElement[bool]]:
    """Conditions for gaps that a viewer may know of: that messages were not looked at is nothing for who sees only
    what was public."""
    watching = [part.accounts for part in viewer.parts if part.watched]
    if any(one is None for one in watching):
        return of_accounts(viewer, Gap.account_id)
    told = sorted(frozenset().union(*(one or () for one in watching)))
    return [*of_accounts(viewer, Gap.account_id), or_(Gap.stream != Stream.MESSAGES.value, Gap.account_id.in_(told))]


def _gap_view(row: Row[Any]) -> GapView:
    return GapView(
        account_id=row.account_id,
        account=row.handle or row.name,
        name=row.name or row.handle,
        stream=row.stream,
        span_from=row.span_from,
        opened_at=row.opened_at,
        opened_by=row.opened_by,
        cause=row.cause,
        remedy=row.remedy,
        closed_at=row.closed_at,
        closed_by=row.closed_by,
    )
