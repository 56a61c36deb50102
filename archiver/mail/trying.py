"""When a mail is tried again, and when nobody tries any more. Pure."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

#: Tries after which a mail is given up: about a day and a half after the first.
MOST: Final = 14
_FIRST: Final = timedelta(minutes=1)
_LONGEST: Final = timedelta(hours=6)
#: How long one try may hold a mail. A process that dies meanwhile lets it go then; see :data:`LONGEST_TRY`.
HOLDS: Final = timedelta(minutes=10)
#: Seconds that a try takes at most: well before its hold ends.
LONGEST_TRY: Final = 45.0


class State(StrEnum):
    """What became of a mail. Stands in the database."""

    WAITING = "waiting"
    SENT = "sent"
    DEAD = "dead"
    """Given up."""
    DROPPED = "dropped"
    """What it was about ended before it was sent."""


def after(attempts: int, now: datetime) -> datetime | None:
    """When to try again after so many tries, the last of them now; None: given up."""
    if attempts >= MOST:
        return None
    pause: timedelta = _FIRST * 2 ** (attempts - 1)
    return now + min(pause, _LONGEST)
