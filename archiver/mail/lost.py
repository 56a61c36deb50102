"""Mail that the log alone tells of: it was asked for after the copy of the database that was put back, or before the
index was made anew from the store. Its words and its address are gone, and whether it left is known only where the log
says so."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import Connection, select
from sqlalchemy.orm import aliased

from archiver.database import among
from archiver.evidence.entry import read_entry
from archiver.evidence.event_types import EventType
from archiver.evidence.models import Event
from archiver.mail.models import Mail
from archiver.mail.trying import State

ENDINGS: Final = {
    EventType.MAIL_SENT.value: State.SENT,
    EventType.MAIL_FAILED.value: State.DEAD,
    EventType.MAIL_DROPPED.value: State.DROPPED,
}
"""How a mail ended, by the type of the entry that says so."""


@dataclass(frozen=True, slots=True)
class LostMail:
    """What is known of one."""

    id: str
    purpose: str
    about: str
    made_at: datetime
    state: State | None
    """How it ended; None: nobody knows. It may have been sent."""


def lost(
    connection: Connection, *, since: datetime | None = None, unknown: bool = False, most: int = 100
) -> list[LostMail]:
    """Mail of which there is no row, newest first; asked for after ``since``, where that is given. ``unknown``: only
    that of which nobody knows how it ended."""
    kept = select(Mail.id).where(Mail.id == Event.subject_id).exists()
    query = select(Event.subject_id, Event.body, Event.at).where(Event.type == EventType.MAIL_ASKED.value, ~kept)
    if unknown:
        end = aliased(Event)
        query = query.where(~select(end.id).where(end.subject_id == Event.subject_id, end.type.in_(ENDINGS)).exists())
    if since is not None:
        query = query.where(Event.at > since)
    rows = connection.execute(query.order_by(Event.at.desc(), Event.id).limit(most)).all()
    ended = _ended(connection, [row.subject_id for row in rows])
    said = [(row.subject_id, read_entry(row.body).data, row.at) for row in rows]
    return [
        LostMail(mail_id, str(data.get("purpose", "")), str(data.get("connection", "")), at, ended.get(mail_id))
        for mail_id, data, at in said
    ]


def _ended(connection: Connection, mail_ids: Iterable[str]) -> dict[str, State]:
    query = select(Event.subject_id, Event.type).where(
        among(connection, Event.__table__.c.subject_id, list(mail_ids)), Event.type.in_(ENDINGS)
    )
    return {row.subject_id: ENDINGS[row.type] for row in connection.execute(query)}
