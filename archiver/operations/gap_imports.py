"""What exports tell of the time of a gap. Computed when it is shown: nothing that was brought in closes a gap."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import Connection, func, select

from archiver.operations.history import GapImport, GapView
from archiver.records.import_views import IMPORT, VERSION, not_captured
from archiver.records.seeing import rows_of
from archiver.viewing import Viewer

_KINDS = {
    "posts": ("post", "share", "mention", "story", "review"),
    "comments": ("comment",),
    "messages": ("message",),
}
"""What each stream holds, by kind of record."""


def with_imports(connection: Connection, gaps: Sequence[GapView], viewer: Viewer = Viewer.EVERYTHING) -> list[GapView]:
    """The same gaps, each with what imports tell of its time, as far as the viewer sees it: which exports were brought
    is told with what is private."""
    known = {one for one in {gap.account_id for gap in gaps} if viewer.sees_private_of(one) and _any(connection, one)}
    return [
        replace(gap, imported=_told(connection, gap, viewer))
        if gap.account_id in known and gap.stream in _KINDS
        else gap
        for gap in gaps
    ]


def _any(connection: Connection, account_id: str) -> bool:
    return (
        connection.execute(select(VERSION.c.id).where(VERSION.c.account_id == account_id).limit(1)).first() is not None
    )


def _told(connection: Connection, gap: GapView, viewer: Viewer) -> tuple[GapImport, ...]:
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
            *rows_of(viewer, VERSION),
        )
        .group_by(VERSION.c.import_id, IMPORT.c.source)
        .order_by(VERSION.c.import_id)
    )
    if gap.span_from is not None:
        query = query.where(VERSION.c.created_at >= gap.span_from)
    return tuple(
        GapImport(row.import_id, row.source, row.brought_at, int(row.records)) for row in connection.execute(query)
    )
