"""Bringing bytes into the bucket: one put, or parts where it is large. Both only where the key is free."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import BytesIO
from pathlib import Path
from typing import Any, BinaryIO

from archiver.errors import ArchiverError, IntegrityError
from archiver.faults import crash_point
from archiver.storage.protocol import NoSuchObject
from archiver.storage.s3_client import Api
from archiver.storage.s3_errors import Unsure
from archiver.storage.s3_listing import version_of

_MOST_PARTS = 9_000
_PIECE = 1 << 20
_LEFT_OVER = timedelta(hours=24)
"""No upload takes so long: its process is dead."""
_TYPE = "application/octet-stream"


@dataclass(frozen=True, slots=True)
class Content:
    """What is to be stored, read once and found to be what it should be."""

    key: str
    source: Path | bytes
    size: int
    sha256: str
    """Hex."""
    md5: str
    """Base64, as the header has it."""

    @contextmanager
    def open(self) -> Iterator[BinaryIO]:
        """The bytes from their start."""
        with BytesIO(self.source) if isinstance(self.source, bytes) else self.source.open("rb") as stream:
            yield stream


def measured(key: str, source: Path | bytes, sha256: str) -> Content:
    """Size and digests of what is to be stored.

    Raises:
        IntegrityError: it does not have ``sha256``.
    """
    digest, md5, size = hashlib.sha256(), hashlib.md5(usedforsecurity=False), 0
    with BytesIO(source) if isinstance(source, bytes) else source.open("rb") as stream:
        while piece := stream.read(_PIECE):
            digest.update(piece)
            md5.update(piece)
            size += len(piece)
    if digest.hexdigest() != sha256:
        raise IntegrityError(f"what was to be stored as {key} does not have SHA-256 {sha256}; nothing was stored")
    return Content(key, source, size, sha256, base64.b64encode(md5.digest()).decode())


def sha256_header(content: Content) -> str:
    """The digest in the form of S3's checksum headers."""
    return base64.b64encode(bytes.fromhex(content.sha256)).decode()


def upload(api: Api, content: Content, lock: dict[str, Any]) -> str | None:
    """Store ``content`` under its key, which must be free. The version id, where there are versions.

    Raises:
        Taken: there is an object of that key.
        Unsure: it may be stored or not.
    """
    whole = content.size <= api.place.options.whole_bytes
    version = (_in_one if whole else _in_parts)(api, content, lock)
    crash_point("store.uploaded")
    return version


def _in_one(api: Api, content: Content, lock: dict[str, Any]) -> str | None:
    with content.open() as body:
        answer = api.once(
            "put_object",
            f"store {content.key}",
            content.key,
            Body=content.source if isinstance(content.source, bytes) else body,
            ContentLength=content.size,
            ContentType=_TYPE,
            ContentMD5=content.md5,
            ChecksumSHA256=sha256_header(content),
            IfNoneMatch="*",
            Metadata={"sha256": content.sha256},
            **lock,
        )
    return version_of(answer)


# --- in parts ------------------------------------------------------------------------------------------------------


def _in_parts(api: Api, content: Content, lock: dict[str, Any]) -> str | None:
    """The parts carry Content-MD5 alone: with another checksum Amazon wants an algorithm named at the start, which
    brings boto3's trailers back. The whole is read back by whoever calls this."""
    doing = f"store {content.key}"
    begun = api.ask(
        "create_multipart_upload",
        doing,
        content.key,
        ContentType=_TYPE,
        Metadata={"sha256": content.sha256},
        **lock,
    )
    this = {"UploadId": begun["UploadId"]}
    try:
        parts = _send_parts(api, content, this)
        crash_point("store.parts")
        answer = api.once(
            "complete_multipart_upload",
            doing,
            content.key,
            MultipartUpload={"Parts": parts},
            IfNoneMatch="*",
            **this,
        )
    except NoSuchObject as error:  # the upload itself is gone: completed before an answer was lost, or cleaned away
        raise Unsure(f"cannot {doing} in {api.place.name}: the upload is gone; it is tried again") from error
    except BaseException:
        _abort(api, content.key, this)
        raise
    return version_of(answer)


def _send_parts(api: Api, content: Content, this: dict[str, Any]) -> list[dict[str, Any]]:
    size = max(api.place.options.part_bytes, -(-content.size // _MOST_PARTS))
    parts: list[dict[str, Any]] = []
    digest = hashlib.sha256()
    with content.open() as stream:
        while body := stream.read(size):
            digest.update(body)
            number = len(parts) + 1
            md5 = base64.b64encode(hashlib.md5(body, usedforsecurity=False).digest()).decode()
            answer = api.ask(
                "upload_part",
                f"store {content.key}",
                content.key,
                PartNumber=number,
                Body=body,
                ContentMD5=md5,
                **this,
            )
            parts.append({"PartNumber": number, "ETag": answer["ETag"]})
    if digest.hexdigest() != content.sha256:
        raise IntegrityError(f"what was to be stored as {content.key} changed meanwhile; nothing was stored")
    return parts


def _abort(api: Api, key: str, this: dict[str, Any]) -> None:
    with suppress(ArchiverError):  # what is left is cleaned away later
        api.once("abort_multipart_upload", f"give up storing {key}", key, **this)


def remove_left_overs(api: Api, now: datetime) -> int:
    """Give up uploads that a dead process began in this place. How many there were."""
    found = api.once("list_multipart_uploads", "look for unfinished uploads", Prefix=api.place.prefix)
    old = [one for one in found.get("Uploads", ()) if now - one["Initiated"] > _LEFT_OVER]
    for one in old:
        _abort(api, one["Key"].removeprefix(api.place.prefix), {"UploadId": one["UploadId"]})
    return len(old)
