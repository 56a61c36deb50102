"""A batch: what is captured between two commits. Spooled as it comes, sealed into finished segments, then committed.

Files of a batch in the spool folder, all named ``RUN.BATCH.*``:

``.frames``
    every exchange as captured, fsynced one by one (*captured*);
``.body-N``
    a body too large for memory;
``.N.warc.gz``
    segments being built; worthless until the choice names them;
``.choice``
    written last: the finished segments and what the commit needs. From here on recovery puts these very files again
    and never rebuilds them, since a rebuilt file would have another hash and another key.
"""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from archiver import ids
from archiver.capture import asks
from archiver.capture.commitments import Commitments
from archiver.capture.facts import Committed, MediumOf, RunIdentity, Stating, Taken, state
from archiver.capture.parts import Part
from archiver.capture.spool import FrameFile, disk_errors, write_durably
from archiver.clock import from_text, to_text
from archiver.faults import crash_point
from archiver.records.sightings import instant
from archiver.storage.segment_names import exchange_record_id
from archiver.storage.segment_writer import Placed, SegmentInfo, SegmentWriter, segment_key
from archiver.wire.exchange import BodyFile, Network, WireExchange
from connectors.contract import Ask, Reading, RecordKind, SeenRecord

_LASTING = (RecordKind.PROFILE, RecordKind.SETTINGS)

_WAITING = 4
"""Most exchanges that wait for their commitments at once."""


@dataclass(frozen=True, slots=True)
class SegmentTerms:
    """What all segments of an account have in common."""

    archive: str
    authority: str
    software: str
    account: dict[str, Any]


@dataclass(frozen=True, slots=True)
class FinishedSegment:
    """A segment file that is closed and hashed, ready to be put."""

    id: str
    key: str
    path: str
    sha256: str
    size: int
    warc_records: int
    authority: str
    access: str
    month: str
    record_year: int | None


@dataclass(frozen=True, slots=True)
class Entry:
    """One stored exchange and where it stands. Its bytes are in the segment and no longer held."""

    ask: Ask
    reading: Reading
    committed: Committed
    segment: str
    placed: Placed


@dataclass(slots=True)
class _Open:
    info: SegmentInfo
    writer: SegmentWriter
    parts: list[Part] = field(default_factory=list)


