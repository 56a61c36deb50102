"""Ids of indexed records: they begin with the second of the record, so that order and dates are those of ids."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Mapping

from archiver.search.documents import Document
from archiver.search.rows import Stored

#: Bits of an id below the second.
SECOND_BITS = 20
_SLOTS = 1 << SECOND_BITS


def first_id(second: int) -> int:
    """Lowest id that a record of this second may have."""
    return second << SECOND_BITS


def second_of(row_id: int) -> int:
    """The second of a row."""
    return row_id >> SECOND_BITS


def choose(
    documents: Iterable[Document], before: Mapping[str, Stored], taken: Callable[[Iterable[int]], set[int]]
) -> dict[str, int]:
    """An id for each: the one it has where its second is the same, else a place in its second that follows from the
    record id (so that a rebuild repeats it), or the next free one. ``before``: how they are stored now, by record id;
    ``taken``: which of these ids are in use."""
    ids: dict[str, int] = {}
    wanted: dict[str, int] = {}
    for document in documents:
        row = before.get(document.record_id)
        if row is not None and second_of(row.id) == document.second:
            ids[document.record_id] = row.id
        else:
            wanted[document.record_id] = first_id(document.second) + zlib.crc32(document.record_id.encode()) % _SLOTS
    used = taken(wanted.values())
    for record_id, row_id in wanted.items():
        while row_id in used:
            row_id = first_id(second_of(row_id)) + (row_id + 1) % _SLOTS
            used |= taken([row_id])
        used.add(row_id)
        ids[record_id] = row_id
    return ids
