"""Posts, stories and comments of a professional account on Instagram as records: what they say, who says it. Pure.

Scheme 1 of the content projection is here; ``docs/platform-notes.md`` justifies each field. The Graph API leaves out
what is empty *and* what a token may not read, so a field that is left out is never compared.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from connectors._graph_accounts import account_facts, profile_of
from connectors._graph_found import failed
from connectors._graph_media import children, files_of
from connectors._graph_values import flag, ident, text, unique, when
from connectors.contract import AccountFacts, Author, JSONValue, RecordKind, SeenRecord, State
from connectors.links import is_web
from connectors.text import storable, tidy
from connectors.values import Json, counts, number, part, thing

OPEN, TURNED_OFF = "open", "turned off"
_MEDIA_COUNTS = {"likes": "like_count", "comments": "comments_count"}
_PROFILE_COUNTS = {"followers": "followers_count", "following": "follows_count", "posts": "media_count"}
_WORDS = {"FEED": "post", "REELS": "reel", "STORY": "story", "AD": "advertisement"}


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a body and in the account a thing stands."""

    pointer: str
    site: str
    account: str
    handle: str = ""
    thread: str | None = None
    """Key of the post it is under."""
    under: str | None = None
    """Id of the comment that the whole list answers."""

    @property
    def home(self) -> str:
        """Key of the account itself. What nobody answers in a list (stories, tags) is of its thread: else the engine
        would look again and again for what is said under them."""
        return f"account/{self.account}"


# The account.


def facts_of(value: JSONValue, site: str) -> AccountFacts:
    """Who the account is.

    Raises:
        Unreadable: not an account.
    """
    return account_facts(value, f"{site}/")


def profile_record(value: JSONValue, place: Place) -> SeenRecord:
    """The account as a profile.

    Raises:
        Unreadable: not an account.
    """
    profile = profile_of(
        value, place.pointer, f"{place.site}/", said={name: name for name in ("name", "biography", "website")},
        picture="profile_picture_url", numbers=_PROFILE_COUNTS,
    )  # fmt: skip
    return replace(profile, counted=profile.counts.get("posts"))


# Posts and stories.


def media_record(value: JSONValue, place: Place) -> SeenRecord:
    """What the account published.

    Raises:
        Unreadable: it lacks what every post has, or has it in another shape.
    """
    media = thing(value, "not a post")
    return _shown(media, place, "media", RecordKind.POST, _owner(media, place), thread=None)


def story_record(value: JSONValue, place: Place) -> SeenRecord:
    """What the account shows for a day.

    Raises:
        Unreadable: as above.
    """
    media = thing(value, "not a story")
    return _shown(media, place, "story", RecordKind.STORY, _owner(media, place), thread=place.home)


def tagged_record(value: JSONValue, place: Place) -> SeenRecord:
    """What somebody else published, and tagged the account in.

    Raises:
        Unreadable: as above.
    """
    media = thing(value, "not a post")
    return _shown(media, place, "tag", RecordKind.MENTION, _by_name(media, place), thread=place.home)


def _shown(
    media: Json, place: Place, named: str, kind: RecordKind, author: Author | None, *, thread: str | None
) -> SeenRecord:
    identity = ident(media.get("id"), "a post")
    content = _media_content(media)
    url = media.get("permalink")
    return SeenRecord(
        key=f"{named}/{identity}",
        kind=kind,
        place=place.pointer,
        content=content,
        text=tidy(text(media, "caption") or ""),
        author=author,
        created_at=when(media, "timestamp"),
        thread=thread,
        url=url if isinstance(url, str) and is_web(url) else None,
        counts=counts(media, _MEDIA_COUNTS),
        counted=number(media.get("comments_count")) if kind is RecordKind.POST else None,
        counted_deep=True,
        media=tuple(unique(files_of(media))),
        word="story" if kind is RecordKind.STORY else _word(media),
    )


def _word(media: Json) -> str:
    if media.get("media_type") == "CAROUSEL_ALBUM":
        return "album"
    product = media.get("media_product_type")
    return _WORDS.get(product, "post") if isinstance(product, str) else "post"


def _media_content(media: Json) -> dict[str, JSONValue]:
    """Meta gives captions without their ``@`` signs once the person behind the token no longer has full control of the
    Page. So they are not compared: else every caption with one would look edited at once."""
    given = {"caption": _without_signs(text(media, "caption")), "alt_text": text(media, "alt_text")}
    content: dict[str, JSONValue] = {name: tidy(found) for name, found in given.items() if found is not None}
    if "children" in media and not failed(media["children"]):
        content["children"] = [ident(child.get("id"), "a picture") for child in children(media)]
    return content


