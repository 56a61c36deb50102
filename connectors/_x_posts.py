"""Posts of X as records: what they say, who says it, what they answer. Pure.

Every edit of a post is another post with an id of its own; all of them name all ids, the first one first. So the first
id is the record, and the others are its versions. An answer that leaves a field out is no edit: whether a version is
another one is told by its id alone, and every other field is compared only where both have it.

Scheme 1 of the content projection is here; ``docs/platform-notes.md`` justifies each field.
"""

from __future__ import annotations

import hashlib
import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from urllib.parse import urlsplit

from connectors._x_values import (
    counts,
    given_at,
    id_list,
    ident,
    keys,
    links,
    objects,
    optional_id,
    part,
    time_of,
    words,
)
from connectors.contract import Author, JSONValue, MediaRef, RecordKind, SeenRecord, State
from connectors.links import is_web
from connectors.text import storable, tidy
from connectors.values import Json, Unreadable, text

_COUNTED = (RecordKind.POST, RecordKind.COMMENT)
"""Kinds under which the answers are read."""
_COUNTS: Mapping[str, tuple[str, ...]] = {
    "replies": ("reply_count",),
    "reposts": ("repost_count", "retweet_count"),
    "likes": ("like_count",),
    "quotes": ("quote_count",),
    "bookmarks": ("bookmark_count",),
    "views": ("impression_count",),
}
_WORDS = {
    RecordKind.POST: "post",
    RecordKind.SHARE: "repost",
    RecordKind.COMMENT: "reply",
    RecordKind.MENTION: "mention",
}
_CUT = re.compile(r"…(?:\s*https://t\.co/\w{1,20})?\s*$")
"""How X ends the first words of a long post."""
_MEDIA_KINDS = {"photo": "image", "video": "video", "animated_gif": "video"}


def key_of(identity: str) -> str:
    """Key of the record whose first id that is."""
    return f"post/{identity}"


def chain_of(post: Json) -> list[str]:
    """Ids of a post and of all its edits that it names, the first one first; its own where it names none."""
    own = ident(post.get("id"), "a post")
    named = id_list(post, "edit_history_post_ids", "edit_history_tweet_ids")
    return sorted({own, *named}, key=int)


def references(post: Json) -> dict[str, str]:
    """What a post refers to: ``replied_to``, ``quoted``, ``retweeted``, each with an id.

    Raises:
        Unreadable: that cannot be told.
    """
    found = objects(post, "referenced_posts", "referenced_tweets")
    return {storable(text(one, "type")): ident(one.get("id"), "a post that is referred to") for one in found}


@dataclass(slots=True)
class Included:
    """What an answer gives beside its posts, by id: authors, files, polls; and which ids are edits of which."""

    users: dict[str, Json] = field(default_factory=dict)
    media: dict[str, Json] = field(default_factory=dict)
    polls: dict[str, Json] = field(default_factory=dict)
    chains: dict[str, list[str]] = field(default_factory=dict)

    def learn(self, post: JSONValue) -> None:
        """Which ids a post is known by. Of several that say so, the one that names most is right."""
        try:
            chain = chain_of(post) if isinstance(post, dict) else []
        except Unreadable:
            return
        for one in chain:
            if len(chain) > len(self.chains.get(one, ())):
                self.chains[one] = chain

    def chain(self, post: Json) -> list[str]:
        """Ids of a post, the first one first."""
        own = chain_of(post)
        known = self.chains.get(own[0], own)
        return known if len(known) > len(own) else own

    def first(self, identity: str) -> str:
        """Id of the first version of a post."""
        return self.chains.get(identity, [identity])[0]


@dataclass(frozen=True, slots=True)
class Around:
    """What is known of a question while its answer is read."""

    site: str
    account: str
    thread: str | None = None
    """Key of the post whose conversation was asked for."""
    by: str | None = None
    """Id of the author of everything in the list."""
    kinds: Mapping[str, str] = field(default_factory=dict)
    """Kinds that the archive gave to records, by key."""


