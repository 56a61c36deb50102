"""What went wrong with an answer of the YouTube Data API. Pure.

The status alone says little: 403 is a spent quota as well as comments that are turned off. The reason stands in
``error.errors[].reason``, of newer parts of the service in ``error.details[].reason``; both are read.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from connectors.answers import NOT_MODIFIED, failure
from connectors.contract import Answer, Ask, JSONValue, Problem, ProblemKind

_K = ProblemKind
_PACIFIC = ZoneInfo("America/Los_Angeles")
COMMENTS_DISABLED = "commentsDisabled"
#: Of the project behind a key or token (Google's table of global errors), whoever signed in.
_NOT_LET_IN = frozenset({"accessNotConfigured", "SERVICE_DISABLED", "CONSUMER_SUSPENDED"})
_SIGN_IN = frozenset({"keyInvalid", "keyExpired", "API_KEY_INVALID", "API_KEY_EXPIRED", "authError", "required",
                      "dailyLimitExceededUnreg", "CREDENTIALS_MISSING", "ACCESS_TOKEN_EXPIRED"})  # fmt: skip
_SPENT = frozenset({"quotaExceeded", "dailyLimitExceeded"})
_HURRIED = frozenset({"rateLimitExceeded", "userRateLimitExceeded", "RATE_LIMIT_EXCEEDED"})
_GONE: Mapping[str, str] = {
    "videoNotFound": "YouTube says that the video is not there",
    "playlistNotFound": "YouTube says that the list of uploads is not there",
    "channelNotFound": "YouTube says that the channel is not there",
    "channelClosed": "YouTube says that the channel was closed",
    "captionNotFound": "YouTube says that the caption track is not there",
    "commentNotFound": "YouTube says that the comment is not there",
    "commentThreadNotFound": "YouTube says that the comment is not there",
}
_NO_KEY = ("missing a valid API key", "unregistered callers")
"""What a 403 says to whoever comes without a credential; the only words that are looked at."""


def problem_of(ask: Ask, answer: Answer) -> Problem | None:
    """What is wrong with an answer; None where it can be read."""
    if answer.status == 304:
        return NOT_MODIFIED
    problem = failure(answer, signed_in=True)
    if problem is None or problem.kind is _K.TRANSIENT:
        return problem
    reasons, message = said(answer)
    return _named(reasons, message, answer, problem) or _by_status(answer, problem, known=bool(reasons))


def said(answer: Answer) -> tuple[frozenset[str], str]:
    """The reasons that an error names, and its message; nothing where it is no error of this platform."""
    try:
        body: JSONValue = answer.json
    except ValueError:
        return frozenset(), ""
    error = body.get("error") if isinstance(body, dict) else None
    if not isinstance(error, dict):
        return frozenset(), ""
    message = error.get("message")
    return frozenset(_reasons(error)), message if isinstance(message, str) else ""


def _reasons(error: Mapping[str, JSONValue]) -> Iterator[str]:
    for name in ("errors", "details"):
        listed = error.get(name)
        for one in listed if isinstance(listed, list) else ():
            reason = one.get("reason") if isinstance(one, dict) else None
            if isinstance(reason, str):
                yield reason


def _named(reasons: frozenset[str], message: str, answer: Answer, problem: Problem) -> Problem | None:
    if reasons & _SPENT:
        return Problem(_K.RATE, "the day's quota at YouTube is spent", quota_renewed(answer.received_at))
    if reasons & _HURRIED:
        return Problem(_K.RATE, "YouTube asks for a pause", problem.retry_at)
    if reasons & _SIGN_IN or any(words in message for words in _NO_KEY):
        return Problem(_K.SIGN_IN_EXPIRED, "YouTube does not accept the API key or token")
    if reasons & _NOT_LET_IN:
        return Problem(_K.WITHDRAWN, "YouTube no longer answers the city's project: see Google's developer console")
    if COMMENTS_DISABLED in reasons:
        return Problem(_K.PERMISSION, "comments are turned off for this video")
    if "channelSuspended" in reasons:
        return Problem(_K.TAKEN_DOWN, "YouTube has suspended the channel")
    if "processingFailure" in reasons:
        return Problem(_K.TRANSIENT, "YouTube could not process the question")
    if "invalidPageToken" in reasons:
        return Problem(_K.CONTRACT, "YouTube no longer knows the page that it named as the next")
    gone = next((_GONE[one] for one in sorted(reasons) if one in _GONE), None)
    return None if gone is None or answer.status != 404 else Problem(_K.GONE, gone)


def _by_status(answer: Answer, problem: Problem, *, known: bool) -> Problem:
    if problem.kind is _K.GONE:  # not in words that say what is not there
        return Problem(_K.CONTRACT, "not found, but YouTube does not say what")
    if problem.kind is _K.SIGN_IN_EXPIRED and not known and answer.header("WWW-Authenticate") is None:
        return replace(problem, kind=_K.CONTRACT, detail="unauthorised, but not in the words of YouTube")
    return problem


def quota_renewed(at: datetime) -> datetime:
    """The next midnight in California, when YouTube begins to count the day's quota anew."""
    local = at.astimezone(_PACIFIC)
    tomorrow = (local.replace(tzinfo=None) + timedelta(days=1)).date()
    return datetime(tomorrow.year, tomorrow.month, tomorrow.day, tzinfo=_PACIFIC).astimezone(at.tzinfo)
