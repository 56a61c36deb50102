"""Platform tokens at rest, sealed (:mod:`archiver.sealing`) with the keys of a file outside the database.

Each is bound to its account, its purpose and the key that wraps it, so that a row moved to another place does not open.
Tokens are opened only where a request is signed or a token renewed, and never leave the process.
"""

from __future__ import annotations

import secrets
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from sqlalchemy import Connection, Row, column, delete, func, insert, select, table, update

from archiver.accounts.grants import Grant
from archiver.accounts.models import ConnectLink, Credential, Hook, PlatformApp
from archiver.capture.secret_forms import Secret
from archiver.database import Database
from archiver.errors import IntegrityError, MissingKey, UsageError
from archiver.sealing import KeyFile, place_of, seal, unseal

#: What a token is for: reading an account; the same by somebody else, should the first no longer be accepted.
READ: Final = "read"
SECOND: Final = "read-second"
PURPOSES: Final = (READ, SECOND)
_RENEWAL: Final = "renewal"
_LONGEST: Final = 64 * 1024
_NUMBERS: Final = 2**48


@dataclass(frozen=True, slots=True, repr=False)
class Held:
    """What is kept of one token."""

    purpose: str
    grant: Grant
    number: int
    connected: bool
    added_at: datetime
    got_at: datetime
    renewing_since: datetime | None
    refused: str | None

    @property
    def secrets(self) -> tuple[Secret, ...]:
        """Whatever of it must not be stored anywhere else."""
        return tuple(one for one in (self.grant.access, self.grant.renewal) if one is not None)


