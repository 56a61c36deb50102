"""Conditions on records for what a viewer may see."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import ColumnElement, and_, or_, true

from archiver.records.stored import RECORD
from archiver.viewing import MESSAGE, Viewer


def allowed(viewer: Viewer) -> list[ColumnElement[bool]]:
    """Conditions on the record table for what a viewer may see."""
    return [] if Viewer() in viewer.parts else [or_(*map(of_part, viewer.parts))]


def of_part(part: Viewer) -> ColumnElement[bool]:
    """The condition of one part of a viewer."""
    return and_(true(), *_conditions(part))


def only_public(viewer: Viewer, account_id: str) -> bool:
    """Whether a viewer sees of an account what everybody saw, and nothing else."""
    here = [part for part in viewer.parts if part.accounts is None or account_id in part.accounts]
    return all(part.only_public for part in here)


def _conditions(part: Viewer) -> Iterable[ColumnElement[bool]]:
    if part.accounts is not None:
        yield RECORD.c.account_id.in_(sorted(part.accounts))
    if part.access is not None:
        yield RECORD.c.access.in_(sorted(part.access))
    if not part.messages:
        yield RECORD.c.kind != MESSAGE
