"""What the object store really does: trying it out, under ``probe/`` only.

Servers accept conditions, checksums and locks, and some then do nothing. So each property is tried and not asked for.
What is locked is locked for a minute, and removed when that has passed; what would destroy the bucket if it were
allowed is not tried, and said not to be.
"""

from __future__ import annotations

import base64
import hashlib
import secrets
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from botocore.exceptions import ClientError

from archiver.errors import ArchiverError
from archiver.storage.protocol import Conflict, ObjectStore
from archiver.storage.s3 import S3Store
from archiver.storage.s3_errors import Unsure, status_of
from archiver.storage.s3_locks import lock_in

Verdict = Literal["passed", "failed", "not_asked"]
PREFIX = "probe/"
_LOCK = timedelta(seconds=60)
_RACERS = 8

#: Code → what it shows. The codes stand in events and stay the same.
PROPERTIES: dict[str, str] = {
    "p1-versions-and-lock": "the bucket keeps versions and has Object Lock",
    "p2-write-once": "a key that is taken is not overwritten",
    "p3-one-winner": "of writers racing for a key one wins",
    "p4-wrong-sha256-refused": "a put with a wrong SHA-256 is refused",
    "p5-checksum-returned": "the checksum is returned",
    "p6-compliance": "a version in COMPLIANCE mode cannot be deleted, with bypass neither",
    "p7-lock-not-shortened": "a lock is not shortened, and can be lengthened",
    "p8-mode-not-weakened": "COMPLIANCE is not turned into GOVERNANCE",
    "p9-legal-hold": "a legal hold forbids deleting without any lock",
    "p10-plain-delete": "after a plain delete the version is still there",
    "p11-overwritten-version": "after an overwrite the version is still there",
    "p12-versions-stay-on": "versioning cannot be suspended",
    "p13-read-after-write": "what was written is read and listed at once",
    "p14-lock-runs-out": "what is no longer locked can be deleted",
    "p15-delete-of-many": "a locked version is not deleted in a list of many",
    "p16-no-bypass": "these credentials cannot bypass GOVERNANCE mode",
}
#: One of these missing: the store does not enforce that what is stored stays.
IMMUTABILITY = frozenset(
    code for code in PROPERTIES if int(code[1:].split("-")[0]) in (1, 2, 6, 7, 8, 9, 10, 11, 12, 15)
)


@dataclass(frozen=True, slots=True)
class Tried:
    """One property."""

    code: str
    verdict: Verdict
    found: str = ""
    """Why not, in words."""


@dataclass(frozen=True, slots=True)
class ProbeReport:
    """What a store was found to do."""

    store: Literal["directory", "s3"]
    name: str
    tried: Sequence[Tried]

    def codes(self, verdict: Verdict) -> list[str]:
        return [one.code for one in self.tried if one.verdict == verdict]

    @property
    def overwrites(self) -> bool:
        """Whether it is no place for evidence at all: stored objects can be overwritten."""
        return bool({"p2-write-once", "p3-one-winner"} & set(self.codes("failed")))

    @property
    def immutable(self) -> bool:
        """Whether every property was shown that keeps what is stored; what was not asked was not shown."""
        return set(self.codes("passed")) >= IMMUTABILITY

    def as_json(self) -> dict[str, Any]:
        return {
            "store": self.store,
            "name": self.name,
            "immutable": self.immutable,
            "overwrites": self.overwrites,
            "properties": [
                {"code": one.code, "meaning": PROPERTIES[one.code], "verdict": one.verdict, "found": one.found}
                for one in self.tried
            ],
        }


def probe(store: ObjectStore, *, full: bool = True) -> ProbeReport:
    """Try out ``store``. ``full`` also tries the locks of a bucket, and waits a minute until they have run out.

    Raises:
        StoreUnavailable: it does not answer.
    """
    if not isinstance(store, S3Store):
        return ProbeReport("directory", store.name, _common(store, f"{PREFIX}{secrets.token_hex(8)}") + _folder())
    bucket = _Bucket(store)
    tried = _common(store, bucket.base) + bucket.short()
    if full:
        tried += bucket.locks()
    return ProbeReport("s3", store.name, sorted(_whole(tried), key=lambda one: int(one.code[1:].split("-")[0])))


def _whole(tried: Sequence[Tried]) -> list[Tried]:
    known = {one.code for one in tried}
    return [*tried, *(Tried(code, "not_asked") for code in PROPERTIES if code not in known)]


def _folder() -> list[Tried]:
    reason = "a folder: whoever owns the disk can change and remove what is in it"
    return [Tried(code, "not_asked", reason) for code in PROPERTIES if code[1:].split("-")[0] not in ("2", "3", "13")]


def _common(store: ObjectStore, base: str) -> list[Tried]:
    """What every store can be tried for."""
    return [
        _tried("p2-write-once", lambda: _write_once(store, f"{base}/once")),
        _tried("p3-one-winner", lambda: _one_winner(store, f"{base}/race")),
        _tried("p13-read-after-write", lambda: _read_after_write(store, f"{base}/read")),
    ]


