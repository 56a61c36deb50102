"""What a connector is: it says what to ask a platform and what an answer means, and does no I/O at all.

A connector never opens a socket, a file or a database, never sleeps, never sees a token and knows nothing of
retention. The engine owns tokens, pacing, retries, recording and stopping. So the same :meth:`Connector.read` runs
live, in a test on a recorded file, and in a rebuild ten years later: same bytes in, same :class:`Reading` out.

Third parties add a platform by registering a :class:`Connector` under the entry point group ``archiver.connectors``.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol, runtime_checkable

if TYPE_CHECKING:  # takes longer to load than all else that a helping process needs
    from pydantic import BaseModel

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


@dataclass(frozen=True, slots=True)
class Claim:
    """A connector recognises an address. ``strength`` *certain*: no other platform looks like this."""

    platform: str
    service: str
    """Who issues ``platform_id``, e.g. the origin ``https://mastodon.example``; part of the account's identity. Not a
    host that may change while the account stays the same: one constant where ids are global (DIDs)."""
    handle: str
    url: str
    """The address in its normal form."""
    strength: Literal["certain", "possible"]
    platform_id: str = ""
    """The account's id, where the address says it; where its owner's grant does, the engine puts it here before
    :meth:`Connector.identify` is asked."""


@dataclass(frozen=True, slots=True)
class AccountFacts:
    """What the platform says the account is. ``platform_id`` is stable, the handle is not (handles are re-used)."""

    platform_id: str
    handle: str
    name: str
    url: str


@dataclass(frozen=True, slots=True)
class AccountRef:
    """The account a sweep is for, as far as a connector may know it."""

    id: str
    platform: str
    service: str
    platform_id: str
    handle: str
    url: str
    authorised: bool = False
    """Whether the engine holds a credential. The connector never sees it."""
    settings: BaseModel | None = None


@dataclass(frozen=True, slots=True)
class RecordAddress:
    """What an address of a post or comment names. In a key ``{account}`` stands for the stable id of the account whose
    record it would be, where the address does not say it."""

    keys: tuple[str, ...]
    """Keys that the record may have (:attr:`SeenRecord.key`), the most likely first."""
    under: tuple[str, ...] = ()
    """Keys of the thread that it stands in, where the address says so."""
    service: str | None = None
    """Of the accounts that the keys count for (:attr:`Claim.service`); None: of any of the platform."""


@dataclass(frozen=True, slots=True)
class RecordRef:
    """A record the archive already knows."""

    key: str
    kind: RecordKind
    thread: str | None = None
    url: str | None = None
    seen_at: datetime | None = None
    """When the archive last saw it (of a thread: all of it), where the engine says so: what changed before that need
    not be asked again."""


@dataclass(frozen=True, slots=True)
class Sweep:
    kind: SweepKind
    at: datetime
    threads: Sequence[RecordRef] = ()
    """Known threads (their first records) to look at again: on a *watch* sweep those that are due, on a *full* sweep
    all in which answers are known; none on a *new* one."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One question to a platform, without credentials. Stored with the exchange, since a rebuild reads it again."""

    url: str
    """Absolute URL without parameters that hold secrets."""
    stream: Stream
    purpose: str
    """The connector's own short name of the endpoint, e.g. ``statuses``; what :meth:`Connector.read` switches on."""
    method: str = "GET"
    parameters: tuple[tuple[str, str], ...] = ()
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes | None = None
    access: AccessClass = AccessClass.PUBLIC
    authorise: Literal["never", "if_possible", "required"] = "if_possible"
    not_before: datetime | None = None
    listing: str | None = None
    """Names the list this page belongs to (``statuses``; for one thread ``KIND:KEY``, as ``context:status/1``). Absence
    from a whole list nominates a record as missing. None: absence means nothing."""
    scheme: int = 1
    """Number of the content projection this exchange is to be read with, now and in every later rebuild."""
    context: Mapping[str, JSONValue] = field(default_factory=dict)
    """What :meth:`Connector.read` must know beyond the bytes; JSON. A question is put once in a run; one that prepares
    direct looks, and names under ``for`` at what, once for these."""
    control: Ask | None = None
    """Asked when this one says *gone*: only if the control read works does *gone* mean anything."""


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
    this page, whatever becomes of the rest of the run. What is None is taken out of it."""
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
    drift: tuple[str, ...] = ()
    """Names of fields that this connector does not know. Reported, never an edit."""
    quarantine: tuple[tuple[str, str], ...] = ()
    """(place, reason) of parts that could not be understood; the bytes are kept, the rest of the answer is read."""
    account: AccountFacts | None = None
    cuts: tuple[int, ...] = ()
    """Where a body that is not JSON may be cut into separately provable parts: ascending byte offsets."""


class Extent(StrEnum):
    """How far one of a platform's numbers ranges."""

    ANSWERS = "answers"
    """What answers the record directly."""
    THREAD = "thread"
    """Everything under it, at any depth."""
    ACCOUNT = "account"
    """What the account itself has published; on its profile."""


