"""What the answers of Meta's Graph API about an Instagram account mean. Pure; never raises, whatever JSON comes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from connectors import _instagram_fields as fields
from connectors._graph_accounts import read_profile
from connectors._graph_errors import error_of
from connectors._graph_found import escaped, idents, looked_for, shown_in
from connectors._graph_messages import conversation_record, message_record
from connectors._graph_pages import smaller
from connectors._graph_reading import reading_of
from connectors._graph_values import flag, ident, text, time_of
from connectors._instagram_comments import (
    allowed,
    asked_again,
    asked_for,
    beside,
    index,
    known_comments,
    look_at_comment,
    others_listed,
    words_listed,
    words_named,
)
from connectors._instagram_found import Found, Maker
from connectors._instagram_records import (
    TURNED_OFF,
    comment_setting,
    facts_of,
    media_record,
    profile_record,
    story_record,
    tagged_record,
)
from connectors.contract import AccessClass, Answer, Ask, JSONValue, Problem, ProblemKind, Reading
from connectors.values import Json, Unreadable, number, part

_OTHERS: Mapping[str, tuple[str, Maker]] = {
    "stories": ("media", story_record),
    "tags": ("media", tagged_record),
    "messages": ("message", message_record),
}
#: What is asked of the account itself: that this is not there may as well mean that the token lost its permission.
_OF_THE_ACCOUNT = frozenset(
    {"identify", "profile", "media", "counts", "own", "others", "stories", "tags", "inbox", "conversations"}
)
_MARGIN = timedelta(hours=1)
"""What was written so shortly before the last look is looked into again."""
_SINGLY = 8
"""Of so few known things each is asked for alone once one of them is not there."""
_MOST_MEDIA = 10_000
"""Instagram lists the newest so many."""
_NO_TOKEN = 104
_WITHOUT_TOKEN = Problem(
    ProblemKind.SIGN_IN_EXPIRED,
    "Instagram was asked without the access token of a Page; one of an Instagram login, which begins with IG, is none",
)
_NOT_LINKED = Problem(ProblemKind.PERMISSION, "the Page behind the token is not linked to this account, as it says")


def read(ask: Ask, answer: Answer) -> Reading:
    """What ``answer`` means."""
    return reading_of(ask, answer, begin=Found, readers=_READERS, of_problem=_of_problem, spare=fields.SPARE)


def _of_problem(ask: Ask, answer: Answer, problem: Problem) -> Reading:
    """Errors after which something else is asked: less at once, or each thing alone."""
    found, error, named = Found(ask), error_of(answer), idents(ask)
    by_ident = ask.purpose in _BY_IDENT and len(named) > 1
    if error is not None and error.code == _NO_TOKEN:
        return Reading(problem=_WITHOUT_TOKEN)
    if error is not None and error.too_much:
        less = None if by_ident else smaller(ask)
        if less is not None:
            return Reading(next_page=less)
        return Reading(asks=tuple(_in_parts(found, named))) if by_ident else Reading(problem=problem)
    if problem.kind is not ProblemKind.GONE:
        return Reading(problem=problem)
    if ask.purpose in _OF_THE_ACCOUNT:
        detail = "Instagram does not show the account, or this part of it, with this token"
        return Reading(problem=Problem(ProblemKind.PERMISSION, detail))
    if ask.purpose == "allowed":  # the post is not there: each comment says for itself whether it is
        return Reading(asks=tuple(asked_for(found)))
    if by_ident:
        # One of them is not there; which one, Meta does not say.
        return Reading(asks=tuple(_in_parts(found, named)))
    if ask.purpose in ("comments_by_id", "replies"):  # it went between two questions: the next index tells it
        return Reading()
    return Reading(problem=problem)


def _in_parts(found: Found, several: Sequence[str]) -> Iterator[Ask]:
    """The same question for fewer things at once."""
    size = 1 if len(several) <= _SINGLY else (len(several) + 1) // 2
    for start in range(0, len(several), size):
        some = several[start : start + size]
        if found.ask.purpose == "comments_by_id":
            yield from found.asks.words_of(found.ask, some, seen=found.ask.access is AccessClass.PUBLIC)
        elif found.ask.purpose == "known_comments":
            yield from asked_again(found, some)
        else:
            yield from found.asks.known_media(some, comments=found.ask.context.get("comments") is True)


# The account.


def _identify(found: Found, body: Json) -> Reading:
    """Whose token it is. It reads one account only: another one is not what was named."""
    found.note("linked", body)
    linked = body.get("instagram_business_account")
    if linked is None:
        return Reading(problem=_NOT_LINKED)
    facts = facts_of(linked, found.asks.site)
    if facts.handle.lower() != str(found.ask.context.get("name")).lower():
        return Reading(problem=_NOT_LINKED)
    return Reading(account=facts)


def _profile(found: Found, body: Json) -> Reading:
    return read_profile(found, body, "profile", profile_record, lambda value: facts_of(value, found.asks.site))


# Posts.


def _media(found: Found, body: Json) -> Reading:
    """One page of what the account published; on a full sweep then the comments of each."""
    entries = found.entries(body)
    posts = [_post(found, entry, f"/data/{place}") for place, entry in enumerate(entries)]
    before = number(found.ask.context.get("listed")) or 0
    following = found.following(body, listed=before + len(entries))
    reading = replace(found.reading(), next_page=following)
    if found.asks.full:
        reading = replace(reading, asks=tuple(one for one in posts if one is not None))
    if following is not None or found.unread:
        return reading
    if before + len(entries) < _MOST_MEDIA:
        return replace(reading, whole=True)
    times = [record.created_at for record in found.records if record.created_at is not None]
    return replace(reading, since=min(times, default=None))


def _post(found: Found, value: JSONValue, pointer: str) -> Ask | None:
    """Add one post, and whether it takes comments. The question for those."""
    record = found.add("media", value, pointer, media_record)
    if record is None:
        return None
    setting = None
    try:
        setting = comment_setting(value, found.place(pointer))
    except Unreadable as error:
        found.quarantine.append((f"{pointer}/is_comment_enabled", str(error)))
    found.records += [] if setting is None else [setting]
    turned_off = setting is not None and setting.content["comments"] == TURNED_OFF
    return found.asks.comments(record.key.partition("/")[2], allowed=not turned_off)


def _counts(found: Found, body: Json) -> Reading:
    """Posts that have another number of comments than when those were last asked for."""
    before = found.ask.context.get("counts")
    known = before if isinstance(before, dict) else {}
    told: dict[str, int] = {}
    changed = []
    for entry in found.entries(body):
        if not isinstance(entry, dict):
            raise Unreadable("not a post")
        post, count = ident(entry.get("id"), "a post"), number(entry.get("comments_count"))
        if count is None or count != known.get(post, 0):
            changed.append(found.asks.comments(post, allowed=flag(entry, "is_comment_enabled") is not False))
        if count is not None:
            told[post] = count
    counts = {f"media/{post}": count for post, count in told.items()}
    return replace(found.reading(), asks=tuple(changed), bookmark={"comments": told}, counts=counts)


def _known_media(found: Found, body: Json) -> Reading:
    """Known posts by their ids: those that are there."""
    named = idents(found.ask)
    left = [one for one in named if one not in body]
    posts = [_post(found, body[one], f"/{escaped(one)}") for one in named if one in body]
    commented = found.ask.context.get("comments") is True
    comments = [one for one in posts if one is not None] if commented else []
    alone = [found.asks.look_at_media(one, comments=commented) for one in left]
    return replace(found.reading(), asks=(*comments, *alone))


def _look_at_media(found: Found, body: Json) -> Reading:
    """One known post: it is there, whatever can be read of it."""
    comments = _post(found, body, "")
    if comments is None:
        return replace(found.reading(), problem=Problem(ProblemKind.CONTRACT, found.quarantine[0][1]))
    commented = found.ask.context.get("comments") is True
    asks = (comments,) if commented else ()
    return replace(found.reading(), present=looked_for(found.ask), asks=asks)


def _control(found: Found, body: Json) -> Reading:
    """What the token still shows that the account published."""
    return Reading(present=shown_in(found.entries(body)))


# Everything else that is listed.


def _others(found: Found, body: Json) -> Reading:
    kind, make = _OTHERS[found.ask.purpose]
    for place, entry in enumerate(found.entries(body)):
        found.add(kind, entry, f"/data/{place}", make)
    return replace(found.reading(), next_page=found.following(body))


def _inbox(found: Found, body: Json) -> Reading:
    """Conversations are listed for the Page whose token it is. They are this account's only if it is linked to that."""
    found.note("linked", body)
    linked = part(body, "instagram_business_account")
    if linked.get("id") != found.asks.account:
        return Reading(problem=_NOT_LINKED)
    at = text(found.ask.context, "at") or ""
    return replace(found.reading(), asks=(found.asks.conversations(ident(body.get("id"), "a Page"), at),))


