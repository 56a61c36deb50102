"""X's "your archive": a ZIP of ``data/*.js``, each ``window.YTD.NAME.partN = [ … ]``, and the files of posts. Pure.

Posts get the keys that the connector gives them (the first id of an edited post), so an imported post and a captured
one are the same record. What is in the archive is what its owner saw on the day it was made: posts still standing then,
posts the owner had deleted shortly before (``deleted-tweets.js``), and messages.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import ClassVar

from connectors._x_posts import files_of, key_of, text_of
from connectors._x_values import counts, given_at, ident, part
from connectors.answers import moment
from connectors.contract import (
    AccessClass,
    AccountRef,
    Answer,
    Ask,
    Author,
    JSONValue,
    MediaRef,
    RecordKind,
    SeenRecord,
    State,
    Stream,
)
from connectors.exports.contract import Identity, ImportReading, Planned, Use, Why
from connectors.exports.elements import Element, NotAList, assigned, elements
from connectors.links import is_web
from connectors.text import storable, tidy
from connectors.values import Json, Unreadable, objects, text, thing

_POSTS = re.compile(r"data/(?:tweets?|community-tweet|deleted-tweets?)(?:-part\d{1,4})?\.js")
_MESSAGES = re.compile(r"data/direct-messages(?:-group)?(?:-part\d{1,4})?\.js")
_PROFILE = re.compile(r"data/profile\.js")
_NOTES = re.compile(r"data/(?:note-tweet|article|moment|community-note)(?:-part\d{1,4})?\.js")
_POST_FILE = re.compile(r"data/(?:tweets?|community_tweet|deleted_tweets?)_media/(\d{1,19})-[^/]{1,200}")
_MESSAGE_FILE = re.compile(r"data/direct_messages(?:_group)?_media/(\d{1,19})-[^/]{1,200}")
_PROFILE_FILE = re.compile(r"data/profile_media/[^/]{1,200}")
_NOT_RECORDS = re.compile(
    r"data/(?:likes?|bookmark|follow(?:er|ing)|lists?-[a-z-]+|block|mute|smartblock|saved-search|tweet-headers"
    r"|direct-message-(?:group-)?headers|deleted-tweet-headers|twitter-article-metadata|shop-module|spaces-metadata"
    r"|professional-data|reply-prompt|shopify-account|tweet-edit-history)(?:-part\d{1,4})?\.js"
)
_PROTECTED = "data/protected-history.js"
_MOST_WRONG = 10_000
_MOST_CUTS = 400_000
"""More than are ever obeyed (evidence format §1)."""
_RETWEET = re.compile(r"RT @\w{1,20}: ")
_OLD_TIME = re.compile(r"\w{3} (\w{3}) (\d\d) (\d\d):(\d\d):(\d\d) \+0000 (\d{4})")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_COUNTS = {"likes": ("favorite_count",), "reposts": ("retweet_count",)}
_KIND_OF_KEY = {"photo": "3", "video": "7", "animated_gif": "16"}


@dataclass(slots=True)
class _Found:
    """What was read of one block so far."""

    ask: Ask
    records: list[SeenRecord] = field(default_factory=list)
    wrong: list[tuple[str, str]] = field(default_factory=list)
    cuts: list[int] = field(default_factory=list)

    def say(self, place: str, why: str) -> None:
        """That something cannot be read. A file of nothing else must not fill the memory."""
        if len(self.wrong) < _MOST_WRONG:
            self.wrong.append((place, why))

    def cut(self, *places: int) -> None:
        """Where the block may be cut."""
        if len(self.cuts) < _MOST_CUTS:
            self.cuts += places

    @property
    def own(self) -> str:
        return str(self.ask.context.get("account", ""))

    @property
    def handle(self) -> str:
        return str(self.ask.context.get("handle", ""))

    @property
    def site(self) -> str:
        return str(self.ask.context.get("url", "")).rpartition("/")[0] or "https://x.com"

    def author(self, identity: str) -> Author:
        """Names of others are not in the archive."""
        if identity != self.own:
            return Author(identity, "")
        name = tidy(str(self.ask.context.get("name", ""))) or self.handle
        return Author(identity, name, self.handle or None, f"{self.site}/{self.handle}" if self.handle else None)


class XArchive:
    """The archive of an account on X, as X makes it for whoever runs the account."""

    name: ClassVar[str] = "x-archive"
    platform: ClassVar[str] = "x"
    title: ClassVar[str] = "X archive (ZIP with data/tweets.js)"
    version: ClassVar[str] = "1"
    scheme: ClassVar[int] = 1

    def root(self, names: Collection[str]) -> str | None:
        """The folder above ``data/`` with a list of posts, or with who the account is."""
        for name in sorted(names, key=lambda one: (one.count("/"), one)):
            for wanted in ("data/manifest.js", "data/account.js"):
                root = name.removesuffix(wanted)
                if name.endswith(wanted) and (root == "" or root.endswith("/")):
                    return root
        return None

    def telling(self, names: Collection[str]) -> list[str]:
        return [one for one in ("data/manifest.js", "data/account.js", _PROTECTED) if one in names]

    def identity(self, files: Mapping[str, bytes]) -> Identity:
        """From ``manifest.js``, which also says when it was made; of older archives from ``account.js``."""
        made_at = None
        told: list[tuple[str, str, str]] = []
        if "data/manifest.js" in files:
            manifest = thing(assigned(files["data/manifest.js"]), "manifest.js holds no object")
            user, made = part(manifest, "userInfo"), part(manifest, "archiveInfo")
            made_at = moment(made.get("generationDate"))
            if user:
                told.append(_who(user, "accountId", "userName", "displayName"))
        if "data/account.js" in files:
            listed = assigned(files["data/account.js"])
            first = listed[0] if isinstance(listed, list) and listed else None
            account = part(thing(first, "account.js holds no account"), "account")
            told.append(_who(account, "accountId", "username", "accountDisplayName"))
        if not told or len({identity for identity, _, _ in told}) != 1:
            raise ValueError("it does not say, or not clearly, whose it is")
        identity, handle, name = told[0]
        return Identity(handle, name, identity, made_at=made_at, protected=_is_protected(files.get(_PROTECTED)))

    def plan(self, name: str) -> Planned:
        if name == "data/manifest.js":
            return Planned(Use.KEPT, "manifest", Stream.SETTINGS)
        if _POSTS.fullmatch(name):
            deleted = name.startswith("data/deleted")
            return Planned(Use.READ, "deleted" if deleted else "posts", elements=True)
        if _MESSAGES.fullmatch(name):
            return Planned(Use.READ, "messages", Stream.MESSAGES, AccessClass.PRIVATE, elements=True)
        if _PROFILE.fullmatch(name):
            return Planned(Use.READ, "profile", Stream.PROFILE)
        if _NOTES.fullmatch(name):
            # Drafts are among them, and notes that were written under an alias.
            return Planned(Use.KEPT, "other", access=AccessClass.PRIVATE)
        return self._file(name) or self._left_out(name)

    def _file(self, name: str) -> Planned | None:
        if (post := _POST_FILE.fullmatch(name)) is not None:
            return Planned(Use.FILE, "file", Stream.MEDIA, AccessClass.MEDIA, key_of(post[1]))
        if (message := _MESSAGE_FILE.fullmatch(name)) is not None:
            return Planned(Use.FILE, "file", Stream.MEDIA, AccessClass.PRIVATE_MEDIA, f"dm/{message[1]}")
        if _PROFILE_FILE.fullmatch(name):
            return Planned(Use.FILE, "file", Stream.MEDIA, AccessClass.MEDIA)
        return None

    @staticmethod
    def _left_out(name: str) -> Planned:
        if name.startswith("assets/") or name in ("Your archive.html", "data/README.txt"):
            return Planned(Use.LEFT_OUT, why=Why.VIEWER)
        if _NOT_RECORDS.fullmatch(name):
            return Planned(Use.LEFT_OUT, why=Why.NO_RECORD)
        known = name.startswith("data/") and name.endswith(".js")
        return Planned(Use.LEFT_OUT, why=Why.PERSONAL if known else Why.UNKNOWN)

    def is_of(self, identity: Identity, account: AccountRef) -> bool | None:
        """By X's number of the account."""
        return identity.platform_id == account.platform_id

    def read(self, ask: Ask, answer: Answer) -> ImportReading:
        """Posts, messages or the profile in one block of a file."""
        found = _Found(ask)
        one_of = {"posts": _post, "deleted": _deleted, "messages": _conversation, "profile": _profile}.get(ask.purpose)
        if one_of is None:
            return ImportReading()
        try:
            for one in elements(answer.body, first=ask.context.get("block", 0) == 0):
                found.cut(one.start, one.end)
                try:
                    if one.wrong is not None:
                        raise Unreadable(one.wrong)
                    found.records += one_of(found, one, answer.body)
                except Unreadable as error:
                    found.say(one.place, str(error))
        except NotAList as error:
            found.say("", str(error))
        private = frozenset(one.key for one in found.records if one.kind is RecordKind.MESSAGE)
        cuts = tuple(sorted(set(found.cuts)))
        return ImportReading(tuple(_once(found.records)), quarantine=tuple(found.wrong), cuts=cuts, private=private)


