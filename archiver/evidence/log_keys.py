"""The keys that sign checkpoints: one file outside store and database, and their public halves in the store.

The file holds one key a line, as signed notes write them: first the one that signs, then, while a rotation is under
way, the one before, which signs too until a checkpoint under both covers the rotation; after them the public halves of
all earlier ones, so that what they signed still verifies. **Only keys in this file are trusted**: whoever can write to
the store and the database can put a key there, but cannot make this archive believe it.

``log/keys/KEYID`` in the store is a signed note whose one line is the public key, signed by itself and, where it
followed another, by that one.
"""

from __future__ import annotations

import fcntl
import os
import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Final

from archiver.errors import MissingKey, SettingsError, WrongStore
from archiver.evidence.notes import (
    SignerKey,
    VerifierKey,
    new_key,
    read_signer,
    read_verifier,
    sign_note,
)
from archiver.storage.durable import sync_folder
from archiver.storage.protocol import ObjectStore, Stored, first_version

PREFIX: Final = "log/keys/"
_PRIVATE = "PRIVATE+"


@dataclass(frozen=True, slots=True)
class Keyring:
    """What the key file holds."""

    signers: tuple[SignerKey, ...]
    """The one that signs; during a rotation also the one before."""
    earlier: tuple[VerifierKey, ...] = ()

    @property
    def current(self) -> VerifierKey:
        return self.signers[0].verifier

    @property
    def verifiers(self) -> tuple[VerifierKey, ...]:
        """All that may have signed, newest first."""
        return (*(key.verifier for key in self.signers), *self.earlier)

    @property
    def rotating(self) -> bool:
        return len(self.signers) > 1


class LogKeys:
    """The key file of one log. Made with :meth:`create` and never by itself: a lost one must be noticed.

    Args:
        path: of the file.
        origin: name of the log, which is the name of its keys.
    """

    def __init__(self, path: Path, origin: str) -> None:
        self.path = path
        self.origin = origin

    @property
    def exists(self) -> bool:
        return self.path.exists()

    def read(self) -> Keyring:
        """The keys.

        Raises:
            MissingKey: there is no such file, or it holds no keys.
            SettingsError: others may read it.
            WrongStore: the keys are another log's.
        """
        try:
            mode = self.path.stat().st_mode
            text = self.path.read_text("ascii")
        except FileNotFoundError:
            raise MissingKey(f"the log's key {self.path} is not there: put it back from where it is kept") from None
        except (OSError, UnicodeDecodeError) as error:
            raise MissingKey(f"cannot read the log's key {self.path}: {type(error).__name__}") from None
        if mode & 0o077:
            raise SettingsError(f"the log's key {self.path} is open to others: run chmod 600 {self.path}")
        return self._parse(text)

    def create(self) -> Keyring:
        """Make the first key. If another process was faster, that one's."""
        ring = Keyring((new_key(self.origin),))
        temporary = self._written(ring)
        try:
            os.link(temporary, self.path)
        except FileExistsError:
            return self.read()
        finally:
            temporary.unlink()
            sync_folder(self.path.parent)
        return ring

    def replace(self, ring: Keyring) -> None:
        """Write the file anew, whole or not at all."""
        self._written(ring).replace(self.path)
        sync_folder(self.path.parent)

    @contextmanager
    def held(self) -> Iterator[None]:
        """One signer of this home at a time, across threads and processes."""
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        guard = os.open(self.path.with_name(f".{self.path.name}.guard"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(guard, fcntl.LOCK_EX)
            yield
        finally:
            os.close(guard)

    def _written(self, ring: Keyring) -> Path:
        self.path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        temporary = self.path.with_name(f".{self.path.name}.{secrets.token_hex(8)}")
        lines = [*(key.text for key in ring.signers), *(key.text for key in ring.earlier)]
        handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            file.writelines(f"{line}\n" for line in lines)
            file.flush()
            os.fsync(file.fileno())
        return temporary

    def _parse(self, text: str) -> Keyring:
        lines = text.split()
        try:
            signers = tuple(read_signer(line) for line in lines if line.startswith(_PRIVATE))
            earlier = tuple(read_verifier(line) for line in lines if not line.startswith(_PRIVATE))
        except ValueError as error:
            raise MissingKey(f"the log's key {self.path} cannot be read ({error}): put the right file back") from None
        if not 0 < len(signers) <= 2:
            raise MissingKey(f"the log's key {self.path} holds no key that signs: put the right file back")
        if {key.name for key in signers} | {key.name for key in earlier} != {self.origin}:
            raise WrongStore(f"the keys in {self.path} are another log's than {self.origin}: put the right file back")
        return Keyring(signers, earlier)


def key_of(key: VerifierKey) -> str:
    """Where the public key is in the object store."""
    return f"{PREFIX}{key.id.hex()}"


def digest_of(key: VerifierKey) -> str:
    """SHA-256, hex, of the key as written: what the log says of it."""
    return sha256(key.text.encode()).hexdigest()


def publish(store: ObjectStore, ring: Keyring) -> Stored:
    """Put the current public key into the store, signed by itself and, during a rotation, by the one before. What is
    there already stays.

    Raises:
        Conflict, StoreUnavailable: see the store.
    """
    key = key_of(ring.current)
    present = store.head(key, first_version(store, key))
    if present is not None:
        return present
    content = _public(ring.signers)
    return store.put(key, content, sha256(content).hexdigest())


def _public(signers: Sequence[SignerKey]) -> bytes:
    return sign_note(f"{signers[0].verifier.text}\n", signers)
