"""How a list of an account's own records goes on, and where the next sweep continues. Pure.

Keys of records are times (TIDs), newest first. A sweep for what is new ends at the newest record that the last complete
look knew; a full one at the end. Only then does the bookmark say that this revision of the repository was looked at.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from connectors._bluesky_asks import Asks, with_cursor
from connectors._bluesky_names import place_of, written_at
from connectors.contract import Answer, Ask, JSONValue, Problem, ProblemKind, Reading

_CLOCKS_APART = timedelta(days=1)
"""A key that names a later time than this from now says nothing of when its record was made."""


def paged(ask: Ask, answer: Answer, cursor: JSONValue, listed: Sequence[JSONValue], reading: Reading) -> Reading:
    """The same with where the list goes on."""
    if cursor is not None and (not isinstance(cursor, str) or len(cursor) > 4096):
        return replace(reading, problem=Problem(ProblemKind.CONTRACT, "the next page has no usable cursor"))
    full, known = Asks.of(ask).full, ask.context.get("known")
    last = known.get(f"{ask.purpose}.newest") if isinstance(known, Mapping) else None
    keys = [key for one in listed if (key := _key(one, answer)) is not None]
    newest = max([*keys, str(ask.context.get("newest") or "")])
    unread = ask.context.get("unread") is True or bool(reading.quarantine)
    reached = not full and isinstance(last, str) and any(key <= last for key in keys)
    if cursor and not reached:
        context = {**ask.context, "newest": newest, **({"unread": True} if unread else {})}
        return replace(reading, next_page=replace(with_cursor(ask, cursor), context=context))
    found = {f"{ask.purpose}.rev": ask.context.get("revision"), f"{ask.purpose}.newest": newest or last}
    return replace(reading, bookmark=found, whole=not cursor and not unread)


def _key(value: JSONValue, answer: Answer) -> str | None:
    """Key of a listed record, where it is a time that may be true."""
    where = place_of(value.get("uri")) if isinstance(value, dict) else None
    at = written_at(where.key) if where else None
    return where.key if where and at is not None and at <= answer.received_at + _CLOCKS_APART else None
