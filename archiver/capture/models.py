"""Tables: runs, what they stored, what they looked at, and when the next one is due."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from sqlalchemy import ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from archiver.database import Base, Instant, Json


class Lease(Base):
    """Who may capture an account now. ``epoch`` rises at every acquisition and is checked in the commit, so that a
    process that woke up late cannot write."""

    __tablename__ = "lease"

    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), primary_key=True)
    epoch: Mapped[int]
    holder: Mapped[str]
    expires_at: Mapped[datetime] = mapped_column(Instant)


class Due(Base):
    """When a sweep of an account is next due. The clock only looks here."""

    __tablename__ = "due"

    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), primary_key=True)
    sweep: Mapped[str] = mapped_column(primary_key=True)
    due_at: Mapped[datetime] = mapped_column(Instant, index=True)
    failures: Mapped[int] = mapped_column(default=0, comment="in a row; lengthens the wait")
    asked_at: Mapped[datetime | None] = mapped_column(
        Instant, comment="when somebody asked for it last, until it is made"
    )


class Watch(Base):
    """When a thread is next looked at again. Working state, not evidence: a rebuild starts it anew."""

    __tablename__ = "watch"

    record_id: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"))
    due_at: Mapped[datetime] = mapped_column(Instant)
    looks: Mapped[int] = mapped_column(default=0)
    changed_at: Mapped[datetime] = mapped_column(Instant)
    stored_bytes: Mapped[int] = mapped_column(default=0)
    unique_bytes: Mapped[int] = mapped_column(default=0)
    looked_at: Mapped[datetime | None] = mapped_column(
        Instant, comment="when all of it was last looked at; null: not yet"
    )
    asked_at: Mapped[datetime | None] = mapped_column(
        Instant, comment="when somebody asked for a look last, until then"
    )

    __table_args__ = (Index(None, "account_id", "due_at"),)


class Run(Base):
    """One capture run. ``number`` counts from 1 per account and is the order of arrival of everything it brought."""

    __tablename__ = "run"
    __table_args__ = (UniqueConstraint("account_id", "number"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"))
    number: Mapped[int]
    sweep: Mapped[str]
    trigger: Mapped[str] = mapped_column(comment="schedule, person, recovery, adoption")
    started_at: Mapped[datetime] = mapped_column(Instant, index=True)
    finished_at: Mapped[datetime | None] = mapped_column(Instant)
    outcome: Mapped[str | None]
    reason: Mapped[str | None]
    settings_hash: Mapped[str]
    connector_version: Mapped[str]
    counts: Mapped[Any] = mapped_column(Json)
    bookmark_before: Mapped[Any] = mapped_column(Json)
    bookmark_after: Mapped[Any] = mapped_column(Json)
    """By the access class of the answers that gave it."""
    drift: Mapped[Any] = mapped_column(Json)
    about: Mapped[Any] = mapped_column(Json, default=None, nullable=True)
    """The account, where this run said it anew."""
    parts: Mapped[Any] = mapped_column(
        Json,
        default=None,
        nullable=True,
        comment="[[part, access]] of its record that this row tells of; null: written by an earlier version",
    )


class Segment(Base):
    """One WARC object: one authority, account, access class and month (law R32)."""

    __tablename__ = "segment"

    id: Mapped[str] = mapped_column(primary_key=True)
    key: Mapped[str] = mapped_column(unique=True)
    version_id: Mapped[str | None] = mapped_column(comment="of the object, where the store has versions")
    sha256: Mapped[str]
    size: Mapped[int]
    warc_records: Mapped[int]
    authority: Mapped[str]
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), index=True)
    access: Mapped[str]
    month: Mapped[str] = mapped_column(comment="of capture, YYYY-MM, UTC")
    record_year: Mapped[int | None] = mapped_column(comment="back-capture only: year of the newest record inside")
    closed_at: Mapped[datetime] = mapped_column(Instant)
    state: Mapped[str] = mapped_column(default="archived")
    adopted_by: Mapped[str | None] = mapped_column(comment="run that adopted it; null where its own run committed it")


class Exchange(Base):
    """One stored request and answer, or a pushed frame."""

    __tablename__ = "exchange"
    __table_args__ = (
        Index(
            "ix_exchange_problem",
            "account_id",
            "problem",
            sqlite_where=text("problem IS NOT NULL"),
            postgresql_where=text("problem IS NOT NULL"),
        ),
        # Whether the very bytes are stored already. (Addresses are too long for an index of PostgreSQL.)
        Index("ix_exchange_body", "body_sha256"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    segment_id: Mapped[str] = mapped_column(ForeignKey("segment.id"), index=True)
    run_id: Mapped[str] = mapped_column(ForeignKey("run.id"), index=True)
    ordinal: Mapped[int]
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"))
    stream: Mapped[str]
    purpose: Mapped[str]
    method: Mapped[str | None] = mapped_column(comment="null where nothing was asked (pushed, imported, deposited)")
    uri: Mapped[str]
    status: Mapped[int | None]
    received_at: Mapped[datetime] = mapped_column(Instant)
    offset: Mapped[int] = mapped_column(comment="of the response record in the segment")
    length: Mapped[int] = mapped_column(comment="of its gzip member")
    facts_offset: Mapped[int] = mapped_column(comment="of the metadata record that holds ask, context and seed")
    facts_length: Mapped[int]
    block_sha256: Mapped[str]
    body_sha256: Mapped[str] = mapped_column(comment="of the body without transfer coding")
    commitment: Mapped[str] = mapped_column(comment="root of the salted tree, as in the log")
    scheme: Mapped[int]
    reader: Mapped[str] = mapped_column(comment="connector version that first read it")
    problem: Mapped[str | None]
    quarantine: Mapped[Any] = mapped_column(Json, comment="[[place, reason]] of what could not be understood")


class Deposit(Base):
    """A file that somebody brought by hand. It proves that they brought it, and is no record of what was captured."""

    __tablename__ = "deposit"
    __table_args__ = (Index(None, "account_id", "identity"), Index(None, "record_id"))

    exchange_id: Mapped[str] = mapped_column(ForeignKey("exchange.id"), primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"))
    identity: Mapped[str] = mapped_column(comment="the same bytes about the same thing have the same, hex")
    about: Mapped[str] = mapped_column(comment="moderation, account, record")
    record_id: Mapped[str | None] = mapped_column(comment="the record it is about")
    access: Mapped[str]
    name: Mapped[str] = mapped_column(comment="of the file, as it came")
    deposited_by: Mapped[str]
    as_of: Mapped[str] = mapped_column(comment="the day that it shows, YYYY-MM-DD, as the depositor says")
    reason: Mapped[str]
    source: Mapped[str] = mapped_column(comment="where it is from, as the depositor says")
    sha256: Mapped[str]
    size: Mapped[int]


#: Of lists that were longer than is taken in: few, and looked for at every run. Written as in the index, which answers
#: a condition in the same words only (:data:`connectors.contract.ProblemKind.BEYOND`).
BEYOND: Final = text("substr(reason, 1, 7) = 'beyond:'")


class Coverage(Base):
    """Which span of a listing one run looked at, completely or not."""

    __tablename__ = "coverage"
    __table_args__ = (
        Index(None, "account_id", "listing", "at"),
        Index("ix_coverage_beyond", "account_id", "listing", "at", sqlite_where=BEYOND, postgresql_where=BEYOND),
    )

    run_id: Mapped[str] = mapped_column(ForeignKey("run.id"), primary_key=True)
    listing: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"))
    stream: Mapped[str]
    at: Mapped[datetime] = mapped_column(Instant)
    span_from: Mapped[datetime | None] = mapped_column(Instant, comment="null: from the beginning")
    complete: Mapped[bool]
    seen: Mapped[int]
    reason: Mapped[str | None] = mapped_column(comment="why not complete")


class Gap(Base):
    """A hole in what was looked at, with its cause (law R63). Closed when a later sweep covered it."""

    __tablename__ = "gap"

    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), primary_key=True)
    stream: Mapped[str] = mapped_column(primary_key=True)
    opened_by: Mapped[str] = mapped_column(primary_key=True, comment="run that could not look")
    span_from: Mapped[datetime | None] = mapped_column(Instant, comment="last time it was covered; null: never")
    opened_at: Mapped[datetime] = mapped_column(Instant)
    cause: Mapped[str]
    remedy: Mapped[str]
    closed_at: Mapped[datetime | None] = mapped_column(Instant)
    closed_by: Mapped[str | None]


class Standing(Base):
    """Where an account stands after its runs: what the next run's gaps depend on. Derived, like the gaps themselves."""

    __tablename__ = "standing"

    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), primary_key=True)
    watch: Mapped[Any] = mapped_column(Json)
