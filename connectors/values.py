"""Values in the body of an answer, taken only where they are what the platform promises. Pure.

What is missing or of another type makes the one part of the body that holds it :class:`Unreadable`: that part is
quarantined, and what stands beside it is read.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

from connectors.answers import moment
from connectors.contract import JSONValue
from connectors.text import storable

#: An object of a body, as :func:`json.loads` returns it.
Json = Mapping[str, JSONValue]

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_LARGEST = 2**53
"""From here on not every program that reads JSON knows one whole number from the next."""


class Unreadable(ValueError):  # noqa: N818 - named as the cause
    """This part is not what the platform promises. The message says why and repeats nothing of it."""


def thing(value: JSONValue, otherwise: str) -> Json:
    """An object.

    Raises:
        Unreadable: anything else; ``otherwise`` is what it then says.
    """
    if not isinstance(value, dict):
        raise Unreadable(otherwise)
    return value


def part(value: Json, name: str) -> Json:
    """An object inside an object; empty where it is left out or null.

    Raises:
        Unreadable: it is something else.
    """
    found = value.get(name)
    return {} if found is None else thing(found, f"{name} is not an object")


def objects(value: Json, name: str) -> list[Json]:
    """A list of objects. It must be there: a list that is left out is not one that is empty.

    Raises:
        Unreadable: it is not there, or something else.
    """
    listed = value.get(name)
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        raise Unreadable(f"{name} is not a list of objects")
    return listed


def text(value: Json, name: str, missing: str | None = None) -> str:
    """A text; ``missing``, where that is given, in place of one that is left out or null.

    Raises:
        Unreadable: it is something else, or not there.
    """
    found = value.get(name)
    if found is None and missing is not None:
        return missing
    if not isinstance(found, str):
        raise Unreadable(f"{name} is not text")
    return found


def given(value: Json, *names: str) -> dict[str, str]:
    """Those of these texts that an answer gives, by their names, as they can be stored. One that is left out, or null,
    was not sent: it is left out here too, and so it is not compared. Where somebody emptied it, it is given empty.

    Raises:
        Unreadable: one is something else than text.
    """
    return {name: storable(text(value, name)) for name in names if value.get(name) is not None}


def ident(value: JSONValue, what: str) -> str:
    """A usable id: up to 64 letters, digits, ``_`` and ``-``; or a whole number, as text.

    Raises:
        Unreadable: anything else; it says that ``what`` has none.
    """
    written = str(value) if isinstance(value, int) and not isinstance(value, bool) else value
    if not isinstance(written, str) or not _ID.fullmatch(written):
        raise Unreadable(f"{what} has no usable id")
    return written


def when(value: Json, name: str) -> datetime:
    """A time with its zone, in UTC.

    Raises:
        Unreadable: it is none.
    """
    at = moment(value.get(name))
    if at is None:
        raise Unreadable(f"{name} is not a time")
    return at


def number(value: JSONValue) -> int | None:
    """A whole number from 0 on; None for anything else, since a number that cannot be read spoils no record."""
    usable = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _LARGEST
    return value if usable else None


def counts(value: Json, names: Mapping[str, str]) -> dict[str, int]:
    """The platform's numbers. ``names``: what they are called here, and by the platform. What is none is left out."""
    found = {name: number(value.get(told)) for name, told in names.items()}
    return {name: one for name, one in found.items() if one is not None}
