"""What went wrong with an answer of TikTok's APIs. Pure.

The Display API says it in words (``{"data": {}, "error": {"code": "access_token_invalid", …}}``), with a status that
fits or with 200. The Accounts API always answers 200, and says it in numbers (``{"code": 40105, "message": "…"}``);
what it has no route for it answers in plain text, without JSON. Neither has a word for what is not there.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

from connectors.answers import NOT_MODIFIED, failure, retry_after, unfamiliar
from connectors.contract import Answer, JSONValue, Problem, ProblemKind

_K = ProblemKind
WINDOW = timedelta(minutes=1)
"""TikTok counts the questions of the last minute, and says nothing of when it will answer again."""
_NO_ROUTE = "TikTok no longer answers this version of its interface: a newer release of this program is needed"
NOT_ACCEPTED = "TikTok did not accept the question"
"""As it also says where something that the question names is not there."""
_NOT_TIKTOK = "the answer is not in the words of TikTok"
_WORDS: Mapping[str, tuple[ProblemKind, str]] = {
    "access_token_invalid": (_K.SIGN_IN_EXPIRED, "TikTok does not accept the access token"),
    "scope_not_authorized": (_K.PERMISSION, "the owner of the account did not grant this part"),
    "scope_permission_missed": (_K.PERMISSION, "the owner of the account did not grant all of this part"),
    "rate_limit_exceeded": (_K.RATE, "TikTok asks for a pause"),
    "internal_error": (_K.TRANSIENT, "TikTok has trouble"),
    "invalid_params": (_K.CONTRACT, NOT_ACCEPTED),
}
"""Codes of the Display API (TikTok for Developers, *Error handling*)."""
_NUMBERS: Mapping[int, tuple[ProblemKind, str]] = {
    40001: (_K.PERMISSION, "the token does not allow this part"),
    40002: (_K.CONTRACT, NOT_ACCEPTED),
    40100: (_K.RATE, "TikTok asks for a pause"),
    40102: (_K.SIGN_IN_EXPIRED, "the access token has expired"),
    40104: (_K.SIGN_IN_EXPIRED, "TikTok found no access token"),
    40105: (_K.SIGN_IN_EXPIRED, "TikTok does not know the access token, or it was revoked"),
}
_OWN_TROUBLE = range(50000, 60000)
"""Numbers of the Accounts API that say that TikTok itself has trouble."""


def of_display(answer: Answer) -> Problem | None:
    """What is wrong with an answer of the Display API; None where it can be read."""
    body = _body(answer)
    error = body.get("error")
    code = error.get("code") if isinstance(error, dict) else None
    if code in ("ok", 0) and answer.status == 200:
        return None
    if isinstance(code, str) and code in _WORDS:
        return _problem(*_WORDS[code], answer)
    return _by_status(answer) or Problem(_K.CONTRACT, _NOT_TIKTOK if code is None else "an error that nobody knows")


def of_business(answer: Answer) -> Problem | None:
    """What is wrong with an answer of the Accounts API; None where it can be read."""
    code = _body(answer).get("code")
    if not isinstance(code, int) or isinstance(code, bool):
        return _by_status(answer) or Problem(_K.CONTRACT, _NOT_TIKTOK)
    if code == 0:
        return _by_status(answer)
    if code in _OWN_TROUBLE:
        return _problem(_K.TRANSIENT, "TikTok has trouble", answer)
    return _problem(*_NUMBERS.get(code, (_K.CONTRACT, "an error that nobody knows")), answer)


def _by_status(answer: Answer) -> Problem | None:
    """By the status alone. TikTok never says in this way that something is not there, nor that a token has ended."""
    problem = failure(answer, signed_in=True)
    if answer.status == 304:
        return NOT_MODIFIED
    if problem is None or problem.kind is _K.TRANSIENT:
        return problem
    if problem.kind is _K.RATE:
        return _problem(_K.RATE, problem.detail, answer)
    if problem.kind is _K.GONE:
        return Problem(_K.CONTRACT, _NO_ROUTE)
    return unfamiliar(answer, "TikTok")


def _problem(kind: ProblemKind, detail: str, answer: Answer) -> Problem:
    if kind not in (_K.RATE, _K.TRANSIENT):
        return Problem(kind, detail)
    return Problem(kind, detail, _again(answer) if kind is _K.RATE else retry_after(answer))


def _again(answer: Answer) -> datetime:
    return retry_after(answer) or answer.received_at + WINDOW


def _body(answer: Answer) -> Mapping[str, JSONValue]:
    try:
        body: JSONValue = answer.json
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
