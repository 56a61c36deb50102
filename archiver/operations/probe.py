"""What the object store really does: trying it out, under ``probe/`` only.

Servers accept conditions, checksums and locks, and some then do nothing. So each property is tried and not asked for;
and where a refusal would show it, the same credentials are first seen to be allowed the same thing where nothing is
locked: else the refusal shows what they may, and nothing about the store.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from threading import Barrier
from typing import Any, Final, Literal

from archiver.errors import ArchiverError, IntegrityError, Refused
from archiver.storage.protocol import Conflict, NotAllowed, ObjectStore, StoreUnavailable
from archiver.storage.trials import left_overs, new_base

Verdict = Literal["passed", "failed", "not_checked"]
_SECONDS: Final = 120

#: Code → what it shows. The codes stand in events and stay the same.
PROPERTIES: dict[str, str] = {
    "p1-versions-and-lock": "the bucket keeps versions and has Object Lock",
    "p2-write-once": "a key that is taken is not overwritten",
    "p3-one-winner": "of writers racing for a key one wins",
    "p4-wrong-sha256-refused": "a put with a wrong SHA-256 is refused",
    "p5-checksum-returned": "the checksum is returned",
    "p6-compliance": "a version in COMPLIANCE mode cannot be deleted, with the bypass header neither",
    "p7-lock-not-shortened": "a lock is not shortened, and can be lengthened",
    "p8-mode-not-weakened": "COMPLIANCE is not turned into GOVERNANCE",
    "p9-legal-hold": "a legal hold forbids deleting without any lock",
    "p10-plain-delete": "after a plain delete the version is still there",
    "p11-overwritten-version": "after an overwrite, or when that is refused, the version is still there",
    "p12-versions-stay-on": "these credentials cannot suspend versioning",
    "p13-read-after-write": "what was written is read and listed at once",
    "p14-lock-runs-out": "what is no longer locked can be deleted",
    "p15-delete-of-many": "a locked version is not deleted in a list of many",
    "p16-no-bypass": "these credentials cannot bypass GOVERNANCE mode",
    "p17-governance": "a version in GOVERNANCE mode cannot be deleted without bypass",
}
#: One of these not shown: the store does not enforce that what is stored stays.
IMMUTABILITY = frozenset(
    code for code in PROPERTIES if int(code[1:].split("-")[0]) in (1, 2, 6, 7, 8, 9, 10, 11, 12, 15, 17)
)


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is tried."""

    racers: int
    """Writers at a time."""
    races: int
    """Keys they race for."""
    lock: timedelta | None
    """How long versions are locked for it; None: nothing that locks is tried."""


SHORT: Final = Effort(8, 1, None)
FULL: Final = Effort(32, 50, timedelta(seconds=60))


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
    left: Sequence[str] = ()
    """Keys of what could not be removed again."""

    def codes(self, verdict: Verdict) -> list[str]:
        return [one.code for one in self.tried if one.verdict == verdict]

    @property
    def overwrites(self) -> bool:
        """Whether it is no place for evidence at all: stored objects can be overwritten."""
        return bool({"p2-write-once", "p3-one-winner"} & set(self.codes("failed")))

    @property
    def immutable(self) -> bool:
        """Whether every property was shown that keeps what is stored; what was not checked was not shown."""
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
            "left": list(self.left),
        }


class NotShown(Exception):  # noqa: N818 - named as what it says
    """What was tried shows nothing, for the reason given."""


def probe(store: ObjectStore, effort: Effort = FULL) -> ProbeReport:
    """Try out ``store``; where locks are tried, this waits until they have run out. Removes what it made, and what a
    trial left that was killed.

    Raises:
        StoreUnavailable: it does not answer.
    """
    base = new_base()
    if store.kind == "directory":
        return ProbeReport("directory", store.name, _common(store, base, effort) + _folder())
    from archiver.operations.probe_bucket import Bucket  # late: boto3 takes a while to load

    for key in list(left_overs(store)):
        clear(store, key)
    bucket = Bucket(store, base)
    tried = bucket.tried(effort.lock) + _common(store, base, effort)
    if effort.lock is not None:
        tried.append(try_out("p14-lock-runs-out", bucket.runs_out))
    return ProbeReport("s3", store.name, _whole(tried), _left(store, base))


