"""What Facebook, Instagram and Threads answer, by Meta's own lists of fields; what these do not name is in
``fields/meta.yaml``, by Meta's documentation."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from archiver.practice.graph_fields import BadFields, Wanted, parsed
from archiver.practice.messages import Request, Response
from tests import recordings
from tests.specified.schema import Schema, faults, validator
from tests.specified.writing import things_of

#: Fields that are made of something that the lists name no further, and edges, by what holds them.
_INSIDE: Mapping[str, Mapping[str, Schema]] = {
    "Page": {"picture": {"$ref": "#/$defs/Picture"}},
    "PagePost": {"from": {"$ref": "#/$defs/Named"}, "shares": {"$ref": "#/$defs/Shares"}},
    "Comment": {"from": {"$ref": "#/$defs/Named"}, "attachment": {"$ref": "#/$defs/Attachment"}},
}
_LISTED: Mapping[str, str] = {"attachments": "Attachment", "participants": "Named", "senders": "Named"}
_NODES = (
    "Page", "PagePost", "Comment", "IGUser", "IGMedia", "IGComment", "IGCommentFromUser", "Recommendation", "Stories",
    "PageSettings", "Privacy", "Place", "Profile", "User", "UnifiedThread", "LiveVideo", "CoverPhoto", "Photo",
)  # fmt: skip
_TIME: Schema = {"type": "string", "pattern": r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\+0000$"}
_PLAIN: Mapping[str, Schema] = {
    "string": {"type": "string"},
    "bool": {"type": "boolean"},
    "int": {"type": "integer"},
    "unsigned int": {"type": "integer", "minimum": 0},
    "float": {"type": "number"},
    "datetime": _TIME,
    "list": {"type": "array"},
}
_PATH = re.compile(r"/v\d{1,2}\.\d(?:/(?P<node>[^/]+)(?:/(?P<edge>\w+))?)?/?")
_EDGES: Mapping[str, Mapping[str, str]] = {
    "facebook": {
        "feed": "PagePost",
        "published_posts": "PagePost",
        "visitor_posts": "PagePost",
        "scheduled_posts": "PagePost",
        "tagged": "PagePost",
        "comments": "Comment",
        "conversations": "Conversation",
        "messages": "Message",
        "blocked": "Profile",
        "roles": "Role",
        "settings": "PageSettings",
        "ratings": "Recommendation",
        "stories": "Stories",
        "live_videos": "LiveVideo",
    },
    "instagram": {
        "media": "IGMedia",
        "stories": "IGMedia",
        "tags": "IGMedia",
        "comments": "IGComment",
        "replies": "IGComment",
        "conversations": "Conversation",
        "messages": "Message",
    },
    "threads": dict.fromkeys(
        ("threads", "ghost_posts", "replies", "mentions", "conversation", "pending_replies"), "ThreadsMedia"
    ),
}
_SINGLE: Mapping[str, Sequence[str]] = {
    "facebook": ("Page", "PagePost", "Comment", "Photo"),
    "instagram": ("Page", "IGUser", "IGMedia", "IGComment"),
    "threads": ("ThreadsProfile", "ThreadsMedia"),
}


def wrong(platform: str, request: Request, response: Response) -> Iterator[str]:
    """What of an answer of a platform of Meta the lists do not allow."""
    path = _PATH.fullmatch(request.path)
    if path is None:
        return
    body = json.loads(response.body)
    if response.status != 200:
        yield from faults(_of("Error"), body)
    elif request.method == "POST":
        yield from faults(_of("Success"), body)
    else:
        yield from _read(platform, request, path, body)


def _read(platform: str, request: Request, path: re.Match[str], body: Any) -> Iterator[str]:
    try:
        wanted = parsed(request.parameter("fields") or "id")
    except BadFields:
        yield "an answer to what cannot be read"
        return
    unasked = request.parameter("fields") is None
    if path["edge"] is not None:
        name = _EDGES[platform].get(path["edge"])
        if name is None:
            yield "no such edge"
            return
        entries = {"data": [one if unasked else _named(one, wanted) for one in body["data"]]} if "data" in body else {}
        yield from faults(_list_of(name), {**body, **entries})
        return
    for one in body.values() if path["node"] is None else [body]:
        fits = [faults(_of(name), _named(one, wanted)) for name in _SINGLE[platform]]
        yield from min(fits, key=len)


def _named(thing: Any, wanted: Sequence[Wanted]) -> Any:
    """With what was asked for by other names under its own, and whatever was not asked for told as ``unasked``."""
    if not isinstance(thing, Mapping):
        return thing
    names = {one.shown_as: one.name for one in wanted} | {"id": "id"}
    return {names.get(name, f"unasked {name}"): value for name, value in thing.items()}


@cache
def _of(name: str) -> Any:
    return validator({"$ref": f"#/$defs/{name}"}, _things())


@cache
def _list_of(name: str) -> Any:
    return validator(_listed({"$ref": f"#/$defs/{name}"}), _things())


def _listed(entry: Schema) -> Schema:
    return {
        "type": "object",
        "properties": {
            "data": {"type": "array", "items": entry},
            "paging": {"$ref": "#/$defs/Paging"},
            "summary": {"$ref": "#/$defs/Summary"},
        },
        "required": ["data"],
        "additionalProperties": False,
    }


@cache
def _things() -> Mapping[str, Schema]:
    return {**{node: _node(node) for node in _NODES}, **things_of("meta", {"metatime": _TIME})}


def _node(node: str) -> Schema:
    fields, edges = recordings.meta(node)
    made = {name: _listed(_entry(name, kind)) for name, kind in edges.items()}
    made |= {name: _field(kind) for name, kind in fields.items()}
    return {
        "type": "object",
        "properties": {**made, **_INSIDE.get(node, {}), "id": {"type": "string"}},
        "additionalProperties": False,
    }


def _entry(name: str, kind: str) -> Schema:
    return {"$ref": f"#/$defs/{_LISTED[name]}"} if name in _LISTED else _field(kind)


def _field(kind: str) -> Schema:
    """A kind as the lists write it: ``datetime``, ``list<string>``, ``Place``."""
    if kind in _PLAIN:
        return _PLAIN[kind]
    if kind.startswith("list<"):
        return {"type": "array", "items": _field(kind[5:-1])}
    if kind in _NODES:
        return {"$ref": f"#/$defs/{kind}"}
    return {} if kind == "Object" else {"type": "object"}
