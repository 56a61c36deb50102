"""What went wrong with an answer of the X API. Pure.

X says it in ``application/problem+json`` (RFC 7807): ``type`` is an address of which the last part names the kind of
problem. Of what is partly answered, the same objects stand in ``errors`` beside ``data``, with status 200; each is
about the one thing that it names.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from connectors.answers import NOT_MODIFIED, failure, retry_after, unfamiliar, within_a_day
from connectors.contract import Answer, Ask, JSONValue, Problem, ProblemKind, RateFacts, Stream

_K = ProblemKind
NOT_FOUND, NOT_OURS = "resource-not-found", "not-authorized-for-resource"
_SUSPENDED = ("has been suspended", "is suspended")
"""What X says of a suspended account; the only words of ``detail`` that are looked at."""
_PAGE = "pagination_token"
_SECONDS = 12


@dataclass(frozen=True, slots=True)
class Refusal:
    """One problem object."""

    place: str
    kind: str
    """Last part of its type."""
    about: str
    """What kind of thing it is about: ``tweet``, ``post``, ``user``, ``media`` …"""
    identity: str
    """Of that thing."""
    parameter: str
    """Which part of the question asked for it."""
    field: str
    suspended: bool


def refusals(body: JSONValue) -> Iterator[Refusal]:
    """The problem objects of an answer."""
    listed = body.get("errors") if isinstance(body, dict) else None
    for number, one in enumerate(listed if isinstance(listed, list) else ()):
        if isinstance(one, dict):
            yield _refusal(one, f"/errors/{number}")


def _refusal(one: Mapping[str, JSONValue], place: str) -> Refusal:
    def said(*names: str) -> str:
        return next((one[name] for name in names if isinstance(one.get(name), str)), "")

    kind, detail = said("type").rstrip("/").rpartition("/")[2], said("detail", "message")
    return Refusal(
        place, kind, said("resource_type"), said("resource_id", "value"), said("parameter"), said("field"),
        any(words in detail for words in _SUSPENDED),
    )  # fmt: skip


def problem_of(ask: Ask, answer: Answer) -> Problem | None:
    """What is wrong with an answer as a whole; None where it can be read."""
    if answer.status == 304:
        return NOT_MODIFIED
    problem = failure(answer, signed_in=True)
    if problem is None or problem.kind is _K.TRANSIENT:
        return problem
    said = _said(answer)
    if problem.kind is _K.RATE:
        return _of_allowance(ask, answer, said)
    if not said:
        return unfamiliar(answer, "X")
    return _named(ask, answer, said) or problem


def _said(answer: Answer) -> tuple[Refusal, ...]:
    """The problem that an answer is, and those that stand in it; none where it is not X that speaks."""
    try:
        body: JSONValue = answer.json
    except ValueError:
        return ()
    if not isinstance(body, dict):
        return ()
    own = (_refusal(body, ""),) if isinstance(body.get("title"), str) else ()
    return (*own, *refusals(body))


def _named(ask: Ask, answer: Answer, said: tuple[Refusal, ...]) -> Problem | None:
    kinds = {one.kind for one in said}
    if answer.status == 402:
        return Problem(_K.WITHDRAWN, "the city's credit at X is used up: pay in more in X's developer console")
    if "client-forbidden" in kinds and ask.stream is Stream.SETTINGS:
        return Problem(_K.UNSUPPORTED, "X does not give this list to the city's app on its plan")
    if "client-forbidden" in kinds:
        return Problem(_K.WITHDRAWN, "X does not let this app read: see its plan in X's developer portal")
    if "unsupported-authentication" in kinds:
        return Problem(_K.PERMISSION, "X does not show this to such a token")
    if answer.status == 403 and any(one.suspended for one in said):
        return Problem(_K.TAKEN_DOWN, "X says that the account is suspended")
    if answer.status == 404 and NOT_FOUND not in kinds:
        return Problem(_K.CONTRACT, "not found, but X does not say what")
    if answer.status == 400 and any(one.parameter == _PAGE for one in said):
        return Problem(_K.CONTRACT, "X no longer knows the page that it named as the next")
    return None


def _of_allowance(ask: Ask, answer: Answer, said: tuple[Refusal, ...]) -> Problem:
    """The allowance of a quarter of an hour, or that of the month."""
    if not any(one.kind == "usage-capped" for one in said):
        return Problem(_K.RATE, "X asks for a pause", retry_after(answer) or _reset(answer))
    day = ask.context.get("cap_day")
    renewed = cap_renewed(answer.received_at, day) if isinstance(day, int) else None
    if renewed is None:
        tomorrow = answer.received_at + timedelta(days=1)
        return Problem(_K.RATE, "the month's allowance at X is used up; it is asked again a day later", tomorrow)
    return Problem(_K.RATE, f"the month's allowance at X is used up until {renewed:%Y-%m-%d}", renewed)


def cap_renewed(at: datetime, day: int) -> datetime | None:
    """When the month's allowance is renewed next, which it is on that day of each month (UTC). A month that is too
    short renews it on the first of the next."""
    if not 1 <= day <= 31:
        return None
    start = at.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    ahead = (start + timedelta(days=number) for number in range(1, 63))
    return next(one for one in ahead if one.day == day or (one.day == 1 and (one - timedelta(days=1)).day < day))


def rate_of(answer: Answer) -> RateFacts | None:
    """How much may be asked of this endpoint, and until when."""
    limit, remaining = (_number(answer, f"x-rate-limit-{name}") for name in ("limit", "remaining"))
    reset = _reset(answer)
    return None if (limit, remaining, reset) == (None, None, None) else RateFacts(limit, remaining, reset)


def _reset(answer: Answer) -> datetime | None:
    seconds = _number(answer, "x-rate-limit-reset")
    try:
        at = None if seconds is None else datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, ValueError, OSError):
        return None
    return within_a_day(at, answer)


def _number(answer: Answer, name: str) -> int | None:
    value = (answer.header(name) or "").strip()
    return int(value) if value.isascii() and value.isdigit() and len(value) <= _SECONDS else None
