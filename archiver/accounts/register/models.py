"""Tables of the register. Rows are only ever added: what was said before stays."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from archiver.database import Base, Instant, Json


class RegisterStatement(Base):
    """What was said of one thing of the register, from a day on. Made from the act of the same id."""

    __tablename__ = "register_statement"
    __table_args__ = (
        Index("ix_register_statement_thing", "thing_id", "effective", "number"),
        Index("ix_register_statement_account", "account_id", "thing_id"),
    )

    act_id: Mapped[str] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(comment="of the act: the order in which it was said")
    thing: Mapped[str] = mapped_column(comment="authority, department, custodianship, listing …")
    thing_id: Mapped[str]
    effective: Mapped[str] = mapped_column(comment="day from which it holds, YYYY-MM-DD")
    void: Mapped[bool] = mapped_column(comment="from then on there is no such thing: it was entered by mistake")
    entered_at: Mapped[datetime] = mapped_column(Instant)
    by: Mapped[str]
    why: Mapped[str | None]
    says: Mapped[Any] = mapped_column(Json, comment="all of the thing, as docs/register.md lays it down")
    account_id: Mapped[str | None] = mapped_column(comment="of a listing: the account that is captured")
    department_id: Mapped[str | None] = mapped_column(comment="of a listing: the department whose account it is")


class RegisterDocument(Base):
    """A document that statements name: a designation, an attestation, a receipt."""

    __tablename__ = "register_document"

    id: Mapped[str] = mapped_column(primary_key=True)
    act_id: Mapped[str]
    name: Mapped[str]
    type: Mapped[str]
    size: Mapped[int]
    sha256: Mapped[str]
    entered_at: Mapped[datetime] = mapped_column(Instant)
    by: Mapped[str]
    content: Mapped[bytes]
