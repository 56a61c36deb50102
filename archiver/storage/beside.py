"""The small files beside an object in a folder: its digest, its lock, its legal hold.

For an object ``NAME`` these are ``.NAME.sha256`` (in the form ``sha256sum --check`` reads), ``.NAME.lock`` (the time
until which it is locked) and ``.NAME.hold``. No part of a key starts with a dot, so they never meet an object.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from archiver import clock
from archiver.errors import IntegrityError

_DIGEST = re.compile(r"([0-9a-f]{64})  ")
_LONGEST = 1024

#: Writes a small file durably under a name of its own and returns where it is.
Temporary = Callable[[bytes], Path]


def _beside(path: Path, what: str) -> Path:
    return path.with_name(f".{path.name}.{what}")


def _read(path: Path) -> str | None:
    try:
        with path.open("rb") as file:
            return file.read(_LONGEST).decode("ascii", "replace")
    except FileNotFoundError:
        return None


def read_digest(path: Path) -> str | None:
    """The SHA-256 noted when ``path`` was stored; None where a crash came before the note."""
    found = _DIGEST.match(_read(_beside(path, "sha256")) or "")
    return found[1] if found else None


def note_digest(path: Path, sha256: str, temporary: Temporary) -> None:
    if read_digest(path) != sha256:
        temporary(f"{sha256}  {path.name}\n".encode()).replace(_beside(path, "sha256"))


def read_lock(path: Path) -> datetime | None:
    """Until when ``path`` is locked.

    Raises:
        IntegrityError: the note is there and cannot be read; then it must count as locked.
    """
    text = _read(_beside(path, "lock"))
    if text is None:
        return None
    try:
        return clock.from_text(text.strip())
    except ValueError as error:
        raise IntegrityError(f"the lock beside {path} cannot be read; it is not to be deleted") from error


def note_lock(path: Path, until: datetime, temporary: Temporary) -> None:
    temporary(f"{clock.to_text(until)}\n".encode()).replace(_beside(path, "lock"))


def is_held(path: Path) -> bool:
    return os.path.lexists(_beside(path, "hold"))


def note_hold(path: Path, on: bool, temporary: Temporary) -> None:
    if on:
        temporary(b"held\n").replace(_beside(path, "hold"))
    else:
        _beside(path, "hold").unlink(missing_ok=True)


def forget(path: Path) -> None:
    """Remove the notes of an object that is about to be removed: lock and digest first, so that whatever survives a
    crash is an object without a note, never a note of something else."""
    for what in ("lock", "sha256"):
        _beside(path, what).unlink(missing_ok=True)
