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
#: state (decision 9). All its versions are searched together, so it is not found by who may see public things only.
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

    @property
    def at(self) -> datetime:
        """The date it is found and sorted by."""
        return self.created_at or self.first_seen_at

    @property
    def second(self) -> int:
        """:attr:`at` as whole seconds since 1970, rounded down; dates in queries are compared with this."""
        return seconds(self.at)

    def traits(self) -> Iterator[str]:
        """What ``has:`` may ask for."""
        yield from self.flags
        # That two exports differ is no edit that anybody saw.
        edited = len(self.versions) > 1 and self.state != KNOWN_FROM_IMPORT
        if edited and "edits" not in self.flags:
            yield "edits"
        if "link" not in self.flags and any("://" in version.text for version in self.versions):
            yield "link"


def seconds(at: datetime) -> int:
    """Whole seconds since 1970, rounded down, exactly (``timestamp()`` is a float and may round up)."""
    whole = at.replace(microsecond=0)
    return int(whole.timestamp())
