"""From the setting ``ARCHIVER_STORE_URL`` to a store."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from archiver.errors import SettingsError
from archiver.storage.directory import DirectoryStore
from archiver.storage.durable import disk_errors
from archiver.storage.protocol import ObjectStore

_EXAMPLE = "file:///var/lib/archiver/store"


def open_store(url: str) -> ObjectStore:
    """The store at ``url``; a folder is made where it is missing.

    Raises:
        SettingsError: not an address of a store this version knows.
        StoreUnavailable: the folder cannot be made or used.
    """
    try:
        parts = urlsplit(url)
    except ValueError as error:
        raise SettingsError(f"the store's address cannot be read; write it as {_EXAMPLE}") from error
    if parts.scheme == "file":
        return DirectoryStore(_folder(parts))
    if parts.scheme == "s3":
        raise SettingsError(f"S3 is not in this version; use a folder, as in {_EXAMPLE}")
    raise SettingsError(f"the store's address must start with file://, as in {_EXAMPLE}")


def _folder(parts: SplitResult) -> Path:
    if parts.netloc not in ("", "localhost"):
        raise SettingsError(f"a folder's address has three slashes, as in {_EXAMPLE}")
    if parts.query or parts.fragment:
        raise SettingsError("in the address of a folder write ? as %3F and # as %23")
    path = Path(unquote(parts.path))
    if "\0" in str(path) or not path.is_absolute() or path == Path("/"):
        raise SettingsError(f"the store's address needs the whole path of a folder, as in {_EXAMPLE}")
    with disk_errors(f"use {path} as a store"):
        if path.exists() and not path.is_dir():
            raise SettingsError(f"{path} is a file; the store needs a folder")
    return path
