"""Tables: the account register's core. Owners and custodians join it with the register itself."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from archiver.database import Base, Instant, Json


class Account(Base):
    """One account on one platform (law R12). The id is derived from platform, service and the platform's id."""

    __tablename__ = "account"

    id: Mapped[str] = mapped_column(primary_key=True)
    platform: Mapped[str]
    service: Mapped[str] = mapped_column(comment="origin of the server; part of the identity")
    platform_id: Mapped[str] = mapped_column(comment="the platform's stable id; handles are re-used, this is not")
    handle: Mapped[str]
    name: Mapped[str]
    url: Mapped[str]
    authority: Mapped[str] = mapped_column(default="unassigned", comment="whose record it is; part of segment keys")
    provisional: Mapped[bool] = mapped_column(default=True, comment="claimed as official, register not completed")
    state: Mapped[str] = mapped_column(default="active")
    state_since: Mapped[datetime] = mapped_column(Instant)
    state_reason: Mapped[str | None]
    settings: Mapped[Any] = mapped_column(Json, default=dict)
    added_at: Mapped[datetime] = mapped_column(Instant)


class Handle(Base):
    """What the account called itself, over time."""

    __tablename__ = "handle"

    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), primary_key=True)
    first_seen_at: Mapped[datetime] = mapped_column(Instant, primary_key=True)
    handle: Mapped[str]
    name: Mapped[str]
    url: Mapped[str]


class Credential(Base):
    """A platform token, encrypted and bound to its place. Never copied, never stored anywhere else."""

    __tablename__ = "credential"

    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), primary_key=True)
    purpose: Mapped[str] = mapped_column(primary_key=True)
    sealed: Mapped[bytes] = mapped_column(comment="AES-256-GCM; key wrapped; AAD = account, purpose, key id")
    key_id: Mapped[str]
    added_at: Mapped[datetime] = mapped_column(Instant)