@dataclass(slots=True)
class Batch:
    """Builds one batch of one run. Not thread-safe: a run is one thread."""

    folder: Path
    run: RunIdentity
    number: int
    terms: SegmentTerms
    commitments: Commitments = field(default_factory=lambda: Commitments(None))
    entries: list[Entry] = field(default_factory=list)
    held: int = 0
    """Bytes of the answers stored so far, before compression."""
    _frames: FrameFile | None = None
    _segments: dict[tuple[str, str, int | None], _Open] = field(default_factory=dict)
    _bodies: int = 0
    _stating: deque[tuple[Taken, Stating]] = field(default_factory=deque)
    """Stored, and not yet in a segment."""

    @property
    def stem(self) -> str:
        return f"{self.run.run}.{self.number}"

    def spool(self, taken: Taken, terms: Callable[[], Mapping[str, Any]]) -> None:
        """Make one exchange safe: on return it is on the disk. ``terms`` gives what recovery must know of the run.

        Raises:
            SpoolError, OutOfSpace: it is not; stop asking.
        """
        if self._frames is None:
            self._frames = FrameFile(self.folder / f"{self.stem}.frames")
            self._frames.append({"terms": dict(terms())}, durable=False)
        header, parts = exchange_frame(taken)
        self._frames.append(header, parts)

    def body_path(self) -> Path:
        """A new file for a body too large for memory."""
        self._bodies += 1
        return self.folder / f"{self.stem}.body-{self._bodies}"

    def store(self, taken: Taken) -> None:
        """Add one spooled exchange. It is written to its segment when its commitment is there, in the order of these
        calls; at the latest by :meth:`seal`."""
        self._stating.append((taken, state(self.run, taken, self.commitments)))
        self.held += len(taken.wire.response)
        while self._stating and (len(self._stating) > _WAITING or self._stating[0][1].commitment.ready):
            self._write(*self._stating.popleft())

    @property
    def stored(self) -> int:
        """How many exchanges were stored so far."""
        return len(self.entries) + len(self._stating)

    def _write(self, taken: Taken, stating: Stating) -> None:
        at = taken.wire.received_at
        committed = stating.committed()
        opened = self._segment(taken.ask.access.value, at, record_year(taken, at))
        placed = self._place(opened.writer, taken, committed)
        self.entries.append(Entry(taken.ask, taken.reading, committed, opened.info.segment, placed))
        crash_point("batch.stored")

    @staticmethod
    def _place(writer: SegmentWriter, taken: Taken, committed: Committed) -> Placed:
        wire, digest = taken.wire, committed.response_sha256
        if taken.picture is not None:
            assert wire.pushed is not None
            made_from = exchange_record_id(taken.picture.drawn_from[0], taken.picture.source)
            return writer.add_conversion(
                wire.url, wire.pushed, wire.response, committed.facts, at=wire.received_at, made_from=made_from
            )
        if wire.pushed is not None:
            at = wire.received_at
            return writer.add_resource(
                wire.url, wire.pushed, wire.body_file or wire.response, committed.facts, at=at, block_sha256=digest
            )
        assert committed.request_sha256 is not None
        return writer.add_exchange(
            wire, committed.facts, request_sha256=committed.request_sha256, response_sha256=digest
        )

    @property
    def size(self) -> int:
        """Bytes in its segments so far."""
        return sum(opened.writer.size for opened in self._segments.values())

    def seal(self, parts: Sequence[Part], at: datetime) -> list[FinishedSegment]:
        """Put ``parts`` (pending ones of earlier runs, and this run's own) into segments of their access class, close
        all segments, and write the choice durably."""
        while self._stating:
            self._write(*self._stating.popleft())
        for part in parts:
            self._home_of(part, at).parts.append(part)
        finished = [self._finish(opened) for opened in self._segments.values()]
        crash_point("batch.segments_closed")
        choice = {
            "v": 1,
            "identity": asdict(self.run),
            "at": to_text(at),
            "segments": [asdict(one) for one in finished],
        }
        write_durably(self.folder / f"{self.stem}.choice", [json.dumps(choice).encode()])
        crash_point("batch.choice_written")
        return finished

    def _home_of(self, part: Part, at: datetime) -> _Open:
        """Its access class's newest segment, so that run records live and die with what they speak of."""
        same = [opened for opened in self._segments.values() if opened.info.access == part.access]
        return same[-1] if same else self._segment(part.access, at, None)

    def _finish(self, opened: _Open) -> FinishedSegment:
        for part in opened.parts:
            opened.writer.add_run_record(part.run, part.part, part.at, part.fields)
        closed = opened.writer.close()
        info = opened.info
        return FinishedSegment(
            info.segment,
            segment_key(info, closed.sha256),
            closed.path.name,
            closed.sha256,
            closed.size,
            closed.warc_records,
            info.authority,
            info.access,
            info.month,
            info.record_year,
        )

    def _segment(self, access: str, at: datetime, year: int | None) -> _Open:
        month = f"{at:%Y-%m}"
        opened = self._segments.get((access, month, year))
        if opened is None:
            info = SegmentInfo(
                archive=self.terms.archive,
                segment=ids.new_id("sg"),
                authority=self.terms.authority,
                access=access,
                month=month,
                record_year=year,
                account=self.terms.account,
                software=self.terms.software,
                created_at=at,
            )
            path = self.folder / f"{self.stem}.{len(self._segments)}.warc.gz"
            opened = self._segments[access, month, year] = _Open(info, SegmentWriter(path, info))
        return opened

    def clear(self) -> None:
        """Remove its files: everything in them is archived. The choice goes last, so that a crash in between is
        finished by the next start.

        Raises:
            SpoolError, OutOfSpace: the disk refuses.
        """
        if self._frames is not None:
            self._frames.close()
        clear_files(self.folder, self.stem)

    def abandon(self) -> None:
        """Close what is open and leave the files for recovery."""
        if self._frames is not None:
            self._frames.close()
        for opened in self._segments.values():
            opened.writer.abandon()


