"""What the answers of Facebook's Graph API mean. Pure; never raises, whatever JSON comes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import ClassVar

from connectors import _facebook_fields as fields
from connectors import _graph_found as graph
from connectors._beside import in_order
from connectors._facebook_asks import COMMENT, DRAFTS, LISTS, POST, Asks
from connectors._facebook_audience import TARGETING, everybody_sees_comment, everybody_sees_post
from connectors._facebook_beside import all_there, beside_in, is_by, listed_beside
from connectors._facebook_live import live_record
from connectors._facebook_page import page_facts, page_record, people_record, person_of, setting_record
from connectors._facebook_records import (
    Place,
    comment_record,
    is_on_timeline,
    listed_comment,
    listed_post,
    post_record,
    review_record,
    story_file,
    story_record,
)
from connectors._graph_errors import error_of
from connectors._graph_found import counted, escaped, idents, inside
from connectors._graph_messages import conversation_record, message_record
from connectors._graph_pages import smaller
from connectors._graph_reading import reading_of
from connectors._graph_spare import without
from connectors._graph_values import flag, ident, is_ident, time_of
from connectors._moderation import anew, carried, is_late, listed_before, no_list, not_shown
from connectors.contract import AccessClass, Answer, Ask, JSONValue, Problem, ProblemKind, Reading, SeenRecord, Stream
from connectors.values import Json, Unreadable

_Maker = Callable[[JSONValue, Place], SeenRecord]
_LISTED: Mapping[str, _Maker] = {POST: listed_post, COMMENT: listed_comment}
_FULLY: Mapping[str, _Maker] = {POST: post_record, COMMENT: comment_record}
_OTHERS: Mapping[str, tuple[str, _Maker]] = {
    "ratings": ("review", review_record),
    "stories": ("story", story_record),
    "live_videos": ("live", live_record),
    "conversations": ("conversation", conversation_record),
    "messages": ("message", message_record),
    "settings": ("setting", setting_record),
}
_PEOPLE = ("blocked", "roles")
#: What is asked of the Page itself: that this is not there may as well mean that the token lost its permission.
_OF_THE_PAGE = frozenset({"gate", "page", "own", "visitors", "others", *LISTS, *_PEOPLE, *_OTHERS} - {"messages"})
_MARGIN = timedelta(hours=1)
"""What was touched so shortly before the last sweep is looked into again."""
_SINGLY = 8
"""Of so few known things each is asked for alone once one of them is not there."""


@dataclass(slots=True)
class Found(graph.Found[Place]):
    """What one body holds, collected while it is read."""

    known: ClassVar[Mapping[str, frozenset[str]]] = fields.KNOWN

    at: datetime = field(kw_only=True)
    """When it was received."""

    @property
    def asks(self) -> Asks:
        return Asks.of(self.ask)

    def place(self, pointer: str) -> Place:
        draft = self.ask.purpose == DRAFTS or self.ask.context.get("drafts") is True
        return Place(pointer, self.named("site") or "", self.named("account") or "", self.named("thread"), draft)


def read(ask: Ask, answer: Answer) -> Reading:
    """What ``answer`` means."""

    def begin(ask: Ask) -> Found:
        return Found(ask, at=answer.received_at)

    return reading_of(
        ask, answer, begin=begin, readers=_READERS, of_problem=_of_problem, spare=fields.SPARE, audience=(TARGETING,)
    )  # fmt: skip


def _of_problem(ask: Ask, answer: Answer, problem: Problem) -> Reading:
    """Errors after which something else is asked: less at once, or each thing alone."""
    found, error = Found(ask, at=answer.received_at), error_of(answer)
    named = idents(ask)
    if error is not None and error.too_much:
        less = smaller(ask) if not named else None
        if less is not None:
            return Reading(next_page=less)
        if len(named) > 1:
            return Reading(asks=tuple(_in_parts(found, named)))
        return Reading(problem=problem)
    if ask.purpose in _OF_THE_PAGE and problem.kind is ProblemKind.GONE:
        detail = "Facebook does not show the Page, or this part of it, with this token"
        problem = Problem(ProblemKind.PERMISSION, detail)
    if problem.kind is not ProblemKind.GONE:
        return Reading(problem=problem)
    if named and ask.purpose in _BY_IDENT:
        # One of them is not there; which one, Facebook does not say. Of words that is for the next index to tell.
        return Reading(asks=tuple(_in_parts(found, named)))
    return Reading(problem=problem)


def _in_parts(found: Found, several: Sequence[str]) -> Iterator[Ask]:
    """The same question for fewer things at once."""
    size = 1 if len(several) <= _SINGLY else (len(several) + 1) // 2
    for start in range(0, len(several), size):
        some = several[start : start + size]
        if len(some) == len(several):
            return
        if "words" in found.ask.context:
            yield from found.asks.words_of(found.ask, some, seen=found.ask.access is AccessClass.PUBLIC)
        else:
            yield from _known(found, some)


def _known(found: Found, several: Sequence[str]) -> Iterator[Ask]:
    context, thread = found.ask.context, found.ask.context.get("thread")
    yield from found.asks.known(
        str(context.get("index")),
        several,
        others=context.get("others") is True,
        comments=context.get("comments") is True,
        thread=thread if isinstance(thread, str) else None,
        beside=beside_in(context.get("beside")),
    )


# The Page.


def _identify(found: Found, body: Json) -> Reading:
    return Reading(account=page_facts(body, found.asks.site))


def _gate(found: Found, body: Json) -> Reading:
    """Whether the Page is published; on the first sweep then everything else."""
    asks = found.asks
    if ident(body.get("id"), "a Page") != asks.account:
        return _another()
    published = flag(body, "is_published") is True
    following: tuple[Ask, ...] = ()
    if found.ask.context.get("then") is True:
        opened = asks.opened(published)
        following = (opened.page(), *opened.lists())
    at = found.ask.context.get("at")
    return Reading(asks=following, bookmark={"published": published} | ({"asked": at} if isinstance(at, str) else {}))


def _page(found: Found, body: Json) -> Reading:
    record = found.add("page", body, "", page_record)
    if record is None:
        return replace(found.reading(), problem=Problem(ProblemKind.CONTRACT, found.quarantine[0][1]))
    facts = page_facts(body, found.asks.site)
    if facts.platform_id != found.asks.account:
        return _another()
    return replace(found.reading(), account=facts)


def _another() -> Reading:
    return Reading(problem=Problem(ProblemKind.CONTRACT, "Facebook answered with another Page"))


# Which things there are.


def _index(found: Found, body: Json) -> Reading:
    """One page of an index: what is there and who sees it; then its words, and of posts their comments."""
    what = str(found.ask.context.get("index"))
    entries = found.entries(body)
    seen: dict[str, bool] = {}
    for number, entry in enumerate(entries):
        _note(found, what, entry, f"/data/{number}", seen)
    drafts = found.ask.purpose == DRAFTS
    posts = () if drafts or what != POST else _touched(found, [entry for entry in entries if isinstance(entry, dict)])
    comments = tuple(found.asks.comments(post, seen=seen[post]) for post in posts if post in seen)
    following = found.following(body)
    return replace(
        found.reading(),
        asks=(*_words(found, seen), *comments),
        next_page=following,
        whole=following is None and not found.unread,
        counts=counted(found.ask, body),
    )


def _note(found: Found, what: str, entry: JSONValue, pointer: str, seen: dict[str, bool]) -> SeenRecord | None:
    """Add one entry, and note whether everybody sees it."""
    record = found.add(what, entry, pointer, _LISTED[what])
    if record is not None and isinstance(entry, dict):
        seen[entry["id"]] = _everybody_sees(found, what, entry)
    return record


def _everybody_sees(found: Found, what: str, value: Json) -> bool:
    if what == COMMENT:
        return found.ask.context.get("seen") is True and everybody_sees_comment(value)
    return found.asks.open and not found.place("").draft and everybody_sees_post(value, without(found.ask))


def _touched(found: Found, posts: Sequence[Json]) -> Iterator[str]:
    """Posts whose comments are asked for: all, or those that were touched since the last sweep. ``updated_time`` moves
    with every comment, so it says nothing of an edit and much of where something is new."""
    since = time_of(found.asks.since)
    for post in posts:
        updated = time_of(post.get("updated_time"))
        new = since is None or updated is None or updated > since - _MARGIN
        if is_on_timeline(post.get("id"), found.asks.account) and (found.asks.full or new):
            yield str(post["id"])


def _words(found: Found, seen: Mapping[str, bool]) -> Iterator[Ask]:
    """Ask for the words of what a page of an index named: of all of it at once, if all of it is seen by the same."""
    if len(set(seen.values())) == 1 and "ids" not in found.ask.context:
        yield found.asks.words_of_page(found.ask, list(seen), seen=next(iter(seen.values())))
        return
    for everybody in (True, False):
        wanted = [one for one, public in seen.items() if public is everybody]
        yield from found.asks.words_of(found.ask, wanted, seen=everybody)


def _known_things(found: Found, body: Json) -> Reading:
    """Known things by their ids: those that are there."""
    what, wanted = str(found.ask.context.get("index")), idents(found.ask)
    seen: dict[str, bool] = {}
    for identity in wanted:
        if identity in body:
            _note(found, what, body[identity], f"/{escaped(identity)}", seen)
    left = [one for one in wanted if one not in body]
    alone = [found.asks.look_at(what, one, found.ask.context) for one in left]
    return replace(found.reading(), asks=(*_after_known(found, what, seen), *alone))


def _look(found: Found, body: Json) -> Reading:
    """One known thing: it is there, whatever can be read of it."""
    what = str(found.ask.context.get("index"))
    seen: dict[str, bool] = {}
    record = _note(found, what, body, "", seen)
    if record is None:
        return replace(found.reading(), problem=Problem(ProblemKind.CONTRACT, found.quarantine[0][1]))
    named = [key for key in found.ask.context.get("look", ()) if isinstance(key, str)]
    return replace(found.reading(), present=tuple(named), asks=tuple(_after_known(found, what, seen)))


def _after_known(found: Found, what: str, seen: Mapping[str, bool]) -> Iterator[Ask]:
    """The words of posts, and their comments where those are wanted. Of comments the list of their post brings the
    words: only there is it known who sees the post."""
    if what == COMMENT:
        return
    for everybody in (True, False):
        wanted = [one for one, public in seen.items() if public is everybody]
        yield from found.asks.words_of(found.ask, wanted, seen=everybody)
    if found.ask.context.get("comments") is True:
        here = [(post, everybody) for post, everybody in seen.items() if is_on_timeline(post, found.asks.account)]
        yield from (found.asks.comments(post, seen=everybody) for post, everybody in here)


def _control(found: Found, body: Json) -> Reading:
    """What the token still shows: of the Page's own posts, of those of visitors."""
    own, account = found.ask.purpose == "own", found.asks.account
    shown = [one for one in found.entries(body) if isinstance(one, dict) and is_ident(one.get("id"))]
    keys = [f"{POST}/{one['id']}" for one in shown if own or not is_by(one, account)]
    return Reading(present=tuple(dict.fromkeys(keys)))


