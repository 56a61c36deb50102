"""Users and direct messages of X as records. Pure."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from connectors._x_posts import Included, picture
from connectors._x_values import counts, ident, keys, links, objects, part, time_of, words
from connectors.answers import moment
from connectors.contract import AccountFacts, Author, JSONValue, MediaRef, RecordKind, SeenRecord, State
from connectors.links import is_web
from connectors.text import storable, tidy
from connectors.values import Json, Unreadable, text

_COUNTS = {
    "followers": ("followers_count",),
    "following": ("following_count",),
    "posts": ("post_count", "tweet_count"),
    "lists": ("listed_count",),
}


# Users.


def user_facts(user: Json, site: str) -> AccountFacts:
    """What X says the account is.

    Raises:
        Unreadable: not a user.
    """
    identity, handle = ident(user.get("id"), "a user"), storable(text(user, "username"))
    return AccountFacts(identity, handle, tidy(text(user, "name")) or handle, f"{site}/{handle}")


def user_record(user: Json, place: str, site: str, failed: Collection[str] = ()) -> SeenRecord:
    """The profile of the account. ``failed``: fields of which X says that it could not give them.

    Raises:
        Unreadable: not a user.
    """
    facts = user_facts(user, site)
    content = _profile(user, facts, failed)
    lines = (facts.name, *(content.get(name) for name in ("description", "location", "website")))
    return SeenRecord(
        key=f"user/{facts.platform_id}",
        kind=RecordKind.PROFILE,
        place=place,
        content=content,
        text="\n\n".join(str(line) for line in lines if line),
        author=Author(facts.platform_id, facts.name, facts.handle, facts.url),
        created_at=moment(user.get("created_at")),
        url=facts.url,
        state=State.VISIBLE if user.get("withheld") is None else State.RESTRICTED,
        counts=counts(part(user, "public_metrics"), _COUNTS),
        counted=counts(part(user, "public_metrics"), _COUNTS).get("posts"),
        media=tuple(_portraits(user)),
        word="profile",
    )


def _profile(user: Json, facts: AccountFacts, failed: Collection[str]) -> dict[str, JSONValue]:
    """X leaves out a place that is not given. Of any other field that is missing nothing is said."""
    content: dict[str, JSONValue] = {"name": facts.name, "handle": facts.handle}
    if "description" in user:
        content["description"] = tidy(text(user, "description", missing=""))
    if "location" not in failed:
        content["location"] = tidy(text(user, "location", missing="")) or None
    if user.get("url") == "":
        content["website"] = None
    elif (website := _website(user)) is not None:
        content["website"] = website
    if isinstance(user.get("protected"), bool):
        content["protected"] = user["protected"]
    return content


def _website(user: Json) -> str | None:
    """Where the profile's link leads: the address that X gives beside the shortened one."""
    for one in objects(part(part(user, "entities"), "url"), "urls"):
        full = one.get("expanded_url")
        if isinstance(full, str) and is_web(full):
            return storable(full)
    return None


def _portraits(user: Json) -> Iterator[MediaRef]:
    yield from picture(user.get("profile_image_url"), "avatar")
    yield from picture(user.get("profile_banner_url"), "banner")


# Messages.


def message_record(event: Json, place: str, included: Included, account: str) -> SeenRecord:
    """One direct message.

    Raises:
        Unreadable: it lacks what every message has; or it is none of the account's.
    """
    identity = ident(event.get("id"), "a message")
    conversation = storable(text(event, "dm_conversation_id"))
    if "-" in conversation and account not in conversation.split("-"):
        raise Unreadable("a message between others")
    sender = ident(event.get("sender_id"), "a sender")
    content = _said(event, conversation)
    at = moment(event.get("created_at")) or time_of(identity, event)
    return SeenRecord(
        key=f"dm/{identity}",
        kind=RecordKind.MESSAGE,
        place=place,
        content=content,
        text=_text_of(content),
        author=_sender(sender, included),
        created_at=at,
        as_of=at,
        word="direct message",
    )


def _said(event: Json, conversation: str) -> dict[str, JSONValue]:
    content: dict[str, JSONValue] = {"conversation": conversation}
    if event.get("text") is not None:
        content["text"] = words(event, "text")
    found = links(part(event, "entities"))
    if found:
        content["links"] = found
    attached = part(event, "attachments")
    if attached.get("media_keys"):
        content["media"] = keys(attached, "media_keys")
    return content


def _text_of(content: Json) -> str:
    said = str(content.get("text", ""))
    for short, full in content.get("links", {}).items():
        said = said.replace(short, full)
    return said


def _sender(identity: str, included: Included) -> Author:
    user = included.users.get(identity, {})
    handle, name = user.get("username"), user.get("name")
    known = storable(handle) if isinstance(handle, str) and handle else None
    return Author(identity, (tidy(name) if isinstance(name, str) else "") or known or "", known)
