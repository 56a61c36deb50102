"""Channels, videos and comments of YouTube as records: what they say, who says it, what it answers. Pure.

Scheme 1 of the content projection is here; ``docs/platform-notes.md`` justifies each field.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from connectors.answers import moment
from connectors.contract import AccountFacts, Author, JSONValue, MediaRef, RecordKind, SeenRecord, State
from connectors.links import is_web
from connectors.text import plain, storable, tidy
from connectors.values import Json, Unreadable, text, thing, when

_ID = re.compile(r"[A-Za-z0-9_.-]{1,128}")
_LARGEST = 2**53
_SIZES = ("maxres", "standard", "high", "medium", "default")
_STATES = {"heldForReview": State.HELD_FOR_REVIEW, "likelySpam": State.SPAM, "rejected": State.HIDDEN_BY_PAGE}
_NO_LENGTH = ("P0D", "PT0S")
"""What stands for the length of a video while it is not known."""
OPEN, TURNED_OFF = "open", "turned off"


def ident(value: JSONValue, what: str) -> str:
    """A usable id.

    Raises:
        Unreadable: anything else.
    """
    if not isinstance(value, str) or not _ID.fullmatch(value):
        raise Unreadable(f"{what} has no usable id")
    return value


def part(value: Json, name: str) -> Json:
    """A part of a resource; empty where it was not asked for.

    Raises:
        Unreadable: it is no object.
    """
    found = value.get(name, {})
    if not isinstance(found, dict):
        raise Unreadable(f"{name} is not an object")
    return found


# Comments.


def comment_record(value: JSONValue, place: str, site: str, *, video: str | None, as_plain: bool) -> SeenRecord:
    """One comment or reply.

    Args:
        video: id of the video that it is under, where the question says so; a reply does not say it itself.
        as_plain: the answer was asked for in plain text; else ``textDisplay`` is HTML.

    Raises:
        Unreadable: it lacks what every comment has, or has it in another shape.
    """
    comment = thing(value, "not a comment")
    identity = ident(comment.get("id"), "a comment")
    snippet = thing(comment.get("snippet"), "a comment without its words")
    under = _optional_id(snippet, "videoId") or video
    parent = _optional_id(snippet, "parentId")
    content = _said(snippet, as_plain=as_plain)
    published = when(snippet, "publishedAt")
    return SeenRecord(
        key=f"comment/{identity}",
        kind=RecordKind.COMMENT,
        place=place,
        content=content,
        text=text_of_comment(content),
        author=_author(snippet, site),
        created_at=published,
        as_of=published if snippet.get("updatedAt") is None else when(snippet, "updatedAt"),
        parent=f"comment/{parent}" if parent else f"video/{under}" if under else None,
        thread=f"video/{under}" if under else None,
        url=f"{site}/watch?v={under}&lc={identity}" if under else None,
        state=_STATES.get(str(snippet.get("moderationStatus")), State.VISIBLE),
        counts=_counts(snippet, {"likes": "likeCount"}),
        media=tuple(_pictures(snippet.get("imageUrl"), "image")),
        word="reply" if parent else "comment",
    )


def text_of_comment(content: Json) -> str:
    """Plain text of a comment's projection."""
    written = content.get("text_original")
    shown = content.get("text_display")
    return written if isinstance(written, str) else shown if isinstance(shown, str) else ""


def _said(snippet: Json, *, as_plain: bool) -> dict[str, JSONValue]:
    """What was written; where YouTube does not give it, what is shown: in that, titles may stand in place of links, and
    they change without anybody editing the comment."""
    if snippet.get("textOriginal") is not None:
        return {"text_original": tidy(text(snippet, "textOriginal"))}
    shown = text(snippet, "textDisplay")
    return {"text_display": tidy(shown) if as_plain else plain(shown)}


def _author(snippet: Json, site: str) -> Author:
    """Names change and identify nobody: the channel does, where it still exists."""
    channel = snippet.get("authorChannelId")
    identity = _optional_id(channel, "value") if isinstance(channel, dict) else None
    name = snippet.get("authorDisplayName")
    shown = tidy(name) if isinstance(name, str) else ""
    handle = shown if shown.startswith("@") else None
    return Author(identity, shown, handle, f"{site}/channel/{identity}" if identity else None)


def setting_record(video: str, comments: str, place: str = "") -> SeenRecord:
    """Whether a video takes comments (law R17): the platform says so only by answering, or refusing, their list."""
    return SeenRecord(
        key=f"comments/{video}",
        kind=RecordKind.SETTINGS,
        place=place,
        content={"comments": comments},
        text=f"comments: {comments}",
        parent=f"video/{video}",
        word="comment setting",
    )


