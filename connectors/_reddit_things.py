"""Reddit's things as records: posts, comments, messages, accounts, and what moderators did. Pure.

What was deleted or removed goes on standing, without its words and mostly without its author. Reddit says then what
became of it, in one field for posts and in place of the words of comments.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from urllib.parse import urlsplit

from connectors._account_found import seconds
from connectors.contract import AccountFacts, Author, JSONValue, MediaRef, RecordKind, SeenRecord, State
from connectors.links import is_web
from connectors.text import storable, tidy
from connectors.values import Json, Unreadable, counts, given, ident, number, part, text, thing

NOBODY = "[deleted]"
"""Stands for an author who deleted the account or what it says, and of comments that were removed."""
_DELETED, _REMOVED, _BY_REDDIT = "[deleted]", "[removed]", "[ Removed by Reddit"
_HELD, _TAKEN_DOWN = State.HELD_FOR_REVIEW, State.REMOVED_BY_PLATFORM
#: What ``removed_by_category`` says of a post.
_CATEGORIES: Mapping[str, State] = {
    "author": State.DELETED_BY_AUTHOR,
    "deleted": State.DELETED_BY_AUTHOR,
    "user": State.DELETED_BY_AUTHOR,
    "automod_filtered": _HELD,
    "reddit": State.SPAM,
    "anti_evil_ops": _TAKEN_DOWN,
    "community_ops": _TAKEN_DOWN,
    "content_takedown": _TAKEN_DOWN,
    "copyright_takedown": _TAKEN_DOWN,
    "legal_operations": _TAKEN_DOWN,
}
_PICTURES = (".jpg", ".jpeg", ".png", ".gif", ".webp")
_NAME = re.compile(r"[A-Za-z0-9_-]{1,30}")
_COUNTS = {"score": "score", "replies": "num_comments", "shares": "num_crossposts"}


def data_of(value: JSONValue, *kinds: str) -> Json:
    """What a thing of these kinds holds.

    Raises:
        Unreadable: it is something else.
    """
    found = thing(value, "not a thing of Reddit")
    if found.get("kind") not in kinds:
        raise Unreadable("a thing of another kind than was asked for")
    return part(found, "data")


# Posts and comments.


def post_record(data: Json, place: str, site: str, *, moderated: State) -> SeenRecord:
    """One post. ``moderated``: what it is where moderators removed it.

    Raises:
        Unreadable: it lacks what every post has, or has it in another shape.
    """
    state = _state_of_post(data, moderated)
    content = _said(data) if _has_words(data, state) else {}
    comments = number(data.get("num_comments"))
    return SeenRecord(
        key=f"post/{ident(data.get('id'), 'a post')}",
        kind=RecordKind.POST,
        place=place,
        content=content,
        text=_text_of(content),
        author=author_of(data, site),
        created_at=seconds(data.get("created_utc"), "created_utc"),
        as_of=_as_of(data) if content else None,
        url=_address(data, site),
        state=state,
        counts=counts(data, _COUNTS),
        counted=comments,
        counted_deep=comments is not None,
        media=tuple(_files(data)) if content else (),
        word="crosspost" if data.get("crosspost_parent") else "post",
    )


def comment_record(data: Json, place: str, site: str, *, moderated: State) -> SeenRecord:
    """One comment.

    Raises:
        Unreadable: it lacks what every comment has, or has it in another shape.
    """
    body, state = text(data, "body"), _state_of_comment(data, moderated)
    inside = list(_inside(data))
    shown = body not in (_DELETED, _REMOVED) and not body.startswith(_BY_REDDIT)
    said = {"body": storable(body)} | ({"media": [one.key for one in inside]} if inside else {})
    content = said if state is State.VISIBLE or shown else {}
    return SeenRecord(
        key=f"comment/{ident(data.get('id'), 'a comment')}",
        kind=RecordKind.COMMENT,
        place=place,
        content=content,
        text=tidy(body) if content else "",
        author=author_of(data, site),
        created_at=seconds(data.get("created_utc"), "created_utc"),
        as_of=_as_of(data) if content else None,
        parent=key_of(data.get("parent_id")),
        thread=key_of(data.get("link_id")),
        url=_address(data, site),
        state=state,
        counts=counts(data, {"score": "score"}),
        media=tuple(inside) if content else (),
        word="comment",
    )


def setting_record(data: Json, place: str) -> SeenRecord | None:
    """Whether a post takes comments (law R17)."""
    locked = data.get("locked")
    if not isinstance(locked, bool):
        return None
    identity, said = ident(data.get("id"), "a post"), "locked" if locked else "open"
    return SeenRecord(
        key=f"comments/post/{identity}",
        kind=RecordKind.SETTINGS,
        place=place,
        content={"comments": said},
        text=f"comments: {said}",
        parent=f"post/{identity}",
        word="comment setting",
    )


def _state_of_post(data: Json, moderated: State) -> State:
    category, selftext = data.get("removed_by_category"), data.get("selftext")
    if isinstance(category, str):
        return _CATEGORIES.get(category, moderated)
    if data.get("author") == NOBODY and selftext == _DELETED:
        return State.DELETED_BY_AUTHOR
    if selftext == _REMOVED and ("removed_by_category" not in data or data.get("author") == NOBODY):
        return moderated
    return _to_moderators(data, moderated)


def _state_of_comment(data: Json, moderated: State) -> State:
    body, nobody = data.get("body"), data.get("author") == NOBODY
    if nobody and body == _DELETED:
        return State.DELETED_BY_AUTHOR
    if nobody and body == _REMOVED:
        return moderated
    if nobody and isinstance(body, str) and body.startswith(_BY_REDDIT):
        return _TAKEN_DOWN
    return _to_moderators(data, moderated)


def _to_moderators(data: Json, moderated: State) -> State:
    """What moderators are told of what only they see now. Who is named removed it; where nobody is, Reddit's filter
    did."""
    by = data.get("banned_by")
    if data.get("spam") is True or by is True:
        return State.SPAM
    return moderated if data.get("removed") is True or isinstance(by, str) else State.VISIBLE


def _has_words(data: Json, state: State) -> bool:
    """Whether what stands there is the author's."""
    hidden = data.get("selftext") in (_DELETED, _REMOVED) or str(data.get("title", "")).startswith(_BY_REDDIT)
    gone = state in (State.DELETED_BY_AUTHOR, _TAKEN_DOWN) or data.get("author") == NOBODY
    return state is State.VISIBLE or not (hidden or gone)


