"""Tables of saved searches."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from archiver.database import Base, Instant


class SavedSearch(Base):
    """A search somebody comes back to, as the last act about it says."""

    __tablename__ = "saved_search"
    __table_args__ = (Index("ix_saved_search_person", "person_id"),)

    id: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(comment="of the last act about it")
    person_id: Mapped[str] = mapped_column(comment="whose it is")
    name: Mapped[str]
    query: Mapped[str] = mapped_column(comment="as typed")
    saved_at: Mapped[datetime] = mapped_column(Instant)
    removed: Mapped[bool]


class SavedSearchMark(Base):
    """Up to when somebody has looked at what answers a saved search."""

    __tablename__ = "saved_search_mark"

    saved_id: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(Instant)
