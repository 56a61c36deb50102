"""Signing in here without the city's own sign-in: a password (Argon2id) and a code of six digits (RFC 6238). For the
one account that still works when everything else does not, and for offices without a sign-in of their own."""

from __future__ import annotations

import base64
import hmac
import re
from datetime import datetime
from hashlib import sha256
from typing import Final

import pyotp
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Connection, delete, insert, select, update

from archiver.accounts.credentials import Vault
from archiver.archive import Archive
from archiver.errors import UsageError
from archiver.people.models import PersonFactor

_HASHER: Final = PasswordHasher(time_cost=2, memory_cost=48 * 1024, parallelism=1)
"""48 MiB: OWASP's first choice has 46 MiB, one thread."""
SHORTEST: Final = 12
LONGEST: Final = 200
_STEP: Final = 30
_CODE: Final = re.compile(r"[0-9]{6}")
_NOBODY: Final = _HASHER.hash("nobody has this password")
#: Beginnings of what people choose first; a password made of one of them and little more is none.
_COMMON: Final = (
    *("password", "passwort", "passw0rd", "123456", "qwerty", "letmein", "welcome", "administrator", "milwaukee"),
    *("records", "archiver", "iloveyou", "changeme", "summer", "winter", "spring", "autumn"),
)


def complaint(password: str, name: str) -> str | None:
    """Why a password is none to choose; None: it is one. Length counts, odd characters do not (NIST SP 800-63B)."""
    if not SHORTEST <= len(password) <= LONGEST:
        return f"a password has {SHORTEST} to {LONGEST} characters: several words do well"
    plain = password.casefold()
    parts = [part for part in re.split(r"\W+", name.casefold()) if len(part) > 3]
    for common in (*_COMMON, *parts):
        plain = plain.replace(common, "")
    if len(set(plain)) < 5:
        return "this password would be guessed among the first: several words that have nothing to do with you do well"
    return None


def hashed(password: str) -> str:
    """What is kept of a password."""
    return _HASHER.hash(password)


def code_secret(salt: bytes, link: str) -> str:
    """The secret of the codes (base32) that a link sets: made of what only the database and only the link know."""
    return base64.b32encode(hmac.digest(salt, b"totp\0" + link.encode(), sha256)[:20]).decode()


_CALLED: Final = 50
"""Characters."""


def address(secret: str, name: str, title: str) -> str:
    """The address that an authenticator reads (``otpauth:``). What it calls the entry is cut, so that it fits a picture
    of squares however many bytes a letter of it takes."""
    return pyotp.TOTP(secret).provisioning_uri(name=name[:_CALLED], issuer_name=title[:_CALLED])


def step_of(secret: str, code: str, at: datetime, after: int = -1) -> int | None:
    """The step of time a code belongs to, now or one step before or after; None: to none, or one that was used."""
    said = code.replace(" ", "")
    if not _CODE.fullmatch(said):
        return None
    here, codes = int(at.timestamp()) // _STEP, pyotp.TOTP(secret)
    steps = [step for step in (here - 1, here, here + 1) if hmac.compare_digest(codes.at(step * _STEP), said)]
    return next((step for step in steps if step > after), None)


def keep(connection: Connection, archive: Archive, person_id: str, password: str, secret: str, step: int) -> None:
    """Keep how somebody signs in here (``password`` hashed), in place of what was.

    Raises:
        MissingKey: the key file is gone although something was sealed with it.
    """
    sealed, key_id = archive.vault.seal_text(connection, secret, *_place(person_id))
    connection.execute(delete(PersonFactor).where(PersonFactor.person_id == person_id))
    row = {"password": password, "code_sealed": sealed, "key_id": key_id, "code_step": step}
    connection.execute(insert(PersonFactor).values(person_id=person_id, made_at=archive.clock.now(), **row))


def has_one(connection: Connection, person_id: str) -> bool:
    """Whether somebody has a password here."""
    return (
        connection.execute(select(PersonFactor.person_id).where(PersonFactor.person_id == person_id)).first()
        is not None
    )


def password_matches(stored: str | None, password: str) -> bool:
    """Whether a password is the one. Takes as long where there is none to compare with."""
    try:
        return _HASHER.verify(stored or _NOBODY, password[:LONGEST]) and stored is not None
    except (VerificationError, InvalidHashError):
        return False


def use_code(connection: Connection, vault: Vault, person_id: str, code: str, at: datetime) -> bool:
    """Whether a code is right, and was not used before: each counts once, whoever comes first."""
    mine = PersonFactor.person_id == person_id
    row = connection.execute(select(*PersonFactor.__table__.columns).where(mine)).one_or_none()
    if row is None:
        return False
    secret = vault.open_text(row.code_sealed, row.key_id, "secret of the codes", *_place(person_id))
    step = step_of(secret, code, at, row.code_step)
    if step is None:
        return False
    used = update(PersonFactor).where(mine, PersonFactor.code_step < step).values(code_step=step)
    return connection.execute(used).rowcount == 1


def require_good(password: str, repeated: str, name: str) -> None:
    """Raises:
    UsageError: not a password to choose, or not typed twice the same.
    """
    wrong = complaint(password, name)
    if wrong is None and password != repeated:
        wrong = "the two passwords differ: type the same twice"
    if wrong:
        raise UsageError(wrong)


def _place(person_id: str) -> tuple[str, str]:
    return "totp", person_id
