"""Whose account an answer is about, on Instagram and Threads. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import TypeVar

from connectors._graph_found import Found
from connectors._graph_values import file_name, ident, text
from connectors.contract import (
    AccountFacts,
    Author,
    JSONValue,
    MediaRef,
    Problem,
    ProblemKind,
    Reading,
    RecordKind,
    SeenRecord,
)
from connectors.text import storable, tidy
from connectors.values import Json, Unreadable, counts, thing

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


def profile_of(
    value: JSONValue, pointer: str, home: str, *, said: Mapping[str, str], picture: str,
    numbers: Mapping[str, str] | None = None,
) -> SeenRecord:  # fmt: skip
    """The account as a profile.

    Args:
        home: what stands before the name in the address of an account.
        said: what it says of itself: what that is called here, and by the platform.
        picture: what the platform calls the address of its picture.
        numbers: as ``said``.

    Raises:
        Unreadable: not an account.
    """
    account = thing(value, "not an account")
    facts = account_facts(account, home)
    given = {name: text(account, there) for name, there in said.items()}
    content: dict[str, JSONValue] = {"username": facts.handle}
    content |= {name: tidy(found) for name, found in given.items() if found is not None}
    address = account.get(picture)
    name = file_name(address)
    lines = (content.get("name") or facts.handle, content.get("biography"))
    return SeenRecord(
        key=f"account/{facts.platform_id}",
        kind=RecordKind.PROFILE,
        place=pointer,
        content=content,
        text="\n\n".join(str(line) for line in lines if line),
        author=Author(facts.platform_id, facts.name, facts.handle, facts.url),
        url=facts.url,
        counts=counts(account, numbers or {}),
        media=() if name is None else (MediaRef(f"picture/{name}", str(address), "image"),),
        word="profile",
    )
