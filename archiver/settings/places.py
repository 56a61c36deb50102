"""Where things are."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import BaseModel, Field, field_validator, model_validator
from sqlalchemy.exc import ArgumentError

from archiver.engines import normal_url
from archiver.settings.forms import Certificates, Place

_DATABASES = "should look like sqlite:////folder/index.sqlite3 or postgresql+psycopg://USER:PASSWORD@host/name"
_ENDPOINT = re.compile(r"https?://[A-Za-z0-9.\-\[\]:]+(/[A-Za-z0-9._~/-]*)?")
_REGION = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_LOG_ORIGIN = re.compile(r"[A-Za-z0-9._~/-]{1,200}")


def default_home() -> Path:
    """Where the archive is kept when nothing says otherwise: the user's data folder, the same from every directory."""
    base = os.environ.get("XDG_DATA_HOME", "")
    return (Path(base) if Path(base).is_absolute() else Path.home() / ".local" / "share") / "records-archiver"


class Places(BaseModel):
    """Settings of :class:`archiver.settings.Settings`."""

    home: Place = Field(
        default_factory=default_home,
        description="Folder of the embedded default: database, store, spool, keys and settings file.",
    )
    database_url: str = Field(
        default="",
        repr=False,
        description="The index database: `sqlite:////folder/index.sqlite3`, or PostgreSQL 15 or later with psycopg 3:"
        " `postgresql+psycopg://USER:PASSWORD@host/name`, encoding UTF8, owned by that user. Empty: an SQLite file in"
        " `home`.",
    )
    store_url: str = Field(
        default="",
        description="Where objects are stored: `file:///folder` or `s3://bucket/prefix`. Empty: in `home`.",
    )
    s3_endpoint_url: str | None = Field(
        default=None, description="Address of an S3-compatible server, where it is not Amazon's."
    )
    s3_region: str | None = Field(
        default=None, description="Region of the bucket. None: as boto3 finds it, else `us-east-1`."
    )
    s3_path_style: bool = Field(
        default=True,
        description="Name the bucket in the path of its address; false: in the host's name, as some providers ask.",
    )
    s3_ca_file: Certificates = Field(
        default=None, description="Certificates to trust for S3, a PEM file, where the system's do not do."
    )
    s3_lock_days: int = Field(
        default=0,
        ge=0,
        le=36_500,
        description="How long every object is locked at a time, days, where the bucket has Object Lock: all but the log"
        " in GOVERNANCE mode, snapshots not. Each new one is, and the locks are lengthened before they end. 0: only the"
        " log is locked.",
    )
    key_file: Place = Field(
        default=Path(),
        description="File with the key that wraps platform tokens, outside the database. Empty: in `home/keys`.",
    )
    log_origin: str = Field(
        default="",
        description="Name of the event log, without a scheme, such as `records.example.gov/log`. Fixed when the archive"
        " is created. Empty: made from the archive's id.",
    )

    @model_validator(mode="before")
    @classmethod
    def _fill_places(cls, values: Any) -> Any:
        home = Path(values.get("home") or default_home()).expanduser().absolute()
        values["home"] = home
        values["database_url"] = values.get("database_url") or f"sqlite:///{home / 'index.sqlite3'}"
        values["store_url"] = values.get("store_url") or (home / "store").as_uri()
        values["key_file"] = values.get("key_file") or home / "keys" / "tokens.key"
        return values

    @field_validator("log_origin")
    @classmethod
    def _plain_origin(cls, value: str) -> str:
        if value and not _LOG_ORIGIN.fullmatch(value):
            raise ValueError("should be a name like records.example.gov/log, without scheme, spaces or plus signs")
        return value

    @field_validator("s3_endpoint_url")
    @classmethod
    def _is_endpoint(cls, value: str | None) -> str | None:
        if value and not _ENDPOINT.fullmatch(value):
            raise ValueError("should be an address such as https://s3.example.gov, without credentials")
        return value or None

    @field_validator("s3_region")
    @classmethod
    def _is_region(cls, value: str | None) -> str | None:
        if value and not _REGION.fullmatch(value):
            raise ValueError("should be the name of a region such as us-east-2")
        return value or None

    @property
    def log_key_file(self) -> Path:
        """File with the keys that sign the event log."""
        return self.home / "keys" / "log.key"

    @property
    def act_key_file(self) -> Path:
        """File with the keys that seal acts and snapshots."""
        return self.home / "keys" / "acts.key"

    @property
    def spool(self) -> Path:
        """Where every capturing process of this machine has its folder."""
        return self.home / "spool"

    @property
    def deliveries(self) -> Path:
        """Where what platforms sent is safe until it is archived."""
        return self.home / "deliveries"

    @property
    def hand_outs(self) -> Path:
        """Where evidence waits for the person who had it made, until they have taken it."""
        return self.home / "hand-outs"

    @property
    def renewals(self) -> Path:
        """Where renewed tokens are on their way into the database."""
        return self.home / "renewals"


def check_database_url(url: str) -> None:
    """Never shows any of it: it may hold a password."""
    try:
        parsed = normal_url(url)
    except (ArgumentError, ValueError):
        raise ValueError(f"database_url: {_DATABASES}") from None
    if parsed.drivername in ("sqlite", "sqlite+pysqlite"):
        if parsed.database in (None, "", ":memory:"):
            raise ValueError("database_url: should name a file: sqlite:////folder/index.sqlite3")
    elif parsed.get_backend_name() != "postgresql":
        raise ValueError(f"database_url: {_DATABASES}")
    elif parsed.drivername != "postgresql+psycopg":
        raise ValueError("database_url: should name the driver psycopg 3: postgresql+psycopg://user@host/name")
    elif not parsed.database:
        raise ValueError("database_url: should name a database: postgresql+psycopg://user@host/name")


def check_store_url(url: str) -> None:
    parts = urlsplit(url)
    if parts.scheme == "file" and parts.netloc in ("", "localhost") and parts.path.startswith("/"):
        return
    if parts.scheme == "s3" and parts.netloc and "@" not in parts.netloc:
        return
    raise ValueError("store_url: should be file:///folder or s3://bucket/prefix, without credentials")
