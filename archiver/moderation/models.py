"""Tables of statements on moderation. Rows are only ever added: what was said before stays."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from archiver.database import Base, Instant, Json


class ModerationStatement(Base):
    """What was said of one act of moderation. Made from the act of the same id; of several the last counts."""

    __tablename__ = "moderation_statement"
    __table_args__ = (
        Index("ix_moderation_statement_said", "moderation_id", "number"),
        Index("ix_moderation_statement_account", "account_id", "entered_at"),
    )

    act_id: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(comment="of the act: the order in which it was said")
    moderation_id: Mapped[str]
    account_id: Mapped[str]
    entered_at: Mapped[datetime] = mapped_column(Instant)
    void: Mapped[bool] = mapped_column(comment="there is no such act of moderation: it was entered by mistake")
    by: Mapped[str]
    by_id: Mapped[str] = mapped_column(comment="of the person who said it")
    why: Mapped[str | None]
    says: Mapped[Any] = mapped_column(Json, comment="all of it, as docs/moderation.md lays it down")


class ModerationItem(Base):
    """One record of a statement, and which of its changes is meant."""

    __tablename__ = "moderation_item"
    __table_args__ = (Index("ix_moderation_item_record", "record_id", "track"), {"sqlite_with_rowid": False})

    act_id: Mapped[str] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(primary_key=True)
    record_id: Mapped[str]
    track: Mapped[str] = mapped_column(comment="state, edited")
    seen_at: Mapped[datetime | None] = mapped_column(
        Instant, comment="the change in effect then is meant; null: the first from begins_at on that fits"
    )
    begins_at: Mapped[datetime] = mapped_column(Instant)
    fits: Mapped[str] = mapped_column(comment="which changes fit: away, gone, back, text")


class ChangeMark(Base):
    """Up to when somebody has looked at what changed."""

    __tablename__ = "change_mark"

    person_id: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(Instant)
