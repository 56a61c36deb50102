"""Writing one segment: WARC 1.1, one gzip member per record, as ``docs/warc-profile.md`` §2 lays it down.

What stands in each record is decided here; warcio writes it (:mod:`archiver.storage.record_writer`).
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from warcio.recordloader import ArcWarcRecord

from archiver import clock
from archiver.storage import segment_names as names
from archiver.storage.durable import disk_errors
from archiver.storage.http_message import visible_head_end
from archiver.storage.protocol import StoreUnavailable
from archiver.storage.record_writer import CheckedBlock, Field, RecordWriter, long_record, warc_record
from archiver.storage.segment_file import SegmentFile
from archiver.storage.segment_names import SegmentInfo, SegmentKey, parse_segment_key, segment_key
from archiver.wire.exchange import BodyFile, WireExchange

__all__ = [
    "Closed",
    "Placed",
    "SegmentInfo",
    "SegmentKey",
    "SegmentWriter",
    "parse_segment_key",
    "segment_key",
]

_CONFORMS_TO = "http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/"
_MASKING = (
    "Bytes as they crossed the wire below TLS. Secrets that sign our requests, and secrets newly issued in an answer, "
    "are overwritten with asterisks in place; the ranges are named in the exchange facts."
)


@dataclass(frozen=True, slots=True)
class Placed:
    """Where an exchange stands in its segment: the gzip members of its response (or resource) and of its facts."""

    offset: int
    length: int
    facts_offset: int
    facts_length: int


@dataclass(frozen=True, slots=True)
class Closed:
    """A finished segment file, on the disk."""

    path: Path
    sha256: str
    """Of the file, hex."""
    size: int
    warc_records: int


class SegmentWriter:
    """Writes one segment into the file ``path``; an unfinished file of that name is replaced. Not thread-safe.

    When writing fails the file is worthless: every later call raises, and the caller abandons it and writes a new one.

    Raises:
        ValueError: ``info`` cannot stand in a key, or its account is not JSON.
        OutOfSpace, StoreUnavailable: the disk does not take it.
    """

    def __init__(self, path: Path, info: SegmentInfo) -> None:
        segment_key(info, "0" * 64)
        first = _info_record(info)
        self.path = path
        self._records = 0
        self._segment = info.segment
        self._run_lines: list[bytes] = []
        self._latest = info.created_at
        self._broken = False
        with disk_errors(f"write {path}"):
            self._file = SegmentFile(path)
        self._writer = RecordWriter(self._file)
        with self._writing():
            self._append(first)

    @property
    def size(self) -> int:
        """Bytes so far."""
        return self._file.size

    def add_exchange(
        self, exchange: WireExchange, facts: Mapping[str, Any], *, request_sha256: str, response_sha256: str
    ) -> Placed:
        """Store one exchange. The digests (hex) are of the request and response blocks as they are stored.

        Raises:
            ValueError: facts without the id of the exchange, or not JSON; the segment is closed.
            IntegrityError: a body file is not what it was.
            OutOfSpace, StoreUnavailable: the disk does not take it.
        """
        about = _About(facts, target=names.target_uri(exchange.url), at=exchange.received_at)
        # What came and is no HTTP answer cannot stand in a response record: no checker could read it.
        kind = "response" if exchange.no_answer is None else "resource"
        media_type = "application/octet-stream" if exchange.no_answer else "application/http; msgtype=response"
        response = about.fields(kind, media_type, _network(exchange))
        request = about.fields("request", "application/http; msgtype=request", _network(exchange))
        request.append(("WARC-Concurrent-To", about.record_id(kind)))
        if exchange.truncated:
            response.append(("WARC-Truncated", exchange.truncated))
        response += _digests(response_sha256) if exchange.no_answer else _response_digests(exchange, response_sha256)
        request += _request_digests(exchange, request_sha256)
        after = [warc_record(request, exchange.request), about.facts_record(kind)]
        if exchange.body_file is not None:
            return self._place_long(response, exchange.response, exchange.body_file, response_sha256, after)
        return self._place(warc_record(response, exchange.response), after)

    def add_resource(
        self,
        uri: str,
        content_type: str,
        block: bytes | BodyFile,
        facts: Mapping[str, Any],
        *,
        at: datetime,
        block_sha256: str,
    ) -> Placed:
        """Store a pushed frame or a deposited file. ``at``: when it arrived; ``block_sha256``: hex, of the block.

        Raises:
            As :meth:`add_exchange`.
        """
        about = _About(facts, target=names.target_uri(uri), at=at)
        fields = about.fields("resource", names.header_text(content_type) or "application/octet-stream", [])
        fields += _digests(block_sha256)
        after = [about.facts_record("resource")]
        if isinstance(block, BodyFile):
            return self._place_long(fields, b"", block, block_sha256, after)
        return self._place(warc_record(fields, block), after)

    def add_conversion(
        self, uri: str, content_type: str, block: bytes, facts: Mapping[str, Any], *, at: datetime, made_from: str
    ) -> Placed:
        """Store what we made ourselves of something stored (WARC 1.1 §6.6). ``uri`` is the original's, ``made_from``
        the id of its WARC record.

        Raises:
            As :meth:`add_exchange`.
        """
        about = _About(facts, target=names.target_uri(uri), at=at)
        fields = about.fields("conversion", content_type, [("WARC-Refers-To", made_from)])
        fields += _digests(hashlib.sha256(block).hexdigest())
        return self._place(warc_record(fields, block), [about.facts_record("conversion")])

    def add_run_record(self, run: str, part: int, at: datetime, fields: Mapping[str, Any]) -> None:
        """Add what a run has to say (WARC profile §2.4). All of it is written at the end, one line each.

        Raises:
            ValueError: not JSON, or ``fields`` name another run or part.
        """
        if (fields.get("run"), fields.get("part")) != (run, part):
            raise ValueError("a run record names its run and its part")
        self._run_lines.append(_json(fields) + b"\n")
        self._latest = max(self._latest, at)

    def close(self) -> Closed:
        """Finish: on return the file and its name are on the disk.

        Raises:
            OutOfSpace, StoreUnavailable: they are not; abandon it.
        """
        with self._writing():
            self._append(self._run_records())
            self._file.close()
        return Closed(self.path, self._file.sha256, self._file.size, self._records)

    def abandon(self) -> None:
        """Give up and remove the unfinished file. A file that was closed well stays."""
        if self._file.open or self._broken:
            self._file.release()
            with disk_errors(f"remove the unfinished {self.path}"):
                self.path.unlink(missing_ok=True)

    def _run_records(self) -> ArcWarcRecord:
        """The last WARC record. It is there even with no line in it, so that a file that was cut off shows."""
        block = b"".join(self._run_lines)
        head = [
            ("WARC-Type", "metadata"),
            ("WARC-Record-ID", names.runs_record_id(self._segment)),
            ("WARC-Date", clock.to_text(self._latest)),
            ("WARC-Target-URI", names.runs_uri(self._segment)),
            ("Content-Type", "application/x-ndjson"),
            *_digests(hashlib.sha256(block).hexdigest()),
        ]
        return warc_record(head, block)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """One step of writing. If it fails the file is no longer to be trusted."""
        if self._broken:
            raise StoreUnavailable(f"writing {self.path} failed before; it has to be written anew")
        if not self._file.open:
            raise ValueError("the segment is closed")
        try:
            with disk_errors(f"write {self.path}"):
                yield
        except BaseException:
            self._broken = True
            self._file.release()
            raise

    def _place_long(
        self, fields: Sequence[Field], held: bytes, file: BodyFile, sha256: str, after: Sequence[ArcWarcRecord]
    ) -> Placed:
        """:meth:`_place` for a main record whose body is in a file."""
        with self._writing(), CheckedBlock(held, file, sha256) as block:
            return self._place(long_record(fields, block), after)

    def _place(self, main: ArcWarcRecord, after: Sequence[ArcWarcRecord]) -> Placed:
        """Append the main record and those after it, of which the last is the facts."""
        with self._writing():
            starts = [self._append(record) for record in (main, *after)]
        return Placed(starts[0], starts[1] - starts[0], starts[-1], self._file.size - starts[-1])

    def _append(self, record: ArcWarcRecord) -> int:
        """Append one record; where it starts."""
        start = self._file.size
        self._writer.write(record)
        self._records += 1
        return start


class _About:
    """What the records of one exchange have in common."""

    def __init__(self, facts: Mapping[str, Any], *, target: str, at: datetime) -> None:
        exchange = facts.get("exchange")
        if not isinstance(exchange, str) or not exchange:
            raise ValueError("exchange facts without the id of the exchange")
        self._exchange = exchange
        self._block = _json(facts)
        self._target = target
        self._date = clock.to_text(at)

    def record_id(self, kind: str) -> str:
        return names.exchange_record_id(self._exchange, kind)

    def fields(self, kind: str, content_type: str, network: Iterable[Field]) -> list[Field]:
        return [
            ("WARC-Type", kind),
            ("WARC-Record-ID", self.record_id(kind)),
            ("WARC-Date", self._date),
            ("WARC-Target-URI", self._target),
            *network,
            ("Content-Type", content_type),
        ]

    def facts_record(self, of: str) -> ArcWarcRecord:
        fields = [
            ("WARC-Type", "metadata"),
            ("WARC-Record-ID", self.record_id("metadata")),
            ("WARC-Date", self._date),
            ("WARC-Target-URI", names.target_uri(names.exchange_uri(self._exchange))),
            ("WARC-Refers-To", self.record_id(of)),
            ("Content-Type", "application/json"),
            *_digests(hashlib.sha256(self._block).hexdigest()),
        ]
        return warc_record(fields, self._block)


def _info_record(info: SegmentInfo) -> ArcWarcRecord:
    year = [] if info.record_year is None else [("record-year", str(info.record_year))]
    lines = [
        ("software", names.header_text(info.software)),
        ("format", "WARC File Format 1.1"),
        ("conformsTo", _CONFORMS_TO),
        ("isPartOf", names.header_text(info.archive)),
        ("segment", info.segment),
        ("authority", info.authority),
        ("access", info.access),
        ("month", info.month),
        *year,
        ("account", _json(info.account).decode()),
        ("robots", "not applicable"),
        ("description", _MASKING),
    ]
    block = "".join(f"{name}: {value}\r\n" for name, value in lines)
    encoded = block.encode()
    head = [
        ("WARC-Type", "warcinfo"),
        ("WARC-Record-ID", names.info_record_id(info.segment)),
        ("WARC-Date", clock.to_text(info.created_at)),
        ("Content-Type", "application/warc-fields"),
        *_digests(hashlib.sha256(encoded).hexdigest()),
    ]
    return warc_record(head, encoded)


def _network(exchange: WireExchange) -> list[Field]:
    network = exchange.network
    fields = [("WARC-IP-Address", network.ip)] if network.ip else []
    fields += [("WARC-Protocol", protocol) for protocol in network.protocols]
    fields += [("WARC-Cipher-Suite", network.cipher)] if network.cipher else []
    return [(name, names.header_text(value)) for name, value in fields]


def _response_digests(exchange: WireExchange, block: str) -> list[Field]:
    """The payload digest is left out where checkers would look for the body elsewhere: interim answers before the final
    one, bare line feeds, a head that was cut off, an address they do not take for HTTP."""
    if visible_head_end(exchange.response) != exchange.response_head or not _is_http(exchange.url):
        return _digests(block)
    if exchange.body_file is not None:
        return _digests(block, exchange.body_file.sha256)
    return _digests(block, hashlib.sha256(memoryview(exchange.response)[exchange.response_head :]).hexdigest())


def _request_digests(exchange: WireExchange, block: str) -> list[Field]:
    end = visible_head_end(exchange.request)
    if end is None or not _is_http(exchange.url):
        return _digests(block)
    return _digests(block, hashlib.sha256(exchange.request[end:]).hexdigest())


def _is_http(url: str) -> bool:
    return url.startswith(("http:", "https:"))


def _digests(block: str, payload: str | None = None) -> list[Field]:
    fields = [("WARC-Block-Digest", f"sha256:{block}")]
    return fields if payload is None else [("WARC-Payload-Digest", f"sha256:{payload}"), *fields]


def _json(value: Mapping[str, Any]) -> bytes:
    """Sorted keys, no spaces, ASCII: whatever string a platform may send stays what it is, lone surrogates too."""
    return json.dumps(value, sort_keys=True, separators=(",", ":"), allow_nan=False).encode("ascii")
