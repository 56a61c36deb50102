"""Tables: people and their roles, which acts restore, and how they sign in, which is in no store and no snapshot."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from archiver.database import Base, Instant, Json, Whole


class Person(Base):
    """Somebody who may sign in, or did. Nobody is ever removed: acts name them."""

    __tablename__ = "person"

    id: Mapped[str] = mapped_column(primary_key=True)
    name: Mapped[str]
    mail: Mapped[str | None] = mapped_column(unique=True, comment="lower case")
    issuer: Mapped[str | None] = mapped_column(comment="whose sign-in knows them (OpenID Connect)")
    subject: Mapped[str | None] = mapped_column(comment="under which name; with the issuer, once")
    added_at: Mapped[datetime] = mapped_column(Instant)
    acknowledged_at: Mapped[datetime | None] = mapped_column(
        Instant, comment="when they took note of the rules of conduct (law R42); null: not yet"
    )
    trained_on: Mapped[str | None] = mapped_column(comment="date of their training (law R42), YYYY-MM-DD")
    ended_at: Mapped[datetime | None] = mapped_column(Instant, comment="since when they may do nothing")

    __table_args__ = (UniqueConstraint("issuer", "subject"),)


class RoleGrant(Base):
    """One role of one person, in one scope, from when to when."""

    __tablename__ = "role_grant"

    id: Mapped[str] = mapped_column(primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    role: Mapped[str]
    scope: Mapped[str] = mapped_column(comment="everything, authority, account")
    scope_id: Mapped[str] = mapped_column(comment="of the authority or account; empty: everything")
    stand_in: Mapped[bool] = mapped_column(comment="in place of somebody who has the role")
    from_at: Mapped[datetime] = mapped_column(Instant)
    ends_at: Mapped[datetime | None] = mapped_column(Instant, comment="null: until it is revoked")
    revoked_at: Mapped[datetime | None] = mapped_column(Instant)


class GrantAccess(Base):
    """An access class that a grant opens. What is not named stays closed, whatever the role (law R4, R61)."""

    __tablename__ = "grant_access"

    grant_id: Mapped[str] = mapped_column(ForeignKey("role_grant.id"), primary_key=True)
    access: Mapped[str] = mapped_column(primary_key=True)


class AccountReserve(Base):
    """An access class that whoever looks at an account needs besides: library patrons (Wis. Stat. 43.30)."""

    __tablename__ = "account_reserve"

    account_id: Mapped[str] = mapped_column(ForeignKey("account.id"), primary_key=True)
    access: Mapped[str] = mapped_column(primary_key=True)


class PersonFactor(Base):
    """How somebody signs in here, without the city's own sign-in: a password and a code. In no store, no snapshot."""

    __tablename__ = "person_factor"

    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), primary_key=True)
    password: Mapped[str] = mapped_column(comment="Argon2id, with its parameters and salt")
    code_sealed: Mapped[bytes] = mapped_column(comment="secret of the codes; AAD = totp, person, key")
    key_id: Mapped[str]
    code_step: Mapped[int] = mapped_column(comment="step of the last code that was used; older ones never count again")
    made_at: Mapped[datetime] = mapped_column(Instant)


class SignInLink(Base):
    """A link for one use, with which somebody sets how they sign in here. Only the hash of its secret is kept."""

    __tablename__ = "sign_in_link"

    id: Mapped[str] = mapped_column(primary_key=True)
    secret_sha256: Mapped[str] = mapped_column(unique=True)
    salt: Mapped[bytes] = mapped_column(comment="with the link's secret, makes the secret of the codes")
    person_id: Mapped[str | None] = mapped_column(ForeignKey("person.id"), comment="null: the first administrator")
    made_at: Mapped[datetime] = mapped_column(Instant)
    ends_at: Mapped[datetime] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant, comment="when it was used or replaced")


class SignInTrip(Base):
    """Somebody is at the city's sign-in and is expected back."""

    __tablename__ = "sign_in_trip"

    state_sha256: Mapped[str] = mapped_column(primary_key=True)
    browser_sha256: Mapped[str] = mapped_column(comment="of what the same browser must bring back")
    nonce: Mapped[str]
    verifier: Mapped[str] = mapped_column(comment="of the challenge (RFC 7636); of no use without the code")
    next: Mapped[str] = mapped_column(comment="page to go on to")
    again: Mapped[bool] = mapped_column(comment="to show once more who it is, for an act that needs that")
    made_at: Mapped[datetime] = mapped_column(Instant)


