"""Tables: what was captured. Everything here is derived from stored exchanges and run records, and can be rebuilt."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, false, text
from sqlalchemy.orm import Mapped, mapped_column

from archiver.database import Base, Instant, Json


class Record(Base):
    """One post, comment, reply, message, story or profile. Each descriptive column is what the latest stored occurrence
    that gives it says, in order of arrival; an earlier version from a platform's history only fills what is empty."""

    __tablename__ = "record"
    __table_args__ = (
        Index(None, "account_id", "created_at"),
        # Enough to count what stands under a record without reading it.
        Index("ix_record_thread", "thread_id", "state", "access", "first_seen_at", "id"),
        Index("ix_record_answers", "parent_id", "state", "access", "first_seen_at"),
        Index(None, "account_id", "listing"),
        Index(None, "account_id", "author_id"),
        Index(
            "ix_record_counted",
            *("account_id", "thread_id", "kind", "state", "author_id"),
            sqlite_where=text("counted > 0"),
            postgresql_where=text("counted > 0"),
        ),
        Index(
            "ix_record_differs",
            "account_id",
            sqlite_where=text("differs IS 1"),
            postgresql_where=text("differs IS true"),
        ),
        Index(
            "ix_record_hanging",
            "parent_id",
            sqlite_where=text("thread_id = id AND parent_id IS NOT NULL"),
            postgresql_where=text("thread_id = id AND parent_id IS NOT NULL"),
        ),
        # Few of all: whether lists that only owners are shown were seen lately is known without reading all records.
        Index(
            "ix_record_settings",
            *("account_id", "access", "last_seen_at"),
            sqlite_where=text("kind = 'settings'"),
            postgresql_where=text("kind = 'settings'"),
        ),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"))
    key: Mapped[str] = mapped_column(comment="the connector's key; id derives from account and key")
    kind: Mapped[str]
    access: Mapped[str]
    listing: Mapped[str | None] = mapped_column(comment="the list it was first seen in; absence there nominates")
    thread_id: Mapped[str] = mapped_column(comment="first record of its thread; itself where it is the first")
    parent_id: Mapped[str | None] = mapped_column(comment="may name a record not (yet) captured")
    author_id: Mapped[str | None]
    author_name: Mapped[str | None]
    author_handle: Mapped[str | None]
    url: Mapped[str | None]
    word: Mapped[str | None] = mapped_column(comment="what the platform calls it")
    created_at: Mapped[datetime | None] = mapped_column(Instant, comment="by the platform's clock")
    counts: Mapped[Any] = mapped_column(Json, comment="the platform's numbers at the latest stored occurrence")
    counted: Mapped[int | None] = mapped_column(
        comment="how many records the platform last counted under it; null: it never said"
    )
    counted_deep: Mapped[bool | None] = mapped_column(comment="at any depth; else only what answers it directly")
    counted_at: Mapped[datetime | None] = mapped_column(Instant, comment="when it said so")
    read_at: Mapped[datetime | None] = mapped_column(
        Instant, comment="when a list of what is under it was last read to its end; null: never"
    )
    read_whole: Mapped[bool | None] = mapped_column(comment="that list was everything the platform has")
    differs: Mapped[bool | None] = mapped_column(
        comment="what is known under it is not just what it counts, all of it visible; null: it never counted"
    )
    first_seen_at: Mapped[datetime] = mapped_column(Instant)
    last_seen_at: Mapped[datetime] = mapped_column(Instant)
    public_first_at: Mapped[datetime | None] = mapped_column(
        Instant, comment="first seen so by everybody; null: by nobody but who may see more"
    )
    public_last_at: Mapped[datetime | None] = mapped_column(Instant, comment="last seen so by everybody")
    state: Mapped[str]
    version_id: Mapped[str] = mapped_column(comment="what it says now, or said last")
    versions: Mapped[int]
    exchange_id: Mapped[str] = mapped_column(comment="of its latest stored occurrence, in order of arrival")
    position: Mapped[int] = mapped_column(comment="of its latest stored occurrence")


class Occurrence(Base):
    """This record, in this exchange, at this place. Its id is the exchange's id, a dot, and the position."""

    __tablename__ = "occurrence"
    __table_args__ = (Index(None, "record_id"), {"sqlite_with_rowid": False})

    exchange_id: Mapped[str] = mapped_column(ForeignKey("exchange.id"), primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True, comment="in the reading's list of records, from 0")
    record_id: Mapped[str] = mapped_column(ForeignKey("record.id"))
    place: Mapped[str] = mapped_column(comment="JSON pointer, or bytes=START-END")
    observed_at: Mapped[datetime] = mapped_column(Instant)
    as_of: Mapped[datetime | None] = mapped_column(Instant)
    retrospective: Mapped[bool]
    last_seen_at: Mapped[datetime | None] = mapped_column(
        Instant, comment="last time an answer that was not stored again repeated it; null: never"
    )
    seen_in_public_at: Mapped[datetime | None] = mapped_column(
        Instant, comment="the same of answers that everybody could have got"
    )
    arrival: Mapped[int] = mapped_column(comment="number of the run that brought (or adopted) it")
    ordinal: Mapped[int] = mapped_column(comment="of its exchange in the run that asked; orders what arrived together")
    scheme: Mapped[int]
    state: Mapped[str] = mapped_column(comment="what this answer shows of the record's visibility")
    version_id: Mapped[str] = mapped_column(ForeignKey("version.id"))
    partial: Mapped[Any] = mapped_column(
        Json, nullable=True, comment="its own {content, text} where they are not its version's; null: they are"
    )


class Version(Base):
    """What a record said, from when to when it was seen so. A, B, A again is three versions."""

    __tablename__ = "version"
    __table_args__ = (
        Index(None, "record_id"),
        Index(
            "ix_version_edited",
            "first_seen_at",
            sqlite_where=text("number > 1"),
            postgresql_where=text("number > 1"),
        ),
        Index(
            "ix_version_edited_in_public",
            "public_first_at",
            sqlite_where=text("number > 1"),
            postgresql_where=text("number > 1"),
        ),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    record_id: Mapped[str] = mapped_column(ForeignKey("record.id"))
    number: Mapped[int] = mapped_column(comment="in order of time, from 1; may grow when an earlier one is learnt")
    content: Mapped[Any] = mapped_column(Json)
    text: Mapped[str] = mapped_column(comment="plain text of the content, for people and search")
    scheme: Mapped[int]
    as_of: Mapped[datetime | None] = mapped_column(Instant, comment="since when, by the platform's clock")
    first_seen_at: Mapped[datetime | None] = mapped_column(
        Instant, comment="null: known only from the platform's history"
    )
    last_seen_at: Mapped[datetime | None] = mapped_column(Instant)
    public: Mapped[bool] = mapped_column(server_default=false(), comment="everybody could see any of it")
    public_first_at: Mapped[datetime | None] = mapped_column(
        Instant, comment="first seen so by everybody; null: by nobody but who may see more, or never standing"
    )
    public_last_at: Mapped[datetime | None] = mapped_column(Instant, comment="last seen so by everybody")
    exchange_id: Mapped[str] = mapped_column(
        comment="of its latest occurrence, in order of arrival: where it is stored"
    )
    position: Mapped[int] = mapped_column(comment="of its latest occurrence; what an unchanged answer refers to")


class RecordState(Base):
    """Visible, hidden, not returned …: from when, on what evidence."""

    __tablename__ = "state"
    __table_args__ = (
        Index(
            "ix_state_changed",
            "from_at",
            sqlite_where=text("number > 1"),
            postgresql_where=text("number > 1"),
        ),
        Index(
            "ix_state_changed_in_public",
            "public_from_at",
            sqlite_where=text("number > 1"),
            postgresql_where=text("number > 1"),
        ),
        {"sqlite_with_rowid": False},
    )

    record_id: Mapped[str] = mapped_column(ForeignKey("record.id"), primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    state: Mapped[str]
    from_at: Mapped[datetime] = mapped_column(Instant)
    last_at: Mapped[datetime] = mapped_column(Instant, comment="last time it was seen so")
    evidence: Mapped[Any] = mapped_column(Json, comment="ids of the exchanges that first showed it")
    public_from_at: Mapped[datetime | None] = mapped_column(
        Instant, comment="first known so from what everybody could see; null: only from what they could not"
    )
    public_last_at: Mapped[datetime | None] = mapped_column(Instant, comment="last known so from that")


class Medium(Base):
    """One file that belongs to a record, and what became of it."""

    __tablename__ = "medium"
    __table_args__ = (Index(None, "record_id"), Index(None, "state"))

    id: Mapped[str] = mapped_column(primary_key=True)
    record_id: Mapped[str] = mapped_column(ForeignKey("record.id"))
    key: Mapped[str]
    kind: Mapped[str]
    url: Mapped[str]
    alt_text: Mapped[str | None]
    state: Mapped[str] = mapped_column(comment="wanted, fetched, refused, missing, too_large")
    reason: Mapped[str | None]
    exchange_id: Mapped[str | None]
    content_type: Mapped[str | None]
    sha256: Mapped[str | None]
    size: Mapped[int | None]


class Picture(Base):
    """A picture of one version of the account's own post, drawn by the archiver from what was captured (law R19): never
    evidence of what the platform showed. The version is that of the occurrence it was drawn from."""

    __tablename__ = "picture"
    __table_args__ = (Index(None, "record_id"), {"sqlite_with_rowid": False})

    exchange_id: Mapped[str] = mapped_column(
        ForeignKey("exchange.id"), primary_key=True, comment="where the picture is stored"
    )
    record_id: Mapped[str] = mapped_column(comment="may name a record that is damaged, and not in the index")
    drawn_from: Mapped[str] = mapped_column(comment="exchange whose words it shows")
    position: Mapped[int] = mapped_column(comment="in that exchange")
    drawn_at: Mapped[datetime] = mapped_column(Instant)
    page: Mapped[str] = mapped_column(comment="which page it was drawn from, and its version")
    browser: Mapped[str] = mapped_column(comment="what drew it, and its version")
    whole: Mapped[bool] = mapped_column(comment="false: what is further down was not drawn")
    width: Mapped[int]
    height: Mapped[int]
    content_type: Mapped[str]
    sha256: Mapped[str]
    size: Mapped[int]


class Link(Base):
    """Where a short link led when it was followed: beside what records say, and never part of it."""

    __tablename__ = "link"
    __table_args__ = (Index(None, "account_id", "address"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"))
    address: Mapped[str] = mapped_column(comment="as it was asked: https, without a fragment")
    at: Mapped[datetime] = mapped_column(Instant, comment="as of when")
    state: Mapped[str] = mapped_column(comment="led, nowhere, refused, failed")
    target: Mapped[str | None] = mapped_column(comment="where it led; the furthest address that was named")
    reason: Mapped[str | None]
    exchanges: Mapped[Any] = mapped_column(Json, comment="ids of the exchanges that show it, in order")


class RecordLink(Base):
    """A short link that a record names was followed for it, or had been followed just before."""

    __tablename__ = "record_link"
    __table_args__ = (Index(None, "link_id"), {"sqlite_with_rowid": False})

    record_id: Mapped[str] = mapped_column(
        primary_key=True, comment="may name a record that is damaged, and not in the index"
    )
    link_id: Mapped[str] = mapped_column(primary_key=True)
    told_at: Mapped[datetime] = mapped_column(Instant, comment="of the run record that says so")


class RebuildProgress(Base):
    """How far a rebuild came, so that it goes on after a stop. Empty when none is under way; a row with an empty
    account says that one is."""

    __tablename__ = "rebuild_progress"

    account_id: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(comment="of the last run whose rows are there")
    part: Mapped[int] = mapped_column(comment="of that run")
