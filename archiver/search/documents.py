"""What is indexed of one record."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from archiver.records.unseen import KNOWN_FROM_IMPORT


@dataclass(frozen=True, slots=True)
class DocumentVersion:
    """One version of a record, as far as search needs it."""

    id: str
    text: str
    current: bool
    """Whether the record says this now (or said it last)."""


#: Flag of a public record of which something is known only from answers that not everybody could see: a version, or a
#: state (decision 9). It is not found by who may see public things only, by none of its words.
WITHHELD: Final = "withheld"


@dataclass(frozen=True, slots=True)
class Document:
    """One record as the index sees it: a hit is always a record, and all its versions are searched together."""

    record_id: str
    account_id: str
    platform: str
    kind: str
    access: str
    """Access class; part of what a viewer may see."""
    state: str
    created_at: datetime | None
    """By the platform's clock, UTC."""
    first_seen_at: datetime
    """When everybody could first see it; where not everybody ever could, when the archive first saw it. UTC; its date
    where the platform gives none, for all readers alike, so that its place tells nobody of a look in private."""
    author_id: str | None = None
    author_name: str | None = None
    author_handle: str | None = None
    series: str | None = None
    flags: frozenset[str] = frozenset()
    """``media``: it has files; ``comments``: something answers it; :data:`WITHHELD`. ``edits`` and ``link`` follow from
    the versions."""
    versions: tuple[DocumentVersion, ...] = ()
    """In order of time."""
    in_public: tuple[DocumentVersion, ...] | None = None
    """The same as everybody saw them, where ``versions`` say more: who may see public things only is shown these, and
    finds the record by their words alone (:data:`archiver.search.terms.CLOSED`). None: ``versions`` are what
    everybody saw, or the whole record is shown to nobody who may see no more than that."""
    closed: frozenset[str] = frozenset()
    """Flags that are true only of what not everybody could see."""

    @property
    def at(self) -> datetime:
        """The date it is found and sorted by."""
        return self.created_at or self.first_seen_at

    @property
    def second(self) -> int:
        """:attr:`at` as whole seconds since 1970, rounded down; dates in queries are compared with this."""
        return seconds(self.at)

    def traits(self) -> Iterator[str]:
        """What ``has:`` may ask for, whoever asks."""
        yield from self.flags
        yield from self._shown_by(self.versions if self.in_public is None else self.in_public)

    def closed_traits(self) -> Iterator[str]:
        """The same where whoever asks sees more than what everybody saw."""
        yield from self.closed
        if self.in_public is not None:
            yield from self._shown_by(self.versions)

    def _shown_by(self, versions: tuple[DocumentVersion, ...]) -> Iterator[str]:
        # That two exports differ is no edit that anybody saw.
        edited = len(versions) > 1 and self.state != KNOWN_FROM_IMPORT
        if edited and "edits" not in self.flags:
            yield "edits"
        if "link" not in self.flags and any("://" in version.text for version in versions):
            yield "link"


def seconds(at: datetime) -> int:
    """Whole seconds since 1970, rounded down, exactly (``timestamp()`` is a float and may round up)."""
    whole = at.replace(microsecond=0)
    return int(whole.timestamp())
