"""What Meta's webhooks say of an account on Instagram. Pure.

Source: Meta's documentation *Webhooks for Instagram*: a comment comes with its words and the post it is under.
"""

from __future__ import annotations

from typing import Final

from connectors._graph_deliveries import Change, changes, parts, read, receiving
from connectors._graph_messages import person
from connectors._graph_values import is_ident
from connectors._instagram_records import Place
from connectors.contract import AccountRef, Answer, Ask, Heard, Reading, RecordKind, SeenRecord
from connectors.deliveries import Receiving
from connectors.text import tidy
from connectors.values import Json

__all__ = ["OBJECT", "RECEIVES", "delivered", "parts", "reading"]
OBJECT: Final = "instagram"
RECEIVES: Final[Receiving] = receiving(
    "Instagram", "comments,live_comments,mentions,message_reactions,messages", subscribed=False
)
_COMMENTS = ("comments", "live_comments")


def delivered(account: AccountRef, body: bytes) -> Heard:
    """What a delivery names of an account."""
    found = [one for one in changes(body, account.platform_id) if one.field in _COMMENTS]
    keys = [f"comment/{one.value['id']}" for one in found if is_ident(one.value.get("id"))]
    threads = [thread for one in found if (thread := _thread(one.value)) is not None]
    return Heard(True, keys=tuple(dict.fromkeys(keys)), threads=tuple(dict.fromkeys(threads)))


def reading(ask: Ask, answer: Answer) -> Reading:
    """Records of a delivery."""
    return read(ask, answer, lambda change: _record(ask, change))


def _thread(value: Json) -> str | None:
    media = value.get("media")
    found = media.get("id") if isinstance(media, dict) else None
    return f"media/{found}" if is_ident(found) else None


def _record(ask: Ask, change: Change) -> SeenRecord | None:
    value, words = change.value, change.value.get("text")
    thread, identity = _thread(value), value.get("id")
    if change.field not in _COMMENTS or not isinstance(words, str) or thread is None or not is_ident(identity):
        return None
    site = str(ask.context.get("url", "")).rpartition("/")[0]
    place = Place(change.pointer, site, str(ask.context.get("account", "")))
    parent = value.get("parent_id")
    return SeenRecord(
        f"comment/{identity}", RecordKind.COMMENT, change.pointer, {"text": tidy(words)}, tidy(words),
        person(value.get("from"), place), parent=f"comment/{parent}" if is_ident(parent) else thread, thread=thread,
        word="reply" if is_ident(parent) else "comment",
    )  # fmt: skip
