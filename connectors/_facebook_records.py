"""Posts, comments, reviews, stories and messages of a Facebook Page as records: what they say, who says it. Pure.

Scheme 1 of the content projection is here; ``docs/platform-notes.md`` justifies each field. The Graph API leaves out
what is empty *and* what a token may not read, so a field that is left out is never compared: an edit that nobody made
is worse than one that is seen late.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from connectors import _facebook_fields as fields
from connectors._facebook_audience import TARGETING, limits_of
from connectors._graph_found import failed
from connectors._graph_messages import person
from connectors._graph_values import file_name, flag, ident, listed, text, time_of, total, unique, unshimmed, when
from connectors.contract import Author, JSONValue, MediaRef, RecordKind, SeenRecord, State
from connectors.links import is_web
from connectors.text import storable, tidy
from connectors.values import Json, Unreadable, counts, number, part, thing

_DEEPEST = 3


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a body and in the account a thing stands."""

    pointer: str
    site: str
    account: str
    thread: str | None = None
    """Key of the post it is under."""
    draft: bool = False
    """From the list of what was never published."""

    @property
    def page(self) -> str:
        """Key of the Page itself. What nobody answers there (reviews, stories, drafts, posts elsewhere) is of its
        thread: else the engine would look again and again for what is said under them."""
        return f"page/{self.account}"

    def thread_of_post(self, post: str) -> str | None:
        """Thread of a post: its own where it stands on the Page."""
        return None if not self.draft and is_on_timeline(post, self.account) else self.page


def is_on_timeline(post: JSONValue, account: str) -> bool:
    """Whether a post stands on the Page itself, as its id says. Others name the Page somewhere else: what is said under
    them is not said to it."""
    return isinstance(post, str) and post.startswith(f"{account}_")


# Posts.


def listed_post(value: JSONValue, place: Place) -> SeenRecord:
    """That a post is there, and whether it is hidden; nothing of what it says.

    Raises:
        Unreadable: it lacks what every post has, or has it in another shape.
    """
    post = thing(value, "not a post")
    identity = ident(post.get("id"), "a post")
    own = part(post, "from").get("id") == place.account
    out_of_sight = flag(post, "is_hidden") or (flag(post, "is_published") is False and not place.draft)
    return SeenRecord(
        key=f"draft/{identity}" if place.draft else f"post/{identity}",
        kind=RecordKind.POST if own or place.draft else RecordKind.MENTION,
        place=place.pointer,
        content={},
        text="",
        created_at=when(post, "created_time"),
        thread=place.thread_of_post(identity),
        state=State.HIDDEN_BY_PAGE if out_of_sight else State.VISIBLE,
        word="unpublished post" if place.draft else "post" if own else "visitor post",
    )


def post_record(value: JSONValue, place: Place) -> SeenRecord:
    """One post with its words.

    Raises:
        Unreadable: as above.
    """
    post = thing(value, "not a post")
    base = listed_post(post, place)
    content = _post_content(post)
    return SeenRecord(
        key=base.key,
        kind=base.kind,
        place=base.place,
        content=content,
        text=_post_text(content),
        author=_author(post, place),
        created_at=base.created_at,
        thread=base.thread,
        url=_address(post),
        state=base.state,
        counts=_post_counts(post),
        counted=total(post.get("comments")),
        counted_deep=True,
        media=tuple(unique(_files_of(post))),
        word=base.word,
    )


def _post_content(post: Json) -> dict[str, JSONValue]:
    content: dict[str, JSONValue] = {}
    message, where, shared = text(post, "message"), part(post, "place"), text(post, "parent_id")
    audience = part(post, "privacy").get("value")
    if message is not None:
        content["message"] = tidy(message)
    if "attachments" in post and not failed(post["attachments"]):
        content["attachments"] = list(_attached(listed(post, "attachments")))
    if isinstance(where.get("id"), str):
        content["place"] = ident(where["id"], "a place")
    if shared is not None:
        content["shared"] = ident(shared, "a shared post")
    if isinstance(audience, str) and audience:
        content["privacy"] = storable(audience)
    limits = limits_of(post.get(TARGETING))
    if limits:
        content[TARGETING] = list(limits)
    return content


def _post_text(content: Json) -> str:
    message = content.get("message")
    return message if isinstance(message, str) else ""


def _attached(entries: JSONValue, depth: int = 0) -> Iterator[str]:
    """What is attached, by id or address. Titles and descriptions of links are other people's, and are fetched anew."""
    for entry in entries:
        attachment = thing(entry, "not an attachment")
        yield _target(attachment) or "-"
        if depth < _DEEPEST and "subattachments" in attachment:
            yield from _attached(listed(attachment, "subattachments"), depth + 1)


def _target(attachment: Json) -> str | None:
    identity = part(attachment, "target").get("id")
    if isinstance(identity, str) and identity:
        return ident(identity, "an attachment")
    for address in (attachment.get("unshimmed_url"), attachment.get("url"), part(attachment, "target").get("url")):
        led = unshimmed(address)
        if led is not None:
            return led
    return None


def _post_counts(post: Json) -> dict[str, int]:
    shares = post.get("shares")
    found = {
        "shares": number(shares.get("count")) if isinstance(shares, dict) else None,
        "reactions": total(post.get("reactions")),
        "comments": total(post.get("comments")),
    } | {name: total(post.get(name)) for name in fields.REACTIONS}
    return {name: count for name, count in found.items() if count is not None}


