"""Which objects are locked, how, and for how long. Pure.

Locks roll: each lasts for a time that can be overlooked, and is lengthened before much of it has passed. So no mistyped
number locks anything for a century, and a lock that nobody lengthens any more runs out.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final, Literal

Mode = Literal["GOVERNANCE", "COMPLIANCE"]
LOG: Final = "log/"
#: Copies that are replaced and removed on a schedule, and what a trial writes.
_UNLOCKED: Final = ("snapshots/", "probe/")
#: Part of the days that may have passed before a lock is lengthened.
_MAY_PASS: Final = 8
_LONGEST_ROUND: Final = timedelta(days=30)
_SHORTEST_ROUND: Final = timedelta(days=1)


def mode_of(key: str) -> Mode:
    """The log can be deleted by nobody before its time; records by two people with a credential of their own."""
    return "COMPLIANCE" if key.startswith(LOG) else "GOVERNANCE"


def days_for(key: str, days: int, log_days: int) -> int:
    """For how many days an object is locked at a time; 0: not.

    Args:
        days: for everything (``ARCHIVER_S3_LOCK_DAYS``).
        log_days: for the log at the least (``ARCHIVER_LOG_LOCK_DAYS``).
    """
    if key.startswith(_UNLOCKED):
        return 0
    return max(days, log_days) if key.startswith(LOG) else days


def lengthened(now: datetime, days: int, present: datetime | None, due: datetime | None = None) -> datetime | None:
    """Until when an object is to be locked now; None where its lock lasts long enough.

    Args:
        days: see :func:`days_for`.
        present: until when it is locked.
        due: when it may be disposed of; None where nothing says so, as in this version of everything. No lock ever
            reaches beyond it.
    """
    reach = timedelta(days=days)
    until = now + reach if due is None else min(now + reach, due)
    if until <= now or (present is not None and present >= until):
        return None
    if present is not None and present - now >= reach - reach / _MAY_PASS:
        return None
    return until


def round_every(days: int) -> timedelta:
    """How often all locks are looked at, where they last for ``days``: so that none falls under three quarters."""
    return max(_SHORTEST_ROUND, min(_LONGEST_ROUND, timedelta(days=days) / (2 * _MAY_PASS)))
