"""Platform tokens at rest: AES-256-GCM with a key per row, wrapped by a key file outside the database.

The additional data binds a sealed token to its account, its purpose and the key that wraps it, so that a row moved to
another place does not open. The key file holds one key per line, ``id base64``; the first seals, all of them open, so a
new key is put in front of the old one. Tokens are opened only where a request is signed, and never leave the process.
"""

from __future__ import annotations

import os
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from datetime import datetime
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from sqlalchemy import Connection, delete, func, insert, select

from archiver.accounts.models import Credential
from archiver.capture.secret_forms import Secret
from archiver.database import Database
from archiver.errors import IntegrityError, MissingKey, SettingsError, UsageError

#: What a token is for: reading an account.
READ = "read"
_FORMAT = b"\x01"
_NONCE = 12
_KEY = 32
_WRAPPED = _KEY + 16
_LONGEST = 64 * 1024


class Vault:
    """Seals and opens tokens with the keys of one file. The file is created with the first token."""

    def __init__(self, key_file: Path, database: Database) -> None:
        self.key_file = key_file
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
        if not self.key_file.exists():
            self._create_key_file(connection)
        key_id, key = self._keys()[0]
        sealed = seal(key, _place(account_id, purpose, key_id), token.encode())
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
        key = dict(self._keys()).get(row.key_id)
        if key is None:
            raise MissingKey(f"the key {row.key_id} is not in {self.key_file}: put it back, or give the token again")
        return Secret(unseal(key, _place(account_id, purpose, row.key_id), row.sealed).decode())

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
        self.key_file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        line = f"{os.urandom(8).hex()} {b64encode(os.urandom(_KEY)).decode()}\n"
        handle = os.open(self.key_file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.write(line)
            file.flush()
            os.fsync(file.fileno())
        _sync_folder(self.key_file.parent)

    def _keys(self) -> list[tuple[str, bytes]]:
        try:
            mode = self.key_file.stat().st_mode
            text = self.key_file.read_text("ascii")
        except FileNotFoundError:
            raise MissingKey(f"the key file {self.key_file} is not there: put it back from where it is kept") from None
        except (OSError, UnicodeDecodeError) as error:
            raise MissingKey(f"cannot read the key file {self.key_file}: {type(error).__name__}") from None
        if mode & 0o077:
            raise SettingsError(f"the key file {self.key_file} is open to others: run chmod 600 {self.key_file}")
        return _parse_keys(text, self.key_file)


def seal(key: bytes, place: bytes, secret: bytes) -> bytes:
    """``secret`` under a fresh key of its own, which ``key`` wraps. Both layers are bound to ``place``."""
    own, first, second = AESGCM.generate_key(256), os.urandom(_NONCE), os.urandom(_NONCE)
    wrapped = AESGCM(key).encrypt(first, own, place)
    return _FORMAT + first + wrapped + second + AESGCM(own).encrypt(second, secret, place)


def unseal(key: bytes, place: bytes, sealed: bytes) -> bytes:
    """Inverse of :func:`seal`.

    Raises:
        IntegrityError: another key, another place, or changed bytes.
    """
    first, rest = sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :]
    wrapped, second, body = rest[:_WRAPPED], rest[_WRAPPED : _WRAPPED + _NONCE], rest[_WRAPPED + _NONCE :]
    try:
        if sealed[:1] != _FORMAT:
            raise InvalidTag
        return AESGCM(AESGCM(key).decrypt(first, wrapped, place)).decrypt(second, body, place)
    except (InvalidTag, ValueError):
        raise IntegrityError("a stored token does not open: it was changed or moved; give the token again") from None


def _place(account_id: str, purpose: str, key_id: str) -> bytes:
    parts = [part.encode() for part in (account_id, purpose, key_id)]
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def _parse_keys(text: str, path: Path) -> list[tuple[str, bytes]]:
    keys = []
    for line in filter(str.strip, text.splitlines()):
        key_id, _, encoded = line.strip().partition(" ")
        try:
            key = b64decode(encoded, validate=True)
        except Base64Error:
            key = b""
        if len(key) != _KEY:
            raise MissingKey(f"the key file {path} holds a line that is no key: put the right file back")
        keys.append((key_id, key))
    if not keys:
        raise MissingKey(f"the key file {path} is empty: put the right file back")
    return keys


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
