"""What two independent programs think of a segment."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from fastwarc.stream_io import GzipReader
from fastwarc.warc import ArchiveIterator as FastIterator
from fastwarc.warc import WarcRecordType
from warcio.archiveiterator import ArchiveIterator
from warcio.checker import Checker


@dataclass(frozen=True)
class Seen:
    """One WARC record as a checker saw it."""

    offset: int
    type: str
    headers: dict[str, list[str]]
    block: bytes


def warcio_records(path: Path) -> list[Seen]:
    """All records as warcio reads them, blocks untouched."""
    found = []
    with path.open("rb") as stream:
        iterator = ArchiveIterator(stream, no_record_parse=True)
        for record in iterator:
            block = record.raw_stream.read()
            headers: dict[str, list[str]] = {}
            for name, value in record.rec_headers.headers:
                headers.setdefault(name, []).append(value)
            found.append(Seen(iterator.get_record_offset(), record.rec_type, headers, block))
    return found


class _Arguments:
    verbose = False

    def __init__(self, path: Path) -> None:
        self.inputs = [str(path)]


def warcio_passes(path: Path) -> bool:
    """``warcio check``, block and payload digests."""
    checker = Checker(_Arguments(path))
    checker.process_all()
    return not checker.exit_value


def fastwarc_verdicts(path: Path) -> list[tuple[str, bool, bool | None]]:
    """(type, block digest right, payload digest right or None where there is none) of every record."""
    found = []
    with path.open("rb") as file:
        for record in FastIterator(GzipReader(file), parse_http=False, record_types=WarcRecordType.any_type):
            block = record.verify_block_digest()
            payload = None
            if record.headers.get("WARC-Payload-Digest"):
                record.parse_http()
                payload = record.verify_payload_digest()
            found.append((str(record.record_type), block, payload))
    return found
