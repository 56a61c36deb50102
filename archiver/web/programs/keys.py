"""What a program sends twice, since the first answer was lost, is done once (decision 20). Pure."""

from __future__ import annotations

from archiver import ids


def made_by(prefix: str, person_id: str, key: str) -> str:
    """The id of what somebody makes with a key (``Idempotency-Key``): always the same, so that what is there already
    is found in the very transaction that would make it. It is stored for good: this never changes."""
    return ids.derive(prefix, "key", person_id, key)
