"""What the answers of Meta's Threads API mean. Pure; never raises, whatever JSON comes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from connectors._graph_accounts import read_profile
from connectors._graph_errors import error_of
from connectors._graph_found import idents, looked_for, shown_in, thread_of
from connectors._graph_pages import smaller
from connectors._graph_reading import reading_of
from connectors._graph_values import ident, is_ident, text, time_of
from connectors._threads_asks import MENTION, POST, REPLY, VERSION
from connectors._threads_found import Found, number
from connectors._threads_records import everybody_sees_post, facts_of, profile_record
from connectors._threads_replies import (
    after_witnesses,
    answered,
    beside,
    conversation,
    next_peek,
    peek,
    pending,
    witness,
)
from connectors._threads_words import one_by_one, word, words, words_listed
from connectors.contract import AccessClass, Answer, Ask, Problem, ProblemKind, Reading
from connectors.values import Json, part

#: What is asked of the account itself: that this is not there may as well mean that the token lost its permission.
_OF_THE_ACCOUNT = frozenset(
    {"identify", "profile", "posts", "ghost_posts", "own_replies", "mentions", "own", "answered"}
)
_PARAMETER = 100
_NO_TOKEN = 104
_WITHOUT_TOKEN = Problem(
    ProblemKind.SIGN_IN_EXPIRED,
    "Threads was asked without an access token of its own; one of Facebook (EAA) or Instagram (IG) is none",
)
_ANOTHERS = Problem(ProblemKind.PERMISSION, "the token is one of another account")


def read(ask: Ask, answer: Answer) -> Reading:
    """What ``answer`` means."""
    return reading_of(ask, answer, begin=Found, readers=_READERS, of_problem=_of_problem, asked=VERSION)


def _of_problem(ask: Ask, answer: Answer, problem: Problem) -> Reading:
    """Errors after which something else is asked, or that say something else here."""
    found, error = Found(ask), error_of(answer)
    if error is not None and error.code == _NO_TOKEN:
        return Reading(problem=_WITHOUT_TOKEN)
    if error is not None and error.too_much:
        return _less(found, problem)
    if ask.purpose == "pending" and error is not None and error.code == _PARAMETER:
        # Under this post replies need no approval, or it went: the list of all replies tells.
        return Reading(asks=(found.asks.conversation(thread_of(ask).partition("/")[2]),))
    if problem.kind is not ProblemKind.GONE:
        return Reading(problem=problem)
    if ask.purpose in _OF_THE_ACCOUNT or (ask.purpose == "words" and "thread" not in ask.context):
        detail = "Threads does not show the account, or this part of it, with this token"
        return Reading(problem=Problem(ProblemKind.PERMISSION, detail))
    following = _AFTER_GONE.get(ask.purpose)
    return Reading(problem=problem) if following is None else following(found)


def _less(found: Found, problem: Problem) -> Reading:
    """More was asked for than is given at once."""
    if found.ask.purpose == "words":
        return Reading(asks=tuple(one_by_one(found, idents(found.ask), seen=found.ask.access is AccessClass.PUBLIC)))
    less = smaller(found.ask)
    return Reading(problem=problem) if less is None else Reading(next_page=less)


def _nothing(found: Found) -> Reading:
    """It went between two questions: the next index tells it."""
    return Reading()


def _on_its_page(found: Found) -> Reading:
    """It went, or this app may read nothing of others by its id: the page that named it shows it all the same."""
    return Reading(asks=tuple(found.asks.page_of(found.ask)))


def _of_another(found: Found) -> Reading:
    """A post that is not there, or not ours to see: who sees what is under it, nobody says."""
    return Reading(asks=tuple(found.asks.words_of(found.ask, MENTION, idents(found.ask), seen=False)))


_AFTER_GONE: Mapping[str, Callable[[Found], Reading]] = {
    "word": _on_its_page,
    "words": _nothing,
    "peek": lambda found: next_peek(found, (), None),
    "root": _of_another,
    "witness": after_witnesses,
}


# The account.


def _identify(found: Found, body: Json) -> Reading:
    """Whose token it is. It reads one account only: another one is not what was named."""
    found.note("account", body)
    facts = facts_of(body, found.asks.site)
    if facts.handle.lower() != str(found.ask.context.get("name")).lower():
        return Reading(problem=_ANOTHERS)
    return Reading(account=facts)


def _profile(found: Found, body: Json) -> Reading:
    return read_profile(found, body, "account", profile_record, lambda value: facts_of(value, found.asks.site))


# Which things there are.


def _posts(found: Found, body: Json) -> Reading:
    """One page of what the account published. On a full sweep then the replies to each; on one for what is new a look
    at the newest reply to each of the newest."""
    reading = _listed(found, body)
    posts = [entry for entry in found.entries(body) if isinstance(entry, dict) and _is_answerable(entry)]
    left = [post["id"] for post in posts if post.get("has_replies") is not False]
    if found.asks.full:
        return replace(reading, asks=(*reading.asks, *(found.asks.replies_of(post) for post in left)))
    if found.asks.new and not found.ask.parameters and left:
        known = found.ask.context.get("newest")
        first = found.asks.peek(left[0], left[1:], {}, known if isinstance(known, dict) else {})
        return replace(reading, asks=(*reading.asks, first))
    return reading


def _is_answerable(post: Json) -> bool:
    """Nobody answers a repost; what answers a ghost post goes to messages."""
    own = post.get("media_type") != "REPOST_FACADE" and post.get("ghost_post_status") is None
    return own and is_ident(post.get("id"))


def _listed(found: Found, body: Json) -> Reading:
    """One page of a list of posts, or of what the account said elsewhere; then its words. Of ghost posts and replies
    there may well be none left: then no list, but a look at each tells."""
    what = str(found.ask.context.get("index"))
    entries, seen = found.entries(body), dict[str, bool]()
    for place, entry in enumerate(entries):
        record = found.list_one(what, entry, f"/data/{place}")
        if record is not None and isinstance(entry, dict):
            seen[number(record)] = found.everybody_sees(what, entry)
    some = bool(entries) or found.ask.context.get("some") is True
    following = found.following(body, some=some)
    return replace(
        found.reading(),
        asks=tuple(words(found, seen)),
        next_page=following,
        whole=following is None and not found.unread and (some or found.ask.purpose == "posts"),
    )


def _mentions(found: Found, body: Json) -> Reading:
    """What others said that names the account, as far as it was not seen at the last look. What of it stands under
    posts of the account itself is left to the lists of those: they say who sees it."""
    tops: list[str] = []
    under: dict[str | None, list[str]] = {}
    times: list[datetime] = []
    for place, entry in enumerate(found.entries(body)):
        record = found.list_one(MENTION, entry, f"/data/{place}")
        times += [record.created_at] if record is not None and record.created_at is not None else []
        if record is not None and record.word == "reply":
            found.records.pop()
            root = part(entry, "root_post").get("id") if isinstance(entry, dict) else None
            under.setdefault(root if is_ident(root) else None, []).append(number(record))
        elif record is not None:
            tops.append(number(record))
    asks = tuple(_words_of_mentions(found, tops, under))
    return replace(_on_from(found, body, times), asks=asks)


def _on_from(found: Found, body: Json, times: Sequence[datetime]) -> Reading:
    """The next page of the mentions, down to when they were last looked at. This list keeps its place itself: most of
    what it names makes no record of its own."""
    since, newest = time_of(found.ask.context.get("since")), text(found.ask.context, "until")
    newest = newest or (max(times).isoformat() if times else None)
    known = since is not None and any(at <= since for at in times)
    following = None if known else found.following(body, until=newest)
    done = following is None and not found.unread and newest is not None
    return replace(found.reading(), next_page=following, bookmark={"mentioned": newest} if done else {})


def _words_of_mentions(found: Found, tops: Sequence[str], under: Mapping[str | None, Sequence[str]]) -> Iterator[Ask]:
    if tops and not under and not found.quarantine:
        yield found.asks.words_of_page(found.ask, tops, seen=True)
    else:
        yield from found.asks.words_of(found.ask, MENTION, tops, seen=True)
    for root, mentions in under.items():
        if root is None:
            yield from found.asks.words_of(found.ask, MENTION, mentions, seen=False)
        else:
            yield found.asks.root(root, mentions)


def _root(found: Found, body: Json) -> Reading:
    """Whose post a mention stands under: of the account's own the owner is told."""
    if part(body, "owner").get("id") == found.asks.account:
        return Reading()
    ident(body.get("id"), "a post")
    return Reading(asks=tuple(found.asks.words_of(found.ask, MENTION, idents(found.ask), seen=True)))