def _whole(tried: Sequence[Tried]) -> list[Tried]:
    known = {one.code: one for one in tried}
    return [known.get(code, Tried(code, "not_checked")) for code in PROPERTIES]


def _folder() -> list[Tried]:
    reason = "a folder: whoever owns the disk can change and remove what is in it"
    return [Tried(code, "not_checked", reason) for code in PROPERTIES if code[1:].split("-")[0] not in ("2", "3", "13")]


def _common(store: ObjectStore, base: str, effort: Effort) -> list[Tried]:
    """What every store can be tried for."""
    return [
        try_out("p2-write-once", lambda: _write_once(store, f"{base}/once")),
        try_out("p3-one-winner", lambda: _one_winner(store, f"{base}/race", effort)),
        try_out("p13-read-after-write", lambda: _read_after_write(store, f"{base}/read")),
    ]


def try_out(code: str, act: Callable[[], str]) -> Tried:
    """``act`` says what is wrong, or nothing.

    Raises:
        StoreUnavailable: the store does not answer; that shows nothing.
    """
    try:
        wrong = act()
    except (NotShown, NotAllowed) as error:
        return Tried(code, "not_checked", str(error))
    except StoreUnavailable:
        raise
    except ArchiverError as error:
        wrong = str(error)
    return Tried(code, "failed" if wrong else "passed", wrong)


def put(store: ObjectStore, key: str, content: bytes) -> str | None:
    """Store it; the version."""
    return store.put(key, content, hashlib.sha256(content).hexdigest()).version_id


def clear(store: ObjectStore, key: str) -> None:
    """Remove what was made, where that is allowed; what stays is named in the report."""
    try:
        store.delete(key)
    except (Refused, NotAllowed, IntegrityError):  # the last: an overwrite that the trial itself made
        return


def _left(store: ObjectStore, base: str) -> list[str]:
    try:
        return [one.key for one in store.list(f"{base}/")]
    except NotAllowed:
        return []


def _write_once(store: ObjectStore, key: str) -> str:
    put(store, key, b"first")
    try:
        put(store, key, b"second")
    except Conflict:
        return ""
    finally:
        clear(store, key)
    return "it was overwritten"


def _one_winner(store: ObjectStore, base: str, effort: Effort) -> str:
    with ThreadPoolExecutor(effort.racers) as pool:
        for number in range(effort.races):
            if wrong := _race(store, f"{base}-{number:03d}", effort.racers, pool):
                return f"{wrong} (key {number + 1} of {effort.races})"
    return ""


def _race(store: ObjectStore, key: str, racers: int, pool: ThreadPoolExecutor) -> str:
    barrier = Barrier(racers)

    def run(number: int) -> bytes | None:
        barrier.wait(_SECONDS)
        content = b"%d" % number
        try:
            put(store, key, content)
        except Conflict:
            return None
        return content

    try:
        won = [content for content in pool.map(run, range(racers)) if content is not None]
        with store.open(key) as stream:
            kept = stream.read()
        if len(won) != 1:
            return f"{len(won)} of {racers} won"
        if kept != won[0]:
            return "another than the winner is stored"
        return "it has more than one version" if any(store.strangers(key)) else ""
    finally:
        clear(store, key)


def _read_after_write(store: ObjectStore, key: str) -> str:
    put(store, key, b"content")
    try:
        with store.open(key) as stream:
            same = stream.read() == b"content"
        listed = [one.key for one in store.list(key)] == [key]
    finally:
        clear(store, key)
    return "" if same and listed else "other bytes were read" if listed else "it was not listed"
