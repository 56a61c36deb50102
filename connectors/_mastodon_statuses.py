"""Statuses and accounts of a Mastodon server as records: what they say, who says it, what it answers. Pure.

Scheme 1 of the content projection is here; ``docs/platform-notes.md`` justifies each field.
"""

from __future__ import annotations

import hashlib
from urllib.parse import urlsplit

from connectors.answers import moment
from connectors.contract import (
    AccountFacts,
    Author,
    JSONValue,
    MediaRef,
    RecordKind,
    SeenRecord,
    State,
)
from connectors.links import is_web
from connectors.text import plain, reduced, storable, tidy
from connectors.values import Json, Unreadable, ident, objects, text, when

_MEDIA_KINDS = {"image": "image", "gifv": "video", "video": "video", "audio": "audio"}
_COUNTS = ("replies", "reblogs", "favourites", "quotes")
_PROFILE_COUNTS = ("followers", "following", "statuses")
_COUNTED = (RecordKind.POST, RecordKind.COMMENT)
"""Kinds under which the answers are read."""
_LARGEST = 2**53
_WORDS = {
    RecordKind.POST: "post",
    RecordKind.SHARE: "boost",
    RecordKind.COMMENT: "reply",
    RecordKind.MENTION: "mention",
    RecordKind.MESSAGE: "private mention",
}


def key_of(identity: str) -> str:
    """Key of the status with that id."""
    return f"status/{identity}"


def status_record(
    value: JSONValue, place: str, account: str, *, thread: str | None = None, passed_on: bool = False
) -> SeenRecord:
    """One status.

    Args:
        account: id of the captured account.
        thread: key of the first record of its thread, where known.
        passed_on: it stands inside another status that shares or quotes it.

    Raises:
        Unreadable: it lacks what every status has, or has it in another shape.
    """
    if not isinstance(value, dict):
        raise Unreadable("not a status")
    author = author_of(value.get("account"))
    key = key_of(ident(value.get("id"), "a status"))
    created = when(value, "created_at")
    kind = _kind(value, author.id == account, passed_on=passed_on)
    shares = value.get("reblog") is not None
    content = _share(value) if shares else said(value)
    return SeenRecord(
        key=key,
        kind=kind,
        place=place,
        content=content,
        text=text_of(content),
        author=author,
        created_at=created,
        as_of=created if value.get("edited_at") is None else when(value, "edited_at"),
        parent=_parent(value),
        thread=None if thread == key else thread,
        url=_url(value.get("url")),
        counts=_counts(value, _COUNTS) | _votes(value),
        counted=_counts(value, _COUNTS).get("replies") if kind in _COUNTED else None,
        media=() if shares else _media(value),
        word=_WORDS[kind],
    )


def version_record(value: JSONValue, place: str, about: Json) -> SeenRecord:
    """One element of an edit history.

    Args:
        about: what the status itself said when its history was asked: key, kind, thread, parent, url, created_at.

    Raises:
        Unreadable: see :func:`status_record`.
    """
    if not isinstance(value, dict):
        raise Unreadable("not a version of a status")
    content = said({"poll": None} | value)
    kind = RecordKind(about["kind"])
    return SeenRecord(
        key=about["key"],
        kind=kind,
        place=place,
        content=content,
        text=text_of(content),
        author=author_of(value.get("account")),
        created_at=moment(about.get("created_at")),
        as_of=when(value, "created_at"),
        retrospective=True,
        parent=about.get("parent"),
        thread=about.get("thread"),
        url=about.get("url"),
        media=_media(value),
        word=_WORDS.get(kind),
    )


def said(value: Json) -> dict[str, JSONValue]:
    """The content projection of a status, scheme 1. A field the endpoint does not return is left out.

    Raises:
        Unreadable: a field has another type than promised.
    """
    content: dict[str, JSONValue] = {"content": reduced(text(value, "content"))}
    if "spoiler_text" in value:
        content["spoiler_text"] = tidy(text(value, "spoiler_text", missing=""))
    if "language" in value:
        content["language"] = storable(text(value, "language", missing="")) or None
    if "visibility" in value:
        content["visibility"] = storable(text(value, "visibility"))
    if "poll" in value:
        content["poll"] = _poll(value["poll"])
    if "media_attachments" in value:
        content["media"] = [
            {
                "id": ident(medium.get("id"), "a file"),
                "description": tidy(text(medium, "description", missing="")) or None,
            }
            for medium in objects(value, "media_attachments")
        ]
    return content


def text_of(content: Json) -> str:
    """Plain text of a projection: the warning, the words, the poll, what pictures are said to show."""
    parts = [content.get("spoiler_text") or "", plain(content.get("content", ""))]
    parts += content.get("poll") or ()
    parts += [medium["description"] or "" for medium in content.get("media", ())]
    return "\n\n".join(part for part in parts if part)


def author_of(value: JSONValue) -> Author:
    """Who wrote it.

    Raises:
        Unreadable: that cannot be told.
    """
    if not isinstance(value, dict):
        raise Unreadable("no author")
    handle = storable(text(value, "acct"))
    name = tidy(text(value, "display_name", missing="")) or handle
    return Author(ident(value.get("id"), "an author"), name, handle, _url(value.get("url")))


