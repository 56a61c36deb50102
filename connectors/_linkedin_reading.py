"""What the answers of LinkedIn's API mean. Pure; never raises, whatever JSON comes."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from connectors import _linkedin_comments as talk
from connectors._linkedin_asks import FILES
from connectors._linkedin_found import Found, entries_of, following, millis, onward
from connectors._linkedin_notifications import read_notifications, refused
from connectors._linkedin_posts import (
    Place,
    counts_of,
    everybody_sees,
    files_of_post,
    listed_post,
    page_facts,
    page_record,
    pictures_of_page,
    post_record,
    setting_record,
    sight,
)
from connectors._linkedin_problems import problem_of
from connectors._linkedin_settings import read_roles
from connectors._linkedin_urns import file_of, page_number, post_key, post_urn
from connectors.answers import moment
from connectors.bodies import read_object
from connectors.contract import Answer, Ask, JSONValue, MediaRef, Problem, ProblemKind, Reading, SeenRecord
from connectors.links import is_web
from connectors.values import Json, Unreadable, number, thing

_MOST_COUNTED = 100


def read(ask: Ask, answer: Answer) -> Reading:
    """What ``answer`` means."""
    found, problem = Found(ask, at=answer.received_at), problem_of(answer)
    if problem is not None:
        return _of_problem(found, problem)
    reader = _READERS.get(ask.purpose, _never_asked)
    return read_object(answer, lambda body: reader(found, body))


def _of_problem(found: Found, problem: Problem) -> Reading:
    """That something is not there is part of the story where it is above what is looked for."""
    if found.ask.purpose == "notifications" and problem.kind is ProblemKind.PERMISSION:
        return refused(found.ask, problem)
    gone = _WITHOUT.get(found.ask.purpose) if problem.kind is ProblemKind.GONE else None
    return Reading(problem=problem) if gone is None else gone(found)


def _never_asked(found: Found, body: Json) -> Reading:
    raise Unreadable("a question this connector never asked")


def _place(found: Found, pointer: str) -> Place:
    asks = found.asks
    return Place(pointer, asks.site, asks.author, asks.handle)


# The page.


def _vanity(found: Found, body: Json) -> Reading:
    """Which page goes by a name; then whether the token's owner administers it."""
    entries = entries_of(found, body)
    if not entries:
        return Reading(problem=Problem(ProblemKind.GONE, "LinkedIn knows no such page"))
    pages, name = [page_facts(entry, found.asks.site) for entry in entries], found.ask.context.get("name")
    facts = next((one for one in pages if one.handle.lower() == name), pages[0])
    kind = facts.url.removeprefix(found.asks.site).split("/")[1]
    named = "organizationBrand" if kind == "showcase" else "organization"
    return Reading(asks=(replace(found.asks, author=f"urn:li:{named}:{facts.platform_id}").identify(),))


def _identify(found: Found, body: Json) -> Reading:
    facts = page_facts(body, found.asks.site)
    if facts.platform_id != page_number(found.asks.author):
        return Reading(problem=Problem(ProblemKind.CONTRACT, "LinkedIn answered with another page"))
    return Reading(account=facts)


def _profile(found: Found, body: Json) -> Reading:
    record = found.add("organization", body, "", lambda: page_record(body, _place(found, "")))
    if record is None:
        return found.looked()
    reading = replace(found.reading(), account=page_facts(body, found.asks.site))
    if page_number(found.asks.author) != record.key.partition("/")[2]:
        return replace(reading, problem=Problem(ProblemKind.CONTRACT, "LinkedIn answered with another page"))
    wanted = {urn: [[record.key, None, None]] for urn in pictures_of_page(body)}
    return replace(reading, asks=tuple(_files(found, wanted, seen=True)))


# Posts: which there are.


def _posts(found: Found, body: Json) -> Reading:
    """One page of the index of posts; then their words and what belongs to them."""
    entries = entries_of(found, body)
    posts = _index(found, [(entry, f"/elements/{place}") for place, entry in enumerate(entries)])
    step = onward(found.ask, body, entries)
    newest = max([*_millis(found.records), number(found.ask.context.get("newest")) or 0])
    unread = found.unread or step.torn
    more: dict[str, JSONValue] = {"newest": newest} | ({"unread": True} if unread else {})
    after = None if _at_what_is_known(found) else following(found.ask, step, **more)
    done = after is None and not unread
    return replace(
        found.reading(),
        asks=tuple(_of_posts(found, posts)),
        next_page=after,
        whole=done and step.start is None,
        bookmark={"modified": newest} if done and found.asks.new and newest else None,
    )


def _known(found: Found, body: Json) -> Reading:
    """Which of some posts there are; then their words and what belongs to them. Those that did not come are asked for
    one by one: that something is left out of several is no word of the platform."""
    posts = _index(found, [(value, place) for _, value, place in found.batch(body, "post")])
    there, wanted = {record.key for record, _ in posts}, found.ask.context.get("for")
    missing = [key for key in wanted if isinstance(key, str) and post_urn(key)] if isinstance(wanted, list) else []
    looks = [found.asks.look_at_post(key) for key in missing if key not in there]
    found.problem = None
    return replace(found.reading(), asks=(*_of_posts(found, posts), *looks))


