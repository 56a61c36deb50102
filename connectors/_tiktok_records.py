"""What TikTok's APIs return, as records. Pure.

A video is the same one in both, under the same number; the Display API calls its words title and description, the
Accounts API caption. Neither has the time of an edit.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from urllib.parse import urlsplit

from connectors.contract import AccountFacts, Author, JSONValue, MediaRef, RecordKind, SeenRecord, State
from connectors.links import is_web
from connectors.text import storable, tidy
from connectors.values import Json, Unreadable, counts, given, ident, number, text, thing

VIDEO, COMMENT, ACCOUNT = "video", "comment", "account"
_NUMBER = re.compile(r"[0-9]{1,13}")
_LATEST = 253_402_300_799
"""Seconds; the last moment of the year 9999."""
_NAME = re.compile(r"[\w.]{1,40}")
_STATES = {"PUBLIC": State.VISIBLE, "HIDDEN": State.HIDDEN_BY_PAGE}
_DISPLAY_COUNTS = {
    "likes": "like_count", "comments": "comment_count", "shares": "share_count", "views": "view_count",
}  # fmt: skip
_ITEM_COUNTS = {
    "likes": "likes", "comments": "comments", "shares": "shares", "views": "video_views", "favorites": "favorites",
}  # fmt: skip
_USER_COUNTS = {
    "followers": "follower_count", "following": "following_count", "likes": "likes_count", "videos": "video_count",
}  # fmt: skip
_ACCOUNT_COUNTS = {
    "followers": "followers_count", "following": "following_count", "likes": "total_likes", "videos": "videos_count",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a body something stands, and whose account it is of."""

    pointer: str
    site: str
    account: str
    handle: str

    @property
    def owner(self) -> Author:
        return Author(self.account or None, self.handle, self.handle or None, f"{self.site}/{self.handle}")


def video_key(value: JSONValue) -> str:
    """Key of a video.

    Raises:
        Unreadable: no number.
    """
    return f"{VIDEO}/{ident(value, 'a video')}"


def number_of(key: str) -> str:
    """The number in a key."""
    return key.partition("/")[2]


def display_video(value: JSONValue, place: Place) -> SeenRecord:
    """A video as the Display API returns it.

    Raises:
        Unreadable: it lacks what every video has, or has it in another shape.
    """
    told = thing(value, "not a video")
    said = given(told, "title", "video_description")
    words = [tidy(said.get(name, "")) for name in ("title", "video_description")]
    shown = [words[1]] if words[1].startswith(words[0]) else words
    counted = counts(told, _DISPLAY_COUNTS)
    return SeenRecord(
        key=video_key(told.get("id")),
        kind=RecordKind.POST,
        place=place.pointer,
        content=said,
        text="\n\n".join(filter(None, shown)),
        author=place.owner,
        created_at=seconds(told, "create_time"),
        url=_shared(told, place),
        counts=counted,
        media=picture("cover", told.get("cover_image_url")),
        word="video",
    )


def item(value: JSONValue, place: Place) -> SeenRecord:
    """A video as the Accounts API returns it. Raises as :func:`display_video`."""
    told = thing(value, "not a video")
    said = given(told, "caption")
    counted = counts(told, _ITEM_COUNTS)
    return SeenRecord(
        key=video_key(told.get("item_id")),
        kind=RecordKind.POST,
        place=place.pointer,
        content=said,
        text=tidy(said.get("caption", "")),
        author=place.owner,
        created_at=seconds(told, "create_time"),
        url=_shared(told, place),
        counts=counted,
        counted=counted.get("comments"),
        counted_deep=True,
        media=picture("cover", told.get("thumbnail_url")),
        word="video",
    )


def comment(value: JSONValue, place: Place, video: str, under: str | None) -> SeenRecord:
    """A comment or a reply. ``video``: key of the video; ``under``: number of the comment that was asked about.

    Raises:
        Unreadable: it lacks what every comment has, or has it in another shape, or is of another video.
    """
    told = thing(value, "not a comment")
    identity = ident(told.get("comment_id"), "a comment")
    if video_key(told.get("video_id")) != video:
        raise Unreadable("a comment on another video")
    above = told.get("parent_comment_id") or under
    parent = None if above is None else f"{COMMENT}/{ident(above, 'what is answered')}"
    said = given(told, "text")
    attached = picture("image", told.get("image_url"))
    said |= {"image": attached[0].key} if attached else {}
    counted = counts(told, {"likes": "likes", "replies": "replies"})
    return SeenRecord(
        key=f"{COMMENT}/{identity}",
        kind=RecordKind.COMMENT,
        place=place.pointer,
        content=said,
        text=tidy(said.get("text", "")),
        author=_author(told, place),
        created_at=seconds(told, "create_time"),
        parent=video if parent is None else parent,
        thread=video,
        url=None,
        state=_state(told),
        counts=counted,
        counted=counted.get("replies") if parent is None else None,
        media=attached,
        word="comment" if parent is None else "reply",
    )


