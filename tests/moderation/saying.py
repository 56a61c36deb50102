"""What a test says of a moderation in a few words."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from archiver.clock import to_text
from archiver.evidence.matter_facts import ModerationSays
from archiver.moderation import service
from archiver.moderation.matching import track_of

_NOTHING = dict.fromkeys(ModerationSays.model_fields)


def says(account: str, *records: str, seen: datetime | None = None, **fields: Any) -> ModerationSays:
    """A statement on these records; whatever is not given is left open."""
    given = {"stage": "done", "done": "deleted", "actor": "unknown"} | fields
    change = track_of(given["done"])
    of = [{"record": one, "change": change, "seen": None if seen is None else to_text(seen)} for one in records]
    return service.shape(_NOTHING | {"account": account, "records": of} | given)
