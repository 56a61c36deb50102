"""What comes back, and what a connector says it means. Import them from :mod:`connectors.contract`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from connectors._contract_asks import AccountFacts, Ask
from connectors._contract_words import Bookmark, JSONValue, Problem, RecordKind, State

MOST_PARTS = 1_000_000
"""Most commas and opening brackets of a body that is read as JSON. A page of posts has thousands; a body made of
nothing but brackets takes forty times its size of memory, and minutes to read."""


def _refuse(constant: str) -> JSONValue:
    raise ValueError(f"not JSON: {constant}")


@dataclass(frozen=True)
class Answer:
    """What came back, after masking, transfer coding removed. ``read`` sees exactly what is stored."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes
    received_at: datetime
    url: str = ""
    """The URL that answered (after redirects)."""

    def header(self, name: str) -> str | None:
        """First header of that name, case-insensitive."""
        wanted = name.lower()
        return next((value for key, value in self.headers if key.lower() == wanted), None)

    @cached_property
    def json(self) -> JSONValue:
        """The body parsed as JSON, once.

        Raises:
            ValueError: not JSON, not UTF-8, nested too deeply, or of more than :data:`MOST_PARTS`.
        """
        if len(self.body) > MOST_PARTS and sum(map(self.body.count, (b",", b"[", b"{"))) > MOST_PARTS:
            raise ValueError("JSON of too many parts")
        try:
            return json.loads(self.body.decode("utf-8-sig"), parse_constant=_refuse)
        except RecursionError as error:
            raise ValueError("JSON nested too deeply") from error


@dataclass(frozen=True, slots=True)
class Author:
    id: str | None
    name: str
    handle: str | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class MediaRef:
    """One file that belongs to a record. ``key`` is unique in the record and changes when the file changes (never a
    constant like *avatar*); the URL may change while the file stays."""

    key: str
    url: str
    kind: str
    """``image``, ``video``, ``audio``, ``document``, ``caption``."""
    content_type: str | None = None
    alt_text: str | None = None


@dataclass(frozen=True, slots=True)
class SeenRecord:
    """One record seen in an answer."""

    key: str
    """Unique in the account, never changes, namespaced by kind of thing: ``status/117440``. It names the thing across
    its edits (the first platform id where an edit gets a new one), never a handle, URL or place in a list. The record's
    id derives from it."""
    kind: RecordKind
    place: str
    """Where in the body: a JSON pointer (RFC 6901), or ``bytes=START-END`` (END exclusive) where it is not JSON."""
    content: Mapping[str, JSONValue]
    """The content projection under ``Ask.scheme``: exactly the fields whose change is an edit. A field that this
    endpoint does not return is left out (it is then not compared); null is a value."""
    text: str
    """What it says as plain text, for search and excerpts; derived from ``content`` alone."""
    author: Author | None = None
    created_at: datetime | None = None
    """By the platform's clock, UTC."""
    as_of: datetime | None = None
    """Since when it has stood so, by the platform's clock (edit time, else creation), where the platform says it.
    Either always or never given for a kind of record."""
    retrospective: bool = False
    """An earlier version as the platform remembers it, not what stands now."""
    parent: str | None = None
    """Key of the record it answers."""
    thread: str | None = None
    """Key of the first record of its thread; None where this is the first or it is not known."""
    url: str | None = None
    state: State = State.VISIBLE
    counts: Mapping[str, int] = field(default_factory=dict)
    """The platform's own numbers (likes, replies): kept as of capture, never an edit."""
    counted: int | None = None
    """How many records the platform counts under this one; what it counts, :attr:`Capabilities.counted` says of its
    kind. None: it does not say. Kept with its time, and never an edit."""
    counted_deep: bool = False
    """That is everything under it, at any depth (:attr:`Extent.THREAD`)."""
    media: tuple[MediaRef, ...] = ()
    word: str | None = None
    """What the platform calls it on screen (*toot*, *reel*)."""


@dataclass(frozen=True, slots=True)
class RateFacts:
    """The platform's own pacing, from its headers."""

    limit: int | None = None
    remaining: int | None = None
    reset_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Reading:
    """What one answer means. Pure function of (ask, answer)."""

    records: tuple[SeenRecord, ...] = ()
    """In the order of the body; (key, place) is unique."""
    next_page: Ask | None = None
    """The next page of the same listing. None: the platform says there is no more."""
    asks: tuple[Ask, ...] = ()
    """Other questions that follow from this answer (a thread's context, an edit history)."""
    bookmark: Bookmark | None = None
    """Merged into the account's bookmark with the commit that archives this answer: so it says where to go on after
    this page, whatever becomes of the rest of the run. What is None is taken out of it. With a problem it counts only
    where the refusal of an ``optional`` question is it."""
    whole: bool = False
    """The listing, from first to last page read in this run, is everything the platform has for it (no cap, no
    window). Only then does absence nominate. Judged on the last page."""
    since: datetime | None = None
    """The listing is a window that reaches back only to this time; absence older than it means nothing."""
    part: bool = False
    """One page of what is a record only as a whole, made on its last page: its bytes are kept, unless the very same
    are, though no record stands in it."""
    present: tuple[str, ...] = ()
    """Keys a direct look found in place without returning their content. A look that gives no problem and does not name
    one of its keys here or among the records says that it is absent."""
    counts: Mapping[str, int] = field(default_factory=dict)
    """The platform's own totals, by listing or record key. That of a record, and that of the list of a thread
    (``KIND:KEY``), is what :attr:`SeenRecord.counted` is, for a record that this answer need not show."""
    rate: RateFacts | None = None
    problem: Problem | None = None
    suspicious: str | None = None
    """Why nothing may be concluded from the list, though nothing of this page is wrong in itself: what the page shows
    and what the platform counts contradict each other. The list goes on, and has a gap; a person should look."""
    none: bool = False
    """The platform itself counts no entry in the list, which may become empty in the usual course of things, because
    what is in it moves to other lists: that it is empty is not suspicious by itself. Direct looks say what became of
    what was in it and is in no other list."""
    drift: tuple[str, ...] = ()
    """Names of fields that this connector does not know. Reported, never an edit."""
    quarantine: tuple[tuple[str, str], ...] = ()
    """(place, reason) of parts that could not be understood; the bytes are kept, the rest of the answer is read."""
    account: AccountFacts | None = None
    cuts: tuple[int, ...] = ()
    """Where a body that is not JSON may be cut into separately provable parts: ascending byte offsets."""
