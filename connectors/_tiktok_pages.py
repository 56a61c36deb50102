"""How lists of TikTok go on: the place in one stands in ``cursor``, of a question's query or body. Pure."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace

from connectors.contract import Ask, JSONValue
from connectors.values import Json, Unreadable, number

CIRCLE = "TikTok gave the same page of a list again"
_SECOND = 1000


def with_cursor(ask: Ask, cursor: int, **context: JSONValue) -> Ask:
    """The page of the same list that begins at a place."""
    known = {**ask.context, **context}
    if ask.body is not None:
        return replace(ask, body=as_body({**json.loads(ask.body), "cursor": cursor}), context=known)
    kept = tuple(pair for pair in ask.parameters if pair[0] != "cursor")
    return replace(ask, parameters=(*kept, ("cursor", str(cursor))), context=known)


def cursor_of(ask: Ask) -> int:
    """Where in its list a page begins; 0: at its beginning."""
    if ask.body is not None:
        return int(json.loads(ask.body).get("cursor", 0))
    given = dict(ask.parameters).get("cursor", "0")
    return int(given) if given.isascii() and given.isdigit() and len(given) < 16 else 0


def as_body(value: JSONValue) -> bytes:
    """A question as JSON, always in the same bytes."""
    return json.dumps(value, separators=(",", ":")).encode()


def goes_on(data: Json) -> bool:
    """Whether a list says that it has more.

    Raises:
        Unreadable: it does not say.
    """
    more = data.get("has_more")
    if not isinstance(more, bool):
        raise Unreadable("a list that does not say whether it goes on")
    return more


def next_cursor(ask: Ask, data: Json, times: Sequence[int]) -> int | None:
    """Where the next page of a list of videos begins; None at its end.

    A page ends at the time of its last video, and the next one has what is older: where several were published in that
    second, the rest of them would be passed over. So one begins a second later, which repeats what there was of it; but
    not where that gave nothing else.

    Args:
        times: seconds, of the videos of this page.

    Raises:
        Unreadable: it goes on where it began.
    """
    if not goes_on(data):
        return None
    told, asked = number(data.get("cursor")), cursor_of(ask)
    if told is None or (asked and told >= asked):
        raise Unreadable(CIRCLE)
    overlapping = told + _SECOND
    before = any(one * _SECOND < told for one in times) or len(set(times)) > 1 or not asked
    return overlapping if before and (not asked or overlapping < asked) else told