def _once(records: list[SeenRecord]) -> Iterator[SeenRecord]:
    """(key, place) is unique."""
    yield from {(one.key, one.place): one for one in records}.values()


def _who(value: Json, identity: str, handle: str, name: str) -> tuple[str, str, str]:
    shown = value.get(name)
    return (
        ident(value.get(identity), "the account"),
        storable(text(value, handle)),
        shown if isinstance(shown, str) else "",
    )


def _is_protected(history: bytes | None) -> bool:
    """Whether only followers could see the account when the archive was made. Where that cannot be read, it is so."""
    if history is None:
        return False
    try:
        listed = assigned(history)
        turns = (
            [part(thing(one, "no turn"), "protectedHistory") for one in listed] if isinstance(listed, list) else [{}]
        )
    except ValueError:
        return True
    newest = max(turns, key=lambda one: str(one.get("protectedAt", "")), default=None)
    return newest is not None and newest.get("action") != "Unprotect"


# Posts.


def _post(found: _Found, one: Element, _: bytes) -> list[SeenRecord]:
    return [_record(found, _of(one, "tweet"), one.place, State.VISIBLE)]


def _deleted(found: _Found, one: Element, _: bytes) -> list[SeenRecord]:
    """The archive lists what its owner deleted in the weeks before."""
    return [_record(found, _of(one, "tweet"), one.place, State.DELETED_BY_AUTHOR)]


