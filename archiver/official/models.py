"""Table of decisions on what is official. Rows are only ever added: what was decided before stays."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from archiver.database import Base, Instant, Json


class OfficialDecision(Base):
    """One decision. Made from the act of the same id; of several on the same thing the last counts."""

    __tablename__ = "official_decision"
    __table_args__ = (
        Index("ix_official_decision_record", "record_id", "number"),
        Index("ix_official_decision_account", "account_id", "number"),
    )

    act_id: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(comment="of the act: the order in which it was said")
    decision_id: Mapped[str]
    account_id: Mapped[str]
    record_id: Mapped[str | None] = mapped_column(comment="null: on the account as a whole; may not be in the index")
    finding: Mapped[str]
    entered_at: Mapped[datetime] = mapped_column(Instant)
    void: Mapped[bool] = mapped_column(comment="never: a decision is taken back by a later one")
    by: Mapped[str]
    by_id: Mapped[str] = mapped_column(comment="of the person who entered it")
    why: Mapped[str | None]
    says: Mapped[Any] = mapped_column(Json, comment="all of it, as docs/official.md lays it down")
