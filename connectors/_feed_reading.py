"""What the answers of a feed, a comment feed and an entry's page mean. Pure; never raises, whatever comes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from urllib.parse import parse_qsl, urlencode, urljoin, urlsplit, urlunsplit

from connectors._feed_entries import Channel, Entry, keys, record
from connectors._feed_formats import channel, is_json
from connectors._feed_xml import IllFormed, decode
from connectors.answers import NOT_MODIFIED, failure, moment
from connectors.contract import (
    AccountFacts,
    Answer,
    Ask,
    JSONValue,
    Problem,
    ProblemKind,
    Reading,
    RecordKind,
    SeenRecord,
    Stream,
    SweepKind,
)
from connectors.links import same_origin, same_site, web
from connectors.text import Tag, pieces

IDENTIFY, ENTRIES, COMMENTS, PAGE, CONTROL = "identify", "entries", "comments", "page", "control"
_HOPS = 2
_FEED_TYPES = ("application/rss+xml", "application/atom+xml", "application/feed+json", "application/rdf+xml")
_HEAD = 512 * 1024
_EMPTIED = (
    "it came back without an entry, though it had some; a feed says nowhere whether they went, so a person has to look"
)
_NOTHING_KNOWN: Mapping[str, JSONValue] = {"etag": None, "last_modified": None}
_ON_A_PAGE = Problem(ProblemKind.UNSUPPORTED, "the page is there, which does not say that the comment is on it")
_ELSEWHERE = Problem(ProblemKind.UNSUPPORTED, "the page leads elsewhere, which says nothing of the entry")


def read(ask: Ask, answer: Answer) -> Reading:
    """What ``answer`` means."""
    problem = failure(answer, signed_in=False)
    if problem is not None:
        return _refused(ask, problem)
    if answer.status == 304:
        return Reading() if ask.headers else Reading(problem=NOT_MODIFIED)
    if ask.purpose == PAGE:
        return _page(ask, answer)
    base = answer.url or ask.url
    try:
        found = channel(answer, base)
    except IllFormed as error:
        return _linked(ask, answer, base) or _not_understood(answer, str(error))
    if ask.purpose == IDENTIFY:
        return Reading(account=_facts(found, base))
    if ask.purpose == CONTROL:  # A feed without a single entry may be all that a site out of order gives.
        return Reading(account=_facts(found, base) if found.entries else None)
    return _listed(ask, answer, found)


def _refused(ask: Ask, problem: Problem) -> Reading:
    """A page after the last of a numbered list is not there, and that is its end."""
    if problem.kind is ProblemKind.GONE and _number(ask) > 1:
        return Reading(since=moment(ask.context.get("oldest")))
    return Reading(problem=problem)


def _page(ask: Ask, answer: Answer) -> Reading:
    """The page of an entry is there. One that led elsewhere says nothing, neither that it is there nor that it is gone:
    sites often send the lost to their front page. That of a comment may be its post's, so only its absence counts."""
    looked = ask.context.get("look")
    asked, came = web(ask.url), web(answer.url or ask.url)
    there = asked is not None and came is not None and asked.path.rstrip("/") == came.path.rstrip("/")
    if not there or answer.status != 200 or not isinstance(looked, Sequence) or isinstance(looked, str):
        return Reading(problem=_ELSEWHERE)
    if ask.context.get("comment") is True:
        return Reading(problem=_ON_A_PAGE)
    return Reading(present=tuple(str(key) for key in looked))


# Identity.


def _facts(found: Channel, url: str) -> AccountFacts:
    plain = url.partition("#")[0]
    handle = plain.partition("://")[2].rstrip("/")
    return AccountFacts(platform_id=plain, handle=handle, name=found.title or handle, url=plain)


def _linked(ask: Ask, answer: Answer, base: str) -> Reading | None:
    """When asking who an address is: the feed that the web page there names (RSS Advisory Board, autodiscovery)."""
    hops = ask.context.get("hops")
    if ask.purpose != IDENTIFY or is_json(answer.body) or not isinstance(hops, int) or hops >= _HOPS:
        return None
    try:
        _, _, source = decode(answer.body[:_HEAD], answer.header("Content-Type"))
    except IllFormed:
        source = answer.body[:_HEAD].decode("utf-8", "replace")
    url = next(_alternates(source, base), None)
    if url is None or url == ask.url:
        return None
    return Reading(asks=(replace(ask, url=url, parameters=(), context={**ask.context, "hops": hops + 1}),))


def _alternates(source: str, base: str) -> Iterator[str]:
    for piece in pieces(source):
        if not isinstance(piece, Tag) or piece.name != "link" or piece.closing:
            continue
        given = piece.attributes
        if "alternate" not in given.get("rel", "").lower().split() or "comments" in given.get("href", "").lower():
            continue
        if given.get("type", "").lower().partition(";")[0].strip() not in _FEED_TYPES:
            continue
        try:
            url = urljoin(base, given.get("href", "").strip())
        except ValueError:
            continue
        if web(url) is not None:
            yield url


# Lists.


