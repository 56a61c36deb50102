"""Up to when everything that was captured is in the index."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Connection, func, select

from archiver.capture.models import Run


def settled(connection: Connection, now: datetime) -> datetime:
    """The beginning of the oldest run that has not ended, or now: what it fetches, also what is recovered of it after a
    kill, is dated after that, and may come into the index much later."""
    oldest = connection.execute(select(func.min(Run.started_at)).where(Run.finished_at.is_(None))).scalar()
    return now if oldest is None else min(oldest, now)