def _said(data: Json) -> dict[str, JSONValue]:
    """What of a post somebody wrote. Flairs, marks and pins are also set by moderators, and renamed for all at once."""
    said: dict[str, JSONValue] = {"title": tidy(text(data, "title"))} | given(data, "selftext")
    if data.get("is_self") is False:
        said["link"] = storable(text(data, "url"))
    if data.get("crosspost_parent"):
        said["crosspost"] = ident(data["crosspost_parent"], "the post that is passed on")
    gallery = list(_gallery(data))
    if gallery:
        said["gallery"] = [[key, caption] for key, caption in gallery]
    options = part(data, "poll_data").get("options")
    if isinstance(options, list):
        said["poll"] = [tidy(text(thing(one, "an option that is no object"), "text", "")) for one in options]
    return said


def _text_of(content: Mapping[str, JSONValue]) -> str:
    parts = [content.get("title", ""), tidy(content.get("selftext", "")), *content.get("poll", ())]
    parts += [caption for _, caption in content.get("gallery", ())]
    return "\n\n".join(one for one in parts if one)


def _as_of(data: Json) -> datetime:
    """The last edit, where Reddit marks one with its time; of old ones, and of what was changed within three minutes,
    it does not."""
    edited = data.get("edited")
    marked = isinstance(edited, int | float) and not isinstance(edited, bool)
    return seconds(edited if marked else data.get("created_utc"), "edited")


def author_of(data: Json, site: str) -> Author | None:
    """Who wrote it; None where Reddit does not say."""
    name = data.get("author")
    if not isinstance(name, str) or not name or name in (NOBODY, _REMOVED):
        return None
    known, shown = data.get("author_fullname"), storable(name)
    identity = storable(known) if isinstance(known, str) and known else None
    return Author(identity, shown, shown, f"{site}/user/{shown}" if _NAME.fullmatch(shown) else None)


def key_of(fullname: JSONValue) -> str | None:
    """Key of what Reddit names with its kind; None where it names nothing, or nothing of these kinds."""
    kind, _, identity = str(fullname).partition("_")
    named = {"t1": "comment", "t3": "post", "t4": "message"}.get(kind)
    return None if named is None or not identity.isascii() or not identity.isalnum() else f"{named}/{identity}"


def _address(data: Json, site: str) -> str | None:
    path = data.get("permalink")
    url = f"{site}{path}" if isinstance(path, str) and path.startswith("/") else None
    return storable(url) if url is not None and is_web(url) else None


# Files.


def _files(data: Json) -> Iterator[MediaRef]:
    found = {one.key: one for one in (*_shown(data), *_inside(data))}
    yield from found.values()


def _shown(data: Json) -> Iterator[MediaRef]:
    video = part(part(data, "media"), "reddit_video").get("fallback_url")
    if isinstance(video, str) and is_web(video):
        yield MediaRef(f"video/{_of_path(video)}", video, "video")
    url = data.get("url_overridden_by_dest", data.get("url"))
    if isinstance(url, str) and is_web(url) and urlsplit(url).path.lower().endswith(_PICTURES):
        yield MediaRef(f"image/{_of_path(url)}", url, "image")


