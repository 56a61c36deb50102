"""Feeds: RSS, Atom, RDF and JSON Feed. One feed address is one account; comment feeds are followed from its entries."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import ClassVar
from urllib.parse import urlsplit, urlunsplit

from pydantic import BaseModel, ConfigDict, Field

from connectors import _feed_reading
from connectors.contract import (
    AccountRef,
    Answer,
    Ask,
    Bookmark,
    Capabilities,
    Claim,
    Counted,
    Extent,
    JSONValue,
    Reading,
    RecordKind,
    RecordRef,
    Stream,
    Sweep,
    SweepKind,
)
from connectors.links import origin, same_site, web

_FEED_PATH = re.compile(r"(?:\.(?:rss|atom|rdf|xml)|/(?:feed|rss|atom|feeds?/[^/]+|(?:feed|rss|index)\.json))/?", re.I)
_FEED_QUERY = re.compile(
    r"(?:^|&)(?:feed=|format=(?:feed|rss|atom)|type=(?:rss|atom)|alt=rss|.*ViewPublisherRSS)", re.I
)
_PROFILE_PATH = re.compile(r"/(?:(?:web|deck)/)?@[^/.]+(?:@[^/]+)?/?|/users/[^/]+/?")
_HEADER_VALUE = re.compile(r"[\x21-\x7e][\x20-\x7e]{0,1023}")


class FeedSettings(BaseModel):
    """Settings of one feed."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    comments_url: str | None = Field(
        default=None,
        examples=["https://city.example/comments/feed/"],
        title="Address of the feed of all comments",
        description="Where the site has one, for example /comments/feed/ on WordPress. It must be on the same site.",
    )


class Feed:
    """RSS 0.9x to 2.0, RSS 1.0 (RDF), Atom, JSON Feed 1.1."""

    platform: ClassVar[str] = "feed"
    title: ClassVar[str] = "Feed (RSS, Atom, JSON Feed)"
    version: ClassVar[str] = "1"
    scheme: ClassVar[int] = 1
    settings: ClassVar[type[BaseModel]] = FeedSettings
    media_hosts: ClassVar[tuple[str, ...]] = ("*",)
    capabilities: ClassVar[Capabilities] = Capabilities(
        edits="An edit is found when the feed still lists the entry; the time of the edit is not known.",
        deletions="An entry that left the feed is asked for at its own address, where that is on the same site.",
        hidden=None,
        messages=None,
        comments="Comments in the feeds that entries name for them, and in the site's feed of all comments.",
        media="Files that entries attach.",
        counts="Number of comments, where the feed says it.",
        history="As far back as the feed lists entries; further where it has older pages.",
        moderation="None: a feed has no settings that moderate anything.",
        limits=(
            "A feed lists only its newest entries: an edit or deletion of an older one is not seen.",
            "A comment feed lists only its newest comments: when more arrive between two looks, some are missed.",
            "A deleted comment that has no page of its own cannot be told from one that left its feed.",
            "A feed that is not well-formed is kept, but not read: what is missing from it would look like an edit.",
            "What the feed does not say (comments awaiting approval, spam, private posts) is not seen.",
        ),
        counted=(
            Counted(
                on=frozenset({RecordKind.POST}),
                of=Extent.THREAD,
                says="Comments on the entry that the site publishes.",
                withheld="older than those that the site's list of comments still shows",
            ),
        ),
        proven="The feeds of feedparser's own test suite, WordPress feeds, and a simulated site over a real socket.",
    )

    def claim(self, url: str) -> Claim | None:
        """Any web address may be, or lead to, a feed; one that looks like a feed is a better guess."""
        parts = web(url.strip())
        if parts is None or _PROFILE_PATH.fullmatch(parts.path):
            return None
        normal = urlunsplit((parts.scheme, origin(parts).partition("://")[2], parts.path or "/", parts.query, ""))
        sure = _FEED_PATH.search(parts.path) or _FEED_QUERY.search(parts.query)
        return Claim(self.platform, origin(parts), _handle(normal), normal, "certain" if sure else "possible")

    def identify(self, claim: Claim) -> Ask:
        """Ask for the address itself; a web page there may name its feed."""
        return Ask(claim.url, Stream.PROFILE, _feed_reading.IDENTIFY, authorise="never", context={"hops": 0})

    def begin(self, account: AccountRef, sweep: Sweep, bookmark: Bookmark | None) -> Iterable[Ask]:
        """*new*: the feed, if it changed. *watch*: the feed, and comment feeds of the given threads. *full*: the feed,
        its older pages, all comment feeds that count comments or held some."""
        known = bookmark or {}
        context: dict[str, JSONValue] = {"sweep": sweep.kind.value}
        context |= {"had": known["newest"]} if isinstance(known.get("newest"), str) else {}
        headers: tuple[tuple[str, str], ...] = ()
        if sweep.kind is SweepKind.NEW:
            context |= {"newest": known["newest"]} if isinstance(known.get("newest"), str) else {}
            headers = _conditions(known)
        else:
            context |= {"threads": [ref.key for ref in sweep.threads]}
        asks = [_ask(account.platform_id, _feed_reading.ENTRIES, Stream.POSTS, context, headers, "entries")]
        comments = account.settings.comments_url if isinstance(account.settings, FeedSettings) else None
        if comments and same_site(comments, account.platform_id):
            of_all = {"sweep": sweep.kind.value}
            asks.append(_ask(comments, _feed_reading.COMMENTS, Stream.COMMENTS, of_all, (), "comments"))
        return asks

    def look(self, account: AccountRef, records: Sequence[RecordRef]) -> Iterable[Ask]:
        """Ask for the page of each entry, beside the feed as control.

        Not for pages of other sites, which say nothing of the entry, nor for places inside a page, where comments often
        are.
        """
        control = _ask(account.platform_id, _feed_reading.CONTROL, Stream.POSTS, {}, (), None)
        for ref in records:
            url = ref.url or ""
            if "#" in url or url == account.platform_id or not same_site(url, account.platform_id):
                continue
            comment = ref.kind is RecordKind.COMMENT
            stream = Stream.COMMENTS if comment else Stream.POSTS
            context = {"look": [ref.key]} | ({"comment": True} if comment else {})
            yield replace(_ask(url, _feed_reading.PAGE, stream, context, (), None), control=control)

    def read(self, ask: Ask, answer: Answer) -> Reading:
        """Say what an answer means."""
        return _feed_reading.read(ask, answer)


def _ask(
    url: str,
    purpose: str,
    stream: Stream,
    context: Mapping[str, JSONValue],
    headers: tuple[tuple[str, str], ...],
    listing: str | None,
) -> Ask:
    return Ask(url, stream, purpose, headers=headers, authorise="never", listing=listing, context=dict(context))


def _conditions(bookmark: Bookmark) -> tuple[tuple[str, str], ...]:
    """Headers that spare the bytes of an unchanged feed (RFC 9110 §13). They prove nothing: many servers answer *not
    modified* although comments were edited or deleted."""
    given = (("If-None-Match", bookmark.get("etag")), ("If-Modified-Since", bookmark.get("last_modified")))
    return tuple((name, value) for name, value in given if isinstance(value, str) and _HEADER_VALUE.fullmatch(value))


def _handle(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.netloc}{parts.path}{'?' + parts.query if parts.query else ''}".rstrip("/")
