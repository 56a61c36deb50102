"""TikTok's "Download your data", as JSON: one file, in which the account's videos, comments and messages stand among
all that it watched, searched and signed in from. Pure.

Only three lists of it are stored, each as a block of its own, found by the names around it; the rest is not. A video
has its number where its link has it; comments and messages have none. Times are UTC, as TikTok says.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial
from typing import ClassVar
from urllib.parse import urlsplit

from connectors._tiktok_records import video_key
from connectors.contract import AccessClass, AccountRef, Answer, Ask, Author, JSONValue, RecordKind, SeenRecord, Stream
from connectors.exports.contract import Identity, ImportReading, Part, Planned, Use, Why
from connectors.exports.elements import parse
from connectors.exports.members import Member, members
from connectors.exports.unnamed import Keys
from connectors.links import is_web
from connectors.text import storable, tidy
from connectors.values import Json, Unreadable, thing

_FILES = ("user_data_tiktok.json", "user_data.json")
_VIDEO = re.compile(r"(?:/share/video|/@[\w.]{1,40}/video)/(\d{1,25})/?")
_TIME = re.compile(r"(\d{4}-\d\d-\d\d)[ T](\d\d:\d\d:\d\d)(?:\.\d{1,9})?(?: ?UTC|Z)?")
_HOSTS = ("tiktok.com", "tiktokv.com")
#: Where each list stands: names from the top, without a first *Activity* that the oldest exports have.
_LISTS = {
    ("Post", "Posts", "VideoList"): "videos",
    ("Video", "Videos", "VideoList"): "videos",
    ("Comment", "Comments", "CommentsList"): "comments",
    ("Comment", "CommentsList"): "comments",
    ("Direct Message", "Direct Messages", "ChatHistory"): "messages",
    ("Direct Message", "Chat History", "ChatHistory"): "messages",
    ("Direct Messages", "Chat History", "ChatHistory"): "messages",
    ("Direct Messages", "Direct Messages", "ChatHistory"): "messages",
}
_KEPT_AS = {
    "videos": (Stream.POSTS, AccessClass.PUBLIC),
    "comments": (Stream.COMMENTS, AccessClass.PRIVATE),
    "messages": (Stream.MESSAGES, AccessClass.PRIVATE),
}
_PROFILES = frozenset(
    (top, inside, "ProfileMap")
    for top in ("Profile", "Profile And Settings")
    for inside in ("Profile Information", "Profile Info")
)
_ABOVE = frozenset(path[:depth] for path in (*_LISTS, *_PROFILES) for depth in range(1, len(path)))
_OLDEST = "Activity"
_EVERYBODY = frozenset({"everyone", "public", "public to everyone"})
_NONE = frozenset({"", "N/A"})
_TALK = re.compile(r"Chat History with (.{1,200}?):?")
OTHER_LANGUAGE = (
    "the names in it are not those that are known; have it made anew with the language of the account set to English"
)


class TikTokExport:
    """What TikTok gives whoever runs an account."""

    name: ClassVar[str] = "tiktok-export"
    platform: ClassVar[str] = "tiktok"
    title: ClassVar[str] = "TikTok's Download your data (JSON)"
    version: ClassVar[str] = "1"
    scheme: ClassVar[int] = 1

    def root(self, names: Collection[str]) -> str | None:
        for name in sorted(names, key=lambda one: (one.count("/"), one)):
            for wanted in _FILES:
                root = name.removesuffix(wanted)
                if name.endswith(wanted) and (root == "" or root.endswith("/")):
                    return root
        return None

    def telling(self, names: Collection[str]) -> list[str]:
        return [one for one in _FILES if one in names][:1]

    def identity(self, files: Mapping[str, bytes]) -> Identity:
        """By the account's name."""
        body = next(iter(files.values()), b"")
        profile = next((one for path, one in _walk(body) if path in _PROFILES), None)
        if profile is None:
            raise ValueError(OTHER_LANGUAGE)
        told = thing(parse(body[profile.start : profile.end]), "ProfileMap is no object")
        name, shown = told.get("userName"), told.get("displayName")
        if not isinstance(name, str) or not name.strip():
            raise ValueError(OTHER_LANGUAGE)
        handle = f"@{storable(name).strip().lstrip('@').lower()}"
        return Identity(handle, tidy(shown) if isinstance(shown, str) else "")

    def plan(self, name: str) -> Planned:
        if name in _FILES:
            return Planned(Use.READ, "data", cut=True)
        return Planned(Use.LEFT_OUT, why=Why.UNKNOWN)

    def parts(self, name: str, body: bytes) -> Sequence[Part]:
        """The lists of videos and comments, and the conversations."""
        named = ((_LISTS.get(path), one) for path, one in _walk(body))
        # A list that nothing stands in is written as null.
        return [
            Part(one.start, one.end, what, *_KEPT_AS[what])
            for what, one in named
            if what is not None and body[one.start : one.start + 1] in (b"[", b"{")
        ]

    def is_of(self, identity: Identity, account: AccountRef) -> bool | None:
        """By the name alone, which may have been given to somebody else since."""
        same = identity.handle.casefold() == f"@{account.handle.lstrip('@')}".casefold()
        return None if same else False

    def read(self, ask: Ask, answer: Answer) -> ImportReading:
        found = _Found(ask)
        try:
            value = parse(answer.body)
            if ask.purpose == "messages":
                found.talks(thing(value, "no conversations"))
            elif ask.purpose in ("videos", "comments"):
                found.entries(value, "", _video if ask.purpose == "videos" else _comment)
        except ValueError as error:
            found.wrong.append(("", "not UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)[:120]))
        return ImportReading(tuple(found.records), quarantine=tuple(found.wrong), private=frozenset(found.private))


def _walk(body: bytes, start: int = 0, above: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Member]]:
    """Members by their names from the top, as far as something that is wanted may stand in them."""
    for one in members(body, start):
        path = (*above, one.name)
        yield path, one
        inside = body[one.start : one.start + 1] == b"{"
        if inside and not above and one.name == _OLDEST:
            yield from _walk(body, one.start)
        elif inside and path in _ABOVE:
            yield from _walk(body, one.start, path)


class _Found:
    """What was read of one list so far."""

    def __init__(self, ask: Ask) -> None:
        self.ask = ask
        self.records: list[SeenRecord] = []
        self.wrong: list[tuple[str, str]] = []
        self.private: set[str] = set()
        self.keys = Keys()

    @property
    def handle(self) -> str:
        return str(self.ask.context.get("handle", ""))

    def own(self) -> Author:
        context = self.ask.context
        name, url = str(context.get("name", "")) or self.handle, str(context.get("url", "")) or None
        return Author(str(context.get("account", "")), name, self.handle or None, url)

    def by(self, name: str) -> Author:
        same = name.lstrip("@").casefold() == self.handle.lstrip("@").casefold()
        return self.own() if same else Author(None, name, f"@{name.lstrip('@')}" if name else None)

    def entries(
        self, value: JSONValue, place: str, one_of: Callable[[_Found, Json, str], tuple[SeenRecord, bool]]
    ) -> None:
        if not isinstance(value, list):
            raise Unreadable(OTHER_LANGUAGE)
        for number, entry in enumerate(value):
            at = f"{place}/{number}"
            try:
                record, private = one_of(self, thing(entry, "no object"), at)
                self.records.append(record)
                if private:
                    self.private.add(record.key)
            except Unreadable as error:
                self.wrong.append((at, str(error)))

    def talks(self, value: Json) -> None:
        for name, listed in value.items():
            named = _TALK.fullmatch(name)
            place = f"/{name.replace('~', '~0').replace('/', '~1')}"
            if storable(name) != name:
                self.wrong.append(("", "a conversation whose name is no text"))
            elif named is None:
                self.wrong.append((place, OTHER_LANGUAGE))
            elif isinstance(listed, list):
                self.entries(listed, place, partial(_message, tidy(storable(named[1]))))


def _said(entry: Json, *names: str) -> str:
    """The first of these that is there, as text; empty where TikTok says that there is none."""
    for name in names:
        value = entry.get(name)
        if isinstance(value, str):
            return "" if value.strip() in _NONE else tidy(value)
        if value is not None:
            raise Unreadable(f"{name} is not text")
    return ""


def _time(entry: Json) -> datetime:
    found = _TIME.fullmatch(_said(entry, "Date", "date"))
    if found is None:
        raise Unreadable("an entry without a usable time")
    try:
        return datetime.fromisoformat(f"{found[1]}T{found[2]}").replace(tzinfo=UTC)
    except ValueError:
        raise Unreadable("an entry without a usable time") from None


def _video_of(link: str) -> str | None:
    """Key of the video that a link names; None where it names none."""
    if not is_web(link):
        return None
    parts = urlsplit(link)
    host = (parts.hostname or "").lower()
    found = _VIDEO.fullmatch(parts.path)
    known = any(host == one or host.endswith(f".{one}") for one in _HOSTS)
    return video_key(found[1]) if found and known else None


def _video(found: _Found, entry: Json, place: str) -> tuple[SeenRecord, bool]:
    """Links of newer exports lead to the file, with a number of another kind, and end after some hours: those are no
    part of what is said."""
    at, title, link = _time(entry), _said(entry, "Title"), _said(entry, "Link", "VideoLink")
    content: dict[str, JSONValue] = {"title": title}
    audience = _said(entry, "WhoCanView")
    for name, told in (("who_can_view", audience), ("alternate_text", _said(entry, "AlternateText"))):
        if told:
            content[name] = told
    named = _video_of(link)
    likes = _said(entry, "Likes")
    counted = {"likes": int(likes)} if likes.isascii() and likes.isdigit() and len(likes) < 16 else {}
    record = SeenRecord(
        key=named or found.keys.of(RecordKind.POST, at, title),
        kind=RecordKind.POST,
        place=place,
        content=content,
        text="\n\n".join(one for one in (title, str(content.get("alternate_text", ""))) if one),
        author=found.own(),
        created_at=at,
        url=link if named else None,
        counts=counted,
        word="video",
    )
    return record, audience.casefold() not in _EVERYBODY


def _comment(found: _Found, entry: Json, place: str) -> tuple[SeenRecord, bool]:
    """One that the account wrote. Under which video only newer exports say, and none says who could see it."""
    at, words = _time(entry), _said(entry, "comment", "Comment")
    under = _video_of(_said(entry, "original post link", "OriginalPostLink"))
    record = SeenRecord(
        key=found.keys.of(RecordKind.COMMENT, at, words),
        kind=RecordKind.COMMENT,
        place=place,
        content={"text": words},
        text=words,
        author=found.own(),
        created_at=at,
        parent=under,
        thread=under,
        word="comment",
    )
    return record, True


def _message(partner: str, found: _Found, entry: Json, place: str) -> tuple[SeenRecord, bool]:
    at, words, sender = _time(entry), _said(entry, "Content"), _said(entry, "From")
    record = SeenRecord(
        key=found.keys.of(RecordKind.MESSAGE, at, partner, sender, words),
        kind=RecordKind.MESSAGE,
        place=place,
        content={"conversation": partner, "text": words},
        text=words,
        author=found.by(sender),
        created_at=at,
        word="message",
    )
    return record, True
