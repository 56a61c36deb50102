"""The next page of a list of Meta's Graph API. Pure.

An answer names it as a whole address, ``paging.next``, with the token in it. That address is never followed. The next
question is built from ``paging.cursors.after``, or, of lists that are paged by time, from the parameters of that
address that say where to go on. No ``next`` means that there is no more; an empty page does not.
"""

from __future__ import annotations

import re
from dataclasses import replace
from urllib.parse import parse_qsl

from connectors.contract import Ask, JSONValue
from connectors.links import web
from connectors.values import Json, Unreadable, part

_LONGEST = 4096
_LIMIT = re.compile(r"(?<=[?&]limit=)([0-9]{1,4})(?=&|$)")
_SMALLEST = 5
_BY_TIME = {"until": re.compile(r"[0-9]{1,12}"), "__paging_token": re.compile(r"[\w.=|:-]{1,512}")}


def next_page(ask: Ask, body: Json, **context: JSONValue) -> Ask | None:
    """The page after ``body``; None where the platform says that there is no more.

    Raises:
        Unreadable: it says that there is more, and not where.
    """
    paging = part(body, "paging")
    following = paging.get("next")
    if following is None:
        return None
    place = _cursor(paging) or _by_time(following)
    if not place:
        raise Unreadable("a next page without a usable place")
    return replace(ask, parameters=place, context={**ask.context, **context})


def _cursor(paging: Json) -> tuple[tuple[str, str], ...]:
    after = part(paging, "cursors").get("after")
    return (("after", after),) if isinstance(after, str) and 0 < len(after) <= _LONGEST and after.isascii() else ()


def _by_time(following: JSONValue) -> tuple[tuple[str, str], ...]:
    parts = web(following) if isinstance(following, str) else None
    given = dict(parse_qsl(parts.query)) if parts is not None else {}
    found = tuple((name, given[name]) for name, form in _BY_TIME.items() if form.fullmatch(given.get(name, "")))
    return found if any(name == "until" for name, _ in found) else ()


def smaller(ask: Ask) -> Ask | None:
    """The same page, asked for with half of its entries; None where it is small already."""
    match = _LIMIT.search(ask.url)
    size = int(match[1]) // 2 if match is not None else 0
    if match is None or size < _SMALLEST:
        return None
    return replace(ask, url=f"{ask.url[: match.start(1)]}{size}{ask.url[match.end(1) :]}")
