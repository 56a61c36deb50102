"""What exports tell of the time of a gap. Computed when it is shown: nothing that was brought in closes a gap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection, func, select

from archiver.operations.history import GapImport, GapView
from archiver.records.import_views import IMPORT, VERSION, not_captured

_KINDS = {
    "posts": ("post", "share", "mention", "story", "review"),
    "comments": ("comment",),
    "messages": ("message",),
}
"""What each stream holds, by kind of record."""


def with_imports(connection: Connection, gaps: Sequence[GapView]) -> list[GapView]:
    """The same gaps, each with what imports tell of its time."""
    known = {one for one in {gap.account_id for gap in gaps} if _any(connection, one)}
    return [
        replace(gap, imported=_told(connection, gap)) if gap.account_id in known and gap.stream in _KINDS else gap
        for gap in gaps
    ]


def _any(connection: Connection, account_id: str) -> bool:
    return (
        connection.execute(select(VERSION.c.id).where(VERSION.c.account_id == account_id).limit(1)).first() is not None
    )


def _told(connection: Connection, gap: GapView) -> tuple[GapImport, ...]:
    query = (
        select(
            VERSION.c.import_id,
            IMPORT.c.source,
            func.min(VERSION.c.brought_at).label("brought_at"),
            func.count(VERSION.c.record_id.distinct()).label("records"),
        )
        .outerjoin(IMPORT, IMPORT.c.id == VERSION.c.import_id)
        .where(
            VERSION.c.account_id == gap.account_id,
            VERSION.c.kind.in_(_KINDS[gap.stream]),
            VERSION.c.created_at <= (gap.closed_at or gap.opened_at),
            not_captured(),
        )
        .group_by(VERSION.c.import_id, IMPORT.c.source)
        .order_by(VERSION.c.import_id)
    )
    if gap.span_from is not None:
        query = query.where(VERSION.c.created_at >= gap.span_from)
    return tuple(
        GapImport(row.import_id, row.source, row.brought_at, int(row.records)) for row in connection.execute(query)
    )