def _state(told: Json) -> State:
    state = _STATES.get(text(told, "status"))
    if state is None:
        raise Unreadable("a comment in a state that nobody knows")
    return state


def _author(told: Json, place: Place) -> Author | None:
    if told.get("owner") is True:
        return place.owner
    name, shown = text(told, "username", ""), text(told, "display_name", "")
    known = told.get("unique_identifier") or told.get("user_id")
    if not (name or shown or known):
        return None
    url = f"{place.site}/@{name}" if _NAME.fullmatch(name) else None
    handle = f"@{name}" if name else None
    return Author(storable(known) if isinstance(known, str) else None, tidy(shown or handle or ""), handle, url)


# The account.


def user_facts(value: JSONValue, site: str) -> AccountFacts:
    """Whose account the Display API says the token is of.

    Raises:
        Unreadable: it does not say.
    """
    told = thing(value, "not a user")
    return _facts(told, site, ident(told.get("open_id"), "a user"))


def account_facts(value: JSONValue, site: str, identity: str) -> AccountFacts:
    """What the Accounts API says the account of an id is. Raises as :func:`user_facts`."""
    return _facts(thing(value, "not an account"), site, ident(identity, "an account"))


def _facts(told: Json, site: str, identity: str) -> AccountFacts:
    name = text(told, "username")
    if not _NAME.fullmatch(name):
        raise Unreadable("an account without a usable name")
    handle = f"@{name.lower()}"
    return AccountFacts(identity, handle, tidy(text(told, "display_name", "")) or handle, f"{site}/{handle}")


def user(value: JSONValue, place: Place) -> SeenRecord:
    """What the account says of itself, as the Display API returns it. Raises as :func:`user_facts`."""
    told, facts = thing(value, "not a user"), user_facts(value, place.site)
    counted = counts(told, _USER_COUNTS)
    return _profile(told, facts, place.pointer, counted, picture("avatar", told.get("avatar_large_url")))


def account(value: JSONValue, place: Place) -> SeenRecord:
    """What the account says of itself, as the Accounts API returns it. Raises as :func:`user_facts`."""
    told, facts = thing(value, "not an account"), account_facts(value, place.site, place.account)
    counted = counts(told, _ACCOUNT_COUNTS)
    return _profile(told, facts, place.pointer, counted, picture("avatar", told.get("profile_image")))


def _profile(
    told: Json, facts: AccountFacts, pointer: str, counted: Mapping[str, int], media: tuple[MediaRef, ...]
) -> SeenRecord:  # fmt: skip
    names = ("display_name", "bio_description")
    said = given(told, *names) | {"username": facts.handle}
    return SeenRecord(
        key=f"{ACCOUNT}/{facts.platform_id}",
        kind=RecordKind.PROFILE,
        place=pointer,
        content=said,
        text="\n\n".join(tidy(said[name]) for name in (*names, "username") if said.get(name)),
        author=Author(facts.platform_id, facts.name, facts.handle, facts.url),
        url=facts.url,
        counts=counted,
        counted=counted.get("videos"),
        media=media,
        word="account",
    )


# Small parts.


def seconds(value: Json, name: str) -> datetime:
    """A time in seconds since 1970; the Accounts API writes it as text.

    Raises:
        Unreadable: it is none.
    """
    given = value.get(name)
    told = int(given) if isinstance(given, str) and _NUMBER.fullmatch(given) else number(given)
    if told is None or not 0 < told <= _LATEST:
        raise Unreadable(f"{name} is not a time")
    return datetime.fromtimestamp(told, UTC)


def picture(what: str, address: JSONValue) -> tuple[MediaRef, ...]:
    """A picture. Its address is signed anew each time, and on any of several hosts: its path is what names it."""
    if not isinstance(address, str) or not is_web(address):
        return ()
    path = urlsplit(address).path
    return (MediaRef(f"{what}/{hashlib.sha256(path.encode()).hexdigest()[:16]}", address, "image"),)


def _shared(told: Json, place: Place) -> str:
    """The address people see it at, without what says who shared it."""
    address = told.get("share_url")
    if isinstance(address, str) and is_web(address):
        return address.partition("?")[0]
    return f"{place.site}/{place.handle}/video/{ident(told.get('id', told.get('item_id')), 'a video')}"
