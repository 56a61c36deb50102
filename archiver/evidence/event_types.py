"""Types of events of this version, and what each may say.

Entries of the log hold ids, digests, counts and codes only. Every text field therefore has a pattern that no sentence
fits; ``docs/events.md`` is generated from here, and ``tests/evidence/test_event_types.py`` holds the rules. Names are
in ``events/names.py``; what the events of each part of the archive say is beside it, in a file for each.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pydantic import ValidationError

from archiver.evidence.events import accounts, acts, capture, desk, log, mail, official, people, release, store
from archiver.evidence.events.forms import PATTERNS, SUBJECTS, EventKind
from archiver.evidence.events.names import EventType

__all__ = ["EVENTS", "PATTERNS", "SUBJECTS", "EventKind", "EventType", "check_facts"]

#: Every type of this version, in the order of the documentation.
EVENTS: Final[Mapping[str, EventKind]] = {
    kind.name: kind
    for part in (
        store.BEGUN,
        accounts.EVENTS,
        mail.EVENTS,
        people.EVENTS,
        capture.SENT,
        capture.STORED,
        capture.IMPORTED,
        desk.FROZEN,
        store.KEPT,
        acts.RECORDED,
        capture.ASKED,
        acts.CHALLENGED,
        official.EVENTS,
        desk.MARKED,
        acts.MODERATED,
        store.TRIED,
        release.EVENTS,
        log.EVENTS,
    )
    for kind in part
}


def check_facts(name: str, subject_kind: str, data: Mapping[str, Any]) -> None:
    """Check that an event of this type may be about such a subject and say this.

    Raises:
        ValueError: otherwise. The message does not repeat what was said.
    """
    kind = EVENTS.get(name)
    if kind is None:
        raise ValueError(f"no type of event: {name!r}")
    if kind.subject != subject_kind:
        raise ValueError(f"{name} is about a subject of kind {kind.subject}, not {subject_kind!r}")
    try:
        kind.facts.__pydantic_validator__.validate_python(data)
    except ValidationError as error:
        wrong = {".".join(map(str, one["loc"])): one["type"] for one in error.errors(include_input=False)}
        raise ValueError(f"{name} cannot say this: {wrong}") from None