def channel_setting(value: Json, place: str) -> list[SeenRecord]:
    """What a channel says of its comments (law R17): whether they wait until the owner approves them, and whether its
    videos are for children, under which YouTube takes none. Nothing where it says none of it."""
    branding, status = part(part(value, "brandingSettings"), "channel"), part(value, "status")
    told = {
        "moderateComments": branding.get("moderateComments"),
        "madeForKids": status.get("madeForKids"),
        "selfDeclaredMadeForKids": status.get("selfDeclaredMadeForKids"),
    }
    content: dict[str, JSONValue] = {name: one for name, one in told.items() if isinstance(one, bool)}
    if not content:
        return []
    said = ", ".join(f"{name} {'yes' if one else 'no'}" for name, one in content.items())
    key, text = "settings/comments", f"comments of the channel: {said}"
    return [SeenRecord(key, RecordKind.SETTINGS, place, content, text, word="setting of the channel")]


# Videos.


def video_record(value: JSONValue, place: str, site: str) -> SeenRecord:
    """One video.

    Raises:
        Unreadable: it lacks what every video has, or has it in another shape.
    """
    video = thing(value, "not a video")
    identity = ident(video.get("id"), "a video")
    snippet = thing(video.get("snippet"), "a video without its words")
    content = _video_content(video, snippet)
    rejected = part(video, "status").get("uploadStatus") == "rejected"
    return SeenRecord(
        key=f"video/{identity}",
        kind=RecordKind.POST,
        place=place,
        content=content,
        text=_text_of_video(content),
        author=_channel_of(snippet, "channelId", "channelTitle", site),
        created_at=when(snippet, "publishedAt"),
        url=f"{site}/watch?v={identity}",
        state=State.REMOVED_BY_PLATFORM if rejected else State.VISIBLE,
        counts=_counts(
            part(video, "statistics"), {"views": "viewCount", "likes": "likeCount", "comments": "commentCount"}
        ),
        counted=_counts(part(video, "statistics"), {"comments": "commentCount"}).get("comments"),
        counted_deep=True,
        media=tuple(_thumbnail(snippet)),
        word="video",
    )


def listed_video(value: JSONValue, place: str, site: str) -> SeenRecord:
    """An entry of the list of uploads: that the video is there, and nothing of what it says. Titles in lists lag behind
    and are replaced (*Private video*), which would look like edits.

    Raises:
        Unreadable: it names no video.
    """
    entry = thing(value, "not an entry of a list")
    snippet, details = part(entry, "snippet"), part(entry, "contentDetails")
    resource = snippet.get("resourceId")
    named = resource.get("videoId") if isinstance(resource, dict) else details.get("videoId")
    identity = ident(named, "a listed video")
    return SeenRecord(
        key=f"video/{identity}",
        kind=RecordKind.POST,
        place=place,
        content={},
        text="",
        author=_channel_of(snippet, "videoOwnerChannelId", "videoOwnerChannelTitle", site)
        if snippet.get("videoOwnerChannelId") is not None
        else None,
        created_at=moment(details.get("videoPublishedAt")),
        url=f"{site}/watch?v={identity}",
        word="video",
    )


def _video_content(video: Json, snippet: Json) -> dict[str, JSONValue]:
    content: dict[str, JSONValue] = {"title": tidy(text(snippet, "title")), **_description(snippet)}
    content["tags"] = [tidy(tag) for tag in _texts(snippet, "tags")]
    for name in ("categoryId", "defaultLanguage", "defaultAudioLanguage"):
        content[name] = storable(text(snippet, name, missing="")) or None
    if "status" in video:
        status = part(video, "status")
        content |= {name: status.get(name) for name in ("privacyStatus", "license") if _is_text(status.get(name))}
    if "localizations" in video:
        content["localizations"] = _localizations(part(video, "localizations"))
    length = part(video, "contentDetails").get("duration")
    if _is_text(length) and length not in _NO_LENGTH and snippet.get("liveBroadcastContent") == "none":
        content["duration"] = length
    return content


def _description(snippet: Json) -> dict[str, JSONValue]:
    """What it says of itself; nothing where that is not given, for YouTube gives it empty where it is."""
    return {} if snippet.get("description") is None else {"description": tidy(text(snippet, "description"))}


def _localizations(value: Json) -> dict[str, JSONValue]:
    found: dict[str, JSONValue] = {}
    for language, words in value.items():
        one = thing(words, "a translation that is none")
        found[storable(language)] = [tidy(text(one, name, missing="")) for name in ("title", "description")]
    return found


def _text_of_video(content: Json) -> str:
    parts = [content["title"], content.get("description"), " ".join(content["tags"])]
    return "\n\n".join(one for one in parts if one)