def _post(found: Found, body: Json) -> Reading:
    """One known post: it is there."""
    record = found.add("post", body, "", lambda: listed_post(body, _place(found, "")))
    if record is not None and record.key not in found.ask.context.get("look", ()):
        raise Unreadable("another post than was asked for")
    return found.looked()


def _index(found: Found, entries: Iterable[tuple[JSONValue, str]]) -> list[tuple[SeenRecord, bool]]:
    """The posts of an index, and whether everybody sees them."""
    posts: dict[str, tuple[SeenRecord, bool]] = {}
    for entry, place in entries:
        record = found.add("post", entry, place, lambda one=entry, at=place: listed_post(one, _place(found, at)))  # type: ignore[misc]
        if record is not None and isinstance(entry, dict):
            posts[record.key] = (record, everybody_sees(entry))
    return list(posts.values())


def _millis(records: Iterable[SeenRecord]) -> list[int]:
    return [millis(one.as_of) for one in records if one.as_of is not None]


def _at_what_is_known(found: Found) -> bool:
    """Whether a page reaches down to what was not changed since the last look."""
    known = found.ask.context.get("modified")
    return isinstance(known, int) and any(one <= known for one in _millis(found.records))


def _of_posts(found: Found, posts: Sequence[tuple[SeenRecord, bool]]) -> Iterator[Ask]:
    """What is asked because of an index: words of what may have changed, then what belongs to the posts, and what
    stands under them."""
    asks, known = found.asks, found.ask.context.get("modified")
    for seen in (True, False):
        some = [record for record, everybody in posts if everybody is seen]
        changed = [one for one in some if not isinstance(known, int) or _is_since(one, known)]
        yield from asks.words(_urns(changed), seen=seen)
        yield from asks.metadata(_urns(some), seen=seen, **_about(found, some), **_counted(found, seen=seen))
        if asks.full or found.ask.purpose == "known":
            at, anew = found.at.isoformat(), found.ask.context.get("anew") is True
            yield from (asks.comments(one.key, seen=seen, at=at, anew=anew) for one in some)


def _is_since(record: SeenRecord, known: int) -> bool:
    return record.as_of is not None and millis(record.as_of) > known


def _urns(records: Iterable[SeenRecord]) -> list[str]:
    return [urn for one in records if (urn := post_urn(one.key)) is not None]


def _about(found: Found, records: Iterable[SeenRecord]) -> dict[str, JSONValue]:
    """How posts were seen, for answers that say more of them."""
    of = {one.key: [one.as_of.isoformat() if one.as_of else None, one.state.value] for one in records}
    return {"of": of, "at": found.at.isoformat()}


def _counted(found: Found, *, seen: bool) -> dict[str, JSONValue]:
    """On a *new* sweep, how many comments posts had when they were last looked at. Only of the first page that is
    remembered."""
    if not found.asks.new:
        return {}
    known = found.ask.context.get(_commented(seen=seen))
    return {"counted": known if isinstance(known, dict) else {}, "remember": not found.ask.parameters}


def _commented(*, seen: bool) -> str:
    return "commented" if seen else "commented_private"


# Posts: what they say.


def _words(found: Found, body: Json) -> Reading:
    """The words of posts. What was asked for as everybody sees it, and meanwhile is not, is asked for anew in
    private."""
    withheld: list[str] = []
    wanted: dict[str, list[JSONValue]] = {}
    for _, value, place in found.batch(body, "post"):
        if found.open and isinstance(value, dict) and not everybody_sees(value):
            withheld += [str(value["id"])] if _is_post(value) else []
            continue
        record = found.add("post", value, place, lambda one=value, at=place: post_record(one, _place(found, at)))  # type: ignore[misc]
        if record is not None and isinstance(value, dict):
            for urn, alt in files_of_post(value):
                as_of = None if record.as_of is None else record.as_of.isoformat()
                wanted.setdefault(urn, []).append([record.key, as_of, alt])
    asks = [*found.asks.words(withheld, seen=False), *_files(found, wanted, seen=found.open)]
    return replace(found.reading(), asks=tuple(asks))


def _is_post(value: Json) -> bool:
    try:
        return bool(post_key(value.get("id")))
    except Unreadable:
        return False


def _files(found: Found, wanted: Mapping[str, JSONValue], *, seen: bool) -> Iterator[Ask]:
    kinds = {kind: {urn: of for urn, of in wanted.items() if (file_of(urn) or ("",))[0] == kind} for kind in FILES}
    for kind, some in kinds.items():
        yield from found.asks.files(kind, some, seen=seen, at=found.at.isoformat())


