"""The file of a segment while it is written: its size and digest are known at every step."""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

from archiver.storage.durable import sync_folder, write_all

_PIECE = 1 << 20


class SegmentFile:
    """A new file at ``path``; an unfinished one of that name is replaced.

    Raises:
        OSError: from every method.
    """

    def __init__(self, path: Path) -> None:
        path.unlink(missing_ok=True)
        self._folder = path.parent
        self._descriptor: int | None = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        self._digest = hashlib.sha256()
        self._waiting: list[bytes] = []
        self._held = 0
        self.size = 0
        """Bytes so far."""

    @property
    def open(self) -> bool:
        return self._descriptor is not None

    @property
    def sha256(self) -> str:
        """Of what was flushed, hex."""
        return self._digest.hexdigest()

    def write(self, content: bytes) -> None:
        """Append; what is small waits for :meth:`flush`."""
        self._waiting.append(content)
        self._held += len(content)
        self.size += len(content)
        if self._held >= _PIECE:
            self.flush()

    def flush(self) -> None:
        """Give what waits to the system."""
        assert self._descriptor is not None
        content = b"".join(self._waiting)
        self._waiting.clear()
        self._held = 0
        write_all(self._descriptor, content)
        self._digest.update(content)

    def close(self) -> None:
        """Finish: on return the file and its name are on the disk."""
        assert self._descriptor is not None
        self.flush()
        os.fsync(self._descriptor)
        self.release()
        sync_folder(self._folder)

    def release(self) -> None:
        """Close without a word; what the file holds is not to be trusted."""
        if self._descriptor is not None:
            descriptor, self._descriptor = self._descriptor, None
            os.close(descriptor)