def _tried(code: str, act: Callable[[], str]) -> Tried:
    """``act`` says what is wrong, or nothing.

    Raises:
        Unsure: the store does not answer; that shows nothing.
    """
    try:
        wrong = act()
    except Unsure:
        raise
    except ArchiverError as error:
        wrong = str(error)
    return Tried(code, "failed" if wrong else "passed", wrong)


def _put(store: ObjectStore, key: str, content: bytes) -> str | None:
    return store.put(key, content, hashlib.sha256(content).hexdigest()).version_id


def _write_once(store: ObjectStore, key: str) -> str:
    _put(store, key, b"first")
    try:
        _put(store, key, b"second")
    except Conflict:
        return ""
    finally:
        store.delete(key)
    return "it was overwritten"


def _one_winner(store: ObjectStore, key: str) -> str:
    won: list[bytes] = []
    failed: list[str] = []
    barrier = threading.Barrier(_RACERS)

    def race(content: bytes) -> None:
        barrier.wait()
        try:
            _put(store, key, content)
            won.append(content)
        except Conflict:
            pass
        except ArchiverError as error:
            failed.append(str(error))

    threads = [threading.Thread(target=race, args=(b"%d" % number,)) for number in range(_RACERS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    store.delete(key)
    return "" if len(won) == 1 else f"{len(won)} of {_RACERS} won{': ' + failed[0] if failed else ''}"


def _read_after_write(store: ObjectStore, key: str) -> str:
    _put(store, key, b"content")
    try:
        with store.open(key) as stream:
            same = stream.read() == b"content"
        listed = [one.key for one in store.list(key)] == [key]
    finally:
        store.delete(key)
    return "" if same and listed else "other bytes were read" if listed else "it was not listed"


class _Bucket:
    """Trying out a bucket. The requests are made as they are, past the archive's own care."""

    def __init__(self, store: S3Store) -> None:
        self.store = store
        self.base = f"{PREFIX}{secrets.token_hex(8)}"

    def short(self) -> list[Tried]:
        """What leaves nothing locked."""
        return [
            _tried("p1-versions-and-lock", self._versions_and_lock),
            _tried("p4-wrong-sha256-refused", self._wrong_sha256),
            _tried("p5-checksum-returned", self._checksum),
            _tried("p10-plain-delete", lambda: self._still_there("deleted", "delete_object")),
            _tried("p11-overwritten-version", lambda: self._still_there("overwritten", "put_object", Body=b"on top")),
        ]

    def locks(self) -> list[Tried]:
        """What locks a version for a minute, and the removal of that version after it."""
        key = f"{self.base}/locked"
        version = _put(self.store, key, b"locked")
        if version is None:
            reason = "the bucket keeps no versions"
            self.store.delete(key)
            return [
                Tried(code, "failed", reason)
                for code in PROPERTIES
                if code[1:].split("-")[0] in ["6", "7", "8", "12", "15"]
            ]
        pinned = {"VersionId": version}
        until = datetime.now(UTC).replace(microsecond=0) + _LOCK
        tried = [
            _tried("p6-compliance", lambda: self._compliance(key, pinned, until)),
            _tried("p7-lock-not-shortened", lambda: self._not_shortened(key, pinned, until)),
            _tried("p8-mode-not-weakened", lambda: self._not_weakened(key, pinned, until)),
            _tried("p15-delete-of-many", lambda: self._not_in_many(key, version)),
            _tried("p9-legal-hold", self._legal_hold),
            _tried("p12-versions-stay-on", self._versions_stay),
            _tried("p16-no-bypass", self._no_bypass),
        ]
        return [*tried, _tried("p14-lock-runs-out", self._runs_out)]

    def _raw(self, operation: str, key: str | None = None, **arguments: Any) -> dict[str, Any]:
        return self.store.api.once(operation, "try out the store", key, **arguments)

    def _refused(self, operation: str, key: str | None = None, **arguments: Any) -> bool:
        try:
            self._raw(operation, key, **arguments)
        except Unsure as error:
            cause = error.__cause__
            if not isinstance(cause, ClientError) or not 400 <= status_of(cause) < 500:
                raise
        except ArchiverError:
            pass
        else:
            return False
        return True

    def _there(self, key: str, pinned: dict[str, str]) -> bool:
        return self.store.head(key, pinned["VersionId"]) is not None

    def _versions_and_lock(self) -> str:
        if self._raw("get_bucket_versioning").get("Status") != "Enabled":
            return "the bucket keeps no versions"
        found = self._raw("get_object_lock_configuration").get("ObjectLockConfiguration", {})
        return "" if found.get("ObjectLockEnabled") == "Enabled" else "the bucket has no Object Lock"

    def _wrong_sha256(self) -> str:
        key, wrong = f"{self.base}/wrong", base64.b64encode(bytes(32)).decode()
        if self._refused("put_object", key, Body=b"content", ChecksumSHA256=wrong, Metadata={"sha256": "0" * 64}):
            return ""
        self.store.delete(key)
        return "it was accepted; every object is read back after it is put"

    def _checksum(self) -> str:
        key, content = f"{self.base}/checksum", b"content"
        _put(self.store, key, content)
        found = self._raw("head_object", key, ChecksumMode="ENABLED").get("ChecksumSHA256")
        self.store.delete(key)
        wanted = base64.b64encode(hashlib.sha256(content).digest()).decode()
        return "" if found == wanted else "it is not returned; every object is read back after it is put"

    def _still_there(self, name: str, operation: str, **arguments: Any) -> str:
        key = f"{self.base}/{name}"
        version = _put(self.store, key, b"content")
        top = self._raw(operation, key, **arguments).get("VersionId")
        there = version is not None and self._there(key, {"VersionId": version})
        if top and top != version:
            self._raw("delete_object", key, VersionId=top)
        self.store.delete(key)
        return "" if there else "it is gone"

    def _compliance(self, key: str, pinned: dict[str, str], until: datetime) -> str:
        self._retain(key, pinned, "COMPLIANCE", until)
        for bypass in ({}, {"BypassGovernanceRetention": True}):
            if not self._refused("delete_object", key, **pinned, **bypass) or not self._there(key, pinned):
                return "it was deleted"
        return ""

    def _not_shortened(self, key: str, pinned: dict[str, str], until: datetime) -> str:
        self._refused("put_object_retention", key, **pinned, Retention=_retention("COMPLIANCE", until - _LOCK / 2))
        if self._until(key, pinned) != until:
            return "it was shortened"
        self._retain(key, pinned, "COMPLIANCE", until + timedelta(seconds=2))
        return "" if self._until(key, pinned) == until + timedelta(seconds=2) else "it was not lengthened"

    def _not_weakened(self, key: str, pinned: dict[str, str], until: datetime) -> str:
        later = until + timedelta(seconds=4)
        self._refused("put_object_retention", key, **pinned, Retention=_retention("GOVERNANCE", later))
        mode = self._raw("head_object", key, **pinned).get("ObjectLockMode")
        return "" if mode == "COMPLIANCE" else f"its mode is now {mode}"

    def _not_in_many(self, key: str, version: str) -> str:
        whole = self.store.place.prefix + key
        self._refused("delete_objects", Delete={"Objects": [{"Key": whole, "VersionId": version}]})
        return "" if self._there(key, {"VersionId": version}) else "it was deleted"

    def _legal_hold(self) -> str:
        key = f"{self.base}/held"
        pinned = {"VersionId": str(_put(self.store, key, b"held"))}
        self._raw("put_object_legal_hold", key, **pinned, LegalHold={"Status": "ON"})
        refused = self._refused("delete_object", key, **pinned) and self._there(key, pinned)
        if refused:
            self._raw("put_object_legal_hold", key, **pinned, LegalHold={"Status": "OFF"})
            self.store.delete(key)
        return "" if refused else "it was deleted"

    def _versions_stay(self) -> str:
        """Only asked of a bucket with Object Lock, and set right at once where it was allowed."""
        if self._versions_and_lock():
            return "the bucket has no Object Lock"
        if self._refused("put_bucket_versioning", VersioningConfiguration={"Status": "Suspended"}):
            return ""
        self._raw("put_bucket_versioning", VersioningConfiguration={"Status": "Enabled"})
        return "it could be suspended; it was switched on again"

    def _no_bypass(self) -> str:
        key = f"{self.base}/governed"
        pinned = {"VersionId": str(_put(self.store, key, b"governed"))}
        self._retain(key, pinned, "GOVERNANCE", datetime.now(UTC).replace(microsecond=0) + _LOCK)
        bypassed = not self._refused("delete_object", key, **pinned, BypassGovernanceRetention=True)
        return "they can; take s3:BypassGovernanceRetention from them" if bypassed else ""

    def _runs_out(self) -> str:
        """Wait for the locks, then remove everything that was made."""
        left = [one.key for one in self.store.list(f"{self.base}/")]
        locks = [self.store.locked_until(key) for key in left]
        ends = [datetime.fromisoformat(lock.replace("Z", "+00:00")) for lock in locks if lock]
        if ends:
            time.sleep(max(0.0, (max(ends) - datetime.now(UTC)).total_seconds() + 1.5))
        for key in left:
            self.store.delete(key)
        return "" if not list(self.store.list(f"{self.base}/")) else "it could not be deleted"

    def _retain(self, key: str, pinned: dict[str, str], mode: str, until: datetime) -> None:
        self._raw("put_object_retention", key, **pinned, Retention=_retention(mode, until))

    def _until(self, key: str, pinned: dict[str, str]) -> datetime | None:
        return lock_in(self._raw("head_object", key, **pinned))


def _retention(mode: str, until: datetime) -> dict[str, Any]:
    return {"Mode": mode, "RetainUntilDate": until}
