"""What the X API says of users: the account itself, and whose token it is. Pure."""

from __future__ import annotations

from dataclasses import replace

from connectors import _x_fields as fields
from connectors._x_found import Found
from connectors._x_people import user_facts, user_record
from connectors._x_problems import NOT_FOUND, NOT_OURS
from connectors._x_settings import wanted
from connectors.bodies import quarantined
from connectors.contract import Problem, ProblemKind, Reading
from connectors.values import Unreadable

_K = ProblemKind
_ASKED_FOR = ("", "id", "ids", "username", "event_id")
"""Parameters that name what a question is about; others name what an answer refers to."""


def read_user(found: Found) -> Reading:
    user, asks = found.body.get("data"), found.asks
    if user is None:
        return no_user(found)
    found.drift |= fields.unknown("user", user)
    try:
        if not isinstance(user, dict):
            raise Unreadable("not a user")
        facts = user_facts(user, asks.site)
        if found.ask.purpose == "me":
            return _me(found, facts.platform_id)
        failed = {one.field for one in found.refusals}
        found.records.append(user_record(user, "/data", asks.site, failed))
    except Unreadable as error:
        return quarantined(str(error), "/data")
    reading = replace(found.reading(), account=facts)
    if asks.account and facts.platform_id != asks.account:
        return replace(reading, problem=Problem(_K.CONTRACT, "X answered with another account"))
    return reading


def no_user(found: Found) -> Reading:
    """X says of an account that is not there no more than that, or that it is suspended."""
    about = [one for one in found.refusals if one.parameter in _ASKED_FOR]
    if any(one.suspended for one in about):
        return Reading(problem=away(suspended=True))
    if any(one.kind == NOT_OURS for one in about):
        return Reading(problem=Problem(_K.PERMISSION, "X does not show us this account"))
    if not any(one.kind == NOT_FOUND for one in about):
        return quarantined("an answer without data")
    if found.ask.purpose == "identify":
        return Reading(problem=Problem(_K.GONE, "X knows no such account"))
    return Reading(problem=away(suspended=False))


def away(*, suspended: bool) -> Problem:
    if suspended:
        return Problem(_K.TAKEN_DOWN, "X says that it has suspended the account")
    return Problem(_K.DEACTIVATED, "X no longer knows the account: it was deactivated or deleted, X does not say which")


def _me(found: Found, identity: str) -> Reading:
    """Messages are those of whoever the token belongs to."""
    if identity != found.asks.account:
        return Reading(
            problem=Problem(_K.PERMISSION, "the token belongs to another account: no messages are asked for")
        )
    if found.ask.context.get("look") or found.asks.sweep == "look":
        return replace(found.reading(), present=("me",))
    settings = [found.asks.people(purpose) for purpose in wanted(found.ask.context.get("settings"))]
    follows = (found.asks.messages(), *settings)
    return replace(found.reading(), present=("me",), asks=follows)