def _without_signs(caption: str | None) -> str | None:
    return None if caption is None else caption.replace("@", "")


def comment_setting(value: JSONValue, place: Place) -> SeenRecord | None:
    """Whether a post takes comments (law R17), where the answer says so.

    Raises:
        Unreadable: it says neither yes nor no.
    """
    media = thing(value, "not a post")
    allowed = flag(media, "is_comment_enabled")
    if allowed is None:
        return None
    identity = ident(media.get("id"), "a post")
    comments = OPEN if allowed else TURNED_OFF
    return SeenRecord(
        key=f"comments/{identity}",
        kind=RecordKind.SETTINGS,
        place=place.pointer,
        content={"comments": comments},
        text=f"comments: {comments}",
        parent=f"media/{identity}",
        word="comment setting",
    )


# Comments.


def listed_comment(value: JSONValue, place: Place) -> SeenRecord:
    """That a comment is there, and whether it is hidden; nothing of what it says.

    Raises:
        Unreadable: it lacks what every comment has, or has it in another shape.
    """
    comment = thing(value, "not a comment")
    identity, above = ident(comment.get("id"), "a comment"), comment.get("parent_id")
    parent = place.under if above is None else ident(above, "the comment above")
    hidden = flag(comment, "hidden")
    return SeenRecord(
        key=f"comment/{identity}",
        kind=RecordKind.COMMENT,
        place=place.pointer,
        content={},
        text="",
        created_at=when(comment, "timestamp"),
        parent=f"comment/{parent}" if parent else place.thread,
        thread=place.thread,
        state=State.HIDDEN_BY_PAGE if hidden else State.VISIBLE,
        word="reply" if parent else "comment",
    )


def comment_record(value: JSONValue, place: Place) -> SeenRecord:
    """One comment with its words.

    Raises:
        Unreadable: as above.
    """
    comment = thing(value, "not a comment")
    base, words = listed_comment(comment, place), text(comment, "text")
    content: dict[str, JSONValue] = {} if words is None else {"text": tidy(words)}
    return SeenRecord(
        key=base.key,
        kind=base.kind,
        place=base.place,
        content=content,
        text=str(content.get("text", "")),
        author=_commenter(comment, place),
        created_at=base.created_at,
        parent=base.parent,
        thread=base.thread,
        state=base.state,
        counts=counts(comment, {"likes": "like_count"}),
        word=base.word,
    )


def is_own(comment: Json, account: str, handle: str) -> bool:
    """Whether the account itself wrote a comment: ``user`` is given of nobody else."""
    if comment.get("user") is not None or part(comment, "from").get("id") == account:
        return True
    name = comment.get("username") or part(comment, "from").get("username")
    return isinstance(name, str) and name.lower() == handle.lower()


def is_others(comment: Json, account: str, handle: str) -> bool:
    """Whether the answer says that somebody else wrote a comment. What it does not say is not assumed."""
    names = (comment.get("username"), part(comment, "from").get("id"))
    return any(isinstance(name, str) and name for name in names) and not is_own(comment, account, handle)


def _commenter(comment: Json, place: Place) -> Author | None:
    """Who wrote a comment. Of the account itself its number is given; of others a number that only this account sees,
    if any."""
    named = _by_name({**part(comment, "from"), **comment}, place)
    if is_own(comment, place.account, place.handle):
        name = named.name if named is not None else ""
        return Author(place.account, name, name or None, named.url if named is not None else None)
    given = part(comment, "from").get("id")
    if given is None:
        return named
    identity = ident(given, "an author")
    return Author(identity, named.name if named else "", named.handle if named else None, named.url if named else None)


# Small parts.


def _owner(media: Json, place: Place) -> Author:
    """Who published it: the account, unless the answer names another owner."""
    given, named = part(media, "owner").get("id"), _by_name(media, place)
    identity = place.account if given is None else ident(given, "an owner")
    name = named.name if named is not None else ""
    return Author(identity, name, name or None, named.url if named is not None else None)


def _by_name(value: Json, place: Place) -> Author | None:
    """Somebody of whom only the name is given. Names change, and are given to others."""
    name = value.get("username")
    if not isinstance(name, str) or not storable(name):
        return None
    name = storable(name)
    return Author(None, name, name, f"{place.site}/{name}" if name.isascii() and "/" not in name else None)
