"""Whom an account of the AT Protocol blocks, and who may answer its posts, as records. Pure.

They are public records of its repository. Source: the lexicons ``app.bsky.graph.block``, ``app.bsky.graph.listblock``,
``app.bsky.feed.threadgate`` and ``app.bsky.feed.postgate``. What the account mutes, and words that it mutes, are in no
repository: the service shows them to the account's own programs only.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from typing import Any

from connectors import _bluesky_fields as fields
from connectors import drift
from connectors._bluesky_asks import with_cursor
from connectors._bluesky_names import is_did, place_of
from connectors._moderation import anew, carried, is_late, list_record, listed_before, no_list, setting_record
from connectors.bodies import quarantined
from connectors.contract import Answer, Ask, JSONValue, Problem, ProblemKind, Reading, SeenRecord
from connectors.text import storable
from connectors.values import Json, Unreadable, part, text, thing

_LONGEST_CURSOR = 4096
_RULES = {
    "app.bsky.feed.threadgate#mentionRule": "who is mentioned",
    "app.bsky.feed.threadgate#followingRule": "whom the account follows",
    "app.bsky.feed.threadgate#followerRule": "who follows the account",
    "app.bsky.feed.postgate#disableRule": "nobody",
}
_BY_LIST = "app.bsky.feed.threadgate#listRule "


def read_settings(ask: Ask, answer: Answer, body: Json) -> Reading:
    """One page of a collection; all of it is a record once its last page is there."""
    listed = body.get("records")
    if not isinstance(listed, list):
        return quarantined("a list of records without its records")
    if is_late(ask, answer.received_at):
        return Reading(next_page=anew(ask, "cursor"))
    make = _MADE[ask.purpose]
    known, unread, strange = listed_before(ask), [], set[str]()
    for number, value in enumerate(listed):
        strange |= fields.unknown("listed", value)
        try:
            one = thing(value, "not a record")
            known.append(make(one, part(one, "value")))
        except Unreadable as error:
            unread.append((f"/records/{number}", str(error)))
    reading = Reading(quarantine=tuple(unread), drift=drift.report(strange))
    problem = no_list(known, unread=bool(unread))
    if problem is not None:
        return replace(reading, quarantine=(*unread, ("", problem.detail)) if unread else (), problem=problem)
    cursor = body.get("cursor")
    if not cursor:
        return replace(reading, records=(_whole(ask.purpose, known),))
    if not isinstance(cursor, str) or len(cursor) > _LONGEST_CURSOR:
        return replace(reading, problem=Problem(ProblemKind.CONTRACT, "the next page has no usable cursor"))
    following = replace(with_cursor(ask, cursor), context=carried(ask, known, answer.received_at))
    return replace(reading, part=True, next_page=following)


def _whole(purpose: str, known: list[str]) -> SeenRecord:
    """The record of all entries of a collection."""
    if purpose in _LISTED:
        words, member = _LISTED[purpose]
        return list_record(purpose, words, known, member=member)
    words, tell = _TOLD[purpose]
    gates: list[dict[str, Any]] = [json.loads(one) for one in sorted(set(known))]
    told = "; ".join(tell(one) for one in gates) or "none"
    return setting_record(purpose, {"posts": [*gates]}, f"{words}: {told}", f"list of {words}")


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
    """Who may answer a post, and which answers the account hides. ``allow`` is null where everybody may."""
    allowed = value.get("allow")
    rules = None if allowed is None else _rules(allowed)
    return _entry(value, allow=rules, hidden=_uris(value.get("hiddenReplies")))


def _quotes(record: Json, value: Json) -> str:
    """Who may quote a post (no rules: everybody), and from which quotes the account took it away."""
    rules, detached = _rules(value.get("embeddingRules") or []), _uris(value.get("detachedEmbeddingUris"))
    return _entry(value, rules=rules, detached=detached)


def _entry(value: Json, **told: JSONValue) -> str:
    """One gate as the content of the record has it, written so that it can be carried from page to page."""
    where = place_of(value.get("post"))
    if where is None:
        raise Unreadable("a gate of no post")
    return json.dumps({"post": where.uri, **told}, sort_keys=True)


def _rules(value: JSONValue) -> list[JSONValue]:
    """Rules as the account wrote them: their types, and of a list its address. Never in words of ours, which a later
    version may choose better: that would be an edit that nobody made."""
    if not isinstance(value, list):
        raise Unreadable("rules that are no list")
    found = [thing(one, "not a rule") for one in value]
    return [*sorted(" ".join(filter(None, (storable(text(one, "$type")), _list_of(one)))) for one in found)]


def _list_of(rule: Json) -> str:
    where = place_of(rule.get("list"))
    return "" if where is None else where.uri


def _in_words(rules: Iterable[str]) -> str:
    return " and ".join(_RULES.get(one) or one.replace(_BY_LIST, "who is in ") for one in rules)


def _told_gate(gate: Mapping[str, Any]) -> str:
    who = "everybody" if gate["allow"] is None else _in_words(gate["allow"]) or "nobody"
    hidden = f", hides {' '.join(gate['hidden'])}" if gate["hidden"] else ""
    return f"{_key_of(gate)} answered by {who}{hidden}"


def _told_quotes(gate: Mapping[str, Any]) -> str:
    taken = f", taken away from {' '.join(gate['detached'])}" if gate["detached"] else ""
    return f"{_key_of(gate)} quoted by {_in_words(gate['rules']) or 'everybody'}{taken}"


def _key_of(gate: Mapping[str, Any]) -> str:
    return str(gate["post"]).rpartition("/")[2]


def _uris(value: JSONValue) -> list[JSONValue]:
    if value is None:
        return []
    found = [place_of(one) for one in value] if isinstance(value, list) else [None]
    if None in found:
        raise Unreadable("addresses that are none")
    return [*sorted(one.uri for one in found if one is not None)]


#: Purpose → how an entry is carried.
_MADE: Mapping[str, Callable[[Json, Json], str]] = {
    "blocks": _block,
    "list_blocks": _list_block,
    "thread_gates": _gate,
    "post_gates": _quotes,
}
#: What stands in a list, and what the content calls its entries.
_LISTED: Mapping[str, tuple[str, str]] = {"blocks": ("blocked", "people"), "list_blocks": ("blocked lists", "lists")}
#: What stands in it, and how an entry reads.
_TOLD: Mapping[str, tuple[str, Callable[[Mapping[str, Any]], str]]] = {
    "thread_gates": ("posts whose answers are restricted", _told_gate),
    "post_gates": ("posts whose quotes are restricted", _told_quotes),
}
