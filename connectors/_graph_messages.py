"""Conversations and messages of Meta's Graph API as records, as Messenger and Instagram both write them. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Protocol
from urllib.parse import parse_qs, urlsplit

from connectors._graph_values import ident, listed, text, unique, when
from connectors.contract import Author, JSONValue, MediaRef, RecordKind, SeenRecord
from connectors.links import is_web
from connectors.text import tidy
from connectors.values import Json, Unreadable, number, part, thing

_SENT = (("image_data", "url"), ("video_data", "url"), ("file_url", ""))


class Where(Protocol):
    """Where in a body and in an account a thing stands."""

    @property
    def pointer(self) -> str: ...
    @property
    def site(self) -> str: ...
    @property
    def account(self) -> str: ...
    @property
    def thread(self) -> str | None: ...


def conversation_record(value: JSONValue, place: Where) -> SeenRecord:
    """That somebody and the account write to each other.

    Raises:
        Unreadable: it lacks what every conversation has, or has it in another shape.
    """
    conversation = thing(value, "not a conversation")
    identity = ident(conversation.get("id"), "a conversation")
    people = [person(one, place) for one in listed(conversation, "participants")]
    others = [one for one in people if one is not None and one.id != place.account]
    link, told = conversation.get("link"), number(conversation.get("message_count"))
    return SeenRecord(
        key=f"conversation/{identity}",
        kind=RecordKind.MESSAGE,
        place=place.pointer,
        content={},
        text="",
        author=others[0] if len(others) == 1 else None,
        url=f"{place.site}{link}" if isinstance(link, str) and link.startswith("/") else None,
        counts={} if told is None else {"messages": told},
        counted=told,
        counted_deep=True,
        word="conversation",
    )


def message_record(value: JSONValue, place: Where) -> SeenRecord:
    """One message.

    Raises:
        Unreadable: it lacks what every message has, or has it in another shape.
    """
    message = thing(value, "not a message")
    identity = ident(message.get("id"), "a message")
    words = text(message, "message")
    content: dict[str, JSONValue] = {} if words is None else {"message": tidy(words)}
    sent = [thing(one, "not an attachment") for one in listed(message, "attachments")]
    names = [_name(one) for one in sent]
    if "attachments" in message and all(names):
        content["attachments"] = list(names)
    return SeenRecord(
        key=f"message/{identity}",
        kind=RecordKind.MESSAGE,
        place=place.pointer,
        content=content,
        text=str(content.get("message", "")),
        author=person(message.get("from"), place),
        created_at=when(message, "created_time"),
        parent=place.thread,
        thread=place.thread,
        media=tuple(unique(_files(sent))),
        word="message",
    )


def person(value: JSONValue, place: Where) -> Author | None:
    """Who it is, where the platform says so: it leaves out people who do not want to be named to an app."""
    if not isinstance(value, dict) or value.get("id") is None:
        return None
    identity, name, handle = ident(value["id"], "an author"), value.get("name"), value.get("username")
    handle = tidy(handle) if isinstance(handle, str) else None
    own = identity == place.account
    return Author(
        identity,
        tidy(name) if isinstance(name, str) else handle or "",
        handle,
        f"{place.site}/{identity if handle is None else handle}" if own or handle is not None else None,
    )


def _name(attachment: Json) -> str | None:
    """What names an attachment: its id, or that of the file its address leads to, whose signature changes."""
    if attachment.get("id") is not None:
        return ident(attachment["id"], "an attachment")
    address = _address(attachment)
    asset = parse_qs(urlsplit(address).query).get("asset_id", [None])[0] if address is not None else None
    try:
        return ident(asset, "an attachment")
    except Unreadable:
        return None


def _address(attachment: Json) -> str | None:
    for name, member in _SENT:
        address = part(attachment, name).get(member) if member else attachment.get(name)
        if isinstance(address, str) and is_web(address):
            return address
    return None


def _files(sent: list[Json]) -> Iterator[MediaRef]:
    for attachment in sent:
        name, address = _name(attachment), _address(attachment)
        kind = str(attachment.get("mime_type")).partition("/")[0]
        if "mime_type" not in attachment:
            kind = "image" if "image_data" in attachment else "video" if "video_data" in attachment else ""
        if name is not None and address is not None:
            yield MediaRef(f"sent/{name}", address, kind if kind in ("image", "video", "audio") else "document")
