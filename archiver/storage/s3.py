"""A bucket of Amazon S3, or of a server that speaks its language, as an object store.

A key is written once: every put carries ``If-None-Match: *``, and what arrived is read back before it counts. An answer
that was lost, or says that the key is taken, is settled by looking at what is there. What a server makes of conditions,
checksums and locks differs; ``archiver storage probe`` shows it (:mod:`archiver.operations.probe`).
"""

from __future__ import annotations

import base64
import hashlib
import io
import threading
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, closing, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO, Literal, cast

from archiver import clock, logs
from archiver.errors import ArchiverError, IntegrityError, Refused
from archiver.storage.lock_rules import days_for, mode_of
from archiver.storage.protocol import Conflict, NoSuchObject, Stored, StoreUnavailable, check_key
from archiver.storage.s3_client import Api, Patience
from archiver.storage.s3_errors import Denied, Taken, Unsure
from archiver.storage.s3_listing import Listing, Version, version_of
from archiver.storage.s3_locks import Locks, hold_in, lock_in, whole_second
from archiver.storage.s3_place import S3Place
from archiver.storage.s3_stream import S3Stream
from archiver.storage.s3_trial import overwrites
from archiver.storage.s3_upload import Content, measured, remove_left_overs, upload

_log = logs.get(__name__)
_PIECE = 1 << 20
_BUFFER = 1 << 17


