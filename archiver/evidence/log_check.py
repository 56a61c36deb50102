"""Checking the database's copy of the event log against itself: every row is read and everything recomputed.

Whoever can rewrite rows, leaves, positions and head together leaves no trace here; that is found by comparing with the
deltas in the object store (:func:`archiver.evidence.deltas.restore_log`) and with checkpoints.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Row, select

from archiver.errors import IntegrityError
from archiver.evidence import tree
from archiver.evidence.entry import Entry, read_entry
from archiver.evidence.log import origin, read_head
from archiver.evidence.models import Event

_ROWS_AT_ONCE = 1000
_MOST_FINDINGS = 1000


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as it must be."""

    problem: str
    """A sentence."""
    position: int | None = None
    """Where in the log, if that can be said."""
    event: str | None = None
    """Id of the row, if that can be said."""


def check(connection: Connection) -> list[Finding]:
    """Everything that is wrong with the rows of the log, the first thousand findings; empty if nothing is.

    Edited, deleted, inserted and reordered rows are found, as long as not all that depends on them was changed too.
    """
    return list(islice(_findings(connection), _MOST_FINDINGS))


def _findings(connection: Connection) -> Iterator[Finding]:
    checker = _Checker(origin(connection))
    query = select(Event).where(Event.position.is_not(None)).order_by(Event.position)
    columns = query.with_only_columns(*Event.__table__.columns)
    for row in connection.execute(columns, execution_options={"yield_per": _ROWS_AT_ONCE}):
        yield from checker.row(row)
    yield from _head_findings(connection, checker)
    waiting = select(*Event.__table__.columns).where(Event.position.is_(None)).order_by(Event.arrival)
    for row in connection.execute(waiting, execution_options={"yield_per": _ROWS_AT_ONCE}):
        if connection.dialect.name == "sqlite":
            yield Finding("the event has no position in the log", None, row.id)
        else:
            yield from checker.waiting(row)


def _head_findings(connection: Connection, checker: _Checker) -> Iterator[Finding]:
    try:
        head = read_head(connection)
    except IntegrityError as error:
        yield Finding(str(error))
        return
    if head.size != checker.rows or head.size != checker.following:
        yield Finding(f"the log should have {head.size} entries, and has {checker.rows}")
    elif list(head.frontier) != checker.frontier:
        yield Finding("the entries do not give the tree on record: one was changed, or their order was")
    if not 0 <= head.stored <= head.size or head.storing > head.size:
        yield Finding("more entries are said to be in the object store than there are")


@dataclass(slots=True)
class _Checker:
    """Goes through the rows in order of position."""

    log: str
    following: int = 0
    """The next position."""
    rows: int = 0
    frontier: list[bytes] = field(default_factory=list)
    """Of the rows so far."""
    chains: dict[str, tuple[int, str]] = field(default_factory=dict)
    """Number and leaf hash of each chained subject's newest event so far."""

    def row(self, row: Row[Any]) -> Iterator[Finding]:
        """What is wrong with the next row."""
        if row.position != self.following:
            yield Finding(f"entries {self.following} to {row.position - 1} are missing", self.following)
        leaf = tree.leaf_hash(row.body)
        self.frontier = tree.append(self.frontier, self.rows, [leaf])
        self.rows, self.following = self.rows + 1, row.position + 1
        for problem in self._problems(row, leaf):
            yield Finding(problem, row.position, row.id)

    def waiting(self, row: Row[Any]) -> Iterator[Finding]:
        """What is wrong with the next row that has no position yet."""
        for problem in self._problems(row, tree.leaf_hash(row.body)):
            yield Finding(problem, None, row.id)

    def _problems(self, row: Row[Any], leaf: bytes) -> Iterator[str]:
        if leaf != row.leaf:
            yield "the entry does not have the leaf hash on record"
        try:
            entry = read_entry(row.body)
        except ValueError as error:
            yield f"the entry cannot be read: {error}"
            return
        if entry.log != self.log:
            yield "the entry is of another log"
        shown = (row.id, row.at, row.type, row.subject_id, row.subject_number)
        if shown != (entry.id, entry.at, entry.type, entry.subject_id, entry.number):
            yield "the columns of the row do not say what its entry says"
        if not self._follows(entry, leaf):
            yield "the entry does not follow the event of its subject before it"

    def _follows(self, entry: Entry, leaf: bytes) -> bool:
        if entry.number == 0:
            return True
        number, previous = self.chains.get(entry.subject_id, (0, None))
        self.chains[entry.subject_id] = (entry.number, leaf.hex())
        return (entry.number, entry.previous) == (number + 1, previous)
