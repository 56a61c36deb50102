"""What Facebook's webhooks say of a Page. Pure.

What stands in a delivery: ``item``, ``verb``, ids, ``from``, ``message``. A post that is put into the trash comes as
``edited`` without its words. So a verb is a reason to look and nothing else, and words count only of what is new.
"""

from __future__ import annotations

from typing import Final

from connectors._facebook_asks import SITE
from connectors._facebook_records import Place, is_on_timeline
from connectors._graph_deliveries import FACEBOOK_FIELDS, Change, changes, parts, read, receiving
from connectors._graph_messages import person
from connectors._graph_server import VERSION
from connectors._graph_values import is_ident
from connectors.contract import AccountRef, Answer, Ask, Heard, Reading, RecordKind, SeenRecord
from connectors.deliveries import Receiving, Subscribing
from connectors.text import tidy

__all__ = ["OBJECT", "RECEIVES", "delivered", "parts", "reading", "subscribing"]
OBJECT: Final = "page"
RECEIVES: Final[Receiving] = receiving("Page", FACEBOOK_FIELDS, subscribed=True)
_WORDS = ("add", "edit", "edited")


def subscribing(api: str, account: AccountRef) -> Subscribing:
    """Subscribes a Page to the app (``/{page}/subscribed_apps``)."""
    url = f"{api}/{VERSION}/{account.platform_id}/subscribed_apps"
    return Subscribing(url, (("subscribed_fields", FACEBOOK_FIELDS),), "pages_manage_metadata")


def delivered(account: AccountRef, body: bytes) -> Heard:
    """What a delivery names of a Page."""
    found = list(changes(body, account.platform_id))
    keys = [key for one in found if (key := _key(one)) is not None]
    threads = [f"post/{one.value['post_id']}" for one in found if is_on_timeline(_post(one), account.platform_id)]
    return Heard(True, keys=tuple(dict.fromkeys(keys)), threads=tuple(dict.fromkeys(threads)))


def reading(ask: Ask, answer: Answer) -> Reading:
    """Records of a delivery."""
    return read(ask, answer, lambda change: _record(ask, change))


def _post(change: Change) -> str | None:
    found = change.value.get("post_id")
    return found if is_ident(found) else None


def _key(change: Change) -> str | None:
    if change.field != "feed":
        return None
    if change.value.get("item") == "comment":
        found = change.value.get("comment_id")
        return f"comment/{found}" if is_ident(found) else None
    post = _post(change)
    return None if post is None or change.value.get("item") in ("reaction", "like") else f"post/{post}"


def _record(ask: Ask, change: Change) -> SeenRecord | None:
    key, value = _key(change), change.value
    message, post = value.get("message"), _post(change)
    if key is None or value.get("verb") not in _WORDS or not isinstance(message, str) or post is None:
        return None
    if value.get("published") in (0, False):
        return None  # what was never published has a key of its own
    account = str(ask.context.get("account", ""))
    site = str(ask.context.get("url", SITE)).rpartition("/")[0]
    words = tidy(message)
    author = person(value.get("from"), Place(change.pointer, site, account))
    if key.startswith("post/"):
        if author is None:
            return None  # whether it is the Page's own or a visitor's is not known
        own = author.id == account
        kind = RecordKind.POST if own else RecordKind.MENTION
        place = Place(change.pointer, site, account)
        return SeenRecord(
            key, kind, change.pointer, {"message": words}, words, author,
            thread=place.thread_of_post(post), word="post" if own else "visitor post",
        )  # fmt: skip
    parent = value.get("parent_id")
    above = f"comment/{parent}" if is_ident(parent) and parent != post else f"post/{post}"
    return SeenRecord(
        key, RecordKind.COMMENT, change.pointer, {"message": words}, words, author,
        parent=above, thread=f"post/{post}", word="comment" if above == f"post/{post}" else "reply",
    )  # fmt: skip