class S3Store:
    """Objects in a bucket, below a prefix. Safe for threads and processes. Opening asks nothing yet.

    Args:
        patience: how long to go on after boto3 has given up.
        page: how many keys to list at once.

    Raises:
        StoreUnavailable: no client can be made of the settings.
    """

    kind: Literal["directory", "s3"] = "s3"

    def __init__(
        self,
        place: S3Place,
        time_source: clock.Clock | None = None,
        patience: Patience | None = None,
        page: int = 1000,
    ) -> None:
        self.name = place.name
        self.place = place
        self.server_checks = False
        """Whether a put with a wrong SHA-256 was seen to be refused. Then the checksum the server returns is believed;
        else every object is read back."""
        self.api = Api(place, patience)
        self.listing = Listing(self.api, page)
        self._locks = Locks(self.api)
        self._clock = time_source or clock.SystemClock()
        self._versioned: bool | None = None
        self._cleaned = threading.Event()

    # --- writing -------------------------------------------------------------------------------------------------

    def put(self, key: str, source: Path | bytes, sha256: str) -> Stored:
        """See :meth:`archiver.storage.protocol.ObjectStore.put`."""
        content = measured(check_key(key), source, sha256)
        self._clean_once()
        version_id = self._write(content)
        self._prove(content, version_id)
        return Stored(key, content.size, sha256, version_id)

    def overwrites(self) -> bool:
        """See the protocol."""
        return overwrites(self.api, self.delete)

    def _write(self, content: Content) -> str | None:
        """The version that holds ``content``: a new one, or one that was there."""
        failure: ArchiverError | None = None
        large = content.size > self.place.options.whole_bytes
        for number in self.api.patience.rounds():
            try:
                if (number or large) and (present := self._same(content)) is not None:
                    return present.version_id
                return upload(self.api, content, self._lock_headers(content.key))
            except (Taken, Unsure) as error:  # taken: the next round looks whether it is ours
                failure = error
                if isinstance(error, Taken) and (present := self._same(content)) is not None:
                    return present.version_id
        assert failure is not None
        if isinstance(failure, Taken):
            raise StoreUnavailable(f"{self.name} says that {content.key} is taken and does not show it") from failure
        raise failure

    def _same(self, content: Content) -> Stored | None:
        """What is under the key, if it says that it is ``content``; None where there is nothing.

        Raises:
            Conflict: it is something else.
        """
        present = self.head(content.key)
        if present is None or present.sha256 == content.sha256:
            return present
        first = self.listing.first(content.key) if self.versioned else None
        first = first and self.head(content.key, first.version_id)
        if first is not None and first.sha256 == content.sha256:
            return first
        raise Conflict(
            f"{content.key} is already in {self.name} with other bytes (SHA-256 {present.sha256}, not {content.sha256})"
        )

    def _prove(self, content: Content, version_id: str | None) -> None:
        """Have the store show that it holds these bytes, and that they are locked where they should be."""
        answer = self._shown(content, version_id)
        if self._is_locking(content.key):
            until = whole_second(self._lock_until(content.key))
            present = lock_in(answer)
            if present is None or present < until:
                self._locks.lengthen(content.key, until, self._clock.now(), answer | {"VersionId": version_id})

    def _shown(self, content: Content, version_id: str | None) -> dict[str, Any]:
        if self.server_checks and content.size <= self.place.options.whole_bytes:
            answer = self._head(content.key, version_id, ChecksumMode="ENABLED")
            if _says(answer, content):
                return answer
        found = ""
        for _ in range(2):  # the way back may have been at fault
            answer, found = self._read_back(content, version_id)
            if found == content.sha256:
                return answer
        raise IntegrityError(
            f"{self.name} holds other bytes for {content.key} (version {version_id or 'none'}, SHA-256 {found}) than"
            " were written, or the way to it changes them; find out which, and remove that version"
        )

    def _read_back(self, content: Content, version_id: str | None) -> tuple[dict[str, Any], str]:
        """(answer, SHA-256 of what the store gives)."""
        digest = hashlib.sha256()
        with closing(self._stream(content.key, 0, None, version_id)) as stream:
            while piece := stream.read(_PIECE):
                digest.update(piece)
            return stream.answer, digest.hexdigest()

    def _lock_headers(self, key: str) -> dict[str, Any]:
        """A lock from the start, only where the server refuses damaged puts: damage under lock cannot be removed."""
        if not self.server_checks or not self._is_locking(key):
            return {}
        return {"ObjectLockMode": mode_of(key), "ObjectLockRetainUntilDate": whole_second(self._lock_until(key))}

    def _is_locking(self, key: str) -> bool:
        return self.place.options.lock_days > 0 and self._lock_days(key) > 0

    def _lock_days(self, key: str) -> int:
        return days_for(key, self.place.options.lock_days, self.place.options.log_lock_days)

    def _lock_until(self, key: str) -> datetime:
        return self._clock.now() + timedelta(days=self._lock_days(key))

    def _clean_once(self) -> None:
        """Once a process: what a dead one left half uploaded. No put fails for it."""
        if self._cleaned.is_set():
            return
        self._cleaned.set()
        with suppress(ArchiverError):
            if count := remove_left_overs(self.api, self._clock.now()):
                _log.info("store.left_overs_removed", uploads=count)

    # --- reading -------------------------------------------------------------------------------------------------

    def head(self, key: str, version_id: str | None = None) -> Stored | None:
        """See the protocol. Reads the object itself only where no digest was noted, so somebody else put it."""
        try:
            answer = self._head(check_key(key), version_id)
        except NoSuchObject:
            return None
        noted = answer.get("Metadata", {}).get("sha256", "")
        version = version_of(answer) or version_id
        sha256 = noted if len(noted) == 64 else self._digest(key, version)
        return Stored(key, answer["ContentLength"], sha256, version)

    def open(
        self, key: str, offset: int = 0, length: int | None = None, version_id: str | None = None
    ) -> AbstractContextManager[BinaryIO]:
        """See the protocol. What lies beyond the end is silently not there, as in any file."""
        if offset < 0 or (length is not None and length < 0):
            raise ValueError("a range cannot be negative")
        stream = self._stream(check_key(key), offset, length, version_id)
        return closing(io.BufferedReader(stream, _BUFFER))

    def list(self, prefix: str = "", after: str = "") -> Iterator[Stored]:
        """See the protocol. ``sha256`` is left empty."""
        return self.listing.firsts(prefix, after) if self.versioned else self.listing.objects(prefix, after)

    def strangers(self, prefix: str = "") -> Iterator[tuple[str, str]]:
        """See the protocol."""
        if self.versioned:
            for version in self.listing.strangers(prefix):
                yield version.key, f"a {'delete marker' if version.marker else 'version'} ({version.id})"

    @property
    def versioned(self) -> bool:
        """Whether the bucket keeps versions, now or before."""
        if self._versioned is None:
            answer = self.api.ask("get_bucket_versioning", "look at the versioning")
            self._versioned = answer.get("Status") in ("Enabled", "Suspended")
        return self._versioned

    def _stream(self, key: str, offset: int, length: int | None, version_id: str | None) -> S3Stream:
        try:
            return S3Stream(self.api, key, version_id, offset, length)
        except NoSuchObject:
            if (first := self._hidden(key, version_id)) is None:
                raise NoSuchObject(f"there is no {key} in {self.name}") from None
        return S3Stream(self.api, key, first, offset, length)

    def _head(self, key: str, version_id: str | None, **more: str) -> dict[str, Any]:
        """HEAD of a version.

        Raises:
            NoSuchObject: nothing there.
        """
        pinned = {"VersionId": version_id} if version_id else {}
        try:
            return self.api.ask("head_object", f"look at {key}", key, **pinned, **more)
        except NoSuchObject:
            if (first := self._hidden(key, version_id)) is None:
                raise NoSuchObject(f"there is no {key} in {self.name}") from None
        return self.api.ask("head_object", f"look at {key}", key, VersionId=first, **more)

    def _hidden(self, key: str, version_id: str | None) -> str | None:
        """The first version of a key whose newest is a delete marker."""
        if version_id is not None or not self.versioned:
            return None
        first = self.listing.first(key)
        return first.version_id if first else None

    def _digest(self, key: str, version_id: str | None) -> str:
        digest = hashlib.sha256()
        with closing(self._stream(key, 0, None, version_id)) as stream:
            while piece := stream.read(_PIECE):
                digest.update(piece)
        return digest.hexdigest()

    # --- lock, hold, removal -------------------------------------------------------------------------------------

    def locked_until(self, key: str, version_id: str | None = None) -> str | None:
        """See the protocol."""
        until = lock_in(self._head(check_key(key), version_id))
        return clock.to_text(until) if until else None

    def lock(self, key: str, until: datetime, version_id: str | None = None) -> None:
        """See the protocol."""
        self._locks.lengthen(check_key(key), until, self._clock.now(), self._head(key, version_id))

    def held(self, key: str, version_id: str | None = None) -> bool:
        """See the protocol."""
        return hold_in(self._head(check_key(key), version_id))

    def hold(self, key: str, on: bool, version_id: str | None = None) -> None:
        """See the protocol."""
        self._locks.set_hold(check_key(key), on, self._head(key, version_id))

    def delete(self, key: str, version_id: str | None = None) -> None:
        """See the protocol. Every version is looked at before the first is removed, and each is seen to be gone."""
        check_key(key)
        versions = self._to_remove(key, version_id)
        for version in versions:
            if not version.marker:
                self._require_removable(key, version)
        for version in versions:
            self._remove(key, version)

    def _to_remove(self, key: str, version_id: str | None) -> Sequence[Version]:
        if not self.versioned:
            return [Version(key, "", 0, False)]
        found = self.listing.of_key(key)
        return [one for one in found if one.id == version_id] if version_id is not None else found

    def _require_removable(self, key: str, version: Version) -> None:
        try:
            answer = self._head(key, version.id or None)
        except NoSuchObject:
            return
        until = lock_in(answer)
        if until and until > self._clock.now():
            raise Refused(f"{key} is locked until {clock.to_text(until)} and was not deleted")
        if hold_in(answer):
            raise Refused(f"{key} is under legal hold and was not deleted")
        if "sha256" not in answer.get("Metadata", {}):
            raise IntegrityError(f"somebody else put version {version.id} of {key} there; nothing was deleted, look")

    def _remove(self, key: str, version: Version) -> None:
        """By version id only: a plain delete would lay a marker on top and remove nothing."""
        pinned = {"VersionId": version.id} if version.id else {}
        try:
            self.api.ask("delete_object", f"delete {key}", key, **pinned)
        except NoSuchObject:
            return
        except (Denied, Refused) as error:
            raise Refused(f"{key} was not deleted: {error}") from error
        if not version.marker:
            self._require_gone(key, version)

    def _require_gone(self, key: str, version: Version) -> None:
        with suppress(NoSuchObject):
            self.api.ask("head_object", f"look at {key}", key, **({"VersionId": version.id} if version.id else {}))
            raise StoreUnavailable(f"{self.name} says that {key} is deleted and still has it; delete it again later")


def _says(answer: dict[str, Any], content: Content) -> bool:
    """Whether the server's own checksum is that of ``content``."""
    wanted = base64.b64encode(bytes.fromhex(content.sha256)).decode()
    return cast(bool, answer.get("ChecksumSHA256") == wanted and answer["ContentLength"] == content.size)
