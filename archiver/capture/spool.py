"""The spool: where bytes are safe before they are understood.

One folder per process, held by a lock on its ``lock`` file for as long as the process lives; a folder that nobody
holds belongs to a process that died, and whoever starts next drains it. A frame file is a sequence of frames::

    b"CRF1"  u32 length of payload  u32 CRC-32 of payload  payload

and a payload is a JSON header line followed by the raw parts whose lengths the header gives. A frame counts once its
file was fsynced. A torn tail (the machine lost power in the middle of a frame) is kept aside beside the folders, as
``FOLDER.FILE.torn``.
"""

from __future__ import annotations

import fcntl
import json
import os
import struct
import time
import zlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import IO, Any

from archiver.errors import ArchiverError, OutOfSpace
from archiver.faults import crash_point
from archiver.storage.durable import write_all

_MAGIC = b"CRF1"
_HEAD = struct.Struct(">4sII")
_LARGEST = 256 * 1024 * 1024
_LOCK = "lock"
_TRIES = 100
_PIECE = 1 << 20


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
        self._descriptor: int | None = None
        self._held = b""
        self._broken = False

    def append(self, header: Mapping[str, Any], parts: Sequence[bytes] = (), *, durable: bool = True) -> None:
        """Write one frame; when ``durable``, it is on the disk on return, with those before it that were not.

        Raises:
            SpoolError, OutOfSpace: it is not.
        """
        if self._broken:
            raise SpoolError(f"an earlier write to {self.path} failed; what comes next goes to a new file")
        framed = frame(header, parts)
        if len(framed) - _HEAD.size > _LARGEST:
            # A frame that is never read back would take every later one of the file with it.
            raise SpoolError("an answer is larger than the spool takes: lower ARCHIVER_ANSWER_BYTES")
        self._held += framed
        if not durable:
            return
        try:
            descriptor = self._open()
            write_all(descriptor, self._held)
            crash_point("spool.written")
            os.fsync(descriptor)
            crash_point("spool.synced")
        except OSError as error:
            self._broken = True
            raise disk_error(error, self.path) from error
        self._held = b""

    def _open(self) -> int:
        if self._descriptor is None:
            self._descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
            sync_folder(self.path.parent)
        return self._descriptor

    def close(self) -> None:
        """Let go of the file. Every frame that was acknowledged is on the disk already, so nothing can fail here."""
        if self._descriptor is not None:
            descriptor, self._descriptor = self._descriptor, None
            with suppress(OSError):
                os.close(descriptor)


def disk_error(error: OSError, path: Path) -> ArchiverError:
    """The named error for what the disk said."""
    if error.errno in (28, 122):  # ENOSPC, EDQUOT
        return OutOfSpace(f"no room left on the disk of {path.parent}: free some space; capturing then goes on")
    reason = error.strerror or str(error)
    return SpoolError(f"the disk does not keep or give back {path} ({reason}): check the disk, then start again")


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Whatever the disk says about ``path`` inside, as :func:`disk_error` names it."""
    try:
        yield
    except OSError as error:
        raise disk_error(error, path) from error


def sync_folder(folder: Path) -> None:
    """Make new and removed names in ``folder`` durable."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_file(path: Path) -> None:
    """Make a file that somebody else wrote durable, its name too.

    Raises:
        SpoolError, OutOfSpace: it is not.
    """
    try:
        with path.open("rb") as file:
            os.fsync(file.fileno())
        sync_folder(path.parent)
    except OSError as error:
        raise disk_error(error, path) from error


def write_durably(path: Path, data: Iterable[bytes]) -> None:
    """Create ``path`` with these pieces so that it is there whole or not at all.

    Raises:
        SpoolError, OutOfSpace: it is not.
    """
    temporary = path.with_suffix(path.suffix + ".tmp")
    with disk_errors(path):
        try:
            _write_new(temporary, data)
            temporary.replace(path)
        except OSError:
            with suppress(OSError):
                temporary.unlink(missing_ok=True)
            raise
        sync_folder(path.parent)


def _write_new(path: Path, data: Iterable[bytes]) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        for piece in data:
            write_all(descriptor, piece)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


