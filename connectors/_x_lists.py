"""Lists of the X API: what they show, how far they reach, what follows from them. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from connectors._x_asks import KEPT, LISTED, MARGIN, SEARCHED, with_page
from connectors._x_found import Found, add_included, unshown
from connectors._x_problems import NOT_FOUND, NOT_OURS
from connectors._x_users import no_user
from connectors._x_values import given_at, is_count, time_in
from connectors.bodies import quarantined
from connectors.contract import Ask, JSONValue, Reading, RecordKind
from connectors.values import Json

_LONGEST_TOKEN = 4096
_SURE = 9 / 10
"""Part of what X gives of a list at most, up to which it is taken as everything there is."""
_SHORT = "/meta/result_count"


def read_list(found: Found) -> Reading:
    data = found.body.get("data")
    meta = found.body.get("meta")
    counted = meta.get("result_count") if isinstance(meta, dict) else None
    if data is None:
        if counted != 0:
            return _refused(found)
        data = []
    if not isinstance(data, list):
        return quarantined("a list without its entries")
    token = meta.get("next_token") if isinstance(meta, dict) else None
    if token is not None and (not isinstance(token, str) or not 0 < len(token) <= _LONGEST_TOKEN):
        return quarantined("a next page without a usable token")
    if is_count(counted) and counted != len(data):
        found.quarantine.append((_SHORT, "another number of entries than is said"))
    add = found.message if found.ask.purpose == "messages" else found.post
    for number, one in enumerate(data):
        add(one, f"/data/{number}")
    if found.ask.purpose != "messages":
        add_included(found, data)
    return _paged(found, token, len(data))


def _refused(found: Found) -> Reading:
    """A list that is not given: X says why, about the user whose list it is."""
    if found.ask.purpose in LISTED:
        return no_user(found)
    if found.ask.purpose == "quotes" and any(one.kind in (NOT_FOUND, NOT_OURS) for one in found.refusals):
        return Reading()  # the post itself is looked at elsewhere
    return quarantined("a list without its entries")


def _paged(found: Found, token: str | None, size: int) -> Reading:
    """The same with what follows: the next page, threads to look into, where the next sweep begins."""
    context = found.ask.context
    before = context.get("listed")
    listed = size + (before if is_count(before) else 0)
    newest = context.get("newest") or _newest(found)
    short = context.get("short") is True or any(place == _SHORT for place, _ in found.quarantine)
    reading = replace(found.reading(), asks=tuple(_following(found)))
    if token is not None:
        more: dict[str, JSONValue] = {"listed": listed, "unread": found.unread, "short": short}
        more |= {"newest": newest} if newest else {}
        more |= {"oldest": oldest} if (oldest := _oldest(found)) else {}
        return replace(reading, next_page=with_page(found.ask, token, **more))
    whole, since = _reach(found, listed)
    if found.unread:
        whole, since = False, None
    # What could not be read is kept, and read again by a later reader; what was left out has to be asked for again.
    goes_on = newest and found.ask.purpose in LISTED and not short
    return replace(reading, whole=whole, since=since, bookmark={found.ask.purpose: newest} if goes_on else None)


def _reach(found: Found, listed: int) -> tuple[bool, datetime | None]:
    """Whether a list that ends here was everything there is; else since when it is."""
    purpose, context = found.ask.purpose, found.ask.context
    after = context.get("after")
    if purpose in LISTED and isinstance(after, str):
        return False, given_at(after)
    if purpose == "mentions" and not listed:
        return False, None  # there may be none left, which is nothing to be suspicious of
    if purpose in LISTED:
        if listed < LISTED[purpose] * _SURE:
            return True, None
        oldest = _oldest(found)
        return False, given_at(oldest) if oldest else None
    if purpose == "conversation":
        since = found.received_at - SEARCHED + MARGIN
        began = given_at(str(context.get("key", "")).partition("/")[2] or "0")
        return (True, None) if began is not None and began > since else (False, since)
    return False, found.received_at - KEPT + MARGIN if purpose == "messages" else None


def _newest(found: Found) -> str | None:
    identities = [one["id"] for one in _data(found) if isinstance(one.get("id"), str) and time_in(one["id"])]
    return max(identities, key=int, default=None)


def _oldest(found: Found) -> str | None:
    """Id of the oldest entry of this page and those before."""
    before = found.ask.context.get("oldest")
    identities = [one["id"] for one in _data(found) if isinstance(one.get("id"), str) and time_in(one["id"])]
    identities += [before] if isinstance(before, str) and before.isdigit() else []
    return min(identities, key=int, default=None)


def _data(found: Found) -> list[Json]:
    data = found.body.get("data")
    return [one for one in data if isinstance(one, dict)] if isinstance(data, list) else []


# Threads and versions that follow.


def _following(found: Found) -> Iterator[Ask]:
    asks = found.asks
    if found.ask.purpose == "posts":
        since = found.received_at - SEARCHED
        own = [one for one in found.records if one.kind is RecordKind.POST and not one.retrospective]
        for record in own:
            if record.author is None or record.author.id != asks.account:
                continue
            recent = record.created_at is not None and record.created_at > since
            if recent and (record.counts.get("replies", 1) > 0 or asks.full):
                yield asks.conversation(record.key)
            if record.counts.get("quotes", int(recent and not asks.counts)) > 0:
                yield asks.quotes(record.key)
    yield from asks.versions(unshown(found))
