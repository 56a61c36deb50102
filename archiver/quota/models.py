"""Tables: what platforms said of their limits, and what was used of them. Working state, not evidence: it may be lost,
and a rebuild starts it anew."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Mapped, mapped_column

from archiver.database import Base, Instant


class Quota(Base):
    """One allowance of one application, account or server: what its platform said of it last."""

    __tablename__ = "quota"

    key: Mapped[str] = mapped_column(primary_key=True)
    platform: Mapped[str]
    allowance: Mapped[str]
    subject: Mapped[str] = mapped_column(comment="whose it is: an account's id, or the origin of the server asked")
    purpose: Mapped[str] = mapped_column(default="", comment="endpoint, where each is counted by itself")
    coarse: Mapped[bool] = mapped_column(comment="use is kept by the day, not by the quarter of an hour")
    limit: Mapped[int | None] = mapped_column(comment="as the platform told it")
    remaining: Mapped[int | None]
    reset_at: Mapped[datetime | None] = mapped_column(Instant)
    told_at: Mapped[datetime | None] = mapped_column(Instant)
    since: Mapped[int] = mapped_column(default=0, comment="used since it was told, by our count")
    empty_until: Mapped[datetime | None] = mapped_column(Instant, comment="the platform refused, and named this time")
    met_limit: Mapped[int | None] = mapped_column(comment="our count in the window when it refused")


class QuotaUse(Base):
    """What was used of it, by our own count, in one slot of time. Old slots are removed."""

    __tablename__ = "quota_use"

    key: Mapped[str] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(Instant, primary_key=True, comment="beginning of the slot")
    used: Mapped[int]


class QuotaCost(Base):
    """What one sweep of an account usually uses of it."""

    __tablename__ = "quota_cost"

    key: Mapped[str] = mapped_column(primary_key=True)
    account_id: Mapped[str] = mapped_column(primary_key=True)
    sweep: Mapped[str] = mapped_column(primary_key=True)
    cost: Mapped[int] = mapped_column(comment="thousandths; the newest sweeps count most")
