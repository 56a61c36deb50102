"""Platform tokens at rest, sealed (:mod:`archiver.sealing`) with the keys of a file outside the database.

Each is bound to its account, its purpose and the key that wraps it, so that a row moved to another place does not open.
Tokens are opened only where a request is signed, and never leave the process.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection, delete, func, insert, select

from archiver.accounts.models import Credential
from archiver.capture.secret_forms import Secret
from archiver.database import Database
from archiver.errors import IntegrityError, MissingKey, UsageError
from archiver.sealing import KeyFile, place_of, seal, unseal

#: What a token is for: reading an account.
READ = "read"
_LONGEST = 64 * 1024


class Vault:
    """Seals and opens tokens with the keys of one file. The file is created with the first token."""

    def __init__(self, key_file: Path, database: Database) -> None:
        self.key_file = key_file
        self._keys = KeyFile(key_file)
        self._database = database

    def store(self, connection: Connection, account_id: str, purpose: str, token: str, now: datetime) -> None:
        """Keep ``token`` for ``account_id``, in place of the one that was there.

        Raises:
            MissingKey: the key file is gone although tokens sealed with it exist.
            UsageError: too long, or nothing that could be kept out of the record (:class:`Secret`).
        """
        if len(token) > _LONGEST or not token.isprintable():
            raise UsageError("that is not a token: one line of text without control characters is expected")
        Secret(token)
        if not self._keys.exists:
            self._create_key_file(connection)
        key_id, key = self._keys.first()
        sealed = seal(key, place_of(account_id, purpose, key_id), token.encode())
        this = (Credential.account_id == account_id) & (Credential.purpose == purpose)
        connection.execute(delete(Credential).where(this))
        connection.execute(
            insert(Credential).values(
                account_id=account_id, purpose=purpose, sealed=sealed, key_id=key_id, added_at=now
            )
        )

    def token(self, account_id: str, purpose: str = READ) -> Secret | None:
        """The token of an account, or None where there is none.

        Raises:
            MissingKey: the key that wraps it is not in the key file.
            IntegrityError: the row was changed or moved.
        """
        query = select(Credential.sealed, Credential.key_id).where(
            Credential.account_id == account_id, Credential.purpose == purpose
        )
        with self._database.read() as connection:
            row = connection.execute(query).one_or_none()
        if row is None:
            return None
        key = self._keys.keys().get(row.key_id)
        if key is None:
            raise MissingKey(f"the key {row.key_id} is not in {self.key_file}: put it back, or give the token again")
        return Secret(_opened(key, place_of(account_id, purpose, row.key_id), row.sealed))

    def check(self) -> int:
        """Prove that every stored token can be opened; how many there are. Raises as :meth:`token` does."""
        with self._database.read() as connection:
            rows = connection.execute(select(Credential.account_id, Credential.purpose)).all()
        for account_id, purpose in rows:
            self.token(account_id, purpose)
        return len(rows)

    def _create_key_file(self, connection: Connection) -> None:
        if connection.execute(select(func.count()).select_from(Credential)).scalar_one():
            raise MissingKey(f"tokens are stored, but their key file {self.key_file} is gone: put it back")
        self._keys.create()


def _opened(key: bytes, place: bytes, sealed: bytes) -> str:
    try:
        return unseal(key, place, sealed).decode()
    except IntegrityError:
        raise IntegrityError("a stored token does not open: it was changed or moved; give the token again") from None