def profile_record(value: JSONValue, place: str) -> SeenRecord:
    """The profile of an account. Of a suspended one nothing is compared, since servers blank it.

    Raises:
        Unreadable: not an account.
    """
    if not isinstance(value, dict):
        raise Unreadable("not an account")
    author = author_of(value)
    suspended = value.get("suspended") is True
    content = {} if suspended else _profile(value, author)
    lines = [author.name, plain(content.get("note", ""))]
    lines += [f"{field['name']}: {plain(field['value'])}" for field in content.get("fields", ())]
    return SeenRecord(
        key=f"account/{author.id}",
        kind=RecordKind.PROFILE,
        place=place,
        content=content,
        text="" if suspended else "\n\n".join(line for line in lines if line),
        author=author,
        created_at=moment(value.get("created_at")),
        url=author.url,
        state=State.REMOVED_BY_PLATFORM if suspended else State.VISIBLE,
        counts=_counts(value, _PROFILE_COUNTS),
        counted=None if suspended else _counts(value, _PROFILE_COUNTS).get("statuses"),
        media=() if suspended else _portraits(value),
        word="profile",
    )


def follow_setting(value: Json, identity: str) -> list[SeenRecord]:
    """Whether the account approves each follower itself (law R17): who sees what it says to followers. Of a suspended
    account nothing is said, since servers blank it."""
    locked = value.get("locked")
    if not isinstance(locked, bool) or value.get("suspended") is True:
        return []
    return [
        SeenRecord(
            key=f"follows/account/{identity}",
            kind=RecordKind.SETTINGS,
            place="",
            content={"locked": locked},
            text=f"followers: {'each is approved' if locked else 'everybody may follow'}",
            parent=f"account/{identity}",
            word="follow setting",
        )
    ]


def account_facts(value: JSONValue, service: str) -> AccountFacts:
    """What the server says the account is.

    Raises:
        Unreadable: not an account.
    """
    author = author_of(value)
    handle = author.handle or ""
    host = urlsplit(service).netloc
    full = handle if "@" in handle else f"{handle}@{host}"
    return AccountFacts(author.id or "", full, author.name, author.url or f"{service}/@{handle}")


def _kind(value: Json, own: bool, *, passed_on: bool) -> RecordKind:
    """What kind of record a status is, the same from whatever endpoint it comes.

    Not by ``in_reply_to_id`` alone: servers blank it when the answered status is deleted, but keep the account.
    """
    if value.get("visibility") in ("private", "direct"):
        return RecordKind.MESSAGE
    if value.get("reblog") is not None or (passed_on and not own):
        return RecordKind.SHARE
    if value.get("in_reply_to_id") is not None or value.get("in_reply_to_account_id") is not None:
        return RecordKind.COMMENT
    return RecordKind.POST if own else RecordKind.MENTION


def _share(value: Json) -> dict[str, JSONValue]:
    """A share says which status it passes on, never what that says: its words are another's to change."""
    shared = value["reblog"]
    if not isinstance(shared, dict):
        raise Unreadable("the shared status is not a status")
    return {"shared": key_of(ident(shared.get("id"), "a shared status"))}


def _profile(value: Json, author: Author) -> dict[str, JSONValue]:
    content: dict[str, JSONValue] = {"name": author.name, "handle": author.handle, "url": author.url}
    if value.get("note") is not None:
        content["note"] = reduced(text(value, "note"))
    if "fields" in value:
        content["fields"] = [
            {"name": tidy(text(one, "name")), "value": reduced(text(one, "value"))} for one in objects(value, "fields")
        ]
    if isinstance(value.get("bot"), bool):
        content["bot"] = value["bot"]
    moved = value.get("moved")
    content["moved"] = author_of(moved).handle if isinstance(moved, dict) else None
    return content


def _portraits(value: Json) -> tuple[MediaRef, ...]:
    found = []
    for name in ("avatar", "header"):
        url = _url(value.get(name))
        if url is not None and not url.endswith("/missing.png"):
            digest = hashlib.sha256(urlsplit(url).path.encode()).hexdigest()[:16]
            alt = value.get(f"{name}_description")
            found.append(MediaRef(f"{name}/{digest}", url, "image", alt_text=_alt(alt)))
    return tuple(found)


def _media(value: Json) -> tuple[MediaRef, ...]:
    """The original files; previews are the server's own making."""
    found = []
    for medium in objects(value, "media_attachments") if "media_attachments" in value else ():
        url = _url(medium.get("url")) or _url(medium.get("remote_url"))
        if url is not None:
            kind = _MEDIA_KINDS.get(str(medium.get("type")), "document")
            found.append(MediaRef(ident(medium.get("id"), "a file"), url, kind, None, _alt(medium.get("description"))))
    return tuple(found)


def _alt(value: JSONValue) -> str | None:
    return tidy(value) or None if isinstance(value, str) else None


def _poll(value: JSONValue) -> list[str] | None:
    if value is None:
        return None
    if not isinstance(value, dict):
        raise Unreadable("the poll is not a poll")
    return [tidy(text(option, "title")) for option in objects(value, "options")]


def _votes(value: Json) -> dict[str, int]:
    poll = value.get("poll")
    return _counts(poll, ("votes",)) if isinstance(poll, dict) else {}


def _parent(value: Json) -> str | None:
    answered = value.get("in_reply_to_id")
    return None if answered is None else key_of(ident(answered, "the answered status"))


def _counts(value: Json, names: tuple[str, ...]) -> dict[str, int]:
    found = {name: value.get(f"{name}_count") for name in names}
    return {
        name: number
        for name, number in found.items()
        if isinstance(number, int) and not isinstance(number, bool) and 0 <= number < _LARGEST
    }


def _url(value: JSONValue) -> str | None:
    return value if isinstance(value, str) and is_web(value) else None