# The channel.


def channel_record(value: JSONValue, place: str, site: str) -> SeenRecord:
    """The channel itself.

    Raises:
        Unreadable: not a channel.
    """
    channel = thing(value, "not a channel")
    facts = channel_facts(channel, site)
    snippet = part(channel, "snippet")
    content = _channel_content(channel, snippet, facts)
    lines = (facts.name, content.get("description"), content.get("keywords"))
    return SeenRecord(
        key=f"channel/{facts.platform_id}",
        kind=RecordKind.PROFILE,
        place=place,
        content=content,
        text="\n\n".join(line for line in lines if isinstance(line, str) and line),
        author=Author(facts.platform_id, facts.name, facts.handle, facts.url),
        created_at=moment(snippet.get("publishedAt")),
        url=facts.url,
        counts=_counts(
            part(channel, "statistics"),
            {"subscribers": "subscriberCount", "views": "viewCount", "videos": "videoCount"},
        ),
        counted=_counts(part(channel, "statistics"), {"videos": "videoCount"}).get("videos"),
        media=tuple(_portraits(channel, snippet)),
        word="channel",
    )


def channel_facts(value: JSONValue, site: str) -> AccountFacts:
    """What YouTube says the channel is.

    Raises:
        Unreadable: not a channel.
    """
    channel = thing(value, "not a channel")
    identity = ident(channel.get("id"), "a channel")
    snippet = thing(channel.get("snippet"), "a channel without its words")
    name = tidy(text(snippet, "title"))
    handle = storable(text(snippet, "customUrl", missing="")) or name
    return AccountFacts(identity, handle, name, f"{site}/channel/{identity}")


def _channel_content(channel: Json, snippet: Json, facts: AccountFacts) -> dict[str, JSONValue]:
    content: dict[str, JSONValue] = {
        "name": facts.name,
        "handle": storable(text(snippet, "customUrl", missing="")) or None,
        **_description(snippet),
        "country": storable(text(snippet, "country", missing="")) or None,
    }
    if "brandingSettings" in channel:
        settings = part(part(channel, "brandingSettings"), "channel")
        content["keywords"] = tidy(text(settings, "keywords", missing="")) or None
        if isinstance(settings.get("moderateComments"), bool):
            content["moderate_comments"] = settings["moderateComments"]
    return content


def _portraits(channel: Json, snippet: Json) -> Iterator[MediaRef]:
    sizes = part(snippet, "thumbnails")
    largest: Json = next((sizes[size] for size in _SIZES if isinstance(sizes.get(size), dict)), {})
    yield from _pictures(largest.get("url"), "avatar")
    branding = part(channel, "brandingSettings")
    yield from _pictures(part(branding, "image").get("bannerExternalUrl"), "banner")


# Small parts.


def _thumbnail(snippet: Json) -> Iterator[MediaRef]:
    sizes = part(snippet, "thumbnails")
    for size in _SIZES:
        if isinstance(sizes.get(size), dict):
            yield from _pictures(sizes[size].get("url"), f"thumbnail/{size}")
            return


def _pictures(url: JSONValue, what: str) -> Iterator[MediaRef]:
    """One picture. What follows ``=`` in its path only says in which size it is wanted."""
    if isinstance(url, str) and is_web(url):
        path = urlsplit(url).path.partition("=")[0]
        yield MediaRef(f"{what}/{hashlib.sha256(path.encode()).hexdigest()[:16]}", url, "image")


def _channel_of(snippet: Json, identity: str, name: str, site: str) -> Author:
    found = ident(snippet.get(identity), "an author")
    return Author(found, tidy(text(snippet, name, missing="")), None, f"{site}/channel/{found}")


def _optional_id(value: Json, name: str) -> str | None:
    return None if value.get(name) in (None, "") else ident(value[name], name)


def _counts(value: Json, names: Mapping[str, str]) -> dict[str, int]:
    found = {name: _number(value.get(field)) for name, field in names.items()}
    return {name: number for name, number in found.items() if number is not None}


def _number(value: JSONValue) -> int | None:
    """A count: a number, or, as in statistics, one in a text."""
    if isinstance(value, str) and value.isascii() and value.isdigit() and len(value) <= 16:
        value = int(value)
    usable = isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _LARGEST
    return value if usable else None


def _texts(value: Json, name: str) -> list[str]:
    listed = value.get(name, [])
    if not isinstance(listed, list) or not all(isinstance(one, str) for one in listed):
        raise Unreadable(f"{name} is not a list of texts")
    return listed


def _is_text(value: JSONValue) -> bool:
    return isinstance(value, str) and storable(value) == value
