"""Bytes that are on the disk when a function returns, and disk errors in the words of the archive.

An ``fsync`` that failed is never asked again for the same file: the kernel may have dropped the pages and would then
answer success (reliability: treat it as lost, write a new file).
"""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from archiver.errors import OutOfSpace
from archiver.storage.protocol import StoreUnavailable

_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})
_HINTS = {
    errno.EPERM: "; is it a file system without hard links?",
    errno.EXDEV: "; a store must be one file system",
    errno.ENOTSUP: "; is it a file system without hard links?",
    errno.EROFS: "; the file system is mounted read-only, often after a disk error",
    errno.EIO: "; the disk may be failing",
}


@contextmanager
def disk_errors(doing: str) -> Iterator[None]:
    """Turn an :class:`OSError` into an error a person can act on. ``doing`` completes *cannot …*.

    Raises:
        OutOfSpace: the disk or the quota is full.
        StoreUnavailable: any other failure; what was under way may or may not have happened.
    """
    try:
        yield
    except OSError as error:
        reason = error.strerror or str(error)
        if error.errno in _NO_ROOM:
            raise OutOfSpace(f"cannot {doing}: {reason}; make room, then it goes on by itself") from error
        raise StoreUnavailable(f"cannot {doing}: {reason}{_HINTS.get(error.errno or 0, '')}") from error


def write_all(descriptor: int, block: bytes | bytearray | memoryview) -> None:
    """Write every byte, however many calls the system needs."""
    view = memoryview(block)
    while view:
        written = os.write(descriptor, view)
        if written == 0:
            raise OSError(errno.EIO, "the system wrote nothing")
        view = view[written:]


def sync_folder(folder: Path) -> None:
    """Make the names in ``folder`` durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def forget_cache(descriptor: int) -> None:
    """Have the next read come from the disk, not from memory, where the system allows it."""
    if hasattr(os, "posix_fadvise"):
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
