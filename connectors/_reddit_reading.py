"""What the answers of Reddit's API mean. Pure; never raises, whatever JSON comes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace

from connectors import _reddit_settings as settings
from connectors import _reddit_things as things
from connectors._account_asks import with_page
from connectors._account_found import AccountFound, is_look, read_json
from connectors._reddit_asks import LISTED, LISTS, MESSAGES, Asks
from connectors._reddit_fields import KNOWN
from connectors._reddit_problems import CLOSED, problem_of, rate_of, reason_of
from connectors.answers import moment
from connectors.bodies import quarantined
from connectors.contract import Answer, Ask, JSONValue, Problem, ProblemKind, Reading, RecordKind, SeenRecord, State
from connectors.values import Json, Unreadable, number, objects, thing

_K = ProblemKind
_SURE = 9 / 10
"""Part of what Reddit gives of a list at most, up to which it is taken as everything there is."""
_OPEN_PLACES = ("public", "restricted", "archived", "user")
"""Kinds of subreddits that everybody may read. Of others nothing is asked for as everybody sees it: the question
itself, which is kept as public, would name what stands there."""
_SPARE = 3
"""Entries of the page before that a list is asked for behind, where the last one of it leads nowhere any more."""
_ORIGINS = ("new", "submitted")
_SHOWN = ("new", "submitted", "comments_of")
"""Lists of what everybody may see. (The newest comments of a subreddit are in their threads, too, but for those under
posts that are gone: they are asked for on full sweeps.)"""
_RESTING = ("comments_in", "removed")
"""Lists from which absence means nothing."""


@dataclass(slots=True)
class Found(AccountFound):
    """What one body holds."""

    pending: list[str] = field(default_factory=list)
    """Ids of comments that were cut off."""
    deep: list[str] = field(default_factory=list)
    """Ids of comments under which everything was cut off."""
    open: set[str] = field(default_factory=set)
    """Keys of what stands where everybody may read."""

    @property
    def asks(self) -> Asks:
        return Asks.of(self.ask)

    def take(self, value: JSONValue, place: str) -> SeenRecord | None:
        """Add one thing of whatever kind, and of a post whether it takes comments."""
        kind = str(value.get("kind")) if isinstance(value, dict) else ""
        make = _MAKERS.get(kind)
        if make is None or not isinstance(value, dict):
            self.quarantine.append((place, "a thing of a kind that is not known here"))
            return None
        data = value.get("data")
        record = self.add(kind, data, f"{place}/data", lambda: make(self, thing(data, "empty"), f"{place}/data"))
        if record is not None and isinstance(data, dict) and data.get("subreddit_type") in _OPEN_PLACES:
            self.open.add(record.key)
        if kind == "t3" and record is not None and isinstance(data, dict):
            setting = things.setting_record(data, f"{place}/data")
            self.records += [setting] if setting is not None else []
        return record


def _moderated(found: Found) -> State:
    """What moderators removed: those of the subreddit itself, where it is the account; else strangers."""
    return State.RESTRICTED if found.asks.is_user else State.HIDDEN_BY_PAGE


_MAKERS: Mapping[str, Callable[[Found, Json, str], SeenRecord]] = {
    "t1": lambda found, data, place: things.comment_record(data, place, found.asks.site, moderated=_moderated(found)),
    "t3": lambda found, data, place: things.post_record(data, place, found.asks.site, moderated=_moderated(found)),
    "t4": lambda found, data, place: things.message_record(data, place),
    "modaction": lambda found, data, place: things.action_record(data, place),
}


def read(ask: Ask, answer: Answer) -> Reading:
    """What ``answer`` means."""
    rate, problem = rate_of(answer), problem_of(answer)
    if problem is not None:
        return replace(_of_problem(ask, answer, problem), rate=rate)
    reader = _READERS.get(ask.purpose)
    if reader is None:
        return replace(quarantined("a question this connector never asked"), rate=rate)
    found = Found(ask, at=answer.received_at, known=KNOWN)
    return replace(read_json(answer, lambda body: reader(found, body)), rate=rate)


def _of_problem(ask: Ask, answer: Answer, problem: Problem) -> Reading:
    if ask.purpose == "automoderator" and problem.kind is _K.GONE and reason_of(answer) in settings.NO_PAGE:
        return Reading(records=(settings.automoderator(None),))
    if ask.purpose in ("open", "open_profile"):
        return _not_for_everybody(ask, answer, problem)
    if ask.purpose == "profile" and problem.kind is _K.GONE:
        told = "Reddit no longer knows the account: it was deleted, suspended or renamed, Reddit does not say which"
        return Reading(problem=Problem(_K.DEACTIVATED, told))
    if problem.kind is _K.GONE and (is_look(ask) or ask.purpose == "more"):
        return Reading(problem=_NOT_WHICH)
    return Reading(problem=problem)


def _not_for_everybody(ask: Ask, answer: Answer, problem: Problem) -> Reading:
    """What is asked as the application is not shown. That not everybody sees it is told of the account itself, or in
    Reddit's word for why a subreddit is closed: what became of it is told by what is asked signed in. Any other refusal
    is one of the application, and says nothing of what was asked for: Reddit leaves out of several what not everybody
    sees."""
    if problem.kind is _K.PERMISSION:
        return Reading() if reason_of(answer) in CLOSED else Reading(problem=Problem(_K.WITHDRAWN, _REFUSED))
    if problem.kind is not _K.GONE:
        return Reading(problem=problem)
    return Reading() if ask.purpose == "open_profile" else Reading(problem=_NOT_WHICH)


_NOT_WHICH = Problem(_K.CONTRACT, "not found, but Reddit does not say which")
_REFUSED = "Reddit does not let the city's application read what everybody sees: nothing more is kept as public"


# The account.


def _account(found: Found, body: JSONValue) -> Reading:
    told, asks = thing(body, "not a thing of Reddit"), found.asks
    kind = "t2" if asks.is_user else "t5"
    if told.get("kind") != kind:
        # In place of a subreddit that there is none of Reddit gives a search for it.
        return Reading(problem=Problem(_K.GONE if told.get("kind") == "Listing" else _K.CONTRACT, _NONE))
    data = things.data_of(body, kind)
    if data.get("is_suspended") is True:
        return Reading(problem=Problem(_K.TAKEN_DOWN, "Reddit says that it has suspended the account"))
    facts = things.account_facts(kind, data, asks.site)
    if asks.account and facts.platform_id != asks.account:
        return Reading(problem=Problem(_K.CONTRACT, "Reddit answered with another account"))
    found.add(kind, data, "/data", lambda: things.account_record(kind, data, "/data", asks.site))
    if kind == "t5" and found.ask.purpose == "profile":
        found.records += settings.community(data, "/data")
    if found.ask.purpose == "about":
        return Reading(present=("about",))
    if found.ask.purpose == "open_profile":
        return found.reading()
    follows = _for_moderators(found) if data.get("user_is_moderator") is True and not asks.is_user else ()
    return replace(found.reading(), account=facts, asks=tuple(follows) if found.ask.purpose == "profile" else ())


_NONE = "Reddit knows no such account or subreddit"


def _for_moderators(found: Found) -> Iterator[Ask]:
    """What only moderators are shown."""
    asks = found.asks
    if asks.sweep in ("new", "full"):
        yield asks.listing("log")
    if asks.full:
        yield asks.listing("removed")
    if found.ask.context.get("settings") is True:
        yield from asks.of_moderators()


def _me(found: Found, body: JSONValue) -> Reading:
    data = thing(body, "not an account")
    if not isinstance(data.get("id"), str):
        raise Unreadable("an account without an id")
    if found.ask.purpose == "me":
        return Reading(present=("me",))
    if data["id"] != found.asks.account:
        told = "whoever signed in is another account: messages are not asked for"
        return Reading(problem=Problem(_K.PERMISSION, told))
    blocked = [found.asks.blocked()] if found.ask.context.get("settings") is True else []
    return Reading(present=("me",), asks=(*found.asks.messages(), *blocked))


# Lists.


def _children(found: Found, value: JSONValue) -> tuple[list[JSONValue], str | None]:
    """Entries of a list, and where it goes on.

    Raises:
        Unreadable: it is none.
    """
    data = things.data_of(value, "Listing")
    found.note("Listing", data)
    children, after = data.get("children"), data.get("after")
    if not isinstance(children, list):
        raise Unreadable("a list without its entries")
    if after is not None and (not isinstance(after, str) or not 0 < len(after) <= 100):
        raise Unreadable("a next page without a usable place")
    return children, after


def _list(found: Found, body: JSONValue) -> Reading:
    """One page of a list. An entry that says no more than that somebody answered is looked up by itself."""
    children, after = _children(found, body)
    answered = []
    for count, child in enumerate(children):
        place, kind = f"/data/children/{count}", child.get("kind") if isinstance(child, dict) else None
        if kind == "t1" and found.ask.purpose in MESSAGES:
            data = child.get("data")
            answered.append(things.key_of(f"t1_{data.get('id')}") if isinstance(data, dict) else None)
        else:
            found.take(child, place)
    asks = [*found.asks.known([key for key in answered if key], look=False), *_following(found, children)]
    return _paged(found, children, after, asks)


def _following(found: Found, children: list[JSONValue]) -> Iterator[Ask]:
    """Threads in which something was said, and what moderators dealt with."""
    if found.ask.purpose == "log":
        yield from found.asks.known([one.parent for one in found.records if one.parent], look=False)
    if found.ask.purpose in _SHOWN or (found.ask.purpose == "comments_in" and found.asks.full):
        yield from _everybody(found)
    if found.ask.purpose not in _ORIGINS:
        return
    yield from (found.asks.comments(key) for key in found.changed(_counts(found), full=found.asks.full))


def _counts(found: Found) -> dict[str, int]:
    return {one.key: one.counted for one in found.records if one.counted is not None}


def _paged(found: Found, children: list[JSONValue], after: str | None, asks: list[Ask]) -> Reading:
    """The same with what follows: the next page, or how far it was read."""
    context = found.ask.context
    listed = (number(context.get("listed")) or 0) + len(children)
    carried: dict[str, JSONValue] = {"listed": listed, "unread": found.unread, **_reach(found)}
    reading = replace(found.reading(), asks=tuple(asks))
    if not children and (spare := found.names("spare")):
        # The entry that this page was to begin behind is no longer in the list. A list that had really ended shows its
        # last entry behind the one before it.
        page = with_page(found.ask, _page(spare[0], listed), **carried, spare=spare[1:])
        return replace(reading, next_page=page)
    lost = not children and context.get("listed") is not None
    if after is not None and not found.reached:
        page = with_page(found.ask, _page(after, listed), **carried, spare=_spare(children, after))
        return replace(reading, next_page=page)
    return _ended(found, reading, listed, carried, sure=not (lost or found.unread), more=after is not None)


def _page(after: str, listed: int) -> list[tuple[str, str]]:
    return [("after", after), ("count", str(listed))]


def _spare(children: list[JSONValue], after: str) -> list[str]:
    named = [thing(one, "empty").get("data") for one in children if isinstance(one, dict)]
    names = [one["name"] for one in named if isinstance(one, dict) and isinstance(one.get("name"), str)]
    return [one for one in reversed(names[-_SPARE - 1 :]) if one != after and one.isascii() and len(one) <= 100][
        :_SPARE
    ]


def _reach(found: Found) -> dict[str, JSONValue]:
    """Carried from page to page: when the newest and the oldest entry were made, and how many comments posts have."""
    known = moment(found.ask.context.get("oldest"))
    every = [*found.times, *([known] if known else [])]
    told: dict[str, JSONValue] = {"newest": found.newest, "oldest": min(every).isoformat() if every else None}
    return told | {"counts": found.counts_of(_counts(found))}


def _ended(
    found: Found, reading: Reading, listed: int, carried: Mapping[str, JSONValue], *, sure: bool, more: bool
) -> Reading:
    """A list at its end. ``sure``: nothing of it was passed over. ``more``: Reddit has more, which is known."""
    purpose, newest = found.ask.purpose, carried.get("newest")
    at = {"at": newest, "counts": carried.get("counts", {})}
    keeps = purpose in _ORIGINS and newest is not None and sure
    reading = replace(reading, bookmark={purpose: at} if keeps else None)
    if not sure or more or purpose in _RESTING:
        return reading
    if listed < LISTED * _SURE:
        return replace(reading, whole=True)
    return replace(reading, since=moment(carried.get("oldest")))


# Threads.


def _thread(found: Found, body: JSONValue) -> Reading:
    """A post with what stands under it, or one branch of that."""
    if not isinstance(body, list) or len(body) != 2:
        raise Unreadable("not a post with its comments")
    for place, value in (("/0", body[0]), ("/1", body[1])):
        for count, child in enumerate(_children(found, value)[0]):
            _branch(found, child, f"{place}/data/children/{count}")
    return _onward(found)


def _branch(found: Found, value: JSONValue, place: str) -> None:
    """A comment with everything under it. Where branches are cut off, what was cut off is noted."""
    waiting = [(value, place)]
    while waiting:
        one, at = waiting.pop()
        if isinstance(one, dict) and one.get("kind") == "more":
            _cut(found, one.get("data"), f"{at}/data")
            continue
        found.take(one, at)
        data = one.get("data") if isinstance(one, dict) else None
        replies = data.get("replies") if isinstance(data, dict) else None
        if replies in ("", None):
            continue
        try:
            inner = _children(found, replies)[0]
        except Unreadable as error:
            found.quarantine.append((f"{at}/data/replies", str(error)))
            continue
        waiting += [(child, f"{at}/data/replies/data/children/{count}") for count, child in enumerate(inner)][::-1]


def _cut(found: Found, data: JSONValue, place: str) -> None:
    found.note("more", data)
    named = data.get("children") if isinstance(data, dict) else None
    if not isinstance(data, dict) or not isinstance(named, list):
        found.quarantine.append((place, "a cut branch that does not say what it holds"))
        return
    ids = [one for one in named if isinstance(one, str) and one.isascii() and one.isalnum() and len(one) <= 16]
    found.pending += ids
    parent = things.key_of(data.get("parent_id"))
    if not named and parent is not None and parent.startswith("comment/"):
        found.deep.append(parent.partition("/")[2])


def _more(found: Found, body: JSONValue) -> Reading:
    told = thing(thing(body, "not an object").get("json"), "an answer without what was asked for")
    if told.get("errors"):
        return Reading(problem=Problem(_K.CONTRACT, "Reddit does not give the comments that it named"))
    listed = objects(thing(told.get("data"), "an answer without what was asked for"), "things")
    for count, one in enumerate(listed):
        place = f"/json/data/things/{count}"
        if one.get("kind") == "more":
            _cut(found, one.get("data"), f"{place}/data")
        else:
            found.take(one, place)
    return _onward(found)


def _onward(found: Found) -> Reading:
    """The same with the next part of the thread that was cut off."""
    seen = {*found.names("seen"), *found.names("children")}
    pending = [one for one in dict.fromkeys([*found.names("pending"), *found.pending]) if one not in seen]
    deep = list(dict.fromkeys([*found.names("deep"), *found.deep]))
    following = found.asks.more(found.key, pending, deep, unread=found.unread)
    whole = following is None and not found.unread
    return replace(found.reading(), asks=tuple(_everybody(found)), next_page=following, whole=whole)


# Single things.


def _open(found: Found, body: JSONValue) -> Reading:
    """Posts and comments as everybody sees them: those that stand, with their words. What became of the others, and
    whether comments are closed, is told by what is asked signed in."""
    for count, child in enumerate(_children(found, body)[0]):
        found.take(child, f"/data/children/{count}")
    asked = found.names("asked")
    stand = [one for one in found.records if one.key in asked and one.state is State.VISIBLE and one.content]
    return replace(found.reading(), records=tuple(stand))


def _everybody(found: Found) -> Iterator[Ask]:
    """What is asked once more as everybody sees it, because it stands here with its words; of a list that was read
    before what is new in it."""
    kinds, since = (RecordKind.POST, RecordKind.COMMENT), moment(found.before.get("at"))
    stand = [one for one in found.records if one.kind in kinds and one.state is State.VISIBLE and one.content]
    stand = [one for one in stand if one.key in found.open]
    stand = [one for one in stand if since is None or one.created_at is None or one.created_at > since]
    yield from found.asks.everybody(list(dict.fromkeys(one.key for one in stand)))


def _info(found: Found, body: JSONValue) -> Reading:
    for count, child in enumerate(_children(found, body)[0]):
        found.take(child, f"/data/children/{count}")
    return found.looked()


_READERS: Mapping[str, Callable[[Found, JSONValue], Reading]] = {
    **dict.fromkeys(("identify", "profile", "about", "open_profile"), _account),
    **dict.fromkeys(("me", "owner"), _me),
    **dict.fromkeys((*LISTS, *MESSAGES), _list),
    **dict.fromkeys(("comments", "branch"), _thread),
    "more": _more,
    "info": _info,
    "open": _open,
    **dict(settings.readers()),
}
