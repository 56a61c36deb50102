"""Run records of runs that stored nothing. Their rows are in the index; the records wait here, fsynced, for the
account's next segment, so that a quiet poll does not make an object of its own."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from archiver.capture.parts import Part, part_from
from archiver.capture.spool import FrameFile, keep_torn, read_frames, sync_folder

_PREFIX = "pending-"


@dataclass(slots=True)
class Pending:
    """The waiting run records in one spool folder."""

    folder: Path
    _parts: dict[str, list[Part]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, parts: Sequence[Part]) -> None:
        """Keep run records of one account; on return they are on the disk.

        Raises:
            SpoolError, OutOfSpace: they are not.
        """
        file = FrameFile(self._path(parts[0].account))
        try:
            for part in parts[:-1]:
                file.append({"part": part.fields}, durable=False)
            file.append({"part": parts[-1].fields})
        finally:
            file.close()
        with self._lock:
            self._parts.setdefault(parts[0].account, []).extend(parts)

    def of(self, account: str) -> list[Part]:
        """What waits for an account, oldest first. It stays until :meth:`done`."""
        with self._lock:
            return list(self._parts.get(account, ()))

    def done(self, account: str, parts: Sequence[Part]) -> None:
        """Those are in a committed segment now. The caller holds the account's lease, so nothing came in between."""
        if not parts:
            return
        with self._lock:
            self._parts.pop(account, None)
        self._path(account).unlink(missing_ok=True)
        sync_folder(self.folder)

    def drop(self, part: Part) -> None:
        """Take back a record whose rows were refused."""
        with self._lock:
            left = [one for one in self._parts.get(part.account, ()) if one.run != part.run]
            self._parts.pop(part.account, None)
        self._path(part.account).unlink(missing_ok=True)
        if left:
            self.add(left)

    def due(self, before: datetime | None) -> list[str]:
        """Accounts whose oldest waiting record was written before a time; all of them for None."""
        with self._lock:
            return [account for account, parts in self._parts.items() if before is None or parts[0].at <= before]

    def _path(self, account: str) -> Path:
        return self.folder / f"{_PREFIX}{account}.frames"


def left_behind(folder: Path) -> dict[Path, list[Part]]:
    """The waiting records of a process that died, by file."""
    found = {}
    for path in sorted(folder.glob(f"{_PREFIX}*.frames")):
        with path.open("rb") as file:
            frames = list(read_frames(file))
        keep_torn(path, frames[-1][2] if frames else 0)
        parts = [part_from(header["part"]) for header, _, _ in frames]
        found[path] = parts
    return found