def _listed(ask: Ask, answer: Answer, found: Channel) -> Reading:
    thread = ask.context.get("thread")
    is_comments = ask.purpose == COMMENTS
    about = thread if is_comments and isinstance(thread, str) else None
    named = keys(found.entries)
    records = tuple(
        record(entry, key, thread=about, comment=is_comments) for entry, key in zip(found.entries, named, strict=True)
    )
    oldest = _oldest(ask, found)
    reading = Reading(
        records=records,
        cuts=found.cuts,
        quarantine=found.quarantine,
        drift=found.drift,
        asks=() if is_comments else tuple(_comment_asks(ask, found.entries, records)),
        bookmark=_bookmark(ask, answer, records),
    )
    if _is_emptied(ask, found):
        # (no bookmark of it: "not modified" would then say for ever that all is well)
        return replace(reading, suspicious=_EMPTIED, bookmark={**_NOTHING_KNOWN, "newest": ask.context["had"]})
    return _paged(ask, answer, found, reading, oldest)


def _is_emptied(ask: Ask, found: Channel) -> bool:
    """Whether a feed that had entries came back without any."""
    first = ask.purpose == ENTRIES and _number(ask) == 1
    return first and not found.entries and not found.quarantine and moment(ask.context.get("had")) is not None


def _oldest(ask: Ask, found: Channel) -> str | None:
    """Back to when the pages so far reach. Not known where an entry has no date, or they are not from new to old."""
    earlier = moment(ask.context.get("oldest"))
    if (_number(ask) > 1 and earlier is None) or found.quarantine:
        return None
    times: list[datetime] = [] if earlier is None else [earlier]
    for entry in found.entries:
        at = entry.at
        if at is None or (times and at > times[-1]):
            return None
        times.append(at)
    return times[-1].isoformat() if times else None


def _paged(ask: Ask, answer: Answer, found: Channel, reading: Reading, oldest: str | None) -> Reading:
    since = moment(oldest)
    if ask.context.get("sweep") != SweepKind.FULL:
        return replace(reading, since=since)
    url = found.older or (_next_number(ask) if found.numbered_pages and found.entries else None)
    if url is None:
        return replace(reading, since=since)
    if not same_origin(url, ask.url):
        return replace(reading, problem=Problem(ProblemKind.CONTRACT, "the older page is on another server"))
    context = {**ask.context, "number": _number(ask) + 1, "oldest": oldest}
    return replace(reading, next_page=replace(ask, url=url, parameters=(), headers=(), context=context))


def _number(ask: Ask) -> int:
    number = ask.context.get("number", 1)
    return number if isinstance(number, int) else 1


def _next_number(ask: Ask) -> str | None:
    """WordPress: the same address with ``paged`` one higher."""
    parts = urlsplit(ask.url)
    try:
        given = parse_qsl(parts.query, keep_blank_values=True, max_num_fields=100)
    except ValueError:
        return None
    query = urlencode([*((name, value) for name, value in given if name != "paged"), ("paged", str(_number(ask) + 1))])
    return urlunsplit(parts._replace(query=query))


def _bookmark(ask: Ask, answer: Answer, records: Sequence[SeenRecord]) -> dict[str, JSONValue] | None:
    if ask.purpose != ENTRIES or _number(ask) > 1:
        return None
    times = [one.created_at for one in records if one.created_at is not None]
    earlier = moment(ask.context.get("newest"))
    newest = max([*times, *([earlier] if earlier else [])], default=None)
    return {
        "etag": answer.header("ETag"),
        "last_modified": answer.header("Last-Modified"),
        "newest": newest.isoformat() if newest else None,
    }


def _comment_asks(ask: Ask, entries: Sequence[Entry], records: Sequence[SeenRecord]) -> Iterator[Ask]:
    """Comment feeds to follow: on a *watch* sweep those of the given threads, on a *new* one those of new entries, on a
    *full* one all that count comments and those of threads where some are known. None on another site."""
    for entry, one in zip(entries, records, strict=True):
        url = entry.comment_feed
        if url is None or one.kind is not RecordKind.POST or not same_site(url, ask.url):
            continue
        if _is_due(ask.context, one, entry.comments):
            yield Ask(
                url,
                Stream.COMMENTS,
                COMMENTS,
                authorise="never",
                listing=f"comments:{one.key}",
                scheme=ask.scheme,
                context={"sweep": ask.context.get("sweep"), "thread": one.key},
            )


def _is_due(context: Mapping[str, JSONValue], one: SeenRecord, comments: int | None) -> bool:
    threads = context.get("threads")
    if isinstance(threads, Sequence) and one.key in threads:
        return True
    if comments == 0 or context.get("sweep") == SweepKind.WATCH:
        return False
    newest = moment(context.get("newest"))
    return newest is None or one.created_at is None or one.created_at > newest


def _not_understood(answer: Answer, reason: str) -> Reading:
    place = f"bytes=0-{len(answer.body)}"
    return Reading(quarantine=((place, reason),), problem=Problem(ProblemKind.CONTRACT, reason))