def post_record(post: Json, place: str, included: Included, around: Around, *, passed_on: bool = False) -> SeenRecord:
    """One post, as one of its versions.

    Args:
        passed_on: it is here because the account reposted or quoted it.

    Raises:
        Unreadable: it lacks what every post has, or has it in another shape.
    """
    own, chain = ident(post.get("id"), "a post"), included.chain(post)
    key = key_of(chain[0])
    refers = references(post)
    author = optional_id(post, "author_id") or around.by
    kind = _kind(post, refers, chain, around, own=author == around.account, passed_on=passed_on)
    content = _content(post, refers, included)
    replied = refers.get("replied_to")
    return SeenRecord(
        key=key,
        kind=kind,
        place=place,
        content=content,
        text=text_of(content),
        author=None if author is None else _author(author, included, around.site),
        created_at=given_at(chain[0]) or time_of(own, post),
        as_of=time_of(own, post),
        retrospective=own != chain[-1],
        parent=key_of(included.first(replied)) if replied else None,
        thread=_thread(post, kind, key, included, around),
        url=f"{around.site}/i/web/status/{chain[0]}",
        state=State.VISIBLE if post.get("withheld") is None else State.RESTRICTED,
        counts=counts(part(post, "public_metrics"), _COUNTS) | _votes(post, included),
        counted=counts(part(post, "public_metrics"), _COUNTS).get("replies") if kind in _COUNTED else None,
        media=tuple(_files(post, included)),
        word=_word(kind, refers),
    )


def reply_setting(post: Json, record: SeenRecord, account: str) -> list[SeenRecord]:
    """Who may reply to a post of the account's own (law R17), as X says it of the version that stands now; a record of
    its own, since it is no part of what the post says."""
    said, author = post.get("reply_settings"), record.author
    mine = author is not None and author.id == account and record.kind is RecordKind.POST
    if not mine or record.retrospective or not isinstance(said, str) or not said:
        return []
    shown = storable(said)
    return [
        SeenRecord(
            key=f"replies/{record.key}",
            kind=RecordKind.SETTINGS,
            place=record.place,
            content={"reply_settings": shown},
            text=f"may reply: {shown}",
            parent=record.key,
            word="reply setting",
        )
    ]


def restricted(key: str, kind: RecordKind, place: str) -> SeenRecord:
    """A post of which X says that it is not ours to see: it stands, and nothing is known of what it says now."""
    return SeenRecord(key=key, kind=kind, place=place, content={}, text="", state=State.RESTRICTED)


def text_of(content: Json) -> str:
    """Plain text of a projection: the words with their links written out, the poll, what pictures are said to show."""
    said = str(content.get("text", content.get("text_shown", "")))
    for short, full in content.get("links", {}).items():
        said = said.replace(short, full)
    parts = [said, *content.get("poll", ())]
    parts += [content[name] for name in sorted(content) if name.startswith("alt ")]
    return "\n\n".join(one for one in parts if one)


def _kind(
    post: Json, refers: Mapping[str, str], chain: list[str], around: Around, *, own: bool, passed_on: bool
) -> RecordKind:
    """What kind of record a post is, the same from whatever endpoint it comes: so a post of a stranger, which only the
    account's own shows to have been passed on, keeps the kind it has."""
    if "retweeted" in refers:
        return RecordKind.SHARE
    if "replied_to" in refers or _answers(post, chain):
        return RecordKind.COMMENT
    if own:
        return RecordKind.POST
    known = around.kinds.get(key_of(chain[0]))
    return RecordKind.SHARE if passed_on or known == RecordKind.SHARE else RecordKind.MENTION


def _word(kind: RecordKind, refers: Mapping[str, str]) -> str:
    if kind is RecordKind.SHARE and "retweeted" not in refers:
        return "post"
    return "quote" if kind is RecordKind.MENTION and "quoted" in refers else _WORDS[kind]


def _answers(post: Json, chain: list[str]) -> bool:
    """Whether it answers a post that it no longer names."""
    conversation = optional_id(post, "conversation_id")
    return post.get("in_reply_to_user_id") is not None and conversation not in (None, *chain)


def _thread(post: Json, kind: RecordKind, key: str, included: Included, around: Around) -> str | None:
    conversation = optional_id(post, "conversation_id")
    if kind is not RecordKind.COMMENT or conversation is None:
        return None
    first = key_of(included.first(conversation))
    asked = around.thread
    return None if key in (first, asked) else asked or first


# What it says.


def _content(post: Json, refers: Mapping[str, str], included: Included) -> dict[str, JSONValue]:
    content: dict[str, JSONValue] = {"version": ident(post.get("id"), "a post")}
    # Another version of what it passes on is no edit of it, so it is named by its first id, where that is known.
    passed_on = {"shared": refers.get("retweeted"), "quoted": refers.get("quoted")}
    content |= {name: included.first(one) for name, one in passed_on.items() if one in included.chains}
    if "retweeted" in refers:  # what it says is the other's, cut short
        return content
    content |= _said(post)
    attached = part(post, "attachments")
    if attached.get("media_keys"):
        content["media"] = keys(attached, "media_keys")
    for key, alt in _descriptions(post, included).items():
        content[f"alt {key}"] = alt
    for poll in _polls(post, included):
        content["poll"] = [tidy(text(one, "label")) for one in objects(poll, "options")]
    return content


