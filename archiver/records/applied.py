"""What a batch of stored exchanges changed in the index."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Revision:
    """A version beyond a record's first: it was edited, or an earlier wording was learnt."""

    record_id: str
    version_id: str
    number: int
    exchange_id: str
    """Of its latest occurrence: what shows it."""
    remembered: bool
    """Known only from the platform's history; it was never seen standing."""


@dataclass(frozen=True, slots=True)
class StateChange:
    """A known record is in another state now."""

    record_id: str
    before: str
    after: str
    at: datetime
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class NewRecord:
    """A record that was not known, as its rows were inserted: whoever needs them now need not read them back."""

    row: Mapping[str, Any]
    versions: tuple[tuple[str, str], ...]
    """Id of each and what it is found by, in order of time."""
    has_media: bool


@dataclass(slots=True)
class Applied:
    """What a batch changed, so that the caller writes events and brings the search index up to date."""

    new_records: list[str] = field(default_factory=list)
    made: dict[str, NewRecord] = field(default_factory=dict)
    """The same, by id."""
    revised: list[Revision] = field(default_factory=list)
    states: list[StateChange] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    """Records that say or are something else now (new ones included), each once. Being seen again unchanged, and other
    counts, are no change."""
