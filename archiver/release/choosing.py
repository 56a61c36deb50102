"""Which records a bundle is to hold: named one by one, or whatever answers a search, which is then frozen."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import exc

from archiver.archive import Archive
from archiver.errors import NotFound, UsageError
from archiver.evidence import log
from archiver.evidence.log import NewEvent
from archiver.search import acts, statements
from archiver.search.statements import Statement
from archiver.viewing import Viewer

_TRIES: Final = 4


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
    if not query.isprintable() and any(0xD800 <= ord(character) <= 0xDFFF for character in query):
        raise UsageError("the query holds bytes that are no text")
    for _ in range(_TRIES):
        with suppress(exc.IntegrityError):
            return _frozen(archive, query)
    return _frozen(archive, query)


def _frozen(archive: Archive, query: str) -> Chosen:
    """Search and freeze in one view of the database. Where somebody else acts in the same moment, that view may not
    know the number of their act, and PostgreSQL gives ours up."""
    now = archive.clock.now()
    with archive.database.write(still=True) as connection:
        size = log.read_head(connection).size
        frozen = statements.freeze(connection, archive.search, query, viewer=Viewer.EVERYTHING, at=now, log_size=size)
        if not frozen.record_ids:
            raise NotFound(f"no record answers the query; it was read as: {frozen.reading}")
        archive.acts.record(connection, acts.frozen(frozen), now)
        facts = {"sha256": frozen.sha256, "hits": len(frozen.record_ids)}
        log.append(connection, [NewEvent("search.frozen", "search", frozen.id, facts)], now)
    return Chosen(frozen.record_ids, query, frozen.reading, frozen)
