"""What is said under posts on Instagram: which comments there are, and their words. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace

from connectors import _graph_found as graph
from connectors import _instagram_fields as fields
from connectors._beside import MOST, in_order
from connectors._graph_found import escaped, idents, looked_for, thread_of
from connectors._graph_values import flag, is_ident, listed
from connectors._instagram_asks import COMMENT
from connectors._instagram_found import Found, Maker
from connectors._instagram_records import Place, comment_record, is_others, listed_comment
from connectors.contract import AccessClass, Ask, JSONValue, Problem, ProblemKind, Reading, SeenRecord
from connectors.values import Json, Unreadable, part

_Standing = tuple[JSONValue, str, JSONValue]
"""A comment, its place in the body, and of a reply what it answers."""


# Which there are.


def index(found: Found, body: Json) -> Reading:
    """One page of an index: which comments there are, with what answers them; then their words."""
    seen: dict[str, bool] = {}
    more: list[Ask] = []
    off = found.ask.context.get("off") is True
    for entry, pointer, above in _all_in(found, body):
        record = _note(found, entry, pointer, above, seen)
        if record is not None and above is None and _goes_on(found, entry, pointer):
            identity = record.key.partition("/")[2]
            hidden, incomplete = not seen[identity], found.unread or off
            more.append(found.asks.replies(identity, thread_of(found.ask), hidden=hidden, incomplete=incomplete))
    following = found.following(body)
    return replace(
        found.reading(),
        asks=(*_words(found, seen), *more),
        next_page=following,
        whole=following is None and not found.unread and not off,
    )


def _all_in(found: Found, body: Json) -> Iterator[_Standing]:
    """Comments of a list, and inside them their replies."""
    for place, entry in enumerate(found.entries(body)):
        yield entry, f"/data/{place}", None
        if not isinstance(entry, dict) or graph.failed(entry.get("replies")):
            continue
        try:
            replies = listed(entry, "replies")
        except Unreadable as error:
            found.quarantine.append((f"/data/{place}/replies", str(error)))
            continue
        for inner, reply in enumerate(replies):
            yield reply, f"/data/{place}/replies/data/{inner}", entry


def _note(
    found: Found, entry: JSONValue, pointer: str, above: JSONValue, seen: dict[str, bool], make: Maker = listed_comment
) -> SeenRecord | None:
    """Add one comment, and note whether everybody sees it."""
    top = above.get("id") if isinstance(above, dict) else None
    record = found.add(COMMENT, entry, pointer, lambda value, place: make(value, _under(place, top)))
    if record is not None and isinstance(entry, dict):
        seen[record.key.partition("/")[2]] = _everybody_sees(found, entry, above)
    return record


def _under(place: Place, top: JSONValue) -> Place:
    return replace(place, under=top) if isinstance(top, str) else place


def _everybody_sees(found: Found, comment: Json, above: JSONValue) -> bool:
    """Whether the answer says so. What is under a hidden comment is hidden with it."""
    upper = [above] if isinstance(above, dict) else []
    shown = all(one.get("hidden") is False for one in [comment, *upper])
    return shown and found.ask.context.get("under_hidden") is not True


def _goes_on(found: Found, entry: JSONValue, pointer: str) -> bool:
    """Whether a comment has more replies than stand inside it."""
    replies = entry.get("replies") if isinstance(entry, dict) else None
    if not isinstance(replies, dict) or graph.failed(replies):
        return False
    inside = replies.get("data")
    full = isinstance(inside, list) and len(inside) >= fields.REPLIES
    try:
        return full or part(replies, "paging").get("next") is not None
    except Unreadable as error:
        found.quarantine.append((f"{pointer}/replies/paging", str(error)))
        return True


def _words(found: Found, seen: Mapping[str, bool]) -> Iterator[Ask]:
    """Ask for the words of what a page of an index named: of all of it at once, if all of it is seen by the same."""
    if len(set(seen.values())) == 1:
        yield found.asks.words_of_page(found.ask, seen=next(iter(seen.values())))
        return
    for everybody in (True, False):
        wanted = [one for one, public in seen.items() if public is everybody]
        yield from found.asks.words_of(found.ask, wanted, seen=everybody)


def allowed(found: Found, body: Json) -> Reading:
    """Whether a post takes comments. Only then does it mean anything that one of them is not there."""
    found.note("media", body)
    if flag(body, "is_comment_enabled") is not True:
        return found.reading()
    return replace(found.reading(), asks=tuple(asked_for(found)))


def asked_for(found: Found) -> Iterator[Ask]:
    yield from asked_again(found, idents(found.ask))


def asked_again(found: Found, several: Sequence[str]) -> Iterator[Ask]:
    """Some of what a question asks for, beside the same others."""
    yield from found.asks.known_comments(several, thread_of(found.ask), idents(found.ask, "beside"))


def known_comments(found: Found, body: Json) -> Reading:
    """Known comments by their ids: those that are there. Their words the list of their post brings."""
    left = []
    for one in idents(found.ask):
        if one in body:
            _note(found, body[one], f"/{escaped(one)}", None, {})
        else:
            left.append(one)
    alone = [ask for one in left for ask in asked_again(found, [one])]
    return replace(found.reading(), asks=tuple(alone))


def look_at_comment(found: Found, body: Json) -> Reading:
    """One known comment: it is there, whatever can be read of it."""
    if _note(found, body, "", None, {}) is None:
        return replace(found.reading(), problem=Problem(ProblemKind.CONTRACT, found.quarantine[0][1]))
    return replace(found.reading(), present=looked_for(found.ask))


# What is there besides.


def others_listed(found: Found, body: Json) -> Reading:
    """Comments of other people under the newest posts. That they are listed vouches for nothing: so they are asked
    for."""
    posts = [post for post in found.entries(body) if isinstance(post, dict)]
    theirs = [str(one["id"]) for post in posts for one in graph.inside(post, "comments") if _is_others(found, one)]
    control = in_order(list(found.asks.beside(theirs[:MOST])))
    return Reading(asks=() if control is None else (control,))


def beside(found: Found, body: Json) -> Reading:
    """Whether a comment that somebody else wrote can be read by its id."""
    shown = body.get("id") == found.ask.context.get("comment") and _is_others(found, body)
    return Reading(present=(f"{COMMENT}/{body['id']}",) if shown else ())


def _is_others(found: Found, comment: Json) -> bool:
    place = found.place("")
    try:
        return is_ident(comment.get("id")) and is_others(comment, place.account, place.handle)
    except Unreadable:
        return False


# Their words.


def words_listed(found: Found, body: Json) -> Reading:
    return _words_in(found, _all_in(found, body))


def words_named(found: Found, body: Json) -> Reading:
    return _words_in(found, ((body[one], f"/{escaped(one)}", None) for one in idents(found.ask) if one in body))


def _words_in(found: Found, entries: Iterable[_Standing]) -> Reading:
    """Words of comments. What was asked for as everybody sees it, and meanwhile is hidden, is asked for anew in
    private: it is not shown as what everybody sees."""
    hidden: list[str] = []
    seen: dict[str, bool] = {}
    for entry, pointer, above in entries:
        record = _note(found, entry, pointer, above, seen, comment_record)
        identity = record.key.partition("/")[2] if record is not None else ""
        if record is not None and found.ask.access is AccessClass.PUBLIC and not seen[identity]:
            found.records.pop()
            hidden.append(identity)
    return replace(found.reading(), asks=tuple(found.asks.words_of(found.ask, hidden, seen=False)))
