"""What went wrong with an answer of Meta's Graph API. Pure.

The status says little (nearly everything is 400); ``error.code`` and ``error.error_subcode`` do. Of the message only
whether it speaks of permissions or of too much data is looked at, and nothing of it is repeated.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from connectors._graph_usage import regained_at
from connectors.answers import NOT_MODIFIED, failure, retry_after
from connectors.contract import Answer, JSONValue, Problem, ProblemKind

_K = ProblemKind
_SIGN_IN: Mapping[int | None, str] = {
    458: "the app was removed from the Page",
    459: "Facebook wants the person behind the token to sign in once",
    460: "the password of the person behind the token was changed",
    463: "the token has expired",
    464: "the person behind the token is not confirmed",
    467: "the token is no longer valid",
    492: "the person behind the token has no role on the Page any more",
}
_REVOKED = frozenset({458, 460, 492})
_SIGN_IN_CODES = frozenset({102, 190})
_PERMISSION_CODES = frozenset({3, 10, *range(200, 300)})
_RATE_CODES = frozenset({4, 17, 32, 341, 613, *range(80000, 80015)})
_TRANSIENT_CODES = frozenset({1, 2})
_OLD_CODES = frozenset({12, 2500, 2635})
_BLOCKED = 368
_PARAMETER = 100
_NO_SUCH = 803
_NOT_LOADED = 33
"""Subcode of 100: "does not exist, cannot be loaded due to missing permissions, or does not support this operation"."""
_REFUSALS = range(400, 500)


@dataclass(frozen=True, slots=True)
class GraphError:
    """An error in the form of the Graph API."""

    code: int
    subcode: int | None
    message: str
    passing: bool
    """The platform says so itself (``is_transient``)."""

    @property
    def missing(self) -> bool:
        """It says that something is not there, *or* may not be seen: the two are told apart by a control read only."""
        return self.code == _NO_SUCH or (self.code == _PARAMETER and self.subcode == _NOT_LOADED)

    @property
    def too_much(self) -> bool:
        """More was asked for than is given at once."""
        return self.code in _TRANSIENT_CODES and "reduce the amount of data" in self.message.lower()


def error_in(value: JSONValue) -> GraphError | None:
    """The error that a body, or a part of one, is."""
    error = value.get("error") if isinstance(value, dict) else None
    if not isinstance(error, dict):
        return None
    code, subcode, message = error.get("code"), error.get("error_subcode"), error.get("message")
    if not isinstance(code, int) or isinstance(code, bool):
        return None
    subcode = subcode if isinstance(subcode, int) and not isinstance(subcode, bool) else None
    return GraphError(code, subcode, message if isinstance(message, str) else "", error.get("is_transient") is True)


def error_of(answer: Answer) -> GraphError | None:
    """The error that an answer is, whatever its status."""
    try:
        return error_in(answer.json)
    except ValueError:
        return None


def problem_of(answer: Answer) -> Problem | None:
    """What is wrong with an answer; None where it can be read."""
    if answer.status == 304:
        return NOT_MODIFIED
    error, by_status = error_of(answer), failure(answer, signed_in=True)
    if error is None:
        if by_status is None or by_status.kind in (_K.TRANSIENT, _K.RATE):
            return by_status
        return Problem(_K.CONTRACT, f"refused, but not in the words of the platform (status {answer.status})")
    return _named(error, answer)


def _named(error: GraphError, answer: Answer) -> Problem:
    if error.code in _SIGN_IN_CODES:
        kind = _K.REVOKED if error.subcode in _REVOKED else _K.SIGN_IN_EXPIRED
        return Problem(kind, _SIGN_IN.get(error.subcode, "the platform does not accept the token"))
    if error.code in _RATE_CODES:
        return Problem(_K.RATE, "the platform asks for a pause", regained_at(answer) or retry_after(answer))
    if error.missing:
        return _missing(answer)
    if error.code in _PERMISSION_CODES or (error.code == _PARAMETER and "missing permission" in error.message.lower()):
        return Problem(_K.PERMISSION, f"the platform does not let this token read it (code {error.code})")
    if error.code == _BLOCKED:
        return Problem(_K.PERMISSION, "the platform has blocked this app or Page for now (code 368)")
    if error.code in _OLD_CODES:
        return Problem(_K.CONTRACT, f"the platform no longer takes this question or version (code {error.code})")
    if error.code in _TRANSIENT_CODES or error.passing or answer.status >= 500:
        return Problem(_K.TRANSIENT, f"the platform has trouble (code {error.code})", retry_after(answer))
    return Problem(_K.CONTRACT, f"an error that the platform's documentation does not explain (code {error.code})")


def _missing(answer: Answer) -> Problem:
    if answer.status not in _REFUSALS:
        return Problem(_K.CONTRACT, f"not found, but with status {answer.status}")
    return Problem(_K.GONE, "the platform says that it is not there, or that we may not see it")
