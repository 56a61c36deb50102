"""The seam for time: everything that needs to know the time is handed a :class:`Clock`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Protocol


class Clock(Protocol):
    """Tells the time, UTC, microseconds."""

    def now(self) -> datetime: ...


class SystemClock:
    """The machine's clock."""

    def now(self) -> datetime:
        return datetime.now(UTC)


class SetClock:
    """A clock that stands where it is put; for tests and simulations."""

    def __init__(self, at: datetime) -> None:
        self.at = at

    def now(self) -> datetime:
        return self.at

    def advance(self, by: timedelta) -> None:
        self.at += by


def to_text(at: datetime) -> str:
    """``YYYY-MM-DDTHH:MM:SS.ffffffZ``: the one form of a time in every stored format.

    Raises:
        ValueError: the time has no zone.
    """
    if at.tzinfo is None:
        raise ValueError("a time without a zone means nothing in a record")
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"


#: The same, of times that come again: when an answer came in all it shows, when a post was made in three tables and in
#: the search index.
repeated_text = lru_cache(maxsize=16_384)(to_text)


def from_text(text: str) -> datetime:
    """Inverse of :func:`to_text`; also accepts fewer digits of a second, as WARC 1.1 allows.

    Raises:
        ValueError: not a UTC time of that form.
    """
    if not isinstance(text, str) or not text.endswith("Z") or "+" in text or "-" in text[10:]:
        raise ValueError(f"not a UTC time: {text!r}")
    return datetime.fromisoformat(text[:-1]).replace(tzinfo=UTC)


#: The same, of times that come again, as they do in the rows of one answer.
repeated_from_text = lru_cache(maxsize=16_384)(from_text)