def _files_found(found: Found, body: Json) -> Reading:
    """From where files can be had: what they are of has them. One that is not given out is passed over."""
    kind, of = str(found.ask.context.get("kind")), found.ask.context.get("of")
    if kind not in FILES or not isinstance(of, dict):
        raise Unreadable("files of something this connector never asked for")
    for name, value, place in found.batch(body, kind):
        address, named = value.get("downloadUrl") if isinstance(value, dict) else None, file_of(name)
        if named is not None and isinstance(address, str) and is_web(address) and found.fresh:
            for key, as_of, alt in _owners(of.get(name)):
                medium = MediaRef(f"{named[0]}/{named[1]}", address, kind, alt_text=alt)
                found.records.append(replace(sight(key, as_of, _place(found, place)), media=(medium,)))
    if found.problem is not None and found.problem.kind is ProblemKind.PERMISSION:
        found.problem = None  # that file is not given out: nothing else follows from it
    return found.reading()


def _owners(of: JSONValue) -> Iterator[tuple[str, datetime | None, str | None]]:
    """Key, time and description of what a file is of."""
    known = set()
    for one in of if isinstance(of, list | tuple) else ():
        key, as_of, alt = one if isinstance(one, list | tuple) and len(one) == 3 else (None, None, None)
        if isinstance(key, str) and key and key not in known:
            known.add(key)
            yield key, moment(as_of), alt if isinstance(alt, str) else None


# Posts: what belongs to them.


def _metadata(found: Found, body: Json) -> Reading:
    """Whether posts take comments, and how many they have. On a *new* sweep the comments are asked for where they are
    more or fewer than they were."""
    if found.open and not found.fresh:
        return Reading()  # who sees these posts is no longer known: the next sweep asks anew
    counted: dict[str, int] = {}
    for name, value, place in found.batch(body, "metadata"):
        key = _key_of(found, name)
        if key is not None and _add_setting(found, key, value, place):
            counted[key] = counts_of(thing(value, "not a summary")).get("comments", 0)
    before = found.ask.context.get("counted")
    if not isinstance(before, dict):
        return found.reading()
    changed = [key for key, now in counted.items() if before.get(key, 0) != now]
    at = str(found.ask.context.get("at"))
    asks = tuple(found.asks.comments(key, seen=found.open, at=at) for key in changed)
    remembered = dict(list(counted.items())[:_MOST_COUNTED])
    keeps = found.ask.context.get("remember") is True and not found.quarantine and found.problem is None
    bookmark = {_commented(seen=found.open): remembered} if keeps else None
    return replace(found.reading(), asks=asks, bookmark=bookmark)


def _key_of(found: Found, name: str) -> str | None:
    """Key of the post that a part of a batch is of."""
    try:
        return post_key(name)
    except Unreadable:
        found.quarantine.append(("/results", "a summary of something that was not asked for"))
        return None


def _add_setting(found: Found, key: str, value: JSONValue, place: str) -> bool:
    """Add whether a post takes comments, and to the post how many it has."""
    of = found.ask.context.get("of")
    told = of.get(key) if isinstance(of, dict) else None
    try:
        metadata = thing(value, "not a summary")
        setting, counts = setting_record(key, metadata, _place(found, place)), counts_of(metadata)
    except Unreadable as error:
        found.quarantine.append((place, str(error)))
        return False
    found.records.append(setting)
    if isinstance(told, list | tuple) and len(told) == 2 and told[1] == "visible" and found.fresh:
        found.records.append(replace(sight(key, moment(told[0]), _place(found, place)), counts=counts))
    return True


# Controls.


def _vouch(found: Found, body: Json) -> Reading:
    """Whether one post can be looked at for what people do with it: it says whether it takes comments."""
    key = post_key(_named_last(found.ask.url))
    found.note("metadata", body)
    found.records.append(setting_record(key, body, _place(found, "")))
    return found.reading()


def _named_last(url: str) -> str:
    return url.rpartition("/")[2].replace("%3A", ":")


def _own(found: Found, body: Json) -> Reading:
    """Whether the token still shows a post of the page."""
    shown = any(isinstance(one, dict) and _is_post(one) for one in entries_of(found, body))
    return Reading(present=("own",) if shown else ())


_READERS: Mapping[str, Callable[[Found, Json], Reading]] = {
    "vanity": _vanity,
    "identify": _identify,
    "profile": _profile,
    "posts": _posts,
    "known": _known,
    "post": _post,
    "words": _words,
    "files": _files_found,
    "metadata": _metadata,
    "comments": talk.comments,
    "replies": talk.replies,
    "gate": talk.gate,
    "whether": talk.whether,
    "comment": talk.comment,
    "vouch": _vouch,
    "own": _own,
    "roles": read_roles,
    "notifications": read_notifications,
}
_WITHOUT: Mapping[str, Callable[[Found], Reading]] = {
    "replies": talk.no_replies,
    "gate": talk.no_gate,
    "whether": talk.without_post,
}
"""What follows where the platform says that it is not there."""
