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
    added_by: Mapped[str | None] = mapped_column(comment="who, as entries of the log name them; null: not known")
    added_user: Mapped[str | None] = mapped_column(comment="on the command line: the machine's user")
    added_why: Mapped[str | None] = mapped_column(comment="what whoever added it said")


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
    renewal: Mapped[bytes | None] = mapped_column(comment="what renews it, sealed in the same way")
    number: Mapped[int] = mapped_column(default=1, comment="rises with every token; the newer of two counts")
    got_at: Mapped[datetime | None] = mapped_column(Instant, comment="when this token came; null: as it was given")
    expires_at: Mapped[datetime | None] = mapped_column(Instant, comment="null: never, or not told")
    consent_ends_at: Mapped[datetime | None] = mapped_column(
        Instant, comment="after it only the owner can renew; null: never, or not told"
    )
    scopes: Mapped[Any] = mapped_column(Json, nullable=True, comment="what was granted; null: not told")
    connected: Mapped[bool] = mapped_column(default=False, comment="by the owner's consent, not given by hand")
    renewing_since: Mapped[datetime | None] = mapped_column(
        Instant, comment="the platform was asked for another; what came of it is not known yet"
    )
    refused: Mapped[str | None] = mapped_column(comment="problem with which the platform last refused it; null: works")
    refused_at: Mapped[datetime | None] = mapped_column(Instant)
    refused_why: Mapped[str | None]
    warned_at: Mapped[datetime | None] = mapped_column(Instant, comment="when its end was last warned of")


class PlatformApp(Base):
    """The application that the city registered at a platform, or that was made known to a server by itself."""

    __tablename__ = "platform_app"

    platform: Mapped[str] = mapped_column(primary_key=True)
    service: Mapped[str] = mapped_column(primary_key=True, comment="server that knows it; empty: the whole platform")
    client: Mapped[str] = mapped_column(comment="its id there; no secret")
    sealed: Mapped[bytes] = mapped_column(comment="its secret; AAD = app, platform, service, key")
    key_id: Mapped[str]
    added_at: Mapped[datetime] = mapped_column(Instant)


class ConnectLink(Base):
    """A link by which an account's owner lets the archive read it. Its own secret is not kept, only the hash."""

    __tablename__ = "connect_link"

    id: Mapped[str] = mapped_column(primary_key=True)
    secret_sha256: Mapped[str] = mapped_column(unique=True)
    account_id: Mapped[str | None] = mapped_column(ForeignKey("account.id"), comment="null: not registered yet")
    platform: Mapped[str]
    url: Mapped[str] = mapped_column(comment="of the account")
    authority: Mapped[str] = mapped_column(comment="for an account that is not registered yet")
    purpose: Mapped[str]
    made_at: Mapped[datetime] = mapped_column(Instant)
    ends_at: Mapped[datetime] = mapped_column(Instant)
    ended: Mapped[str | None] = mapped_column(comment="connected, replaced, withdrawn; null: it can be used")
    ended_at: Mapped[datetime | None] = mapped_column(Instant)
    said: Mapped[str | None] = mapped_column(comment="what came of the last try, for whoever tried")
    begun_at: Mapped[datetime | None] = mapped_column(Instant, comment="when the owner was last sent to the platform")
    state_sha256: Mapped[str | None] = mapped_column(unique=True, comment="of what the platform must send back")
    browser_sha256: Mapped[str | None] = mapped_column(comment="of what the owner's browser must send back")
    verifier: Mapped[bytes | None] = mapped_column(comment="of the challenge (RFC 7636), sealed")
    verifier_key_id: Mapped[str | None]
    listing_id: Mapped[str | None] = mapped_column(comment="entry of the register it is for")
    owner: Mapped[str | None] = mapped_column(comment="for whom it was made, by name")


class Hook(Base):
    """An address of ours that a platform sends deliveries to. What nobody may know of it is sealed."""

    __tablename__ = "hook"

    id: Mapped[str] = mapped_column(primary_key=True)
    platform: Mapped[str] = mapped_column(comment="whose application sends; its name is in the address")
    account_id: Mapped[str | None] = mapped_column(ForeignKey("account.id"), comment="null: all of the application")
    path_sha256: Mapped[str] = mapped_column(unique=True, comment="of the last part of the address")
    sealed: Mapped[bytes] = mapped_column(comment="path, verify token, own secret; AAD = hook, id, key")
    key_id: Mapped[str]
    made_at: Mapped[datetime] = mapped_column(Instant)
    verified_at: Mapped[datetime | None] = mapped_column(
        Instant, comment="when the platform last asked whether it is ours, and was answered"
    )
    last_at: Mapped[datetime | None] = mapped_column(Instant, comment="last authentic delivery")
    counts: Mapped[Any] = mapped_column(Json, default=dict, comment="what became of deliveries")


class Subscription(Base):
    """Whether a platform sends, or pushes, what concerns an account. Working state."""

    __tablename__ = "subscription"

    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), primary_key=True)
    topic: Mapped[str | None] = mapped_column(comment="what is subscribed to at a hub")
    asked_at: Mapped[datetime | None] = mapped_column(Instant)
    awaited: Mapped[bool] = mapped_column(default=False, comment="a hub has not confirmed yet what it was asked for")
    confirmed_at: Mapped[datetime | None] = mapped_column(Instant, comment="null: it is not subscribed")
    lease_until: Mapped[datetime | None] = mapped_column(Instant)
    failed: Mapped[str | None] = mapped_column(comment="why the last try came to nothing")
    last_at: Mapped[datetime | None] = mapped_column(Instant, comment="last delivery or event about it")
    connected_at: Mapped[datetime | None] = mapped_column(Instant, comment="since when its stream is heard")
    broken_at: Mapped[datetime | None] = mapped_column(Instant, comment="since when it is not")
