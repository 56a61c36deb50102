"""Values of Meta's Graph API, as Facebook, Instagram and Threads write them: ids, times, counts, links, files. Pure."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from urllib.parse import parse_qsl, urlencode, urlsplit

from connectors.answers import moment
from connectors.contract import JSONValue, MediaRef
from connectors.links import is_web, web
from connectors.text import storable
from connectors.values import Json, Unreadable, number, part

_ID = re.compile(r"[A-Za-z0-9_.:=-]{1,256}")
_FILE = re.compile(r"([^/]{1,200})\.[A-Za-z0-9]{2,5}")
_SHIMS = ("l.facebook.com", "lm.facebook.com", "l.instagram.com", "l.threads.com", "l.threads.net")
_COUNTERS = ("fbclid",)
"""Parameters that the platform itself adds to a link, to count who follows it."""


def ident(value: JSONValue, what: str) -> str:
    """A usable id.

    Raises:
        Unreadable: anything else.
    """
    if not is_ident(value):
        raise Unreadable(f"{what} has no usable id")
    return str(value)


def is_ident(value: JSONValue) -> bool:
    """Whether it is a usable id."""
    return isinstance(value, str) and _ID.fullmatch(value) is not None


def listed(value: Json, name: str) -> Sequence[JSONValue]:
    """The entries of a list inside a thing (``{"data": […]}``); none where it is left out.

    Raises:
        Unreadable: it is no list.
    """
    found = part(value, name).get("data", [])
    if not isinstance(found, list):
        raise Unreadable(f"{name} is not a list")
    return found


def text(value: Json, name: str) -> str | None:
    """A text; None where it is left out.

    Raises:
        Unreadable: it is no text.
    """
    found = value.get(name)
    if found is not None and not isinstance(found, str):
        raise Unreadable(f"{name} is not text")
    return found


def flag(value: Json, name: str) -> bool | None:
    """True or false; None where it is left out.

    Raises:
        Unreadable: it is neither.
    """
    found = value.get(name)
    if found is not None and not isinstance(found, bool):
        raise Unreadable(f"{name} is neither true nor false")
    return found


def when(value: Json, name: str) -> datetime:
    """A time.

    Raises:
        Unreadable: there is none.
    """
    at = time_of(value.get(name))
    if at is None:
        raise Unreadable(f"{name} is not a time")
    return at


def time_of(value: JSONValue) -> datetime | None:
    """A time with its zone (``2026-07-21T21:05:14+0000``), or seconds since 1970, as a number or a text of digits."""
    if isinstance(value, str) and not (value.isascii() and value.isdigit()):
        return moment(value)
    if isinstance(value, bool) or not isinstance(value, int | str) or len(str(value)) > 11:
        return None
    return datetime.fromtimestamp(int(value), UTC) if int(value) >= 0 else None


def total(edge: JSONValue) -> int | None:
    """How many there are of what an edge leads to (``summary(total_count)``)."""
    summary = edge.get("summary") if isinstance(edge, dict) else None
    return number(summary.get("total_count")) if isinstance(summary, dict) else None


def unshimmed(address: JSONValue) -> str | None:
    """Where a link leads, without the platform's own page in between, whose parameters change with every answer."""
    if not isinstance(address, str):
        return None
    parts = web(address)
    if parts is None:
        return storable(address) or None
    if parts.hostname in _SHIMS and parts.path in ("/l.php", "/"):
        led = next((value for name, value in parse_qsl(parts.query) if name == "u"), None)
        if led is None or web(led) is None:
            return None
        address, parts = led, urlsplit(led)
    if any(f"{name}=" in parts.query for name in _COUNTERS):
        kept = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] not in _COUNTERS]
        address = parts._replace(query=urlencode(kept)).geturl()
    return storable(address)


def file_name(address: JSONValue) -> str | None:
    """What names a file on Meta's servers, however often its address is signed anew; None where it is no web address.

    The last part of the path stays; its folders say in which size, the query who may fetch it and until when. The
    picture of a link's preview is named by the address that it was made from.
    """
    if not isinstance(address, str) or not is_web(address):
        return None
    parts = urlsplit(address)
    source = next((value for name, value in parse_qsl(parts.query) if name == "url"), None)
    if source is not None:
        return f"preview-{short(source)}"
    match = _FILE.fullmatch(parts.path.rpartition("/")[2])
    if match is None or not match[1].isascii():
        return f"path-{short(parts.path)}"
    return storable(match[1])


def unique(files: Iterable[MediaRef]) -> Iterator[MediaRef]:
    """Each file once."""
    known = set()
    for file in files:
        if file.key not in known:
            known.add(file.key)
            yield file


def short(words: str) -> str:
    """A short name for long words: the same for the same."""
    return hashlib.sha256(words.encode("utf-8", "replace")).hexdigest()[:16]
