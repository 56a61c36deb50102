"""What the answers of the X API mean. Pure; never raises, whatever JSON comes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime

from connectors import _x_fields as fields
from connectors._x_asks import KEPT, MARGIN
from connectors._x_found import Found, include, looked_for
from connectors._x_lists import read_list
from connectors._x_looks import read_look, read_versions
from connectors._x_problems import NOT_FOUND, problem_of, rate_of
from connectors._x_settings import SETTINGS, read_people
from connectors._x_spare import spared
from connectors._x_users import away, read_user
from connectors._x_values import time_in
from connectors.bodies import quarantined
from connectors.contract import Answer, Ask, Problem, ProblemKind, Reading

_K = ProblemKind


def read(ask: Ask, answer: Answer) -> Reading:
    """What ``answer`` means."""
    rate, problem, less = rate_of(answer), problem_of(ask, answer), spared(ask, answer)
    if less is not None:
        return replace(less, rate=rate)
    if problem is not None:
        return replace(_of_problem(ask, problem, answer.received_at), rate=rate)
    try:
        body = answer.json
    except ValueError:
        return replace(quarantined("the answer is not JSON", f"bytes=0-{len(answer.body)}"), rate=rate)
    if not isinstance(body, dict):
        return replace(quarantined("not an object"), rate=rate)
    return replace(_read_body(Found(ask, body, answer.received_at)), rate=rate)


def _of_problem(ask: Ask, problem: Problem, at: datetime) -> Reading:
    if ask.purpose == "usage" and problem.kind not in (_K.RATE, _K.TRANSIENT, _K.SIGN_IN_EXPIRED):
        return Reading()  # then it is not known when the allowance is renewed; nothing of the account depends on it
    return _gone(ask, problem, at) if problem.kind is _K.GONE else Reading(problem=problem)


def _gone(ask: Ask, problem: Problem, at: datetime) -> Reading:
    """The answer as a whole is *not found*."""
    if ask.purpose == "profile":
        return Reading(problem=away(suspended=False))
    if ask.purpose == "message" and _is_out_of_reach(ask, at):
        return Reading(problem=Problem(_K.UNSUPPORTED, "messages are shown for thirty days"))
    if ask.purpose == "quotes":
        return Reading()  # the post itself is looked at elsewhere
    if ask.purpose in ("look", "versions"):  # of many posts: one of them may be meant, or none
        return Reading(problem=Problem(_K.CONTRACT, "not found, but X does not say which"))
    return Reading(problem=problem)


def _read_body(found: Found) -> Reading:
    purpose, body = found.ask.purpose, found.body
    found.drift |= fields.unknown("answer", body) | fields.unknown("meta", body.get("meta"))
    errors = body.get("errors", [])
    if not isinstance(errors, list):
        return quarantined("errors that are no list")
    if not errors and "data" not in body and "meta" not in body:
        return quarantined("an answer without data")
    include(found)
    read_it = _READERS.get(purpose)
    return read_it(found) if read_it is not None else quarantined("a question this connector never asked")


# Messages, and the app's allowance.


def _message(found: Found) -> Reading:
    event = found.body.get("data")
    if event is not None:
        found.message(event, "/data")
        reading = found.reading()
        if found.quarantine:
            return replace(reading, problem=Problem(_K.CONTRACT, found.quarantine[0][1]))
        return reading
    if not any(one.kind == NOT_FOUND for one in found.refusals):
        return quarantined("an answer without data")
    if _is_out_of_reach(found.ask, found.received_at):
        return Reading(problem=Problem(_K.UNSUPPORTED, "messages are shown for thirty days"))
    return Reading(problem=Problem(_K.GONE, "X says that the message is not there"))


def _is_out_of_reach(ask: Ask, at: datetime) -> bool:
    """Whether a message is too old to be shown, or may be."""
    identity = next(iter(looked_for(ask)), "").partition("/")[2]
    sent = time_in(identity)
    return sent is None or sent < at - KEPT + MARGIN


def _usage(found: Found) -> Reading:
    usage = found.body.get("data")
    found.drift |= fields.unknown("usage", usage)
    day = usage.get("cap_reset_day") if isinstance(usage, dict) else None
    known = isinstance(day, int) and not isinstance(day, bool) and 1 <= day <= 31
    return replace(found.reading(), bookmark={"cap_day": day} if known else None)


_READERS: Mapping[str, Callable[[Found], Reading]] = {
    "look": read_look,
    "versions": read_versions,
    "message": _message,
    "usage": _usage,
    **dict.fromkeys(SETTINGS, read_people),
    **dict.fromkeys(("identify", "profile", "me"), read_user),
    **dict.fromkeys(("posts", "mentions", "conversation", "quotes", "messages"), read_list),
}
