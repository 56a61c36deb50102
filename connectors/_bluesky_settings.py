"""Whom an account of the AT Protocol blocks, and who may answer its posts, as records. Pure.

They are public records of its repository. Source: the lexicons ``app.bsky.graph.block``, ``app.bsky.graph.listblock``,
``app.bsky.feed.threadgate`` and ``app.bsky.feed.postgate``. What the account mutes, and words that it mutes, are in no
repository: the service shows them to the account's own programs only.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from connectors import _bluesky_fields as fields
from connectors import drift
from connectors._bluesky_asks import with_cursor
from connectors._bluesky_names import is_did, place_of
from connectors._moderation import MOST, TOO_MANY, carried, list_record, listed_before
from connectors.bodies import quarantined
from connectors.contract import Ask, JSONValue, Problem, ProblemKind, Reading
from connectors.text import storable
from connectors.values import Json, Unreadable, part, text, thing

_LONGEST_CURSOR = 4096
_RULES = {
    "app.bsky.feed.threadgate#mentionRule": "who is mentioned",
    "app.bsky.feed.threadgate#followingRule": "whom the account follows",
    "app.bsky.feed.threadgate#followerRule": "who follows the account",
    "app.bsky.feed.postgate#disableRule": "nobody",
}


def read_settings(ask: Ask, body: Json) -> Reading:
    """One page of a collection; all of it is a record once its last page is there."""
    listed = body.get("records")
    if not isinstance(listed, list):
        return quarantined("a list of records without its records")
    make, words, member = _MADE[ask.purpose]
    known, unread, strange = listed_before(ask), [], set[str]()
    for number, value in enumerate(listed):
        strange |= fields.unknown("listed", value)
        try:
            one = thing(value, "not a record")
            known.append(make(one, part(one, "value")))
        except Unreadable as error:
            unread.append((f"/records/{number}", str(error)))
    reading = Reading(quarantine=tuple(unread), drift=drift.report(strange))
    if unread or len(known) > MOST:  # what is missing in it makes it no list of all
        why = "a list of which something cannot be read" if unread else TOO_MANY
        return replace(reading, quarantine=(*unread, ("", why)), problem=Problem(ProblemKind.CONTRACT, why))
    cursor = body.get("cursor")
    if not cursor:
        return replace(reading, records=(list_record(ask.purpose, words, known, member=member),))
    if not isinstance(cursor, str) or len(cursor) > _LONGEST_CURSOR:
        return replace(reading, problem=Problem(ProblemKind.CONTRACT, "the next page has no usable cursor"))
    following = replace(with_cursor(ask, cursor), context={**ask.context, **carried(known)})
    return replace(reading, next_page=following)


def _block(record: Json, value: Json) -> str:
    if not is_did(value.get("subject")):
        raise Unreadable("a block of nobody")
    return str(value["subject"])


def _list_block(record: Json, value: Json) -> str:
    where = place_of(value.get("subject"))
    if where is None:
        raise Unreadable("a block of no list")
    return where.uri


def _gate(record: Json, value: Json) -> str:
    """Who may answer a post, and which answers the account hides."""
    where = place_of(value.get("post"))
    if where is None:
        raise Unreadable("a gate of no post")
    who = "everybody" if value.get("allow") is None else _rules(value.get("allow")) or "nobody"
    hidden = _uris(value.get("hiddenReplies"))
    return f"{where.key} answered by {who}" + (f", hides {' '.join(hidden)}" if hidden else "")


def _quotes(record: Json, value: Json) -> str:
    """Who may quote a post, and from which quotes the account took it away."""
    where = place_of(value.get("post"))
    if where is None:
        raise Unreadable("a gate of no post")
    who = _rules(value.get("embeddingRules")) or "everybody"
    detached = _uris(value.get("detachedEmbeddingUris"))
    return f"{where.key} quoted by {who}" + (f", taken away from {' '.join(detached)}" if detached else "")


def _rules(value: JSONValue) -> str:
    if value is None:
        return ""
    if not isinstance(value, list):
        raise Unreadable("rules that are no list")
    return " and ".join(sorted(_rule(thing(one, "not a rule")) for one in value))


def _rule(rule: Json) -> str:
    kind = text(rule, "$type")
    where = place_of(rule.get("list"))
    return _RULES.get(kind) or (f"who is in {where.uri}" if where else storable(kind))


def _uris(value: JSONValue) -> list[str]:
    if value is None:
        return []
    found = [place_of(one) for one in value] if isinstance(value, list) else [None]
    if None in found:
        raise Unreadable("addresses that are none")
    return sorted(one.uri for one in found if one is not None)


#: Purpose → how an entry reads, what stands in the list, and what the content calls its entries.
_MADE: Mapping[str, tuple[Callable[[Json, Json], str], str, str]] = {
    "blocks": (_block, "blocked", "people"),
    "list_blocks": (_list_block, "blocked lists", "lists"),
    "thread_gates": (_gate, "posts whose answers are restricted", "posts"),
    "post_gates": (_quotes, "posts whose quotes are restricted", "posts"),
}
