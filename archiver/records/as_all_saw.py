"""What a record said, as everybody saw it.

Words that only an owner's token was shown make versions of their own, and split the one that they fall into: A, then B
in private, then A again are three. Whoever sees public things only is shown neither B nor that there was something
between: to them there is one A. So where anything of a record was seen in private, its versions are worked out anew, by
the same rule and from the public occurrences alone (:func:`archiver.records.versions.versions`). What they say, since
when, and how they are counted is then what it would be had nobody looked in private. Their ids stay those by which the
words are known.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from sqlalchemy import Connection, select

from archiver.capture.models import Exchange, Segment
from archiver.database import among
from archiver.records import stored
from archiver.records.moments import named_as_now
from archiver.records.stored import OCCURRENCE, OPEN, Placed, table
from archiver.records.versions import Version, versions
from archiver.records.withheld import looked_at_in_private

_EXCHANGE, _SEGMENT = table(Exchange), table(Segment)
Place = tuple[str, int]
"""Of an occurrence: exchange and position."""


@dataclass(frozen=True, slots=True)
class Homes:
    """Where each public occurrence of a record stands as its versions are shown."""

    ids: Mapping[Place, str]
    numbers: Mapping[Place, int]

    @classmethod
    def of(cls, found: Iterable[Version]) -> Homes:
        placed = [((each.exchange_id, each.position), one) for one in found for each in one.members]
        return cls({place: one.id for place, one in placed}, {place: one.number for place, one in placed})


def seen_in_private_among(connection: Connection, record_ids: Collection[str]) -> set[str]:
    """Of which of these records anything is stored that not everybody could see. One small query where their accounts
    hold nothing but public segments."""
    these = [*record_ids]
    if not looked_at_in_private(connection, these):
        return set()
    query = (
        select(OCCURRENCE.c.record_id)
        .join(_EXCHANGE, _EXCHANGE.c.id == OCCURRENCE.c.exchange_id)
        .join(_SEGMENT, _SEGMENT.c.id == _EXCHANGE.c.segment_id)
        .where(among(connection, OCCURRENCE.c.record_id, these), _SEGMENT.c.access.not_in(OPEN))
    )
    return set(connection.scalars(query.distinct()))


def versions_of(connection: Connection, record_ids: Collection[str]) -> dict[str, tuple[Version, ...]]:
    """The versions of those of these records of which anything was seen in private, as everybody saw them; of all
    others, what their rows say is what everybody saw."""
    mixed = seen_in_private_among(connection, record_ids)
    placed = stored.occurrences(connection, mixed, stored.version_rows(connection, mixed)) if mixed else {}
    return {one: _versions(one, placed.get(one, ())) for one in mixed}


def public_only(placed: Iterable[Placed]) -> list[Placed]:
    """The occurrences that everybody could have got, each seen until everybody saw it last."""
    return [
        replace(one, occurrence=replace(one.occurrence, last_seen_at=one.occurrence.seen_in_public_at))
        for one in placed
        if one.occurrence.public
    ]


def _versions(record_id: str, placed: Sequence[Placed]) -> tuple[Version, ...]:
    public = public_only(placed)
    found = versions(record_id, (one.occurrence for one in public))
    return named_as_now(record_id, found, {one.occurrence.arrival: one.version_id for one in public})
