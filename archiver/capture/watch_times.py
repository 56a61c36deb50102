"""When a thread is looked at again. Pure.

A thread is looked at soon after it was posted and then at growing intervals: a sixth of the time in which nothing
changed, within bounds. So whatever happened to it is noticed with a delay of at most a sixth of how long it had been
quiet before.

====================  ================  =========================================
quiet for             next look after   looks in that time (about)
====================  ================  =========================================
just posted, 30 min   5 minutes         6
1 hour                10 minutes        11
6 hours               1 hour            23
1 day                 4 hours           32
1 week                28 hours          44
1 month               5 days            54
3 months              14 days           60
more than 6 months    1 year            68
====================  ================  =========================================

A look that finds a change stores the whole answer again. For a thread of five replies that is nothing; a thread of two
thousand that changes every half hour would be stored a hundred times a week. So bytes are counted. Up to
:attr:`Rule.free_bytes` a thread may cost what it likes. Beyond that it may be stored so many times its unique bytes:

    allowance(age) = 1 + log₂(1 + age in hours)

====================  ================
age of the thread     stored at most
====================  ================
1 hour                2.0 times
6 hours               3.8 times
1 day                 5.6 times
1 week                8.4 times
1 month               10.5 times
6 months              13.1 times
====================  ================

If one more stored answer would exceed what its age allows, the look waits until it no longer does. A look that finds
nothing new stores nothing and costs nothing, so a quiet thread never waits for its allowance.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

GIVEN_UP_AFTER = timedelta(days=3 * 365)
_LONGEST_WAIT = timedelta(days=365)


@dataclass(frozen=True, slots=True)
class Rule:
    """The bounds. A platform with a small quota has longer ones."""

    shortest: timedelta = timedelta(minutes=5)
    part: float = 1 / 6
    """Of the quiet time."""
    longest: timedelta = timedelta(days=14)
    asleep_after: timedelta = timedelta(days=183)
    """After so long without a change a thread is hardly looked at any more; a full sweep still lists it."""
    asleep: timedelta = timedelta(days=365)
    free_bytes: int = 256 * 1024
    growth: float = 1.0


USUAL = Rule()


def next_look(
    now: datetime,
    *,
    posted_at: datetime,
    changed_at: datetime,
    stored_bytes: int = 0,
    unique_bytes: int = 0,
    answer_bytes: int = 0,
    rule: Rule = USUAL,
) -> datetime:
    """When a thread is due for another look.

    Args:
        now: when it was last looked at.
        posted_at: creation time of its first record.
        changed_at: when a look last found anything new in it; at first sight, when its newest record was created.
        stored_bytes: of all answers stored for this thread.
        unique_bytes: of the distinct contents among them.
        answer_bytes: of the last whole answer: what one more stored look would cost. 0 where a look asks page by page
            or record by record, so that only what changed is stored.
    """
    usual = now + interval(now - max(posted_at, changed_at), rule)
    if not answer_bytes:
        return usual
    # A stranger's clock may say that it is yet to be posted, and so late that nothing comes after it.
    allowed = min(posted_at, now) + age_that_allows(stored_bytes + answer_bytes, unique_bytes, rule)
    return max(usual, min(allowed, now + rule.asleep))


def interval(quiet: timedelta, rule: Rule = USUAL) -> timedelta:
    """How long to wait after a look at a thread in which nothing changed for ``quiet``."""
    if quiet >= rule.asleep_after:
        return rule.asleep
    return min(max(quiet * rule.part, rule.shortest), rule.longest)


def look_again(gone_at: datetime, looked_at: datetime, shortest: timedelta) -> datetime | None:
    """When a record that has gone is looked for again: what was hidden may be shown again, and nothing need lead to it.

    Each look waits twice as long as the one before, so that a record which never comes back costs about ten looks in
    all.

    Args:
        gone_at: when it was first found gone.
        looked_at: when it was last found so.
        shortest: the first wait.

    Returns:
        None: it has been gone for so long that nobody asks any more.
    """
    gone_for = looked_at - gone_at
    if gone_for > GIVEN_UP_AFTER:
        return None
    return looked_at + max(shortest, min(gone_for, _LONGEST_WAIT))


def allowance(age: timedelta, rule: Rule = USUAL) -> float:
    """How many times its unique bytes a thread of this age may have been stored."""
    return 1 + rule.growth * math.log2(1 + max(age, timedelta(0)) / timedelta(hours=1))


def age_that_allows(stored_bytes: int, unique_bytes: int, rule: Rule = USUAL) -> timedelta:
    """The age at which a thread may have been stored with so many bytes; the inverse of :func:`allowance`."""
    costly = max(stored_bytes - rule.free_bytes, 0)
    times = costly / max(unique_bytes, 1)
    if times <= 1:
        return timedelta(0)
    exponent = min((times - 1) / rule.growth, 24.0)  # 24: two thousand years, and no overflow
    return timedelta(hours=2**exponent - 1)
