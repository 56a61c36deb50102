"""Ids as Mastodon gives them: 48 bits of milliseconds, then 16 bits of sequence."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def milliseconds(at: datetime) -> int:
    """Whole milliseconds since 1970."""
    return (at - _EPOCH) // _MILLISECOND


def time_of(number: int) -> datetime:
    """When the id ``number`` was given, to the millisecond."""
    return _EPOCH + (number >> 16) * _MILLISECOND


def to_millisecond(at: datetime) -> datetime:
    """``at`` as the platform keeps it: digits below the millisecond cut off."""
    return _EPOCH + milliseconds(at) * _MILLISECOND


class IdSource:
    """Gives ids that are unique, never decrease within a millisecond, and repeat with the seed."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._last: dict[int, int] = {}

    def next(self, at: datetime) -> int:
        """A new id given at ``at``."""
        part = milliseconds(at)
        tail = self._last.get(part, self._first_tail(part) - 1) + 1
        if len(self._last) > 1000:
            self._last = {}
        self._last[part] = tail
        return part << 16 | tail

    def _first_tail(self, part: int) -> int:
        # Like the real thing the tail says nothing about how many there are; three quarters stay free for one instant.
        return int.from_bytes(hashlib.sha256(f"{self._seed}:{part}".encode()).digest()[:2]) >> 2
