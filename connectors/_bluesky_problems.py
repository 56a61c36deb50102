"""What went wrong with an answer of the AT Protocol, and the pace its servers ask for. Pure.

An error is named in the body (``{"error": NAME, "message": …}``); the status alone says little, since an expired
sign-in and an account that is away are both 400.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

from connectors.answers import NOT_MODIFIED, failure, within_a_day
from connectors.contract import Answer, Ask, JSONValue, Problem, ProblemKind, RateFacts

_K = ProblemKind
_AWAY: Mapping[str, tuple[ProblemKind, str]] = {
    "RepoDeactivated": (_K.DEACTIVATED, "the account is deactivated"),
    "AccountDeactivated": (_K.DEACTIVATED, "the account is deactivated"),
    "RepoTakendown": (_K.TAKEN_DOWN, "the server has taken the account down"),
    "AccountTakedown": (_K.TAKEN_DOWN, "the service has taken the account down"),
    "RepoSuspended": (_K.TAKEN_DOWN, "the server has suspended the account"),
    "AccountSuspended": (_K.TAKEN_DOWN, "the service has suspended the account"),
}
_GONE: Mapping[str, str] = {
    "RepoNotFound": "the server says that the repository is not there",
    "RecordNotFound": "the server says that the record is not there",
    "NotFound": "the service says that the post is not there",
    "BlobNotFound": "the server says that the file is not there",
}
_SIGN_IN = frozenset({"ExpiredToken", "InvalidToken", "AuthMissing", "AuthenticationRequired", "AuthRequired"})
_BLOCKED = frozenset({"BlockedActor", "BlockedByActor"})
#: What ``InvalidRequest`` says where the account or its repository is not there; the only words that are looked at.
_NOT_THERE = ("Profile not found", "Could not find repo", "DID not registered", "DID not available")


def problem_of(ask: Ask, answer: Answer) -> Problem | None:
    """What is wrong with an answer; None where it can be read."""
    signed_in = ask.authorise == "required"
    problem = failure(answer, signed_in=signed_in)
    if answer.status == 304:
        return NOT_MODIFIED
    if problem is None or problem.kind in (_K.RATE, _K.TRANSIENT):
        return problem if problem is None else _timed(problem, answer)
    name, message = _said(answer)
    if name in _AWAY:
        return Problem(*_AWAY[name])
    if name in _SIGN_IN:
        kind = _K.SIGN_IN_EXPIRED if signed_in else _K.PERMISSION
        return Problem(kind, "the server no longer accepts our sign-in" if signed_in else "this needs signing in")
    if name in _GONE:
        return Problem(_K.GONE, _GONE[name])
    if name in _BLOCKED:
        return Problem(_K.PERMISSION, "one of the two accounts blocks the other")
    if (name == "InvalidRequest" or ask.purpose == "identity") and message.startswith(_NOT_THERE):
        return Problem(_K.GONE, "the service says that the account is not there")
    if problem.kind is _K.GONE:  # not in the words of the protocol
        return Problem(_K.CONTRACT, "not found, but not in the words of this platform")
    return problem


def rate_of(answer: Answer) -> RateFacts | None:
    """The pacing in the headers of an answer: ``RateLimit-Limit``, ``-Remaining``, ``-Reset`` (seconds since 1970)."""
    limit, remaining = (_number(answer.header(f"RateLimit-{name}")) for name in ("Limit", "Remaining"))
    reset = _reset(answer)
    return None if limit is None and remaining is None and reset is None else RateFacts(limit, remaining, reset)


def _timed(problem: Problem, answer: Answer) -> Problem:
    if problem.kind is not _K.RATE:
        return problem
    return replace(problem, retry_at=_reset(answer) or problem.retry_at)


def _reset(answer: Answer) -> datetime | None:
    seconds = _number(answer.header("RateLimit-Reset"))
    return None if seconds is None else within_a_day(datetime.fromtimestamp(seconds, UTC), answer)


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) <= 11 else None


def _said(answer: Answer) -> tuple[str, str]:
    try:
        body: JSONValue = answer.json
    except ValueError:
        return "", ""
    if not isinstance(body, dict):
        return "", ""
    name, message = body.get("error"), body.get("message")
    return name if isinstance(name, str) else "", message if isinstance(message, str) else ""
