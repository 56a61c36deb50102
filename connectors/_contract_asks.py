"""What a connector is asked about, and the questions it puts. Import them from :mod:`connectors.contract`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Literal

from connectors._contract_words import AccessClass, JSONValue, RecordKind, Stream, SweepKind

if TYPE_CHECKING:  # takes longer to load than all else that a helping process needs
    from pydantic import BaseModel


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
    as_application: bool = False
    """Whether what is asked ``authorise="application"`` can be put."""
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
    author: str | None = None
    """The platform's id of whoever said it, where the engine says so (of what is looked for, and beside what) and the
    platform told."""


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
    authorise: Literal["never", "if_possible", "required", "application"] = "if_possible"
    """*application*: signed by the city's application alone, with no owner behind it: the answer is what everybody
    sees. Only where :attr:`AccountRef.as_application` says so."""
    not_before: datetime | None = None
    listing: str | None = None
    """Names the list this page belongs to (``statuses``; for one thread ``KIND:KEY``, as ``context:status/1``). Absence
    from a whole list nominates a record as missing. None: absence means nothing."""
    scheme: int = 1
    """Number of the content projection this exchange is to be read with, now and in every later rebuild."""
    context: Mapping[str, JSONValue] = field(default_factory=dict)
    """What :meth:`Connector.read` must know beyond the bytes; JSON. A question is put once in a run; one that prepares
    direct looks, and names under ``for`` at what, once for these. Where it is ``optional`` (true), a sweep is whole
    without it: that it is refused (*permission*, *withdrawn*) is a gap of its stream, and makes no sweep partial."""
    control: Ask | None = None
    """Asked when this one says *gone*: only if the control read works, and shows something else than what was looked
    for, does *gone* mean anything. A control's own control is asked where that one is gone too, or shows nothing. Where
    reading a control gives asks, the first of them is put in its place."""
