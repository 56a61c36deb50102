"""From the setting ``ARCHIVER_STORE_URL`` to a store."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import SplitResult, unquote, urlsplit

from archiver.errors import SettingsError
from archiver.settings import Settings
from archiver.storage.directory import DirectoryStore
from archiver.storage.durable import disk_errors
from archiver.storage.protocol import ObjectStore
from archiver.storage.s3_place import S3Options, S3Place

_EXAMPLE = "file:///var/lib/archiver/store"
_FURTHER_CONNECTIONS = 8
"""Beside two for each worker: pages, the clock, commands."""


def store_of(settings: Settings) -> ObjectStore:
    """The store that ``settings`` name; see :func:`open_store`."""
    options = S3Options(
        endpoint_url=settings.s3_endpoint_url,
        region=settings.s3_region,
        path_style=settings.s3_path_style,
        ca_file=settings.s3_ca_file,
        lock_days=settings.s3_lock_days,
        log_lock_days=settings.log_lock_days,
        connections=2 * settings.workers + _FURTHER_CONNECTIONS,
    )
    return open_store(settings.store_url, options)


def open_store(url: str, s3: S3Options | None = None) -> ObjectStore:
    """The store at ``url``; a folder is made where it is missing. Of S3 nothing is asked yet.

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
        return _bucket(url, s3 or S3Options())
    raise SettingsError(f"the store's address must start with file:// or s3://, as in {_EXAMPLE}")


def _bucket(url: str, options: S3Options) -> ObjectStore:
    place = S3Place.parse(url, options)
    from archiver.storage.s3 import S3Store  # late: boto3 takes a while to load, and 26 MiB

    return S3Store(place)


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
