"""Sealing secrets: AES-256-GCM with a key per secret, wrapped by the key of a file kept apart from what it opens.

The additional data binds what is sealed to its place, so that it does not open anywhere else. The key file holds one
key per line, ``id base64``; the first seals, all of them open, so a new key is put in front of the old one.
"""

from __future__ import annotations

import os
from base64 import b64decode, b64encode
from binascii import Error as Base64Error
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from archiver.errors import IntegrityError, MissingKey, SettingsError

_FORMAT = b"\x01"
_NONCE = 12
_KEY = 32
_WRAPPED = _KEY + 16


class KeyFile:
    """One key file. Nothing makes it by itself: whoever calls :meth:`create` knows that nothing was sealed yet."""

    def __init__(self, path: Path) -> None:
        self.path = path

    @property
    def exists(self) -> bool:
        return self.path.exists()

    def create(self) -> None:
        """Make the file, with one key, for its owner only.

        Raises:
            FileExistsError: it is there; it stays as it is.
        """
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        temporary = self._written([_new_line()])
        try:
            os.link(temporary, self.path)
        finally:
            temporary.unlink()
            _sync_folder(self.path.parent)

    def put_in_front(self) -> None:
        """Let a new key seal from now on; those that are there go on opening. Whole or not at all."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        lines = self.path.read_text("ascii").splitlines() if self.exists else []
        self._written([_new_line(), *(f"{line}\n" for line in lines)]).replace(self.path)
        _sync_folder(self.path.parent)

    def first(self) -> tuple[str, bytes]:
        """Id and key that seal. Raises as :meth:`keys` does."""
        return next(iter(self.keys().items()))

    def keys(self) -> dict[str, bytes]:
        """Every key by its id, the one that seals first.

        Raises:
            MissingKey: there is no such file, or it holds something else.
            SettingsError: others may read it.
        """
        try:
            mode = self.path.stat().st_mode
            text = self.path.read_text("ascii")
        except FileNotFoundError:
            raise MissingKey(f"the key file {self.path} is not there: put it back from where it is kept") from None
        except (OSError, UnicodeDecodeError) as error:
            raise MissingKey(f"cannot read the key file {self.path}: {type(error).__name__}") from None
        if mode & 0o077:
            raise SettingsError(f"the key file {self.path} is open to others: run chmod 600 {self.path}")
        return _parse_keys(text, self.path)

    def _written(self, lines: list[str]) -> Path:
        temporary = self.path.with_name(f".{self.path.name}.{os.urandom(8).hex()}")
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.writelines(lines)
            file.flush()
            os.fsync(file.fileno())
        return temporary


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
        raise IntegrityError("what was sealed does not open: it was changed or moved") from None


def place_of(*parts: str) -> bytes:
    """The additional data that names a place; no two lists of parts give the same."""
    encoded = [part.encode() for part in parts]
    return b"".join(len(part).to_bytes(4, "big") + part for part in encoded)


def _new_line() -> str:
    return f"{os.urandom(8).hex()} {b64encode(os.urandom(_KEY)).decode()}\n"


def _parse_keys(text: str, path: Path) -> dict[str, bytes]:
    keys: dict[str, bytes] = {}
    for line in filter(str.strip, text.splitlines()):
        key_id, _, encoded = line.strip().partition(" ")
        try:
            key = b64decode(encoded, validate=True)
        except Base64Error:
            key = b""
        if len(key) != _KEY:
            raise MissingKey(f"the key file {path} holds a line that is no key: put the right file back")
        keys.setdefault(key_id, key)
    if not keys:
        raise MissingKey(f"the key file {path} is empty: put the right file back")
    return keys


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
