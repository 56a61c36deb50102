"""How long the next try with a password has to wait after failures. Pure.

The wait grows with every failure and is never a locked door: it is counted for a name, and for each browser in which
somebody signed in here before apart, so that a stranger who guesses cannot keep the office out; and neither the city's
own sign-in nor a link made on the machine ever waits.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

#: Failures older than this are forgotten.
WINDOW: Final = timedelta(minutes=5)
#: Tries of one name in that time.
MOST: Final = 10
#: Tries of all names together in that time: each costs memory and a core for a while.
MOST_OF_ALL: Final = 1000
_FREE: Final = 3


def wait(failures: Sequence[datetime], now: datetime) -> timedelta:
    """How long to wait yet, after failures at these times, in any order. Nothing after the first few; then twice as
    long each time; after ten in five minutes until the first of them is forgotten."""
    recent = sorted(at for at in failures if now - at < WINDOW)
    if len(recent) < _FREE:
        return timedelta(0)
    until = recent[-1] + timedelta(seconds=2 ** (len(recent) - _FREE))
    if len(recent) >= MOST:
        until = max(until, recent[-MOST] + WINDOW)
    return max(timedelta(0), until - now)
