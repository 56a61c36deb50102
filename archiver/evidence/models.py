"""Tables: the local copy and outbox of the event log, and the archive's own identity."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index, text
from sqlalchemy.orm import Mapped, mapped_column

from archiver.database import Base, Instant


class Event(Base):
    """One entry of the log. ``body`` is the canonical bytes that are hashed; the other columns only find it."""

    __tablename__ = "event"
    __table_args__ = (
        Index(None, "subject_id", "subject_number"),
        Index(
            "ix_event_waiting",
            "arrival",
            sqlite_where=text("position IS NULL"),
            postgresql_where=text("position IS NULL"),
        ),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int | None] = mapped_column(unique=True, comment="in the log, from 0; null: not yet sequenced")
    at: Mapped[datetime] = mapped_column(Instant, index=True)
    type: Mapped[str] = mapped_column(index=True)
    subject_id: Mapped[str]
    subject_number: Mapped[int] = mapped_column(comment="the subject's own count of its events, from 1; 0: not chained")
    body: Mapped[bytes]
    leaf: Mapped[bytes] = mapped_column(comment="SHA-256(0x00 || body), RFC 6962")
    arrival: Mapped[int | None] = mapped_column(
        comment="order of insertion, where positions are given later (PostgreSQL, a sequence); else null"
    )


class LogHead(Base):
    """Size and compact range of the tree; one row."""

    __tablename__ = "log_head"

    id: Mapped[int] = mapped_column(primary_key=True)
    size: Mapped[int]
    frontier: Mapped[bytes] = mapped_column(comment="roots of the perfect subtrees, largest first, 32 bytes each")
    stored: Mapped[int] = mapped_column(default=0, comment="how many entries are in the object store")
    storing: Mapped[int] = mapped_column(default=0, comment="end of the delta being put; retried unchanged")


class Archive(Base):
    """Which archive this index belongs to; one row, equal to ``archive.json`` in the store."""

    __tablename__ = "archive"

    id: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(comment="real or practice; the two never mix")
    log_origin: Mapped[str]
    created_at: Mapped[datetime] = mapped_column(Instant)
