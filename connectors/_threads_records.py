"""What an account on Threads shows as records: itself, posts, replies, and who may answer. Pure.

Scheme 1 of the content projection is here; ``docs/platform-notes.md`` justifies each field. The API leaves out what is
empty *and* what a token may not read, so a field that is left out is never compared.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from connectors._graph_accounts import account_facts, profile_of
from connectors._graph_found import failed
from connectors._graph_media import children, files_of
from connectors._graph_values import flag, ident, short, text, unique, unshimmed, when
from connectors._threads_fields import POLL_OPTIONS
from connectors.contract import AccountFacts, Author, JSONValue, MediaRef, RecordKind, SeenRecord, State
from connectors.links import is_web
from connectors.text import storable, tidy
from connectors.values import Json, Unreadable, number, part, thing

_REPOST, _ACTIVE = "REPOST_FACADE", "ACTIVE"
_SEEN_BY_ALL = ("NOT_HUSHED", "UNHUSHED")
_STATES = {
    "HIDDEN": State.HIDDEN_BY_PAGE,
    "COVERED": State.RESTRICTED,
    "BLOCKED": State.RESTRICTED,
    "RESTRICTED": State.RESTRICTED,
}
_WAITING = State.HELD_FOR_REVIEW
_PASSED_ON = ("quoted_post", "reposted_post")


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a body and in the account a thing stands."""

    pointer: str
    site: str
    account: str
    thread: str | None = None
    """Key of the post it is under, where the question says so."""

    @property
    def home(self) -> str:
        """Key of the account itself. What nobody answers in a list of ours is of its thread: else the engine would look
        again and again for what is said under it."""
        return f"account/{self.account}"

    def address(self, name: str) -> str | None:
        """Address of somebody's page."""
        return f"{self.site}/@{name}" if name.isascii() and "/" not in name else None


# The account.


def facts_of(value: JSONValue, site: str) -> AccountFacts:
    """Who the account is.

    Raises:
        Unreadable: not an account.
    """
    return account_facts(value, f"{site}/@")


def profile_record(value: JSONValue, place: Place) -> SeenRecord:
    """The account as a profile.

    Raises:
        Unreadable: not an account.
    """
    return profile_of(
        value, place.pointer, f"{place.site}/@", said={"name": "name", "biography": "threads_biography"},
        picture="threads_profile_picture_url",
    )  # fmt: skip


# That something is there; nothing of what it says.


def listed_post(value: JSONValue, place: Place) -> SeenRecord:
    """One post of the account, or what it passed on.

    Raises:
        Unreadable: it lacks what every post has, or has it in another shape.
    """
    post = thing(value, "not a post")
    ghost, share = text(post, "ghost_post_status"), post.get("media_type") == _REPOST
    return SeenRecord(
        key=f"media/{ident(post.get('id'), 'a post')}",
        kind=RecordKind.SHARE if share else RecordKind.POST,
        place=place.pointer,
        content={},
        text="",
        created_at=when(post, "timestamp"),
        thread=place.home if share or ghost is not None else None,
        state=State.VISIBLE if ghost in (None, _ACTIVE) else State.RESTRICTED,
        word="repost" if share else "post" if ghost is None else "ghost post",
    )


def listed_reply(value: JSONValue, place: Place) -> SeenRecord:
    """One reply, under a post of the account or by the account elsewhere.

    Raises:
        Unreadable: as above.
    """
    reply = thing(value, "not a reply")
    root, above = _named(reply, "root_post"), _named(reply, "replied_to")
    thread = root or place.thread
    return SeenRecord(
        key=f"media/{ident(reply.get('id'), 'a reply')}",
        kind=RecordKind.COMMENT,
        place=place.pointer,
        content={},
        text="",
        created_at=when(reply, "timestamp"),
        parent=above or thread,
        thread=thread,
        state=_STATES.get(text(reply, "hide_status") or "", State.VISIBLE),
        word="reply",
    )


def listed_mention(value: JSONValue, place: Place) -> SeenRecord:
    """Somebody else's post or reply, elsewhere, that names the account.

    Raises:
        Unreadable: as above.
    """
    mention = thing(value, "not a post")
    return SeenRecord(
        key=f"mention/{ident(mention.get('id'), 'a post')}",
        kind=RecordKind.MENTION,
        place=place.pointer,
        content={},
        text="",
        created_at=when(mention, "timestamp"),
        thread=place.home,
        word="reply" if flag(mention, "is_reply") else "post",
    )


def everybody_sees_post(post: Json) -> bool:
    """Whether the answer says that what its author shows to everybody stands for everybody to see: a ghost post is
    archived after a day, and from then on its author alone sees it."""
    return post.get("ghost_post_status") in (None, _ACTIVE)


def everybody_sees_reply(reply: Json) -> bool:
    """Whether the answer says that a reply is not hidden. What it does not say is not assumed."""
    return reply.get("hide_status") in _SEEN_BY_ALL


def is_known_status(reply: Json) -> bool:
    """Whether it is known what the platform means by its word for who sees a reply."""
    told = reply.get("hide_status")
    return told is None or told in (*_SEEN_BY_ALL, *_STATES)


def above(reply: Json) -> str | None:
    """Id of what a reply answers."""
    found = reply.get("replied_to")
    inner = found.get("id") if isinstance(found, dict) else None
    return inner if isinstance(inner, str) else None


# With its words.


def post_record(value: JSONValue, place: Place) -> SeenRecord:
    """As :func:`listed_post`, with its words."""
    post = thing(value, "not a post")
    return _said(listed_post(post, place), post, place, own=True)