def _others_listed(found: Found, body: Json) -> Reading:
    """Comments of other people, and posts of the Page. That they are listed vouches for nothing: an app may list what
    it may not ask for by its id. So they are asked for."""
    posts = [post for post in found.entries(body) if isinstance(post, dict)]
    comments = [one for post in posts for one in inside(post, "comments")]
    control = in_order(list(found.asks.beside(COMMENT, listed_beside(comments, posts, found.asks.account))))
    return Reading(asks=() if control is None else (control,))


def _beside(found: Found, body: Json) -> Reading:
    """Whether what was known to be there can be read by its id, every one of it."""
    named, account = idents(found.ask, "beside"), found.asks.account
    if not all_there(body, named, account):
        return Reading()
    what = COMMENT if found.ask.stream is Stream.COMMENTS else POST
    more = [f"{POST if is_on_timeline(one, account) else COMMENT}/{one}" for one in named[1:]]
    return Reading(present=(f"{what}/{named[0]}", *more))


# Their words.


def _words_listed(found: Found, body: Json) -> Reading:
    return _words_of(found, ((f"/data/{number}", entry) for number, entry in enumerate(found.entries(body))))


def _words_named(found: Found, body: Json) -> Reading:
    return _words_of(found, ((f"/{escaped(one)}", body[one]) for one in idents(found.ask) if one in body))