def _conversations(found: Found, body: Json) -> Reading:
    """Newest first: what was written in since the last look is looked into, and the list followed so far."""
    since = None if found.asks.full else time_of(found.asks.since)
    entries, wanted, old = found.entries(body), [], 0
    for place, entry in enumerate(entries):
        record = found.add("conversation", entry, f"/data/{place}", conversation_record)
        updated = time_of(entry.get("updated_time")) if isinstance(entry, dict) else None
        if since is not None and updated is not None and updated <= since - _MARGIN:
            old += 1
        elif record is not None:
            wanted.append(record.key.partition("/")[2])
    following = found.following(body) if not old else None
    asks = tuple(found.asks.messages_of(one) for one in wanted)
    done = following is None and not found.unread
    # Even an empty bookmark says that this list keeps its place itself: known conversations are no reason to stop.
    bookmark = {"asked": found.ask.context.get("at")} if done else {}
    return replace(found.reading(), asks=asks, next_page=following, bookmark=bookmark)


_BY_IDENT = frozenset({"known_media", "known_comments", "comments_by_id"})
_READERS: Mapping[str, Callable[[Found, Json], Reading]] = {
    "identify": _identify,
    "profile": _profile,
    "media": _media,
    "counts": _counts,
    "known_media": _known_media,
    "look_media": _look_at_media,
    "own": _control,
    "others": others_listed,
    "beside": beside,
    "comments": index,
    "replies": index,
    "allowed": allowed,
    "known_comments": known_comments,
    "look_comment": look_at_comment,
    "comment_words": words_listed,
    "comments_by_id": words_named,
    "inbox": _inbox,
    "conversations": _conversations,
} | dict.fromkeys(_OTHERS, _others)
