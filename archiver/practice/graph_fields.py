"""The ``fields`` parameter of Meta's Graph API: names, sub-fields in braces, calls such as ``limit(0)``, aliases."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_CALL = re.compile(r"\.([a-z_]+)\(([^()]*)\)")


class BadFields(ValueError):  # noqa: N818 - an answer of the platform
    """Not a list of fields."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """One field that is asked for."""

    name: str
    calls: Mapping[str, str] = field(default_factory=dict)
    inner: tuple[Wanted, ...] = ()

    @property
    def shown_as(self) -> str:
        return self.calls.get("as", self.name)


def parsed(text: str) -> tuple[Wanted, ...]:
    """The fields that a text asks for.

    Raises:
        BadFields: it cannot be read.
    """
    found, end = _several(text, 0)
    if end != len(text):
        raise BadFields(text)
    return found


def _several(text: str, at: int) -> tuple[tuple[Wanted, ...], int]:
    found = []
    while True:
        one, at = _one(text, at)
        found.append(one)
        if text[at : at + 1] != ",":
            return tuple(found), at
        at += 1


def _one(text: str, at: int) -> tuple[Wanted, int]:
    name = _NAME.match(text, at)
    if name is None:
        raise BadFields(text)
    at = name.end()
    calls: dict[str, str] = {}
    inner: tuple[Wanted, ...] = ()
    while call := _CALL.match(text, at):
        calls[call[1]] = call[2]
        at = call.end()
    if text[at : at + 1] == "{":
        inner, at = _several(text, at + 1)
        if text[at : at + 1] != "}":
            raise BadFields(text)
        at += 1
    return Wanted(name[0], calls, inner), at


def selected(whole: Mapping[str, Any], wanted: Sequence[Wanted]) -> dict[str, Any]:
    """What is asked for of a thing. Its id always comes; what is empty is left out. ``whole`` may hold, under the name
    of a field, a function that takes the :class:`Wanted` and makes it."""
    found: dict[str, Any] = {}
    for one in wanted:
        value = whole.get(one.name)
        if callable(value):
            value = value(one)
        elif one.inner and isinstance(value, dict):
            value = _inside(value, one.inner)
        if value is not None:
            found[one.shown_as] = value
    return found | ({"id": whole["id"]} if "id" in whole else {})


def _inside(value: Mapping[str, Any], wanted: Sequence[Wanted]) -> dict[str, Any]:
    inner = value.get("data")
    if isinstance(inner, list):
        return {**value, "data": [selected(one, wanted) for one in inner]}
    if isinstance(inner, dict):  # (as a picture is)
        return {**value, "data": selected(inner, wanted)}
    return selected(value, wanted)
