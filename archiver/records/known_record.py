"""What is known of a record, as far as a choice needs it."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime

from archiver.records.contents import Content


@dataclass(frozen=True, slots=True)
class KnownInPublic:
    """A stored occurrence in what everybody can see: what an unchanged answer of that kind may repeat."""

    exchange_id: str
    position: int
    state: str
    words: bool
    """It shows any of its version's, and was no look into the platform's history."""
    as_of: datetime | None = None


@dataclass(frozen=True, slots=True)
class KnownTimed:
    """A stored occurrence that shows all of its version standing, with a time by the platform's clock."""

    exchange_id: str
    position: int
    as_of: datetime
    state: str


@dataclass(frozen=True, slots=True)
class KnownVersion:
    """A version of a known record, as far as a choice needs it."""

    scheme: int
    content: Content
    as_of: datetime | None
    """Earliest of its occurrences, by the platform's clock."""
    seen: bool
    """Any of it was seen standing, not only in the platform's history."""
    exchange_id: str
    """Of its reference: the stored occurrence that an unchanged answer repeats."""
    position: int
    reference_as_of: datetime | None
    reference_state: str
    said: Content | None = None
    """What its occurrences say together that everybody can see; None: it was seen in private alone."""
    shown: tuple[KnownInPublic, ...] = field(default=(), compare=False)
    """These, in order of arrival; where not one was seen in private, perhaps only the one that is repeated."""
    timed: KnownTimed | None = None
    """The latest that has a time, where the reference has none: what a sight with a time repeats. A platform may tell
    the time to some and not to others, and each would else be news after the other, at every poll."""

    def as_repeated(self, as_of: datetime | None) -> KnownVersion:
        """The same, with the stored occurrence for its reference that a sight of this time repeats."""
        timed = self.timed
        if timed is None or as_of is None or self.reference_as_of is not None:
            return self
        return replace(
            self,
            exchange_id=timed.exchange_id,
            position=timed.position,
            reference_as_of=timed.as_of,
            reference_state=timed.state,
        )


@dataclass(frozen=True, slots=True)
class KnownSight:
    """The stored occurrence of a record that arrived last, where it is not the one that an unchanged answer repeats
    anyway (its version's reference)."""

    version: int
    """Which of the record's versions it stands in, from 0."""
    scheme: int
    content: Content
    """Its own, which may be less than its version's."""
    exchange_id: str
    position: int
    as_of: datetime | None
    state: str


@dataclass(frozen=True, slots=True)
class KnownRecord:
    """What is known of a record."""

    id: str
    key: str
    state: str
    versions: tuple[KnownVersion, ...]
    """In order of time; the last is what it says now."""
    media: frozenset[str]
    """Ids of its files."""
    public: bool = True
    """Seen as everybody may see it."""
    in_thread: bool = True
    """Known as part of another record's thread."""
    counted: int | None = None
    """How many records the platform last counted under it."""
    last: KnownSight | None = None
    """None: it is a reference, or came out of the platform's history."""

    @property
    def current(self) -> KnownVersion:
        return self.versions[-1]

    def at(self, as_of: datetime | None) -> KnownVersion | None:
        """The version that stood at a time by the platform's clock; the current one where the platform gives no time;
        None where all that is known is later."""
        if as_of is None:
            return self.current
        timed = (version for version in reversed(self.versions) if version.as_of is None or version.as_of <= as_of)
        return next(timed, None)
