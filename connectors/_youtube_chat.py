"""The live chat of a broadcast, while it is live: afterwards YouTube gives it to no program. Pure.

Source: the discovery document (revision 20261104) and the reference of ``liveChatMessages.list``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from connectors._youtube_records import ident, part
from connectors.contract import Author, Bookmark, JSONValue, RecordKind, SeenRecord, State
from connectors.text import storable, tidy
from connectors.values import Json, Unreadable, text, thing, when

PURPOSE = "chat"
_PLACE = "chat/"
"""What members of the bookmark begin with that say how far a chat was read."""
_LONGEST_ID = 512
_GONE: Mapping[str, tuple[str, str, State]] = {
    "messageDeletedEvent": ("messageDeletedDetails", "deletedMessageId", State.DELETED_BY_PAGE),
    "messageRetractedEvent": ("messageRetractedDetails", "retractedMessageId", State.DELETED_BY_AUTHOR),
}
"""What tells that a message went: its details, the message, and by whom it was taken away."""
_ACTS = ("userBannedEvent", "sponsorOnlyModeStartedEvent", "sponsorOnlyModeEndedEvent")
"""Acts of whoever moderates (law R17)."""
_SILENT = ("chatEndedEvent", "tombstone")
"""Say nothing that anybody wrote."""
ENDED = frozenset({"liveChatEnded", "liveChatDisabled", "liveChatNotFound"})
"""Reasons of an error that mean: there is no more of it."""
NO_PLACE = frozenset({"invalidPageToken", "pageTokenInvalid"})
"""The same for: the place to go on at is no longer known."""


def chat_of(video: JSONValue) -> str | None:
    """Id of the chat of a video, where it is live."""
    try:
        details = part(thing(video, "not a video"), "liveStreamingDetails")
    except Unreadable:
        return None
    return usable(details.get("activeLiveChatId"))


def usable(value: JSONValue) -> str | None:
    """An id, or a token, that may be sent back; None for anything else."""
    good = isinstance(value, str) and 0 < len(value) <= _LONGEST_ID and value.isascii() and value.isprintable()
    return value if good else None


def places(bookmark: Bookmark) -> Iterator[tuple[str, str, str]]:
    """Video, chat and place of the chats that were read and had not ended."""
    for name, value in sorted(bookmark.items()):
        if name.startswith(_PLACE) and isinstance(value, dict):
            chat, token = usable(value.get("id")), usable(value.get("token"))
            if chat is not None and token is not None:
                yield name.removeprefix(_PLACE), chat, token


def place_at(video: str, chat: str, token: str | None) -> Bookmark:
    """Where to go on reading a chat; ``token`` None: there is no more of it."""
    return {_PLACE + video: None if token is None else {"id": chat, "token": token}}


def root_record(video: str, place: str, site: str) -> SeenRecord:
    """The chat itself, under which its messages stand: apart from the comments on the video, which YouTube counts."""
    return SeenRecord(
        key=f"livechat/{video}",
        kind=RecordKind.COMMENT,
        place=place,
        content={"video": video},
        text="Live chat",
        parent=f"video/{video}",
        url=f"{site}/watch?v={video}",
        word="live chat",
    )


def message_record(value: JSONValue, place: str, site: str, video: str) -> SeenRecord | None:
    """What one entry of a chat tells: a message, that one was taken away, or an act of a moderator. None: nothing.

    Raises:
        Unreadable: it lacks what every entry has, or has it in another shape.
    """
    entry = thing(value, "not a message of a chat")
    snippet = thing(entry.get("snippet"), "a message without its kind")
    kind = text(snippet, "type")
    if kind in _SILENT:
        return None
    if kind in _GONE:
        return _gone(snippet, place, video, *_GONE[kind])
    return _said(entry, snippet, kind, place, site, video)


def _gone(snippet: Json, place: str, video: str, details: str, name: str, state: State) -> SeenRecord:
    """That a message is no longer there; its words, where they were seen, stay those that were seen."""
    identity = _identity(part(snippet, details).get(name), "a message that was taken away")
    return SeenRecord(
        key=f"chat/{identity}", kind=RecordKind.COMMENT, place=place, content={}, text="", state=state, word="message",
        parent=f"livechat/{video}", thread=f"livechat/{video}",
    )  # fmt: skip


def _said(entry: Json, snippet: Json, kind: str, place: str, site: str, video: str) -> SeenRecord:
    identity = _identity(entry.get("id"), "a message of a chat")
    words = tidy(text(snippet, "displayMessage", missing="") or _written(snippet))
    content: dict[str, JSONValue] = {"message": words}
    content |= {} if kind == "textMessageEvent" else {"type": storable(kind)}
    content |= _ban(snippet) if kind == "userBannedEvent" else {}
    return SeenRecord(
        key=f"chat/{identity}",
        kind=RecordKind.SETTINGS if kind in _ACTS else RecordKind.COMMENT,
        place=place,
        content=content,
        text=words or storable(kind),
        author=_author(entry, snippet, site),
        created_at=when(snippet, "publishedAt"),
        parent=f"livechat/{video}",
        thread=f"livechat/{video}",
        word="message" if kind == "textMessageEvent" else storable(kind),
    )


def _written(snippet: Json) -> str:
    return text(part(snippet, "textMessageDetails"), "messageText", missing="")


def _ban(snippet: Json) -> dict[str, JSONValue]:
    """Who was shut out of the chat, and for how long."""
    details = part(snippet, "userBannedDetails")
    person = part(details, "bannedUserDetails")
    told = {
        "banned": person.get("channelId"),
        "ban": details.get("banType"),
        "seconds": details.get("banDurationSeconds"),
    }
    return {name: storable(str(one)) for name, one in told.items() if isinstance(one, str | int)}


def _author(entry: Json, snippet: Json, site: str) -> Author | None:
    """Who wrote it; of an act who did it, as far as YouTube says."""
    details = part(entry, "authorDetails")
    identity = usable(details.get("channelId")) or usable(snippet.get("authorChannelId"))
    name = details.get("displayName")
    shown = tidy(name) if isinstance(name, str) else ""
    if identity is None and not shown:
        return None
    return Author(identity, shown, None, f"{site}/channel/{identity}" if identity else None)


def _identity(value: JSONValue, what: str) -> str:
    found = usable(value)
    return ident(value, what) if found is None else found
