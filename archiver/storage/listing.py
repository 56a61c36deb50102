"""The objects of a folder in the order of their keys, without following symbolic links."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from archiver.storage.protocol import check_key


def keys_and_sizes(root: Path, prefix: str, after: str) -> Iterator[tuple[str, int]]:
    """(key, size) of every file whose key starts with ``prefix`` and comes after ``after``, ordered as the keys are.

    Hidden names, symbolic links, devices and names no key can have are passed over; what vanishes meanwhile too.
    """
    return _walk(root, "", prefix, after)


def _walk(folder: Path, above: str, prefix: str, after: str) -> Iterator[tuple[str, int]]:
    for path, entry in _entries(folder, above):
        if path.endswith("/"):
            if _may_hold(path, prefix, after):
                yield from _walk(Path(entry.path), path, prefix, after)
        elif path.startswith(prefix) and path > after:
            try:
                yield path, entry.stat(follow_symlinks=False).st_size
            except FileNotFoundError:
                continue


def _entries(folder: Path, above: str) -> list[tuple[str, os.DirEntry[str]]]:
    """Entries of one folder, those of folders ending in ``/``: sorting these gives the order of whole keys."""
    try:
        with os.scandir(folder) as scan:
            found = [(above + entry.name + _ending(entry), entry) for entry in scan if _is_ours(entry)]
    except FileNotFoundError:
        return []
    return sorted(found, key=lambda pair: pair[0])


def _ending(entry: os.DirEntry[str]) -> str:
    return "/" if entry.is_dir(follow_symlinks=False) else ""


def _is_ours(entry: os.DirEntry[str]) -> bool:
    try:
        check_key(entry.name)
    except ValueError:
        return False
    return entry.is_dir(follow_symlinks=False) or entry.is_file(follow_symlinks=False)


def _may_hold(path: str, prefix: str, after: str) -> bool:
    """Whether a folder whose keys all start with ``path`` can hold one that is asked for."""
    wanted = path.startswith(prefix) or prefix.startswith(path)
    return wanted and (path > after or after.startswith(path))
