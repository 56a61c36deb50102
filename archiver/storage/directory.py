"""A folder as an object store: the embedded default.

A key is a path below the root. Writing goes through a temporary file, which is synced, read back from the disk and
then linked to its name: ``link()`` never replaces anything, so a key is written once, whoever races for it.
Removing locks and files by hand is the operator's power; this store keeps no secret from whoever owns the disk.
"""

from __future__ import annotations

import fcntl
import hashlib
import io
import os
import secrets
import stat
import time
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, suppress
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Literal

from archiver import clock
from archiver.errors import IntegrityError, Refused
from archiver.faults import crash_point
from archiver.storage import beside
from archiver.storage.durable import disk_errors, forget_cache, sync_folder, write_all
from archiver.storage.listing import keys_and_sizes
from archiver.storage.protocol import Conflict, NoSuchObject, Stored, StoreUnavailable, check_key

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_PIECE = 1 << 20
_LEFT_OVER_SECONDS = 3600
_TEMPORARY = ".tmp"
_GUARD = ".guard"


class DirectoryStore:
    """Objects as read-only files below ``root``, which is made where it is missing. Safe for threads and processes.

    Raises:
        StoreUnavailable: ``root`` cannot be made or used.
    """

    kind: Literal["directory", "s3"] = "directory"

    def __init__(self, root: Path, time_source: clock.Clock | None = None) -> None:
        self.name = f"the folder {root}"
        self._clock = time_source or clock.SystemClock()
        self._settled: set[Path] = set()
        self._unsure: set[Path] = set()
        with disk_errors(f"use {self.name} as a store"):
            _make_root(root)
            self._root = Path(os.path.realpath(root))
            self._temporary = self._root / _TEMPORARY
            self._temporary.mkdir(exist_ok=True)
            self._remove_left_overs()

    # --- writing -------------------------------------------------------------------------------------------------

    def put(self, key: str, source: Path | bytes, sha256: str) -> Stored:
        """See :meth:`archiver.storage.protocol.ObjectStore.put`."""
        target = self._path(key)
        with disk_errors(f"store {key} in {self.name}"):
            temporary, size = self._write(source, sha256, key)
            crash_point("store.written")
            try:
                self._settle(target.parent)
                self._publish(temporary, target, key, sha256)
            finally:
                temporary.unlink(missing_ok=True)
        return Stored(key, size, sha256)

    def overwrites(self) -> bool:
        """See the protocol. Some file systems across a network have links that are none."""
        with disk_errors(f"try out {self.name}"):
            first, second = self._small_file(b"first"), self._small_file(b"second")
            name = first.with_name(f"{first.name}-once")
            try:
                os.link(first, name)
                with suppress(FileExistsError):
                    os.link(second, name)
                return name.read_bytes() != b"first"
            finally:
                for path in (first, second, name):
                    path.unlink(missing_ok=True)

    def _publish(self, temporary: Path, target: Path, key: str, sha256: str) -> None:
        """Give the synced file its name, or find the same bytes there already."""
        try:
            os.link(temporary, target)
        except FileExistsError:
            self._require_equal(target, key, sha256)
            if target in self._unsure:
                # The sync after our own link failed: the name may exist in memory only. Write it anew, same bytes.
                temporary.replace(target)
        self._unsure.add(target)
        crash_point("store.linked")
        beside.note_digest(target, sha256, self._small_file)
        crash_point("store.noted")
        sync_folder(target.parent)
        self._unsure.discard(target)
        crash_point("store.synced")

    def _write(self, source: Path | bytes, sha256: str, key: str) -> tuple[Path, int]:
        """A synced, read-only temporary file that was read back from the disk and has ``sha256``."""
        pieces = [source] if isinstance(source, bytes) else _pieces_of(source)
        path = self._new_temporary(pieces)
        try:
            found, size = _digest_on_disk(path)
            if found != sha256:
                raise IntegrityError(self._mismatch(source, sha256, found, key))
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        return path, size

    def _mismatch(self, source: Path | bytes, wanted: str, found: str, key: str) -> str:
        pieces = [source] if isinstance(source, bytes) else _pieces_of(source)
        if _digest(pieces)[0] != wanted:
            return f"what was to be stored as {key} does not have SHA-256 {wanted}; nothing was stored"
        return f"{self.name} holds other bytes for {key} than were written (SHA-256 {found}); check the disk"

    def _new_temporary(self, pieces: Iterable[bytes]) -> Path:
        path = self._temporary / f"{os.getpid()}-{secrets.token_hex(12)}"
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
        try:
            for piece in pieces:
                write_all(descriptor, piece)
            os.fchmod(descriptor, 0o444)
            os.fsync(descriptor)
        except BaseException:
            path.unlink(missing_ok=True)
            raise
        finally:
            os.close(descriptor)
        return path

    def _small_file(self, content: bytes) -> Path:
        return self._new_temporary([content])

    def _require_equal(self, target: Path, key: str, sha256: str) -> None:
        if not stat.S_ISREG(target.lstat().st_mode):
            raise Conflict(f"{key} is not a file in {self.name}; look at what is there")
        found, _ = _digest_on_disk(target)
        if found != sha256:
            raise Conflict(f"{key} is already in {self.name} with other bytes (SHA-256 {found}, not {sha256})")

    def _settle(self, folder: Path) -> None:
        """Make ``folder`` and those above it, each durable in its parent. What this process has not synced itself is
        synced once even where it exists: whoever made it may have died before."""
        levels = [folder, *folder.parents]
        for level in reversed(levels[: levels.index(self._root)]):
            if level in self._settled and level.is_dir():
                continue
            with suppress(FileExistsError):
                level.mkdir()
            sync_folder(level.parent)
            self._settled.add(level)

    def _remove_left_overs(self) -> None:
        for entry in os.scandir(self._temporary):
            with suppress(FileNotFoundError):
                if time.time() - entry.stat(follow_symlinks=False).st_mtime > _LEFT_OVER_SECONDS:
                    Path(entry.path).unlink()

    # --- reading -------------------------------------------------------------------------------------------------

    def head(self, key: str, version_id: str | None = None) -> Stored | None:
        """See the protocol. Reads the object itself only where a crash came before its digest was noted."""
        path = self._path(key)
        with disk_errors(f"look at {key} in {self.name}"):
            try:
                facts = path.lstat()
            except (FileNotFoundError, NotADirectoryError):
                return None
            if not stat.S_ISREG(facts.st_mode):
                return None
            return Stored(key, facts.st_size, beside.read_digest(path) or _digest_on_disk(path)[0])

    def open(
        self, key: str, offset: int = 0, length: int | None = None, version_id: str | None = None
    ) -> AbstractContextManager[BinaryIO]:
        """See the protocol. What lies beyond the end is silently not there, as in any file."""
        if offset < 0 or (length is not None and length < 0):
            raise ValueError("a range cannot be negative")
        path = self._existing(key)
        with disk_errors(f"read {key} in {self.name}"):
            descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        window = _Window(descriptor, offset, length, f"read {key} in {self.name}")
        return closing(io.BufferedReader(window, 1 << 17))

    def list(self, prefix: str = "", after: str = "") -> Iterator[Stored]:
        """See the protocol. ``sha256`` is left empty."""
        with disk_errors(f"list {self.name}"):
            for key, size in keys_and_sizes(self._root, prefix, after):
                yield Stored(key, size, "")

    def strangers(self, prefix: str = "") -> Iterator[tuple[str, str]]:
        """See the protocol. A folder has one file of a name."""
        return iter(())

    # --- lock, hold, removal -------------------------------------------------------------------------------------

    def locked_until(self, key: str, version_id: str | None = None) -> str | None:
        """See the protocol."""
        path = self._existing(key)
        with disk_errors(f"read the lock of {key} in {self.name}"):
            until = beside.read_lock(path)
        return clock.to_text(until) if until else None

    def lock(self, key: str, until: datetime, version_id: str | None = None) -> None:
        """See the protocol."""
        with self._guarded(f"lock {key} in {self.name}"):
            path = self._existing(key)
            present = beside.read_lock(path)
            if present == until:
                return
            if until <= self._clock.now() or (present and until < present):
                raise Refused(f"{key} cannot be locked until {clock.to_text(until)}: a lock is only ever lengthened")
            beside.note_lock(path, until, self._small_file)
            sync_folder(path.parent)

    def held(self, key: str, version_id: str | None = None) -> bool:
        """See the protocol."""
        path = self._existing(key)
        with disk_errors(f"read the hold of {key} in {self.name}"):
            return beside.is_held(path)

    def hold(self, key: str, on: bool, version_id: str | None = None) -> None:
        """See the protocol."""
        with self._guarded(f"change the hold of {key} in {self.name}"):
            path = self._existing(key)
            beside.note_hold(path, on, self._small_file)
            sync_folder(path.parent)

    def delete(self, key: str, version_id: str | None = None) -> None:
        """See the protocol. This store has no versions; ``version_id`` is not looked at."""
        with self._guarded(f"delete {key} in {self.name}"):
            path = self._path(key)
            if self.head(key) is None:
                return
            self._require_free(path, key)
            beside.forget(path)
            sync_folder(path.parent)
            path.unlink()
            sync_folder(path.parent)

    def _require_free(self, path: Path, key: str) -> None:
        until = beside.read_lock(path)
        if until and until > self._clock.now():
            raise Refused(f"{key} is locked until {clock.to_text(until)} and was not deleted")
        if beside.is_held(path):
            raise Refused(f"{key} is under legal hold and was not deleted")

    @contextmanager
    def _guarded(self, doing: str) -> Iterator[None]:
        """One act on locks, holds and removal at a time, across processes: a hold comes before or after, not during."""
        with disk_errors(doing):
            guard = os.open(self._root / _GUARD, os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
            try:
                fcntl.flock(guard, fcntl.LOCK_EX)
                yield
            finally:
                os.close(guard)

    # --- paths ---------------------------------------------------------------------------------------------------

    def _path(self, key: str) -> Path:
        """Where the object of ``key`` is or would be.

        Raises:
            ValueError: not a key.
            StoreUnavailable: on the way there is a symbolic link, which could lead anywhere.
        """
        path = self._root / check_key(key)
        if os.path.realpath(path.parent) != str(path.parent):
            raise StoreUnavailable(f"{path.parent} leads through a symbolic link; {self.name} follows none")
        return path

    def _existing(self, key: str) -> Path:
        path = self._path(key)
        with disk_errors(f"look at {key} in {self.name}"):
            try:
                regular = stat.S_ISREG(path.lstat().st_mode)
            except (FileNotFoundError, NotADirectoryError):
                regular = False
        if not regular:
            raise NoSuchObject(f"there is no {key} in {self.name}")
        return path


class _Window(io.RawIOBase):
    """Bytes ``offset`` to ``offset + length`` of an open file, with errors in the archive's words."""

    def __init__(self, descriptor: int, offset: int, length: int | None, doing: str) -> None:
        self._descriptor = descriptor
        self._at = offset
        self._end = None if length is None else offset + length
        self._doing = doing

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer, /) -> int:
        view = memoryview(buffer)
        if self._end is not None:
            view = view[: self._end - self._at]
        with disk_errors(self._doing):
            count = os.preadv(self._descriptor, [view], self._at)
        self._at += count
        return count

    def close(self) -> None:
        if not self.closed:
            os.close(self._descriptor)
        super().close()


def _make_root(root: Path) -> None:
    """Make ``root`` and what is missing above it, durable; what exists is left as it is."""
    if root.is_dir():
        return
    if not root.parent.exists():
        _make_root(root.parent)
    with suppress(FileExistsError):
        root.mkdir(mode=0o700)
    sync_folder(root.parent)


def _pieces_of(path: Path) -> Iterator[bytes]:
    with path.open("rb", buffering=0) as file:
        while piece := file.read(_PIECE):
            yield piece


def _digest(pieces: Iterable[bytes]) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    for piece in pieces:
        digest.update(piece)
        size += len(piece)
    return digest.hexdigest(), size


def _digest_on_disk(path: Path) -> tuple[str, int]:
    """(SHA-256, size) of what the disk gives back."""
    descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        forget_cache(descriptor)
        return _digest(iter(lambda: os.read(descriptor, _PIECE), b""))
    finally:
        os.close(descriptor)