def _words_of(found: Found, entries: Iterable[tuple[str, JSONValue]]) -> Reading:
    """Words of things. What was asked for as everybody sees it, and meanwhile is hidden, is asked for anew in private:
    it is not shown as what everybody sees."""
    what = str(found.ask.context.get("words"))
    hidden: list[str] = []
    for pointer, entry in entries:
        public = isinstance(entry, dict) and _everybody_sees(found, what, entry)
        record = found.add(what, entry, pointer, _FULLY[what])
        if record is not None and found.ask.access is AccessClass.PUBLIC and not public:
            found.records.pop()
            hidden.append(record.key.partition("/")[2])
    return replace(found.reading(), asks=tuple(found.asks.words_of(found.ask, hidden, seen=False)))


# Everything else that is listed.


def _others(found: Found, body: Json) -> Reading:
    kind, make = _OTHERS[found.ask.purpose]
    entries = found.entries(body)
    for number, entry in enumerate(entries):
        found.add(kind, entry, f"/data/{number}", make)
    following = found.following(body)
    reading = replace(found.reading(), next_page=following)
    if found.ask.purpose == "conversations":
        return _conversations(found, entries, reading)
    if found.ask.purpose == "stories":
        return replace(reading, asks=tuple(_story_files(found, entries)))
    return reading