def clear_files(folder: Path, stem: str) -> None:
    """Remove all files of a committed batch, its choice last.

    Raises:
        SpoolError, OutOfSpace: the disk refuses.
    """
    with disk_errors(folder):
        for path in sorted(folder.glob(f"{stem}.*"), key=lambda path: (path.suffix == ".choice", path.name)):
            path.unlink(missing_ok=True)
            crash_point("batch.clearing")


def record_year(taken: Taken, at: datetime) -> int | None:
    """Year of the newest record in an answer where that is before the year of capture: then the answer goes into a
    segment of that year, so that old records fall due together and not with this year's (law R32). What was edited
    this year, and what an account says of itself, is of this year, whenever it was begun."""
    newest = max((_year_of(record, at) for record in taken.reading.records), default=at.year)
    return newest if newest < at.year else None


def _year_of(record: SeenRecord, at: datetime) -> int:
    times = [moment for moment in (instant(record.created_at), instant(record.as_of)) if moment is not None]
    return at.year if record.kind in _LASTING or not times else max(times).year


def exchange_frame(taken: Taken) -> tuple[dict[str, Any], list[bytes]]:
    """One exchange as a frame of the spool. What it means is not in it: that is read again."""
    wire = taken.wire
    header: dict[str, Any] = {
        "v": 1,
        "ordinal": taken.ordinal,
        "follows": taken.follows,
        "control_of": taken.control_of,
        "ask": asks.to_json(taken.ask),
        "medium": asdict(taken.medium) if taken.medium else None,
        "method": wire.method,
        "url": wire.url,
        "sent_at": to_text(wire.sent_at),
        "received_at": to_text(wire.received_at),
        "status": wire.status,
        "headers": wire.headers,
        "head": wire.response_head,
        "body_sha256": wire.body_sha256,
        "body_size": wire.body_size,
        "network": asdict(wire.network),
        "masked": [wire.masked_request, wire.masked_response],
        "truncated": wire.truncated,
        "no_answer": wire.no_answer,
        "pushed": wire.pushed,
        "deposited": wire.deposited,
    }
    if wire.body_file is not None:
        header["body_file"] = {
            "name": wire.body_file.path.name,
            "size": wire.body_file.size,
            "sha256": wire.body_file.sha256,
        }
    same_body = wire.response[wire.response_head :] == wire.body
    return header | {"plain": same_body}, [wire.request, wire.response, b"" if same_body else wire.body]


def taken_from_frame(header: Mapping[str, Any], parts: Sequence[bytes], folder: Path) -> Taken:
    """A spooled exchange, not yet read.

    Raises:
        KeyError, ValueError: a frame of another version.
    """
    medium = header["medium"]
    return Taken(
        ordinal=header["ordinal"],
        ask=asks.from_json(header["ask"]),
        wire=_wire_from_frame(header, parts, folder),
        medium=MediumOf(**medium) if medium else None,
        follows=header["follows"],
        control_of=header["control_of"],
    )


def _wire_from_frame(header: Mapping[str, Any], parts: Sequence[bytes], folder: Path) -> WireExchange:
    request, response, body = parts
    kept, network = header.get("body_file"), header["network"]
    masked = [tuple((start, end, what) for start, end, what in ranges) for ranges in header["masked"]]
    return WireExchange(
        method=header["method"],
        url=header["url"],
        sent_at=from_text(header["sent_at"]),
        received_at=from_text(header["received_at"]),
        status=header["status"],
        headers=tuple((name, value) for name, value in header["headers"]),
        request=request,
        response=response,
        response_head=header["head"],
        body=response[header["head"] :] if header["plain"] else body,
        body_sha256=header["body_sha256"],
        body_size=header["body_size"],
        network=Network(**(network | {"protocols": tuple(network["protocols"])})),
        masked_request=masked[0],
        masked_response=masked[1],
        truncated=header["truncated"],
        no_answer=header["no_answer"],
        pushed=header.get("pushed"),
        deposited=header.get("deposited"),
        body_file=BodyFile(folder / kept["name"], kept["size"], kept["sha256"]) if kept else None,
    )


def stems(folder: Path) -> Iterator[str]:
    """Batches that have files in a spool folder, in order."""
    found = {".".join(path.name.split(".")[:2]) for path in folder.iterdir() if path.name.startswith("rn_")}
    yield from sorted(found, key=lambda stem: (stem.split(".")[0], int(stem.split(".")[1])))
