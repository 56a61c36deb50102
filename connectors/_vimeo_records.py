"""What Vimeo shows as records: the account, videos, comments, captions. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from urllib.parse import urlsplit

from connectors.contract import AccountFacts, Author, JSONValue, MediaRef, RecordKind, SeenRecord
from connectors.links import is_web
from connectors.text import storable, tidy
from connectors.values import Json, Unreadable, number, part, text, thing, when

_USER = re.compile(r"/users/[0-9]{1,20}")


def key_of(uri: JSONValue, folder: str, kind: str) -> str | None:
    """Key of what a path of Vimeo names; None where it names nothing of that kind."""
    match = re.search(rf"/{folder}/([0-9]{{1,20}})(?::[\w-]{{1,80}})?$", uri) if isinstance(uri, str) else None
    return None if match is None else f"{kind}/{match[1]}"


def total(value: Json, name: str) -> int | None:
    """How many of something belong to it, where Vimeo says so."""
    connections = part(part(value, "metadata"), "connections")
    return number(part(connections, name).get("total"))


def account_facts(value: Json, site: str) -> AccountFacts:
    """Which account it is: the path by which Vimeo names it stays, the name in its address is chosen.

    Raises:
        Unreadable: it has no usable path or address.
    """
    uri, link = value.get("uri"), value.get("link")
    if not isinstance(uri, str) or not _USER.fullmatch(uri):
        raise Unreadable("the account has no usable path")
    named = urlsplit(link).path.rpartition("/")[2] if isinstance(link, str) and is_web(link) else ""
    handle = storable(named) or f"user{uri.rpartition('/')[2]}"
    return AccountFacts(uri, handle, tidy(text(value, "name", "")) or handle, f"{site}/{handle}")


def account_record(value: Json, site: str) -> SeenRecord:
    """The account.

    Raises:
        Unreadable: it has no usable path, or says something that is no text.
    """
    facts = account_facts(value, site)
    names = ("name", "location", "bio", "short_bio")
    content: dict[str, JSONValue] = {name: storable(text(value, name, "")) for name in names if name in value}
    content["handle"] = facts.handle
    videos = total(value, "videos")
    return SeenRecord(
        key=f"user/{facts.platform_id.rpartition('/')[2]}",
        kind=RecordKind.PROFILE,
        place="",
        content=content,
        text="\n\n".join(one for one in (tidy(str(part)) for part in content.values()) if one),
        url=facts.url,
        counts={} if videos is None else {"posts": videos},
        counted=videos,
        media=tuple(_picture(value)),
        word="profile",
    )


def video_record(value: Json, place: str, site: str) -> SeenRecord:
    """One video.

    Raises:
        Unreadable: it lacks what every video has.
    """
    key = key_of(value.get("uri"), "videos", "video")
    if key is None:
        raise Unreadable("a video has no usable path")
    content = _said(value)
    parts = (content["name"], content.get("description", ""), " ".join(f"#{one}" for one in content.get("tags", ())))
    told = {"views": number(part(value, "stats").get("plays")), "likes": total(value, "likes")}
    told["replies"] = total(value, "comments")
    return SeenRecord(
        key=key,
        kind=RecordKind.POST,
        place=place,
        content=content,
        text="\n\n".join(one for one in (tidy(one) for one in parts) if one),
        author=_author(value, site),
        created_at=when(value, "created_time"),
        url=_link(value),
        counts={name: one for name, one in told.items() if one is not None},
        media=tuple(_picture(value)),
        word="video",
    )


def _said(value: Json) -> dict[str, JSONValue]:
    """What of a video its owner wrote, and who was meant to see it."""
    content: dict[str, JSONValue] = {"name": tidy(text(value, "name"))}
    if "description" in value:  # (Vimeo writes null where there is none)
        content["description"] = storable(text(value, "description", ""))
    if isinstance(value.get("tags"), list):
        content["tags"] = sorted({storable(text(thing(one, "no tag"), "name", "")) for one in value["tags"]} - {""})
    seen = part(value, "privacy").get("view")
    return content | ({"seen by": storable(seen)} if isinstance(seen, str) else {})


def everybody_sees(value: Json) -> bool:
    """Whether the answer says that everybody sees a video. What it does not say is not assumed."""
    told = value.get("privacy")
    return isinstance(told, dict) and told.get("view") == "anybody"


def setting_record(value: Json, key: str, place: str) -> SeenRecord | None:
    """Who may comment on a video (law R17); None where Vimeo does not say."""
    allowed = part(value, "privacy").get("comments")
    if not isinstance(allowed, str) or not allowed:
        return None
    return SeenRecord(
        key=f"comments/{key}",
        kind=RecordKind.SETTINGS,
        place=place,
        content={"comments": storable(allowed)},
        text=f"comments: {tidy(allowed)}",
        parent=key,
        word="comment setting",
    )


def comment_record(value: Json, place: str, site: str, video: str, above: str | None) -> SeenRecord:
    """One comment on a video, or a reply to one (``above``).

    Raises:
        Unreadable: it lacks what every comment has.
    """
    key = key_of(value.get("uri"), "comments", "comment")
    if key is None:
        raise Unreadable("a comment has no usable path")
    words, replies = text(value, "text"), total(value, "replies")
    return SeenRecord(
        key=key,
        kind=RecordKind.COMMENT,
        place=place,
        content={"text": storable(words)},
        text=tidy(words),
        author=_author(value, site),
        created_at=when(value, "created_on"),
        parent=f"comment/{above}" if above and f"comment/{above}" != key else video or None,
        thread=video or None,
        counts={} if replies is None else {"replies": replies},
        counted=replies,
        word="comment" if above is None else "reply",
    )


def sight(key: str, media: tuple[MediaRef, ...]) -> SeenRecord:
    """That a video is there, with files that another answer names."""
    return SeenRecord(key=key, kind=RecordKind.POST, place="", content={}, text="", media=media)


def is_track(value: Json) -> bool:
    """Whether a caption can be had."""
    link = value.get("link")
    return key_of(value.get("uri"), "texttracks", "texttrack") is not None and isinstance(link, str) and is_web(link)


def track(value: Json) -> MediaRef:
    """One caption or subtitle."""
    name = value.get("language")
    return MediaRef(
        str(key_of(value["uri"], "texttracks", "texttrack")), value["link"], "caption",
        alt_text=storable(name) if isinstance(name, str) and name else None,
    )  # fmt: skip


def _author(value: Json, site: str) -> Author | None:
    user = part(value, "user")
    uri, link, name = user.get("uri"), user.get("link"), tidy(text(user, "name", ""))
    if not user:
        return None
    shown = storable(link) if isinstance(link, str) and is_web(link) else None
    handle = None if shown is None else urlsplit(shown).path.rpartition("/")[2] or None
    return Author(storable(uri) if isinstance(uri, str) and uri else None, name or handle or "", handle, shown)


def _link(value: Json) -> str | None:
    link = value.get("link")
    return storable(link) if isinstance(link, str) and is_web(link) else None


def _picture(value: Json) -> Iterator[MediaRef]:
    """The picture of a video or account, known by its path; not the one that stands for none."""
    pictures = part(value, "pictures")
    url = pictures.get("base_link")
    if isinstance(url, str) and is_web(url) and pictures.get("type") != "default":
        yield MediaRef(f"picture/{storable(urlsplit(url).path)[-80:]}", url, "image")