# Comments.


def listed_comment(value: JSONValue, place: Place) -> SeenRecord:
    """That a comment is there, and whether it is hidden; nothing of what it says.

    Raises:
        Unreadable: it lacks what every comment has, or has it in another shape.
    """
    comment = thing(value, "not a comment")
    identity = ident(comment.get("id"), "a comment")
    above = comment.get("parent")
    parent = None if above is None else ident(thing(above, "not a comment above").get("id"), "the comment above")
    hidden = flag(comment, "is_hidden")
    flag(comment, "is_private")
    return SeenRecord(
        key=f"comment/{identity}",
        kind=RecordKind.COMMENT,
        place=place.pointer,
        content={},
        text="",
        created_at=when(comment, "created_time"),
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
    base = listed_comment(comment, place)
    content: dict[str, JSONValue] = {}
    message, attachment = text(comment, "message"), part(comment, "attachment")
    if message is not None:
        content["message"] = tidy(message)
    if attachment and not failed(attachment):
        content["attachment"] = _target(attachment) or "-"
    return SeenRecord(
        key=base.key,
        kind=base.kind,
        place=base.place,
        content=content,
        text=_post_text(content),
        author=_author(comment, place),
        created_at=base.created_at,
        parent=base.parent,
        thread=base.thread,
        url=_address(comment),
        state=base.state,
        counts=counts(comment, {"likes": "like_count", "replies": "comment_count"}),
        media=tuple(unique(_files(attachment))) if not failed(attachment) else (),
        word=base.word,
    )


# Reviews and stories.


def review_record(value: JSONValue, place: Place) -> SeenRecord:
    """What somebody recommends, or not.

    Raises:
        Unreadable: it lacks what every review has, or has it in another shape.
    """
    review = thing(value, "not a review")
    identity = ident(part(review, "open_graph_story").get("id"), "a review")
    words, advice, stars = (
        text(review, "review_text"),
        text(review, "recommendation_type"),
        number(review.get("rating")),
    )
    given = {"review": None if words is None else tidy(words), "advice": advice and storable(advice), "rating": stars}
    content = {name: found for name, found in given.items() if found is not None}
    told = [content.get("review"), content.get("advice"), f"{stars} of 5" if stars is not None else None]
    return SeenRecord(
        key=f"review/{identity}",
        kind=RecordKind.REVIEW,
        place=place.pointer,
        content=content,
        text="\n".join(str(one) for one in told if one),
        author=person(review.get("reviewer"), place),
        created_at=when(review, "created_time"),
        thread=place.page,
        word="review",
    )


def story_record(value: JSONValue, place: Place) -> SeenRecord:
    """A picture or video that stands for a day.

    Raises:
        Unreadable: it lacks what every story has, or has it in another shape.
    """
    story = thing(value, "not a story")
    identity = ident(story.get("post_id"), "a story")
    medium = ident(story.get("media_id"), "what a story shows")
    kind = text(story, "media_type") or ""
    url = story.get("url")
    return SeenRecord(
        key=f"story/{identity}",
        kind=RecordKind.STORY,
        place=place.pointer,
        content={"media": medium},
        text="",
        author=Author(place.account, "", None, f"{place.site}/{place.account}"),
        created_at=time_of(story.get("creation_time")),
        thread=place.page,
        url=url if isinstance(url, str) and is_web(url) else None,
        word=f"{kind} story" if kind in ("photo", "video") else "story",
    )


def story_file(value: JSONValue, key: str, kind: str, place: Place) -> SeenRecord:
    """The file of a story.

    Raises:
        Unreadable: there is none.
    """
    medium = thing(value, "not a file")
    identity = ident(medium.get("id"), "a file")
    images = medium.get("images")
    largest = images[0] if isinstance(images, list) and images else {}
    address = medium.get("source") if kind == "video" else thing(largest, "not a picture").get("source")
    if not isinstance(address, str) or not is_web(address):
        raise Unreadable("a story without its file")
    file = MediaRef(f"{kind}/{identity}", address, "video" if kind == "video" else "image")
    return SeenRecord(key, RecordKind.STORY, place.pointer, {}, "", media=(file,))


# Small parts.


def _author(value: Json, place: Place) -> Author | None:
    return person(value.get("from"), place)


def _address(value: Json) -> str | None:
    found = value.get("permalink_url")
    return found if isinstance(found, str) and is_web(found) else None


def _files_of(post: Json) -> Iterator[MediaRef]:
    if not failed(post.get("attachments")):
        for entry in listed(post, "attachments"):
            yield from _files(thing(entry, "not an attachment"))


def _files(attachment: Json, depth: int = 0) -> Iterator[MediaRef]:
    """Pictures and videos of an attachment; of an album those of what is in it."""
    inner = listed(attachment, "subattachments") if depth < _DEEPEST else ()
    for entry in inner:
        yield from _files(thing(entry, "not an attachment"), depth + 1)
    if inner:
        return
    shown = part(attachment, "media")
    picture, video = part(shown, "image").get("src"), shown.get("source")
    name = file_name(picture)
    if name is not None:
        yield MediaRef(f"image/{name}", str(picture), "image")
    identity = part(attachment, "target").get("id")
    if isinstance(video, str) and is_web(video) and isinstance(identity, str):
        yield MediaRef(f"video/{ident(identity, 'a video')}", video, "video")
