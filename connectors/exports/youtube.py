"""Google Takeout of a YouTube channel, as CSV with English names: its videos, and the comments it wrote. Pure.

Videos and comments have YouTube's own ids there, so they are the records that captures make. What the public wrote
under the channel's videos is not in Takeout; nor is what a video was edited from. A row is found by its place in bytes.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import ClassVar

from connectors._youtube_records import ident
from connectors.answers import moment
from connectors.contract import (
    AccessClass,
    AccountRef,
    Answer,
    Ask,
    Author,
    JSONValue,
    RecordKind,
    SeenRecord,
    Stream,
)
from connectors.exports.contract import Identity, ImportReading, Planned, Use, Why
from connectors.exports.elements import parse
from connectors.exports.rows import Row, rows
from connectors.text import storable, tidy
from connectors.values import Unreadable

_CHANNEL = "channels/channel.csv"
_VIDEOS = re.compile(r"video metadata/videos(?:\(\d{1,3}\))?\.csv")
_COMMENTS = re.compile(r"comments/comments(?:\(\d{1,3}\))?\.csv")
_FOLDER = "YouTube and YouTube Music/"
_SITE = "https://www.youtube.com"
#: Who may see a video. Whatever else stands there, or where nothing does, it is private.
_EVERYBODY = frozenset({"public", "unlisted"})


class YouTubeTakeout:
    """What Google's Takeout gives whoever runs a channel."""

    name: ClassVar[str] = "youtube-takeout"
    platform: ClassVar[str] = "youtube"
    title: ClassVar[str] = "YouTube in Google Takeout (CSV)"
    version: ClassVar[str] = "1"
    scheme: ClassVar[int] = 1

    def root(self, names: Collection[str]) -> str | None:
        for name in sorted(names, key=lambda one: (one.count("/"), one)):
            if name.endswith(f"{_FOLDER}{_CHANNEL}"):
                root = name.removesuffix(_CHANNEL)
                if root.removesuffix(_FOLDER) == "" or root.removesuffix(_FOLDER).endswith("/"):
                    return root
        return None

    def telling(self, names: Collection[str]) -> list[str]:
        return [one for one in (_CHANNEL,) if one in names]

    def identity(self, files: Mapping[str, bytes]) -> Identity:
        listed = [row for _, _, row in rows(files[_CHANNEL]) if row is not None]
        named = {row.get("channel id", "") for row in listed}
        if len(named) != 1:
            raise ValueError("it is of no channel, or of several; have Takeout made of one alone")
        identity = ident(named.pop(), "the channel")
        title = next((row.get("channel title (original)", "") for row in listed), "")
        return Identity(identity, tidy(title), identity)

    def plan(self, name: str) -> Planned:
        if name == _CHANNEL:
            return Planned(Use.KEPT, "channel", Stream.PROFILE)
        if _VIDEOS.fullmatch(name):
            return Planned(Use.READ, "videos")
        if _COMMENTS.fullmatch(name):
            return Planned(Use.READ, "comments", Stream.COMMENTS)
        if name.startswith("videos/") and name.count("/") == 1:
            # Files bear the titles of videos and no ids, and some of the videos are private.
            return Planned(Use.FILE, "file", Stream.MEDIA, AccessClass.PRIVATE_MEDIA)
        if name.startswith(("history/", "subscriptions/", "playlists/", "live chats/")):
            return Planned(Use.LEFT_OUT, why=Why.NO_RECORD)
        return Planned(Use.LEFT_OUT, why=Why.PERSONAL if name.startswith("channels/") else Why.UNKNOWN)

    def is_of(self, identity: Identity, account: AccountRef) -> bool | None:
        """By the id of the channel."""
        return identity.platform_id == account.platform_id

    def read(self, ask: Ask, answer: Answer) -> ImportReading:
        one_of: Callable[[Ask, Row, str], SeenRecord] | None
        one_of = {"videos": _video, "comments": _comment}.get(ask.purpose)
        if one_of is None:
            return ImportReading()
        records: dict[tuple[str, str], SeenRecord] = {}
        wrong: list[tuple[str, str]] = []
        cuts: set[int] = set()
        private = set()
        try:
            for start, end, row in rows(answer.body):
                if row is None:
                    continue
                place = f"bytes={start}-{end}"
                try:
                    record = one_of(ask, row, place)
                except Unreadable as error:
                    wrong.append((place, str(error)))
                    continue
                records[record.key, place] = record
                cuts |= {start, end}
                if ask.purpose == "videos" and row.get("privacy", "").strip().casefold() not in _EVERYBODY:
                    private.add(record.key)
        except Unreadable as error:
            wrong.append(("", str(error)))
        found = tuple(records.values())
        return ImportReading(found, quarantine=tuple(wrong), cuts=tuple(sorted(cuts)), private=frozenset(private))


def _author(ask: Ask, channel: str) -> Author:
    if channel != str(ask.context.get("account", "")):
        raise Unreadable("of another channel")
    handle = str(ask.context.get("handle", ""))
    name = tidy(str(ask.context.get("name", ""))) or handle
    return Author(channel, name, handle or None, str(ask.context.get("url", "")) or None)


def _video(ask: Ask, row: Row, place: str) -> SeenRecord:
    identity = ident(row.get("video id"), "a video")
    content: dict[str, JSONValue] = {
        "title": tidy(row.get("video title (original)", "")),
        "description": tidy(row.get("video description (original)", "")),
        "privacy": storable(row.get("privacy", "")),
    }
    at = moment(row.get("video publish timestamp")) or moment(row.get("video create timestamp"))
    return SeenRecord(
        key=f"video/{identity}",
        kind=RecordKind.POST,
        place=place,
        content=content,
        text="\n\n".join(str(content[name]) for name in ("title", "description") if content[name]),
        author=_author(ask, row.get("channel id", "")),
        created_at=at,
        url=f"{_SITE}/watch?v={identity}",
        word="video",
    )


def _comment(ask: Ask, row: Row, place: str) -> SeenRecord:
    identity = ident(row.get("comment id"), "a comment")
    video, parent = (row.get(name, "") for name in ("video id", "parent comment id"))
    written = _written(row.get("comment text", ""))
    at = moment(row.get("comment create timestamp"))
    under = f"video/{ident(video, 'a video')}" if video else None
    return SeenRecord(
        key=f"comment/{identity}",
        kind=RecordKind.COMMENT,
        place=place,
        content={"text_original": written},
        text=written,
        author=_author(ask, row.get("channel id", "")),
        created_at=at,
        parent=f"comment/{ident(parent, 'a comment')}" if parent else under,
        thread=under,
        url=f"{_SITE}/watch?v={video}&lc={identity}" if video else None,
        word="reply" if parent else "comment",
    )


def _written(value: str) -> str:
    """The words: as they are; or as ``{"takeoutSegments": [{"text": …}]}``; or as ``{"text": …},{"text": …}``."""
    if not value.startswith("{"):
        return tidy(value)
    try:
        told = parse(f"[{value}]".encode())
    except ValueError:
        return tidy(value)
    segments = [part for one in told for part in _segments(one)]
    return tidy("".join(segments)) if segments else tidy(value)


def _segments(value: JSONValue) -> Iterator[str]:
    inner = value.get("takeoutSegments") if isinstance(value, dict) else None
    for one in inner if isinstance(inner, list) else [value]:
        if isinstance(one, dict) and isinstance(one.get("text"), str):
            yield one["text"]