# Known things.


def _known_post(found: Found, body: Json) -> Reading:
    """One known post: it is there, whatever can be read of it."""
    record = found.list_one(POST, body, "")
    if record is None:
        return replace(found.reading(), problem=Problem(ProblemKind.CONTRACT, found.quarantine[0][1]))
    post = number(record)
    asks = [*found.asks.words_of(found.ask, POST, [post], seen=everybody_sees_post(body))]
    if found.ask.context.get("replies") is True and _is_answerable(body):
        asks.append(found.asks.replies_of(post))
    return replace(found.reading(), present=looked_for(found.ask), asks=tuple(asks))


def _known_reply(found: Found, body: Json) -> Reading:
    """One known reply: it is there, whatever can be read of it."""
    record = found.list_one(REPLY, body, "")
    if record is None:
        return replace(found.reading(), problem=Problem(ProblemKind.CONTRACT, found.quarantine[0][1]))
    return replace(found.reading(), present=looked_for(found.ask))


def _control(found: Found, body: Json) -> Reading:
    """What the token still shows that the account wrote."""
    return Reading(present=shown_in(found.entries(body)))


_READERS: Mapping[str, Callable[[Found, Json], Reading]] = {
    "identify": _identify,
    "profile": _profile,
    "posts": _posts,
    "ghost_posts": _listed,
    "own_replies": _listed,
    "mentions": _mentions,
    "root": _root,
    "peek": peek,
    "pending": pending,
    "conversation": conversation,
    "words": words_listed,
    "word": word,
    "known_post": _known_post,
    "known_reply": _known_reply,
    "own": _control,
    "witness": witness,
    "answered": answered,
    "beside": beside,
}