def _of(one: Element, name: str) -> Json:
    """The thing in an element; the oldest archives have it without its name around it."""
    value = thing(one.value, "an element that is no object")
    inner = value.get(name, value)
    return thing(inner, f"{name} is no object")


def _record(found: _Found, post: Json, place: str, state: State) -> SeenRecord:
    own = ident(post.get("id_str", post.get("id")), "a post")
    chain = _chain(post, own)
    at = _written(post, own)
    content = {"version": own} | _said(post)
    answered = post.get("in_reply_to_status_id_str")
    parent = key_of(answered) if isinstance(answered, str) and answered.isdecimal() and len(answered) < 20 else None
    return SeenRecord(
        key=key_of(chain[0]),
        kind=_kind(post, parent),
        place=place,
        content=content,
        text=text_of(content),
        author=found.author(found.own),
        created_at=given_at(chain[0]) or at,
        as_of=at,
        retrospective=own != chain[-1],
        parent=parent,
        url=f"{found.site}/i/web/status/{chain[0]}",
        state=state,
        counts=counts(_numbers(post), _COUNTS),
        media=tuple(_files(post)),
        word="repost" if _RETWEET.match(str(post.get("full_text", ""))) else "post",
    )


def _kind(post: Json, parent: str | None) -> RecordKind:
    if _RETWEET.match(str(post.get("full_text", ""))):
        return RecordKind.SHARE
    return RecordKind.COMMENT if parent or post.get("in_reply_to_user_id_str") else RecordKind.POST


def _chain(post: Json, own: str) -> list[str]:
    """Ids of all versions that the archive names, the first one first."""
    info = part(post, "edit_info")
    named: list[JSONValue] = []
    for one in (part(info, "initial"), part(part(info, "edit"), "editControlInitial")):
        listed = one.get("editTweetIds")
        named += listed if isinstance(listed, list) else []
    first = part(info, "edit").get("initialTweetId")
    named += [first] if first is not None else []
    return sorted({own, *(ident(one, "an edit") for one in named)}, key=int)


def _written(post: Json, own: str) -> datetime:
    at = given_at(own)
    told = _OLD_TIME.fullmatch(str(post.get("created_at", "")))
    if at is None and told is not None and told[1] in _MONTHS:
        day, hour, minute, second, year = (int(told[one]) for one in range(2, 7))
        with suppress(ValueError):
            at = datetime(year, _MONTHS.index(told[1]) + 1, day, hour, minute, second, tzinfo=UTC)
    if at is None:
        raise Unreadable("a post without a time")
    return at