class Vault:
    """Seals and opens tokens with the keys of one file. The file is created with the first token."""

    def __init__(self, key_file: Path, database: Database) -> None:
        self.key_file = key_file
        self._keys = KeyFile(key_file)
        self._database = database

    def store(self, connection: Connection, account_id: str, purpose: str, token: str, now: datetime) -> None:
        """Keep a token that a person gave for ``account_id``, in place of the one that was there.

        Raises:
            MissingKey: the key file is gone although tokens sealed with it exist.
            UsageError: too long, or nothing that could be kept out of the record (:class:`Secret`).
        """
        self.keep(connection, account_id, purpose, Grant(given(token)), now, connected=False)

    def keep(
        self, connection: Connection, account_id: str, purpose: str, grant: Grant, now: datetime, *, connected: bool
    ) -> None:
        """Keep what was granted for ``account_id``, in place of what was there. Raises as :meth:`store` does."""
        this = (Credential.account_id == account_id) & (Credential.purpose == purpose)
        last = connection.execute(select(Credential.number).where(this)).scalar()
        values = self._values(connection, account_id, purpose, grant)
        connection.execute(delete(Credential).where(this))
        number = _anywhere() if last is None else last + 1
        row = values | {"number": number, "added_at": now, "got_at": now, "connected": connected}
        connection.execute(insert(Credential).values(account_id=account_id, purpose=purpose, **row))

    def renew(
        self, connection: Connection, account_id: str, purpose: str, grant: Grant, now: datetime, number: int
    ) -> bool:
        """Put what was renewed in the place of token ``number``. False: another is there by now."""
        this = (Credential.account_id == account_id) & (Credential.purpose == purpose) & (Credential.number == number)
        values = self._values(connection, account_id, purpose, grant)
        values |= {"number": number + 1, "got_at": now, "renewing_since": None, "warned_at": None}
        values |= {"refused": None, "refused_at": None, "refused_why": None}
        return connection.execute(update(Credential).where(this).values(**values)).rowcount == 1

    def remove(self, connection: Connection, account_id: str, purpose: str) -> bool:
        """Forget a token. Whether there was one."""
        this = (Credential.account_id == account_id) & (Credential.purpose == purpose)
        return connection.execute(delete(Credential).where(this)).rowcount > 0

    def token(self, account_id: str, purpose: str = READ) -> Secret | None:
        """The token of an account, or None where there is none. Raises as :meth:`held` does."""
        found = self.held(account_id, purpose)
        return None if found is None else found.grant.access

    def held(self, account_id: str, purpose: str = READ) -> Held | None:
        """What is kept for an account, or None where there is nothing.

        Raises:
            MissingKey: the key that wraps it is not in the key file.
            IntegrityError: the row was changed or moved.
        """
        this = (Credential.account_id == account_id) & (Credential.purpose == purpose)
        with self._database.read() as connection:
            row = connection.execute(select(*Credential.__table__.columns).where(this)).one_or_none()
        return None if row is None else self._held(row)

    def all_held(self, account_id: str) -> list[Held]:
        """Everything kept for an account, its first owner's first. Raises as :meth:`held` does."""
        return [found for purpose in PURPOSES if (found := self.held(account_id, purpose)) is not None]

    def usable(self, account_id: str) -> list[Held]:
        """Those of them that open. Raises as :meth:`held` does where there are some and none opens."""
        found, errors = [], []
        for purpose in PURPOSES:
            try:
                held = self.held(account_id, purpose)
            except (MissingKey, IntegrityError) as error:
                errors.append(error)
            else:
                found += [] if held is None else [held]
        if errors and not found:
            raise errors[0]
        return found

    def check(self) -> int:
        """Prove that every stored token can be opened; how many there are. Raises as :meth:`held` does."""
        with self._database.read() as connection:
            rows = connection.execute(select(Credential.account_id, Credential.purpose)).all()
        for account_id, purpose in rows:
            self.held(account_id, purpose)
        return len(rows)

    def seal(self, connection: Connection, secret: Secret, *place: str) -> tuple[bytes, str]:
        """Any secret, bound to its place, and the id of the key that opens it. Raises as :meth:`store` does."""
        if not self._keys.exists:
            self._create_key_file(connection)
        key_id, key = self._keys.first()
        return seal(key, place_of(*place, key_id), secret.value.encode()), key_id

    def open(self, sealed: bytes, key_id: str, what: str, *place: str) -> Secret:
        """What :meth:`seal` sealed. Raises as :meth:`held` does."""
        key = self._keys.keys().get(key_id)
        if key is None:
            raise MissingKey(f"the key {key_id} is not in {self.key_file}: put it back, or give the {what} again")
        try:
            return Secret(unseal(key, place_of(*place, key_id), sealed).decode(), what)
        except IntegrityError:
            raise IntegrityError(
                f"a stored {what} does not open: it was changed or moved; give the {what} again"
            ) from None

    def seal_text(self, connection: Connection, text: str, *place: str) -> tuple[bytes, str]:
        """As :meth:`seal`, of a text that is in no exchange with a platform."""
        return self.seal(connection, Secret(text), *place)

    def open_text(self, sealed: bytes, key_id: str, what: str, *place: str) -> str:
        """What :meth:`seal_text` sealed. Raises as :meth:`held` does."""
        return self.open(sealed, key_id, what, *place).value

    def _values(self, connection: Connection, account_id: str, purpose: str, grant: Grant) -> dict[str, Any]:
        if grant.access is None:
            raise UsageError("there is no token")
        sealed, key_id = self.seal(connection, grant.access, account_id, purpose)
        renewal = None
        if grant.renewal is not None:
            renewal, _ = self.seal(connection, grant.renewal, account_id, purpose, _RENEWAL)
        return {
            "sealed": sealed,
            "renewal": renewal,
            "key_id": key_id,
            "expires_at": grant.expires_at,
            "consent_ends_at": grant.consent_ends_at,
            "scopes": None if grant.scopes is None else sorted(grant.scopes),
        }

    def _held(self, row: Row[Any]) -> Held:
        place = row.account_id, row.purpose
        renewal = None
        if row.renewal is not None:
            renewal = self.open(row.renewal, row.key_id, "token", *place, _RENEWAL)
        scopes = None if row.scopes is None else frozenset(row.scopes)
        access = self.open(row.sealed, row.key_id, "token", *place)
        return Held(
            purpose=row.purpose,
            grant=Grant(access, renewal, row.expires_at, row.consent_ends_at, scopes),
            number=row.number,
            connected=row.connected,
            added_at=row.added_at,
            got_at=row.got_at or row.added_at,
            renewing_since=row.renewing_since,
            refused=row.refused,
        )

    def _create_key_file(self, connection: Connection) -> None:
        counted = (select(func.count()).select_from(model) for model in (Credential, PlatformApp, Hook))
        sealed = select(func.count()).where(ConnectLink.verifier.is_not(None))
        # What people sign in with, what they searched for, and mail that waits is sealed with the same key
        # (:mod:`archiver.people`, :mod:`archiver.mail`).
        others = (
            select(func.count()).select_from(text_of).where(column(sealed_in).is_not(None))
            for text_of, sealed_in in (
                (table("person_factor"), "code_sealed"),
                (table("access_log"), "note"),
                (table("mail"), "sealed"),
            )
        )
        if any(connection.execute(query).scalar_one() for query in (*counted, sealed, *others)):
            raise MissingKey(f"tokens are stored, but their key file {self.key_file} is gone: put it back")
        with suppress(FileExistsError):  # another process made it just now: what is in it seals here too
            self._keys.create()


def given(token: str) -> Secret:
    """What a person gave, where it can be a token.

    Raises:
        UsageError: too long, or nothing that could be kept out of the record (:class:`Secret`).
    """
    if len(token) > _LONGEST or not token.isprintable():
        raise UsageError("that is not a token: one line of text without control characters is expected")
    return Secret(token)


def _anywhere() -> int:
    """Number of a first token. What is still under way for one that was removed must not be taken for this one's: its
    renewal, its refusal."""
    return 1 + secrets.randbelow(_NUMBERS)
