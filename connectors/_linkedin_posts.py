"""What a page on LinkedIn shows as records: itself, posts, and whether they take comments. Pure.

Scheme 1 of the content projection is here; ``docs/platform-notes.md`` justifies each field.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from connectors._linkedin_found import when
from connectors._linkedin_text import plain
from connectors._linkedin_urns import address_of_post, file_of, is_urn, page_number, post_key
from connectors.contract import AccountFacts, Author, JSONValue, RecordKind, SeenRecord, State
from connectors.text import storable, tidy
from connectors.values import Json, Unreadable, given, number, objects, part, thing
from connectors.values import text as given_text

_BRAND = "organizationBrand"
_VANITY = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


@dataclass(frozen=True, slots=True)
class Place:
    """Where in a body a thing stands, and of which page it is."""

    pointer: str
    site: str
    """Where people see it."""
    page: str
    """URN of the page."""
    handle: str
    """What the page is called in addresses."""


# The page.


def page_facts(value: JSONValue, site: str) -> AccountFacts:
    """Which page it is.

    Raises:
        Unreadable: not a page.
    """
    page = thing(value, "not a page")
    identity = number(page.get("id"))
    if not identity:
        raise Unreadable("a page has no usable id")
    handle = storable(given_text(page, "vanityName", str(identity))) or str(identity)
    name = tidy(given_text(page, "localizedName"))
    kind = (
        "showcase" if _BRAND in str(page.get("$URN")) or page.get("primaryOrganizationType") == "BRAND" else "company"
    )
    named = handle if _VANITY.fullmatch(handle) else str(identity)
    return AccountFacts(str(identity), handle, name, f"{site}/{kind}/{named}")


def page_record(value: JSONValue, place: Place) -> SeenRecord:
    """The page as a profile.

    Raises:
        Unreadable: not a page.
    """
    page, facts = thing(value, "not a page"), page_facts(value, place.site)
    content: dict[str, JSONValue] = {"name": facts.name, "vanity_name": facts.handle}
    for name, told in (("description", "localizedDescription"), ("website", "localizedWebsite")):
        if page.get(told) is not None:
            content[name] = tidy(given_text(page, told)) or None
    if page.get("localizedSpecialties") is not None:
        content["specialties"] = _texts(page, "localizedSpecialties")
    specialties = ", ".join(content.get("specialties", ()))
    lines = (facts.name, content.get("description"), content.get("website"), specialties)
    return SeenRecord(
        key=f"organization/{facts.platform_id}",
        kind=RecordKind.PROFILE,
        place=place.pointer,
        content=content,
        text="\n\n".join(line for line in lines if line),
        author=Author(page_number(place.page) or None, facts.name, facts.handle, facts.url),
        url=facts.url,
        word="page",
    )


def pictures_of_page(page: Json) -> Iterator[str]:
    """URNs of its logo and cover."""
    for name in ("logoV2", "coverPhotoV2"):
        shown = page.get(name)
        for size in ("original", "cropped"):
            found = file_of(shown.get(size)) if isinstance(shown, dict) else None
            if found is not None:
                yield f"urn:li:{found[0]}:{found[1]}"
                break


# Posts.


def everybody_sees(post: Json) -> bool:
    """Whether the answer says that everybody sees a post, signed in or not. What it does not say is not assumed."""
    for_all = post.get("visibility") == "PUBLIC" and post.get("lifecycleState") == "PUBLISHED"
    told, ad = post.get("distribution"), post.get("adContext")
    in_feed = isinstance(told, dict) and told.get("feedDistribution") == "MAIN_FEED" and not told.get("targetEntities")
    return for_all and in_feed and not post.get("container") and not (isinstance(ad, dict) and ad.get("isDsc"))


def listed_post(value: JSONValue, place: Place) -> SeenRecord:
    """That a post is there; nothing of what it says.

    Raises:
        Unreadable: it lacks what every post has, or has it in another shape.
    """
    post = thing(value, "not a post")
    key, created = post_key(post.get("id")), when(post, "createdAt")
    return SeenRecord(
        key=key,
        kind=RecordKind.POST,
        place=place.pointer,
        content={},
        text="",
        created_at=created if post.get("publishedAt") is None else when(post, "publishedAt"),
        as_of=created if post.get("lastModifiedAt") is None else when(post, "lastModifiedAt"),
        url=address_of_post(place.site, key),
        state=State.VISIBLE if post.get("lifecycleState") == "PUBLISHED" else State.RESTRICTED,
        word="post",
    )


def post_record(value: JSONValue, place: Place) -> SeenRecord:
    """As :func:`listed_post`, with its words.

    Raises:
        Unreadable: as above.
    """
    post = thing(value, "not a post")
    content = _said(post)
    reshared = "reshared" in content
    return replace(
        listed_post(post, place),
        content=content,
        text="\n\n".join(_lines(content)),
        author=author_of(post.get("author"), place),
        counts=_votes(post),
        word="repost" if reshared else "post",
    )


def files_of_post(post: Json) -> Iterator[tuple[str, str | None]]:
    """URN of each file of a post, with its description."""
    content = part(post, "content")
    article = part(content, "article")
    shown = [part(content, "media"), *_images(content), *_cards(content)]
    shown.append({"id": article.get("thumbnail"), "altText": article.get("thumbnailAltText")})
    for one in shown:
        if file_of(one.get("id")) is not None:
            alt = one.get("altText")
            yield str(one["id"]), tidy(alt) if isinstance(alt, str) and tidy(alt) else None


def _said(post: Json) -> dict[str, JSONValue]:
    content, reshared = part(post, "content"), part(post, "reshareContext")
    said: dict[str, JSONValue] = given(post, "commentary") | {"visibility": storable(given_text(post, "visibility"))}
    said |= _content(content)
    if reshared:
        said["reshared"] = _urn(reshared.get("parent"), "what is reshared")
    for name, told in (("landing_page", "contentLandingPage"), ("call_to_action", "contentCallToActionLabel")):
        if post.get(told) is not None:
            said[name] = storable(given_text(post, told))
    return said


def _content(content: Json) -> dict[str, JSONValue]:
    """What is shown with the words; each kind that there may be, and of one that is not known its name alone."""
    said: dict[str, JSONValue] = {}
    if media := part(content, "media"):
        said["media"] = _medium(media)
    if "multiImage" in content:
        said["images"] = [_medium(one) for one in _images(content)]
    if article := part(content, "article"):
        told = {name: tidy(given_text(article, name, "")) for name in ("title", "description")}
        said["article"] = {"source": storable(given_text(article, "source", "")), **told}
        said["article"] |= _optional(article, "thumbnail", "thumbnailAltText")
    if poll := part(content, "poll"):
        options = [tidy(given_text(one, "text")) for one in objects(poll, "options")]
        said["poll"] = {"question": tidy(given_text(poll, "question")), "options": options}
        said["poll"] |= _optional(part(poll, "settings"), "duration")
    if "carousel" in content:
        said["cards"] = [_medium(one) for one in _cards(content)]
    if reference := part(content, "reference"):
        said["reference"] = _urn(reference.get("id"), "what is referred to")
    if celebration := part(content, "celebration"):
        said["celebration"] = _optional(celebration, "type", "text")
    return said


def _medium(medium: Json) -> dict[str, JSONValue]:
    return {"id": _urn(medium.get("id"), "a file")} | _optional(medium, "title", "altText")


def _optional(value: Json, *names: str) -> dict[str, JSONValue]:
    return {name: tidy(given_text(value, name)) for name in names if value.get(name) is not None}


def _images(content: Json) -> list[Json]:
    shown = part(content, "multiImage")
    return objects(shown, "images") if shown else []


def _cards(content: Json) -> list[Json]:
    shown = part(content, "carousel")
    return [part(one, "media") for one in objects(shown, "cards")] if shown else []


def _lines(said: Mapping[str, JSONValue]) -> Iterator[str]:
    """What a reader reads of it."""
    media, article = said.get("media") or {}, said.get("article") or {}
    poll, celebration = said.get("poll") or {}, said.get("celebration") or {}
    shown = [plain(said.get("commentary", "")), media.get("title"), article.get("title"), article.get("description")]
    shown += [article.get("source"), poll.get("question"), "\n".join(poll.get("options", ())), celebration.get("text")]
    shown += [one.get("title") for one in said.get("cards") or ()]
    yield from (line for line in shown if line)


def _votes(post: Json) -> dict[str, int]:
    poll = part(part(post, "content"), "poll")
    votes = number(poll.get("uniqueVotersCount"))
    return {} if votes is None else {"voters": votes}


# What belongs to a post.


def setting_record(key: str, metadata: Json, place: Place) -> SeenRecord:
    """Whether a post takes comments (law R17).

    Raises:
        Unreadable: it does not say.
    """
    state = storable(given_text(metadata, "commentsState"))
    return SeenRecord(
        key=f"comments/{key}",
        kind=RecordKind.SETTINGS,
        place=place.pointer,
        content={"comments": state},
        text=f"comments: {state.lower().replace('_', ' ')}",
        parent=key,
        word="comment setting",
    )


def counts_of(metadata: Json) -> dict[str, int]:
    """How many comments a post has, and reactions of each kind."""
    told = number(part(metadata, "commentSummary").get("count"))
    found = {} if told is None else {"comments": told}
    summaries = {name: one for name, one in part(metadata, "reactionSummaries").items() if isinstance(one, dict)}
    numbers = {storable(name).lower()[:40]: number(one.get("count")) for name, one in summaries.items()}
    kinds = {name: one for name, one in numbers.items() if one and name.isidentifier()}
    return found | kinds | {"reactions": sum(kinds.values())}


def sight(key: str, as_of: datetime | None, place: Place) -> SeenRecord:
    """A post, or the page, of which an answer says more, but not what it says."""
    kind = RecordKind.PROFILE if key.startswith("organization/") else RecordKind.POST
    return SeenRecord(key, kind, place.pointer, {}, "", as_of=as_of)


# Small parts.


def author_of(urn: JSONValue, place: Place) -> Author | None:
    """Who wrote something; None where it does not say. LinkedIn gives no names with it: of the page itself its own is
    known. It bears the page's number, by which the account is known, and everybody else a URN.

    Raises:
        Unreadable: it is no URN.
    """
    if urn is None:
        return None
    named = _urn(urn, "an author")
    if named == place.page:
        own = page_number(named)
        return Author(own or named, place.handle or named, place.handle or None, f"{place.site}/company/{own}")
    page = page_number(named)
    return Author(named, named, None, f"{place.site}/company/{page}" if page else None)


def _urn(value: JSONValue, what: str) -> str:
    if not is_urn(value):
        raise Unreadable(f"{what} has no usable URN")
    return str(value)


def _texts(value: Json, name: str) -> list[str]:
    listed = value.get(name) or []
    if not isinstance(listed, list) or not all(isinstance(one, str) for one in listed):
        raise Unreadable(f"{name} is not a list of texts")
    return [tidy(one) for one in listed]
