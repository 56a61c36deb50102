"""What LinkedIn remembers for 60 days of what was done with the page's posts: a remedy where its webhooks are not set
up, or deliveries were lost. It names posts, which are looked at because of it. Pure.

Source: Microsoft Learn, *Organization Social Action Notifications* (the ``criteria`` finder): actions, page and time
range, under ``rw_organization_admin``. Entries are the same as in deliveries, and conclude as little. Their bytes are
kept, for they may be the only words that are left of a comment that was edited or deleted before anybody looked.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Final

from connectors._linkedin_asks import Asks
from connectors._linkedin_deliveries import post_of
from connectors._linkedin_found import Found, entries_of, following, millis, name_of, onward
from connectors._linkedin_urns import page_number
from connectors.contract import Ask, Bookmark, JSONValue, Problem, Reading, SweepKind
from connectors.values import Json, Unreadable, number, thing

KEPT: Final = timedelta(days=60)
"""So long LinkedIn keeps them."""
_EVERY: Final = timedelta(hours=1)
"""They are asked for no more often."""
_REFUSED: Final = timedelta(days=1)
"""They are asked for no more often while LinkedIn refuses them."""
_OVERLAP: Final = timedelta(minutes=10)
"""By so much what is asked for reaches back into what was: nothing says that they come in order."""
_MOST: Final = 200
"""Most names that are remembered of what the next sweep is told again; of what is beyond them posts are looked at once
more."""
_NO_LEAVE: Final = (
    "LinkedIn does not let the token read notifications of the page: have an administrator of it connect the page, who"
    " grants rw_organization_admin"
)
_OF_OTHERS: Final = ("SHARE_MENTION",)
"""Actions whose post is not the page's."""


def wanted(asks: Asks, at: datetime, bookmark: Bookmark) -> Ask | None:
    """What is asked on a *new* sweep; None where it was asked lately."""
    now, known = millis(at), _time(bookmark, "notified", at)
    refused = _time(bookmark, "notifications_refused", at)
    if any(one is not None and now - one < _length(often) for one, often in ((known, _EVERY), (refused, _REFUSED))):
        return None
    since = now - _length(KEPT)
    begins = since if known is None else max(since, known - _length(_OVERLAP))
    ask = asks.notifications(begins, now, known=_texts(bookmark.get("notifications")))
    return replace(ask, context={**ask.context, "optional": True})


def refused(ask: Ask, problem: Problem) -> Reading:
    """They are not given to this token: comments are seen by what else is asked, only later. That is told, and asked
    for anew on the next day; once leave is given, as far back as what is missing."""
    told = replace(problem, detail=_NO_LEAVE)
    return Reading(problem=told, bookmark={"notifications_refused": ask.context.get("until")})


def read_notifications(found: Found, body: Json) -> Reading:
    """One page of them: the posts that they name, and all that stands under these, are asked for. Those that an earlier
    sweep was told of are passed over."""
    entries, known = entries_of(found, body), set(_texts(found.ask.context.get("known")))
    posts, fresh = dict[str, None](), False
    for place, entry in enumerate(entries):
        found.note("notification", entry)
        if name_of(entry) in known:
            continue
        fresh = True
        try:
            posts |= dict.fromkeys(_named(found, entry))
        except Unreadable as error:
            found.quarantine.append((f"/elements/{place}", str(error)))
    late = [*_texts(found.ask.context.get("late")), *_late(found, entries)][:_MOST]
    after = following(found.ask, onward(found.ask, body, entries), late=late)
    until, since = (found.ask.context.get(name) for name in ("until", "since"))
    return replace(
        found.reading(),
        asks=tuple(replace(found.asks, sweep=SweepKind.WATCH.value).known(list(posts))),
        next_page=after,
        since=datetime.fromtimestamp(since / 1000, UTC) if isinstance(since, int) else None,
        bookmark=_done(until, late) if after is None else None,
        part=fresh,
    )


def _done(until: JSONValue, late: Sequence[str]) -> dict[str, JSONValue]:
    return {"notified": until, "notifications": list(late) or None, "notifications_refused": None}


def _late(found: Found, entries: Sequence[JSONValue]) -> Iterator[str]:
    """Names of those that the next sweep will be told of again."""
    until = number(found.ask.context.get("until")) or 0
    for entry in entries:
        at = number(entry.get("lastModifiedAt")) if isinstance(entry, dict) else None
        if at is not None and at >= until - _length(_OVERLAP) and name_of(entry):
            yield name_of(entry)


def _named(found: Found, entry: JSONValue) -> list[str]:
    """Key of the page's post that one is about.

    Raises:
        Unreadable: it is about one that cannot be told, or about another page.
    """
    told = thing(entry, "not a notification")
    page = told.get("organizationalEntity")
    if not isinstance(page, str) or page_number(page) != page_number(found.asks.author):
        raise Unreadable("a notification about another page")
    if told.get("action") in _OF_OTHERS:
        return []
    key = post_of(told)
    if key is None:
        raise Unreadable("a notification that does not say which post it is about")
    return [key]


def _time(bookmark: Bookmark, name: str, at: datetime) -> int | None:
    """When something was, in milliseconds; None where it is not known, or was after now."""
    told = bookmark.get(name)
    return told if isinstance(told, int) and not isinstance(told, bool) and 0 < told <= millis(at) else None


def _length(of: timedelta) -> int:
    return of // timedelta(milliseconds=1)


def _texts(value: JSONValue) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list | tuple) else []
