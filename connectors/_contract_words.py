"""Words of the contract: sweeps, parts of an account, kinds and states of records, what is wrong. Import them from
:mod:`connectors.contract`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

#: Any value JSON can express, as :func:`json.loads` returns it.
JSONValue = Any
#: Where a sweep continues. Opaque to the engine, JSON, stored with every run.
Bookmark = Mapping[str, JSONValue]


class SweepKind(StrEnum):
    """How far a sweep looks."""

    NEW = "new"
    """What is new since the bookmark; every few minutes."""
    WATCH = "watch"
    """Known recent threads again, at growing intervals: replies, edits, states."""
    FULL = "full"
    """Every listing from end to end; the only sweep that may nominate a record as missing."""


class Stream(StrEnum):
    """What part of an account an ask serves; coverage and gaps are kept per stream."""

    POSTS = "posts"
    COMMENTS = "comments"
    MESSAGES = "messages"
    PROFILE = "profile"
    SETTINGS = "settings"
    MEDIA = "media"


class AccessClass(StrEnum):
    """Who may see it on the platform. A segment holds one class only, so that classes can be locked and kept apart."""

    PUBLIC = "public"
    PRIVATE = "private"
    SETTINGS = "settings"
    MEDIA = "media"
    """Files of public records."""
    PRIVATE_MEDIA = "private-media"
    """Files of private ones."""


class RecordKind(StrEnum):
    POST = "post"
    SHARE = "share"
    """The account passed on somebody else's post (boost, repost)."""
    COMMENT = "comment"
    """Something the public or the account wrote under a post, at any depth."""
    MENTION = "mention"
    """A post of somebody else that names the account."""
    MESSAGE = "message"
    STORY = "story"
    BROADCAST = "broadcast"
    """Something that is sent live: planned, on air, over. The film of it stands in a post."""
    REVIEW = "review"
    CAPTION = "caption"
    """What is said in a film, as text that is shown with it."""
    PROFILE = "profile"
    SETTINGS = "settings"


class State(StrEnum):
    """What was seen of a record's visibility. Never says more than was seen (law R16)."""

    VISIBLE = "visible"
    NOT_RETURNED = "not_returned"
    """A direct look said not found, beside a control read that worked. Set by the engine only."""
    HIDDEN_BY_PAGE = "hidden_by_page"
    HELD_FOR_REVIEW = "held_for_review"
    SPAM = "spam"
    RESTRICTED = "restricted"
    DELETED_BY_AUTHOR = "deleted_by_author"
    DELETED_BY_PAGE = "deleted_by_page"
    REMOVED_BY_PLATFORM = "removed_by_platform"


class ProblemKind(StrEnum):
    """What is wrong with an answer; decides what the engine does next."""

    SIGN_IN_EXPIRED = "sign_in_expired"
    """The account needs sign-in, a person is told. Nothing more is asked signed in; what is public is asked on."""
    REVOKED = "revoked"
    """The account's owner took it back, changed the password or no longer runs the account. As above."""
    PERMISSION = "permission"
    """This part is not ours to read. The stream stops with a gap; other streams go on."""
    GONE = "gone"
    """Not found or gone. Feeds the direct look; the account itself is gone where its profile says so."""
    RATE = "rate"
    """Wait until ``retry_at``."""
    TRANSIENT = "transient"
    """Try again, with back-off."""
    CONTRACT = "contract"
    """Not what the platform promised: the bytes are kept and quarantined, a person is told."""
    DEACTIVATED = "deactivated"
    """The account itself is switched off, and may come back. The run fails; nothing is concluded of its records."""
    TAKEN_DOWN = "taken_down"
    """The account itself was taken down or suspended by the platform, in its own words. As above."""
    WITHDRAWN = "withdrawn"
    """The platform no longer lets the city's application ask at all: nothing that an account's owner could mend. The
    stream stops with a gap."""
    BEYOND = "beyond"
    """More than the archive takes in, though the platform gives it. The list stops with a gap, and somebody has to
    deposit it by hand; other lists go on."""
    UNSUPPORTED = "unsupported"
    """This server does not offer the endpoint. Noted; the connector gives other asks where it can."""


#: Nothing more is asked signed in before somebody has signed in.
SIGN_IN_PROBLEMS = frozenset({ProblemKind.SIGN_IN_EXPIRED, ProblemKind.REVOKED})


@dataclass(frozen=True, slots=True)
class Problem:
    kind: ProblemKind
    detail: str
    """One plain sentence without secrets or content, shown to a custodian."""
    retry_at: datetime | None = None
