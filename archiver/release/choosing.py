"""Which records a bundle is to hold: named one by one, or whatever answers a search, which is then frozen."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from archiver.archive import Archive
from archiver.desk.freezing import freeze
from archiver.errors import UsageError
from archiver.people.acting import of_machine
from archiver.search.statements import Statement


@dataclass(frozen=True, slots=True)
class Chosen:
    """The records asked for, and how."""

    record_ids: tuple[str, ...]
    query: str | None = None
    reading: str | None = None
    statement: Statement | None = None

    def as_json(self, left_out: Sequence[tuple[str, str]]) -> dict[str, Any]:
        """As the manifest says it; ``left_out``: ids of records that could not be put in, each with a code."""
        frozen = self.statement
        return {
            "by": "ids" if frozen is None else "query",
            "query": self.query,
            "reading": self.reading,
            "statement": None if frozen is None else {"id": frozen.id, "sha256": frozen.sha256},
            "asked": len(self.record_ids),
            "left_out": [list(one) for one in left_out],
        }


def by_ids(record_ids: Sequence[str]) -> Chosen:
    """The records named, each once.

    Raises:
        UsageError: none.
    """
    found = tuple(dict.fromkeys(one.strip() for one in record_ids))
    if not found:
        raise UsageError("name the records to hand out, or say --query")
    return Chosen(found)


def by_query(archive: Archive, query: str) -> Chosen:
    """Whatever answers ``query`` now. The search is frozen and entered into the log.

    Raises:
        UsageError: the query cannot be written down.
        NotFound: nothing answers it.
        OutdatedIndex, SearchTooSlow: see :func:`archiver.search.statements.freeze`.
    """
    frozen = freeze(archive, of_machine(), query)
    return Chosen(frozen.record_ids, query, frozen.reading, frozen)
