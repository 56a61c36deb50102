"""Files of records: fetched in the run that saw them, since platforms let their addresses expire within hours."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, func, or_, select

from archiver import ids
from archiver.capture.asking import Asked, Asker, FileWanted
from archiver.capture.facts import MediumOf, Taken
from archiver.capture.models import Exchange
from archiver.capture.parts import MediumOutcome
from archiver.capture.reading import MEDIUM
from archiver.capture.run import RunState
from archiver.database import Database
from archiver.records.models import Medium, Record
from connectors.contract import (
    AccessClass,
    Addressed,
    Ask,
    Connector,
    MediaRef,
    Problem,
    ProblemKind,
    Reading,
    State,
    Stream,
)

_AGAIN = 200
_NEW, _DAY = timedelta(days=4), timedelta(hours=20)
ANOTHER = "the file that came is not the one that the record names by its digest"
TOO_LARGE = "length"
"""How an answer says that it was cut at our own limit."""
_PRIVATE = (AccessClass.PRIVATE, AccessClass.PRIVATE_MEDIA, AccessClass.SETTINGS)


@dataclass(frozen=True, slots=True)
class WantedFile:
    """One file to fetch."""

    medium: MediumOf
    url: str
    access: AccessClass


def wanted_files(account: str, taken: Taken, new: Iterable[tuple[str, MediaRef]]) -> list[WantedFile]:
    """What to fetch for the new media of an answer, given as (record key, file)."""
    access = _media_class(taken.ask.access)
    return [wanted_file(ids.record_id(account, key), ref.key, ref.url, access) for key, ref in new]


def _media_class(access: AccessClass) -> AccessClass:
    return AccessClass.PRIVATE_MEDIA if access in _PRIVATE else AccessClass.MEDIA


def wanted_file(record: str, key: str, url: str, access: AccessClass) -> WantedFile:
    return WantedFile(MediumOf(ids.medium_id(record, key), record, key), url, access)


def postponed_files(database: Database, account: str, addresses: Mapping[str, str], now: datetime) -> list[WantedFile]:
    """Files that earlier runs saw and did not fetch: tried again, some at a time, by chance, so that those that always
    fail do not stand before all others. Once a day also those that were not found though a record names them that is
    new and still stands: a file may be ready later than what names it, and its server may have been out of order.

    Args:
        addresses: where they were seen since, by their ids.
    """
    query = (
        select(Medium.record_id, Medium.key, Medium.url, Record.access)
        .join(Record, Record.id == Medium.record_id)
        .join(Exchange, Exchange.id == Medium.exchange_id, isouter=True)
        .where(Record.account_id == account, or_(Medium.state == "wanted", _may_come(now)))
        .order_by(func.random())
        .limit(_AGAIN)
    )
    with database.read() as connection:
        rows = connection.execute(query).all()
    found = [wanted_file(row.record_id, row.key, row.url, _media_class(AccessClass(row.access))) for row in rows]
    return [replace(file, url=addresses.get(file.medium.id, file.url)) for file in found]


def _may_come(now: datetime) -> ColumnElement[bool]:
    return and_(
        Medium.state == "missing",
        Record.state == State.VISIBLE.value,
        Record.first_seen_at >= now - _NEW,
        Exchange.received_at < now - _DAY,
    )


def too_large(limit: int) -> str:
    """Why a file is not kept, for a person."""
    return f"larger than {limit} bytes"


def is_another(connector: Connector, answer: Taken) -> bool:
    """Whether what came is not the file that the record names by its digest."""
    if answer.medium is None or not isinstance(connector, Addressed) or answer.wire.status != 200:
        return False
    named = connector.digest(answer.medium.key)
    return named is not None and named != answer.wire.body_sha256


def set_aside(answer: Taken) -> Taken:
    """As evidence of what the server sent: quarantined, and no file of the record."""
    reading = Reading(quarantine=(("", ANOTHER),), problem=Problem(ProblemKind.CONTRACT, ANOTHER))
    return replace(answer, medium=None, reading=reading)


@dataclass(slots=True)
class FileFetcher:
    """Fetches files for one run."""

    asker: Asker
    state: RunState
    largest: int
    requests: int
    """Most requests of the run: when they are used up, files stay wanted for the next one."""
    _met: set[str] = field(default_factory=set)

    def fetch_all(self, wanted: Iterable[WantedFile], checkpoint: Callable[[], None]) -> None:
        """Fetch files in order, each once in a run, as far as the run's requests reach.

        Raises:
            Stopped, SpoolError, OutOfSpace: as for any ask.
        """
        for file in wanted:
            if file.medium.id in self._met:
                continue
            self._met.add(file.medium.id)
            if self.asker.ordinal >= self.requests:
                self.state.count("files_postponed")
                continue
            self.fetch(file)
            checkpoint()

    def fetch(self, wanted: WantedFile) -> None:
        """Fetch one file into its segment, or write down why not. Never more than once an address in one run.

        Raises:
            Stopped, SpoolError, OutOfSpace: as for any ask.
        """
        if self.largest == 0:
            self._not_fetched(wanted, "refused", "this archive is set to keep no files")
            return
        ask = Ask(wanted.url, Stream.MEDIA, MEDIUM, access=wanted.access, authorise="never")
        asked = self.asker.ask(ask, wanted=FileWanted(wanted.medium, self.state.batch.body_path, self.largest))
        if asked.answer is None:
            self._no_answer(wanted, asked)
            return
        if asked.answer.wire.truncated == TOO_LARGE:
            if asked.answer.wire.body_file is not None:
                asked.answer.wire.body_file.path.unlink(missing_ok=True)
            self._not_fetched(wanted, "too_large", too_large(self.largest))
        elif asked.problem is not None:
            self.state.count("files_postponed")
        elif is_another(self.asker.connector, asked.answer):
            self.state.store([*asked.hops, set_aside(asked.answer)])
            self.state.count("exchanges", 1 + len(asked.hops))
            self._not_fetched(wanted, "refused", ANOTHER)
        else:
            self.state.store([*asked.hops, asked.answer])
            self.state.count("exchanges", 1 + len(asked.hops))
            self.state.count("files")

    def _no_answer(self, wanted: WantedFile, asked: Asked) -> None:
        """A refused address is final; anything else is tried again by a later run."""
        if asked.refused and asked.problem is not None:
            self._not_fetched(wanted, "refused", asked.problem.detail)
        else:
            self.state.count("files_postponed")

    def _not_fetched(self, wanted: WantedFile, state: str, reason: str) -> None:
        self.state.tally_of(wanted.access).media.append(MediumOutcome(wanted.medium.id, state, reason))
        self.state.count("files_not_kept")
