"""A renewed token on its way into the database.

Some platforms take the old token back the moment they give a new one. A process that dies between the two would have
neither, so what came is on the disk, sealed and synced, before anything else is done with it; the next to look enters
it.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import Connection

from archiver import clock, logs
from archiver.accounts.credentials import Vault
from archiver.accounts.grants import Grant
from archiver.capture.secret_forms import Secret
from archiver.capture.spool import disk_errors, sync_file
from archiver.errors import ArchiverError

_NAME = re.compile(r"(ac_[a-z2-7]{32})\.([a-z-]{1,20})\.([0-9]{1,19})")
_WHAT = "renewed token"
_log = logs.get(__name__)


@dataclass(frozen=True, slots=True)
class Kept:
    """One file."""

    path: Path
    account_id: str
    purpose: str
    number: int

    @property
    def place(self) -> tuple[str, ...]:
        """What its content is bound to."""
        return self.account_id, self.purpose, _WHAT, str(self.number)


class RenewedFiles:
    """The folder of such files, of one machine."""

    def __init__(self, folder: Path, vault: Vault) -> None:
        self._folder = folder
        self._vault = vault

    def keep(self, connection: Connection, account_id: str, purpose: str, number: int, grant: Grant) -> Kept:
        """Write a token down, durably.

        Raises:
            SpoolError, OutOfSpace: the disk does not take it.
            MissingKey: the key file is gone.
        """
        kept = Kept(self._folder / f"{account_id}.{purpose}.{number}", account_id, purpose, number)
        sealed, key_id = self._vault.seal(connection, Secret(_to_text(grant), _WHAT), *kept.place)
        with disk_errors(kept.path):
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            temporary = kept.path.with_name(f".{kept.path.name}.{os.getpid()}")
            descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(key_id.encode() + b"\n" + sealed)
                file.flush()
                os.fsync(file.fileno())
            temporary.rename(kept.path)
        sync_file(kept.path)
        return kept

    def left(self, account_id: str | None = None) -> Iterator[tuple[Kept, Grant]]:
        """What is there, of one account or of all. One that cannot be opened stays and is told to the log."""
        for path in sorted(self._folder.glob("ac_*")):
            match = _NAME.fullmatch(path.name)
            if match is None or account_id not in (None, match[1]):
                continue
            kept = Kept(path, match[1], match[2], int(match[3]))
            try:
                yield kept, self._opened(kept)
            except FileNotFoundError:
                continue  # another process entered it just now
            except (ArchiverError, OSError, ValueError) as error:
                _log.error("renewal.unreadable", account=kept.account_id, exc_info=error)

    def _opened(self, kept: Kept) -> Grant:
        key_id, _, sealed = kept.path.read_bytes().partition(b"\n")
        return _from_text(self._vault.open(sealed, key_id.decode("ascii"), _WHAT, *kept.place).value)


def _to_text(grant: Grant) -> str:
    def at(moment: datetime | None) -> str | None:
        return None if moment is None else clock.to_text(moment)

    return json.dumps(
        {
            "access": grant.access.value if grant.access else None,
            "renewal": grant.renewal.value if grant.renewal else None,
            "expires_at": at(grant.expires_at),
            "consent_ends_at": at(grant.consent_ends_at),
            "scopes": None if grant.scopes is None else sorted(grant.scopes),
        }
    )


def _from_text(text: str) -> Grant:
    said = json.loads(text)

    def at(name: str) -> datetime | None:
        return None if said[name] is None else clock.from_text(said[name])

    return Grant(
        access=Secret(said["access"]),
        renewal=None if said["renewal"] is None else Secret(said["renewal"], "renewal token"),
        expires_at=at("expires_at"),
        consent_ends_at=at("consent_ends_at"),
        scopes=None if said["scopes"] is None else frozenset(said["scopes"]),
    )
