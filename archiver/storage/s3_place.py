"""Which bucket, where, and how it is spoken to."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Self
from urllib.parse import urlsplit

from archiver.errors import SettingsError
from archiver.storage.protocol import check_key

_EXAMPLE = "s3://bucket/prefix"
_BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")


@dataclass(frozen=True, slots=True)
class S3Options:
    """How to speak to S3. The defaults are Amazon's, with credentials as boto3 finds them."""

    endpoint_url: str | None = None
    region: str | None = None
    """None: what boto3 finds, else ``us-east-1``, which other servers than Amazon's do not look at."""
    path_style: bool = True
    """The bucket in the path of the address, not in the host's name."""
    ca_file: Path | None = None
    """Certificates to trust, PEM; None: those of the system's usual bundle."""
    lock_days: int = 0
    """How long each new object is locked, days; 0 where the bucket has no Object Lock."""
    log_lock_days: int = 0
    """How long the log is locked at the least, where anything is, days."""
    connections: int = 16
    connect_seconds: float = 5.0
    read_seconds: float = 60.0
    attempts: int = 3
    """Of each request, by boto3 itself."""
    whole_bytes: int = 64 << 20
    """Up to so many bytes go in one put."""
    part_bytes: int = 16 << 20
    """Larger objects go in parts of this size, or larger ones where there would be too many."""


@dataclass(frozen=True, slots=True)
class S3Place:
    """A bucket, or the part of it below a prefix."""

    bucket: str
    prefix: str
    """Empty, or ending in ``/``."""
    options: S3Options

    @classmethod
    def parse(cls, url: str, options: S3Options) -> Self:
        """The place at ``s3://bucket`` or ``s3://bucket/prefix``.

        Raises:
            SettingsError: not such an address.
        """
        parts = urlsplit(url)
        if not _BUCKET.fullmatch(parts.netloc):
            raise SettingsError(f"the store's address names no bucket; write it as {_EXAMPLE}, without credentials")
        if parts.query or parts.fragment:
            raise SettingsError(f"nothing may follow the prefix in the store's address; write it as {_EXAMPLE}")
        return cls(parts.netloc, _prefix(parts.path.strip("/")), options)

    @property
    def name(self) -> str:
        """For messages."""
        where = self.options.endpoint_url or "Amazon S3"
        return f"the bucket {self.bucket}{'/' if self.prefix else ''}{self.prefix.rstrip('/')} at {where}"


def _prefix(path: str) -> str:
    if not path:
        return ""
    try:
        return check_key(path) + "/"
    except ValueError:
        raise SettingsError(
            f"the prefix in the store's address may hold letters, digits and . _ = - only, as in {_EXAMPLE}"
        ) from None
