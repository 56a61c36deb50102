"""What an object store must do. Keys are written once and never changed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import BinaryIO, Literal, Protocol

from archiver.errors import ArchiverError, IntegrityError

_PART = r"[A-Za-z0-9_=-][A-Za-z0-9._=-]{0,199}"
_KEY = re.compile(rf"{_PART}(?:/{_PART})*")


class StoreUnavailable(ArchiverError):  # noqa: N818
    """The store does not answer, or not in time. What was asked may or may not have happened."""

    exit_code = 4


class NotAllowed(StoreUnavailable):
    """The store knows us and says no: these credentials lack the right, or something forbids it to everybody."""


class Overwrites(IntegrityError):  # noqa: N818
    """A store where a key that is taken can be overwritten is no place for evidence."""


class Conflict(IntegrityError):  # noqa: N818
    """The key exists with other bytes. Two different things claim one name: stop and look, nothing was overwritten."""


class NoSuchObject(ArchiverError):  # noqa: N818
    """There is no object of that key (or version)."""

    exit_code = 3


@dataclass(frozen=True, slots=True)
class Stored:
    """What the store holds under a key."""

    key: str
    size: int
    sha256: str
    """Hex, of the bytes as stored."""
    version_id: str | None = None
    """Where the store has versions; every later read and check pins it."""


def check_key(key: str) -> str:
    """``key``, if every store can hold it: parts of ``[A-Za-z0-9._=-]`` joined by single ``/``, none starting with a
    dot; a part at most 200 bytes (a file name beside it must fit too), the whole at most 900.

    Raises:
        ValueError: otherwise.
    """
    if len(key) > 900 or not _KEY.fullmatch(key):
        raise ValueError(f"not a usable object key: {key!r}")
    return key


class ObjectStore(Protocol):
    """A place for immutable objects. Every method may raise :class:`StoreUnavailable`.

    Where the store has versions, ``version_id`` pins the one that was recorded at put: what somebody else lays on top
    of it, a delete marker too, is then not looked at. Without it the newest version counts, and the first one where a
    delete marker hides it. A store without versions does not look at ``version_id``.
    """

    name: str
    """For messages: where this is, without credentials."""
    kind: Literal["directory", "s3"]

    def put(self, key: str, source: Path | bytes, sha256: str) -> Stored:
        """Store bytes under a new key, durably, and prove that they arrived.

        Putting the same bytes again is success (a lost answer looks like that); returns what is there.

        Raises:
            Conflict: the key holds other bytes.
            IntegrityError: ``source`` does not have ``sha256``, or the store holds something else afterwards.
            OutOfSpace: no room.
        """
        ...

    def overwrites(self) -> bool:
        """Whether it was just seen to let a name that is taken be overwritten. Writes what it removes again."""
        ...

    def head(self, key: str, version_id: str | None = None) -> Stored | None:
        """What is under ``key``, or None. The SHA-256 is the one recorded at put, not recomputed."""
        ...

    def open(
        self, key: str, offset: int = 0, length: int | None = None, version_id: str | None = None
    ) -> AbstractContextManager[BinaryIO]:
        """Read bytes ``offset`` to ``offset + length``.

        Raises:
            NoSuchObject: nothing there.
        """
        ...

    def list(self, prefix: str = "", after: str = "") -> Iterator[Stored]:
        """Objects whose key starts with ``prefix``, in order of key, beyond ``after``. ``sha256`` may be empty.
        Where the store has versions this is the first of each key, hidden or not."""
        ...

    def strangers(self, prefix: str = "") -> Iterator[tuple[str, str]]:
        """(key, what it is in words) of everything that somebody laid on top of objects: versions, delete markers."""
        ...

    def locked_until(self, key: str, version_id: str | None = None) -> str | None:
        """Time (:func:`archiver.clock.to_text`) until which it cannot be deleted, or None where it never was locked.

        Raises:
            NoSuchObject: nothing there.
        """
        ...

    def lock(self, key: str, until: datetime, version_id: str | None = None) -> None:
        """Forbid deleting it before ``until``, or up to a second later where the store counts in whole seconds. A lock
        can only be lengthened; the same time again is success.

        Raises:
            NoSuchObject: nothing there.
            Refused: ``until`` is past, or earlier than the lock it has; or the store has no locks.
        """
        ...

    def held(self, key: str, version_id: str | None = None) -> bool:
        """Whether a legal hold forbids deleting it.

        Raises:
            NoSuchObject: nothing there.
        """
        ...

    def hold(self, key: str, on: bool, version_id: str | None = None) -> None:
        """Put it under legal hold, or lift the hold. Independent of the lock; repeating is success.

        Raises:
            NoSuchObject: nothing there.
            Refused: the store has no holds.
        """
        ...

    def delete(self, key: str, version_id: str | None = None) -> None:
        """Remove one object for ever, with every version of it, or only the version named. Only disposal calls this,
        and whoever replaces snapshots. What is not there counts as removed, so that a disposal that was interrupted can
        be run again.

        Raises:
            Refused: under lock or hold; nothing was removed.
            IntegrityError: beside the archive's own there is a version that somebody else put there.
        """
        ...


def first_version(store: ObjectStore, key: str) -> str | None:
    """The version of an object that no row names: the first, which is the archive's own. None where the store has no
    versions, or no such object."""
    if store.kind == "directory":
        return None
    return next((one.version_id for one in store.list(key) if one.key == key), None)


def open_first(store: ObjectStore, key: str) -> AbstractContextManager[BinaryIO]:
    """Read an object that no row names, whatever somebody laid on top of it.

    Raises:
        NoSuchObject: nothing there.
    """
    return store.open(key, version_id=first_version(store, key))
