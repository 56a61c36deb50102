"""What pages and commands show of records."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from archiver.records.differences import Segment
from archiver.records.followed import LinkView, of_words
from archiver.records.import_views import ImportedView
from archiver.records.suggestions import SuggestedView, is_unnamed
from archiver.viewing import Viewer

EVERYTHING = Viewer.EVERYTHING


@dataclass(frozen=True, slots=True)
class AccountName:
    id: str
    platform: str
    handle: str
    name: str
    url: str


@dataclass(frozen=True, slots=True)
class AuthorView:
    """Who wrote it, as of its latest stored occurrence."""

    id: str | None
    name: str | None
    handle: str | None


@dataclass(frozen=True, slots=True)
class VersionView:
    """What the record said for a while."""

    id: str
    number: int
    text: str
    content: Mapping[str, Any]
    as_of: datetime | None
    """Since when, by the platform's clock."""
    first_seen_at: datetime | None
    """None: known only from the platform's history."""
    last_seen_at: datetime | None
    changes: tuple[Segment, ...]
    """How its text differs from the version before; empty for the first."""
    changed: tuple[str, ...]
    """Names of the content fields that differ from the version before, text or not."""
    scheme: int = 1
    """Number of the projection it was read with."""


@dataclass(frozen=True, slots=True)
class StateView:
    state: str
    from_at: datetime
    last_at: datetime
    evidence: tuple[str, ...]
    """Ids of the exchanges that first showed it."""


@dataclass(frozen=True, slots=True)
class OccurrenceView:
    """One place where the record is stored, and how to get there."""

    exchange_id: str
    position: int
    place: str
    """In the body: a JSON pointer, or ``bytes=START-END``."""
    observed_at: datetime
    last_seen_at: datetime | None
    """Last time an answer repeated it and was therefore not stored."""
    as_of: datetime | None
    retrospective: bool
    version_id: str
    run_id: str
    uri: str
    status: int | None
    segment_id: str
    segment_key: str
    segment_sha256: str
    offset: int
    length: int
    """Of the response's gzip member in the segment."""
    body_sha256: str
    commitment: str


@dataclass(frozen=True, slots=True)
class MediumView:
    id: str
    key: str
    kind: str
    url: str
    alt_text: str | None
    state: str
    reason: str | None
    content_type: str | None
    sha256: str | None
    size: int | None
    exchange_id: str | None


@dataclass(frozen=True, slots=True)
class PictureView:
    """A picture that the archiver drew of one version; never evidence of what the platform showed."""

    exchange_id: str
    version: int
    """Number of the version it shows."""
    drawn_from: str
    """The exchange whose words it shows."""
    position: int
    drawn_at: datetime
    page: str
    browser: str
    whole: bool
    """False: what is further down was not drawn."""
    width: int
    height: int
    content_type: str
    sha256: str
    size: int


@dataclass(frozen=True, slots=True)
class RecordView:
    """One record with everything that is known of it."""

    id: str
    key: str
    account: AccountName
    kind: str
    word: str | None
    access: str
    thread_id: str
    parent_id: str | None
    author: AuthorView
    url: str | None
    created_at: datetime | None
    counts: Mapping[str, int]
    first_seen_at: datetime | None
    """None: nobody saw it, only exports tell of it."""
    last_seen_at: datetime | None
    state: str
    versions: tuple[VersionView, ...]
    states: tuple[StateView, ...]
    occurrences: tuple[OccurrenceView, ...]
    """The latest, newest first, up to a bound."""
    occurrence_count: int
    media: tuple[MediumView, ...]
    pictures: tuple[PictureView, ...] = ()
    links: tuple[LinkView, ...] = ()
    """Where short links of the versions shown led, oldest look first."""
    imported: tuple[ImportedView, ...] = ()
    """What exports say of it, newest statement first: beside what was captured, and never part of it."""
    suggested: tuple[SuggestedView, ...] = ()
    """Records that may be the same one; computed for this view, and no fact."""
    described_later: bool = False
    """As of an earlier moment: name of its author, address and times are those of a later answer."""

    @property
    def unnamed(self) -> bool:
        """It is an entry of an export that has no id there, so it cannot be told to be a captured record."""
        return is_unnamed(self.key)

    def drawn(self, version: int) -> Sequence[PictureView]:
        """The pictures of one version."""
        return [one for one in self.pictures if one.version == version]

    def led(self, version: VersionView) -> Sequence[LinkView]:
        """Where the short links of one version led."""
        return of_words(self.links, version.content, version.text)

    @property
    def captured(self) -> bool:
        """Whether any stored answer showed it."""
        return bool(self.versions)

    @property
    def text(self) -> str:
        """What it says now, or said last; of what only exports tell, what the newest statement has."""
        return self.versions[-1].text if self.versions else self.imported[0].text


@dataclass(frozen=True, slots=True)
class ThreadRecord:
    """A record as it stands in its thread."""

    id: str
    kind: str
    word: str | None
    author: AuthorView
    url: str | None
    created_at: datetime | None
    first_seen_at: datetime | None
    """None: nobody saw it, only exports tell of it."""
    last_seen_at: datetime | None
    state: str
    text: str
    version: int
    """Number of the version shown; 0 where no version was captured."""
    versions: int


@dataclass(frozen=True, slots=True)
class ThreadLine:
    """One line of a thread. ``record`` None: answered by others, but not captured, or not open to the viewer."""

    id: str
    depth: int
    record: ThreadRecord | None


@dataclass(frozen=True, slots=True)
class ThreadView:
    id: str
    account: AccountName
    as_of: datetime | None
    lines: tuple[ThreadLine, ...]
    total: int
    """Records in the thread, shown or not."""
    above: tuple[ThreadLine, ...] = ()
    """Where this is a part: what its first line answers, from the top."""
    start: int = 0
    """Lines before this part."""
    size: int = 0
    """Lines that can be shown altogether."""

    @property
    def whole(self) -> bool:
        return sum(line.record is not None for line in self.lines) == self.total

    @property
    def end(self) -> int:
        """Lines before the next part."""
        return self.start + len(self.lines)


@dataclass(frozen=True, slots=True)
class Change:
    """An edit, or a new state, of a record that was known before."""

    at: datetime
    record_id: str
    account: AccountName
    kind: str
    author_name: str | None
    text: str
    edit: tuple[Segment, ...]
    """Where it was edited: how the text differs from before; empty where its state changed."""
    before: str | None
    """Where its state changed: from what."""
    after: str | None
    """Where its state changed: to what."""
    number: int = 0
    """Of the version, or of the state, among those of the record."""
    text_before: str | None = None
    """Where it was edited: the whole text before."""
    seen_before: datetime | None = None
    """Where its state changed: when it was last seen in the one before. What was done was done between the two."""
    evidence: tuple[str, ...] = ()
    """Where its state changed: ids of the exchanges that first showed it."""