def _said(post: Json) -> dict[str, JSONValue]:
    """The words and where they lead. Where X may not show all of them (only the beginning of a long post, a notice in
    their place), they are kept apart and not compared."""
    note = part(post, "note_post", "note_tweet")
    if post.get("withheld") is not None:
        return {"text_shown": words(post, "text")}
    if note:
        return {"text": words(note, "text")} | _links(part(note, "entities"))
    shown = words(post, "text")
    if _CUT.search(html.unescape(text(post, "text"))):
        return {"text_shown": shown}
    return {"text": shown} | _links(part(post, "entities"))


def _links(entities: Json) -> dict[str, JSONValue]:
    found = links(entities)
    return {"links": found} if found else {}


def _descriptions(post: Json, included: Included) -> dict[str, str]:
    """What pictures are said to show, where an answer tells it: the post itself, else, of what stands now, the picture,
    which is given once for all versions."""
    own: dict[str, JSONValue] = {
        str(one.get("media_key")): one.get("alt_text") for one in objects(post, "media_metadata")
    }
    attached = part(post, "attachments")
    stands = included.chain(post)[-1] == post.get("id")
    found = {}
    for key in keys(attached, "media_keys") if attached.get("media_keys") else ():
        alt = own.get(key, included.media.get(key, {}).get("alt_text") if stands else None)
        if isinstance(alt, str) and tidy(alt):
            found[key] = tidy(alt)
    return found


def _polls(post: Json, included: Included) -> Iterator[Json]:
    attached = part(post, "attachments")
    for one in id_list(attached, "poll_ids") if attached.get("poll_ids") else ():
        if one in included.polls and included.polls[one].get("options"):
            yield included.polls[one]


def _votes(post: Json, included: Included) -> dict[str, int]:
    given = [counts(one, {"votes": ("votes",)}) for poll in _polls(post, included) for one in objects(poll, "options")]
    return {"votes": sum(one.get("votes", 0) for one in given)} if given else {}


# Who says it, and files.


def _author(identity: str, included: Included, site: str) -> Author:
    """Names and handles change; the id stays. X leaves an author out who is suspended or gone."""
    user = included.users.get(identity, {})
    handle, name = user.get("username"), user.get("name")
    known = storable(handle) if isinstance(handle, str) and handle else None
    shown = tidy(name) if isinstance(name, str) else ""
    return Author(identity, shown or known or "", known, f"{site}/{known}" if known else None)


def _files(post: Json, included: Included) -> Iterator[MediaRef]:
    attached = part(post, "attachments")
    alts = _descriptions(post, included)
    for key in keys(attached, "media_keys") if attached.get("media_keys") else ():
        yield from files_of(included.media.get(key, {}), key, alts.get(key))


def files_of(medium: Json, key: str, alt: str | None) -> Iterator[MediaRef]:
    """The file of a picture; of a video the largest, or, where X gives none, its first picture."""
    kind = _MEDIA_KINDS.get(str(medium.get("type")), "image")
    video = _largest(medium) if kind == "video" else None
    preview = medium.get("preview_image_url")
    url = video or medium.get("url") or preview
    if isinstance(url, str) and is_web(url):
        shown = kind if video is not None or kind == "image" else "image"
        yield MediaRef(key if url != preview else f"{key}/preview", url, shown, None, alt)


def _largest(medium: Json) -> str | None:
    """Address of the variant with most bits a second. Lists of parts (HLS) are no files."""
    found = [
        (rate if isinstance(rate := one.get("bit_rate"), int) else 0, url)
        for one in objects(medium, "variants")
        if one.get("content_type") == "video/mp4" and isinstance(url := one.get("url"), str)
    ]
    return max(found, key=lambda one: one[0])[1] if found else None


def picture(url: JSONValue, what: str) -> Iterator[MediaRef]:
    """A picture of a profile, known by its path."""
    if isinstance(url, str) and is_web(url):
        yield MediaRef(f"{what}/{hashlib.sha256(urlsplit(url).path.encode()).hexdigest()[:16]}", url, "image")