def _inside(data: Json) -> Iterator[MediaRef]:
    """Pictures of a gallery, or in the text."""
    captions = dict(_gallery(data))
    for identity, one in part(data, "media_metadata").items():
        source = part(thing(one, "a file that is no object"), "s")
        url = next((source[name] for name in ("u", "gif", "mp4") if isinstance(source.get(name), str)), None)
        if url is not None and is_web(url):
            yield MediaRef(storable(identity)[:64] or "file", url, "image", alt_text=captions.get(identity) or None)


def _gallery(data: Json) -> Iterator[tuple[str, str]]:
    items = part(data, "gallery_data").get("items")
    for one in items if isinstance(items, list) else ():
        item = thing(one, "a picture that is no object")
        yield storable(text(item, "media_id"))[:64], tidy(text(item, "caption", ""))


def _of_path(url: str) -> str:
    """Names a file by its path: what stands behind it is a signature."""
    return hashlib.sha256(urlsplit(url).path.encode()).hexdigest()[:16]


# Messages, and what moderators did.


def message_record(data: Json, place: str) -> SeenRecord:
    """One private message. Of one that a subreddit sent no author is given.

    Raises:
        Unreadable: it lacks what every message has.
    """
    key = f"message/{ident(data.get('id'), 'a message')}"
    subject, body, to = tidy(text(data, "subject", "")), text(data, "body"), storable(text(data, "dest", ""))
    first, parent = key_of(data.get("first_message_name")), key_of(data.get("parent_id"))
    author = data.get("author")
    return SeenRecord(
        key=key,
        kind=RecordKind.MESSAGE,
        place=place,
        content={"subject": subject, "body": storable(body), "to": to},
        text="\n\n".join(one for one in (subject, tidy(body)) if one),
        author=Author(None, storable(author), storable(author)) if isinstance(author, str) and author else None,
        created_at=seconds(data.get("created_utc"), "created_utc"),
        parent=None if parent == key else parent,
        thread=None if first == key else first,
        word="message",
    )


def action_record(data: Json, place: str) -> SeenRecord:
    """One entry of the log of moderators: removals and approvals, bans, settings (law R17).

    Raises:
        Unreadable: it lacks what every entry has.
    """
    told = ("action", "mod", "target_author", "target_fullname", "details", "description")
    content = {name: storable(text(data, name, "")) for name in told}
    said = (content["mod"], content["action"], content["target_author"], content["details"], content["description"])
    return SeenRecord(
        key=f"action/{ident(data.get('id'), 'an entry of the log')}",
        kind=RecordKind.SETTINGS,
        place=place,
        content=content,
        text=tidy(" · ".join(one for one in said if one)),
        created_at=seconds(data.get("created_utc"), "created_utc"),
        parent=key_of(content["target_fullname"]),
        word="moderation",
    )


# Accounts.


def account_record(kind: str, data: Json, place: str, site: str) -> SeenRecord:
    """A user's account, or a subreddit.

    Raises:
        Unreadable: it lacks what every one has.
    """
    facts = account_facts(kind, data, site)
    profile = part(data, "subreddit") if kind == "t2" else data
    content = given(profile, *_WORDS[kind]) | {"name": facts.handle}
    pictures = (data.get(name) or profile.get(name) for name in ("icon_img", "community_icon", "banner_img"))
    found = {f"image/{_of_path(one)}": one for one in pictures if isinstance(one, str) and is_web(one)}
    return SeenRecord(
        key=f"{'user' if kind == 't2' else 'subreddit'}/{facts.platform_id}",
        kind=RecordKind.PROFILE,
        place=place,
        content=content,
        text="\n\n".join(one for one in (facts.handle, *(tidy(content.get(name, "")) for name in _WORDS[kind])) if one),
        url=facts.url,
        counts=counts(data, {"followers": "subscribers"}) | counts(profile, {"followers": "subscribers"}),
        media=tuple(MediaRef(key, url, "image") for key, url in found.items()),
        word="profile" if kind == "t2" else "subreddit",
    )


def account_facts(kind: str, data: Json, site: str) -> AccountFacts:
    """Which account it is. Of subreddits the kind is part of the id, since users have the same numbers.

    Raises:
        Unreadable: it has no usable id or name.
    """
    what = "the account" if kind == "t2" else "the subreddit"
    identity = ident(data.get("id"), what)
    name = ident(data.get("name" if kind == "t2" else "display_name"), f"the name of {what}")
    folder, prefix = ("user", "u") if kind == "t2" else ("r", "r")
    title = tidy(text(part(data, "subreddit") if kind == "t2" else data, "title", ""))
    return AccountFacts(
        identity if kind == "t2" else f"t5_{identity}", f"{prefix}/{name}", title or f"{prefix}/{name}",
        f"{site}/{folder}/{name}",
    )  # fmt: skip


_WORDS = {
    "t2": ("title", "public_description"),
    "t5": ("title", "public_description", "description", "submit_text", "subreddit_type"),
}
