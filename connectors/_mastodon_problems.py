"""What went wrong with an answer of a Mastodon server, and the pace it asks for. Pure."""

from __future__ import annotations

from dataclasses import replace

from connectors._mastodon_asks import OWNER
from connectors.answers import NOT_MODIFIED, failure, moment, within_a_day
from connectors.contract import Answer, Ask, Problem, ProblemKind, RateFacts, Stream


def problem_of(ask: Ask, answer: Answer) -> Problem | None:
    """What is wrong with an answer; None where it can be read."""
    signed_in = ask.context.get("signed_in") is True
    problem = failure(answer, signed_in=signed_in)
    if answer.status == 304:
        return NOT_MODIFIED
    if problem is None:
        return None
    if answer.status == 429:
        reset = within_a_day(moment(answer.header("X-RateLimit-Reset")), answer)
        return replace(problem, retry_at=reset or problem.retry_at)
    if answer.status == 422 and not signed_in:
        return Problem(ProblemKind.PERMISSION, "the server shows this only to those who sign in")
    if problem.kind is ProblemKind.GONE and (
        ask.purpose in ("notifications", "conversations") or ask.stream is Stream.SETTINGS
    ):
        return Problem(ProblemKind.UNSUPPORTED, "the server does not offer this")
    if problem.kind is ProblemKind.GONE and ask.purpose == OWNER:
        return Problem(ProblemKind.CONTRACT, "the server does not say whose token it is")
    if problem.kind is ProblemKind.PERMISSION and ask.purpose == OWNER:
        return Problem(ProblemKind.REVOKED, "the token does not let the server say whose it is (read:accounts)")
    if problem.kind is ProblemKind.GONE and not _is_error_body(answer):  # a proxy's, or an API that was retired
        return Problem(ProblemKind.CONTRACT, f"status {answer.status}, but not in the words of a Mastodon server")
    return problem


def _is_error_body(answer: Answer) -> bool:
    try:
        body = answer.json
    except ValueError:
        return False
    return isinstance(body, dict) and isinstance(body.get("error"), str)


def rate_of(answer: Answer) -> RateFacts | None:
    """The pacing in the headers of an answer."""
    limit, remaining = (_number(answer.header(f"X-RateLimit-{name}")) for name in ("Limit", "Remaining"))
    reset = moment(answer.header("X-RateLimit-Reset"))
    if limit is None and remaining is None and reset is None:
        return None
    return RateFacts(limit, remaining, within_a_day(reset, answer))


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) < 10 else None