def _said(post: Json) -> dict[str, JSONValue]:
    """The words, with ``&``, ``<`` and ``>`` as X writes them in archives too, and where links lead."""
    words = post.get("full_text", post.get("text"))
    if not isinstance(words, str):
        raise Unreadable("a post without words")
    content: dict[str, JSONValue] = {"text": tidy(_unescaped(words))}
    found = {}
    for one in _listed(part(post, "entities"), "urls"):
        short, full = one.get("url"), one.get("expanded_url")
        if isinstance(short, str) and isinstance(full, str) and is_web(full):
            found[storable(short)] = storable(full)
    if found:
        content["links"] = found
    media = [_media_key(one) for one in _media(post)]
    if media:
        content["media"] = media
    return content


def _unescaped(words: str) -> str:
    """X escapes these three and nothing else."""
    return words.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _listed(value: Json, name: str) -> list[Json]:
    return objects(value, name) if value.get(name) else []


def _media(post: Json) -> list[Json]:
    return _listed(part(post, "extended_entities"), "media") or _listed(part(post, "entities"), "media")


def _media_key(medium: Json) -> str:
    """As the API names it."""
    return f"{_KIND_OF_KEY.get(str(medium.get('type')), '3')}_{ident(medium.get('id_str'), 'a file')}"


def _files(post: Json) -> Iterator[MediaRef]:
    for one in _media(post):
        variants = [
            {"content_type": each.get("content_type"), "url": each.get("url"), "bit_rate": _number(each.get("bitrate"))}
            for each in _listed(part(one, "video_info"), "variants")
        ]
        shown = {"type": one.get("type"), "url": one.get("media_url_https"), "variants": variants}
        yield from files_of(shown, _media_key(one), None)


def _numbers(post: Json) -> dict[str, JSONValue]:
    """Archives write numbers as text."""
    return {name: _number(post.get(name)) for names in _COUNTS.values() for name in names}


def _number(value: JSONValue) -> JSONValue:
    return int(value) if isinstance(value, str) and value.isdecimal() and len(value) < 16 else value


# Messages and the profile.


def _conversation(found: _Found, one: Element, body: bytes) -> list[SeenRecord]:
    talk = _of(one, "dmConversation")
    name = storable(text(talk, "conversationId"))
    listed = objects(talk, "messages")
    places = _places(body, one, listed)
    found.cut(*(int(end) for place in places or () for end in place.removeprefix("bytes=").split("-")))
    records = []
    for number, message in enumerate(listed):
        if "messageCreate" not in message:
            continue  # somebody joined, left, or named the group
        place = places[number] if places else one.place
        try:
            records.append(_message(found, thing(message["messageCreate"], "no message"), name, place))
        except Unreadable as error:
            found.say(place, str(error))
    return records


def _message(found: _Found, message: Json, conversation: str, place: str) -> SeenRecord:
    identity, sender = ident(message.get("id"), "a message"), ident(message.get("senderId"), "a sender")
    at = moment(message.get("createdAt")) or given_at(identity)
    content: dict[str, JSONValue] = {"conversation": conversation}
    said = message.get("text")
    content["text"] = tidy(_unescaped(said)) if isinstance(said, str) else ""
    return SeenRecord(
        key=f"dm/{identity}",
        kind=RecordKind.MESSAGE,
        place=place,
        content=content,
        text=str(content["text"]),
        author=found.author(sender),
        created_at=at,
        as_of=at,
        word="direct message",
    )


_MESSAGES_LIST = re.compile(rb'"messages"\s*:\s*(?=\[)')


def _places(body: bytes, one: Element, listed: list[Json]) -> list[str] | None:
    """Where each message stands in its conversation; None where that is not certain: then all stand where it does."""
    opened = _MESSAGES_LIST.search(body, one.start, one.end)
    if opened is None:
        return None
    start = opened.end()
    try:
        inside = list(elements(body[start : one.end]))
    except NotAList:
        return None
    if [each.value for each in inside] != listed:
        return None
    return [f"bytes={start + each.start}-{start + each.end}" for each in inside]


def _profile(found: _Found, one: Element, _: bytes) -> list[SeenRecord]:
    profile = _of(one, "profile")
    about = part(profile, "description")
    author = found.author(found.own)
    content: dict[str, JSONValue] = {"name": author.name, "handle": author.handle}
    for name, told in (("description", "bio"), ("location", "location"), ("website", "website")):
        value = about.get(told)
        content[name] = tidy(value) if isinstance(value, str) and value else None
    lines = (author.name, content["description"], content["location"], content["website"])
    return [
        SeenRecord(
            key=f"user/{found.own}",
            kind=RecordKind.PROFILE,
            place=one.place,
            content=content,
            text="\n\n".join(str(line) for line in lines if line),
            author=author,
            url=author.url,
            word="profile",
        )
    ]
