"""Writing a bundle: a folder as in RFC 8493 (BagIt), which is there whole or not at all."""

from __future__ import annotations

import fcntl
import glob
import os
import re
import secrets
import shutil
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Final

from archiver.errors import UsageError
from archiver.storage.durable import disk_errors, sync_folder

BAGIT: Final = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
#: File in a bundle that is being written. No verifier accepts a folder with a file that the manifest does not list.
MARK: Final = "UNFINISHED"
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._=-]{0,119}")


@dataclass(frozen=True, slots=True)
class Written:
    """One file of the bundle."""

    path: str
    sha256: str
    size: int


@dataclass(slots=True)
class Bag:
    """A bundle that is being written, in a folder beside the one it will be."""

    out: Path
    working: Path
    lock: int
    """Open file that shows others that this process lives."""
    files: dict[str, Written] = field(default_factory=dict)

    @classmethod
    def begin(cls, out: Path) -> Bag:
        """Begin one that will be ``out``, and remove what a process that was killed left of one.

        Raises:
            UsageError: there is something already, or the folder cannot be made.
        """
        out = out.absolute()
        try:
            if out.is_symlink() or (out.exists() and (not out.is_dir() or any(out.iterdir()))):
                raise UsageError(f"{out} is not empty; name a new folder")
            _remove_left_overs(out)
            working = out.with_name(f"{out.name}.unfinished-{secrets.token_hex(4)}")
            working.mkdir(mode=0o700)
            lock = _opened(working)
            with suppress(OSError):  # some network file systems lock no folder: then nobody removes what is left
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            (working / MARK).touch()
        except OSError as error:
            raise UsageError(f"cannot make a folder beside {out}: {error.strerror or error}") from None
        return cls(out, working, lock)

    def put(self, path: str, content: bytes) -> Written:
        """Write one file."""
        return self.copy(path, [content])

    def copy(self, path: str, pieces: Iterable[bytes]) -> Written:
        """Write one file from pieces.

        Raises:
            ValueError: a name that no bundle has, or one used twice.
            StoreUnavailable, OutOfSpace: the disk does not take it.
        """
        if path in self.files or not all(_NAME.fullmatch(part) for part in path.split("/")):
            raise ValueError(f"not a usable name in a bundle: {path!r}")
        digest, size, place = sha256(), 0, self.working / path
        with disk_errors(f"write {place}"):
            place.parent.mkdir(parents=True, exist_ok=True)
            with place.open("xb") as file:
                for piece in pieces:
                    file.write(piece)
                    digest.update(piece)
                    size += len(piece)
                file.flush()
                os.fsync(file.fileno())
        self.files[path] = Written(path, digest.hexdigest(), size)
        return self.files[path]

    def finish(self, information: str) -> None:
        """Write what RFC 8493 wants; ``information`` is the beginning of ``bag-info.txt``."""
        payload = [one for one in self._sorted() if one.path.startswith("data/")]
        oxum = f"Payload-Oxum: {sum(one.size for one in payload)}.{len(payload)}\n"
        self.put("bagit.txt", BAGIT)
        self.put("bag-info.txt", (information + oxum).encode())
        self.put("manifest-sha256.txt", _listed(payload))
        self.put("tagmanifest-sha256.txt", _listed(one for one in self._sorted() if not one.path.startswith("data/")))

    def publish(self) -> None:
        """Give the folder its name: from then on it is there, whole.

        Raises:
            UsageError: something came into its place meanwhile.
        """
        with disk_errors(f"write {self.working}"):
            (self.working / MARK).unlink()
            for folder, _, _ in os.walk(self.working):
                sync_folder(Path(folder))
            self.working.chmod(0o755)
        try:
            self.working.rename(self.out)
        except OSError as error:
            raise UsageError(f"cannot name the finished bundle {self.out}: {error.strerror or error}") from None
        with disk_errors(f"write {self.out}"):
            sync_folder(self.out.parent)
        os.close(self.lock)

    def abandon(self) -> None:
        """Remove what was written."""
        shutil.rmtree(self.working, ignore_errors=True)
        os.close(self.lock)

    def _sorted(self) -> list[Written]:
        return [self.files[path] for path in sorted(self.files)]


def _opened(folder: Path) -> int:
    return os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)


def _remove_left_overs(out: Path) -> None:
    """Unfinished folders of this name whose process is gone. They hold records that nobody was to get."""
    for folder in out.parent.glob(f"{glob.escape(out.name)}.unfinished-????????"):
        if not (folder / MARK).is_file():
            continue
        with suppress(OSError):
            lock = _opened(folder)
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
            finally:
                os.close(lock)


def _listed(files: Iterable[Written]) -> bytes:
    return "".join(f"{one.sha256}  {one.path}\n" for one in files).encode()
