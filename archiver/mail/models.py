"""Table: mail that waits, and what became of what did."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from archiver.database import Base, Instant


class Mail(Base):
    """One mail. What it says is sealed as tokens are, and removed as soon as nobody sends it any more."""

    __tablename__ = "mail"
    __table_args__ = (Index("ix_mail_next", "state", "next_at"), Index("ix_mail_about", "about"))

    id: Mapped[str] = mapped_column(primary_key=True)
    purpose: Mapped[str] = mapped_column(comment="a code")
    about: Mapped[str] = mapped_column(comment="id of what it is about")
    recipient: Mapped[str] = mapped_column(comment="address")
    name: Mapped[str] = mapped_column(comment="of the recipient")
    made_at: Mapped[datetime] = mapped_column(Instant)
    not_after: Mapped[datetime] = mapped_column(Instant, comment="it would be of no use any more")
    state: Mapped[str] = mapped_column(comment="waiting, sent, dead, dropped")
    next_at: Mapped[datetime] = mapped_column(Instant, comment="when it is tried next")
    attempts: Mapped[int] = mapped_column(default=0, comment="tries that were begun")
    claim: Mapped[str | None] = mapped_column(comment="of whoever tries it just now")
    claimed_until: Mapped[datetime | None] = mapped_column(Instant)
    sealed: Mapped[bytes | None] = mapped_column(comment="subject and text; AAD = mail, id, key; null: it has ended")
    key_id: Mapped[str | None]
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    problem: Mapped[str | None] = mapped_column(comment="code of what the last try failed for")
    reason: Mapped[str | None] = mapped_column(comment="the same in words")
