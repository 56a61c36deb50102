"""What the acts on a signed log work with."""

from __future__ import annotations

from dataclasses import dataclass

from archiver.clock import Clock
from archiver.database import Database
from archiver.evidence import checkpoint, log_keys
from archiver.evidence.log_keys import LogKeys
from archiver.evidence.signer import Signer
from archiver.storage.protocol import ObjectStore


@dataclass(frozen=True, slots=True)
class SignedLog:
    """One archive's log: its copy in the database, its objects in the store, the keys that sign it."""

    database: Database
    store: ObjectStore
    clock: Clock
    archive_id: str
    keys: LogKeys
    lock_days: int = 0
    """For how long objects of the log are locked; 0: not."""

    @property
    def origin(self) -> str:
        """Name of the log."""
        return self.keys.origin

    @property
    def signer(self) -> Signer:
        return Signer(self.database, self.store, self.clock, self.origin, self.lock_days)

    def require_as_signed(self) -> None:
        """Where the key is there, the log has to be what it signed.

        Raises:
            CheckpointRefused: it is not.
            MissingKey, SettingsError: the key file cannot be used.
        """
        if self.keys.exists:
            self.signer.examine(self.keys.read())

    def ever_signed(self) -> bool:
        """Whether the store shows that there was a key: then a new one is never made in silence."""
        prefixes = (log_keys.PREFIX, checkpoint.PREFIX)
        return any(next(iter(self.store.list(prefix)), None) is not None for prefix in prefixes)
