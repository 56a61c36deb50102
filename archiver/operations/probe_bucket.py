"""Trying out a bucket. The requests are made as they are, past the archive's own care.

What is locked is locked for a minute, and removed when that has passed; what would destroy the bucket if it were
allowed is not tried.
"""

from __future__ import annotations

import base64
import hashlib
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from botocore.exceptions import ClientError

from archiver.errors import ArchiverError
from archiver.operations.probe import NotShown, Tried, clear, put, try_out
from archiver.storage.protocol import NoSuchObject, ObjectStore
from archiver.storage.s3 import S3Store
from archiver.storage.s3_errors import Denied, Unsure, status_of
from archiver.storage.s3_locks import lock_in

_MAY_NOT: Final = "these credentials may not delete versions at all, so a refusal shows nothing"
_MAY_NOT_LOCK: Final = "these credentials may not set a lock"
_MARGIN: Final = timedelta(seconds=2)
"""Each lengthening of a lock adds so much."""


class Bucket:
    """One trial of a bucket, under ``base``."""

    def __init__(self, store: ObjectStore, base: str) -> None:
        assert isinstance(store, S3Store)
        self.store = store
        self.base = base

    def tried(self, lock: timedelta | None) -> list[Tried]:
        """What leaves nothing locked, and with ``lock`` what locks for so long."""
        tried = [
            try_out("p1-versions-and-lock", self._versions_and_lock),
            try_out("p4-wrong-sha256-refused", self._wrong_sha256),
            try_out("p5-checksum-returned", self._checksum),
            try_out("p10-plain-delete", self._plain_delete),
            try_out("p11-overwritten-version", self._overwritten),
        ]
        return tried if lock is None else tried + self._locks(lock)

    def _locks(self, lock: timedelta) -> list[Tried]:
        """Versions locked, and what then is refused. Removed by :meth:`runs_out`."""
        may_delete = self._may_delete()
        until = datetime.now(UTC).replace(microsecond=0) + lock
        acts: list[tuple[str, Callable[[], str]]] = [
            ("p6-compliance", lambda: self._compliance(until, may_delete)),
            ("p7-lock-not-shortened", lambda: self._not_shortened(until, lock)),
            ("p8-mode-not-weakened", lambda: self._not_weakened(until)),
            ("p15-delete-of-many", lambda: self._not_in_many(until)),
            ("p9-legal-hold", lambda: self._legal_hold(may_delete)),
            ("p12-versions-stay-on", self._versions_stay),
            ("p17-governance", lambda: self._governance(until, may_delete)),
            ("p16-no-bypass", lambda: self._no_bypass(until)),
        ]
        return [try_out(code, act) for code, act in acts]

    def runs_out(self) -> str:
        """Wait for the locks, then remove everything that was made."""
        left = [one.key for one in self.store.list(f"{self.base}/")]
        locks = [self.store.locked_until(key) for key in left]
        ends = [datetime.fromisoformat(lock.replace("Z", "+00:00")) for lock in locks if lock]
        if ends:
            time.sleep(max(0.0, (max(ends) - datetime.now(UTC)).total_seconds() + 1.5))
        for key in left:
            clear(self.store, key)
        if not ends:
            raise NotShown("nothing was locked")
        still = bool(list(self.store.list(f"{self.base}/")))
        if still and not self._may_delete():
            raise NotShown(_MAY_NOT)
        return "it could not be deleted" if still else ""

    # --- asking ------------------------------------------------------------------------------------------------------

    def _raw(self, operation: str, key: str | None = None, **arguments: Any) -> dict[str, Any]:
        return self.store.api.once(operation, "try out the store", key, **arguments)

    def _refused(self, operation: str, key: str | None = None, **arguments: Any) -> ArchiverError | None:
        """Why not; None where it was done.

        Raises:
            Unsure: no answer.
        """
        try:
            self._raw(operation, key, **arguments)
        except Unsure as error:
            cause = error.__cause__
            if not isinstance(cause, ClientError) or not 400 <= status_of(cause) < 500:
                raise
            return error
        except ArchiverError as error:
            return error
        return None

    def _new(self, name: str, content: bytes = b"content") -> tuple[str, dict[str, str]]:
        """(key, the argument that names its version) of a new object."""
        key = f"{self.base}/{name}"
        version = put(self.store, key, content)
        return key, {"VersionId": version} if version else {}

    def _locked(self, name: str, mode: str, until: datetime) -> tuple[str, dict[str, str]]:
        """The same, locked."""
        key, pinned = self._new(name)
        try:
            self._retain(key, pinned, mode, until)
        except Denied:
            clear(self.store, key)
            raise NotShown(_MAY_NOT_LOCK) from None
        return key, pinned

    def _retain(self, key: str, pinned: dict[str, str], mode: str, until: datetime) -> None:
        self._raw("put_object_retention", key, **pinned, Retention=_retention(mode, until))

    def _there(self, key: str, pinned: dict[str, str]) -> bool:
        try:
            self._raw("head_object", key, **pinned)
        except NoSuchObject:
            return False
        return True

    def _may_delete(self) -> bool:
        """Whether these credentials delete a version that nothing protects."""
        key, pinned = self._new("free")
        return self._refused("delete_object", key, **pinned) is None and not self._there(key, pinned)

    def _kept(self, may_delete: bool, key: str, pinned: dict[str, str], **arguments: Any) -> str:
        """What is wrong where the version should withstand being deleted."""
        refusal = self._refused("delete_object", key, **pinned, **arguments)
        if not self._there(key, pinned):
            return "it was deleted"
        if refusal is None:
            return "the store says it was deleted, and has it"
        if not may_delete:
            raise NotShown(_MAY_NOT)
        return ""

    # --- what leaves nothing locked ----------------------------------------------------------------------------------

    def _versions_and_lock(self) -> str:
        if self._raw("get_bucket_versioning").get("Status") != "Enabled":
            return "the bucket keeps no versions"
        found = self._raw("get_object_lock_configuration").get("ObjectLockConfiguration", {})
        return "" if found.get("ObjectLockEnabled") == "Enabled" else "the bucket has no Object Lock"

    def _wrong_sha256(self) -> str:
        key, wrong = f"{self.base}/wrong", base64.b64encode(bytes(32)).decode()
        metadata = {"sha256": "0" * 64}
        refusal = self._refused("put_object", key, Body=b"content", ChecksumSHA256=wrong, Metadata=metadata)
        if isinstance(refusal, Denied):
            raise NotShown("these credentials may not put without a condition")
        if refusal is not None:
            return ""
        clear(self.store, key)
        return "it was accepted; every object is read back after it is put"

    def _checksum(self) -> str:
        content = b"content"
        key, _ = self._new("checksum", content)
        found = self._raw("head_object", key, ChecksumMode="ENABLED").get("ChecksumSHA256")
        clear(self.store, key)
        wanted = base64.b64encode(hashlib.sha256(content).digest()).decode()
        return "" if found == wanted else "it is not returned; every object is read back after it is put"

    def _plain_delete(self) -> str:
        key, pinned = self._new("deleted")
        marker = self._raw("delete_object", key).get("VersionId")
        return self._still_there(key, pinned, marker)

    def _overwritten(self) -> str:
        """The archive's own puts carry a condition. A bucket that refuses any other is the better one."""
        key, pinned = self._new("overwritten")
        top, content = None, b"on top"
        try:
            metadata = {"sha256": hashlib.sha256(content).hexdigest()}  # else its removal would be refused
            top = self._raw("put_object", key, Body=content, Metadata=metadata).get("VersionId")
        except Unsure:
            raise
        except ArchiverError:
            pass
        return self._still_there(key, pinned, top)

    def _still_there(self, key: str, pinned: dict[str, str], top: str | None) -> str:
        there = bool(pinned) and self._there(key, pinned)
        if top and {"VersionId": top} != pinned:
            self._refused("delete_object", key, VersionId=top)
        clear(self.store, key)
        return "" if there else "it is gone"

    # --- what locks --------------------------------------------------------------------------------------------------

    def _compliance(self, until: datetime, may_delete: bool) -> str:
        key, pinned = self._locked("compliance", "COMPLIANCE", until)
        return self._kept(may_delete, key, pinned) or self._kept(
            may_delete, key, pinned, BypassGovernanceRetention=True
        )

    def _not_shortened(self, until: datetime, lock: timedelta) -> str:
        key, pinned = self._locked("shortened", "COMPLIANCE", until)
        self._refused("put_object_retention", key, **pinned, Retention=_retention("COMPLIANCE", until - lock / 2))
        if self._until(key, pinned) != until:
            return "it was shortened"
        self._retain(key, pinned, "COMPLIANCE", until + _MARGIN)
        return "" if self._until(key, pinned) == until + _MARGIN else "it was not lengthened"

    def _not_weakened(self, until: datetime) -> str:
        key, pinned = self._locked("weakened", "COMPLIANCE", until)
        self._refused("put_object_retention", key, **pinned, Retention=_retention("GOVERNANCE", until + _MARGIN))
        mode = self._raw("head_object", key, **pinned).get("ObjectLockMode")
        return "" if mode == "COMPLIANCE" else f"its mode is now {mode}"

    def _not_in_many(self, until: datetime) -> str:
        """A free version stands in the same list, and has to be gone: else the list did nothing."""
        locked, pinned = self._locked("many-locked", "COMPLIANCE", until)
        free, free_pinned = self._new("many-free")
        prefix = self.store.place.prefix
        names = [{"Key": prefix + key, **pin} for key, pin in ((locked, pinned), (free, free_pinned))]
        refusal = self._refused("delete_objects", Delete={"Objects": names})
        if not self._there(locked, pinned):
            return "it was deleted"
        if self._there(free, free_pinned):
            clear(self.store, free)
            raise NotShown(f"no list of many was deleted ({refusal or 'and nothing said why'})")
        return ""

    def _legal_hold(self, may_delete: bool) -> str:
        key, pinned = self._new("held")
        self._raw("put_object_legal_hold", key, **pinned, LegalHold={"Status": "ON"})
        try:
            return self._kept(may_delete, key, pinned)
        finally:
            if self._there(key, pinned):
                self._raw("put_object_legal_hold", key, **pinned, LegalHold={"Status": "OFF"})
                clear(self.store, key)

    def _versions_stay(self) -> str:
        """Only asked of a bucket with Object Lock, and set right at once where it was allowed."""
        if self._versions_and_lock():
            return "the bucket has no Object Lock"
        if self._refused("put_bucket_versioning", VersioningConfiguration={"Status": "Suspended"}):
            return ""
        self._raw("put_bucket_versioning", VersioningConfiguration={"Status": "Enabled"})
        return "it could be suspended; it was switched on again"

    def _governance(self, until: datetime, may_delete: bool) -> str:
        key, pinned = self._locked("governed", "GOVERNANCE", until)
        return self._kept(may_delete, key, pinned)

    def _no_bypass(self, until: datetime) -> str:
        key, pinned = self._locked("bypassed", "GOVERNANCE", until)
        bypassed = self._refused("delete_object", key, **pinned, BypassGovernanceRetention=True) is None
        return "they can; take s3:BypassGovernanceRetention from them" if bypassed else ""

    def _until(self, key: str, pinned: dict[str, str]) -> datetime | None:
        return lock_in(self._raw("head_object", key, **pinned))


def _retention(mode: str, until: datetime) -> dict[str, Any]:
    return {"Mode": mode, "RetainUntilDate": until}
