"""What an answer of TikTok's Accounts API means. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace

from connectors import _tiktok_comments as talk
from connectors import _tiktok_videos as videos
from connectors._tiktok_asks import Asks
from connectors._tiktok_found import Found, data_of
from connectors._tiktok_known import OTHER_ACCOUNT, keys_of
from connectors._tiktok_problems import NOT_ACCEPTED, of_business
from connectors._tiktok_records import account, account_facts, item, number_of
from connectors.bodies import read_object
from connectors.contract import Answer, Ask, JSONValue, Problem, ProblemKind, Reading, SeenRecord
from connectors.values import Json, Unreadable

_NO_ID = (
    "TikTok's business API tells nobody by which id it knows an account: let its owner connect it, or give the address"
    " with that id (?business_id=)"
)


def read(ask: Ask, answer: Answer) -> Reading:
    """What ``answer`` means."""
    problem = of_business(answer)
    if problem is not None:
        return _of_problem(ask, problem)
    reader = _READERS.get(ask.purpose, _never_asked)
    return read_object(answer, lambda body: reader(Found(ask), body))


def _of_problem(ask: Ask, problem: Problem) -> Reading:
    if ask.purpose == "identify" and not Asks.of(ask).account:
        return Reading(problem=replace(problem, detail=_NO_ID))
    if ask.purpose == "profile" and problem.kind is ProblemKind.PERMISSION and ask.context.get("basic") is False:
        return Reading(asks=(Asks.of(ask).profile(basic=True),))
    if ask.purpose == "others" and problem.detail == NOT_ACCEPTED:  # (its video has gone: another one may vouch)
        return Reading(problem=replace(problem, kind=ProblemKind.GONE))
    return Reading(problem=problem)


def _never_asked(found: Found, body: Json) -> Reading:
    raise Unreadable("a question this connector never asked")


# The account.


def _identify(found: Found, body: Json) -> Reading:
    asks = Asks.of(found.ask)
    facts = account_facts(data_of(found, body, "answer", "account"), asks.site, asks.account)
    if facts.handle != str(found.ask.context.get("name")).lower():
        return Reading(problem=Problem(ProblemKind.PERMISSION, OTHER_ACCOUNT))
    return Reading(account=facts)


def _profile(found: Found, body: Json) -> Reading:
    asks, data = Asks.of(found.ask), data_of(found, body, "answer", "account")
    found.add("account", data, "/data", lambda: account(data, found.place("/data")))
    if not found.records:
        return found.looked()
    return replace(found.reading(), account=account_facts(data, asks.site, asks.account))


# Videos.


def _videos(found: Found, body: Json) -> Reading:
    """One page of videos. On a *new* sweep then the comments of those that are young, or have more or fewer than
    before, on a *full* one those of all."""
    reading = videos.listed(found, data_of(found, body, "answer", "items"), "item", item)
    said = {**_counted(found), **(reading.bookmark or {})}
    return replace(reading, asks=tuple(_comments_of(found)), bookmark=said or None)


def _comments_of(found: Found) -> list[Ask]:
    asks, before = Asks.of(found.ask), found.ask.context.get("comments")
    told = before if isinstance(before, dict) else {}
    wanted = [one for one in found.records if not asks.new or _young(found, one) or _changed(one, told)]
    return [asks.comments(one.key) for one in wanted]


def _young(found: Found, video: SeenRecord) -> bool:
    """Whether what is told of the number of its comments may be older than itself. Of a question that does not say what
    is young, nothing is."""
    since, made = found.ask.context.get("young"), video.created_at
    return isinstance(since, int) and made is not None and made.timestamp() >= since


def _changed(video: SeenRecord, told: Mapping[str, JSONValue]) -> bool:
    now = video.counts.get("comments")
    return now is None or told.get(number_of(video.key), 0) != now


def _counted(found: Found) -> dict[str, JSONValue]:
    """Of a *new* sweep: how many comments the videos of the first page have, for the next one."""
    if not videos.is_new(found) or "latest" in found.ask.context or found.quarantine:
        return {}
    return {
        "comments": {number_of(one.key): one.counts["comments"] for one in found.records if "comments" in one.counts}
    }


def _known(found: Found, body: Json) -> Reading:
    """Known videos: those that are there, with all their comments. The others are looked for."""
    found.listed(data_of(found, body, "answer", "items"), "videos", "item", item)
    asks, there = Asks.of(found.ask), {one.key for one in found.records}
    missing = [] if found.quarantine else [key for key in keys_of(found.ask, "for") if key not in there]
    comments = [asks.comments(one.key) for one in found.records]
    looks = [asks.look_at_videos(missing)] if missing else []
    return replace(found.reading(), asks=(*comments, *looks))


def _look(found: Found, body: Json) -> Reading:
    return videos.looked(found, data_of(found, body, "answer", "items"), "item", item)


def _own(found: Found, body: Json) -> Reading:
    return videos.own(data_of(found, body, "answer", "items"))


_READERS: Mapping[str, Callable[[Found, Json], Reading]] = {
    "identify": _identify,
    "profile": _profile,
    "videos": _videos,
    "known": _known,
    "look": _look,
    "own": _own,
    "comments": talk.comments,
    "replies": talk.replies,
    "gate": talk.gate,
    "some": talk.some,
    "elsewhere": talk.elsewhere,
    "without": talk.without,
    "look_comments": talk.look_at_comments,
    "emptied": talk.emptied,
    "others": talk.others,
}
