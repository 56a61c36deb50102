"""The log about itself: keys, checkpoints, time-stamps."""

from __future__ import annotations

from typing import Annotated, Final, Literal

from pydantic import Field

from archiver.evidence.events.forms import Code, Count, Digest, EventKind, Facts, KeyId, Time
from archiver.evidence.events.names import EventType


class LogHeartbeat(Facts):
    stored: Annotated[Count, Field(description="entries that were in the object store by then")]


class KeyCreated(Facts):
    key: Annotated[KeyId, Field(description="id of the key")]
    sha256: Annotated[Digest, Field(description="of the verifier key as it is written")]


class KeyRotated(Facts):
    key: Annotated[KeyId, Field(description="id of the key that signs from now on")]
    sha256: Annotated[Digest, Field(description="of the verifier key as it is written")]
    previous: Annotated[KeyId, Field(description="id of the key before")]
    reason: Annotated[
        Literal["planned", "lost"], Field(description="`planned`: the next checkpoint is signed with both keys")
    ]


class CheckpointRefused(Facts):
    problem: Annotated[Code, Field(description="what does not fit")]
    size: Annotated[Count, Field(description="of the newest checkpoint that counts; 0 where there is none")]


class AnchorReceived(Facts):
    size: Annotated[Count, Field(description="of the checkpoint")]
    checkpoint: Annotated[Digest, Field(description="of the checkpoint as stored, which is what was stamped")]
    service: Annotated[Code, Field(description="name of the service, as in the settings")]
    sha256: Annotated[Digest, Field(description="of its answer as stored")]
    time: Annotated[Time, Field(description="that the time-stamp states")]


_E = EventType
EVENTS: Final = (
    EventKind(
        _E.LOG_KEY_CREATED, "archive", "A key that signs checkpoints of the log was made, the first.", KeyCreated
    ),
    EventKind(_E.LOG_KEY_ROTATED, "archive", "A new key signs checkpoints of the log from now on.", KeyRotated),
    EventKind(
        _E.LOG_CHECKPOINT_REFUSED,
        "archive",
        "Nothing was signed, because store, log and checkpoints do not fit together.",
        CheckpointRefused,
    ),
    EventKind(_E.ANCHOR_RECEIVED, "archive", "A time-stamp of a checkpoint arrived and verifies.", AnchorReceived),
    EventKind(_E.LOG_HEARTBEAT, "archive", "Nothing else happened for a while; the log is alive.", LogHeartbeat),
)
