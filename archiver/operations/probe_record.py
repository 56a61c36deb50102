"""The result of trying out the store: entered into the log, and told to whoever certifies something."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from archiver.archive import Archive
from archiver.evidence import log
from archiver.evidence.entry import read_entry
from archiver.evidence.log import NewEvent
from archiver.evidence.models import Event
from archiver.operations.probe import IMMUTABILITY, PROPERTIES, ProbeReport, probe

_WORDS = {"passed": "ok ", "failed": "BAD", "not_asked": "-  "}
#: What certificates say where it was not shown.
NOT_ENFORCED = "immutability not enforced by storage"


@dataclass(frozen=True, slots=True)
class LastProbe:
    """What the log says of the last trial."""

    at: datetime
    passed: frozenset[str]
    failed: frozenset[str]

    @property
    def immutable(self) -> bool:
        """Whether every property that keeps what is stored was shown."""
        return self.passed >= IMMUTABILITY


def probe_and_record(archive: Archive, *, full: bool) -> ProbeReport:
    """Try out the archive's store and enter what was found into the log.

    Raises:
        StoreUnavailable: it does not answer; nothing is entered.
    """
    report = probe(archive.store, full=full)
    facts = {"store": report.store, "passed": report.codes("passed"), "failed": report.codes("failed")}
    with archive.database.write() as connection:
        event = NewEvent("storage.probed", "archive", archive.identity.id, facts)
        log.append(connection, [event], archive.clock.now())
    return report


def last_probe(archive: Archive) -> LastProbe | None:
    """The last trial of the store, or None where there was none: then nothing was shown."""
    query = select(Event.body, Event.at).where(Event.type == "storage.probed").order_by(Event.at.desc()).limit(1)
    with archive.database.read() as connection:
        row = connection.execute(query).one_or_none()
    if row is None:
        return None
    said = read_entry(row.body).data
    return LastProbe(row.at, frozenset(said["passed"]), frozenset(said["failed"]))


def certified(archive: Archive) -> str:
    """What a certificate says of the store: nothing, or that it does not keep what is stored by itself."""
    last = last_probe(archive)
    return "" if last is not None and last.immutable else NOT_ENFORCED


def lines(report: ProbeReport) -> Iterator[str]:
    """For people."""
    yield report.name
    for one in report.tried:
        yield f"{_WORDS[one.verdict]} {PROPERTIES[one.code]}{f': {one.found}' if one.found else ''}"
    if report.overwrites:
        yield "Stored objects can be overwritten: use another store."
    elif not report.immutable:
        yield f"Certificates will say: {NOT_ENFORCED}."