def _conversations(found: Found, entries: Sequence[JSONValue], reading: Reading) -> Reading:
    """Newest first: what was written in since the last sweep is looked into, and the list followed so far."""
    since = None if found.asks.full else time_of(found.asks.since)
    new = []
    for entry in entries:
        updated = time_of(entry.get("updated_time")) if isinstance(entry, dict) else None
        if isinstance(entry, dict) and (since is None or updated is None or updated > since - _MARGIN):
            new.append(entry)
    known = {record.key for record in found.records}
    wanted = [entry["id"] for entry in new if f"conversation/{entry.get('id')}" in known]
    following = reading.next_page if len(new) == len(entries) else None
    asks = tuple(found.asks.messages_of(one) for one in wanted)
    # The empty bookmark says that this list keeps its place itself: known conversations are no reason to stop.
    return replace(reading, asks=asks, next_page=following, bookmark={})


def _story_files(found: Found, entries: Sequence[JSONValue]) -> Iterator[Ask]:
    kinds = {entry.get("post_id"): entry.get("media_type") for entry in entries if isinstance(entry, dict)}
    for record in found.records:
        kind = kinds.get(record.key.partition("/")[2])
        if kind in fields.STORY_FILES:
            yield found.asks.story_file(record.key, str(record.content["media"]), str(kind))


def _story_file(found: Found, body: Json) -> Reading:
    key, kind = str(found.ask.context.get("key")), str(found.ask.context.get("kind"))
    found.add("story_file", body, "", lambda value, place: story_file(value, key, kind, place))
    return found.reading()


def _people(found: Found, body: Json) -> Reading:
    """Who is blocked, or has a role: one record of all of them, made on the last page."""
    if is_late(found.ask, found.at):
        return Reading(next_page=anew(found.ask, "after", "until", "__paging_token"))
    has_role = found.ask.purpose == "roles"
    known = listed_before(found.ask)
    for number, entry in enumerate(found.entries(body)):
        found.note("person", entry)
        try:
            known.append(person_of(entry, has_role=has_role))
        except Unreadable as error:
            found.quarantine.append((f"/data/{number}", str(error)))
    following = found.following(body, **carried(found.ask, known, found.at))
    problem = no_list(known, unread=following is None and found.unread)
    if problem is None and following is None and has_role and not known:
        return replace(found.reading(), problem=not_shown("Facebook"))
    if following is not None or problem is not None:
        return replace(
            found.reading(),
            part=True,
            next_page=following if problem is None else None,
            problem=problem,
        )
    found.records.append(people_record(found.ask.purpose, known, found.place("")))
    return found.reading()


_BY_IDENT = frozenset({"known_posts", "known_comments", "posts_by_id", "comments_by_id"})
_READERS: Mapping[str, Callable[[Found, Json], Reading]] = {
    "identify": _identify,
    "gate": _gate,
    "page": _page,
    "comments": _index,
    "known_posts": _known_things,
    "known_comments": _known_things,
    "look_post": _look,
    "look_comment": _look,
    "own": _control,
    "visitors": _control,
    "others": _others_listed,
    "beside": _beside,
    "post_words": _words_listed,
    "comment_words": _words_listed,
    "posts_by_id": _words_named,
    "comments_by_id": _words_named,
    "story_file": _story_file,
} | dict.fromkeys(LISTS, _index) | dict.fromkeys(_OTHERS, _others) | dict.fromkeys(_PEOPLE, _people)  # fmt: skip
