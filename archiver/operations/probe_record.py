"""The result of trying out the store: entered into the log, and told to whoever runs or certifies something."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select

from archiver.archive import Archive
from archiver.evidence import log
from archiver.evidence.entry import read_entry
from archiver.evidence.log import NewEvent
from archiver.evidence.models import Event
from archiver.operations.probe import FULL, IMMUTABILITY, PROPERTIES, SHORT, Effort, ProbeReport, probe
from archiver.storage.protocol import StoreUnavailable

_WORDS = {"passed": "ok ", "failed": "BAD", "not_checked": "-  "}
#: What certificates say where it was not shown.
NOT_ENFORCED = "immutability not enforced by storage"
#: A trial older than this is made again.
FRESH: Final = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class LastProbe:
    """What the log says of the last trial."""

    store: str
    """``directory`` or ``s3``."""
    at: datetime
    passed: frozenset[str]
    failed: frozenset[str]
    whole: bool
    """Whether what locks was tried too."""

    @property
    def immutable(self) -> bool:
        """Whether every property that keeps what is stored was shown."""
        return self.passed >= IMMUTABILITY

    @property
    def overwrites(self) -> bool:
        """See :attr:`archiver.operations.probe.ProbeReport.overwrites`."""
        return bool({"p2-write-once", "p3-one-winner"} & self.failed)


def probe_and_record(archive: Archive, effort: Effort = FULL) -> ProbeReport:
    """Try out the archive's store and enter what was found into the log. A short trial after which nothing else is
    known than before it is not entered: the last one with locks stays what certificates go by.

    Raises:
        StoreUnavailable: it does not answer; nothing is entered.
    """
    report = probe(archive.store, effort)
    if effort.lock is None and not _is_news(report, last_probe(archive)):
        return report
    extent = "short" if effort.lock is None else "whole"
    facts = {
        "store": report.store,
        "effort": extent,
        "passed": report.codes("passed"),
        "failed": report.codes("failed"),
    }
    with archive.database.write() as connection:
        event = NewEvent("storage.probed", "archive", archive.identity.id, facts)
        log.append(connection, [event], archive.clock.now())
    return report


def _is_news(report: ProbeReport, known: LastProbe | None) -> bool:
    """Whether a trial without locks says more than the last one with them."""
    if known is None or not known.whole or known.overwrites != report.overwrites:
        return True
    return not set(report.codes("failed")) <= known.failed


def last_probe(archive: Archive) -> LastProbe | None:
    """The last trial of this kind of store, or None where there was none: then nothing was shown."""
    newest = (Event.at.desc(), Event.position.desc().nulls_first())
    query = select(Event.body, Event.at).where(Event.type == "storage.probed").order_by(*newest).limit(1)
    with archive.database.read() as connection:
        row = connection.execute(query).one_or_none()
    if row is None:
        return None
    said = read_entry(row.body).data
    if said["store"] != archive.store.kind:
        return None
    return LastProbe(
        said["store"], row.at, frozenset(said["passed"]), frozenset(said["failed"]), said.get("effort") == "whole"
    )


def known_or_tried(archive: Archive) -> LastProbe:
    """What is known of the store where that is fresh and no reason to look again; else a short trial is made.

    Raises:
        StoreUnavailable: it does not answer.
    """
    known = last_probe(archive)
    if known is not None and not known.overwrites and archive.clock.now() - known.at <= FRESH:
        return known
    probe_and_record(archive, SHORT)
    known = last_probe(archive)
    assert known is not None
    return known


@dataclass(frozen=True, slots=True)
class StoreState:
    """What is known of the store, for people."""

    said: str
    sound: bool
    """Whether nothing is wrong with it."""


def at_start(archive: Archive) -> StoreState:
    """What a service says that begins: the last trial, or, where that is old, one made now."""
    try:
        known = known_or_tried(archive)
    except StoreUnavailable as error:
        return StoreState(f"could not be tried out: {error}", False)
    return StoreState(told(known, archive.clock.now()), not known.failed)


def state(archive: Archive) -> StoreState:
    """What the last trial showed. Asks nothing of the store."""
    known = last_probe(archive)
    if known is None:
        return StoreState("was not tried out yet", True)
    return StoreState(told(known, archive.clock.now()), not known.failed)


def alarm(archive: Archive) -> str | None:
    """What every page must say of the store; None while nothing was found wrong. What was not checked is no alarm."""
    known = last_probe(archive)
    if known is None or not (known.overwrites or known.failed & IMMUTABILITY):
        return None
    return "stored objects can be overwritten, so nothing is captured" if known.overwrites else NOT_ENFORCED


def is_due(archive: Archive) -> bool:
    """Whether the weekly trial is due: the whole one, for a bucket."""
    known = last_probe(archive)
    if known is None or archive.clock.now() - known.at > FRESH:
        return True
    return archive.store.kind == "s3" and not known.whole


def weekly(archive: Archive) -> ProbeReport:
    """Try out the store as the schedule does: a bucket with its locks, a folder without thousands of writes.

    Raises:
        StoreUnavailable: it does not answer.
    """
    return probe_and_record(archive, FULL if archive.store.kind == "s3" else SHORT)


def told(known: LastProbe, now: datetime) -> str:
    """What is known, in a few words, with its age."""
    days = (now - known.at).days
    when = "today" if days < 1 else f"{days} day{'' if days == 1 else 's'} ago"
    if known.overwrites:
        return f"was tried out {when}: stored objects can be overwritten, so nothing is captured"
    if known.immutable:
        return f"was tried out {when}: what is stored can be neither changed nor deleted"
    if known.store == "directory" and not known.failed:
        return f"was tried out {when}: nothing is overwritten; whoever owns its disk can change and remove everything"
    missing = sorted(IMMUTABILITY - known.passed, key=list(PROPERTIES).index)
    codes = ", ".join(code.partition("-")[0].upper() for code in missing)
    return f"was tried out {when}: {NOT_ENFORCED}; not shown: {codes}"


def lines(report: ProbeReport) -> Iterator[str]:
    """For people."""
    yield report.name
    for one in report.tried:
        yield f"{_WORDS[one.verdict]} {PROPERTIES[one.code]}{f': {one.found}' if one.found else ''}"
    if report.left:
        yield f"Not removed, for lack of the right to: {len(report.left)} small objects, such as {report.left[0]}."
    if report.overwrites:
        yield "Stored objects can be overwritten: nothing will be captured; use another store."
    elif not report.immutable:
        yield f"Certificates will say: {NOT_ENFORCED}."
