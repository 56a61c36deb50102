"""Table of reviews of page roles. Rows are only ever added: what was said before stays."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from archiver.database import Base, Instant, Json


class RoleReviewStatement(Base):
    """What was said of one review. Made from the act of the same id; of several the last counts."""

    __tablename__ = "role_review_statement"
    __table_args__ = (Index("ix_role_review_statement_account", "account_id", "number"),)

    act_id: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(comment="of the act: the order in which it was said")
    review_id: Mapped[str]
    account_id: Mapped[str] = mapped_column(comment="may name an account that is not in the index")
    entered_at: Mapped[datetime] = mapped_column(Instant)
    void: Mapped[bool] = mapped_column(comment="there was no such review: it was entered by mistake")
    by: Mapped[str]
    by_id: Mapped[str] = mapped_column(comment="of the person who said it")
    why: Mapped[str | None]
    says: Mapped[Any] = mapped_column(Json, comment="all of it, as docs/page-roles.md lays it down")