def reply_record(value: JSONValue, place: Place) -> SeenRecord:
    """As :func:`listed_reply`, with its words."""
    reply = thing(value, "not a reply")
    return _said(listed_reply(reply, place), reply, place, own=flag(reply, "is_reply_owned_by_me") is True)


def pending_record(value: JSONValue, place: Place) -> SeenRecord:
    """A reply that waits until the account approves of it, or that it passed over: nobody else sees it."""
    return replace(reply_record(value, place), state=_WAITING)


def mention_record(value: JSONValue, place: Place) -> SeenRecord:
    """As :func:`listed_mention`, with its words."""
    mention = thing(value, "not a post")
    return _said(listed_mention(mention, place), mention, place, own=False)


def _said(base: SeenRecord, media: Json, place: Place, *, own: bool) -> SeenRecord:
    content, url = _content(media), media.get("permalink")
    return replace(
        base,
        content=content,
        text="\n\n".join(_lines(content)),
        author=_author(media, place, own=own),
        url=url if isinstance(url, str) and is_web(url) else None,
        counts=_votes(media),
        media=tuple(unique((*files_of(media), *_moving(media)))),
    )


def _content(media: Json) -> dict[str, JSONValue]:
    given = {name: text(media, name) for name in ("text", "topic_tag", "alt_text")}
    content: dict[str, JSONValue] = {name: tidy(found) for name, found in given.items() if found is not None}
    content |= {name: ident(found, name) for name in _PASSED_ON if (found := part(media, name).get("id")) is not None}
    link = unshimmed(media.get("link_attachment_url"))
    content |= {} if link is None else {"link": link}
    attached, poll = _attached(media), part(media, "poll_attachment")
    content |= {"attachment": attached} if attached else {}
    options = [tidy(option) for name in POLL_OPTIONS if (option := text(poll, name)) is not None]
    content |= {"poll": options} if options else {}
    if "children" in media and not failed(media["children"]):
        content["children"] = [ident(child.get("id"), "a picture") for child in children(media)]
    return content | _countries(media)


def _attached(media: Json) -> dict[str, JSONValue]:
    """The long text that hangs on a post, with its link."""
    attachment = part(media, "text_attachment")
    words, link = text(attachment, "plaintext"), unshimmed(attachment.get("link_attachment_url"))
    return ({} if words is None else {"text": tidy(words)}) | ({} if link is None else {"link": link})


def _countries(media: Json) -> dict[str, JSONValue]:
    """Where alone it is shown."""
    given = media.get("allowlisted_country_codes")
    if given is None:
        return {}
    if not isinstance(given, list) or not all(isinstance(one, str) for one in given):
        raise Unreadable("allowlisted_country_codes is not a list of countries")
    return {"countries": sorted(storable(one) for one in given)}


def _lines(content: dict[str, JSONValue]) -> Iterator[str]:
    """What a reader reads of it."""
    attachment = content.get("attachment") or {}
    shown = (content.get("text"), attachment.get("text"), "\n".join(content.get("poll") or ()))
    yield from (str(line) for line in shown if line)


def _moving(media: Json) -> Iterator[MediaRef]:
    """A moving picture from somewhere else. It is known by its path: their last part is the same for all."""
    address = media.get("gif_url")
    if isinstance(address, str) and is_web(address):
        yield MediaRef(f"gif/{short(urlsplit(address).path)}", address, "image")


def _votes(media: Json) -> dict[str, int]:
    votes = number(part(media, "poll_attachment").get("total_votes"))
    return {} if votes is None else {"votes": votes}


def _author(media: Json, place: Place, *, own: bool) -> Author | None:
    """Who wrote it. Of the account itself its number is known; of others only the name is given, if that: names change,
    and are given to others."""
    given = part(media, "owner").get("id")
    identity = ident(given, "an owner") if given is not None else place.account if own else None
    name = storable(text(media, "username") or "")
    if not name and identity is None:
        return None
    return Author(identity, name, name or None, place.address(name) if name else None)


# Who may answer (law R17).


def audience(value: JSONValue, place: Place) -> SeenRecord | None:
    """Who may answer what the account wrote, where the answer says so.

    Raises:
        Unreadable: it is no word.
    """
    media = thing(value, "not a post")
    told = text(media, "reply_audience")
    if told is None:
        return None
    return _setting("audience", media, place, {"reply_audience": storable(told)}, f"who may reply: {_plain(told)}")


def approvals(value: JSONValue, place: Place) -> SeenRecord:
    """That replies under a post have to be approved. That they need not be nobody says."""
    return _setting("approvals", {"id": (place.thread or "").partition("/")[2]}, place, {"replies": "approved first"},
                    "replies: shown once they are approved")  # fmt: skip


def _setting(named: str, media: Json, place: Place, content: dict[str, JSONValue], words: str) -> SeenRecord:
    identity = ident(media.get("id"), "a post")
    return SeenRecord(
        key=f"{named}/{identity}",
        kind=RecordKind.SETTINGS,
        place=place.pointer,
        content=content,
        text=words,
        parent=f"media/{identity}",
        word="reply setting",
    )


# Small parts.


def _plain(told: str) -> str:
    return storable(told).lower().replace("_", " ")


def _named(reply: Json, name: str) -> str | None:
    """Key of another thing that this one names."""
    found = part(reply, name).get("id")
    return None if found is None else f"media/{ident(found, name)}"
