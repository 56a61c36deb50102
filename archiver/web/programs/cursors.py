"""Where a page of a list ends, as text for the next question: a place in the list's order, not a number of entries, so
that nothing is shown twice or left out where entries come in between. Pure.

Whoever changes one only gets another place of what they may see anyway, so it is not signed.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar

from archiver.clock import from_text, to_text
from archiver.database import safe_text
from archiver.web.places import BadPlace
from archiver.web.programs.answers import Page

Part = str | int | datetime
T = TypeVar("T")
_LARGEST = 2**62


def write(which: str, *parts: Part) -> str:
    """A place in the list called ``which``."""
    said = [which, *(to_text(one) if isinstance(one, datetime) else one for one in parts)]
    return urlsafe_b64encode(json.dumps(said, separators=(",", ":")).encode()).decode().rstrip("=")


def read(text: str | None, which: str, *kinds: type[Part]) -> tuple[Part, ...] | None:
    """The parts of a place, which are of these kinds; None where none is given: the first page.

    Raises:
        BadPlace: it is none of this list.
    """
    if text is None:
        return None
    try:
        said = json.loads(urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode())
        if type(said) is not list or len(said) != len(kinds) + 1 or said[0] != which:
            raise BadPlace("this page does not belong to this list; begin at its first")
        return tuple(_part(one, kind) for one, kind in zip(said[1:], kinds, strict=True))
    except (ValueError, Error, RecursionError) as error:
        raise BadPlace("that page of the list does not exist; begin at its first") from error


def page(found: Sequence[T], limit: int, place: Callable[[T], str]) -> Page[T]:
    """A page of at most ``limit``, of one more that was asked for."""
    some = list(found[:limit])
    return Page[T].model_construct(items=some, next=place(some[-1]) if len(found) > limit else None)


def _part(said: object, kind: type[Part]) -> Part:
    if kind is int and type(said) is int and 0 <= said < _LARGEST:
        return said
    if kind is not int and isinstance(said, str) and said == safe_text(said) and "\0" not in said:
        return from_text(said) if kind is datetime else said
    raise ValueError("not what stands there")
