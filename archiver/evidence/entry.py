"""Entries of the log as bytes (``docs/evidence-format.md`` §2)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from archiver import canonical, clock
from archiver.evidence.event_types import SUBJECTS

VERSION: Final = 1
LONGEST: Final = 65_535

_EVENT_ID = re.compile(r"ev_[a-z2-7]{32}")
_CODE = re.compile(r"[a-z][a-z0-9_]{0,62}")
_TYPE = re.compile(r"[a-z][a-z0-9_]*\.[a-z][a-z0-9_]*")
_LEAF = re.compile(r"[0-9a-f]{64}")
_ANY_ID = re.compile(r"[a-z]{2}_[a-z2-7]{32}")
_SUBJECT_IDS = {kind: re.compile(rf"{prefix}_[a-z2-7]{{32}}") for kind, prefix in SUBJECTS.items()}


@dataclass(frozen=True, slots=True)
class Entry:
    """What one entry says."""

    log: str
    id: str
    at: datetime
    type: str
    actor_kind: str
    actor_id: str
    subject_kind: str
    subject_id: str
    number: int
    """Of the subject's own events, from 1; 0: the subject is not chained."""
    previous: str | None
    """Leaf hash, hex, of the subject's event before."""
    data: Mapping[str, Any]


def write_entry(entry: Entry) -> bytes:
    """The canonical bytes of ``entry``.

    Raises:
        ValueError: it is no entry, or longer than 65,535 bytes.
    """
    _check(entry)
    body = canonical.encode(
        {
            "v": VERSION,
            "log": entry.log,
            "id": entry.id,
            "at": clock.to_text(entry.at),
            "type": entry.type,
            "actor": {"kind": entry.actor_kind, "id": entry.actor_id},
            "subject": {
                "kind": entry.subject_kind,
                "id": entry.subject_id,
                "n": entry.number,
                "prev": entry.previous,
            },
            "data": entry.data,
        }
    )
    if len(body) > LONGEST:
        raise ValueError(f"an entry has at most {LONGEST} bytes, not {len(body)}")
    return body


def read_entry(body: bytes) -> Entry:
    """What the bytes of an entry say. Fields and types this version does not know are passed over.

    Raises:
        ValueError: no entry, not in canonical form, or of a later version.
    """
    if len(body) > LONGEST:
        raise ValueError("too long for an entry")
    fields = canonical.decode(body)
    try:
        if fields["v"] != VERSION or type(fields["v"]) is not int:
            raise ValueError("an entry of a version this program does not know")
        entry = _entry_from(fields)
    except (KeyError, TypeError) as error:
        raise ValueError("an entry lacks a field, or has one of another kind") from error
    _check(entry, known_subjects_only=False)
    return entry


def _entry_from(fields: Mapping[str, Any]) -> Entry:
    actor, subject = fields["actor"], fields["subject"]
    written = fields["at"]
    at = clock.from_text(written) if isinstance(written, str) else None
    if at is None or clock.to_text(at) != written:
        raise ValueError("the time of an entry has another form")
    return Entry(
        log=fields["log"],
        id=fields["id"],
        at=at,
        type=fields["type"],
        actor_kind=actor["kind"],
        actor_id=actor["id"],
        subject_kind=subject["kind"],
        subject_id=subject["id"],
        number=subject["n"],
        previous=subject["prev"],
        data=fields["data"],
    )


def _check(entry: Entry, *, known_subjects_only: bool = True) -> None:
    """The shape every entry has.

    Raises:
        ValueError, TypeError: it has another one.
    """
    subject_id = _SUBJECT_IDS.get(entry.subject_kind)
    if subject_id is None and known_subjects_only:
        raise ValueError(f"no kind of subject: {entry.subject_kind!r}")
    _match(_EVENT_ID, entry.id, "id of an event")
    _match(_TYPE, entry.type, "type of an event")
    _match(_CODE, entry.actor_kind, "kind of an actor")
    _match(_CODE, entry.actor_id, "id of an actor")
    _match(_CODE, entry.subject_kind, "kind of a subject")
    _match(subject_id or _ANY_ID, entry.subject_id, f"id of a subject of kind {entry.subject_kind}")
    if not isinstance(entry.log, str) or not entry.log or not isinstance(entry.data, Mapping):
        raise ValueError("an entry without a log or without data")
    if type(entry.number) is not int or entry.number < 0 or (entry.previous is None) != (entry.number < 2):
        raise ValueError("an entry's place in its subject's chain makes no sense")
    if entry.previous is not None:
        _match(_LEAF, entry.previous, "leaf hash")


def _match(pattern: re.Pattern[str], text: Any, what: str) -> None:
    if not isinstance(text, str) or not pattern.fullmatch(text):
        raise ValueError(f"not the {what}")
