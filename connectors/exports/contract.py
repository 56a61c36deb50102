"""What an export of an account is: which of its files are read, whose it is, and what a file means. No I/O at all."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import ClassVar, Protocol

from connectors.contract import AccessClass, AccountRef, Answer, Ask, JSONValue, Reading, Stream


class Use(StrEnum):
    """What becomes of a file of an export."""

    READ = "read"
    """It is stored, and records are read from it."""
    FILE = "file"
    """It is stored as the file of a record: a picture, a video."""
    KEPT = "kept"
    """It is stored, and nothing is read from it."""
    LEFT_OUT = "left_out"
    """It is not stored. Its name, size and SHA-256 are."""


class Why(StrEnum):
    """Why a file is not stored. Codes stand in stored lists and are never changed."""

    PERSONAL = "personal"
    """It is about the person who signs in, or about others who are no party to a record: logins, addresses, telephone
    numbers, contacts, advertising, settings."""
    VIEWER = "viewer"
    """A program or page that comes with every export to look at it."""
    NO_RECORD = "no_record"
    """Nothing that was published or sent: what was liked, read, searched."""
    UNKNOWN = "unknown"
    """This version does not know what it is, so it may be personal."""
    TOO_LARGE = "too_large"
    """Larger than the largest file that is kept."""
    UNREADABLE = "unreadable"
    """Encrypted, or damaged."""


@dataclass(frozen=True, slots=True)
class Planned:
    """What is to become of one file, by its name alone."""

    use: Use
    what: str = ""
    """The export's own short name of this kind of file; what :meth:`Export.read` switches on."""
    stream: Stream = Stream.POSTS
    access: AccessClass = AccessClass.PUBLIC
    """Of everything in it; where only some of it is private, the reading says so."""
    of: str | None = None
    """Key of the record whose file it is."""
    why: Why | None = None
    elements: bool = False
    """It is one list of things, and may be stored in several blocks, each of whole elements."""
    warc: bool = False
    """It is a WARC file: each of its records is stored as a block of its own."""
    cut: bool = False
    """Something personal stands in it too: only what :meth:`Cuts.parts` names of it is stored. A part in which anything
    cannot be understood is private."""


@dataclass(frozen=True, slots=True)
class Part:
    """What is stored of a file in which something personal stands too: one range of its bytes, as a block."""

    start: int
    end: int
    what: str = ""
    """In place of :attr:`Planned.what`; empty: the same."""
    stream: Stream | None = None
    """In place of :attr:`Planned.stream`."""
    access: AccessClass | None = None
    """In place of :attr:`Planned.access`."""
    hidden: tuple[tuple[int, int, str], ...] = ()
    """Ranges inside that are overwritten before it is stored, in bytes of the file, and what stood there."""


@dataclass(frozen=True, slots=True)
class Identity:
    """Whose export it is, as it says itself."""

    handle: str
    name: str = ""
    platform_id: str | None = None
    """The stable id; None where the export does not name it."""
    urls: tuple[str, ...] = ()
    """Addresses by which it names the account."""
    made_at: datetime | None = None
    """When the platform made the export, where it says so."""
    protected: bool = False
    """Only those whom the account let in could see it then: all of the export is private."""
    doubt: str = ""
    """Why it may not be the account's, where it is another kind of export than accounts here have. One sentence without
    its end; a person has to confirm."""


@dataclass(frozen=True, slots=True)
class ImportReading(Reading):
    """What a file of an export means."""

    private: frozenset[str] = field(default_factory=frozenset)
    """Keys of records that not everybody could see."""


class Export(Protocol):
    """One kind of export. Stateless."""

    name: ClassVar[str]
    platform: ClassVar[str]
    title: ClassVar[str]
    version: ClassVar[str]
    """Of the reader; stored with every file."""
    scheme: ClassVar[int]

    def root(self, names: Collection[str]) -> str | None:
        """The folder (ending in ``/``, or empty) in which these files are such an export; None where they are none."""
        ...

    def telling(self, names: Collection[str]) -> list[str]:
        """Files that tell whose it is. ``names`` begin at the root, as in everything that follows."""
        ...

    def identity(self, files: Mapping[str, bytes]) -> Identity:
        """Whose it is, from the files of :meth:`telling`.

        Raises:
            ValueError: that cannot be told.
        """
        ...

    def plan(self, name: str) -> Planned:
        """What is to become of a file."""
        ...

    def is_of(self, identity: Identity, account: AccountRef) -> bool | None:
        """Whether it is this account's. None: only its name says so, which a person has to confirm."""
        ...

    def read(self, ask: Ask, answer: Answer) -> ImportReading:
        """What a stored file (or block of one) means. Pure; never raises for anything in an export. ``ask.purpose`` is
        :attr:`Planned.what`; ``ask.context`` has what :func:`context_of` put there."""
        ...


class Cuts(Protocol):
    """An export of which some files are stored in part only."""

    def parts(self, name: str, body: bytes) -> Sequence[Part]:
        """What of a file with :attr:`Planned.cut` is stored, in its order. Pure.

        Raises:
            ValueError: that cannot be told, so nothing of it may be stored.
        """
        ...


def context_of(account: AccountRef, identity: Identity, *, block: int) -> dict[str, JSONValue]:
    """What reading a file needs beside its bytes; stored with it. ``block``: which of the blocks of its file it is,
    from 0."""
    return {
        "platform": account.platform,
        "account": account.platform_id,
        "handle": account.handle,
        "name": identity.name,
        "site": account.service,
        "url": account.url,
        "block": block,
    }
