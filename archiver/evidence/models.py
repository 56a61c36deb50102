"""Tables: the local copy and outbox of the event log, what is known of its checkpoints and time-stamps, and the
archive's own identity."""

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
    moved_at: Mapped[datetime | None] = mapped_column(Instant, comment="since when the index is another database's")


class ActFile(Base):
    """One act whose facts exist in the database only: outbox of its file, and afterwards what is known of the file."""

    __tablename__ = "act_file"
    __table_args__ = (
        Index(None, "subject_id"),
        Index(
            "ix_act_file_waiting",
            "number",
            sqlite_where=text("sealed IS NOT NULL"),
            postgresql_where=text("sealed IS NOT NULL"),
        ),
    )

    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, comment="from 1, without a gap")
    id: Mapped[str] = mapped_column(unique=True)
    kind: Mapped[str | None] = mapped_column(comment="null: its file was lost or could not be opened")
    subject_id: Mapped[str | None]
    commitment: Mapped[str] = mapped_column(comment="as in the log")
    sha256: Mapped[str | None] = mapped_column(comment="of the file; null where it was lost")
    sealed: Mapped[bytes | None] = mapped_column(comment="the file, until it is in the store; put unchanged")
    version_id: Mapped[str | None] = mapped_column(comment="of the object, where the store has versions")


class LogSubtree(Base):
    """Roots of perfect subtrees of 256, 65,536 … entries, so that a proof needs no more than a few hundred hashes.
    Derived from the deltas in the store, and made anew where they do not give what a checkpoint signs."""

    __tablename__ = "log_subtree"

    level: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, comment="8, 16 …: over 2**level entries")
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    hash: Mapped[bytes]


class LogSigning(Base):
    """Where signing stands; one row. Never trusted above the checkpoint in the store."""

    __tablename__ = "log_signing"

    id: Mapped[int] = mapped_column(primary_key=True)
    size: Mapped[int] = mapped_column(comment="of the newest checkpoint; 0: none yet")
    frontier: Mapped[bytes] = mapped_column(comment="of the tree under it")
    signed_at: Mapped[datetime | None] = mapped_column(Instant)
    looked_at: Mapped[datetime | None] = mapped_column(Instant, comment="when the log was last found in order")
    problem: Mapped[str | None] = mapped_column(comment="why nothing is signed now, as a code")
    detail: Mapped[str | None] = mapped_column(comment="the same as a sentence")
    problem_since: Mapped[datetime | None] = mapped_column(Instant)


class LogCheckpoint(Base):
    """One checkpoint this archive signed or found signed by its own key."""

    __tablename__ = "log_checkpoint"

    size: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    sha256: Mapped[str] = mapped_column(comment="of the signed note in the store")
    seen_at: Mapped[datetime] = mapped_column(Instant)


class Anchor(Base):
    """One time-stamp of a checkpoint that was verified."""

    __tablename__ = "anchor"

    size: Mapped[int] = mapped_column(primary_key=True, autoincrement=False, comment="of the checkpoint")
    service: Mapped[str] = mapped_column(primary_key=True)
    sha256: Mapped[str] = mapped_column(comment="of the answer in the store")
    time: Mapped[datetime] = mapped_column(Instant, comment="that it states")
    received_at: Mapped[datetime] = mapped_column(Instant)


class TimestampService(Base):
    """When a time-stamp is next asked of a service, and why the last answer did not count."""

    __tablename__ = "timestamp_service"

    name: Mapped[str] = mapped_column(primary_key=True)
    due_at: Mapped[datetime] = mapped_column(Instant)
    waiting_since: Mapped[datetime | None] = mapped_column(Instant, comment="of the oldest checkpoint without a stamp")
    tries: Mapped[int] = mapped_column(default=0, comment="in a row without a time-stamp")
    problem: Mapped[str | None] = mapped_column(comment="of the last try, as a code")