@dataclass(frozen=True, slots=True)
class Counted:
    """A number of the platform that what was captured is set against, and what the platform counts in it (law R63)."""

    on: frozenset[RecordKind]
    """Kinds of records that bear it, as :attr:`SeenRecord.counted`."""
    of: Extent
    says: str
    """What the platform counts, one plain sentence."""
    states: frozenset[State] = frozenset()
    """States, beside *visible*, in which it still counts a record."""
    private: bool = False
    """Whether it also counts what not everybody sees under something that everybody sees."""
    kinds: frozenset[RecordKind] = frozenset()
    """Kinds of records that it counts; empty: all. For :attr:`Extent.ACCOUNT`."""
    withheld: str | None = None
    """What it may count and not return, to finish *perhaps*. None: it returns all that it counts."""


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What this platform lets us see, in plain words for a custodian; None means it cannot be seen at all."""

    edits: str | None
    deletions: str | None
    hidden: str | None
    messages: str | None
    comments: str | None
    media: str | None
    counts: str | None
    history: str | None
    """How far back a first capture reaches."""
    limits: tuple[str, ...] = ()
    """What is known not to be seen, one plain sentence each."""
    moderation_signed_in: bool = False
    """The platform shows them only where the account is signed in, with leave to see them: it may be read without."""
    moderation: str | None = None
    """Which settings of moderation are captured as records: who is blocked, which words are filtered, who has a role,
    who may comment. None: no program is shown them, so somebody has to deposit them by hand, month after month."""
    moderation_by_hand: str | None = None
    """Which other such settings there are that no program is shown: they too are deposited by hand, month after month.
    None: there are none, or :attr:`moderation` is None, and it is all of them."""
    proven: str | None = None
    """What it was proven against; None shows *not yet proven against the live platform*."""
    counted: tuple[Counted, ...] = ()
    """Numbers that what was captured is set against; of a kind of record at most one. Empty: there are none."""

    @property
    def deposited(self) -> str:
        """What of the moderation settings somebody has to bring by hand, in words."""
        return self.moderation_by_hand or ("Nothing." if self.moderation else "All of them.")


PASSWORD = b"{password}"
"""Stands in the body of :attr:`SignIn.open` where the engine puts the password, escaped as in a JSON string."""


@dataclass(frozen=True, slots=True)
class SignIn:
    """How an account's password is traded for tokens. The connector sees neither; what it asks here is never stored."""

    server: str
    """Origin that signed questions go to; the tokens are sent nowhere else."""
    open: Ask
    """Trades the password."""
    renew: Ask
    """Trades the renewal token, with which the engine signs it, for new ones."""
    access: str
    """Member of the answer that holds the token to sign with."""
    renewal: str
    """Member that holds the renewal token."""


@runtime_checkable
class SignsIn(Protocol):
    """A connector of a platform where signing in is a trade of its own."""

    def sign_in(self, account: AccountRef, bookmark: Bookmark) -> SignIn | None:
        """How to sign in; None while it is not known where. ``read`` says whether an answer to it is one."""
        ...


@dataclass(frozen=True, slots=True)
class Signature:
    """One kind of credential that a platform takes. The connector never sees one: it says how to tell it, and where it
    goes."""

    name: str
    """What the platform calls it, for a person."""
    form: str
    """Regular expression for the whole of it. The first kind that fits is the one."""
    speaks_for_owner: bool
    """Whether it shows what only the account's owner sees; then the account is authorised."""
    parameter: str | None = None
    """Query parameter it goes in."""
    header: str | None = None
    """Header that it alone is the value of. With neither of the two: ``Authorization: Bearer``."""
    oauth1: bool = False
    """It is what signs for the owner as OAuth 1.0a has it (RFC 5849 §3.1), together with the application's key. What is
    asked ``authorise="required"`` is signed; anything else goes with that key alone, in ``parameter``."""


@runtime_checkable
class Signs(Protocol):
    """A connector of a platform that answers nobody without a credential, at a server that is not the account's own
    address. Every question to that server which is not ``authorise="never"`` is signed; no other is."""

    signatures: ClassVar[tuple[Signature, ...]]

    def signed_server(self, url: str) -> str:
        """Origin that the credential of an account at ``url`` (its own, or a :attr:`Claim.url`) may be sent to."""
        ...


