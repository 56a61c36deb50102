"""What Flickr shows as records: photos, albums, comments, the account. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from connectors._account_found import seconds
from connectors._flickr_asks import SIZES
from connectors.contract import AccountFacts, Author, JSONValue, MediaRef, RecordKind, SeenRecord
from connectors.links import is_web
from connectors.text import plain, reduced, storable, tidy
from connectors.values import Json, Unreadable, ident, number, part, text

NSID = re.compile(r"[0-9]{1,20}@N[0-9]{2}")
_PATH = re.compile(r"[\w@-]{1,64}")


def nsid(value: JSONValue, what: str) -> str:
    """An account's id.

    Raises:
        Unreadable: it is none.
    """
    if not isinstance(value, str) or not NSID.fullmatch(value):
        raise Unreadable(f"{what} has no usable id")
    return value


def told(value: Json, name: str) -> str | None:
    """A text, which Flickr gives as it is or as ``_content``; None where it does not give it. What is empty it gives
    empty.

    Raises:
        Unreadable: it is neither.
    """
    found = value.get(name)
    holder, key = (found, "_content") if isinstance(found, dict) else (value, name)
    return None if holder.get(key) is None else text(holder, key)


def said(value: Json, name: str) -> str:
    """The same, empty where Flickr does not give it."""
    return told(value, name) or ""


def marked_up(words: str) -> str:
    """What Flickr gives as HTML, in which line ends count."""
    return words.replace("\r\n", "\n").replace("\n", "<br>")


EVERYBODY = "everybody"
_WHO: Mapping[str, str] = {"0": "the owner alone", "1": "friends and family", "2": "contacts", "3": EVERYBODY}
"""What Flickr's numbers of permissions mean (``flickr.photos.setPerms``)."""


def seen_by(value: Json) -> str | None:
    """Who sees a photo; None where Flickr does not say."""
    told = part(value, "visibility") if "visibility" in value else value
    public, friend, family = (str(told.get(name)) for name in ("ispublic", "isfriend", "isfamily"))
    if not {public, friend, family} <= {"0", "1"}:
        return None
    if public == "1":
        return EVERYBODY
    others = [name for name, flag in (("friends", friend), ("family", family)) if flag == "1"]
    return " and ".join(others) or "the owner alone"


def photo_record(value: Json, place: str, site: str, owner: str, *, viewers: bool = False) -> SeenRecord:
    """One photo or video, from a list or by itself.

    Args:
        viewers: who sees it is told too: only where the owner is asked, can it be anybody but everybody.

    Raises:
        Unreadable: it lacks what every photo has.
    """
    identity = ident(value.get("id"), "a photo")
    dates, listed = part(value, "dates"), "dateupload" in value
    posted = value.get("dateupload") if listed else dates.get("posted", value.get("dateuploaded"))
    content = _words(value)
    content |= {"tags": _tags(value)} if "tags" in value else {}
    who = seen_by(value) if viewers else None
    content |= {} if who is None else {"seen by": who}
    comments = _count(value, "comments")
    return SeenRecord(
        key=f"photo/{identity}",
        kind=RecordKind.POST,
        place=place,
        content=content,
        text=_text_of(content, said(value, "description")),
        author=Author(owner, *_named(value, owner)) if owner else None,
        created_at=seconds(posted, "the time it was posted"),
        url=f"{site}/photos/{owner}/{identity}" if owner else None,
        counts={name: one for name in ("views",) if (one := _count(value, name)) is not None}
        | ({} if comments is None else {"replies": comments}),
        counted=comments,
        counted_deep=comments is not None,
        media=tuple(_files(value)),
        word="video" if value.get("media") == "video" else "photo",
    )


def album_record(value: Json, place: str, site: str, owner: str) -> SeenRecord:
    """One album.

    Raises:
        Unreadable: it lacks what every album has.
    """
    identity = ident(value.get("id"), "an album")
    content = _words(value)
    comments = _count(value, "count_comments")
    return SeenRecord(
        key=f"album/{identity}",
        kind=RecordKind.POST,
        place=place,
        content=content,
        text=_text_of(content, said(value, "description")),
        created_at=seconds(value.get("date_create"), "date_create"),
        url=f"{site}/photos/{owner}/albums/{identity}",
        counts={name: one for name, told in (("photos", "photos"), ("replies", "count_comments"))
                if (one := _count(value, told)) is not None},
        counted=comments,
        counted_deep=comments is not None,
        word="album",
    )  # fmt: skip


def comment_record(value: Json, place: str, site: str, thread: str) -> SeenRecord:
    """One comment. All are on the photo itself: there are no answers to comments.

    Raises:
        Unreadable: it lacks what every comment has.
    """
    author, words = nsid(value.get("author"), "who commented"), marked_up(text(value, "_content"))
    link, handle = value.get("permalink"), text(value, "path_alias", "") or author
    shown = tidy(text(value, "realname", "")) or tidy(text(value, "authorname", "")) or author
    return SeenRecord(
        key=f"comment/{ident(value.get('id'), 'a comment')}",
        kind=RecordKind.COMMENT,
        place=place,
        content={"text": reduced(words)},
        text=plain(words),
        author=Author(author, shown, storable(handle), f"{site}/people/{author}"),
        created_at=seconds(_created(value), "datecreate"),
        parent=thread,
        thread=thread,
        url=storable(link) if isinstance(link, str) and is_web(link) else None,
        word="comment",
    )


