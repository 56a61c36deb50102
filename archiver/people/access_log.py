"""Who looked at what and searched for what (law R42). Views and searches change nothing, so they are in no signed log;
their table only grows. What was searched for is sealed: only who may read this log sees it.

Cheap: whoever comes first writes down what has come together, in one transaction; nobody waits for another's.
"""

from __future__ import annotations

import json
import threading
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import ColumnElement, Connection, insert, select

from archiver import logs
from archiver.archive import Archive
from archiver.clock import to_text
from archiver.errors import ArchiverError
from archiver.people.models import AccessEntry, Person

_log = logs.get(__name__)
_MOST: Final = 10_000
_AT_ONCE: Final = 500
_NOTE: Final = "note of a search"


@dataclass(frozen=True, slots=True)
class Looked:
    """One view or search."""

    at: datetime
    person_id: str
    through: str
    """Session or token; of a command the machine's user, and ``person_id`` is empty."""
    action: str
    route: str
    """Pattern of the page; of a command its words."""
    subject: str
    status: int
    sought: str | None = None
    """What was searched for."""


@dataclass(frozen=True, slots=True)
class EntryView:
    """A line of the access log, for who may read it."""

    id: int
    at: datetime
    person_id: str
    name: str | None
    through: str
    action: str
    route: str
    subject: str
    status: int
    sought: str | None
    """None: nothing was searched for, or its key is not there."""


COMMAND: Final = "command"
"""Action of a line that tells of a command; its route is the command's words, and ``through`` the machine's user."""


class AccessLog:
    """Writes down the views of one archive. Safe to share between threads."""

    def __init__(self, archive: Archive) -> None:
        self._archive = archive
        self._waiting: deque[Looked] = deque(maxlen=_MOST)
        self._writing = threading.Lock()

    def note(self, looked: Looked) -> None:
        """Write it down, with whatever others wait; or leave it to whoever writes just now."""
        if len(self._waiting) == _MOST:
            _log.error("access_log.full")
        self._waiting.append(looked)
        written = True
        while written and self._waiting and self._writing.acquire(blocking=False):
            try:
                written = self._write()
            finally:
                self._writing.release()

    def _write(self) -> bool:
        """Whether it could be written; what could not waits for the next who looks."""
        some: list[Looked] = []
        while self._waiting and len(some) < _AT_ONCE:
            some.append(self._waiting.popleft())
        if not some:
            return True
        try:
            self._archive.database.act(lambda connection: _insert(connection, self._archive, some))
        except Exception as error:  # noqa: BLE001 - what was asked for has been answered
            room = _MOST - len(self._waiting)  # (the oldest give way, as where they come in)
            self._waiting.extendleft(reversed(some[-room:] if room > 0 else []))
            _log.error("access_log.not_written", entries=len(some), exc_info=error)
            return False
        return True


def _insert(connection: Connection, archive: Archive, some: list[Looked]) -> None:
    connection.execute(insert(AccessEntry), [_row(connection, archive, one) for one in some])


def _row(connection: Connection, archive: Archive, one: Looked) -> dict[str, Any]:
    row = {name: getattr(one, name) for name in ("at", "person_id", "through", "action", "route", "subject", "status")}
    note: bytes | None = None
    key_id: str | None = None
    if one.sought is not None:
        said, place = json.dumps({"q": one.sought}), _place(one.at, one.person_id)
        try:
            note, key_id = archive.vault.seal_text(connection, said, *place)
        except ArchiverError as error:  # without its key, that somebody searched is kept all the same
            _log.error("access_log.note_not_sealed", reason=type(error).__name__)
    return row | {"note": note, "key_id": key_id}


def entries(
    connection: Connection,
    archive: Archive,
    *,
    limit: int,
    before: int | None = None,
    person_id: str | None = None,
    which: Iterable[ColumnElement[bool]] = (),
) -> list[EntryView]:
    """Lines of the log, the newest first; ``before``: the line where the page before ended; ``which``: more that has to
    be so of a line."""
    columns = [*AccessEntry.__table__.columns, Person.name]
    query = select(*columns).outerjoin(Person, Person.id == AccessEntry.person_id)
    query = query.order_by(AccessEntry.id.desc()).limit(limit)
    query = query if before is None else query.where(AccessEntry.id < before)
    query = query if person_id is None else query.where(AccessEntry.person_id == person_id)
    query = query.where(*which)
    return [_view(archive, row) for row in connection.execute(query)]


def _view(archive: Archive, row: Any) -> EntryView:
    sought = None
    if row.note is not None:
        try:
            said = archive.vault.open_text(row.note, row.key_id, _NOTE, *_place(row.at, row.person_id))
            sought = str(json.loads(said)["q"])
        except ArchiverError as error:
            _log.warning("access_log.note_closed", reason=type(error).__name__)
    names = ("id", "at", "person_id", "name", "through", "action", "route", "subject", "status")
    return EntryView(**{name: getattr(row, name) for name in names}, sought=sought)


def _place(at: datetime, person_id: str) -> tuple[str, str, str]:
    return "access_log", to_text(at), person_id
