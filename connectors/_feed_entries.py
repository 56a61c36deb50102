"""Entries of a feed as records, whatever format they came in. Pure.

Scheme 1 of the content projection is here; ``docs/platform-notes.md`` justifies each field.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import parse_qsl, urlencode, urlsplit, urlunsplit

from connectors.contract import Author, JSONValue, MediaRef, RecordKind, SeenRecord
from connectors.links import web
from connectors.text import plain, storable

#: Parameters of an address that only say who came from where.
_TRACKING = frozenset({"fbclid", "gclid", "phpsessid", "jsessionid", "mc_cid", "mc_eid"})
#: Parameters that are a visit's where they look random, and else may be what tells one page from another (``?sid=7``).
_SESSION = frozenset({"sid", "sessionid"})
_RANDOM = re.compile(r"[0-9A-Za-z,_-]{20,}")


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry as its format says it. Texts are in the reduced form."""

    place: str
    identity: str | None = None
    """``guid``, ``atom:id`` or JSON Feed's ``id``."""
    link: str | None = None
    title: str = ""
    summary: str | None = None
    body: tuple[str, ...] = ()
    author: str | None = None
    author_url: str | None = None
    categories: tuple[str, ...] = ()
    enclosures: tuple[MediaRef, ...] = ()
    published: datetime | None = None
    updated: datetime | None = None
    answers: str | None = None
    """``thr:in-reply-to``: identity of what it answers (RFC 4685 §3)."""
    comment_feed: str | None = None
    comments: int | None = None

    @property
    def empty(self) -> bool:
        """Whether it says nothing at all."""
        return not (self.identity or self.link or self.at or any(self.content.values()))

    @property
    def at(self) -> datetime | None:
        return self.published or self.updated

    @property
    def content(self) -> dict[str, JSONValue]:
        """The content projection, scheme 1."""
        return {
            "title": self.title,
            "summary": self.summary,
            "body": list(self.body),
            "link": None if self.link is None else without_tracking(self.link),
            "author": self.author,
            "categories": sorted(set(self.categories)),
            "enclosures": sorted({without_query(medium.url) for medium in self.enclosures}),
        }


@dataclass(frozen=True, slots=True)
class Channel:
    """What a feed says about itself, and its entries."""

    title: str
    entries: tuple[Entry, ...]
    older: str | None = None
    """The next page or archive (RFC 5005)."""
    numbered_pages: bool = False
    """Made by WordPress: ``paged=2`` gives the next page."""
    cuts: tuple[int, ...] = ()
    quarantine: tuple[tuple[str, str], ...] = ()
    drift: tuple[str, ...] = field(default=())


def key_of(what: str, value: str) -> str:
    """Key of the entry that is told from others by ``what`` (``id``, ``link``, ``fields``)."""
    named = "\0".join((what, value)).encode("utf-8", "replace")
    return f"entry/{hashlib.sha256(named).hexdigest()[:32]}"


def keys(entries: Sequence[Entry]) -> list[str]:
    """Key of each entry: by its id, else by its link, else by title and date.

    An id (or link) that two entries of one document share while they say different things tells nobody apart, and is
    passed over for them: else each look would seem to find an edit.
    """
    ids = _ambiguous((entry.identity, entry) for entry in entries)
    links = _ambiguous((entry.link and without_tracking(entry.link), entry) for entry in entries)
    return [_key(entry, ids, links) for entry in entries]


def _key(entry: Entry, ids: set[str], links: set[str]) -> str:
    if entry.identity and entry.identity not in ids:
        return key_of("id", entry.identity)
    link = entry.link and without_tracking(entry.link)
    if link and link not in links:
        return key_of("link", link)
    stable = [entry.title, entry.at.isoformat() if entry.at else ""]
    return key_of("fields", "\0".join(stable) if any(stable) else repr(sorted(entry.content.items())))


def _ambiguous(named: Iterator[tuple[str | None, Entry]]) -> set[str]:
    different = {(name, repr(entry.content)) for name, entry in named if name}
    return {name for name, times in Counter(name for name, _ in different).items() if times > 1}


def record(entry: Entry, key: str, *, thread: str | None, comment: bool) -> SeenRecord:
    """The record of one entry. ``as_of`` is never given: an edit need not move ``updated`` (RFC 4287 §4.2.15), so it
    does not say since when these words stand."""
    answered = key_of("id", entry.answers) if entry.answers else None
    is_comment = comment or answered is not None
    content = entry.content
    return SeenRecord(
        key=key,
        kind=RecordKind.COMMENT if is_comment else RecordKind.POST,
        place=entry.place,
        content=content,
        text=text_of(content),
        author=Author(None, entry.author, None, entry.author_url) if entry.author else None,
        created_at=entry.at,
        parent=(answered or thread) if is_comment else None,
        thread=thread if thread != key else None,
        url=entry.link,
        counts={} if entry.comments is None else {"comments": entry.comments},
        counted=None if is_comment else entry.comments,
        counted_deep=True,
        media=entry.enclosures,
        word="comment" if is_comment else "entry",
    )


def text_of(content: Mapping[str, JSONValue]) -> str:
    """Plain text of a projection: title, then the body or else the summary."""
    said = "\n\n".join(content["body"]) or content["summary"] or ""
    return "\n\n".join(part for part in (plain(content["title"]), plain(said)) if part)


def medium(url: str, content_type: str | None, alt: str | None = None) -> MediaRef | None:
    """A file an entry names; None where its address cannot be fetched."""
    if web(url) is None:
        return None
    major = (content_type or "").partition("/")[0].strip().lower()
    kind = major if major in ("image", "video", "audio") else "document"
    digest = hashlib.sha256(without_query(url).encode("utf-8", "replace")).hexdigest()[:16]
    return MediaRef(f"file/{digest}", url, kind, storable(content_type) if content_type else None, alt)


def without_query(url: str) -> str:
    """An address without what often carries a signature or a counter."""
    return storable(url.partition("#")[0].partition("?")[0])


def without_tracking(url: str) -> str:
    """An address without parameters that change with every visit."""
    try:
        parts = urlsplit(url)
        given = parse_qsl(parts.query, keep_blank_values=True, max_num_fields=100)
    except ValueError:
        return storable(url)
    kept = [(name, value) for name, value in given if not _is_tracking(name, value)]
    return storable(url if len(kept) == len(given) else urlunsplit(parts._replace(query=urlencode(kept))))


def _is_tracking(name: str, value: str) -> bool:
    name = name.lower()
    if name in _SESSION:
        return _RANDOM.fullmatch(value) is not None
    return name in _TRACKING or name.startswith("utm_")
