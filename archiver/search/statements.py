"""A frozen search: what was asked, how it was read, when, of which index, and every record that answered.

A statement is one canonical JSON object (:mod:`archiver.canonical`), kept as bytes and named by their SHA-256, so that
the list on screen, the list in an export and the list in a court paper are one list. Its fields:

``format``     ``"search-statement/1"``
``id``         ``se_…``
``at``         time of the search
``query``      as typed; ``zone`` and ``names`` say how dates and names in it were understood
``reading``    the query in plain words, and what in it was not understood
``viewer``     what whoever asked may see: ``accounts`` and ``access``, each a list or null for all
``index``      ``records`` it held, ``analyser`` that made it, ``log_size``: entries of the event log then, or null
``record_ids``  of every hit, newest first, by id where the second is the same
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select

from archiver import canonical, clock, ids
from archiver.errors import IntegrityError, NotFound, UsageError
from archiver.search import query as queries
from archiver.search.analyser import IDENTITY
from archiver.search.index import Listing, OutdatedIndex, SearchIndex
from archiver.search.models import SearchStatement
from archiver.search.tree import Accounts, Query, RememberedRegister, leaves
from archiver.viewing import Viewer

_FORMAT = "search-statement/1"


@dataclass(frozen=True, slots=True)
class Statement:
    """One frozen search."""

    id: str
    at: datetime
    query: str
    zone: str
    names: Mapping[str, tuple[str, ...]]
    """What names in the query stood for, by ``field:name``: ids of accounts."""
    reading: str
    viewer: Viewer
    records: int
    analyser: str
    log_size: int | None
    record_ids: tuple[str, ...]

    @property
    def body(self) -> bytes:
        """The canonical bytes."""
        return canonical.encode(
            {
                "format": _FORMAT,
                "id": self.id,
                "at": clock.to_text(self.at),
                "query": self.query,
                "zone": self.zone,
                "names": [[name, list(accounts)] for name, accounts in sorted(self.names.items())],
                "reading": self.reading,
                "viewer": {"accounts": _listed(self.viewer.accounts), "access": _listed(self.viewer.access)},
                "index": {"records": self.records, "analyser": self.analyser, "log_size": self.log_size},
                "record_ids": list(self.record_ids),
            }
        )

    @property
    def sha256(self) -> str:
        """Of :attr:`body`, in hexadecimal."""
        return hashlib.sha256(self.body).hexdigest()


@dataclass(frozen=True, slots=True)
class Reproduction:
    """The same search, done again."""

    record_ids: tuple[str, ...]
    gone: tuple[str, ...]
    """In the statement, no longer found."""
    new: tuple[str, ...]
    """Found now, not in the statement."""

    @property
    def same(self) -> bool:
        return not (self.gone or self.new)


def freeze(
    connection: Connection,
    index: SearchIndex,
    query_text: str,
    *,
    viewer: Viewer,
    at: datetime,
    log_size: int | None = None,
) -> Statement:
    """Search, and keep everything that answers, in the caller's transaction (which must be able to write).

    ``log_size``: how many entries the event log has in this transaction.

    Raises:
        OutdatedIndex: the index was made by another analyser, so its hits would not be what the statement says.
        SearchTooSlow: the listing took too long.
        UsageError: a statement cannot say what this viewer may see.
    """
    if viewer.also or (viewer.access is None and not viewer.messages):
        raise UsageError("what you may see differs from account to account: freeze a search of one of them alone")
    if index.outdated(connection):
        raise OutdatedIndex("the search index was made by another version; rebuild it before freezing a search")
    found = index.listing(connection, query_text, viewer=viewer)
    statement = _statement(found, viewer, at, log_size)
    row = {"id": statement.id, "at": at, "sha256": statement.sha256, "body": statement.body}
    connection.execute(insert(SearchStatement).values(row))
    return statement


def load(connection: Connection, statement_id: str) -> Statement:
    """A statement as it was frozen.

    Raises:
        NotFound: no such statement.
        IntegrityError: its bytes are not those that were stored.
    """
    chosen = select(SearchStatement.sha256, SearchStatement.body).where(SearchStatement.id == statement_id)
    row = connection.execute(chosen).one_or_none()
    if row is None:
        raise NotFound(f"there is no frozen search {statement_id}")
    try:
        statement = _from_body(row.body)
    except (ValueError, KeyError, TypeError) as error:
        raise IntegrityError(f"the frozen search {statement_id} cannot be read: {error}") from error
    if statement.id != statement_id or hashlib.sha256(row.body).hexdigest() != row.sha256:
        raise IntegrityError(f"the frozen search {statement_id} is not what was stored")
    return statement


def reproduce(connection: Connection, index: SearchIndex, statement: Statement) -> Reproduction:
    """Do the search again, reading it as it was read then, in the index as it is now.

    Raises:
        SearchTooSlow: the listing took too long.
    """
    remembered = RememberedRegister({name: frozenset(accounts) for name, accounts in statement.names.items()})
    query = queries.parse(statement.query, zone=statement.zone, register=remembered)
    now = index.listing(connection, query, viewer=statement.viewer).record_ids
    before, after = set(statement.record_ids), set(now)
    return Reproduction(
        record_ids=now,
        gone=tuple(one for one in statement.record_ids if one not in after),
        new=tuple(one for one in now if one not in before),
    )


def _statement(found: Listing, viewer: Viewer, at: datetime, log_size: int | None) -> Statement:
    return Statement(
        id=ids.new_id("se"),
        at=at,
        query=found.query.text,
        zone=found.query.zone,
        names=_names(found.query),
        reading=queries.whole(found.query),
        viewer=viewer,
        records=found.records,
        analyser=IDENTITY,
        log_size=log_size,
        record_ids=found.record_ids,
    )


def _names(query: Query) -> dict[str, tuple[str, ...]]:
    asked = [leaf for leaf in leaves(query.root) if isinstance(leaf, Accounts)]
    return {f"{leaf.field}:{leaf.said}": tuple(sorted(leaf.ids)) for leaf in asked}


def _listed(values: frozenset[str] | None) -> list[str] | None:
    return None if values is None else sorted(values)


def _from_body(body: bytes) -> Statement:
    fields: dict[str, Any] = canonical.decode(body)
    if fields["format"] != _FORMAT:
        raise ValueError(f"unknown format {fields['format']!r}")
    viewer, index = fields["viewer"], fields["index"]
    return Statement(
        id=fields["id"],
        at=clock.from_text(fields["at"]),
        query=fields["query"],
        zone=fields["zone"],
        names={name: tuple(accounts) for name, accounts in fields["names"]},
        reading=fields["reading"],
        viewer=Viewer(_set(viewer["accounts"]), _set(viewer["access"])),
        records=index["records"],
        analyser=index["analyser"],
        log_size=index["log_size"],
        record_ids=tuple(fields["record_ids"]),
    )


def _set(values: list[str] | None) -> frozenset[str] | None:
    return None if values is None else frozenset(values)
