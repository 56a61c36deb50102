"""What went wrong with an answer of Reddit's API. Pure.

Its errors are flat: ``{"reason": "private", "message": "Forbidden", "error": 403}``, of which ``reason`` may be left
out. What a token may not do for want of a permission stands in ``WWW-Authenticate`` (RFC 6750 §3).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from connectors.answers import NOT_MODIFIED, failure, retry_after, unfamiliar, within_a_day
from connectors.contract import Answer, JSONValue, Problem, ProblemKind, RateFacts

_K = ProblemKind
#: Why a subreddit is not shown.
CLOSED: Mapping[str, str] = {
    "private": "Reddit says that the subreddit is private, and whoever signed in may not read it",
    "quarantined": "Reddit has quarantined the subreddit: whoever signed in has to agree to see it, on Reddit's site",
    "gated": "Reddit asks whoever signed in to agree to see the subreddit, on Reddit's site",
    "gold_only": "Reddit shows the subreddit to paying members only",
}


def problem_of(answer: Answer) -> Problem | None:
    """What is wrong with an answer; None where it can be read."""
    if answer.status == 304:
        return NOT_MODIFIED
    problem = failure(answer, signed_in=True)
    if problem is None or problem.kind is _K.TRANSIENT:
        return problem
    if problem.kind is _K.RATE:
        return Problem(_K.RATE, "Reddit asks for a pause", retry_after(answer) or _reset(answer))
    return _named(answer, problem, _told(answer))


def _named(answer: Answer, problem: Problem, told: Mapping[str, JSONValue]) -> Problem:
    challenge = answer.header("WWW-Authenticate") or ""
    if "insufficient_scope" in challenge:
        return Problem(_K.PERMISSION, "the token was not given the permission to read this")
    if problem.kind is _K.SIGN_IN_EXPIRED and (told or "invalid_token" in challenge):
        return replace(problem, detail="Reddit does not accept the access token")
    if not told and problem.kind in (_K.SIGN_IN_EXPIRED, _K.GONE):
        return unfamiliar(answer, "Reddit")
    if problem.kind is _K.GONE:
        return _gone(told)
    if problem.kind is _K.PERMISSION:
        return replace(problem, detail=CLOSED.get(str(told.get("reason")), "Reddit does not let the token read this"))
    return problem


def _gone(told: Mapping[str, JSONValue]) -> Problem:
    if told.get("reason") == "banned":
        return Problem(_K.TAKEN_DOWN, "Reddit says that it has banned the subreddit")
    return Problem(_K.GONE, "Reddit says that it is not there")


def reason_of(answer: Answer) -> str:
    """Reddit's word for why it refuses; empty where it gives none."""
    return str(_told(answer).get("reason") or "")


def _told(answer: Answer) -> Mapping[str, JSONValue]:
    """The error that an answer is; nothing where it is not Reddit that speaks."""
    try:
        body: JSONValue = answer.json
    except ValueError:
        return {}
    return body if isinstance(body, dict) and ("error" in body or "reason" in body) else {}


def rate_of(answer: Answer) -> RateFacts | None:
    """How much may be asked, and until when: Reddit counts over ten minutes, and writes what is left as a decimal."""
    used, remaining, reset = (_number(answer, name) for name in ("used", "remaining", "reset"))
    if remaining is None or reset is None:
        return None
    limit = None if used is None else int(used + remaining)
    return RateFacts(limit, int(remaining), _reset(answer))


def _reset(answer: Answer) -> datetime | None:
    wait = _number(answer, "reset")
    return None if wait is None else within_a_day(answer.received_at + timedelta(seconds=wait), answer)


def _number(answer: Answer, name: str) -> float | None:
    value = (answer.header(f"X-Ratelimit-{name}") or "").strip()
    usable = value.isascii() and len(value) <= 12 and value.replace(".", "", 1).isdigit()
    return min(float(value), 1e6) if usable else None
