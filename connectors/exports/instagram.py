"""Instagram's "Download your information", as JSON. Pure.

Posts, stories and comments have no id there, only the second in which they were made, so they are records of their own.
Comments are those that the account wrote; what others wrote under its posts is not in the export. What the export does
not say everybody could see is private: stories (they may have been for close friends), what was archived or deleted,
and comments under what others published.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence
from typing import ClassVar

from connectors.contract import AccessClass, AccountRef, Answer, Ask, JSONValue, RecordKind, SeenRecord, State, Stream
from connectors.exports._meta import (
    MESSAGE_FILE,
    MESSAGES,
    OTHER_LANGUAGE,
    Found,
    is_file,
    listed,
    masked_part,
    media_of,
    moment_of,
    names_of,
    planned_file,
    read_entries,
    read_messages,
    said,
)
from connectors.exports.contract import Identity, ImportReading, Part, Planned, Use, Why
from connectors.exports.elements import parse
from connectors.values import Json, Unreadable, part, thing

_NEW = re.compile(r"(?P<root>(?:.*/)?)your_instagram_activity/.+\.json")
_OLD = re.compile(r"(?P<root>(?:.*/)?)(?:content|media)/posts_\d{1,4}\.json")
_ACTIVITY = "your_instagram_activity/"
_INFORMATION = re.compile(
    r"(?:personal_information/(?:personal_information/)?|account_information/)personal_information\.json"
)
_CONTENT = re.compile(
    r"(?:content|media)/(?:(?P<posts>posts_\d{1,4}|igtv_videos)|(?P<reels>reels)|(?P<stories>stories)"
    r"|(?P<archived>archived_posts)|(?P<deleted>recently_deleted_content))\.json"
)
_COMMENTS = re.compile(r"comments/(?:post_comments(?:_\d{1,4})?|reels_comments)\.json")
_FILES = re.compile(r"media/.{1,500}")
_PERSONAL = (
    *("personal_information/", "account_information/", "security_and_login_information/", "connections/", "contacts/"),
    *("ads_information/", "preferences/", "apps_and_websites", "device_information/", "followers_and_following/"),
    *("information_about_you/", "login_and_account_creation/", "monetization/"),
)
_NO_RECORD = re.compile(
    r"(?:logged_information|recent_searches|likes|saved|story_(?:sticker_)?interactions|subscriptions|shopping"
    r"|other_activity|avatars_store|gifts|your_topics|ads_and_(?:topics|businesses)|(?:content|media)/profile_photos)"
)
_LISTS = (
    *("ig_reels_media", "ig_stories", "ig_archived_post_media", "ig_igtv_media", "ig_recently_deleted_media"),
    *("comments_media_comments", "comments_reels_comments"),
)
_WORDS = {"posts": "post", "reels": "reel", "stories": "story", "archived": "archived post", "deleted": "deleted post"}


class InstagramExport:
    """What Instagram gives whoever runs an account."""

    name: ClassVar[str] = "instagram-export"
    platform: ClassVar[str] = "instagram"
    title: ClassVar[str] = "Instagram's Download your information (JSON)"
    version: ClassVar[str] = "1"
    scheme: ClassVar[int] = 1

    def root(self, names: Collection[str]) -> str | None:
        ordered = sorted(names, key=lambda one: (one.count("/"), one))
        for form in (_NEW, _OLD):
            for name in ordered:
                if (found := form.fullmatch(name)) is not None:
                    return found["root"]
        return None

    def telling(self, names: Collection[str]) -> list[str]:
        return [one for one in sorted(names) if _INFORMATION.fullmatch(one)][:1]

    def identity(self, files: Mapping[str, bytes]) -> Identity:
        """By its name, and whether it is a private account."""
        if not files:
            raise ValueError("it has no personal_information.json; have the export made with everything in it")
        about = thing(parse(next(iter(files.values()))), "personal_information.json holds no object")
        user = listed(about, "profile_user")
        told = part(user[0], "string_map_data") if user else {}
        handle = said(part(told, "Username"), "value")
        if not handle:
            raise ValueError(OTHER_LANGUAGE)
        everybody = said(part(told, "Private Account"), "value").casefold() == "false"
        return Identity(handle, said(part(told, "Name"), "value"), protected=not everybody)

    def plan(self, name: str) -> Planned:
        inside = name.removeprefix(_ACTIVITY)
        if (found := _CONTENT.fullmatch(inside)) is not None:
            kind = str(found.lastgroup)
            access = AccessClass.PUBLIC if kind in ("posts", "reels") else AccessClass.PRIVATE
            return Planned(Use.READ, kind, Stream.POSTS, access, cut=True)
        if _COMMENTS.fullmatch(inside):
            return Planned(Use.READ, "comments", Stream.COMMENTS, cut=True)
        if MESSAGES.fullmatch(inside):
            return Planned(Use.READ, "messages", Stream.MESSAGES, AccessClass.PRIVATE, cut=True)
        if MESSAGE_FILE.fullmatch(inside) or (_FILES.fullmatch(inside) and is_file(inside)):
            # Of a file it cannot be told by its name who could see it.
            return planned_file(inside, AccessClass.PRIVATE_MEDIA)
        if inside.startswith(_PERSONAL):
            return Planned(Use.LEFT_OUT, why=Why.PERSONAL)
        return Planned(Use.LEFT_OUT, why=Why.NO_RECORD if _NO_RECORD.match(inside) else Why.UNKNOWN)

    def parts(self, name: str, body: bytes) -> Sequence[Part]:
        """All of it, without the devices on which things were made."""
        return masked_part(body)

    def is_of(self, identity: Identity, account: AccountRef) -> bool | None:
        """By the name alone, which may have been given to somebody else since."""
        same = identity.handle.lstrip("@").casefold() == account.handle.lstrip("@").casefold()
        return None if same else False

    def read(self, ask: Ask, answer: Answer) -> ImportReading:
        if ask.purpose == "messages":
            return read_messages(ask, answer)
        if ask.purpose in _WORDS:
            return read_entries(ask, answer, _LISTS, _published)
        return read_entries(ask, answer, _LISTS, _comment) if ask.purpose == "comments" else ImportReading()


def _published(found: Found, entry: Json, place: str) -> None:
    what = found.ask.purpose
    media = listed(entry, "media") or ([entry] if "uri" in entry else [])
    first = media[0] if media else {}
    if "label_values" in entry or not media:
        raise Unreadable(OTHER_LANGUAGE)
    at = moment_of(entry.get("creation_timestamp", first.get("creation_timestamp")))
    caption, files = said(entry, "title") or said(first, "title"), media_of(media)
    kind = RecordKind.STORY if what == "stories" else RecordKind.POST
    content: dict[str, JSONValue] = {"caption": caption, "files": [one.url for one in files]}
    record = SeenRecord(
        key=found.keys.of(kind, at, caption, *names_of(files)),
        kind=kind,
        place=place,
        content=content,
        text=caption,
        author=found.own(),
        created_at=at,
        state={"archived": State.HIDDEN_BY_PAGE, "deleted": State.DELETED_BY_AUTHOR}.get(what, State.VISIBLE),
        media=files,
        word=_WORDS[what],
    )
    found.add(record, private=what not in ("posts", "reels"))


def _comment(found: Found, entry: Json, place: str) -> None:
    told = part(entry, "string_map_data")
    if "Comment" not in told or "Time" not in told:
        raise Unreadable(OTHER_LANGUAGE)
    at = moment_of(part(told, "Time").get("timestamp"))
    words, owner = said(part(told, "Comment"), "value"), said(part(told, "Media Owner"), "value")
    record = SeenRecord(
        key=found.keys.of(RecordKind.COMMENT, at, words),
        kind=RecordKind.COMMENT,
        place=place,
        content={"text": words, "owner_of_post": owner},
        text=words,
        author=found.own(),
        created_at=at,
        word="comment",
    )
    under_own = owner.casefold() == str(found.ask.context.get("handle", "")).lstrip("@").casefold()
    found.add(record, private=not under_own)
