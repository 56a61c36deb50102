"""What is said under posts on LinkedIn, at both levels; and direct looks at it. Pure.

The list of a post has its comments alone, not the replies to them: those are a list of their own for each comment. All
of them together are what one sees under the post, so they are read as pages of one list: after each page of comments
the replies to those that have any, then the next page.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from urllib.parse import urlsplit

from connectors._linkedin_found import Found, entries_of, following, name_of, onward, when
from connectors._linkedin_posts import Place, author_of
from connectors._linkedin_urns import (
    address_of_comment,
    comment_key,
    comment_parts,
    file_of,
    is_urn,
    post_key,
)
from connectors._offset_pages import Onward, tail_of
from connectors.contract import Ask, JSONValue, MediaRef, Problem, ProblemKind, Reading, RecordKind, SeenRecord
from connectors.links import is_web
from connectors.text import tidy
from connectors.values import Json, Unreadable, counts, given, number, part, thing

# Lists.


def comments(found: Found, body: Json) -> Reading:
    """One page of the comments on a post; then the replies to those that have any."""
    if _is_late(found):
        return _anew(found)
    entries, before = entries_of(found, body), tail_of(found.ask)
    listed = [(name_of(entry), _listed(found, entry, place)) for place, entry in enumerate(entries)]
    # (what a page repeats of the one before had its turn there)
    answered = [urn for name, urn in listed if urn is not None and name not in before]
    step = onward(found.ask, body, entries)
    resume = None if step.start is None else {"start": step.start, **step.context}
    return _onward(found, step, None, answered, resume)


def replies(found: Found, body: Json) -> Reading:
    """One page of the replies to a comment."""
    if _is_late(found):
        return _anew(found)
    entries = entries_of(found, body)
    for place, entry in enumerate(entries):
        _listed(found, entry, place)
    step = onward(found.ask, body, entries)
    following_page = following(found.ask, step)
    pending, resume = _pending(found.ask), found.ask.context.get("resume")
    return _onward(found, step, following_page, pending, resume)


def _is_late(found: Found) -> bool:
    """Whether what is asked for as everybody sees it may meanwhile be seen by fewer: a run that was in trouble leaves
    its questions to the next one."""
    return found.open and not found.fresh


def _anew(found: Found) -> Reading:
    """Nothing is taken from such an answer: first the post is asked for, and who sees it."""
    return Reading(asks=tuple(found.asks.known([found.post], anew=True)))


def no_replies(found: Found) -> Reading:
    """The comment went between two pages, and the replies to it with it: on with the others."""
    step = Onward(None, [], torn=False)
    return _onward(found, step, None, _pending(found.ask), found.ask.context.get("resume"))


def _onward(found: Found, step: Onward, page: Ask | None, pending: Sequence[str], resume: JSONValue) -> Reading:
    """The same with the next page of the list: of the replies to one comment, of those to the next one, and then the
    next one of the comments themselves."""
    unread = found.unread or step.torn
    more: dict[str, JSONValue] = {"at": found.at.isoformat()} | ({"unread": True} if unread else {})
    ask = found.ask
    if page is not None:
        after: Ask | None = replace(page, context={**page.context, **more})
    elif pending:
        after = found.asks.replies(ask, pending[0], pending=list(pending[1:]), resume=resume, **more)
    else:
        after = _resumed(found, resume, more)
    return replace(found.reading(), next_page=after, whole=after is None and not unread)


def _resumed(found: Found, resume: JSONValue, more: Mapping[str, JSONValue]) -> Ask | None:
    if not isinstance(resume, dict) or not isinstance(resume.get("start"), int):
        return None
    anew = found.ask.context.get("anew") is True
    first = found.asks.comments(found.post, seen=found.open, at=str(found.ask.context.get("at")), anew=anew)
    known = {name: resume.get(name) for name in ("tail", "head")}
    return replace(
        first, parameters=(("start", str(resume["start"])),), context={**first.context, **known, **more}
    )  # fmt: skip


def _pending(ask: Ask) -> list[str]:
    given = ask.context.get("pending")
    return [one for one in given if comment_parts(one)] if isinstance(given, list | tuple) else []


def _listed(found: Found, entry: JSONValue, place: int) -> str | None:
    """Read a comment; its URN where it may have replies. Whether it has is only believed where it is said."""
    record = add(found, entry, f"/elements/{place}")
    if record is None or not isinstance(entry, dict) or entry.get("parentComment") is not None:
        return None
    return None if record.counts.get("replies") == 0 else _urn_of(entry)


# Known comments.


def gate(found: Found, body: Json) -> Reading:
    """The comments on a post can be listed: known ones are asked for now."""
    entries_of(found, body)
    return Reading(asks=tuple(_looks(found, gone=False)))


def no_gate(found: Found) -> Reading:
    """The comments on a post are not there: whether the post is?"""
    return Reading(asks=(found.asks.whether(found.post, _above(found.ask)),))


def whether(found: Found, body: Json) -> Reading:
    """The post is there, though its comments are not."""
    post_key(body.get("id"))
    return Reading(problem=Problem(ProblemKind.CONTRACT, "the comments on a post are not there, though the post is"))


def without_post(found: Found) -> Reading:
    """The post is not there: its comments went with it, which the platform says of each of them."""
    return Reading(asks=tuple(_looks(found, gone=True)))


def _looks(found: Found, *, gone: bool) -> Iterator[Ask]:
    for key, above in _above(found.ask).items():
        yield found.asks.look_at_comment(key, above, found.post, gone=gone)


def _above(ask: Ask) -> dict[str, str]:
    """What each of the known comments stands under."""
    given = ask.context.get("above")
    known = given.items() if isinstance(given, dict) else ()
    return {key: one for key, one in known if key.startswith("comment/") and is_urn(one)}


def comment(found: Found, body: Json) -> Reading:
    """One known comment."""
    record = add(found, body, "")
    if record is not None and record.key not in found.ask.context.get("look", ()):
        raise Unreadable("another comment than was asked for")
    return found.looked()


# Records.


def add(found: Found, value: JSONValue, pointer: str) -> SeenRecord | None:
    """Add a comment or reply."""
    asks = found.asks
    place = Place(pointer, asks.site, asks.author, asks.handle)
    return found.add("comment", value, pointer, lambda: comment_record(value, place, found.post, found.ask.context))


def comment_record(value: JSONValue, place: Place, post: str, asked: Mapping[str, JSONValue]) -> SeenRecord:
    """One comment or reply. ``asked``: the question says what it stands under, where it does not say so itself.

    Raises:
        Unreadable: it lacks what every comment has, or has it in another shape.
    """
    told = thing(value, "not a comment")
    key, urn, parent = comment_key(told.get("id")), _urn_of(told), _parent(told, asked)
    created = when(part(told, "created"), "time")
    stamp = part(told, "lastModified")
    content = _said(told)
    return SeenRecord(
        key=key,
        kind=RecordKind.COMMENT,
        place=place.pointer,
        content=content,
        text=tidy(content.get("text", "")),
        author=author_of(told.get("actor"), place),
        created_at=created,
        as_of=when(stamp, "time") if stamp else created,
        parent=post if parent is None else comment_key((comment_parts(parent) or ("", ""))[1]),
        thread=post,
        url=None if urn is None else address_of_comment(place.site, post, urn, parent),
        counts=_counts(told),
        media=tuple(_pictures(told)),
        word="comment" if parent is None else "reply",
    )


def _urn_of(comment: Json) -> str | None:
    """Its own URN, as it says itself; else as its parts have it."""
    made = f"{comment.get('object')},{comment.get('id')}"
    for urn in (comment.get("commentUrn"), comment.get("$URN"), f"urn:li:comment:({made})"):
        if comment_parts(urn) is not None:
            return str(urn)
    return None


def _parent(told: Json, asked: Mapping[str, JSONValue]) -> str | None:
    """URN of the comment that it answers."""
    above = told.get("parentComment")
    if above is None:
        above = asked.get("to")
        return str(above) if comment_parts(above) is not None else None
    if comment_parts(above) is None:
        raise Unreadable("a reply to something without a usable URN")
    return str(above)


def _said(told: Json) -> dict[str, JSONValue]:
    message = part(told, "message")
    said: dict[str, JSONValue] = dict(given(message, "text"))
    named = sorted(set(_named(message.get("attributes"))))
    said |= {"mentions": named} if named else {}
    shown = _shown(told)
    return said | ({"attached": [_attached(one) for one in shown]} if shown else {})


def _named(value: JSONValue, depth: int = 0) -> Iterator[str]:
    """Whom the words name: URNs, at whatever place they stand."""
    if is_urn(value):
        yield value
    elif depth < 6 and isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:
            yield from _named(one, depth + 1)


def _shown(told: Json) -> list[Json]:
    listed = told.get("content")
    if listed is None:
        return []
    if not isinstance(listed, list):
        raise Unreadable("content is not a list")
    return [thing(one, "what is attached is not an object") for one in listed]


def _attached(shown: Json) -> str:
    """What is attached, by its name; where it has none by its address, without what is signed anew each time."""
    named = next((one for one in _named(shown.get("entity")) if file_of(one)), None)
    if named is not None:
        kind, name = file_of(named) or ("", "")
        return f"{kind}/{name}"
    address = shown.get("url")
    path = urlsplit(address).path if isinstance(address, str) and is_web(address) else ""
    return f"link/{hashlib.sha256(path.encode()).hexdigest()[:16]}" if path else "something"


def _pictures(told: Json) -> Iterator[MediaRef]:
    known = set()
    for shown in _shown(told):
        address, name = shown.get("url"), _attached(shown)
        if isinstance(address, str) and is_web(address) and shown.get("type") == "IMAGE" and name not in known:
            known.add(name)
            yield MediaRef(name, address, "image")


def _counts(told: Json) -> dict[str, int]:
    likes = _part(told, "likesSummary")
    replies = _part(told, "commentsSummary")
    found = counts(likes, {"likes": "totalLikes"}) | counts(likes, {"likes": "aggregatedTotalLikes"})
    most = [number(replies.get(name)) for name in ("totalFirstLevelComments", "aggregatedTotalComments")]
    told_replies = [one for one in most if one is not None]
    return found | ({"replies": max(told_replies)} if told_replies else {})


def _part(told: Json, name: str) -> Json:
    found = told.get(name)
    return found if isinstance(found, dict) else {}
