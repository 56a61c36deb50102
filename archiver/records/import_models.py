"""Tables: what was brought by imports. Beside what was captured and never among it: nothing here can change, number,
begin or end anything that was captured, because no captured row is ever written by an import.

All of it can be rebuilt: files and versions from stored exchanges, who brought an import and why from its act.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from archiver.database import Base, Instant, Json


class Import(Base):
    """One import that somebody ordered: who brought what, and why. From its act."""

    __tablename__ = "import"

    id: Mapped[str] = mapped_column(primary_key=True, comment="derives from the account and the SHA-256 of the file")
    account_id: Mapped[str] = mapped_column(index=True)
    format: Mapped[str]
    name: Mapped[str] = mapped_column(comment="of the file as it was given")
    sha256: Mapped[str] = mapped_column(comment="of the file; of a folder, of the list of its files")
    size: Mapped[int]
    source: Mapped[str] = mapped_column(comment="who gave it, in words")
    reason: Mapped[str]
    brought_by: Mapped[str]
    confirmed: Mapped[str | None] = mapped_column(
        comment="what a person confirmed, where the file does not name the account by its stable id"
    )
    made_at: Mapped[datetime | None] = mapped_column(Instant, comment="when the platform made it, as it says itself")
    at: Mapped[datetime] = mapped_column(Instant, comment="when it was ordered")


class ImportEnd(Base):
    """That an import is whole: its list of files is stored, and with it everything that was to be."""

    __tablename__ = "import_end"

    import_id: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), index=True)
    exchange_id: Mapped[str] = mapped_column(ForeignKey("exchange.id"), comment="the list of its files")
    at: Mapped[datetime] = mapped_column(Instant)
    counts: Mapped[Any] = mapped_column(Json, comment="files stored, left out by reason; records; not understood")


class ImportedFile(Base):
    """One stored file of an import, or one block of a large one."""

    __tablename__ = "imported_file"
    __table_args__ = (Index(None, "import_id"), Index(None, "record_id"))

    exchange_id: Mapped[str] = mapped_column(ForeignKey("exchange.id"), primary_key=True)
    import_id: Mapped[str]
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"))
    name: Mapped[str] = mapped_column(comment="of the file in the export; empty: the list of files")
    start: Mapped[int] = mapped_column(comment="of this block in the file, bytes")
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(comment="of the block")
    access: Mapped[str]
    use: Mapped[str] = mapped_column(comment="read, file, kept, list")
    record_id: Mapped[str | None] = mapped_column(comment="the record whose picture or video it is")
    url: Mapped[str | None] = mapped_column(index=True, comment="of a foreign WARC record: the address it names")
    said_at: Mapped[datetime | None] = mapped_column(Instant, comment="of a foreign WARC record: the date it names")
    digests: Mapped[Any] = mapped_column(
        Json, nullable=True, comment="of a foreign WARC record: verified, failed, not_checked, by digest"
    )


class ImportedVersion(Base):
    """What one place in an import says of a record. Never a version of what was captured."""

    __tablename__ = "imported_version"
    __table_args__ = (
        Index(None, "record_id"),
        Index(None, "account_id", "thread_id"),
        Index(None, "account_id", "parent_id"),
        Index(None, "account_id", "created_at"),
        Index(None, "import_id"),
        Index(None, "exchange_id"),
    )

    id: Mapped[str] = mapped_column(primary_key=True)
    record_id: Mapped[str] = mapped_column(comment="the same id that the captured record has, or would have")
    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"))
    import_id: Mapped[str]
    exchange_id: Mapped[str] = mapped_column(ForeignKey("exchange.id"))
    position: Mapped[int]
    place: Mapped[str] = mapped_column(comment="JSON pointer, or bytes=START-END, in the stored block")
    arrival: Mapped[int] = mapped_column(comment="number of the run that brought (or adopted) it")
    ordinal: Mapped[int]
    brought_at: Mapped[datetime] = mapped_column(Instant, comment="when the file was read into the archive")
    stated_at: Mapped[datetime | None] = mapped_column(
        Instant, comment="as of when it says so: when the export was made; null: it does not say"
    )
    key: Mapped[str]
    kind: Mapped[str]
    access: Mapped[str]
    thread_id: Mapped[str]
    parent_id: Mapped[str | None]
    author_id: Mapped[str | None]
    author_name: Mapped[str | None]
    author_handle: Mapped[str | None]
    url: Mapped[str | None]
    word: Mapped[str | None]
    created_at: Mapped[datetime | None] = mapped_column(Instant, comment="by the platform's clock")
    as_of: Mapped[datetime | None] = mapped_column(Instant, comment="since when it stood so, by the platform's clock")
    retrospective: Mapped[bool] = mapped_column(comment="an earlier version, as the export remembers it")
    said_state: Mapped[str] = mapped_column(comment="what the export says of it; never a state that was seen")
    scheme: Mapped[int]
    content: Mapped[Any] = mapped_column(Json)
    text: Mapped[str]
    counts: Mapped[Any] = mapped_column(Json)
    media: Mapped[Any] = mapped_column(Json, comment="[[kind, url, description]]")
