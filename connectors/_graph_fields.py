"""What is known of the fields of Meta's Graph API that several platforms share; everything else is drift. Pure."""

from __future__ import annotations

from collections.abc import Mapping

from connectors.contract import JSONValue

_LONGEST = 64
_MOST = 100

CONVERSATION = "id,updated_time,message_count,participants,link"
MESSAGE = (
    "id,created_time,from,to,message,sticker,shares{id,link,name},"
    "attachments{id,mime_type,name,size,image_data{url},video_data{url},file_url}"
)
SHARED: dict[str, frozenset[str]] = {
    kind: frozenset(names.split())
    for kind, names in {
        "list": "data paging summary",
        "conversation": "can_reply folder former_participants id is_owner is_subscribed link linked_group message_count"
        " messages name participants scoped_thread_key senders snippet unread_count updated_time wallpaper",
        "message": "attachments created_time from id message shares sticker tags to",
    }.items()
}


def unknown(known: Mapping[str, frozenset[str]], kind: str, value: JSONValue) -> set[str]:
    """Names in ``value`` that the kind does not have, as ``kind.name``. Only plain words are repeated."""
    if not isinstance(value, dict):
        return set()
    strange = value.keys() - known[kind]
    return {f"{kind}.{name if _is_word(name) else '(not a plain name)'}" for name in strange}


def report(names: set[str]) -> tuple[str, ...]:
    """Drift as a reading gives it: in order, and not more than anybody reads."""
    return tuple(sorted(names)[:_MOST])


def _is_word(name: str) -> bool:
    return len(name) <= _LONGEST and name.isascii() and name.replace("_", "a").isalnum()