class Spool:
    """This process's folder below ``root``, locked.

    Raises:
        SpoolError, OutOfSpace: the disk does not take it, or somebody else has a folder of that name.
    """

    def __init__(self, root: Path, name: str) -> None:
        self.root = root
        self.folder = root / name
        with disk_errors(self.folder):
            self._lock = self._take()
            sync_folder(root)
            sync_folder(root.parent)

    def _take(self) -> int:
        """Make and lock the folder. Between the two, another process may take it for an abandoned one and remove it."""
        for _ in range(_TRIES):
            self.folder.mkdir(parents=True, exist_ok=True)
            lock = _lock(self.folder)
            if lock is not None:
                return lock
            time.sleep(0.01)
        raise SpoolError(f"another process holds the spool folder {self.folder}")

    def abandoned(self) -> Iterator[Path]:
        """Folders of processes that died, locked by us while they are handed out one by one.

        Raises:
            SpoolError, OutOfSpace: the disk does not give them back.
        """
        with disk_errors(self.root):
            folders = sorted(path for path in self.root.iterdir() if path.is_dir() and path != self.folder)
        for folder in folders:
            with disk_errors(folder):
                lock = _lock(folder)
            if lock is None:
                continue
            try:
                yield folder
                crash_point("recovery.drained")
                with disk_errors(folder):
                    remove_if_empty(folder)
            finally:
                os.close(lock)

    def free_share(self) -> float:
        """Free part of the disk the spool is on, 0 to 1."""
        usage = os.statvfs(self.folder)
        return usage.f_bavail / usage.f_blocks if usage.f_blocks else 1.0

    def free_bytes(self) -> tuple[int, int]:
        """Free bytes of the disk the spool is on, and how many it has in all."""
        usage = os.statvfs(self.folder)
        return usage.f_bavail * usage.f_frsize, usage.f_blocks * usage.f_frsize

    def close(self) -> None:
        """Give the folder up; it is removed when nothing is left in it."""
        try:
            with disk_errors(self.folder):
                remove_if_empty(self.folder)
        finally:
            os.close(self._lock)


def dead(root: Path, tried: Collection[str] = ()) -> frozenset[str]:
    """Names of the spool folders below ``root`` whose process died on this machine, without those that were ``tried``.
    Nobody is disturbed: whoever wants one of the locks just now tries again."""
    found = set()
    with suppress(OSError):
        for folder in root.iterdir():
            if folder.name not in tried and _is_free(folder / _LOCK):
                found.add(folder.name)
    return frozenset(found)


def _is_free(lock: Path) -> bool:
    """Whether nobody holds a lock that is there."""
    try:
        descriptor = os.open(lock, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(descriptor)
    return True


def is_empty(folder: Path) -> bool:
    """Whether nothing is left in a folder but its lock. One that another process is just making is empty too."""
    return {path.name for path in folder.iterdir()} <= {_LOCK}


def remove_if_empty(folder: Path) -> None:
    """Remove a drained folder. One that still holds something stays for the next start."""
    if is_empty(folder):
        (folder / _LOCK).unlink(missing_ok=True)
        folder.rmdir()


def _lock(folder: Path) -> int | None:
    """A descriptor that holds the folder's lock; None where somebody else does, or the folder is gone."""
    try:
        descriptor = os.open(folder / _LOCK, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    except FileNotFoundError:  # drained and removed by another process just now
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        # Whoever held it may have drained and removed the folder between our open and our lock.
        if os.path.samestat(os.fstat(descriptor), (folder / _LOCK).stat()):
            return descriptor
    except (BlockingIOError, FileNotFoundError):
        pass
    os.close(descriptor)
    return None


def keep_damaged(folder: Path, stem: str) -> list[str]:
    """Move a batch's choice and the segments beside it out of the folder that is going to be drained, if it has a
    choice. Names of what was moved.

    Raises:
        SpoolError, OutOfSpace: they could not be moved; they are where they were.
    """
    with disk_errors(folder):
        if not (folder / f"{stem}.choice").exists():
            return []
        kept = []
        for path in sorted(folder.glob(f"{stem}.*"), key=lambda path: (path.suffix == ".choice", path.name)):
            aside = folder.with_name(f"{folder.name}.{path.name}.damaged")
            path.rename(aside)
            kept.append(aside.name)
        sync_folder(folder)
        sync_folder(folder.parent)
    return kept


def keep_torn(path: Path, end: int) -> Path | None:
    """Move what follows the last whole frame aside, out of the folder that is going to be drained, so that it can be
    looked at and the file read to its end.

    Raises:
        SpoolError, OutOfSpace: it could not be kept; the file is as it was.
    """
    with disk_errors(path):
        if path.stat().st_size <= end:
            return None
        torn = path.parent.with_name(f"{path.parent.name}.{path.name}.torn")
        with path.open("rb+") as file:
            file.seek(end)
            write_durably(torn, iter(lambda: file.read(_PIECE), b""))
            file.truncate(end)
            os.fsync(file.fileno())
    return torn
