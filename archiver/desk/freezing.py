"""Freezing a search: everything that answers it now, as a statement that is kept, with its act and its event."""

from __future__ import annotations

from contextlib import suppress
from typing import Final

from sqlalchemy import exc

from archiver.archive import Archive
from archiver.errors import NotFound, UsageError
from archiver.evidence import log
from archiver.evidence.log import NewEvent
from archiver.people.acting import Actor
from archiver.people.actions import Action
from archiver.people.service import viewer_of
from archiver.search import acts, statements
from archiver.search.statements import Statement

_TRIES: Final = 4


def freeze(archive: Archive, actor: Actor, query: str) -> Statement:
    """Keep what answers ``query`` now, as far as the actor sees it.

    Raises:
        Refused: the actor may not freeze searches.
        UsageError: the query cannot be written down, or no statement can say what the actor sees.
        NotFound: nothing answers it.
        OutdatedIndex, SearchTooSlow: see :func:`archiver.search.statements.freeze`.
    """
    if not query.isprintable() and any(0xD800 <= ord(character) <= 0xDFFF for character in query):
        raise UsageError("the query holds bytes that are no text")
    for _ in range(_TRIES):
        with suppress(exc.IntegrityError):
            return _frozen(archive, actor, query)
    return _frozen(archive, actor, query)


def _frozen(archive: Archive, actor: Actor, query: str) -> Statement:
    """Search and freeze in one view of the database. Where somebody else acts in the same moment, that view may not
    know the number of their act, and PostgreSQL gives ours up."""
    now = archive.clock.now()
    with archive.database.write(still=True) as connection:
        viewer = viewer_of(connection, archive, actor, Action.SEARCH_FREEZE)
        size = log.read_head(connection).size
        frozen = statements.freeze(connection, archive.search, query, viewer=viewer, at=now, log_size=size)
        if not frozen.record_ids:
            raise NotFound(f"no record answers the query; it was read as: {frozen.reading}")
        archive.acts.record(connection, acts.frozen(frozen, actor.pair), now)
        facts = {"sha256": frozen.sha256, "hits": len(frozen.record_ids)}
        log.append(connection, [NewEvent("search.frozen", "search", frozen.id, facts, *actor.pair)], now)
    return frozen
