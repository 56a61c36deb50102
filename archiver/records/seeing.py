"""Conditions on records for what a viewer may see."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import ColumnElement, FromClause, and_, or_, true

from archiver.records.stored import RECORD
from archiver.viewing import MESSAGE, Viewer


def allowed(viewer: Viewer) -> list[ColumnElement[bool]]:
    """Conditions on the record table for what a viewer may see."""
    return rows_of(viewer, RECORD)


def rows_of(viewer: Viewer, rows: FromClause) -> list[ColumnElement[bool]]:
    """Conditions on a table whose rows have an account, an access class and a kind of record."""
    return [] if Viewer() in viewer.parts else [or_(*(of_part(part, rows) for part in viewer.parts))]


def of_part(part: Viewer, rows: FromClause = RECORD) -> ColumnElement[bool]:
    """The condition of one part of a viewer."""
    return and_(true(), *_conditions(part, rows))


def only_public(viewer: Viewer, account_id: str) -> bool:
    """Whether a viewer sees of an account what everybody saw, and nothing else."""
    here = [part for part in viewer.parts if part.accounts is None or account_id in part.accounts]
    return all(part.only_public for part in here)


def _conditions(part: Viewer, rows: FromClause) -> Iterable[ColumnElement[bool]]:
    if part.accounts is not None:
        yield rows.c.account_id.in_(sorted(part.accounts))
    if part.access is not None:
        yield rows.c.access.in_(sorted(part.access))
    if not part.messages:
        yield rows.c.kind != MESSAGE
