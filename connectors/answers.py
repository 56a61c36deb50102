"""What an HTTP status means for every platform, and how platforms write times and allowances. Pure."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final

from connectors.contract import Answer, Problem, ProblemKind

NOT_MODIFIED: Final = Problem(ProblemKind.CONTRACT, "not modified, though nobody asked whether it was")
"""What is wrong with a 304 where no question had a condition."""
_LONGEST_WAIT = timedelta(hours=24)
_BUSY = frozenset({408, 425, 500, 502, 503, 504, 520, 521, 522, 523, 524, 525, 526, 527, 530})
_NOT_OFFERED = frozenset({405, 501})


def moment(value: object) -> datetime | None:
    """A time with its zone (RFC 3339, ISO 8601) in UTC; None for anything else."""
    if not isinstance(value, str) or not 16 <= len(value) <= 40:
        return None
    try:
        at = datetime.fromisoformat(value)
        return None if at.tzinfo is None else at.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def retry_after(answer: Answer) -> datetime | None:
    """Time that ``Retry-After`` names (RFC 9110 §10.2.3), at most a day away."""
    value = (answer.header("Retry-After") or "").strip()
    try:
        if value.isascii() and value.isdigit():
            at = answer.received_at + timedelta(seconds=min(int(value[:9]), 86400))
        else:
            at = parsedate_to_datetime(value)
    except (ValueError, TypeError, OverflowError):
        return None
    return within_a_day(at if at.tzinfo else at.replace(tzinfo=UTC), answer)


def within_a_day(at: datetime | None, answer: Answer) -> datetime | None:
    """``at``, but not before the answer and at most a day after it: a stranger's header stops us no longer."""
    if at is None:
        return None
    return min(max(at, answer.received_at), answer.received_at + _LONGEST_WAIT)


def failure(answer: Answer, *, signed_in: bool) -> Problem | None:
    """What is wrong by the status alone; None for success and *not modified*."""
    status = answer.status
    if 200 <= status < 300 or status == 304:
        return None
    if status == 429:
        return Problem(ProblemKind.RATE, "the server asks for a pause", retry_after(answer))
    if status in _BUSY:
        return Problem(ProblemKind.TRANSIENT, f"the server has trouble (status {status})", retry_after(answer))
    if status == 401 and signed_in:
        return Problem(ProblemKind.SIGN_IN_EXPIRED, "the server no longer accepts our sign-in")
    if status in (401, 402, 403, 407, 451):
        return Problem(ProblemKind.PERMISSION, f"the server does not let us read this (status {status})")
    if status in (404, 410):
        return Problem(ProblemKind.GONE, f"the server says it is not there (status {status})")
    if status in _NOT_OFFERED:
        return Problem(ProblemKind.UNSUPPORTED, f"the server does not offer this (status {status})")
    return Problem(ProblemKind.CONTRACT, f"the server answered in a way it never promised (status {status})")


def unfamiliar(answer: Answer, platform: str) -> Problem:
    """A refusal that is not the platform's own: a proxy's, say, which tells nothing of what was asked for."""
    return Problem(ProblemKind.CONTRACT, f"status {answer.status}, but not in the words of {platform}")
