"""What went wrong with an answer of LinkedIn's API. Pure.

Its errors are flat: ``{"status": 401, "serviceErrorCode": 65601, "code": "REVOKED_ACCESS_TOKEN", "message": "…"}``, of
which ``code`` may be left out. What a status means is documented; the numbers of ``serviceErrorCode`` are not, so they
only tell a person more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from connectors._linkedin_asks import VERSION
from connectors.answers import NOT_MODIFIED, failure, retry_after, unfamiliar
from connectors.contract import Answer, JSONValue, Problem, ProblemKind

_K = ProblemKind
_NO_VERSION = "LinkedIn no longer answers version {} of its interface: a newer release of this program is needed"
_VERSION_CODES = frozenset({"NONEXISTENT_VERSION", "VERSION_MISSING", "INVALID_VERSION", "DEPRECATED_VERSION"})
_VERSION_WORDS = ("requested version", "version header")
"""What LinkedIn says of a version that it no longer has, or that it misses."""
_SIGN_IN: Mapping[int, str] = {
    65600: "LinkedIn does not know the access token",
    65601: "the access token was revoked",
    65602: "the access token has expired",
    65604: "the access token has expired",
}
_NO_SUCH_PLACE = frozenset({"RESOURCE_NOT_FOUND", "ROUTE_NOT_FOUND"})
_NO_SUCH_WORDS = ("no virtual resource", "resource path")
"""What LinkedIn says where there is no such kind of thing at all, which tells nothing of any one of them."""


def problem_of(answer: Answer) -> Problem | None:
    """What is wrong with an answer; None where it can be read."""
    if answer.status == 304:
        return NOT_MODIFIED
    problem = failure(answer, signed_in=True)
    if problem is None or problem.kind is _K.TRANSIENT:
        return problem
    told = _told(answer)
    if answer.status == 426 or (answer.status == 400 and _is_of_version(told)):
        return Problem(_K.CONTRACT, _NO_VERSION.format(VERSION))
    if problem.kind is _K.RATE:
        return Problem(_K.RATE, "the day's calls to LinkedIn are used up", _until(answer))
    if not told and problem.kind in (_K.SIGN_IN_EXPIRED, _K.GONE):
        return unfamiliar(answer, "LinkedIn")
    return _named(problem, told)


def of_part(status: int, at: datetime) -> Problem | None:
    """What is wrong with one thing of several that were asked for at once, by its status."""
    problem = problem_of(Answer(status, (), b'{"status":0}', at))
    return Problem(_K.CONTRACT, "an error without a status") if problem is None else problem


def _named(problem: Problem, told: Mapping[str, JSONValue]) -> Problem:
    code, message = str(told.get("code")), str(told.get("message")).lower()
    if problem.kind is _K.SIGN_IN_EXPIRED:
        number = told.get("serviceErrorCode")
        usual = "LinkedIn does not accept the access token"
        return replace(problem, detail=_SIGN_IN.get(number, usual) if isinstance(number, int) else usual)
    if problem.kind is _K.GONE:
        if code in _NO_SUCH_PLACE or any(words in message for words in _NO_SUCH_WORDS):
            return Problem(_K.CONTRACT, "LinkedIn does not know this kind of question")
        return replace(problem, detail="LinkedIn says that it is not there")
    if problem.kind is _K.PERMISSION:
        return replace(problem, detail="LinkedIn does not let the token read this")
    return problem


def _told(answer: Answer) -> Mapping[str, JSONValue]:
    """The error that an answer is; nothing where it is not LinkedIn that speaks."""
    try:
        body: JSONValue = answer.json
    except ValueError:
        return {}
    usual = isinstance(body, dict) and isinstance(body.get("status"), int) and not {"elements", "results"} & set(body)
    return body if usual else {}


def _is_of_version(told: Mapping[str, JSONValue]) -> bool:
    message = str(told.get("message")).lower()
    return told.get("code") in _VERSION_CODES or any(words in message for words in _VERSION_WORDS)


def _until(answer: Answer) -> datetime:
    """When to ask again: what a header says, which is not documented; else the next midnight UTC, when LinkedIn begins
    to count the day's calls anew."""
    return retry_after(answer) or next_midnight(answer.received_at)


def next_midnight(at: datetime) -> datetime:
    day = at.astimezone(UTC).date() + timedelta(days=1)
    return datetime(day.year, day.month, day.day, tzinfo=UTC)