class Passkey(Base):
    """A passkey of somebody (WebAuthn). Of the key only its public half is here."""

    __tablename__ = "passkey"

    id: Mapped[str] = mapped_column(primary_key=True)
    credential: Mapped[str] = mapped_column(unique=True, comment="its id, base64url")
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    host: Mapped[str] = mapped_column(comment="name of the pages that it is for")
    name: Mapped[str] = mapped_column(comment="for its own person to tell it by")
    public_key: Mapped[bytes] = mapped_column(comment="COSE key (RFC 9052)")
    sign_count: Mapped[int] = mapped_column(Whole, comment="how often it says that it was used; 0: it does not count")
    made_at: Mapped[datetime] = mapped_column(Instant)
    used_at: Mapped[datetime | None] = mapped_column(Instant)


class PasskeyChallenge(Base):
    """What a passkey was asked to answer, once, within some minutes."""

    __tablename__ = "passkey_challenge"

    challenge_sha256: Mapped[str] = mapped_column(primary_key=True)
    purpose: Mapped[str] = mapped_column(comment="add, sign_in, again")
    host: Mapped[str]
    session_id: Mapped[str | None] = mapped_column(comment="of who was asked; null: nobody is signed in yet")
    made_at: Mapped[datetime] = mapped_column(Instant, index=True)


class AddressChange(Base):
    """Another mail address that one person asked for, for another, and that somebody else has to agree to."""

    __tablename__ = "address_change"

    id: Mapped[str] = mapped_column(primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    mail: Mapped[str | None] = mapped_column(comment="lower case; null: none")
    asked_by: Mapped[str] = mapped_column(ForeignKey("person.id"))
    made_at: Mapped[datetime] = mapped_column(Instant)
    ends_at: Mapped[datetime] = mapped_column(Instant)
    ended_at: Mapped[datetime | None] = mapped_column(Instant, comment="when it was settled, or replaced")


class SignInTry(Base):
    """A failed sign-in with a password, for some minutes: too many make the next one wait."""

    __tablename__ = "sign_in_try"
    __table_args__ = (Index(None, "key_sha256", "at"), Index(None, "at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    key_sha256: Mapped[str] = mapped_column(comment="of the name that was given, or of a browser that is known")
    at: Mapped[datetime] = mapped_column(Instant)


class KnownBrowser(Base):
    """A browser in which somebody signed in here before: strangers' failures do not make it wait."""

    __tablename__ = "known_browser"

    secret_sha256: Mapped[str] = mapped_column(primary_key=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"))
    ends_at: Mapped[datetime] = mapped_column(Instant)


class Session(Base):
    """Somebody is signed in, in one browser. Only the hash of what the browser holds is kept."""

    __tablename__ = "session"

    id: Mapped[str] = mapped_column(primary_key=True)
    secret_sha256: Mapped[str] = mapped_column(unique=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    how: Mapped[str] = mapped_column(comment="openid, password")
    browser: Mapped[str] = mapped_column(comment="what it calls itself, for its own person to tell it by")
    made_at: Mapped[datetime] = mapped_column(Instant)
    seen_at: Mapped[datetime] = mapped_column(Instant, comment="to the minute")
    shown_at: Mapped[datetime] = mapped_column(Instant, comment="when it was last shown who it is")
    ends_at: Mapped[datetime] = mapped_column(Instant, comment="at the latest")
    ended_at: Mapped[datetime | None] = mapped_column(Instant)


class ApiToken(Base):
    """A token for programs of one person. Only its hash is kept."""

    __tablename__ = "api_token"

    id: Mapped[str] = mapped_column(primary_key=True)
    secret_sha256: Mapped[str] = mapped_column(unique=True)
    person_id: Mapped[str] = mapped_column(ForeignKey("person.id"), index=True)
    name: Mapped[str]
    scopes: Mapped[Any] = mapped_column(Json, comment="actions, of those its person may")
    made_at: Mapped[datetime] = mapped_column(Instant)
    ends_at: Mapped[datetime] = mapped_column(Instant)
    used_at: Mapped[datetime | None] = mapped_column(Instant, comment="to the minute")
    ended_at: Mapped[datetime | None] = mapped_column(Instant)


class AccessEntry(Base):
    """A view or a search (law R42). Rows are only ever added; triggers refuse anything else."""

    __tablename__ = "access_log"
    __table_args__ = (Index(None, "at"), Index(None, "person_id", "at"))

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(Instant)
    person_id: Mapped[str] = mapped_column(comment="empty: nobody who is signed in")
    through: Mapped[str] = mapped_column(comment="id of the session or token; the machine's user for a command")
    action: Mapped[str]
    route: Mapped[str] = mapped_column(comment="pattern of the page, without query and ids")
    subject: Mapped[str] = mapped_column(comment="id of the account, record or run; empty: none alone")
    status: Mapped[int] = mapped_column(comment="of the answer")
    note: Mapped[bytes | None] = mapped_column(comment="what was searched for; sealed, for the auditor")
    key_id: Mapped[str | None]
