"""Values as the X API writes them: ids, times inside ids, texts, counts. Pure."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import TypeGuard

from connectors.answers import moment
from connectors.contract import JSONValue
from connectors.text import storable, tidy
from connectors.values import Json, Unreadable, text

ID = re.compile(r"[0-9]{1,19}")
_EPOCH = datetime(2010, 11, 4, 1, 42, 54, 657000, tzinfo=UTC)
_FIRST_WITH_TIME = 29_700_859_247
"""The first id that holds a time; before it they were counted."""
_MILLISECOND = timedelta(milliseconds=1)
_LARGEST = 2**53
_STATUS = re.compile(
    r"https?://(?:www\.|mobile\.)?(?:x|twitter)\.com/[^/?#]{1,40}(?:/web)?/status(?:es)?/([0-9]{1,19})"
)
_OWN_FILE = re.compile(r"/(?:photo|video)/\d{1,2}/?$")


def ident(value: JSONValue, what: str) -> str:
    """A usable id: up to 19 digits, as text.

    Raises:
        Unreadable: anything else.
    """
    if not isinstance(value, str) or not ID.fullmatch(value):
        raise Unreadable(f"{what} has no usable id")
    return value


def optional_id(value: Json, name: str) -> str | None:
    """An id that may be missing.

    Raises:
        Unreadable: it is there, and is none.
    """
    return None if value.get(name) in (None, "") else ident(value[name], name)


def given_at(identity: str) -> datetime | None:
    """When an id was given, to the millisecond: ids of posts and messages hold their time (*snowflakes*). None for
    those of 2010 and before."""
    number = int(identity)
    return _EPOCH + (number >> 22) * _MILLISECOND if number >= _FIRST_WITH_TIME else None


def time_in(value: JSONValue) -> datetime | None:
    """When an id was given; None also for what is none."""
    return given_at(value) if isinstance(value, str) and ID.fullmatch(value) else None


def time_of(identity: str, value: Json) -> datetime:
    """When a post or message was made: by its id, else by what it says.

    Raises:
        Unreadable: neither tells.
    """
    at = given_at(identity) or moment(value.get("created_at"))
    if at is None:
        raise Unreadable("created_at is not a time")
    return at


def words(value: Json, name: str) -> str:
    """What somebody wrote. X gives ``&``, ``<`` and ``>`` in posts and messages as HTML does."""
    return tidy(html.unescape(text(value, name)))


def part(value: Json, *names: str) -> Json:
    """A part of an object, by the first of its names that is there; empty where there is none.

    Raises:
        Unreadable: it is no object.
    """
    found: JSONValue = next((value[name] for name in names if value.get(name) is not None), {})
    if not isinstance(found, dict):
        raise Unreadable(f"{names[0]} is not an object")
    return found


def objects(value: Json, *names: str) -> list[Json]:
    """A list of objects, by the first of its names that is there; empty where there is none.

    Raises:
        Unreadable: it is something else.
    """
    found: JSONValue = next((value[name] for name in names if value.get(name) is not None), [])
    if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
        raise Unreadable(f"{names[0]} is not a list of objects")
    return found


def id_list(value: Json, *names: str) -> list[str]:
    """A list of ids, by the first of its names that is there; empty where there is none.

    Raises:
        Unreadable: it is something else.
    """
    found: JSONValue = next((value[name] for name in names if value.get(name) is not None), [])
    if not isinstance(found, list):
        raise Unreadable(f"{names[0]} is not a list")
    return [ident(one, names[0]) for one in found]


def keys(value: Json, name: str) -> list[str]:
    """A list of media keys.

    Raises:
        Unreadable: it is something else.
    """
    found = value.get(name, [])
    if not isinstance(found, list) or not all(isinstance(one, str) and 0 < len(one) <= 64 for one in found):
        raise Unreadable(f"{name} is not a list of keys")
    return [storable(one) for one in found]


def counts(value: Json, names: Mapping[str, tuple[str, ...]]) -> dict[str, int]:
    """The platform's numbers, by what this archive calls them."""
    found = {name: next((value[one] for one in fields if one in value), None) for name, fields in names.items()}
    return {name: number for name, number in found.items() if is_count(number)}


def is_count(value: JSONValue) -> TypeGuard[int]:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _LARGEST


def links(entities: Json) -> dict[str, JSONValue]:
    """Where the shortened links (``t.co``) of a text lead. Not those to its own pictures; those to posts without the
    name of their author and the host, which may change.

    Raises:
        Unreadable: they are not what was promised.
    """
    found: dict[str, JSONValue] = {}
    for short, full in _pairs(entities):
        post = _STATUS.match(full)
        if post is None:
            found[storable(short)] = storable(full)
        elif not _OWN_FILE.search(full):
            found[storable(short)] = f"https://x.com/i/web/status/{post[1]}"
    return found


def _pairs(entities: Json) -> Iterator[tuple[str, str]]:
    for one in objects(entities, "urls"):
        short, full = one.get("url"), one.get("expanded_url")
        if isinstance(short, str) and isinstance(full, str) and short and full:
            yield short, full