@dataclass(frozen=True, slots=True)
class Heard:
    """What a pushed frame is to one account, before it is stored."""

    about: bool = False
    """It concerns the account, and is kept."""
    place: str | None = None
    """Where to listen on after it."""
    keys: tuple[str, ...] = ()
    """Records that it names."""
    at: datetime | None = None
    """When it happened, by the platform's clock."""
    lost: bool = False
    """The platform says that it no longer has all that came before."""
    only_known: bool = False
    """It concerns the account only where one of ``keys`` is known there."""
    threads: tuple[str, ...] | None = None
    """Keys of first records of the threads to look at because of it; None: those of :attr:`keys`."""


@runtime_checkable
class Streams(Protocol):
    """A connector of a platform that pushes to whoever is signed in, and cannot be heard again (server-sent events)."""

    def stream(self, account: AccountRef) -> Ask | None:
        """What to listen to. An event is read with this ask; its context then has ``said``, the keys of records whose
        words count. None where nothing is pushed to this account."""
        ...

    def pushed(self, account: AccountRef, event: bytes) -> tuple[Heard, AccessClass]:
        """Whether an event concerns the account, and as what it is kept. Pure; never raises."""
        ...


@runtime_checkable
class Listens(Protocol):
    """A connector of a platform that pushes what happens (a stream). Frames are evidence, and a reason to look."""

    frame_type: ClassVar[str]
    """Media type of a frame."""

    def listen(self, account: AccountRef, bookmark: Bookmark, place: str | None) -> Ask | None:
        """What to listen to: a ``wss`` address; from ``place`` on, where it is given. None while it is not known where.
        A frame is read with this ask. Its context then has ``said``, the keys of records whose words count: those that
        nobody saw since it happened. An old frame must not take the place of what was seen since."""
        ...

    def heard(self, account: AccountRef, frame: bytes) -> Heard:
        """Whether a frame concerns the account. Pure; never raises."""
        ...


@runtime_checkable
class Addressed(Protocol):
    """A connector of a platform that names files by what they hash to."""

    def digest(self, medium: str) -> str | None:
        """The SHA-256, in hex, that the file with this key (:attr:`MediaRef.key`) has; None where the key says nothing
        of it. Another file is not taken for it."""
        ...


@runtime_checkable
class Declines(Protocol):
    """A connector of a platform that also has addresses which are never captured."""

    def declined(self, url: str) -> str | None:
        """Why an address is not captured, in words for a custodian; None for one that is not of this kind. It is asked
        of nobody."""
        ...


@runtime_checkable
class LooksInTurns(Protocol):
    """A connector of a platform where it is dear to look for some records, whose lists are read in turns."""

    def in_turns(self, key: str) -> bool:
        """Whether a record is looked for only where its list was read and does not show it: not because nothing in a
        full sweep led to it, nor again after it had gone, for then its list shows it once more."""
        ...


@runtime_checkable
class NamesRecords(Protocol):
    """A connector of a platform whose addresses of posts and comments say which they name."""

    def record_of(self, url: str) -> RecordAddress | None:
        """What an address names; None for one that is of no record, or of another platform. Pure; asks nobody, and
        never raises for any text."""
        ...


@runtime_checkable
class Connector(Protocol):
    """One platform. Stateless; one instance serves every account and thread."""

    platform: ClassVar[str]
    title: ClassVar[str]
    version: ClassVar[str]
    """Of the reader; stored with every exchange."""
    scheme: ClassVar[int]
    """Newest content projection. ``read`` keeps honouring every older ``Ask.scheme``."""
    capabilities: ClassVar[Capabilities]
    settings: ClassVar[type[BaseModel]]
    media_hosts: ClassVar[tuple[str, ...]]
    """Host suffixes media may be fetched from; ``*`` where any public host may serve them."""

    def claim(self, url: str) -> Claim | None:
        """Recognise an address without asking anybody, or None."""
        ...

    def identify(self, claim: Claim) -> Ask:
        """The question whose reading gives :attr:`Reading.account`."""
        ...

    def begin(self, account: AccountRef, sweep: Sweep, bookmark: Bookmark | None) -> Iterable[Ask]:
        """First questions of a sweep. One with ``context["vouches"]`` asks whose token the account is read with: it is
        put before all others, and until it is answered well nothing is asked signed in (R5, R6)."""
        ...

    def look(self, account: AccountRef, records: Sequence[RecordRef]) -> Iterable[Ask]:
        """Ask directly for known records, each ask with ``context["look"]`` = list of their keys and a control. Without
        a control nothing follows from it that a record is not there.

        Empty where the platform offers no direct look: then nothing is ever declared not returned.
        """
        ...

    def read(self, ask: Ask, answer: Answer) -> Reading:
        """Say what an answer means. Pure; never raises for anything a platform may send."""
        ...
