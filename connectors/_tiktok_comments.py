"""What is said under videos on TikTok, at both levels; and direct looks at it. Pure.

The list of a video has its comments alone, the replies to each are a list of their own. All of them together are what
one sees under the video, so they are read as pages of one list: after each page of comments the replies to those that
have more than stand inside them, then the next page. Hidden ones are among them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from connectors import _offset_pages
from connectors._offset_pages import OVERLAP, Onward, tail_of
from connectors._tiktok_asks import BESIDE, COMMENTS, Asks
from connectors._tiktok_found import Found, data_of
from connectors._tiktok_known import keys_of
from connectors._tiktok_pages import CIRCLE, cursor_of, goes_on, with_cursor
from connectors._tiktok_records import VIDEO, comment, number_of, video_key
from connectors.contract import Ask, JSONValue, Problem, ProblemKind, Reading
from connectors.values import Json, Unreadable, number, objects

SORTED = 500
"""So many comments TikTok lists in the order that was asked for; behind them by their likes, and some twice."""
INSIDE = 3
"""Most replies that stand inside a comment."""


def comments(found: Found, body: Json) -> Reading:
    """One page of the comments on a video; then the replies to those that have any."""
    before = tail_of(found.ask)
    entries, step = _page(found, body)
    more = [_name(entry) for at, entry in enumerate(entries) if _goes_on(found, entry, f"/data/comments/{at}")]
    # (what a page repeats of the one before had its turn there)
    answered = [one for one in more if one and one not in before]
    resume = None if step.start is None else {"cursor": step.start, **step.context}
    return _onward(found, step, None, answered, resume)


def _goes_on(found: Found, entry: Json, pointer: str) -> bool:
    """Add the replies that stand inside a comment, which are few at most. Whether there may be others."""
    try:
        inside = objects(entry, "reply_list") if entry.get("reply_list") is not None else []
    except Unreadable as error:
        found.quarantine.append((f"{pointer}/reply_list", str(error)))
        return True
    video, above = str(found.ask.context.get("video")), _name(entry) or None
    for at, reply in enumerate(inside):
        place = found.place(f"{pointer}/reply_list/{at}")
        found.add("comment", reply, place.pointer, lambda one=reply, at=place: comment(one, at, video, above))  # type: ignore[misc]
    told = number(entry.get("replies"))
    return len(inside) >= INSIDE or told is None or told > len(inside)


def replies(found: Found, body: Json) -> Reading:
    """One page of the replies to a comment."""
    _, step = _page(found, body)
    page = None if step.start is None else with_cursor(found.ask, step.start, **step.context)
    pending = found.ask.context.get("pending")
    left = [one for one in pending if isinstance(one, str)] if isinstance(pending, list | tuple) else []
    return _onward(found, step, page, left, found.ask.context.get("resume"))


def _page(found: Found, body: Json) -> tuple[list[Json], Onward]:
    data = data_of(found, body, "answer", "comments")
    video, under = str(found.ask.context.get("video")), found.ask.context.get("to")
    above = under if isinstance(under, str) else None
    entries = found.listed(data, "comments", "comment", lambda one, place: comment(one, place, video, above))
    start, names = cursor_of(found.ask), [_name(one) for one in entries]
    return entries, _offset_pages.onward(found.ask, names, start, _next(data, start, len(names)), CIRCLE)


def _name(entry: Json) -> str:
    named = entry.get("comment_id")
    return named if isinstance(named, str) else ""


def _next(data: Json, start: int, count: int) -> int | None:
    """Where the next page begins. TikTok counts from the beginning; what would be something else is taken as it is."""
    if not goes_on(data):
        return None
    told = number(data.get("cursor"))
    if told is None or told <= start:
        raise Unreadable(CIRCLE)
    counted = count > OVERLAP and told - start <= max(count, COMMENTS)
    return told - OVERLAP if counted else told


def _onward(found: Found, step: Onward, page: Ask | None, pending: Sequence[str], resume: JSONValue) -> Reading:
    """The same with the next page of the list: of the replies to one comment, of those to the next one, and then the
    next one of the comments themselves."""
    if found.ask.context.get("seen") is True:  # as earlier releases asked: as everybody sees it, and as public
        return replace(found.reading(), next_page=Asks.of(found.ask).comments(str(found.ask.context.get("video"))))
    unread = found.unread or step.torn or cursor_of(found.ask) >= SORTED
    more: dict[str, JSONValue] = {"unread": True} if unread else {}
    ask = found.ask
    if page is not None:
        after: Ask | None = replace(page, context={**page.context, **more})
    elif pending:
        after = Asks.of(ask).replies(ask, pending[0], pending=list(pending[1:]), resume=resume, **more)
    else:
        after = _resumed(ask, resume, more)
    return replace(found.reading(), next_page=after, whole=after is None and not unread)


def _resumed(ask: Ask, resume: JSONValue, more: dict[str, JSONValue]) -> Ask | None:
    cursor = resume.get("cursor") if isinstance(resume, dict) else None
    if not isinstance(resume, dict) or not isinstance(cursor, int):
        return None
    first = Asks.of(ask).comments(str(ask.context.get("video")))
    return with_cursor(first, cursor, **{name: resume.get(name) for name in ("tail", "head")}, **more)


# Known comments.


def gate(found: Found, body: Json) -> Reading:
    """Whether the video is there that known comments are on: they are asked for now."""
    video, keys, asks = str(found.ask.context.get("video")), keys_of(found.ask, "for"), Asks.of(found.ask)
    there = _there(found, body)
    return Reading(asks=(asks.some(video, keys, _beside(found)) if there else asks.look_without(video, keys),))


def some(found: Found, body: Json) -> Reading:
    """Whether the list of the video's comments shows one, which may then vouch for those that are asked for; else
    those on other videos may, where any are known."""
    video, keys, asks = str(found.ask.context.get("video")), keys_of(found.ask, "for"), Asks.of(found.ask)
    shown, beside = objects(data_of(found, body, "answer", "comments"), "comments"), _beside(found)
    if not shown and not beside:
        return Reading(asks=(asks.elsewhere(video, keys),))
    return Reading(asks=tuple(asks.look_at_comments(video, keys, beside=[video, *beside] if shown else beside)))


def _beside(found: Found) -> list[str]:
    """Other videos on which comments are known to be there. Questions of earlier releases named none."""
    return [key for key in keys_of(found.ask, "beside") if key.startswith(f"{VIDEO}/")]


def elsewhere(found: Found, body: Json) -> Reading:
    """Those of the newest videos that say that they have comments vouch, the one with the most first. That number is
    told late, but a comment itself has to be shown. Where there is none, nothing can be concluded: the video has to
    vouch for itself."""
    video, keys, asks = str(found.ask.context.get("video")), keys_of(found.ask, "for"), Asks.of(found.ask)
    told = objects(data_of(found, body, "answer", "items"), "videos")
    others = {key: number(one.get("comments")) or 0 for one in told if (key := video_key(one.get("item_id"))) != video}
    most_first = sorted(others, key=others.__getitem__, reverse=True)
    beside = [key for key in most_first if others[key]][:BESIDE] or most_first[:1] or [video]
    return Reading(asks=tuple(asks.look_at_comments(video, keys, beside=beside)))


def without(found: Found, body: Json) -> Reading:
    """The video is not there: its comments went with it, which this says of each of them."""
    if _there(found, body):
        return Reading(problem=Problem(ProblemKind.CONTRACT, "a video was not there, and is there again"))
    return Reading()


def look_at_comments(found: Found, body: Json) -> Reading:
    """Known comments by their numbers: those that are there."""
    video, wanted = str(found.ask.context.get("video")), keys_of(found.ask, "look")
    data = data_of(found, body, "answer", "comments")
    found.listed(data, "comments", "comment", lambda one, place: comment(one, place, video, None))
    if goes_on(data) or not {one.key for one in found.records} <= set(wanted):
        raise Unreadable("other comments than were asked for")
    return found.looked()


def emptied(found: Found, body: Json) -> Reading:
    """Control of earlier releases: whether the video still says that it has no comments. No longer asked, since TikTok
    tells that number late."""
    empty = any(number(one.get("comments")) == 0 for one in _there(found, body))
    return Reading(present=("emptied",) if empty else ())


def others(found: Found, body: Json) -> Reading:
    """Control: whether the list of a video's comments shows one, and which."""
    data, video = data_of(found, body, "answer", "comments"), str(found.ask.context.get("video"))
    found.listed(data, "comments", "comment", lambda one, place: comment(one, place, video, None))
    return Reading(present=("others", *(one.key for one in found.records)) if found.records else ())


def _there(found: Found, body: Json) -> list[Json]:
    """What an answer shows of the video that the question was about.

    Raises:
        Unreadable: the answer is about something else.
    """
    data, video = data_of(found, body, "answer", "items"), number_of(str(found.ask.context.get("video")))
    entries = objects(data, "videos")
    if any(number_of(video_key(one.get("item_id"))) != video for one in entries):
        raise Unreadable(f"another {VIDEO} than was asked for")
    return entries
