"""Tables of what custodians write on records for themselves, and of records they lay aside. Their own work: never part
of a record, of what is handed out, or of the evidence (decision 18)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from archiver.database import Base, Instant


class RecordTag(Base):
    """A word that somebody put on a record, to find it again."""

    __tablename__ = "record_tag"
    __table_args__ = (Index("ix_record_tag_tag", "tag"),)

    record_id: Mapped[str] = mapped_column(primary_key=True)
    tag: Mapped[str] = mapped_column(primary_key=True, comment="in small letters")
    by_id: Mapped[str] = mapped_column(comment="who put it there")
    at: Mapped[datetime] = mapped_column(Instant)


class RecordNote(Base):
    """What somebody wrote on a record."""

    __tablename__ = "record_note"
    __table_args__ = (Index("ix_record_note_record", "record_id"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    record_id: Mapped[str]
    text: Mapped[str]
    by_id: Mapped[str]
    at: Mapped[datetime] = mapped_column(Instant)


class Selection(Base):
    """Records that somebody laid aside under a name."""

    __tablename__ = "selection"
    __table_args__ = (Index("ix_selection_person", "person_id"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    person_id: Mapped[str] = mapped_column(comment="whose it is")
    name: Mapped[str]
    made_at: Mapped[datetime] = mapped_column(Instant)


class SelectionRecord(Base):
    """One record of a selection."""

    __tablename__ = "selection_record"

    selection_id: Mapped[str] = mapped_column(primary_key=True)
    record_id: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(Instant)


class SelectionStatement(Base):
    """A frozen search that is part of a selection, with every record it names."""

    __tablename__ = "selection_statement"

    selection_id: Mapped[str] = mapped_column(primary_key=True)
    statement_id: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(Instant)
