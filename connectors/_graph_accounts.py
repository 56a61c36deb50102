"""Whose account an answer is about, on Instagram and Threads. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TypeVar

from connectors._graph_found import Found
from connectors._graph_values import ident, text
from connectors.contract import AccountFacts, JSONValue, Problem, ProblemKind, Reading, SeenRecord
from connectors.text import storable, tidy
from connectors.values import Json, Unreadable, thing

_Place = TypeVar("_Place")


def account_facts(value: JSONValue, home: str) -> AccountFacts:
    """Who the account is.

    Args:
        home: what stands before the name in the address of an account.

    Raises:
        Unreadable: not an account.
    """
    account = thing(value, "not an account")
    identity = ident(account.get("id"), "an account")
    handle = storable(text(account, "username") or "")
    if not handle:
        raise Unreadable("an account without a name")
    return AccountFacts(identity, handle, tidy(text(account, "name") or "") or handle, f"{home}{handle}")


def read_profile(
    found: Found[_Place], body: Json, kind: str, make: Callable[[JSONValue, _Place], SeenRecord],
    facts: Callable[[JSONValue], AccountFacts],
) -> Reading:  # fmt: skip
    """The account as a profile. Another one than was asked for is none.

    Raises:
        Unreadable: not an account.
    """
    record = found.add(kind, body, "", make)
    if record is None:
        return replace(found.reading(), problem=Problem(ProblemKind.CONTRACT, found.quarantine[0][1]))
    told = facts(body)
    if told.platform_id != found.ask.context.get("account"):
        return Reading(problem=Problem(ProblemKind.CONTRACT, "the platform answered with another account"))
    return replace(found.reading(), account=told)


def shows_anything(found: Found[_Place], body: Json) -> bool:
    """Whether a list shows anything at all.

    Raises:
        Unreadable: it is none.
    """
    return any(isinstance(entry, dict) and isinstance(entry.get("id"), str) for entry in found.entries(body))
