"""Lists of videos on TikTok, and direct looks at some, which both APIs answer in the same way. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from connectors._tiktok_found import Found
from connectors._tiktok_known import keys_of
from connectors._tiktok_pages import next_cursor, with_cursor
from connectors._tiktok_records import Place
from connectors.contract import JSONValue, Reading, SeenRecord, SweepKind
from connectors.values import Json, Unreadable

Make = Callable[[JSONValue, Place], SeenRecord]


def listed(found: Found, data: Json, kind: str, make: Make) -> Reading:
    """One page of videos, the newest first; on a *new* sweep down to the newest that is known.

    Raises:
        Unreadable: it is no page of a list, or the same as before.
    """
    found.listed(data, "videos", kind, make)
    times = _times(found.records)
    cursor, unread = next_cursor(found.ask, data, times), found.unread
    known, newest = _number(found, "newest"), max([*times, _number(found, "latest") or 0])
    reached = known is not None and any(one <= known for one in times)
    more: dict[str, JSONValue] = {"latest": newest} | ({"unread": True} if unread else {})
    after = None if cursor is None or reached else with_cursor(found.ask, cursor, **more)
    done = after is None and not unread and newest > 0 and is_new(found)
    return replace(
        found.reading(),
        next_page=after,
        whole=cursor is None and not unread,
        bookmark={"newest": newest} if done else None,
    )


def looked(found: Found, data: Json, kind: str, make: Make) -> Reading:
    """Known videos by their numbers: those that are there.

    Raises:
        Unreadable: it is about something else.
    """
    found.listed(data, "videos", kind, make)
    if not {one.key for one in found.records} <= set(keys_of(found.ask, "look")):
        raise Unreadable("another video than was asked for")
    return found.looked()


def own(data: Json) -> Reading:
    """Control: whether the token still shows a video of the account."""
    entries = data.get("videos")
    return Reading(present=("own",) if isinstance(entries, list) and entries else ())


def is_new(found: Found) -> bool:
    return found.ask.context.get("sweep") == SweepKind.NEW


def _times(records: Sequence[SeenRecord]) -> list[int]:
    return [int(one.created_at.timestamp()) for one in records if one.created_at is not None]


def _number(found: Found, name: str) -> int | None:
    given = found.ask.context.get(name)
    return given if isinstance(given, int) and not isinstance(given, bool) else None
