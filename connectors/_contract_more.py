"""What a connector of some platforms can do besides, each a protocol of its own: signing in, listening, and what
addresses and files say. Import them from :mod:`connectors.contract`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar, Protocol, runtime_checkable

from connectors._contract_asks import AccountRef, Ask, RecordAddress, RecordRef
from connectors._contract_words import AccessClass, Bookmark

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
class LooksBeside(Protocol):
    """A connector of a platform where no list is sure to show another thing of the kind that is looked for, or may show
    what cannot be asked for by its id, so that a control has to be one that the archive knows."""

    def look_beside(
        self, account: AccountRef, records: Sequence[RecordRef], beside: Sequence[RecordRef]
    ) -> Iterable[Ask]:
        """As :meth:`Connector.look`, which is not called then. ``beside``: some known records that everybody saw when
        they were last seen, those that were seen last first; none of them is among ``records``, was looked for in this
        run, or is known to be gone. Any of them may have gone since."""
        ...


@runtime_checkable
class NamesRecords(Protocol):
    """A connector of a platform whose addresses of posts and comments say which they name."""

    def record_of(self, url: str) -> RecordAddress | None:
        """What an address names; None for one that is of no record, or of another platform. Pure; asks nobody, and
        never raises for any text."""
        ...
