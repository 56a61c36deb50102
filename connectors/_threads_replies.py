"""What is said under posts on Threads: whether anything is new, what waits for approval, which replies there are; and
whose reply vouches for looks at others. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from connectors._beside import MOST, in_order
from connectors._graph_found import idents, thread_of
from connectors._graph_values import is_ident
from connectors._threads_asks import MEDIA, REPLY, carried
from connectors._threads_found import Found, number
from connectors._threads_records import approvals, everybody_sees_reply, pending_record
from connectors._threads_words import words
from connectors.contract import Ask, JSONValue, Reading
from connectors.values import Json

_STATUS = "reply_approval_status"

# Whether anything is new.


def peek(found: Found, body: Json) -> Reading:
    """The newest reply to a post. Where it is another one than when it was last looked at, all are asked for."""
    post, entries = str(found.ask.context.get("post")), found.entries(body)
    newest = entries[0].get("id") if entries and isinstance(entries[0], dict) else None
    known = found.ask.context.get("newest")
    before = known.get(post) if isinstance(known, dict) else None
    changed = newest is not None and newest != before
    return next_peek(found, (found.asks.replies_of(post),) if changed else (), newest)


def next_peek(found: Found, following: Iterable[Ask], newest: JSONValue) -> Reading:
    """On to the next post; after the last, what was seen is remembered."""
    context = found.ask.context
    known, told = (dict(one) if isinstance(one := context.get(name), dict) else {} for name in ("newest", "told"))
    if isinstance(newest, str):
        told[str(context.get("post"))] = newest
    left = idents(found.ask, "left")
    if left:
        return Reading(asks=(*following, found.asks.peek(left[0], left[1:], told, known)))
    return Reading(asks=tuple(following), bookmark={"newest": told})


# What waits, and what stands.


def pending(found: Found, body: Json) -> Reading:
    """Replies that wait for approval, or were passed over, with their words: nobody else sees them. Then all others."""
    entries = found.entries(body)
    for place, entry in enumerate(entries):
        record = found.add(REPLY, entry, f"/data/{place}", pending_record)
        _note_hidden(found, entry)
        if record is not None and place == 0 and not found.ask.parameters and _STATUS in entry:
            found.records.append(approvals(entry, found.place(f"/data/{place}/{_STATUS}")))
    following = found.following(body, hidden=_carried(found))
    reading = replace(found.reading(), next_page=following)
    if following is not None:
        return reading
    post = thread_of(found.ask).partition("/")[2]
    return replace(reading, asks=(found.asks.conversation(post, _carried(found)),))


def conversation(found: Found, body: Json) -> Reading:
    """One page of the index of all replies to a post, at every level; then their words."""
    seen: dict[str, bool] = {}
    for place, entry in enumerate(found.entries(body)):
        record = found.list_one(REPLY, entry, f"/data/{place}")
        if record is not None and isinstance(entry, dict):
            seen[number(record)] = found.everybody_sees(REPLY, entry)
        else:
            _note_hidden(found, entry)
    following = found.following(body, hidden=_carried(found))
    return replace(
        found.reading(),
        asks=tuple(words(found, seen)),
        next_page=following,
        whole=following is None and not found.unread,
    )


def _note_hidden(found: Found, entry: JSONValue) -> None:
    if isinstance(entry, dict) and isinstance(entry.get("id"), str):
        found.hidden.add(entry["id"])


def _carried(found: Found) -> JSONValue:
    return carried(found.beyond or found.hidden)


# Whose reply vouches.


def witness(found: Found, body: Json) -> Reading:
    """Replies of others under a post. That they are listed vouches for nothing: so they are asked for. Where there are
    none, they are looked for under other posts."""
    theirs = [str(one["id"]) for one in found.entries(body) if isinstance(one, dict) and _vouches(one)]
    control = in_order(list(found.asks.beside(theirs[:MOST])))
    return after_witnesses(found) if control is None else Reading(asks=(control,))


def after_witnesses(found: Found) -> Reading:
    """Nobody else answered here: on to another post. Where nobody is left to vouch, nothing is concluded."""
    if "left" not in found.ask.context:
        return Reading(asks=(found.asks.answered(found.named("post") or ""),))
    return _next_witness(found, idents(found.ask, "left"))


def answered(found: Found, body: Json) -> Reading:
    """Other posts of the account that have replies."""
    left = []
    for entry in found.entries(body):
        if isinstance(entry, dict) and is_ident(entry.get("id")) and entry.get("has_replies") is True:
            left += [entry["id"]] if entry["id"] != found.named("post") else []
    return _next_witness(found, left[: found.ask.context.get("most", 0)])


def _next_witness(found: Found, left: Sequence[str]) -> Reading:
    return Reading(asks=(found.asks.witness(left[0], left[1:]),) if left else ())


def _vouches(reply: Json) -> bool:
    return reply.get("is_reply_owned_by_me") is False and is_ident(reply.get("id")) and everybody_sees_reply(reply)


def beside(found: Found, body: Json) -> Reading:
    """Whether somebody else's reply can be read by its id."""
    shown = body.get("id") == found.ask.context.get("reply") and body.get("is_reply_owned_by_me") is False
    return Reading(present=(f"{MEDIA}/{body['id']}",) if shown and is_ident(body.get("id")) else ())
