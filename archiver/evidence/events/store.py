"""The archive and its store: begun, compared, rebuilt, moved, tried."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field

from archiver.evidence.events.forms import (
    Code,
    Codes,
    Count,
    Digest,
    EventKind,
    Facts,
    SegmentKey,
    SnapshotId,
    SnapshotKey,
)
from archiver.evidence.events.names import EventType


class FixityPassed(Facts):
    segments: Annotated[Count, Field(description="segments that were read and compared")]
    size: Annotated[Count, Field(description="bytes that were read")]
    entries: Annotated[Count, Field(description="entries of the log that were checked")]


class FixitySampled(Facts):
    segments: Annotated[Count, Field(description="segments that were read and compared")]
    known: Annotated[Count, Field(description="segments there are; of the others only the presence was checked")]
    size: Annotated[Count, Field(description="bytes that were read")]
    entries: Annotated[Count, Field(description="entries of the log that were checked, all there are")]
    part: Annotated[Count, Field(description="which part of all segments was to be read, from 0")]
    parts: Annotated[Count, Field(description="of how many")]
    stopped_at: Annotated[
        SegmentKey | None, Field(description="last segment that was read before the time was up; null: it was not")
    ]


class FixityFailed(Facts):
    problem: Annotated[Code, Field(description="what is wrong")]
    expected: Annotated[Digest | None, Field(description="SHA-256 on record")]
    found: Annotated[Digest | None, Field(description="SHA-256 of what is there; null where nothing could be read")]


class IndexRebuilt(Facts):
    segments: Annotated[Count, Field(description="segments that were read")]
    exchanges: Annotated[Count, Field(description="exchanges that were read")]
    damaged: Annotated[Count, Field(description="objects that could not be read whole")]


class IndexSnapshotted(Facts):
    snapshot: Annotated[SnapshotId, Field(description="of the snapshot")]
    key: Annotated[SnapshotKey, Field(description="where it was put in the object store")]
    sha256: Annotated[Digest, Field(description="of the object")]
    size: Annotated[Count, Field(description="of the object, bytes")]
    rows: Annotated[Count, Field(description="rows in it, of all tables")]


class IndexRestored(Facts):
    snapshot: Annotated[SnapshotId, Field(description="that the index was filled from")]
    rows: Annotated[Count, Field(description="rows in it, of all tables")]


class IndexMoved(Facts):
    to: Annotated[Literal["postgresql", "sqlite"], Field(description="kind of database it is in from now on")]
    rows: Annotated[Count, Field(description="rows that were moved, of all tables")]


class ArchiveCreated(Facts):
    kind: Annotated[Literal["real", "practice"], Field(description="the two never mix")]
    format: Annotated[Count, Field(description="of the store")]


class StorageProbed(Facts):
    store: Annotated[Literal["directory", "s3"], Field(description="kind of store")]
    effort: Annotated[Literal["short", "whole"], Field(description="`whole`: what locks was tried too")]
    passed: Annotated[Codes, Field(description="properties that were shown")]
    failed: Annotated[Codes, Field(description="properties that were not")]


class StorageLocked(Facts):
    objects: Annotated[Count, Field(description="objects that were looked at")]
    lengthened: Annotated[Count, Field(description="of them, those locked for longer now")]


_E = EventType
BEGUN: Final = (EventKind(_E.ARCHIVE_CREATED, "archive", "The archive was begun.", ArchiveCreated),)
KEPT: Final = (
    EventKind(_E.FIXITY_PASSED, "archive", "Stored bytes were compared and are what they were.", FixityPassed),
    EventKind(_E.FIXITY_SAMPLED, "archive", "Part of the stored bytes was compared and is what it was.", FixitySampled),
    EventKind(_E.FIXITY_FAILED, "segment", "Stored bytes are missing or not what they were.", FixityFailed),
    EventKind(_E.INDEX_REBUILT, "archive", "The index was emptied and filled from the store.", IndexRebuilt),
    EventKind(_E.INDEX_SNAPSHOTTED, "archive", "A copy of the index was put into the object store.", IndexSnapshotted),
    EventKind(_E.INDEX_RESTORED, "archive", "An empty index was filled from a snapshot.", IndexRestored),
    EventKind(_E.INDEX_MOVED, "archive", "The index was moved into another database.", IndexMoved),
)
TRIED: Final = (
    EventKind(_E.STORAGE_PROBED, "archive", "The object store was tried out.", StorageProbed),
    EventKind(_E.STORAGE_LOCKED, "archive", "Locks of stored objects were lengthened.", StorageLocked),
)
