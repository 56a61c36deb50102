"""The spool: where bytes are safe before they are understood.

One folder per process, held by a lock on its ``lock`` file for as long as the process lives; a folder that nobody
holds belongs to a process that died, and whoever starts next drains it. A frame file is a sequence of frames::

    b"CRF1"  u32 length of payload  u32 CRC-32 of payload  payload

and a payload is a JSON header line followed by the raw parts whose lengths the header gives. A frame counts once its
file was fsynced. A torn tail (the machine lost power in the middle of a frame) is kept aside as ``.torn``.
"""

from __future__ import annotations

import fcntl
import json
import os
import struct
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import IO, Any

from archiver.errors import ArchiverError, OutOfSpace
from archiver.faults import crash_point

_MAGIC = b"CRF1"
_HEAD = struct.Struct(">4sII")
_LARGEST = 256 * 1024 * 1024


class SpoolError(ArchiverError):
    """The disk would not keep what was captured. Capturing stops: what cannot be kept must not be fetched."""


def frame(header: Mapping[str, Any], parts: Sequence[bytes] = ()) -> bytes:
    """One frame: ``header`` and raw ``parts``."""
    line = json.dumps({**header, "parts": [len(part) for part in parts]}, separators=(",", ":")).encode()
    payload = b"".join((line, b"\n", *parts))
    return _HEAD.pack(_MAGIC, len(payload), zlib.crc32(payload)) + payload


def read_frames(data: IO[bytes]) -> Iterator[tuple[dict[str, Any], list[bytes], int]]:
    """Whole frames with the offset after each; stops before the first torn one."""
    end = 0
    while (payload := _payload(data)) is not None:
        end += _HEAD.size + len(payload)
        line, _, rest = payload.partition(b"\n")
        header = json.loads(line)
        parts, start = [], 0
        for length in header.pop("parts"):
            parts.append(rest[start : start + length])
            start += length
        yield header, parts, end


def _payload(data: IO[bytes]) -> bytes | None:
    head = data.read(_HEAD.size)
    if len(head) < _HEAD.size:
        return None
    magic, length, crc = _HEAD.unpack(head)
    if magic != _MAGIC or length > _LARGEST:
        return None
    payload = data.read(length)
    return payload if len(payload) == length and zlib.crc32(payload) == crc else None


class FrameFile:
    """Appends frames durably. After a failed write or fsync it refuses everything: the kernel may have dropped the
    pages, and a second fsync would report success without them (reliability: fsync is never retried)."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: IO[bytes] | None = None
        self._broken = False

    def append(self, header: Mapping[str, Any], parts: Sequence[bytes] = (), *, durable: bool = True) -> None:
        """Write one frame; when ``durable``, it is on the disk on return.

        Raises:
            SpoolError, OutOfSpace: it is not.
        """
        if self._broken:
            raise SpoolError(f"an earlier write to {self.path} failed; start the service again")
        try:
            file = self._open()
            file.write(frame(header, parts))
            crash_point("spool.written")
            if durable:
                file.flush()
                os.fsync(file.fileno())
                crash_point("spool.synced")
        except OSError as error:
            self._broken = True
            raise disk_error(error, self.path) from error

    def _open(self) -> IO[bytes]:
        if self._file is None:
            self._file = self.path.open("ab")
            sync_folder(self.path.parent)
        return self._file

    def close(self) -> None:
        if self._file is not None:
            try:
                self._file.close()
            except OSError as error:
                raise disk_error(error, self.path) from error
            finally:
                self._file = None


def disk_error(error: OSError, path: Path) -> ArchiverError:
    """The named error for what the disk said."""
    if error.errno in (28, 122):  # ENOSPC, EDQUOT
        return OutOfSpace(f"no room left on the disk of {path.parent}: free some space; capturing then goes on")
    return SpoolError(f"the disk did not keep {path.name} ({error.strerror}): check the disk, then start again")


def sync_folder(folder: Path) -> None:
    """Make new and removed names in ``folder`` durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_file(path: Path) -> None:
    """Make a file that somebody else wrote durable.

    Raises:
        SpoolError, OutOfSpace: it is not.
    """
    try:
        with path.open("rb") as file:
            os.fsync(file.fileno())
    except OSError as error:
        raise disk_error(error, path) from error


def write_durably(path: Path, data: bytes) -> None:
    """Create ``path`` with ``data`` so that it is there whole or not at all.

    Raises:
        SpoolError, OutOfSpace: it is not.
    """
    temporary = path.with_suffix(path.suffix + ".tmp")
    try:
        with temporary.open("wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
        sync_folder(path.parent)
    except OSError as error:
        raise disk_error(error, path) from error


class Spool:
    """This process's folder below ``root``, locked."""

    def __init__(self, root: Path, name: str) -> None:
        self.root = root
        self.folder = root / name
        self.folder.mkdir(parents=True, exist_ok=True)
        sync_folder(root)
        lock = _lock(self.folder)
        if lock is None:
            raise SpoolError(f"another process holds the spool folder {self.folder}")
        self._lock = lock

    def abandoned(self) -> Iterator[Path]:
        """Folders of processes that died, locked by us while they are handed out one by one."""
        for folder in sorted(path for path in self.root.iterdir() if path.is_dir() and path != self.folder):
            lock = _lock(folder)
            if lock is None:
                continue
            try:
                yield folder
                remove_if_empty(folder)
            finally:
                os.close(lock)

    def free_share(self) -> float:
        """Free part of the disk the spool is on, 0 to 1."""
        usage = os.statvfs(self.folder)
        return usage.f_bavail / usage.f_blocks if usage.f_blocks else 1.0

    def close(self) -> None:
        """Give the folder up; it is removed when nothing is left in it."""
        remove_if_empty(self.folder)
        os.close(self._lock)


def remove_if_empty(folder: Path) -> None:
    """Remove a drained folder. One that still holds something stays for the next start."""
    if {path.name for path in folder.iterdir()} <= {"lock"}:
        (folder / "lock").unlink(missing_ok=True)
        folder.rmdir()


def _lock(folder: Path) -> int | None:
    try:
        descriptor = os.open(folder / "lock", os.O_CREAT | os.O_RDWR, 0o600)
    except FileNotFoundError:  # drained and removed by another process just now
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def keep_torn(path: Path, end: int) -> Path | None:
    """Move what follows the last whole frame aside, so that it can be looked at and the file read to its end."""
    size = path.stat().st_size
    if size <= end:
        return None
    torn = path.with_suffix(path.suffix + ".torn")
    with path.open("rb+") as file:
        file.seek(end)
        write_durably(torn, file.read())
        file.truncate(end)
        os.fsync(file.fileno())
    return torn