def _created(value: Json) -> JSONValue:
    """When a comment was written: on photos Flickr's documentation calls it ``datecreate``, on albums ``date_create``.
    Either is taken wherever it stands."""
    return value.get("datecreate", value.get("date_create"))


def permissions_record(value: Json, key: str, place: str) -> SeenRecord | None:
    """Who may comment on a photo, and add tags to it (law R17); None where Flickr does not say, which it only does to
    the owner."""
    told = part(value, "permissions")
    names = {"comment": "permcomment", "add tags and notes": "permaddmeta"}
    content = {what: one for what, name in names.items() if (one := _WHO.get(str(told.get(name)))) is not None}
    if not content:
        return None
    return SeenRecord(
        key=f"permissions/{key}",
        kind=RecordKind.SETTINGS,
        place=place,
        content=content,
        text="\n".join(f"may {what}: {who}" for what, who in content.items()),
        parent=key,
        word="permissions",
    )


def setting_record(value: Json, key: str, place: str) -> SeenRecord | None:
    """Whether everybody may comment on a photo (law R17); None where Flickr does not say."""
    allowed = part(value, "publiceditability").get("cancomment")
    if allowed not in (0, 1, "0", "1"):
        return None
    state = "open" if allowed in (1, "1") else "not open to everybody"
    return SeenRecord(
        key=f"comments/{key}",
        kind=RecordKind.SETTINGS,
        place=place,
        content={"comments": state},
        text=f"comments: {state}",
        parent=key,
        word="comment setting",
    )


def profile_record(value: Json, place: str, site: str) -> SeenRecord:
    """The account.

    Raises:
        Unreadable: it lacks what every account has.
    """
    facts = profile_facts(value, site)
    content: dict[str, JSONValue] = {
        name: tidy(one) for name in ("username", "realname", "location") if (one := told(value, name)) is not None
    }
    shown = [*content.values(), plain(marked_up(said(value, "description")))]
    content |= _description(value)
    photos = _count(part(value, "photos"), "count")
    return SeenRecord(
        key=f"user/{facts.platform_id}",
        kind=RecordKind.PROFILE,
        place=place,
        content=content,
        text="\n\n".join(one for one in shown if one),
        url=facts.url,
        counts={} if photos is None else {"posts": photos},
        counted=photos,
        word="profile",
    )


def profile_facts(value: Json, site: str) -> AccountFacts:
    """Which account it is. Its id stays; the name in its address is chosen by its owner.

    Raises:
        Unreadable: it has no usable id.
    """
    identity = nsid(value.get("nsid", value.get("id")), "the account")
    alias, name = value.get("path_alias"), tidy(said(value, "username"))
    handle = storable(alias) if isinstance(alias, str) and _PATH.fullmatch(alias) else identity
    return AccountFacts(
        identity, handle, tidy(said(value, "realname")) or name or identity, f"{site}/photos/{identity}"
    )


def _words(value: Json) -> dict[str, JSONValue]:
    title = told(value, "title")
    return ({} if title is None else {"title": tidy(title)}) | _description(value)


def _description(value: Json) -> dict[str, JSONValue]:
    found = told(value, "description")
    return {} if found is None else {"description": reduced(marked_up(found))}


def _named(value: Json, owner: str) -> tuple[str, str | None]:
    told = value.get("owner")
    name = tidy(text(told, "realname", "")) or tidy(text(told, "username", "")) if isinstance(told, dict) else ""
    return name or owner, None


def _tags(value: Json) -> list[JSONValue]:
    """Tags as Flickr writes them for itself, without what only tells their spelling apart, in one order."""
    given = value["tags"]
    listed = given.get("tag") if isinstance(given, dict) else given
    if isinstance(listed, str):
        return sorted(set(storable(listed).split()))
    if not isinstance(listed, list) or not all(isinstance(one, dict) for one in listed):
        raise Unreadable("tags are not a list")
    return sorted({storable(text(one, "_content", "")) for one in listed} - {""})


def _text_of(content: Mapping[str, JSONValue], description: str) -> str:
    parts = (
        content.get("title", ""),
        plain(marked_up(description)),
        " ".join(f"#{one}" for one in content.get("tags", ())),
    )
    return "\n\n".join(one for one in parts if one)


def _count(value: Json, name: str) -> int | None:
    """A number, which Flickr also writes as text or as ``_content``."""
    found = value.get(name)
    found = found.get("_content") if isinstance(found, dict) else found
    if isinstance(found, str) and found.isascii() and found.isdigit() and len(found) < 16:
        found = int(found)
    return number(found)


def _files(value: Json) -> Iterator[MediaRef]:
    """The largest file that everybody may have; of a video its picture. It is known by its name, which holds a secret
    of the file and is another one where the file was replaced."""
    url = next((value[name] for name in SIZES if isinstance(value.get(name), str)), None)
    if url is not None and is_web(url):
        name = storable(urlsplit(url).path.rpartition("/")[2])[:120]
        yield MediaRef(name or "file", url, "image")
